// Which sockets the listeners ask for: one binding per (transport, address, port), and the
// listeners behind it. Its port group is the number by which a request says where it came in.

import type { Listener, ListenerProtocol } from "../../ir/snapshot.ts";
import type { IdTable } from "../ids.ts";

export interface PortBinding {
  /** Stable for the life of the process. */
  readonly portGroup: number;
  readonly port: number;
  /** One address, or none for the configured bind address. */
  readonly addresses: readonly string[];
  /** That of the first listener; all share the transport. */
  readonly protocol: ListenerProtocol;
  readonly listeners: readonly Listener[];
}

/** One binding per socket, by port group; listeners keep the snapshot's order. */
export function bindingsOf(listeners: readonly Listener[], portGroups: IdTable): PortBinding[] {
  const found = new Map<number, { address: string; listeners: Listener[] }>();
  for (const listener of listeners) {
    const transport = listener.protocol === "UDP" ? "udp" : "tcp";
    const addresses = listener.addresses.length > 0 ? listener.addresses : [""];
    for (const address of addresses) {
      const id = portGroups.idOf(`${transport} ${address} ${listener.port}`);
      const binding = found.get(id);
      if (!binding) found.set(id, { address, listeners: [listener] });
      else if (!binding.listeners.includes(listener)) binding.listeners.push(listener);
    }
  }
  return [...found].sort(([a], [b]) => a - b).map(([portGroup, { address, listeners }]) => ({
    portGroup,
    port: listeners[0].port,
    addresses: address === "" ? [] : [address],
    protocol: listeners[0].protocol,
    listeners,
  }));
}
