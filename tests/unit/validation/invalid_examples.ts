// Which rule refuses which of upstream's invalid examples: file, then for each error its place, the
// field, the reason and the rule's own words. Read against each file and the CRD that it breaks.

export type Refusal = readonly [place: string, field: string, reason: string, detail: string];

export const REFUSALS: Readonly<Record<string, readonly Refusal[]>> = {
  "experimental/httproute/invalid-filter-externalauth-bad-http-path.yaml": [
    ["9:11", "spec.rules[0].filters[0].externalAuth.backendRef", "FieldValueRequired", ""],
    [
      "12:15",
      "spec.rules[0].filters[0].externalAuth.http.path",
      "FieldValueInvalid",
      "spec.rules[0].filters[0].externalAuth.http.path in body should match '^(?:[-A-Za-z0-9/._~!$&'()*+,;=:@]|[%][0-9a-fA-F]{2})+$'",
    ],
  ],
  "experimental/httproute/invalid-filter-externalauth-empty.yaml": [
    [
      "8:11",
      "spec.rules[0].filters[0]",
      "FieldValueInvalid",
      "filter.externalAuth must be specified for ExternalAuth filter.type",
    ],
  ],
  "experimental/httproute/invalid-filter-externalauth-no-protocol.yaml": [
    ["9:11", "spec.rules[0].filters[0].externalAuth.backendRef", "FieldValueRequired", ""],
    ["9:11", "spec.rules[0].filters[0].externalAuth.protocol", "FieldValueRequired", ""],
  ],
  "experimental/httproute/invalid-header-value.yaml": [
    [
      "12:11",
      "spec.rules[0].filters[0].responseHeaderModifier.add[0].value",
      "FieldValueInvalid",
      "spec.rules[0].filters[0].responseHeaderModifier.add[0].value in body should match '^[!-~]+([\\t ]?[!-~]+)*$'",
    ],
  ],
  "standard/gateway/duplicate-listeners.yaml": [
    ["11:5", "spec.listeners[1]", "FieldValueDuplicate", ""],
    [
      "7:3",
      "spec.listeners",
      "FieldValueInvalid",
      "Listener name must be unique within the Gateway",
    ],
  ],
  "standard/gateway/hostname-tcp.yaml": [
    [
      "7:3",
      "spec.listeners",
      "FieldValueInvalid",
      "hostname must not be specified for protocols ['TCP', 'UDP']",
    ],
  ],
  "standard/gateway/hostname-udp.yaml": [
    [
      "7:3",
      "spec.listeners",
      "FieldValueInvalid",
      "hostname must not be specified for protocols ['TCP', 'UDP']",
    ],
  ],
  "standard/gateway/invalid-addresses.yaml": [
    [
      "8:5",
      "spec.addresses[0]",
      "FieldValueInvalid",
      '"spec.addresses[0]" must validate one and only one schema (oneOf). Found none valid',
    ],
    [
      "8:5",
      "spec.addresses[0].value",
      "FieldValueTypeInvalid",
      '"spec.addresses[0].value" must validate at least one schema (anyOf)',
    ],
    [
      "9:5",
      "spec.addresses[1]",
      "FieldValueInvalid",
      '"spec.addresses[1]" must validate one and only one schema (oneOf). Found none valid',
    ],
    [
      "9:5",
      "spec.addresses[1].value",
      "FieldValueTypeInvalid",
      '"spec.addresses[1].value" must validate at least one schema (anyOf)',
    ],
    [
      "10:5",
      "spec.addresses[2]",
      "FieldValueInvalid",
      '"spec.addresses[2]" must validate one and only one schema (oneOf). Found none valid',
    ],
    [
      "10:5",
      "spec.addresses[2].value",
      "FieldValueTypeInvalid",
      '"spec.addresses[2].value" must validate at least one schema (anyOf)',
    ],
    [
      "11:5",
      "spec.addresses[3]",
      "FieldValueInvalid",
      '"spec.addresses[3]" must validate one and only one schema (oneOf). Found none valid',
    ],
    [
      "11:5",
      "spec.addresses[3].value",
      "FieldValueTypeInvalid",
      '"spec.addresses[3].value" must validate at least one schema (anyOf)',
    ],
    [
      "12:5",
      "spec.addresses[4]",
      "FieldValueInvalid",
      '"spec.addresses[4]" must validate one and only one schema (oneOf). Found none valid',
    ],
    [
      "12:5",
      "spec.addresses[4].value",
      "FieldValueTypeInvalid",
      '"spec.addresses[4].value" must validate at least one schema (anyOf)',
    ],
    [
      "13:5",
      "spec.addresses[5]",
      "FieldValueInvalid",
      '"spec.addresses[5]" must validate one and only one schema (oneOf). Found none valid',
    ],
    [
      "13:5",
      "spec.addresses[5].value",
      "FieldValueTypeInvalid",
      '"spec.addresses[5].value" must validate at least one schema (anyOf)',
    ],
    [
      "14:5",
      "spec.addresses[6]",
      "FieldValueInvalid",
      '"spec.addresses[6]" must validate one and only one schema (oneOf). Found none valid',
    ],
    [
      "14:5",
      "spec.addresses[6].value",
      "FieldValueTypeInvalid",
      '"spec.addresses[6].value" must validate at least one schema (anyOf)',
    ],
    [
      "15:5",
      "spec.addresses[7]",
      "FieldValueInvalid",
      '"spec.addresses[7]" must validate one and only one schema (oneOf). Found none valid',
    ],
    [
      "15:5",
      "spec.addresses[7].value",
      "FieldValueTypeInvalid",
      '"spec.addresses[7].value" must validate at least one schema (anyOf)',
    ],
    [
      "16:5",
      "spec.addresses[8]",
      "FieldValueInvalid",
      '"spec.addresses[8]" must validate one and only one schema (oneOf). Found none valid',
    ],
    [
      "17:5",
      "spec.addresses[8].value",
      "FieldValueTypeInvalid",
      '"spec.addresses[8].value" must validate at least one schema (anyOf)',
    ],
  ],
  "standard/gateway/invalid-listener-name.yaml": [
    [
      "8:5",
      "spec.listeners[0].name",
      "FieldValueInvalid",
      "spec.listeners[0].name in body should match '^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$'",
    ],
  ],
  "standard/gateway/invalid-listener-port.yaml": [
    [
      "10:5",
      "spec.listeners[0].port",
      "FieldValueInvalid",
      "spec.listeners[0].port in body should be less than or equal to 65535",
    ],
  ],
  "standard/gateway/invalid-tls-mode.yaml": [
    ["7:3", "spec.listeners", "FieldValueInvalid", "tls mode must be Terminate for protocol HTTPS"],
  ],
  "standard/gateway/tlsconfig-tcp.yaml": [
    [
      "7:3",
      "spec.listeners",
      "FieldValueInvalid",
      "tls must not be specified for protocols ['HTTP', 'TCP', 'UDP']",
    ],
  ],
  "standard/gatewayclass/invalid-controller.yaml": [
    [
      "6:3",
      "spec.controllerName",
      "FieldValueInvalid",
      "spec.controllerName in body should match '^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*\\/[A-Za-z0-9\\/\\-._~%!$&'()*+,;=:]+$'",
    ],
  ],
  "standard/httproute/duplicate-header-match.yaml": [
    ["11:9", "spec.rules[0].matches[0].headers[1]", "FieldValueDuplicate", ""],
  ],
  "standard/httproute/duplicate-query-match.yaml": [
    ["11:9", "spec.rules[0].matches[0].queryParams[1]", "FieldValueDuplicate", ""],
  ],
  "standard/httproute/httproute-portless-backend.yaml": [
    [
      "10:7",
      "spec.rules[0].backendRefs[0]",
      "FieldValueInvalid",
      "Must have port for Service reference",
    ],
  ],
  "standard/httproute/httproute-portless-service.yaml": [
    [
      "10:7",
      "spec.rules[0].backendRefs[0]",
      "FieldValueInvalid",
      "Must have port for Service reference",
    ],
  ],
  "standard/httproute/invalid-backend-group.yaml": [
    [
      "8:7",
      "spec.rules[0].backendRefs[0].group",
      "FieldValueInvalid",
      "spec.rules[0].backendRefs[0].group in body should match '^$|^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$'",
    ],
  ],
  "standard/httproute/invalid-backend-kind.yaml": [
    [
      "8:7",
      "spec.rules[0].backendRefs[0].kind",
      "FieldValueInvalid",
      "spec.rules[0].backendRefs[0].kind in body should match '^[a-zA-Z]([-a-zA-Z0-9]*[a-zA-Z0-9])?$'",
    ],
  ],
  "standard/httproute/invalid-backend-port.yaml": [
    [
      "9:7",
      "spec.rules[0].backendRefs[0].port",
      "FieldValueInvalid",
      "spec.rules[0].backendRefs[0].port in body should be less than or equal to 65535",
    ],
  ],
  "standard/httproute/invalid-filter-duplicate-header.yaml": [
    [
      "12:11",
      "spec.rules[0].filters[0].requestHeaderModifier.remove[1]",
      "FieldValueDuplicate",
      "",
    ],
  ],
  "standard/httproute/invalid-filter-duplicate.yaml": [
    [
      "7:5",
      "spec.rules[0].filters",
      "FieldValueInvalid",
      "RequestHeaderModifier filter cannot be repeated",
    ],
  ],
  "standard/httproute/invalid-filter-empty.yaml": [
    [
      "8:7",
      "spec.rules[0].filters[0]",
      "FieldValueInvalid",
      "filter.requestHeaderModifier must be specified for RequestHeaderModifier filter.type",
    ],
  ],
  "standard/httproute/invalid-filter-wrong-field.yaml": [
    [
      "8:7",
      "spec.rules[0].filters[0]",
      "FieldValueInvalid",
      "filter.requestHeaderModifier must be specified for RequestHeaderModifier filter.type",
    ],
    [
      "8:7",
      "spec.rules[0].filters[0]",
      "FieldValueInvalid",
      "filter.requestRedirect must be nil if the filter.type is not RequestRedirect",
    ],
  ],
  "standard/httproute/invalid-header-name.yaml": [
    [
      "10:9",
      "spec.rules[0].matches[0].headers[0].name",
      "FieldValueInvalid",
      "spec.rules[0].matches[0].headers[0].name in body should match '^[A-Za-z0-9!#$%&'*+\\-.^_\\x60|~]+$'",
    ],
  ],
  "standard/httproute/invalid-hostname.yaml": [
    [
      "7:5",
      "spec.hostnames[0]",
      "FieldValueInvalid",
      "spec.hostnames[0] in body should match '^(\\*\\.)?[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$'",
    ],
    [
      "10:7",
      "spec.rules[0].backendRefs[0]",
      "FieldValueInvalid",
      "Must have port for Service reference",
    ],
  ],
  "standard/httproute/invalid-httpredirect-hostname.yaml": [
    [
      "13:9",
      "spec.rules[0].filters[0].requestRedirect.hostname",
      "FieldValueInvalid",
      "spec.rules[0].filters[0].requestRedirect.hostname in body should match '^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$'",
    ],
    [
      "7:5",
      "spec.rules[0]",
      "FieldValueInvalid",
      "RequestRedirect filter must not be used together with backendRefs",
    ],
  ],
  "standard/httproute/invalid-method.yaml": [
    [
      "8:7",
      "spec.rules[0].matches[0].method",
      "FieldValueNotSupported",
      'supported values: "GET", "HEAD", "POST", "PUT", "DELETE", "CONNECT", "OPTIONS", "TRACE", "PATCH"',
    ],
  ],
  "standard/httproute/invalid-path-alphanum-specialchars-mix.yaml": [
    [
      "8:7",
      "spec.rules[0].matches[0].path",
      "FieldValueInvalid",
      "must only contain valid characters (matching ^(?:[-A-Za-z0-9/._~!$&'()*+,;=:@]|[%][0-9a-fA-F]{2})+$) for types ['Exact', 'PathPrefix']",
    ],
  ],
  "standard/httproute/invalid-path-specialchars.yaml": [
    [
      "8:7",
      "spec.rules[0].matches[0].path",
      "FieldValueInvalid",
      "must only contain valid characters (matching ^(?:[-A-Za-z0-9/._~!$&'()*+,;=:@]|[%][0-9a-fA-F]{2})+$) for types ['Exact', 'PathPrefix']",
    ],
  ],
  "standard/httproute/invalid-request-redirect-with-backendref.yaml": [
    [
      "9:7",
      "spec.rules[0]",
      "FieldValueInvalid",
      "RequestRedirect filter must not be used together with backendRefs",
    ],
  ],
  "standard/referencegrant/missing-from.yaml": [
    ["5:1", "spec.from", "FieldValueRequired", ""],
  ],
  "standard/referencegrant/missing-ns.yaml": [
    ["10:5", "spec.from[0].namespace", "FieldValueRequired", ""],
  ],
  "standard/referencegrant/missing-to.yaml": [
    ["5:1", "spec.to", "FieldValueRequired", ""],
  ],
  "standard/tlsroute/invalid-hostname.yaml": [
    [
      "7:5",
      "spec.hostnames[0]",
      "FieldValueInvalid",
      "spec.hostnames[0] in body should match '^(\\*\\.)?[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$'",
    ],
    ["6:3", "spec.hostnames", "FieldValueInvalid", "Hostnames must be valid based on RFC-1123"],
    [
      "10:7",
      "spec.rules[0].backendRefs[0]",
      "FieldValueInvalid",
      "Must have port for Service reference",
    ],
  ],
  "standard/tlsroute/no-hostname.yaml": [
    ["5:1", "spec.hostnames", "FieldValueRequired", ""],
  ],
};
