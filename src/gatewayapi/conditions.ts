// Condition types and reasons of the Gateway API v1.6, as named constants, and the condition itself.
// Source: the Go types of kubernetes-sigs/gateway-api, apis/v1/*_types.go. No reason is written as a
// bare string anywhere else.

export type ConditionStatus = "True" | "False" | "Unknown";

/** A condition without lastTransitionTime: that is the status writer's, who knows the old one. */
export interface Condition {
  readonly type: string;
  readonly status: ConditionStatus;
  readonly reason: string;
  readonly message: string;
  readonly observedGeneration: number;
}

export const ConditionType = {
  accepted: "Accepted",
  programmed: "Programmed",
  resolvedRefs: "ResolvedRefs",
  conflicted: "Conflicted",
  partiallyInvalid: "PartiallyInvalid",
  supportedVersion: "SupportedVersion",
  overlappingTlsConfig: "OverlappingTLSConfig",
  /** RAUTA's own: there where a certificate that is served is not valid now. */
  certificateInDate: "rauta.io/CertificateInDate",
} as const;

export const GatewayClassReason = {
  accepted: "Accepted",
  invalidParameters: "InvalidParameters",
  pending: "Pending",
  supportedVersion: "SupportedVersion",
  unsupportedVersion: "UnsupportedVersion",
} as const;

export const GatewayReason = {
  accepted: "Accepted",
  addressNotAssigned: "AddressNotAssigned",
  addressNotUsable: "AddressNotUsable",
  invalid: "Invalid",
  invalidParameters: "InvalidParameters",
  listenersNotValid: "ListenersNotValid",
  pending: "Pending",
  programmed: "Programmed",
  unsupportedAddress: "UnsupportedAddress",
} as const;

export const ListenerReason = {
  accepted: "Accepted",
  certificateExpired: "CertificateExpired",
  certificateNotYetValid: "CertificateNotYetValid",
  hostnameConflict: "HostnameConflict",
  invalid: "Invalid",
  invalidCertificateRef: "InvalidCertificateRef",
  invalidRouteKinds: "InvalidRouteKinds",
  noConflicts: "NoConflicts",
  overlappingHostnames: "OverlappingHostnames",
  pending: "Pending",
  portUnavailable: "PortUnavailable",
  programmed: "Programmed",
  protocolConflict: "ProtocolConflict",
  refNotPermitted: "RefNotPermitted",
  resolvedRefs: "ResolvedRefs",
  unsupportedProtocol: "UnsupportedProtocol",
  unsupportedValue: "UnsupportedValue",
} as const;

export const ListenerSetReason = {
  accepted: "Accepted",
  invalid: "Invalid",
  listenersNotValid: "ListenersNotValid",
  notAllowed: "NotAllowed",
  parentNotAccepted: "ParentNotAccepted",
  parentNotProgrammed: "ParentNotProgrammed",
  pending: "Pending",
  portUnavailable: "PortUnavailable",
  programmed: "Programmed",
} as const;

export const RouteReason = {
  accepted: "Accepted",
  backendNotFound: "BackendNotFound",
  incompatibleFilters: "IncompatibleFilters",
  invalidKind: "InvalidKind",
  noMatchingListenerHostname: "NoMatchingListenerHostname",
  noMatchingParent: "NoMatchingParent",
  notAllowedByListeners: "NotAllowedByListeners",
  refNotPermitted: "RefNotPermitted",
  resolvedRefs: "ResolvedRefs",
  unsupportedProtocol: "UnsupportedProtocol",
  unsupportedValue: "UnsupportedValue",
} as const;

export type GatewayReasonName = typeof GatewayReason[keyof typeof GatewayReason];
export type ListenerReasonName = typeof ListenerReason[keyof typeof ListenerReason];
export type ListenerSetReasonName = typeof ListenerSetReason[keyof typeof ListenerSetReason];
export type RouteReasonName = typeof RouteReason[keyof typeof RouteReason];

/** The API server takes 32,768; nobody reads so much. */
const MAX_MESSAGE_LENGTH = 4096;

/** Several messages as one, each once, cut where a status has room for no more. */
export function joinMessages(messages: readonly string[]): string {
  const joined = [...new Set(messages)].join("; ");
  return joined.length <= MAX_MESSAGE_LENGTH
    ? joined
    : `${joined.slice(0, MAX_MESSAGE_LENGTH - 1)}…`;
}
