// What all connections of one worker's wire front share.
// Plain references, made once; no behaviour of its own but the coarse clock.

import type { ExchangeCore } from "../../core/exchange_core.ts";
import type { FailureReason } from "../rescue.ts";
import type { TimeoutsMs } from "../settings.ts";
import type { Trust } from "../trusted_proxies.ts";
import type { Budget } from "../upstream/budget.ts";
import type { PoolEndpoint, UpstreamPools } from "../upstream/pool.ts";
import type { Wheel } from "../timers/wheel.ts";
import type { Blocks } from "./blocks.ts";
import type { Downstream } from "./downstream.ts";
import type { HeldTotal } from "./held.ts";
import type { ExchangeRecord } from "./record.ts";
import type { Sockets } from "./sockets.ts";
import type { UpstreamConnection } from "./upstream_connection.ts";

export interface WireContext {
  readonly core: ExchangeCore;
  readonly blocks: Blocks;
  readonly sockets: Sockets;
  readonly pools: UpstreamPools<UpstreamConnection>;
  readonly wheel: Wheel;
  readonly timeouts: TimeoutsMs;
  /** What is kept for retries. */
  readonly heldTotal: HeldTotal;
  /** Client connections of the process. */
  readonly connections: Budget;
  readonly trust: Trust;
  readonly open: Set<Downstream>;
  /** The access log is kept: who the client is has to be found out. */
  readonly keepsLog: boolean;
  /** Milliseconds as of the last tick of the wheel: for what may be late by a tick. */
  coarseMs: number;
  /** Milliseconds since the epoch, less those of performance.now(); as of the last tick. */
  epochMs: number;
  isDraining: boolean;
  /** Idle connections that keep a block larger than SMALL_BYTES. */
  largeIdle: number;
  endpoint(serviceId: number, number: number): PoolEndpoint | undefined;
  record(record: ExchangeRecord): void;
  /** A connection failed before it had an exchange. */
  failed(reason: FailureReason): void;
  /** For what should never happen; goes to the log. */
  report(message: string): void;
  /** Calls `task` every `periodMs` until the function that it gives is called. */
  every(periodMs: number, task: () => void): () => void;
  /** Timers or sockets of the runtime are waited for from now on. */
  runtimeIsUsed(): void;
  /** The core has trapped: this instance serves no more. `inputHash`: of what it worked on. */
  trapped(error: unknown, inputHash?: number): void;
}
