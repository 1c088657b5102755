// One lookup timed: normalise, match and draw, on heads that hit random routes of a table.
// Takes a compiled core and what its table is like; gives nanoseconds a lookup, a round a call.

import { TableCompiler } from "../../src/core/compiler/table_compiler.ts";
import { GatewayCore } from "../../src/core/gateway_core.ts";
import { IdRegistry } from "../../src/core/ids.ts";
import { placeHeads } from "./heads.ts";
import { listenerOf, requestOf, type Shape, snapshotOf } from "./tables.ts";

const HEADS = 10_000;

/** Milliseconds. */
export function timed(work: () => void): number {
  const start = performance.now();
  work();
  return performance.now() - start;
}

/** Makes ready a table of `count` routes and heads that hit random ones of them. */
export function lookups(module: WebAssembly.Module, shape: Shape, count: number): () => number {
  const core = GatewayCore.create(module, { maxMemoryBytes: 512 * 1024 * 1024 });
  const { routes, endpoints } = new TableCompiler(new IdRegistry())
    .compile(snapshotOf(listenerOf(shape, count)));
  const loaded = [core.loadRoutes(routes!), core.loadEndpoints(endpoints!)];
  for (const result of loaded) if (!result.ok) throw new Error(result.reason);
  const { exports } = core.instance;
  let seed = 1;
  const requests = Array.from({ length: HEADS }, () => {
    seed = (Math.imul(seed, 1664525) + 1013904223) >>> 0;
    return requestOf(shape, Math.floor((seed / 2 ** 32) * count));
  });
  const { head, use } = placeHeads(core.instance, requests);
  const plan = exports.acquirePlan();
  for (let i = 0; i < HEADS; i++) {
    use(i);
    if (exports.routeRequest(head, 0, plan, 0) !== 0) throw new Error("a lookup missed");
  }
  return () => {
    const ms = timed(() => {
      for (let i = 0; i < HEADS; i++) {
        use(i);
        exports.routeRequest(head, 0, plan, 0);
      }
    });
    return ms * 1e6 / HEADS;
  };
}
