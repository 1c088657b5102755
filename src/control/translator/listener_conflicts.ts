// Listeners that cannot be told apart: within a Gateway none of them is served; between Gateways that
// share an address the older Gateway keeps the port. Pure; views in, faults or new views out.

import { ListenerReason as Reason } from "../../gatewayapi/conditions.ts";
import { intersectHostnames } from "../../gatewayapi/hostname.ts";
import type { ListenerFault } from "./certificates.ts";
import { isSupportedProtocol, type ListenerView } from "./listener.ts";

function names(listeners: readonly ListenerView[], but: ListenerView): string {
  return listeners.filter((other) => other !== but).map((other) => other.name).join(", ");
}

/**
 * "The implementation MUST NOT pick one conflicting Listener as the winner. ALL indistinct Listeners
 * must not be accepted": one protocol a port, and for HTTP and HTTPS one listener a port and hostname.
 * Listeners of protocols that are not supported are refused already and conflict with nothing.
 */
export function markConflicts(listeners: readonly ListenerView[]): ListenerView[] {
  return listeners.map((listener) => {
    if (!isSupportedProtocol(listener.protocol)) return listener;
    const onPort = listeners.filter((other) =>
      other.port === listener.port && isSupportedProtocol(other.protocol)
    );
    const strangers = onPort.filter((other) => other.protocol !== listener.protocol);
    if (strangers.length > 0) {
      const message = `port ${listener.port} is ${listener.protocol} here and ` +
        `${strangers[0].protocol} in listener ${names(strangers, listener)}`;
      return { ...listener, conflict: { reason: Reason.protocolConflict, message } };
    }
    const twins = onPort.filter((other) => other.hostname === listener.hostname);
    if (twins.length === 1) return listener;
    const hostname = listener.hostname === "" ? "no hostname" : `hostname ${listener.hostname}`;
    const message = `port ${listener.port} with ${hostname} is also listener ` +
      names(twins, listener);
    return { ...listener, conflict: { reason: Reason.hostnameConflict, message } };
  });
}

/**
 * Those of a ListenerSet beside earlier ones, which keep what they have: "treat the parent Gateway as
 * having the merged list of all listeners", the Gateway's own first, then by the age of the sets.
 * Says nothing of the others but what they hold: they may be somebody else's.
 */
export function giveWay(
  earlier: readonly ListenerView[],
  listeners: readonly ListenerView[],
): ListenerView[] {
  const holders = earlier.filter(({ conflict, protocol }) =>
    conflict === undefined && isSupportedProtocol(protocol)
  );
  return markConflicts(listeners).map((listener) => {
    if (listener.conflict !== undefined) return listener;
    const onPort = holders.filter(({ port }) => port === listener.port);
    const stranger = onPort.find(({ protocol }) => protocol !== listener.protocol);
    if (stranger !== undefined) {
      const message =
        `port ${listener.port} is ${stranger.protocol} in the Gateway or in an older ` +
        "ListenerSet of it";
      return { ...listener, conflict: { reason: Reason.protocolConflict, message } };
    }
    if (!onPort.some(({ hostname }) => hostname === listener.hostname)) return listener;
    const hostname = listener.hostname === "" ? "no hostname" : `hostname ${listener.hostname}`;
    const message =
      `port ${listener.port} with ${hostname} is held by the Gateway or by an older ` +
      "ListenerSet of it";
    return { ...listener, conflict: { reason: Reason.hostnameConflict, message } };
  });
}

/**
 * "Controllers MUST detect the presence of overlapping hostnames": listeners of one port that terminate
 * TLS and have a hostname in common. "This condition MUST be set on all Listeners with overlapping TLS
 * config."
 */
export function markOverlaps(listeners: readonly ListenerView[]): ListenerView[] {
  return listeners.map((listener) => {
    if (listener.tls === undefined || listener.conflict !== undefined) return listener;
    const overlaps = listeners.filter((other) =>
      other !== listener && other.tls !== undefined && other.conflict === undefined &&
      other.port === listener.port &&
      intersectHostnames(other.hostname, listener.hostname) !== undefined
    ).map(({ name }) => name);
    return overlaps.length === 0 ? listener : { ...listener, overlaps };
  });
}

/** What a Gateway holds on the addresses that it binds. */
export interface PortClaim {
  readonly gateway: string;
  /** Empty: the addresses that all Gateways without one of their own share. */
  readonly addresses: readonly string[];
  readonly listener: ListenerView;
}

function shareAddress(a: readonly string[], b: readonly string[]): boolean {
  if (a.length === 0 || b.length === 0) return a.length === b.length;
  return a.some((address) => b.includes(address));
}

/** Why `claim` cannot be served beside the earlier ones, or undefined. */
export function findTaken(
  claim: PortClaim,
  earlier: readonly PortClaim[],
): ListenerFault | undefined {
  const { listener } = claim;
  for (const held of earlier) {
    if (held.gateway === claim.gateway || held.listener.port !== listener.port) continue;
    if (!shareAddress(held.addresses, claim.addresses)) continue;
    const sameProtocol = held.listener.protocol === listener.protocol;
    if (sameProtocol && held.listener.hostname !== listener.hostname) continue;
    const what = sameProtocol
      ? `the same hostname (${listener.hostname === "" ? "any" : listener.hostname})`
      : `protocol ${held.listener.protocol}`;
    return {
      reason: Reason.portUnavailable,
      message: `port ${listener.port} is held by listener ${held.listener.name} of ` +
        `${held.listener.set === undefined ? "the older" : "an older ListenerSet of"} ` +
        `Gateway ${held.gateway} with ${what}`,
    };
  }
  return undefined;
}
