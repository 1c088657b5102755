import { encodeEndpoints } from "../../../src/core/compiler/endpoints.ts";
import type { GatewayCore } from "../../../src/core/gateway_core.ts";
import { assertEquals } from "../../assert.ts";
import { bench, listener, match, newCore, route, rule, service, snapshot } from "./fixtures.ts";
import { type Backend, referenceTable, xxh64 } from "./maglev_reference.ts";

/** The core's table over these backends, as numbers of backends sorted by key. */
function coreTable(core: GatewayCore, backends: readonly Backend[], slots?: number): number[] {
  const encoder = new TextEncoder();
  const endpoints = backends.map(({ key, weight }, id) => ({
    id,
    key: encoder.encode(key),
    port: 80,
    weight,
  }));
  const keyBytes = endpoints.reduce((sum, { key }) => sum + key.length, 0);
  const record = { id: 0, port: 80, protocol: 0, hashLo: 1, hashHi: 2, endpoints, keyBytes };
  const loaded = core.loadEndpoints(encodeEndpoints([record], 1));
  if (!loaded.ok) throw new Error(loaded.reason);
  const { exports } = core.instance;
  const first = exports.endpointAt(exports.serviceAt(0), 0);
  const maglev = slots === undefined
    ? exports.maglevOf(exports.serviceAt(0))
    : exports.buildMaglev(exports.endpointsBase(), first, backends.length, slots);
  const size = core.instance.view.getUint32(maglev, true);
  const table = Array.from({ length: size }, (_, slot) => exports.entryAt(maglev, slot));
  if (slots !== undefined) exports.memFree(maglev);
  return table;
}

function equalBackends(count: number, from = 0): Backend[] {
  const keys = Array.from(
    { length: count },
    (_, i) => `10.${((from + i) >> 8) & 255}.${(from + i) & 255}.7:8080`,
  );
  return keys.sort().map((key) => ({ key, weight: 1 }));
}

interface EnvoyTable {
  readonly name: string;
  readonly spec: string;
  readonly table_size: number;
  readonly backends: readonly Backend[];
  readonly table: readonly number[];
}

Deno.test("maglev: the tables of Envoy's tests come out, slot by slot", async () => {
  const text = await Deno.readTextFile("tests/testdata/facts/maglev.json");
  const { tables } = JSON.parse(text) as { tables: EnvoyTable[] };
  const core = await newCore();
  let checked = 0;
  for (const { name, spec, table_size, backends, table } of tables) {
    if (spec !== "envoy") continue;
    assertEquals(coreTable(core, backends, table_size), [...table], name);
    assertEquals(referenceTable(backends, table_size), [...table], `reference: ${name}`);
    checked++;
  }
  assertEquals(checked, 7);
});

Deno.test("maglev: XXH64 of the core is the reference's, for every length of tail", async () => {
  const core = await newCore();
  const at = core.instance.exports.memAlloc(128);
  for (let length = 0; length <= 100; length++) {
    const bytes = Uint8Array.from({ length }, (_, i) => (i * 37 + length) & 255);
    core.instance.bytes.set(bytes, at);
    for (const seed of [0n, 1n, 0xfedcba9876543210n]) {
      const got = BigInt.asUintN(64, core.instance.exports.xxh64(at, length, seed));
      assertEquals(got, xxh64(bytes, seed), `${length} bytes, seed ${seed}`);
    }
  }
});

Deno.test("maglev: the ladder's tables equal independently computed ones, weights included", async () => {
  const core = await newCore();
  const cases: { backends: Backend[]; size: number }[] = [
    { backends: equalBackends(2), size: 4093 },
    { backends: equalBackends(40), size: 4093 },
    { backends: equalBackends(41), size: 65537 },
    { backends: equalBackends(300), size: 65537 },
    { backends: equalBackends(7).map(({ key }, i) => ({ key, weight: i + 1 })), size: 4093 },
  ];
  for (const { backends, size } of cases) {
    const table = coreTable(core, backends);
    assertEquals(table.length, size);
    assertEquals(table, referenceTable(backends, size), `${backends.length} backends`);
  }
});

function countsOf(table: readonly number[], backends: number): number[] {
  const counts = new Array<number>(backends).fill(0);
  for (const backend of table) counts[backend]++;
  return counts;
}

Deno.test("maglev: equal backends differ by one slot at most, weights 1:2 share 1:2", async () => {
  const core = await newCore();
  for (const count of [3, 40, 400]) {
    const counts = countsOf(coreTable(core, equalBackends(count)), count);
    assertEquals(Math.max(...counts) - Math.min(...counts) <= 1, true, `${counts}`);
  }
  const [one, two] = countsOf(
    coreTable(core, [{ key: "10.0.0.1:80", weight: 1 }, { key: "10.0.0.2:80", weight: 2 }]),
    2,
  );
  assertEquals(Math.abs(two / one - 2) < 0.01, true, `${one}:${two}`);
});

