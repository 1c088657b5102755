import type { WeightedBackend } from "../../../src/ir/snapshot.ts";
import { assertEquals } from "../../assert.ts";
import { bench, listener, match, route, rule, service, snapshot } from "./fixtures.ts";

const to = (name: string, weight: number): WeightedBackend => ({
  weight,
  target: { kind: "service", service: name },
  filters: {},
});
const invalid = (weight: number): WeightedBackend => ({
  weight,
  target: { kind: "invalid", reason: "BackendNotFound" },
  filters: {},
});

async function withBackends(backends: WeightedBackend[]) {
  const only = rule([match("/")], "", { backends });
  return await bench(snapshot([listener("", [{ route: route("ns/r", [only]) }])]));
}

Deno.test("weights: shares of the 2^32 draws are exact to one part in 2^32", async () => {
  const { goesTo } = await withBackends([to("a", 90), to("none", 0), to("b", 10)]);
  const boundary = Math.floor(2 ** 32 * 0.9);
  assertEquals(goesTo({ rand32: 0 }), "a");
  assertEquals(goesTo({ rand32: boundary }), "a");
  assertEquals(goesTo({ rand32: boundary + 1 }), "b");
  assertEquals(goesTo({ rand32: 2 ** 32 - 1 }), "b");
});

Deno.test("weights: an invalid backend takes its share and answers 500", async () => {
  const { decide, goesTo } = await withBackends([to("a", 1), invalid(3)]);
  assertEquals(goesTo({ rand32: 0 }), "a");
  const decision = decide({ rand32: 2 ** 31 });
  assertEquals(decision.kind === "respond" && [decision.status, decision.reason], [
    500,
    "invalid-backend",
  ]);
});

Deno.test("weights: all 0, or no backend at all, answers 500", async () => {
  for (const backends of [[to("a", 0), to("b", 0)], []]) {
    const { decide } = await withBackends(backends);
    const decision = decide({});
    assertEquals(decision.kind === "respond" && [decision.status, decision.reason], [
      500,
      "no-backend",
    ]);
  }
});

Deno.test("endpoints: a service without any that takes requests answers 503", async () => {
  const only = rule([match("/")], "ns/s:80");
  const made = await bench(
    snapshot([listener("", [{ route: route("ns/r", [only]) }])], [service("ns/s:80", [])]),
  );
  const decision = made.decide({});
  assertEquals(decision.kind === "respond" && [decision.status, decision.reason], [
    503,
    "no-endpoint",
  ]);
  assertEquals(made.core.instance.exports.plansInUse(), 0);
});

Deno.test("endpoints: those not ready are left out, ids stay when others come and go", async () => {
  const only = rule([match("/")], "ns/s:80");
  const listeners = [listener("", [{ route: route("ns/r", [only]) }])];
  const made = await bench(snapshot(listeners, [service("ns/s:80", ["10.0.0.2:80"])]));
  const before = made.decide({});
  if (before.kind !== "forward") throw new Error(before.reason);
  const grown = service("ns/s:80", ["10.0.0.1:80", "10.0.0.2:80", "fd00::1:80"]);
  const endpoints = grown.endpoints.map((endpoint) => ({
    ...endpoint,
    ready: endpoint.address !== "10.0.0.1",
  }));
  made.load(snapshot(listeners, [{ ...grown, endpoints }]));
  assertEquals(made.core.service(before.serviceId), {
    id: before.serviceId,
    port: 80,
    protocol: "http1",
    endpointCount: 2,
  });
  assertEquals([0, 1, 2].map((index) => made.core.endpoint(before.serviceId, index)), [
    { id: before.endpointId, address: "10.0.0.2", port: 80 },
    { id: before.endpointId + 1, address: "fd00::1", port: 80 },
    undefined,
  ]);
});
