// Puts a worker's wire front together: core, blocks, wheel, pools and the context that they share.
// Takes plain settings and the worker's observers; the one place that chooses how connections are opened.

import { ExchangeCore, type ExchangeExports } from "../../core/exchange_core.ts";
import type { GatewayCore } from "../../core/gateway_core.ts";
import type { NativeLoop } from "../native/native_loop.ts";
import type { WorkerStart } from "../protocol.ts";
import type { FailureReason } from "../rescue.ts";
import { Wheel } from "../timers/wheel.ts";
import { Budget } from "../upstream/budget.ts";
import { GIVEN_UP, type PoolEndpoint, UpstreamPools } from "../upstream/pool.ts";
import { createTrust } from "../trusted_proxies.ts";
import { Blocks } from "./blocks.ts";
import type { WireContext } from "./context.ts";
import { KernelSockets } from "./kernel_sockets.ts";
import type { Link } from "./link.ts";
import type { ExchangeRecord } from "./record.ts";
import { RuntimeSockets } from "./sockets.ts";
import { UpstreamConnection } from "./upstream_connection.ts";

/** Resolution of every timeout, milliseconds. */
const TICK_MS = 100;

export interface WireObservers {
  readonly record: (record: ExchangeRecord, core: ExchangeCore) => void;
  readonly failed: (reason: FailureReason) => void;
  readonly report: (message: string) => void;
  readonly connectFailed: (endpointId: number) => void;
  /** The core has trapped: nothing can be served by this worker any more. */
  readonly trapped: (error: unknown, inputHash?: number) => void;
}

export type WireSettings = Pick<
  WorkerStart,
  "index" | "timeouts" | "limits" | "accessRing" | "budgets" | "workers" | "trustedProxies"
>;

/** `loop`: where the kernel's own calls may be used. */
export function createWireContext(
  gatewayCore: GatewayCore,
  settings: WireSettings,
  observers: WireObservers,
  loop?: NativeLoop,
): WireContext {
  const { limits, timeouts, budgets, index } = settings;
  const { instance } = gatewayCore;
  const exports = instance.exports as unknown as ExchangeExports;
  const core = new ExchangeCore(exports, instance.memory, limits);
  exports.keepRequestTexts(settings.accessRing === undefined ? 0 : 1);
  const { memory } = core;
  const sockets = loop ? new KernelSockets(loop.poller, memory) : new RuntimeSockets(memory);
  const blocks = new Blocks(core);
  const wheel = new Wheel(TICK_MS, performance.now());
  const pools: UpstreamPools<UpstreamConnection> = new UpstreamPools({
    limits: {
      maxIdle: limits.idleConnectionsPerEndpoint,
      idleMs: timeouts.upstreamIdleMs,
      connectMs: timeouts.connectMs,
    },
    connections: new Budget(budgets, "upstream", index, limits.upstreamConnections),
    waiters: new Budget(budgets, "waiters", index, limits.waitingRequests),
    wheel,
    clock: () => context.coarseMs,
    connect: async (endpoint, signal) => {
      const { address, port } = endpoint;
      let link: Link;
      try {
        link = await sockets.connect({ hostname: address, port }, signal);
      } catch (error) {
        if (signal.reason !== GIVEN_UP) observers.connectFailed(endpoint.id);
        throw error;
      }
      return new UpstreamConnection(link, blocks, endpoint, pools);
    },
  });
  const context: WireContext = {
    core,
    blocks,
    sockets,
    pools,
    wheel,
    timeouts,
    heldTotal: { bytes: 0, maximum: limits.retryBytes / settings.workers },
    connections: new Budget(budgets, "clients", index, limits.connections),
    trust: createTrust(settings.trustedProxies),
    open: new Set(),
    keepsLog: settings.accessRing !== undefined,
    coarseMs: performance.now(),
    epochMs: Date.now() - performance.now(),
    isDraining: false,
    largeIdle: 0,
    endpoint: (serviceId, number) => {
      const found = gatewayCore.endpoint(serviceId, number);
      return found && { ...found, serviceId };
    },
    record: (record) => observers.record(record, core),
    failed: observers.failed,
    report: observers.report,
    every: loop ? (periodMs, task) => loop.every(periodMs, task) : everyByTimer,
    runtimeIsUsed: () => loop?.share(),
    trapped: observers.trapped,
  };
  return context;
}

function everyByTimer(periodMs: number, task: () => void): () => void {
  const timer = setInterval(task, periodMs);
  return () => clearInterval(timer);
}

/** Closes the pools of endpoints that the endpoint table of the moment does not have. */
export function retainEndpoints(context: WireContext, core: GatewayCore): void {
  const services = new Map<number, Set<number>>();
  context.pools.retain((endpoint: PoolEndpoint) => {
    let ids = services.get(endpoint.serviceId);
    if (!ids) services.set(endpoint.serviceId, ids = idsOf(core, endpoint.serviceId));
    return ids.has(endpoint.id);
  });
}

function idsOf(core: GatewayCore, serviceId: number): Set<number> {
  const ids = new Set<number>();
  const count = core.service(serviceId)?.endpointCount ?? 0;
  for (let number = 0; number < count; number++) {
    const endpoint = core.endpoint(serviceId, number);
    if (endpoint) ids.add(endpoint.id);
  }
  return ids;
}
