// The `wire` front: raw connections on every binding, requests read and written by the core itself.
// Takes bindings, gives outcomes; owns the listening sockets and turns the wheel.
// A drain closes idle connections and lets exchanges finish; a swap of tables closes nothing.

import type { BindOutcome, Front } from "../front.ts";
import { type Binding, bindingKey } from "../protocol.ts";
import type { Entrance } from "./arrival.ts";
import { Downstream } from "./downstream.ts";
import type { WireContext } from "./context.ts";
import type { Link } from "./link.ts";
import type { Peer } from "./sockets.ts";
import type { StreamConn } from "./stream.ts";
import { StreamLink } from "./stream_link.ts";
import { tick } from "./tick.ts";
import type { TlsAcceptor } from "../tls/tls_acceptor.ts";

const DRAIN_POLL_MS = 20;

const SCHEME_HTTP = 1;
const SCHEME_HTTPS = 2;

interface OpenBinding {
  readonly listener: { close(): void };
  readonly entrance: Entrance;
  readonly tls?: TlsAcceptor;
}

export class WireFront implements Front {
  readonly #context: WireContext;
  readonly #open = new Map<string, OpenBinding>();
  readonly #stopTicking: () => void;

  constructor(context: WireContext) {
    this.#context = context;
    tick(context);
    this.#stopTicking = context.every(context.wheel.tickMs, () => tick(context));
  }

  async setBindings(bindings: readonly Binding[]): Promise<readonly BindOutcome[]> {
    const wanted = new Map(bindings.map((binding) => [bindingKey(binding), binding]));
    for (const [key, open] of this.#open) {
      const binding = wanted.get(key);
      if (binding !== undefined && (binding.protocol === "HTTPS") === (open.tls !== undefined)) {
        continue;
      }
      this.#open.delete(key);
      this.#close(open);
    }
    const outcomes: Promise<BindOutcome>[] = [];
    for (const binding of bindings) {
      const open = this.#open.get(bindingKey(binding));
      if (open === undefined) outcomes.push(this.#bind(binding));
      else {
        open.entrance.portGroup = binding.portGroup;
        open.tls?.offer(binding.tls ?? []);
      }
    }
    return await Promise.all(outcomes);
  }

  async drain(drainMs: number): Promise<number> {
    const { open, pools, runtimeIsUsed } = this.#context;
    runtimeIsUsed();
    this.#context.isDraining = true;
    for (const binding of this.#open.values()) this.#close(binding);
    this.#open.clear();
    const endMs = performance.now() + drainMs;
    while (this.#underWay() > 0 && performance.now() < endMs) {
      await new Promise((wake) => setTimeout(wake, DRAIN_POLL_MS));
    }
    const unfinished = this.#underWay();
    for (const connection of [...open]) connection.close();
    pools.drain();
    this.#stopTicking();
    return unfinished;
  }

  /** Connections that still have something to do; idle ones are closed on the way. */
  #underWay(): number {
    const { open } = this.#context;
    for (const connection of open) {
      if (connection.isIdle && connection.mustClose) connection.close();
    }
    let count = 0;
    for (const connection of open) if (!connection.isLingering) count++;
    return count;
  }

  async #bind(binding: Binding): Promise<BindOutcome> {
    const entrance = { portGroup: binding.portGroup, isClosing: false };
    try {
      if (binding.protocol === "HTTP") return this.#bindPlain(binding, entrance);
      if (binding.protocol === "HTTPS") return await this.#bindTls(binding, entrance);
      const reason = `the wire front does not serve ${binding.protocol}`;
      return { kind: "bind-failed", binding, reason };
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      return { kind: "bind-failed", binding, reason };
    }
  }

  #bindPlain(binding: Binding, entrance: Entrance): BindOutcome {
    const { connections, sockets } = this.#context;
    const at = { hostname: binding.address, port: binding.port };
    const listener = sockets.listen(at, (link, peer) => {
      if (connections.tryTake()) this.#serve(link, peer, SCHEME_HTTP, entrance);
      else link.close();
    });
    this.#open.set(bindingKey(binding), { listener, entrance });
    return { kind: "bound", binding, port: listener.port };
  }

  /** The engine is loaded by the first listener that needs it. */
  async #bindTls(binding: Binding, entrance: Entrance): Promise<BindOutcome> {
    const { connections, blocks, timeouts, runtimeIsUsed } = this.#context;
    runtimeIsUsed();
    const { TlsAcceptor } = await import("../tls/tls_acceptor.ts");
    const acceptor = await TlsAcceptor.listen({
      address: binding.address,
      port: binding.port,
      hosts: binding.tls ?? [],
      blocks,
      handshakeMs: timeouts.headMs,
      admit: () => connections.tryTake(),
      failed: (isFailure) => {
        connections.give();
        if (isFailure) this.#context.failed("tls_handshake");
      },
      opened: (stream, peer, name) => {
        const connection = this.#serveStream(stream, peer, entrance);
        if (connection && !this.#context.core.setServerName(connection.x, name)) connection.close();
      },
      refused: (id) => this.#context.report(`the certificate of Secret ${id} can't be used`),
    });
    this.#open.set(bindingKey(binding), { listener: acceptor, entrance, tls: acceptor });
    return { kind: "bound", binding, port: acceptor.port };
  }

  #serveStream(stream: StreamConn, peer: Peer, entrance: Entrance): Downstream | undefined {
    const { connections, core } = this.#context;
    try {
      return this.#serve(new StreamLink(stream, core.memory), peer, SCHEME_HTTPS, entrance);
    } catch {
      // The peer is gone already.
      connections.give();
      stream.close();
      return undefined;
    }
  }

  /** `peer` holds a connection of the budget, which goes back at its end. */
  #serve(link: Link, peer: Peer, schemeId: number, entrance: Entrance): Downstream | undefined {
    const { connections, trust } = this.#context;
    const { hostname, port } = peer;
    const isTrusted = trust.isTrusted(hostname);
    try {
      const arrival = { peer: hostname, port, schemeId, isTrusted, entrance };
      return new Downstream(link, arrival, this.#context);
    } catch {
      // No memory for it.
      connections.give();
      link.close();
      return undefined;
    }
  }

  #close(open: OpenBinding): void {
    open.entrance.isClosing = true;
    open.listener.close();
    for (const connection of this.#context.open) {
      if (connection.isIdle && connection.mustClose) connection.close();
    }
  }
}
