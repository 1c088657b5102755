// What to write instead where a status says that something isn't right. Takes a condition's reason and
// the sentence that is told, since one condition may speak of several faults. Judges nothing itself.

import { ListenerReason, ListenerSetReason, RouteReason } from "../../gatewayapi/conditions.ts";

const FIXES: Readonly<Record<string, string>> = {
  [RouteReason.backendNotFound]:
    "name a Service and a TCP port that exist in that namespace, or add them",
  [RouteReason.refNotPermitted]:
    "add a ReferenceGrant in the namespace that is referred to, or refer to the own namespace",
  [RouteReason.invalidKind]: "name a kind that is served: a Service that is not ExternalName",
  [RouteReason.unsupportedProtocol]: "write protocol: HTTP or HTTPS",
  [RouteReason.unsupportedValue]:
    "remove it, or write a value that is served: docs/control_plane.md",
  [RouteReason.incompatibleFilters]: "keep one of the two, or make two rules of them",
  [RouteReason.noMatchingParent]:
    "name a sectionName and a port that a listener of the Gateway has",
  [RouteReason.notAllowedByListeners]:
    "admit the route's namespace and kind in the listener's allowedRoutes",
  [RouteReason.noMatchingListenerHostname]:
    "write a hostname that a listener has, or widen the listener's",
  [ListenerReason.hostnameConflict]: "give one of the two another port or hostname",
  [ListenerReason.protocolConflict]: "give one of the two another port",
  [ListenerReason.portUnavailable]: "use another port, address or hostname",
  [ListenerReason.invalidCertificateRef]:
    "name a Secret of type kubernetes.io/tls that holds a certificate and its key",
  [ListenerReason.certificateExpired]: "put a renewed certificate and its key into the Secret",
  [ListenerReason.certificateNotYetValid]: "put a certificate that is valid today into the Secret",
  [ListenerReason.invalidRouteKinds]:
    "name kinds that fit the protocol: HTTPRoute for HTTP and HTTPS",
  [ListenerSetReason.notAllowed]: "let spec.allowedListeners of the Gateway admit its namespace",
  [ListenerSetReason.parentNotAccepted]: "mend the Gateway first",
  Invalid: "remove it",
  InvalidParameters: "remove what refers to parameters: there are none",
  UnsupportedAddress: "write addresses of type IPAddress, or none",
};

/** Sentences that say more than the reason they come with; the first that fits counts. */
const BY_SENTENCE: readonly (readonly [sentence: RegExp, fix: string])[] = [
  [/ is not permitted: no ReferenceGrant/, FIXES[RouteReason.refNotPermitted]],
  [/^backendRef .*: kind .* is not supported|ExternalName/, FIXES[RouteReason.invalidKind]],
  [/ appProtocol /, "write appProtocol http, kubernetes.io/ws or none in the Service's port"],
  [
    /^Service .* (?:does not exist|has no TCP port)|names no port$/,
    FIXES[RouteReason.backendNotFound],
  ],
  [/ is of no supported kind$/, "remove the filter: none of type ExtensionRef is served"],
  [/RE2 syntax|regular expression/, "write another pattern: docs/regular_expressions.md"],
  [/^hostname .* is an IP address/, "write a host name, or remove it to serve every host"],
  [/ is an IP address: use a name$/, "write a host name, or remove it"],
];

/** Nothing where nothing is known. */
export function fixFor(reason: string, sentence: string): string {
  return BY_SENTENCE.find(([pattern]) => pattern.test(sentence))?.[1] ?? FIXES[reason] ?? "";
}
