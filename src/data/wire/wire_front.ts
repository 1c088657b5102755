// The `wire` front: raw connections on every binding, requests read and written by the core itself.
// Takes bindings, gives outcomes; owns the listening sockets and the wheel's one timer.
// A drain closes idle connections and lets exchanges finish; a swap of tables closes nothing.

import type { BindOutcome, Front } from "../front.ts";
import { type Binding, bindingKey } from "../protocol.ts";
import { Downstream, type Entrance } from "./downstream.ts";
import type { WireContext } from "./context.ts";

const DRAIN_POLL_MS = 20;

interface OpenBinding {
  readonly listener: Deno.TcpListener;
  readonly entrance: Entrance;
}

export class WireFront implements Front {
  readonly #context: WireContext;
  readonly #open = new Map<string, OpenBinding>();
  readonly #timer: ReturnType<typeof setInterval>;

  constructor(context: WireContext) {
    this.#context = context;
    this.#tick();
    this.#timer = setInterval(() => this.#tick(), context.wheel.tickMs);
  }

  setBindings(bindings: readonly Binding[]): Promise<readonly BindOutcome[]> {
    const wanted = new Set(bindings.map(bindingKey));
    for (const [key, open] of this.#open) {
      if (wanted.has(key)) continue;
      this.#open.delete(key);
      this.#close(open);
    }
    const outcomes: BindOutcome[] = [];
    for (const binding of bindings) {
      const open = this.#open.get(bindingKey(binding));
      if (open === undefined) outcomes.push(this.#bind(binding));
      else open.entrance.portGroup = binding.portGroup;
    }
    return Promise.resolve(outcomes);
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

  #bind(binding: Binding): BindOutcome {
    if (binding.protocol !== "HTTP") {
      const reason = `the wire front does not terminate ${binding.protocol}`;
      return { kind: "bind-failed", binding, reason };
    }
    try {
      const listener = Deno.listen({
        hostname: binding.address,
        port: binding.port,
        reusePort: true,
      });
      const entrance = { portGroup: binding.portGroup, isClosing: false };
      this.#open.set(bindingKey(binding), { listener, entrance });
      this.#accept(listener, entrance);
      return { kind: "bound", binding, port: listener.addr.port };
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      return { kind: "bind-failed", binding, reason };
    }
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
    const { connections, trust } = this.#context;
    if (!connections.tryTake()) return conn.close();
    const { hostname, port } = conn.remoteAddr;
    const isTrusted = trust.isTrusted(hostname);
    try {
      new Downstream(conn, { peer: hostname, port, isTrusted, entrance }, this.#context);
    } catch {
      // No memory for it, or the peer is gone already.
      connections.give();
      conn.close();
    }
  }

  #close(open: OpenBinding): void {
    open.entrance.isClosing = true;
    open.listener.close();
    for (const connection of this.#context.open) {
      if (connection.isIdle && connection.mustClose) connection.close();
    }
  }

  #tick(): void {
    const context = this.#context;
    context.coarseMs = performance.now();
    context.core.setDate(Date.now());
    try {
      context.wheel.advance(context.coarseMs);
      if (context.pools.waiting > 0) context.pools.serveWaiters();
    } catch (error) {
      context.trapped(error);
    }
  }
}
