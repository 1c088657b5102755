// The status of a ListenerSet and of its listeners, as the specification words them.
// Takes the Gateway that it is attached to, the number of routes, and what the data plane says.

import { ConditionType, ListenerSetReason as Reason } from "../../gatewayapi/conditions.ts";
import { type GatewayView, listenersOfSet, servedListeners } from "./gateway.ts";
import {
  gatewayAccepted,
  gatewayProgrammed,
  isRefusedPort,
  listenerStatus,
  type Moment,
  type Verdict,
} from "./gateway_status.ts";
import { isServed, type ListenerView } from "./listener.ts";
import type { ListenerSetView } from "./listener_set.ts";
import type { ListenerSetStatus, ProgrammedState } from "./statuses.ts";

function list(listeners: readonly ListenerView[]): string {
  return listeners.map(({ name }) => name).join(", ") || "none";
}

function accepted(
  gateway: GatewayView,
  set: ListenerSetView,
  programmed: ProgrammedState,
): Verdict {
  if (set.refusal !== undefined) return { status: "False", ...set.refusal };
  if (gatewayAccepted(gateway, programmed).status !== "True") {
    return {
      status: "False",
      reason: Reason.parentNotAccepted,
      message: `Gateway ${gateway.key} is not accepted`,
    };
  }
  const listeners = listenersOfSet(gateway, set.key);
  const bad = listeners.filter((listener) =>
    !isServed(listener) || isRefusedPort(gateway, listener, programmed)
  );
  if (bad.length === 0) {
    return { status: "True", reason: Reason.accepted, message: "the ListenerSet is valid" };
  }
  const good = listeners.filter((listener) => !bad.includes(listener));
  return {
    status: good.length > 0 ? "True" : "False",
    reason: Reason.listenersNotValid,
    message: `listeners not served: ${list(bad)}; served: ${list(good)}`,
  };
}

function programmedVerdict(
  gateway: GatewayView,
  set: ListenerSetView,
  programmed: ProgrammedState,
): Verdict {
  const refusal = accepted(gateway, set, programmed);
  if (refusal.status !== "True" && refusal.reason !== Reason.parentNotAccepted) return refusal;
  const parent = gatewayProgrammed(gateway, programmed);
  const served = servedListeners(gateway).filter((listener) => listener.set === set.key);
  if (refusal.status !== "True" || served.length === 0) {
    return {
      status: "False",
      reason: Reason.parentNotProgrammed,
      message: `Gateway ${gateway.key} is not programmed: ${parent.message}`,
    };
  }
  if (programmed.refused !== undefined) {
    return { status: "False", reason: Reason.invalid, message: programmed.refused };
  }
  if (served.some(({ id }) => programmed.listeners.has(id))) {
    return { status: "True", reason: Reason.programmed, message: "served by all workers" };
  }
  if (served.every(({ id }) => programmed.unbound.has(id))) {
    return {
      status: "False",
      reason: Reason.portUnavailable,
      message: `no listener can be bound: ${programmed.unbound.get(served[0].id)}`,
    };
  }
  return {
    status: "Unknown",
    reason: Reason.pending,
    message: "waiting for the workers to take it up",
  };
}

/** Whether it counts as attached to its Gateway. */
export function isAttached(
  gateway: GatewayView,
  set: ListenerSetView,
  { programmed }: Moment,
): boolean {
  return accepted(gateway, set, programmed).status === "True";
}

/** `attachedRoutes`: listener id -> number of accepted routes that are attached to it. */
export function listenerSetStatus(
  gateway: GatewayView,
  set: ListenerSetView,
  attachedRoutes: ReadonlyMap<string, number>,
  moment: Moment,
): ListenerSetStatus {
  const { programmed } = moment;
  const observedGeneration = set.generation;
  return {
    conditions: [
      {
        type: ConditionType.accepted,
        ...accepted(gateway, set, programmed),
        observedGeneration,
      },
      {
        type: ConditionType.programmed,
        ...programmedVerdict(gateway, set, programmed),
        observedGeneration,
      },
    ],
    listeners: listenersOfSet(gateway, set.key).map((listener) =>
      listenerStatus(
        gateway,
        listener,
        attachedRoutes.get(listener.id) ?? 0,
        moment,
        observedGeneration,
      )
    ),
  };
}
