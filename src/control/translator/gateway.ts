// Gateway: its addresses, its listeners, and what keeps it from being accepted.
// Takes a Gateway of a class that is ours; never looks at routes.

import { GatewayReason, type GatewayReasonName } from "../../gatewayapi/conditions.ts";
import type { Gateway, ListenerSet } from "../../gatewayapi/kinds.ts";
import { createdAtMsOf, generationOf, nameOf, namespaceOf } from "../../gatewayapi/references.ts";
import type { CertificateLookups } from "./certificates.ts";
import { canonicalAddress } from "./ip_address.ts";
import {
  type GatewayListener,
  isServed,
  type ListenerOwner,
  type ListenerView,
  viewListener,
} from "./listener.ts";
import { giveWay, markConflicts, markOverlaps } from "./listener_conflicts.ts";
import {
  allowsSets,
  inPrecedence,
  type ListenerSetLookups,
  type ListenerSetView,
  viewListenerSet,
} from "./listener_set.ts";

export interface GatewayView {
  readonly key: string;
  readonly namespace: string;
  readonly generation: number;
  readonly createdAtMs: number;
  /** Addresses to bind; empty: the configured ones. */
  readonly addresses: readonly string[];
  /** True where it was to be given an address and none was left. */
  readonly hasNoAddress?: boolean;
  /** Why addresses that it states can't be had; `addresses` are the others. */
  readonly unusable?: string;
  /** Accepted=False for the Gateway as a whole. */
  readonly fault?: { readonly reason: GatewayReasonName; readonly message: string };
  /** Its own, then those of its ListenerSets. */
  readonly listeners: readonly ListenerView[];
  /** Whether it allows ListenerSets at all. */
  readonly allowsSets: boolean;
  /** Those that name it, allowed or not, in the order in which they count. */
  readonly sets: readonly ListenerSetView[];
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

/** The listeners that one object states, each name once. */
function viewListeners(
  gateway: Gateway,
  kind: ListenerOwner["kind"],
  object: Gateway | ListenerSet,
  lookups: CertificateLookups,
): ListenerView[] {
  const owner = { kind, namespace: namespaceOf(object), name: nameOf(object) };
  const stated: readonly GatewayListener[] = object.spec.listeners ?? [];
  return stated.filter((listener, index, all) =>
    all.findIndex((other) => other.name === listener.name) === index
  ).map((listener) => viewListener(gateway, owner, listener, lookups));
}

/** A Gateway with its ListenerSets, conflicts between their listeners included. */
export function viewGateway(
  gateway: Gateway,
  key: string,
  lookups: CertificateLookups & ListenerSetLookups,
): GatewayView {
  const { addresses, fault: addressFault } = readAddresses(gateway);
  const fault = findFault(gateway) ?? addressFault;
  let listeners = markConflicts(viewListeners(gateway, "Gateway", gateway, lookups));
  const sets: ListenerSetView[] = [];
  for (const set of inPrecedence(lookups.sets)) {
    const view = viewListenerSet(gateway, set, lookups);
    sets.push(view);
    if (view.refusal !== undefined) continue;
    const added = giveWay(listeners, viewListeners(gateway, "ListenerSet", set, lookups));
    listeners = [...listeners, ...added];
  }
  return {
    key,
    namespace: key.slice(0, key.indexOf("/")),
    generation: generationOf(gateway),
    createdAtMs: createdAtMsOf(gateway),
    addresses,
    ...(fault === undefined ? {} : { fault }),
    listeners: markOverlaps(listeners),
    allowsSets: allowsSets(gateway),
    sets,
  };
}

/** Those that the Gateway itself states. */
export function ownListeners(gateway: GatewayView): readonly ListenerView[] {
  return gateway.sets.length === 0
    ? gateway.listeners
    : gateway.listeners.filter(({ set }) => set === undefined);
}

export function listenersOfSet(gateway: GatewayView, key: string): readonly ListenerView[] {
  return gateway.listeners.filter(({ set }) => set === key);
}

/** When the object was made that states the listener. */
export function statedAtMs(gateway: GatewayView, { set }: ListenerView): number {
  const owner = set === undefined ? gateway : gateway.sets.find(({ key }) => key === set);
  return owner?.createdAtMs ?? gateway.createdAtMs;
}

/** The listeners that go into the snapshot. A Gateway that is not accepted takes its sets with it. */
export function servedListeners(gateway: GatewayView): readonly ListenerView[] {
  if (gateway.fault !== undefined || gateway.hasNoAddress) return [];
  if (gateway.unusable !== undefined && gateway.addresses.length === 0) return [];
  const own = ownListeners(gateway);
  if (own.length > 0 && !own.some(isServed)) return [];
  return gateway.listeners.filter(isServed);
}
