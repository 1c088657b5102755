// In which field something isn't right where a status says so. Takes a condition and the object that
// it is about; gives fields as paths, each with what is to be said there. Judges nothing itself.

import type { Condition } from "../../gatewayapi/conditions.ts";
import {
  ConditionType,
  ListenerReason,
  ListenerSetReason,
  RouteReason,
} from "../../gatewayapi/conditions.ts";
import type { Gateway, HTTPRoute, ListenerSet } from "../../gatewayapi/kinds.ts";
import { keyOf, namespaceOf } from "../../gatewayapi/references.ts";

export type FieldPath = readonly (string | number)[];

export interface Place {
  readonly path: FieldPath;
  readonly message: string;
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

/** How the translator's messages of routes begin: by these, those that were joined are told apart. */
const BEGINNING = /^(?:Dropped Rule |spec[.[]|Service |backendRef )/;

function statedField(message: string): FieldPath | undefined {
  const field = /\bspec(?:\.\w+|\[\d+\])+/.exec(message)?.[0];
  return field === undefined ? undefined : parseField(field);
}

/** Whether a message speaks of a kind, and of another than that of the reference. */
function isOfOtherKind(ref: { group?: string; kind?: string }, message: string): boolean {
  const kind = /: kind (\S+) is not supported/.exec(message)?.[1];
  const own = [ref.group ?? "", ref.kind ?? "Service"].filter((part) => part !== "").join("/");
  return kind === undefined ? own !== "Service" : kind !== own;
}

/** The backendRefs of a route that a message speaks of. */
function backendPaths(route: HTTPRoute, message: string): FieldPath[] {
  const paths: FieldPath[] = [];
  for (const [rule, { backendRefs }] of (route.spec.rules ?? []).entries()) {
    for (const [index, ref] of (backendRefs ?? []).entries()) {
      const key = keyOf(ref.namespace ?? namespaceOf(route), ref.name);
      const named = new RegExp(`(?:Service|backendRef) ${key.replaceAll(".", "\\.")}(?![\\w./-])`);
      if (!named.test(message) || isOfOtherKind(ref, message)) continue;
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
  parent: { readonly kind?: string; readonly name: string; readonly sectionName?: string },
  condition: Condition,
): Place[] {
  const { reason } = condition;
  const parentPath = (): FieldPath => {
    const refs = route.spec.parentRefs ?? [];
    const index = refs.findIndex((ref) =>
      ref.name === parent.name && ref.sectionName === parent.sectionName &&
      (ref.kind ?? "Gateway") === (parent.kind ?? "Gateway")
    );
    return ["spec", "parentRefs", Math.max(index, 0)];
  };
  if (reason === RouteReason.noMatchingListenerHostname) {
    return [{ path: ["spec", "hostnames"], message: condition.message }];
  }
  if (reason === RouteReason.noMatchingParent || reason === RouteReason.notAllowedByListeners) {
    return [{ path: parentPath(), message: condition.message }];
  }
  const places: Place[] = [];
  let said = "";
  const tell = () => {
    const stated = statedField(said);
    const paths = stated ? [stated] : backendPaths(route, said);
    const message = said;
    if (said !== "") {
      places.push(...(paths.length > 0 ? paths : [["spec"]]).map((path) => ({ path, message })));
    }
  };
  for (const part of condition.message.split("; ")) {
    if (!BEGINNING.test(part)) {
      // What is quoted from the object may hold the same characters.
      said = said === "" ? part : `${said}; ${part}`;
      continue;
    }
    tell();
    said = part;
  }
  tell();
  return places;
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

/** Fields of a listener by which a message about an unsupported value begins. */
const UNSUPPORTED_FIELD = /^(hostname|allowedRoutes\.namespaces\.from|tls\.mode|tls\.options)\b/;

export function placeInListener(
  object: Gateway | ListenerSet,
  name: string,
  condition: Condition,
): Place {
  const { message, reason } = condition;
  const ofGateway = reason === ListenerReason.unsupportedValue ? statedField(message) : undefined;
  if (ofGateway) return { path: ofGateway, message };
  const listeners: readonly { readonly name: string }[] = object.spec.listeners;
  const index = listeners.findIndex((listener) => listener.name === name);
  const unsupported = UNSUPPORTED_FIELD.exec(message)?.[1].split(".");
  const within = LISTENER_FIELDS[reason] ?? unsupported ?? [];
  return { path: ["spec", "listeners", index, ...within], message };
}

/** What a Gateway says to its ListenerSets. */
const PARENT_REASONS: ReadonlySet<string> = new Set([
  ListenerSetReason.notAllowed,
  ListenerSetReason.parentNotAccepted,
]);

/** For a condition of a Gateway, ListenerSet or GatewayClass as a whole. */
export function placeInSpec({ reason, message }: Condition): Place {
  if (PARENT_REASONS.has(reason)) return { path: ["spec", "parentRef"], message };
  return { path: statedField(message) ?? ["spec"], message };
}
