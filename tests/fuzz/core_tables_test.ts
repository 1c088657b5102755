// Invariant: whatever the bytes of a table are, the core refuses it or serves with it and never
// traps. A read that strays inside the linear memory would not show here. Checksums are recomputed, so
// that validation, not the checksum, is what stands in the way.

import { checksum } from "../../src/core/compiler/checksum.ts";
import { TableCompiler } from "../../src/core/compiler/table_compiler.ts";
import type { GatewayCore } from "../../src/core/gateway_core.ts";
import { IdRegistry } from "../../src/core/ids.ts";
import type { Snapshot } from "../../src/ir/snapshot.ts";
import { assertEquals } from "../assert.ts";
import {
  exact,
  listener,
  match,
  newCore,
  route,
  rule,
  service,
  snapshot,
} from "../unit/core/fixtures.ts";

const MUTATIONS = 6000;
const CHECKSUM_FROM = 16;

/** A linear congruential generator: the same mutations in every run. */
function generator(seed: number): (below: number) => number {
  let state = seed >>> 0;
  return (below) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
}

/** Something of everything that a table can hold. */
function everything(): Snapshot {
  const edits = {
    set: [{ name: "x-set", value: "1" }],
    add: [{ name: "x-add", value: "2" }],
    remove: ["x-gone"],
  };
  const many = Array.from({ length: 12 }, (_, i) =>
    rule([
      match("/many", { headers: [exact("tenant", `t${i}`)] }),
      match("/many", { queries: [exact("q", `${i}`)], method: i % 2 ? "PURGE" : "POST" }),
    ], "ns/many:80"));
  const rich = route("ns/rich", [
    rule([match("/cart"), match("= /cart/x/y")], "ns/cart:80", {
      filters: { requestHeaders: edits, responseHeaders: edits },
      timeouts: { requestMs: 5000, backendRequestMs: 1000 },
      backends: [
        { weight: 3, target: { kind: "service", service: "ns/cart:80" }, filters: {} },
        { weight: 1, target: { kind: "invalid", reason: "BackendNotFound" }, filters: {} },
        {
          weight: 2,
          target: { kind: "service", service: "ns/other:80" },
          filters: { responseHeaders: edits, rewrite: { path: { kind: "prefix", value: "/z" } } },
        },
      ],
    }),
    rule([match("/old")], "", {
      filters: { redirect: { status: 301, scheme: "https", path: { kind: "prefix", value: "/" } } },
    }),
    rule([{
      ...match("/"),
      path: { kind: "regex", value: "/r[0-9]+/.*", pattern: "/r[0-9]+/.*" },
      headers: [{ kind: "regex", name: "tenant", value: "t[1-5]" }],
    }], "ns/cart:80"),
    ...many,
  ]);
  const plain = route("ns/plain", [rule([match("/")], "ns/other:80")], 5);
  return snapshot([
    listener("", [{ route: plain }, {
      hostnames: ["*.example.com", "a.example.com"],
      route: rich,
    }]),
    listener("*.b.test", [{ hostnames: ["*.b.test", "x.b.test"], route: rich }]),
  ], [
    service("ns/cart:80", ["10.0.0.1:80", "10.0.0.2:80", "fd00::3:80"]),
    service("ns/many:80", ["10.0.1.1:80", "10.0.1.2:80"]),
  ]);
}

const REQUESTS = ["a.example.com", "x.y.example.com", "example.com", "x.b.test", "q.b.test", ""]
  .flatMap((authority) =>
    ["/", "/cart/x/y", "/cart//z", "/old/a?b=c", "/r12/x", "/many?q=3"].map((target) => ({
      authority,
      target,
    }))
  );

/** Sends every request through; throws CoreTrap where the core traps. */
function serve(core: GatewayCore, random: (below: number) => number): void {
  for (const { authority, target } of REQUESTS) {
    const decision = core.decideRequest({
      portGroup: random(3),
      method: ["GET", "POST", "PURGE"][random(3)],
      scheme: "http",
      authority,
      target,
      fields: [["tenant", `t${random(12)}`], ["x-gone", "1"], ["x-set", "0"]],
      keyLo: random(2 ** 32),
      keyHi: 0,
      rand32: random(2 ** 32),
    });
    if (decision.kind === "respond") continue;
    core.decideResponse(decision.plan, 200, [["x-gone", "1"]]);
    core.service(decision.serviceId);
    core.endpoint(decision.serviceId, decision.endpointIndex);
    core.releasePlan(decision.plan);
  }
}

