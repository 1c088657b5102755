// The one table of Gateway API features that RAUTA claims: GatewayClass status, docs and the
// conformance run read it, and the translator refuses what it does not name.

/** GatewayClass.spec.controllerName of the classes that are ours. */
export const CONTROLLER_NAME = "rauta.io/gateway-controller";

/** The Gateway API release whose types and wording this is. */
export const GATEWAY_API_VERSION = "v1.6.1";

/** Whether a bundle version of the CRDs is one whose fields and wording RAUTA knows: v1.6.x. */
export function isSupportedVersion(version: string): boolean {
  return /^v1\.6\.\d+$/.test(version);
}

/** Feature names as in the Gateway API's pkg/features, in ascending order as the status demands. */
export const SUPPORTED_FEATURES: readonly string[] = [
  "Gateway",
  "GatewayAddressEmpty",
  "GatewayHTTPListenerIsolation",
  "GatewayPort8080",
  "GatewayStaticAddresses",
  "HTTPRoute",
  "HTTPRoute303RedirectStatusCode",
  "HTTPRoute307RedirectStatusCode",
  "HTTPRoute308RedirectStatusCode",
  "HTTPRouteBackendProtocolWebSocket",
  "HTTPRouteBackendRequestHeaderModification",
  "HTTPRouteBackendTimeout",
  "HTTPRouteCORS",
  "HTTPRouteDestinationPortMatching",
  "HTTPRouteHostRewrite",
  "HTTPRouteMethodMatching",
  "HTTPRouteNamedRouteRule",
  "HTTPRouteParentRefPort",
  "HTTPRoutePathRedirect",
  "HTTPRoutePathRewrite",
  "HTTPRoutePortRedirect",
  "HTTPRouteQueryParamMatching",
  "HTTPRouteRequestTimeout",
  "HTTPRouteResponseHeaderModification",
  "HTTPRouteRetry",
  "HTTPRouteRetryBackendTimeout",
  "HTTPRouteRetryConnectionError",
  "HTTPRouteSchemeRedirect",
  "ListenerSet",
  "ReferenceGrant",
];

export function supportsFeature(name: string): boolean {
  return SUPPORTED_FEATURES.includes(name);
}
