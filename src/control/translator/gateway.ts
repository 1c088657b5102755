// Gateway: its addresses, its listeners, what keeps it from being accepted, and its status.
// Takes a Gateway of a class that is ours; never looks at routes beyond their number.

import {
  type Condition,
  ConditionType,
  GatewayReason,
  type GatewayReasonName,
  ListenerReason,
} from "../../gatewayapi/conditions.ts";
import type { Gateway } from "../../gatewayapi/kinds.ts";
import { createdAtMsOf, generationOf } from "../../gatewayapi/references.ts";
import type { CertificateLookups } from "./certificates.ts";
import { canonicalAddress } from "./ip_address.ts";
import { isServed, type ListenerView, viewListener } from "./listener.ts";
import { markConflicts } from "./listener_conflicts.ts";
import type { GatewayStatus, ListenerStatus, ProgrammedState } from "./statuses.ts";

export interface GatewayView {
  readonly key: string;
  readonly namespace: string;
  readonly generation: number;
  readonly createdAtMs: number;
  /** Addresses to bind; empty: the configured ones. */
  readonly addresses: readonly string[];
  /** True where spec.addresses names them. */
  readonly statesAddresses: boolean;
  /** True where it was to be given an address and none was left. */
  readonly hasNoAddress?: boolean;
  /** Accepted=False for the Gateway as a whole. */
  readonly fault?: { readonly reason: GatewayReasonName; readonly message: string };
  readonly listeners: readonly ListenerView[];
}

function readAddresses(gateway: Gateway): Pick<GatewayView, "addresses" | "fault"> {
  const addresses: string[] = [];
  for (const { type, value } of gateway.spec.addresses ?? []) {
    if ((type ?? "IPAddress") !== "IPAddress") {
      const message = `spec.addresses of type ${type} are not supported: use IPAddress`;
      return { addresses: [], fault: { reason: GatewayReason.unsupportedAddress, message } };
    }
    if (value === undefined || value === "") continue;
    const address = canonicalAddress(value);
    if (address === undefined) {
      const message = `spec.addresses: ${value} is no IP address`;
      return { addresses: [], fault: { reason: GatewayReason.unsupportedAddress, message } };
    }
    if (!addresses.includes(address)) addresses.push(address);
  }
  return { addresses: addresses.sort() };
}

function findFault(gateway: Gateway): GatewayView["fault"] {
  const parameters = gateway.spec.infrastructure?.parametersRef;
  if (parameters !== undefined) {
    return {
      reason: GatewayReason.invalidParameters,
      message: `spec.infrastructure.parametersRef names ${parameters.kind} ${parameters.name}, ` +
        "but RAUTA takes no parameters: remove parametersRef",
    };
  }
  if (gateway.spec.tls?.backend?.clientCertificateRef !== undefined) {
    return {
      reason: GatewayReason.invalid,
      message: "spec.tls.backend.clientCertificateRef is not supported: remove it",
    };
  }
  return undefined;
}

/** A Gateway on its own, conflicts between its listeners included. */
export function viewGateway(
  gateway: Gateway,
  key: string,
  lookups: CertificateLookups,
): GatewayView {
  const { addresses, fault: addressFault } = readAddresses(gateway);
  const fault = findFault(gateway) ?? addressFault;
  const listeners = (gateway.spec.listeners ?? []).filter((listener, index, all) =>
    all.findIndex((other) => other.name === listener.name) === index
  );
  return {
    key,
    namespace: key.slice(0, key.indexOf("/")),
    generation: generationOf(gateway),
    createdAtMs: createdAtMsOf(gateway),
    addresses,
    statesAddresses: addresses.length > 0,
    ...(fault === undefined ? {} : { fault }),
    listeners: markConflicts(
      listeners.map((listener) => viewListener(gateway, key, listener, lookups)),
    ),
  };
}

/** The listeners that go into the snapshot. */
export function servedListeners(gateway: GatewayView): readonly ListenerView[] {
  if (gateway.fault !== undefined || gateway.hasNoAddress) return [];
  return gateway.listeners.filter(isServed);
}

type Verdict = Omit<Condition, "type" | "observedGeneration">;

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

/** An address that is stated and can't be used leaves the Gateway accepted, and not programmed. */
function isRefusedPort(
  gateway: GatewayView,
  listener: ListenerView,
  programmed: ProgrammedState,
): boolean {
  return !gateway.statesAddresses && programmed.unbound.has(listener.id);
}

function listenerStatus(
  gateway: GatewayView,
  listener: ListenerView,
  attachedRoutes: number,
  programmed: ProgrammedState,
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
    observedGeneration: gateway.generation,
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
    ],
  };
}

function gatewayAccepted(gateway: GatewayView, programmed: ProgrammedState): Verdict {
  if (gateway.fault !== undefined) return { status: "False", ...gateway.fault };
  const bad = gateway.listeners.filter((listener) =>
    !isServed(listener) || isRefusedPort(gateway, listener, programmed)
  );
  if (bad.length === 0) {
    return { status: "True", reason: GatewayReason.accepted, message: "the Gateway is valid" };
  }
  const good = gateway.listeners.filter((listener) => !bad.includes(listener));
  const list = (listeners: readonly ListenerView[]) =>
    listeners.map((listener) => listener.name).join(", ") || "none";
  return {
    status: good.length > 0 ? "True" : "False",
    reason: GatewayReason.listenersNotValid,
    message: `listeners not served: ${list(bad)}; served: ${list(good)}`,
  };
}

function gatewayProgrammed(gateway: GatewayView, programmed: ProgrammedState): Verdict {
  if (gateway.hasNoAddress) {
    return {
      status: "False",
      reason: GatewayReason.addressNotAssigned,
      message: "RAUTA_ADDRESS_POOL has no free address left: enlarge it or delete a Gateway",
    };
  }
  const served = servedListeners(gateway);
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
      message: `${gateway.addresses.join(", ")}: ${programmed.unbound.get(unbound.id)}`,
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

/** `attachedRoutes`: listener id -> number of accepted routes that are attached to it. */
export function gatewayStatus(
  gateway: GatewayView,
  attachedRoutes: ReadonlyMap<string, number>,
  programmed: ProgrammedState,
  hostAddresses: readonly string[],
): GatewayStatus {
  const isBound = servedListeners(gateway).some(({ id }) => !programmed.unbound.has(id));
  const asked = gateway.addresses.length > 0 ? gateway.addresses : hostAddresses;
  const addresses = isBound ? asked : [];
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
    listeners: gateway.listeners.map((listener) =>
      listenerStatus(gateway, listener, attachedRoutes.get(listener.id) ?? 0, programmed)
    ),
  };
}
