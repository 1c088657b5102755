// For the messages of the Gateway API's CEL rules: what to write instead.
// Patterns run over messages that the CRDs themselves give, never over anything from outside;
// $1, $2 in a hint are the pattern's groups. The first that matches counts.

export const RULE_HINTS: readonly (readonly [RegExp, string])[] = [
  [/^filter\.(\w+) must be nil if the filter\.type is not (\w+)$/, "remove $1, or write type: $2"],
  [/^filter\.(\w+) must be specified for (\w+) filter\.type$/, "add $1 to the filter of type $2"],
  [/^(\w+) filter cannot be repeated$/, "write one filter of type $1 and put everything into it"],
  [
    /^May specify either httpRouteFilterRequestRedirect or/,
    "keep one of the two filters: RequestRedirect answers by itself, URLRewrite goes on to a backend",
  ],
  [
    /^RequestRedirect filter must not be used together with backendRefs$/,
    "remove backendRefs from the rule (a redirect needs none), or remove the RequestRedirect filter",
  ],
  [
    /exactly one PathPrefix match must be specified$/,
    "write exactly one match of path type PathPrefix in the rule, or use replaceFullPath",
  ],
  [
    /^(\w+) must be specified when type is set to '(\w+)'$/,
    "add $1, or choose another type than $2",
  ],
  [/^type must be '(\w+)' when (\w+) is set$/, "write type: $1, or remove $2"],
  [
    /^(\w+) must be specified when protocol is set to '(\w+)'$/,
    "add $1, or choose another protocol than $2",
  ],
  [/^protocol must be '(\w+)' when (\w+) is set$/, "write protocol: $1, or remove $2"],
  [
    /^value must be an absolute path and start with '\/'/,
    "begin the path with '/', or write type: RegularExpression",
  ],
  [
    /^must not contain '%2[fF]'/,
    "write a plain '/' where a segment ends: an encoded slash can't be matched exactly",
  ],
  [/^must not (?:contain|end with) '([^']+)'/, "remove '$1' from the path: write it resolved"],
  [
    /^must only contain valid characters \(matching \S+ for types/,
    "write URL characters only, others percent-encoded (a space is %20)",
  ],
  [
    /^type must be one of \['Exact', 'PathPrefix', 'RegularExpression'\]$/,
    "write type: Exact, PathPrefix or RegularExpression",
  ],
  [
    /^While 16 rules and 64 matches per rule are allowed/,
    "write at most 128 matches in the route: move some rules into a second route",
  ],
  [
    /^backendRequest timeout cannot be longer than request timeout$/,
    "write a backendRequest that is no longer than request, or a longer request",
  ],
  [/^Must have port for Service reference$/, "add port: a port of the Service"],
  [
    /^sectionName (?:or port )?must be specified when (\w+) includes/,
    "give each of the references in $1 to the same object a sectionName (or none of them, and keep one)",
  ],
  [
    /^sectionName (?:or port )?must be unique when (\w+) includes/,
    "remove the repeated reference in $1, or give it another sectionName",
  ],
  [/^Rule name must be unique within the route$/, "give each rule a name of its own"],
  [/^Listener name must be unique/, "give each listener a name of its own"],
  [
    /^Combination of port, protocol and hostname must be unique/,
    "change port, protocol or hostname of one of the listeners, or remove it",
  ],
  [/^Port for TLS configuration must be unique/, "keep one perPort entry for each port"],
  [/^tls must not be specified for protocols/, "remove tls, or write protocol: HTTPS or TLS"],
  [
    /^tls mode must be Terminate for protocol HTTPS$/,
    "write mode: Terminate, or protocol: TLS for passthrough",
  ],
  [
    /^tls mode must be set for protocol TLS$/,
    "add tls with mode: Terminate or mode: Passthrough to the listener",
  ],
  [/^hostname must not be specified for protocols/, "remove hostname: TCP and UDP carry none"],
  [
    /^certificateRefs or options must be specified when mode is Terminate$/,
    "add certificateRefs with a Secret of type kubernetes.io/tls",
  ],
  [/^(\w+) values must be unique$/, "write each address of type $1 once"],
  [
    /^Hostname value must (?:be empty or|only) contain only valid|^Hostname value must only/,
    "write a host name in lower case, such as shop.example.com or *.example.com",
  ],
  [
    /^Hostnames cannot contain an IP$/,
    "write a host name: clients send no SNI for an address",
  ],
  [
    /^Hostnames must be valid based on RFC-1123$/,
    "write host names in lower case, without port or path: shop.example.com",
  ],
  [
    /^Wildcards on hostnames must be the first label/,
    "write the wildcard as the whole first label: *.example.com",
  ],
  [
    /^(Annotation|Label) keys must be in the form/,
    "write the key as name or example.com/name, with a name of at most 63 letters, digits, - _ and .",
  ],
  [
    /^If specified, the (annotation|label) key's prefix/,
    "write a prefix of less than 253 characters",
  ],
  [
    /^(Allow\w+) cannot contain '\*' alongside other/,
    "write '*' alone, or name the values without '*'",
  ],
  [
    /^Only one of percent or fraction may be specified/,
    "keep percent or fraction, and remove the other",
  ],
  [
    /^numerator must be less than or equal to denominator$/,
    "write a numerator that is at most the denominator",
  ],
  [
    /^One or both of 'service' or 'method' must be specified$/,
    "add service, method or both, or leave the method match out to match every call",
  ],
  [
    /^(service|method) must only contain valid characters/,
    "write the $1's name as in the .proto file, or write type: RegularExpression",
  ],
  [
    /^must not contain both CACertificateRefs and WellKnownCACertificates$/,
    "keep caCertificateRefs or wellKnownCACertificates, and remove the other",
  ],
  [
    /^must specify either CACertificateRefs or WellKnownCACertificates$/,
    "add caCertificateRefs, or wellKnownCACertificates: System",
  ],
  [
    /^SubjectAltName element must contain (\w+), if Type is set to/,
    "add the value that type: $1 names, in the field of that name in lower case",
  ],
  [
    /^SubjectAltName element must not contain (\w+), if Type is not/,
    "remove the field, or write type: $1",
  ],
  [
    /^AbsoluteTimeout must be specified when cookie lifetimeType is Permanent$/,
    "add absoluteTimeout, or write lifetimeType: Session",
  ],
  [/^cookieConfig can only be set with type Cookie$/, "write type: Cookie, or remove cookieConfig"],
  [/^interval cannot be greater than one hour$/, "write more than 0s and at most 1h"],
  [/^interval cannot be greater than one hour or less/, "write an interval from 1s to 1h"],
  [/^Value is immutable$/, "delete the object and create it anew with the other value"],
  [/^Name must be a valid DNS label$/, "write lower case letters, digits and '-', at most 63"],
  [
    /^externalHostname must be set when type is ExternalHostname/,
    "write externalHostname with type: ExternalHostname, and only with it",
  ],
  [
    /^hostname must not be an IP address or end with \.cluster\.local$/,
    "write a host name from outside the cluster, or refer to a Service instead",
  ],
  [
    /^clientCertificateRef must be set if and only if/,
    "write clientCertificateRef with mode: ClientAndServer, and only with it",
  ],
];
