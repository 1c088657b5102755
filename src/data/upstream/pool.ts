// The pools of one worker: keep-alive connections by endpoint, under caps of the whole process.
// Takes endpoints and those who wait for a connection, gives connections; knows no protocol.
// Never opens a connection beyond the cap, never hands out one whose endpoint has left.

import type { Wheel, WheelEntry } from "../timers/wheel.ts";
import type { Budget } from "./budget.ts";

/** Where to connect to; `id` is stable for the life of the process. */
export interface PoolEndpoint {
  readonly id: number;
  readonly serviceId: number;
  /** IPv4 or IPv6 without brackets. */
  readonly address: string;
  readonly port: number;
}

/** What a pool needs of a connection. Its deadline belongs to the pool while it is idle. */
export interface PooledConnection extends WheelEntry {
  readonly endpoint: PoolEndpoint;
  /** It has ended; the pool has been told. */
  readonly isClosed: boolean;
  /** Ends it; the pool is told by `closed` at once or later, once. */
  close(): void;
}

/** Why nobody got a connection. */
export type PoolFailure =
  | "connect_refused"
  | "connect_timeout"
  | "connect_failed"
  | "connection_limit";

/** Somebody who needs a connection; is told once how that ended, never synchronously. */
export interface PoolClient<C> {
  connected(connection: C): void;
  notConnected(failure: PoolFailure): void;
  /**
   * The endpoint has left while it is being connected to. True: the client goes elsewhere and is told
   * nothing more. False: it waits on, since one that answers is good enough for a request that was
   * routed to it, and one of a Service that no route leads to any more has left as well.
   */
  endpointLeft(): boolean;
}

/** Why a connect was aborted that nobody wants any more: it says nothing about the endpoint. */
export const GIVEN_UP = new Error("nobody waits for this connection any more");

export interface PoolLimits {
  /** Idle connections kept for one endpoint by one worker. */
  readonly maxIdle: number;
  readonly idleMs: number;
  readonly connectMs: number;
}

export interface PoolParts<C> {
  readonly limits: PoolLimits;
  /** Open connections of the process. */
  readonly connections: Budget;
  /** Waiting requests of the process. */
  readonly waiters: Budget;
  readonly wheel: Wheel;
  readonly clock: () => number;
  /** Opens a connection; rejects with what the runtime says. */
  readonly connect: (endpoint: PoolEndpoint, signal: AbortSignal) => Promise<C>;
}

interface EndpointPool<C> {
  readonly endpoint: PoolEndpoint;
  /** The most recently used last. */
  readonly idle: C[];
  readonly attempts: Set<Attempt<C>>;
  open: number;
  leaving: boolean;
}

/** One who waits: for a connection that is being opened, or for one that may be opened. */
export interface Ticket {
  /** Nothing will be called any more. */
  cancel(): void;
}

class Waiter<C> implements Ticket {
  cancelled = false;
  constructor(
    readonly endpoint: PoolEndpoint,
    readonly client: PoolClient<C>,
    readonly leave: (waiter: Waiter<C>) => void,
  ) {}

  cancel(): void {
    this.cancelled = true;
    this.leave(this);
  }
}

/** Aborts a connect that takes too long, or that nobody wants any more. */
class Attempt<C> implements WheelEntry {
  deadlineMs = Infinity;
  wheelNext: WheelEntry | null = null;
  wheelPrevious: WheelEntry | null = null;
  wheelTick = -1;
  isLate = false;
  readonly abort = new AbortController();

  constructor(readonly waiter: Waiter<C>) {}

  expire(): void {
    this.isLate = true;
    this.abort.abort();
  }

  giveUp(): void {
    this.abort.abort(GIVEN_UP);
  }
}

export class UpstreamPools<C extends PooledConnection> {
  readonly #pools: (EndpointPool<C> | undefined)[] = [];
  readonly #queue: Waiter<C>[] = [];
  #draining = false;
  /** Closing an idle connection to make room must not serve the same waiter twice. */
  #serving = false;

  constructor(readonly parts: PoolParts<C>) {}

  /** Requests that wait because the process has as many connections as it may. */
  get waiting(): number {
    return this.#queue.length;
  }

