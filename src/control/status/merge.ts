// The status an object should have, given the one it has: times of transition, and what belongs to
// other controllers. Pure. Gives undefined where nothing is to be written.

import { type Condition, ConditionType } from "../../gatewayapi/conditions.ts";
import { GATEWAY_GROUP } from "../../gatewayapi/kinds.ts";
import { CONTROLLER_NAME } from "../../gatewayapi/supported_features.ts";
import { isEqual } from "../store/same_content.ts";
import type { ObjectStatus, ParentRef, RouteParentStatus } from "../translator/statuses.ts";
import type { PlainStatus, TimedCondition } from "./observed_statuses.ts";

/** RouteStatus.parents: "A maximum of 32 Gateways will be represented in this list." */
const MAX_PARENTS = 32;

const OURS: ReadonlySet<string> = new Set(Object.values(ConditionType));

function listOf<T>(value: unknown): readonly T[] {
  return Array.isArray(value) ? value : [];
}

/**
 * "lastTransitionTime is the last time the condition transitioned from one status to another": it
 * is kept where only reason, message or observedGeneration change (meta/v1 Condition).
 */
function timed(
  wanted: readonly Condition[],
  before: readonly TimedCondition[],
  now: string,
): TimedCondition[] {
  return wanted.map((condition) => {
    const old = before.find(({ type }) => type === condition.type);
    const lastTransitionTime = old?.status === condition.status && old.lastTransitionTime
      ? old.lastTransitionTime
      : now;
    return { ...condition, lastTransitionTime };
  });
}

/** Types that are not the Gateway API's were put there by somebody else, and stay. */
function withForeign(
  wanted: readonly Condition[],
  before: readonly TimedCondition[],
  now: string,
): TimedCondition[] {
  return [...timed(wanted, before, now), ...before.filter(({ type }) => !OURS.has(type))];
}

interface OldParent {
  readonly parentRef: ParentRef;
  readonly controllerName: string;
  readonly conditions?: readonly TimedCondition[];
}

/** The API server fills in group and kind. */
function sameParent(a: ParentRef, b: ParentRef): boolean {
  const full = (ref: ParentRef) => ({ group: GATEWAY_GROUP, kind: "Gateway", ...ref });
  return isEqual(full(a), full(b));
}

/** Other controllers' entries stay as and where they are; ours that are no longer wanted go. */
function mergeParents(
  wanted: readonly RouteParentStatus[],
  before: readonly OldParent[],
  now: string,
): unknown[] {
  const waiting = [...wanted];
  const next: unknown[] = [];
  for (const old of before) {
    if (old.controllerName !== CONTROLLER_NAME) {
      next.push(old);
      continue;
    }
    const index = waiting.findIndex(({ parentRef }) => sameParent(parentRef, old.parentRef));
    if (index < 0) continue;
    const [entry] = waiting.splice(index, 1);
    next.push({
      ...entry,
      parentRef: old.parentRef,
      conditions: timed(entry.conditions, old.conditions ?? [], now),
    });
  }
  // One entry too many, and the API server would refuse them all.
  for (const entry of waiting.slice(0, Math.max(0, MAX_PARENTS - next.length))) {
    next.push({ ...entry, conditions: timed(entry.conditions, [], now) });
  }
  return next;
}

/** A merge patch leaves what it does not name: a count of sets that are no longer allowed is 0. */
function leftCount({ status }: ObjectStatus, before: PlainStatus): PlainStatus {
  const isLeft = !("attachedListenerSets" in status) && before.attachedListenerSets !== undefined;
  return isLeft ? { attachedListenerSets: 0 } : {};
}

function merged(wanted: ObjectStatus, before: PlainStatus, now: string): PlainStatus {
  const conditions = listOf<TimedCondition>(before.conditions);
  switch (wanted.kind) {
    case "GatewayClass":
      return {
        ...wanted.status,
        conditions: withForeign(wanted.status.conditions, conditions, now),
      };
    case "Gateway":
    case "ListenerSet": {
      const listeners = listOf<{ name: string; conditions?: TimedCondition[] }>(before.listeners);
      return {
        ...wanted.status,
        ...leftCount(wanted, before),
        conditions: withForeign(wanted.status.conditions, conditions, now),
        listeners: wanted.status.listeners.map((listener) => {
          const old = listeners.find(({ name }) => name === listener.name);
          return {
            ...listener,
            conditions: timed(listener.conditions, old?.conditions ?? [], now),
          };
        }),
      };
    }
    case "HTTPRoute":
      return { parents: mergeParents(wanted.status.parents, listOf(before.parents), now) };
  }
}

/** Lists that are empty and lists that are absent say the same. */
function comparable(status: PlainStatus): PlainStatus {
  return Object.fromEntries(
    Object.entries(status).filter(([, value]) => !Array.isArray(value) || value.length > 0),
  );
}

/** `now`: RFC 3339 in whole seconds. Undefined: the object has the status that it should have. */
export function statusToWrite(
  wanted: ObjectStatus,
  before: PlainStatus,
  now: string,
): PlainStatus | undefined {
  const next = merged(wanted, before, now);
  const kept = Object.fromEntries(Object.keys(next).map((name) => [name, before[name] ?? []]));
  return isEqual(comparable(next), comparable(kept)) ? undefined : next;
}

/** What of a status is no count and no time, whatever the order of its fields. */
function withoutCounts(status: PlainStatus): unknown {
  const text = JSON.stringify(
    comparable(status),
    (name, value) => name === "attachedRoutes" || name === "lastTransitionTime" ? undefined : value,
  );
  return JSON.parse(text);
}

/** Whether all that changes is how many routes are attached, which may wait. */
export function isOnlyCounts(next: PlainStatus, before: PlainStatus): boolean {
  return isEqual(withoutCounts(next), withoutCounts(before));
}
