// The `wire` front: raw connections on every binding, requests read and written by the core itself.
// Takes bindings, gives outcomes; owns the listening sockets and the wheel's one timer.
// A drain closes idle connections and lets exchanges finish; a swap of tables closes nothing.

import type { BindOutcome, Front } from "../front.ts";
import { type Binding, bindingKey } from "../protocol.ts";
import { Downstream, type Entrance } from "./downstream.ts";
import type { WireContext } from "./context.ts";
import type { StreamConn } from "./stream.ts";
import { startTicking } from "./tick.ts";
import type { TlsAcceptor } from "../tls/tls_acceptor.ts";

const DRAIN_POLL_MS = 20;

const SCHEME_HTTP = 1;
const SCHEME_HTTPS = 2;

interface OpenBinding {
  readonly listener: { close(): void };
  readonly entrance: Entrance;
  readonly tls?: TlsAcceptor;
}

interface Peer {
  readonly hostname: string;
  readonly port: number;
}

export class WireFront implements Front {
  readonly #context: WireContext;
  readonly #open = new Map<string, OpenBinding>();
  readonly #timer: ReturnType<typeof setInterval>;

  constructor(context: WireContext) {
    this.#context = context;
    this.#timer = startTicking(() => context);
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
    const { open, pools } = this.#context;
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
    clearInterval(this.#timer);
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
    const listener = Deno.listen({
      hostname: binding.address,
      port: binding.port,
      reusePort: true,
    });
    this.#open.set(bindingKey(binding), { listener, entrance });
    this.#accept(listener, entrance);
    return { kind: "bound", binding, port: listener.addr.port };
  }

  /** The engine is loaded by the first listener that needs it. */
  async #bindTls(binding: Binding, entrance: Entrance): Promise<BindOutcome> {
    const { TlsAcceptor } = await import("../tls/tls_acceptor.ts");
    const { connections, blocks, timeouts } = this.#context;
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
        const connection = this.#serve(stream, peer, SCHEME_HTTPS, entrance);
        if (connection && !this.#context.core.setServerName(connection.x, name)) connection.close();
      },
      refused: (id) => this.#context.report(`the certificate of Secret ${id} can't be used`),
    });
    this.#open.set(bindingKey(binding), { listener: acceptor, entrance, tls: acceptor });
    return { kind: "bound", binding, port: acceptor.port };
  }

  async #accept(listener: Deno.TcpListener, entrance: Entrance): Promise<void> {
    while (!entrance.isClosing) {
      let conn: Deno.TcpConn;
      try {
        conn = await listener.accept();
      } catch (error) {
        if (entrance.isClosing || error instanceof Deno.errors.BadResource) return;
        // Out of file descriptors, or a connection that was reset before it was accepted.
        await new Promise((wake) => setTimeout(wake, DRAIN_POLL_MS));
        continue;
      }
      this.#admit(conn, entrance);
    }
  }

  #admit(conn: Deno.TcpConn, entrance: Entrance): void {
    if (!this.#context.connections.tryTake()) return conn.close();
    this.#serve(conn, conn.remoteAddr, SCHEME_HTTP, entrance);
  }

  /** `peer` holds a connection of the budget, which goes back at its end. */
  #serve(
    conn: StreamConn,
    peer: Peer,
    schemeId: number,
    entrance: Entrance,
  ): Downstream | undefined {
    const { connections, trust } = this.#context;
    const { hostname, port } = peer;
    const isTrusted = trust.isTrusted(hostname);
    try {
      return new Downstream(
        conn,
        { peer: hostname, port, schemeId, isTrusted, entrance },
        this.#context,
      );
    } catch {
      // No memory for it, or the peer is gone already.
      connections.give();
      conn.close();
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