/** Values that sit at the edges of what a field may hold. */
function edgeValue(size: number, random: (below: number) => number): number {
  const edges = [
    0,
    1,
    2,
    3,
    4,
    0xff,
    0xffff,
    0x10000,
    0x7fffffff,
    0xffffffff,
    size,
    size - 1,
    size - 4,
  ];
  return edges[random(edges.length)];
}

function mutate(table: Uint8Array, random: (below: number) => number): Uint8Array {
  const copy = table.slice();
  const words = new Uint32Array(copy.buffer);
  for (let times = 1 + random(3); times > 0; times--) {
    const at = 5 + random(words.length - 5);
    switch (random(5)) {
      case 0:
        copy[20 + random(copy.length - 20)] ^= 1 << random(8);
        break;
      case 1:
        words[at] = edgeValue(copy.length, random);
        break;
      case 2:
        words[at] = words[5 + random(words.length - 5)];
        break;
      case 3:
        words[at] += random(2) ? 1 : -1;
        break;
      default:
        copy[20 + random(copy.length - 20)] = random(256);
    }
  }
  words[3] = checksum(words, CHECKSUM_FROM);
  return copy;
}

async function fuzz(kind: "routes" | "endpoints", seed: number): Promise<void> {
  const compiler = new TableCompiler(new IdRegistry());
  const { routes, endpoints } = compiler.compile(everything());
  const core = await newCore();
  const load = (table: Uint8Array) =>
    kind === "routes" ? core.loadRoutes(table) : core.loadEndpoints(table);
  const good = kind === "routes" ? routes! : endpoints!;
  assertEquals([core.loadRoutes(routes!).ok, core.loadEndpoints(endpoints!).ok], [true, true]);
  const random = generator(seed);
  serve(core, random);
  const tally = { accepted: 0, refused: 0 };
  for (let i = 0; i < MUTATIONS; i++) {
    const isLoaded = load(mutate(good, random)).ok;
    tally[isLoaded ? "accepted" : "refused"]++;
    if (isLoaded) serve(core, random);
  }
  assertEquals(tally.accepted > MUTATIONS / 20 && tally.refused > MUTATIONS / 20, true);
  assertEquals(load(good).ok, true);
  assertEquals(core.instance.exports.plansInUse(), 0);
  const used = core.instance.exports.memUsed();
  for (let i = 0; i < 50; i++) load(mutate(good, random));
  load(good);
  assertEquals(core.instance.exports.memUsed() <= used, true, "a refused table leaks");
}

Deno.test("a damaged route table is refused or served with, never trapped on", async () => {
  await fuzz("routes", 1);
});

Deno.test("a damaged endpoint table is refused or served with, never trapped on", async () => {
  await fuzz("endpoints", 2);
});

Deno.test("a truncated or extended table, or one with a wrong checksum, is refused", async () => {
  const { routes, endpoints } = new TableCompiler(new IdRegistry()).compile(everything());
  const core = await newCore();
  for (const table of [routes!, endpoints!]) {
    const isRoutes = table === routes;
    const load = (bytes: Uint8Array) =>
      isRoutes ? core.loadRoutes(bytes) : core.loadEndpoints(bytes);
    for (let length = 0; length < table.length; length += 1 + (length >> 5)) {
      assertEquals(load(table.slice(0, length)).ok, false, `${length} bytes`);
    }
    const longer = new Uint8Array(table.length + 4);
    longer.set(table);
    assertEquals(load(longer).ok, false);
    const flipped = table.slice();
    flipped[table.length - 8] ^= 1;
    const result = load(flipped);
    assertEquals(!result.ok && result.reason, "its checksum is wrong");
    assertEquals(load(isRoutes ? endpoints! : routes!).ok, false);
  }
});
