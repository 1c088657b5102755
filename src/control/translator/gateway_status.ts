// The status of a Gateway and of its listeners, as the specification words it.
// Takes what the Gateway comes to, the number of routes, and what the data plane says at the moment.

import {
  type Condition,
  ConditionType,
  GatewayReason,
  ListenerReason,
} from "../../gatewayapi/conditions.ts";
import { type GatewayView, ownListeners, servedListeners } from "./gateway.ts";
import { isServed, type ListenerView } from "./listener.ts";
import type { GatewayStatus, ListenerStatus, ProgrammedState } from "./statuses.ts";

/** What a status depends on beside objects. */
export interface Moment {
  readonly programmed: ProgrammedState;
  /** Milliseconds since the epoch; undefined: no certificate is held against the clock. */
  readonly nowMs: number | undefined;
}

/** GatewayStatus.addresses: "+kubebuilder:validation:MaxItems=16". More hosts may well be reachable. */
const MAX_ADDRESSES = 16;

export type Verdict = Omit<Condition, "type" | "observedGeneration">;

function listenerProgrammed(
  listener: ListenerView,
  served: boolean,
  programmed: ProgrammedState,
): Verdict {
  if (!served) {
    return {
      status: "False",
      reason: listener.conflict?.reason ?? ListenerReason.invalid,
      message: "the listener is not served: see its other conditions and the Gateway's",
    };
  }
  const failure = programmed.refused ?? programmed.unbound.get(listener.id);
  if (failure !== undefined) {
    return { status: "False", reason: ListenerReason.invalid, message: failure };
  }
  if (programmed.listeners.has(listener.id)) {
    return { status: "True", reason: ListenerReason.programmed, message: "served by all workers" };
  }
  return {
    status: "Unknown",
    reason: ListenerReason.pending,
    message: "waiting for the workers to take it up",
  };
}

/** An address of a Gateway's own that can't be bound leaves it accepted, and not programmed. */
export function isRefusedPort(
  gateway: GatewayView,
  listener: ListenerView,
  programmed: ProgrammedState,
): boolean {
  return gateway.addresses.length === 0 && programmed.unbound.has(listener.id);
}

/** What of a listener's certificates is not valid at the moment; it is served all the same. */
function certificateOutOfDate(listener: ListenerView, nowMs: number): Verdict | undefined {
  for (const { id, facts } of listener.tls?.certificates ?? []) {
    if (facts === undefined) continue;
    const { notBeforeMs, notAfterMs } = facts;
    const isEarly = nowMs < notBeforeMs;
    if (!isEarly && nowMs <= notAfterMs) continue;
    const says = isEarly
      ? `is not valid before ${new Date(notBeforeMs).toISOString()}`
      : `expired at ${new Date(notAfterMs).toISOString()}`;
    return {
      status: "False",
      reason: isEarly ? ListenerReason.certificateNotYetValid : ListenerReason.certificateExpired,
      message: `the certificate of Secret ${id} ${says}: clients will refuse it`,
    };
  }
  return undefined;
}

/** Conditions that are there only where something is out of the ordinary. */
function rareConditions(listener: ListenerView, nowMs: number | undefined): [string, Verdict][] {
  const rare: [string, Verdict][] = [];
  if (listener.overlaps !== undefined) {
    rare.push([ConditionType.overlappingTlsConfig, {
      status: "True",
      reason: ListenerReason.overlappingHostnames,
      message: `hostnames overlap with those of listeners ${listener.overlaps.join(", ")}: a ` +
        "request for a host of theirs on a connection of this one is answered 421",
    }]);
  }
  const outOfDate = nowMs === undefined ? undefined : certificateOutOfDate(listener, nowMs);
  if (outOfDate !== undefined) rare.push([ConditionType.certificateInDate, outOfDate]);
  return rare;
}

/** Of a listener of the Gateway's own, or of a ListenerSet of it, which has a generation of its own. */
export function listenerStatus(
  gateway: GatewayView,
  listener: ListenerView,
  attachedRoutes: number,
  { programmed, nowMs }: Moment,
  observedGeneration: number,
): ListenerStatus {
  const served = servedListeners(gateway).includes(listener);
  const unbound = programmed.unbound.get(listener.id);
  const refused = listener.conflict ?? listener.notAccepted ??
    (served && unbound !== undefined && isRefusedPort(gateway, listener, programmed)
      ? { reason: ListenerReason.portUnavailable, message: unbound }
      : undefined);
  const condition = (type: string, verdict: Verdict): Condition => ({
    type,
    ...verdict,
    observedGeneration,
  });
  return {
    name: listener.name,
    supportedKinds: listener.supportedKinds,
    attachedRoutes,
    conditions: [
      condition(
        ConditionType.accepted,
        refused === undefined
          ? { status: "True", reason: ListenerReason.accepted, message: "the listener is valid" }
          : { status: "False", ...refused },
      ),
      condition(
        ConditionType.conflicted,
        listener.conflict === undefined
          ? { status: "False", reason: ListenerReason.noConflicts, message: "no conflicts" }
          : { status: "True", ...listener.conflict },
      ),
      condition(
        ConditionType.resolvedRefs,
        listener.unresolved === undefined
          ? {
            status: "True",
            reason: ListenerReason.resolvedRefs,
            message: "all references are resolved",
          }
          : { status: "False", ...listener.unresolved },
      ),
      condition(ConditionType.programmed, listenerProgrammed(listener, served, programmed)),
      ...rareConditions(listener, nowMs).map(([type, verdict]) => condition(type, verdict)),
    ],
  };
}

