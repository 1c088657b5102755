// ListenerSets: listeners that others add to a Gateway which allows them to.
// Takes the sets that name one Gateway; gives them in the order in which they count, and which of
// them are let in. Never looks at routes.

import { ListenerSetReason, type ListenerSetReasonName } from "../../gatewayapi/conditions.ts";
import {
  type Gateway,
  GATEWAY_GROUP,
  type ListenerSet,
  type Namespace,
} from "../../gatewayapi/kinds.ts";
import {
  createdAtMsOf,
  generationOf,
  keyOf,
  nameOf,
  namespaceOf,
  resolveParentReference,
} from "../../gatewayapi/references.ts";
import { admitsNamespace } from "./namespace.ts";

export interface ListenerSetView {
  /** `namespace/name`. */
  readonly key: string;
  readonly generation: number;
  readonly createdAtMs: number;
  /** Why the Gateway does not take it. */
  readonly refusal?: { readonly reason: ListenerSetReasonName; readonly message: string };
}

/** The sets that name a Gateway, and the namespaces that a selector may ask for. */
export interface ListenerSetLookups {
  readonly sets: readonly ListenerSet[];
  namespace(name: string): Namespace | undefined;
}

/** Key of the Gateway that a set names; undefined: it names none. */
export function gatewayOfSet(set: ListenerSet): string | undefined {
  const target = resolveParentReference(set.spec.parentRef, namespaceOf(set));
  if (target.group !== GATEWAY_GROUP || target.kind !== "Gateway") return undefined;
  return keyOf(target.namespace, target.name);
}

/** "The default value is to allow no ListenerSets." */
export function allowsSets(gateway: Gateway): boolean {
  return (gateway.spec.allowedListeners?.namespaces?.from ?? "None") !== "None";
}

/** "ListenerSet ordered by creation time (oldest first)", then "by {namespace}/{name}". */
export function inPrecedence(sets: readonly ListenerSet[]): ListenerSet[] {
  return [...sets].sort((a, b) =>
    createdAtMsOf(a) - createdAtMsOf(b) || (keyOfSet(a) < keyOfSet(b) ? -1 : 1)
  );
}

function keyOfSet(set: ListenerSet): string {
  return keyOf(namespaceOf(set), nameOf(set));
}

function isAllowed(
  gateway: Gateway,
  set: ListenerSet,
  namespaceObject: ListenerSetLookups["namespace"],
): boolean {
  const { from = "None", selector } = gateway.spec.allowedListeners?.namespaces ?? {};
  const namespace = namespaceOf(set);
  return admitsNamespace(
    { from, ...(selector === undefined ? {} : { selector }) },
    namespaceOf(gateway),
    namespace,
    () => namespaceObject(namespace),
  );
}

export function viewListenerSet(
  gateway: Gateway,
  set: ListenerSet,
  lookups: ListenerSetLookups,
): ListenerSetView {
  const base = {
    key: keyOfSet(set),
    generation: generationOf(set),
    createdAtMs: createdAtMsOf(set),
  };
  if (isAllowed(gateway, set, lookups.namespace)) return base;
  return {
    ...base,
    refusal: {
      reason: ListenerSetReason.notAllowed,
      message: "allowedListeners of the Gateway admits no ListenerSets of namespace " +
        namespaceOf(set),
    },
  };
}
