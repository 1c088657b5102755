// How many of 100,000 keys change their endpoint when a Service grows or shrinks, by the core's own
// Maglev tables; the step of the ladder (40 to 41 endpoints) among them. Prints the table that
// docs/maglev.md states, and how long a table takes to build.

import { encodeEndpoints } from "../../src/core/compiler/endpoints.ts";
import { GatewayCore } from "../../src/core/gateway_core.ts";

const KEYS = 100_000;
const module = await WebAssembly.compile(await Deno.readFile("build/core.wasm"));
const core = GatewayCore.create(module);
const { exports } = core.instance;
const scratch = exports.memAlloc(8);

interface Built {
  readonly keys: readonly string[];
  readonly maglev: number;
  readonly slots: number;
  readonly ms: number;
}

function build(count: number): Built {
  const keys = Array.from({ length: count }, (_, i) => `10.0.${i >> 8}.${i & 255}:8080`).sort();
  const encoder = new TextEncoder();
  const endpoints = keys.map((key, id) => ({
    id,
    key: encoder.encode(key),
    port: 8080,
    weight: 1,
  }));
  const keyBytes = endpoints.reduce((sum, { key }) => sum + key.length, 0);
  const record = { id: 0, port: 80, protocol: 0, hashLo: count, hashHi: 1, endpoints, keyBytes };
  const loaded = core.loadEndpoints(encodeEndpoints([record], 1));
  if (!loaded.ok) throw new Error(loaded.reason);
  const start = performance.now();
  const maglev = exports.maglevOf(exports.serviceAt(0));
  const ms = performance.now() - start;
  return { keys, maglev, slots: core.instance.view.getUint32(maglev, true), ms };
}

function endpointsOf({ keys, maglev, slots }: Built): string[] {
  return Array.from({ length: KEYS }, (_, key) => {
    core.instance.view.setBigUint64(scratch, BigInt(key), true);
    const hash = BigInt.asUintN(64, exports.xxh64(scratch, 8, 0n));
    return keys[exports.entryAt(maglev, Number(hash % BigInt(slots)))];
  });
}

console.log("| from | to | slots | moved | least that must move | build |");
console.log("|---|---|---|---|---|---|");
for (
  const [from, to] of [
    [3, 2],
    [3, 4],
    [10, 9],
    [10, 11],
    [40, 39],
    [40, 41],
    [41, 40],
    [41, 42],
    [200, 199],
    [1000, 1001],
  ]
) {
  const first = build(from);
  const before = endpointsOf(first);
  const second = build(to);
  const after = endpointsOf(second);
  const moved = before.filter((key, i) => key !== after[i]).length / KEYS;
  const least = from > to ? (from - to) / from : (to - from) / to;
  console.log(
    `| ${from} | ${to} | ${first.slots} to ${second.slots} | ${(moved * 100).toFixed(1)}% | ` +
      `${(least * 100).toFixed(1)}% | ${second.ms.toFixed(2)} ms |`,
  );
}