  /** Idle connections over all endpoints. */
  get idle(): number {
    let count = 0;
    for (const pool of this.#pools) count += pool?.idle.length ?? 0;
    return count;
  }

  /** An idle connection to the endpoint; null where there is none. The fast path. */
  take(endpointId: number): C | null {
    const connection = this.#pools[endpointId]?.idle.pop();
    if (connection === undefined) return null;
    this.parts.wheel.set(connection, Infinity);
    return connection;
  }

  /** Opens a connection, or waits until one may be opened. */
  request(endpoint: PoolEndpoint, client: PoolClient<C>): Ticket {
    const waiter = new Waiter<C>(endpoint, client, (left) => this.#leave(left));
    if (this.#queue.length === 0 && this.#mayOpen()) {
      this.#open(waiter);
    } else if (this.parts.waiters.tryTake()) {
      this.#queue.push(waiter);
    } else {
      queueMicrotask(() => {
        if (!waiter.cancelled) client.notConnected("connection_limit");
      });
    }
    return waiter;
  }

  /** Gives back a connection that can serve another exchange. */
  release(connection: C): void {
    const pool = this.#poolOf(connection.endpoint);
    const { limits, wheel, clock } = this.parts;
    if (pool.leaving || this.#draining || pool.idle.length >= limits.maxIdle) {
      connection.close();
      return;
    }
    pool.idle.push(connection);
    wheel.set(connection, clock() + limits.idleMs);
    if (this.#queue.length > 0) this.serveWaiters();
  }

  /** Says that a connection has ended, idle or not. */
  closed(connection: C): void {
    const pool = this.#poolOf(connection.endpoint);
    const at = pool.idle.indexOf(connection);
    if (at >= 0) pool.idle.splice(at, 1);
    this.parts.wheel.remove(connection);
    this.#closedOne(pool);
  }

  /**
   * Endpoints that are not there any more get nothing new; their idle connections are closed. A pod
   * that is gone answers no SYN, so whoever can go elsewhere does not wait until the time is over.
   */
  retain(isThere: (endpoint: PoolEndpoint) => boolean): void {
    for (const pool of this.#pools) {
      if (!pool) continue;
      pool.leaving = !isThere(pool.endpoint);
      if (!pool.leaving) continue;
      this.#closeIdle(pool);
      for (const attempt of [...pool.attempts]) {
        const { waiter } = attempt;
        if (!waiter.cancelled && !waiter.client.endpointLeft()) continue;
        waiter.cancelled = true;
        attempt.giveUp();
      }
    }
  }

  /** Closes idle connections and keeps none from now on; exchanges in flight finish. */
  drain(): void {
    this.#draining = true;
    for (const pool of this.#pools) if (pool) this.#closeIdle(pool);
  }

  /** Gives those who wait what has become free; called with the wheel, for other workers' sake. */
  serveWaiters(): void {
    if (this.#serving) return;
    this.#serving = true;
    while (this.#queue.length > 0) {
      const waiter = this.#queue[0]!;
      const idle = this.take(waiter.endpoint.id);
      if (idle === null && !this.#mayOpen()) break;
      this.#queue.shift();
      this.parts.waiters.give();
      if (idle === null) this.#open(waiter);
      else waiter.client.connected(idle);
    }
    this.#serving = false;
  }

  #leave(waiter: Waiter<C>): void {
    const at = this.#queue.indexOf(waiter);
    if (at < 0) return;
    this.#queue.splice(at, 1);
    this.parts.waiters.give();
  }

  #poolOf(endpoint: PoolEndpoint): EndpointPool<C> {
    return this.#pools[endpoint.id] ??= {
      endpoint,
      idle: [],
      attempts: new Set(),
      open: 0,
      leaving: false,
    };
  }

  /** Takes a unit of the process's connections, an idle connection's if need be. */
  #mayOpen(): boolean {
    const { connections } = this.parts;
    if (connections.tryTake()) return true;
    const victim = this.#leastRecentlyUsed();
    if (victim === null) return false;
    victim.close();
    return connections.tryTake();
  }

  #leastRecentlyUsed(): C | null {
    let oldest: C | null = null;
    for (const pool of this.#pools) {
      const first = pool?.idle[0];
      if (first && (oldest === null || first.deadlineMs < oldest.deadlineMs)) oldest = first;
    }
    return oldest;
  }

  #open(waiter: Waiter<C>): void {
    const { wheel, clock, limits, connect } = this.parts;
    const pool = this.#poolOf(waiter.endpoint);
    pool.open++;
    const attempt = new Attempt<C>(waiter);
    pool.attempts.add(attempt);
    wheel.set(attempt, clock() + limits.connectMs);
    connect(waiter.endpoint, attempt.abort.signal).then(
      (connection) => {
        wheel.remove(attempt);
        pool.attempts.delete(attempt);
        const { cancelled, client } = waiter;
        // The endpoint may have closed it before this turn came; `closed` was called then.
        if (connection.isClosed) {
          if (!cancelled) client.notConnected("connect_failed");
        } else if (cancelled) this.release(connection);
        else client.connected(connection);
      },
      (error: unknown) => {
        wheel.remove(attempt);
        pool.attempts.delete(attempt);
        this.#closedOne(pool);
        if (waiter.cancelled) return;
        waiter.client.notConnected(failureOf(error, attempt.isLate));
      },
    );
  }

  #closedOne(pool: EndpointPool<C>): void {
    pool.open--;
    this.parts.connections.give();
    if (pool.leaving && pool.open === 0) delete this.#pools[pool.endpoint.id];
    if (this.#queue.length > 0) this.serveWaiters();
  }

  #closeIdle(pool: EndpointPool<C>): void {
    for (const connection of pool.idle.splice(0)) connection.close();
  }
}

function failureOf(error: unknown, timedOut: boolean): PoolFailure {
  if (timedOut || error instanceof Deno.errors.TimedOut) return "connect_timeout";
  return error instanceof Deno.errors.ConnectionRefused ? "connect_refused" : "connect_failed";
}