Deno.test("maglev: taking one backend away moves little more than its own share", async () => {
  const core = await newCore();
  for (const count of [3, 10, 40, 200]) {
    const before = equalBackends(count);
    const gone = Math.floor(count / 2);
    const after = before.filter((_, i) => i !== gone);
    const size = count <= 40 ? 4093 : 65537;
    const old = coreTable(core, before, size).map((i) => before[i].key);
    const now = coreTable(core, after, size).map((i) => after[i].key);
    const moved = old.filter((key, slot) => key !== now[slot]).length / size;
    assertEquals(moved < 1 / count + 0.06, true, `${count} backends: ${moved} moved`);
  }
});

const ROUTES = [listener("", [{ route: route("ns/r", [rule([match("/")], "ns/s:80")]) }])];

function keysTo(made: Awaited<ReturnType<typeof bench>>, keys: number): string[] {
  return Array.from({ length: keys }, (_, key) => {
    const decision = made.decide({ keyLo: key, keyHi: key >>> 3 });
    if (decision.kind !== "forward") throw new Error(decision.reason);
    made.core.releasePlan(decision.plan);
    const endpoint = made.core.endpoint(decision.serviceId, decision.endpointIndex)!;
    assertEquals(endpoint.id, decision.endpointId);
    return endpoint.address;
  });
}

Deno.test("balance: 10,000 keys over three endpoints are within 5% of even, in any order of endpoints", async () => {
  const addresses = ["10.0.0.1:80", "10.0.0.2:80", "10.0.0.3:80"];
  const made = await bench(snapshot(ROUTES, [service("ns/s:80", addresses)]));
  const picked = keysTo(made, 10000);
  for (const address of new Set(picked)) {
    const share = picked.filter((each) => each === address).length / 10000;
    assertEquals(Math.abs(share * 3 - 1) < 0.05, true, `${address}: ${share}`);
  }
  const other = await bench(snapshot(ROUTES, [service("ns/s:80", addresses.reverse())]));
  assertEquals(keysTo(other, 10000), picked);
});

Deno.test("balance: an ejected endpoint's keys move, the others stay; all ejected counts as none", async () => {
  const addresses = ["10.0.0.1:80", "10.0.0.2:80", "10.0.0.3:80"];
  const made = await bench(snapshot(ROUTES, [service("ns/s:80", addresses)]));
  const before = keysTo(made, 2000);
  const id = made.ids.endpoints.find("ns/s:80 10.0.0.2:80")!;
  made.core.setHealth(Uint8Array.of(1 << id));
  keysTo(made, 2000).forEach((address, key) => {
    if (before[key] === "10.0.0.2") assertEquals(address !== "10.0.0.2", true);
    else assertEquals(address, before[key]);
  });
  made.core.setHealth(Uint8Array.of(0xff));
  assertEquals(keysTo(made, 2000), before);
  made.core.setHealth(new Uint8Array(0));
  assertEquals(keysTo(made, 2000), before);
});

Deno.test("balance: a retry goes to another endpoint while there is one", async () => {
  for (const addresses of [["10.0.0.1:80"], ["10.0.0.1:80", "10.0.0.2:80"]]) {
    const made = await bench(snapshot(ROUTES, [service("ns/s:80", addresses)]));
    for (let key = 0; key < 50; key++) {
      const decision = made.decide({ keyLo: key });
      if (decision.kind !== "forward") throw new Error(decision.reason);
      const again = made.core.retry(decision.plan, key, 0)!;
      assertEquals(again.id !== decision.endpointId, addresses.length > 1);
      made.core.releasePlan(decision.plan);
    }
  }
});

Deno.test("balance: a Maglev table is built once, outlives other services' changes, and is freed", async () => {
  const services = [service("ns/s:80", ["10.0.0.1:80", "10.0.0.2:80"])];
  const made = await bench(snapshot(ROUTES, services));
  const { exports } = made.core.instance;
  const id = made.ids.services.find("ns/s:80")!;
  keysTo(made, 1);
  const built = exports.maglevOf(exports.serviceAt(id));
  const other = service("ns/other:80", ["10.0.9.9:80"]);
  made.load(snapshot(ROUTES, [...services, other]));
  assertEquals(exports.maglevOf(exports.serviceAt(id)), built);
  made.load(snapshot([listener("", [])], [other]));
  assertEquals(exports.serviceAt(id), 0);
  const used = exports.memUsed();
  made.load(snapshot(ROUTES, [...services, other]));
  keysTo(made, 1);
  made.load(snapshot([listener("", [])], [other]));
  assertEquals(exports.memUsed(), used);
});
