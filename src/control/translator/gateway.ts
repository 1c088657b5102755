// Gateway: its addresses, its listeners, and what keeps it from being accepted.
// Takes a Gateway of a class that is ours; never looks at routes.

import { GatewayReason, type GatewayReasonName } from "../../gatewayapi/conditions.ts";
import type { Gateway } from "../../gatewayapi/kinds.ts";
import { createdAtMsOf, generationOf } from "../../gatewayapi/references.ts";
import type { CertificateLookups } from "./certificates.ts";
import { canonicalAddress } from "./ip_address.ts";
import { isServed, type ListenerView, viewListener } from "./listener.ts";
import { markConflicts, markOverlaps } from "./listener_conflicts.ts";

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
    ...(fault === undefined ? {} : { fault }),
    listeners: markOverlaps(markConflicts(
      listeners.map((listener) => viewListener(gateway, key, listener, lookups)),
    )),
  };
}

/** The listeners that go into the snapshot. */
export function servedListeners(gateway: GatewayView): readonly ListenerView[] {
  if (gateway.fault !== undefined || gateway.hasNoAddress) return [];
  if (gateway.unusable !== undefined && gateway.addresses.length === 0) return [];
  return gateway.listeners.filter(isServed);
}