export function gatewayAccepted(gateway: GatewayView, programmed: ProgrammedState): Verdict {
  if (gateway.fault !== undefined) return { status: "False", ...gateway.fault };
  const own = ownListeners(gateway);
  const bad = own.filter((listener) =>
    !isServed(listener) || isRefusedPort(gateway, listener, programmed)
  );
  if (bad.length === 0) {
    return { status: "True", reason: GatewayReason.accepted, message: "the Gateway is valid" };
  }
  const good = own.filter((listener) => !bad.includes(listener));
  const list = (listeners: readonly ListenerView[]) =>
    listeners.map((listener) => listener.name).join(", ") || "none";
  return {
    status: good.length > 0 ? "True" : "False",
    reason: GatewayReason.listenersNotValid,
    message: `listeners not served: ${list(bad)}; served: ${list(good)}`,
  };
}

/** Of the Gateway's own listeners: those of ListenerSets say for themselves. */
export function gatewayProgrammed(gateway: GatewayView, programmed: ProgrammedState): Verdict {
  if (gateway.hasNoAddress) {
    return {
      status: "False",
      reason: GatewayReason.addressNotAssigned,
      message: "RAUTA_ADDRESS_POOL has no free address left: enlarge it or delete a Gateway",
    };
  }
  if (gateway.unusable !== undefined) {
    return { status: "False", reason: GatewayReason.addressNotUsable, message: gateway.unusable };
  }
  const served = servedListeners(gateway).filter(({ set }) => set === undefined);
  if (served.length === 0) {
    return {
      status: "False",
      reason: GatewayReason.invalid,
      message: "no listener is served: see Accepted and the listeners' conditions",
    };
  }
  if (programmed.refused !== undefined) {
    return { status: "False", reason: GatewayReason.invalid, message: programmed.refused };
  }
  if (served.some((listener) => programmed.listeners.has(listener.id))) {
    return { status: "True", reason: GatewayReason.programmed, message: "served by all workers" };
  }
  const unbound = served.find((listener) => programmed.unbound.has(listener.id));
  if (unbound !== undefined && gateway.addresses.length > 0) {
    return {
      status: "False",
      reason: GatewayReason.addressNotUsable,
      message: programmed.unbound.get(unbound.id) ?? "",
    };
  }
  if (served.every((listener) => programmed.unbound.has(listener.id))) {
    return {
      status: "False",
      reason: GatewayReason.invalid,
      message: `no listener can be bound: ${programmed.unbound.get(served[0].id)}`,
    };
  }
  return {
    status: "Unknown",
    reason: GatewayReason.pending,
    message: "waiting for the workers to take it up",
  };
}

export interface GatewayContext {
  readonly hostAddresses: readonly string[];
  /** Of its ListenerSets, how many are accepted. */
  readonly attachedSets: number;
}

/** `attachedRoutes`: listener id -> number of accepted routes that are attached to it. */
export function gatewayStatus(
  gateway: GatewayView,
  attachedRoutes: ReadonlyMap<string, number>,
  moment: Moment,
  { hostAddresses, attachedSets }: GatewayContext,
): GatewayStatus {
  const { programmed } = moment;
  const isBound = servedListeners(gateway).some(({ id }) => !programmed.unbound.has(id));
  const asked = gateway.addresses.length > 0 ? gateway.addresses : hostAddresses;
  const addresses = isBound ? asked.slice(0, MAX_ADDRESSES) : [];
  const observedGeneration = gateway.generation;
  return {
    addresses: addresses.map((value) => ({ type: "IPAddress", value })),
    conditions: [
      { type: ConditionType.accepted, ...gatewayAccepted(gateway, programmed), observedGeneration },
      {
        type: ConditionType.programmed,
        ...gatewayProgrammed(gateway, programmed),
        observedGeneration,
      },
    ],
    listeners: ownListeners(gateway).map((listener) =>
      listenerStatus(
        gateway,
        listener,
        attachedRoutes.get(listener.id) ?? 0,
        moment,
        observedGeneration,
      )
    ),
    ...(gateway.allowsSets ? { attachedListenerSets: attachedSets } : {}),
  };
}
