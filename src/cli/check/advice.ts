// What to write instead, and in which field, where a status says that something isn't right.
// Takes a condition and the object that it is about; gives fields as paths. Judges nothing itself.

import type { Condition } from "../../gatewayapi/conditions.ts";
import { ConditionType, ListenerReason, RouteReason } from "../../gatewayapi/conditions.ts";
import type { Gateway, HTTPRoute } from "../../gatewayapi/kinds.ts";
import { keyOf, namespaceOf } from "../../gatewayapi/references.ts";

export type FieldPath = readonly (string | number)[];

export interface Place {
  readonly path: FieldPath;
  readonly message: string;
}

const FIXES: Readonly<Record<string, string>> = {
  [RouteReason.backendNotFound]:
    "name a Service and a TCP port that exist in that namespace, or add them",
  [RouteReason.refNotPermitted]:
    "add a ReferenceGrant in the namespace that is referred to, or refer to the own namespace",
  [RouteReason.invalidKind]: "name a kind that is served: a Service that is not ExternalName",
  [RouteReason.unsupportedProtocol]:
    "use HTTP or HTTPS; for a Service port, appProtocol http or none",
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
  Invalid: "remove it",
  InvalidParameters: "remove what refers to parameters: there are none",
  UnsupportedAddress: "write addresses of type IPAddress, or none",
};

export function fixFor(reason: string): string {
  return FIXES[reason] ?? "";
}

/** Conditions that are well when they are False. */
const GOOD_WHEN_FALSE: ReadonlySet<string> = new Set([
  ConditionType.conflicted,
  ConditionType.partiallyInvalid,
]);

export function isGood({ type, status }: Condition): boolean {
  return (status === "False") === GOOD_WHEN_FALSE.has(type);
}

/** `spec.rules[0].filters` as keys and indexes. */
export function parseField(field: string): FieldPath {
  return field.match(/[^.[\]]+/g)!.map((part) => /^\d+$/.test(part) ? Number(part) : part);
}

export function showField(path: FieldPath): string {
  return path.map((part, index) =>
    typeof part === "number" ? `[${part}]` : index === 0 ? part : `.${part}`
  ).join("");
}

function statedField(message: string): FieldPath | undefined {
  const field = /\bspec(?:\.\w+|\[\d+\])+/.exec(message)?.[0];
  return field === undefined ? undefined : parseField(field);
}

/** The backendRefs of a route that a message speaks of. */
function backendPaths(route: HTTPRoute, message: string): FieldPath[] {
  const paths: FieldPath[] = [];
  for (const [rule, { backendRefs }] of (route.spec.rules ?? []).entries()) {
    for (const [index, ref] of (backendRefs ?? []).entries()) {
      const key = keyOf(ref.namespace ?? namespaceOf(route), ref.name);
      const named = new RegExp(`(?:Service|backendRef) ${key.replaceAll(".", "\\.")}(?![\\w./-])`);
      if (!named.test(message)) continue;
      const port = /\bport (\d+)/.exec(message)?.[1];
      if (port !== undefined && ref.port !== undefined && Number(port) !== ref.port) continue;
      paths.push(["spec", "rules", rule, "backendRefs", index]);
    }
  }
  return paths;
}

/** Where a route's condition points; a message of several parts gives several places. */
export function placesInRoute(
  route: HTTPRoute,
  parent: { readonly name: string; readonly sectionName?: string },
  condition: Condition,
): Place[] {
  const { reason } = condition;
  const parentPath = (): FieldPath => {
    const refs = route.spec.parentRefs ?? [];
    const index = refs.findIndex((ref) =>
      ref.name === parent.name && ref.sectionName === parent.sectionName
    );
    return ["spec", "parentRefs", Math.max(index, 0)];
  };
  if (reason === RouteReason.noMatchingListenerHostname) {
    return [{ path: ["spec", "hostnames"], message: condition.message }];
  }
  if (reason === RouteReason.noMatchingParent || reason === RouteReason.notAllowedByListeners) {
    return [{ path: parentPath(), message: condition.message }];
  }
  return condition.message.split("; ").flatMap((message): Place[] => {
    const stated = statedField(message);
    if (stated) return [{ path: stated, message }];
    const paths = backendPaths(route, message);
    return paths.length > 0
      ? paths.map((path) => ({ path, message }))
      : [{ path: ["spec"], message }];
  });
}

const LISTENER_FIELDS: Readonly<Record<string, FieldPath>> = {
  [ListenerReason.hostnameConflict]: ["hostname"],
  [ListenerReason.protocolConflict]: ["protocol"],
  [ListenerReason.unsupportedProtocol]: ["protocol"],
  [ListenerReason.portUnavailable]: ["port"],
  [ListenerReason.invalidCertificateRef]: ["tls", "certificateRefs"],
  [ListenerReason.refNotPermitted]: ["tls", "certificateRefs"],
  [ListenerReason.certificateExpired]: ["tls", "certificateRefs"],
  [ListenerReason.certificateNotYetValid]: ["tls", "certificateRefs"],
  [ListenerReason.invalidRouteKinds]: ["allowedRoutes", "kinds"],
};

export function placeInListener(gateway: Gateway, name: string, condition: Condition): Place {
  const index = gateway.spec.listeners.findIndex((listener) => listener.name === name);
  const within = LISTENER_FIELDS[condition.reason] ?? [];
  return { path: ["spec", "listeners", index, ...within], message: condition.message };
}

/** For a condition of a Gateway or GatewayClass as a whole. */
export function placeInSpec(condition: Condition): Place {
  return { path: statedField(condition.message) ?? ["spec"], message: condition.message };
}
