import { statusToWrite } from "../../../src/control/status/merge.ts";
import type { ObjectStatus } from "../../../src/control/translator/statuses.ts";
import { assertEquals } from "../../assert.ts";

const NOW = "2026-01-01T00:00:00Z";
const OLD = "2020-01-01T00:00:00Z";
const OURS = "rauta.io/gateway-controller";

function condition(type: string, status: "True" | "False", message = "") {
  return { type, status, reason: type, message, observedGeneration: 1 };
}

function gateway(...conditions: ReturnType<typeof condition>[]): ObjectStatus {
  const status = { addresses: [], conditions, listeners: [] };
  return { kind: "Gateway", key: "a/b", generation: 1, status };
}

function route(...names: string[]): ObjectStatus {
  const parents = names.map((name) => ({
    parentRef: { name },
    controllerName: OURS,
    conditions: [condition("Accepted", "True")],
  }));
  return { kind: "HTTPRoute", key: "a/b", generation: 1, status: { parents } };
}

function timed(type: string, status: "True" | "False", message = "") {
  return { ...condition(type, status, message), lastTransitionTime: OLD };
}

Deno.test("lastTransitionTime moves with the status alone", () => {
  const before = { conditions: [timed("Accepted", "True", "old"), timed("Programmed", "False")] };
  const next = statusToWrite(
    gateway(condition("Accepted", "True", "new"), condition("Programmed", "True")),
    before,
    NOW,
  );
  assertEquals(next?.conditions, [
    { ...condition("Accepted", "True", "new"), lastTransitionTime: OLD },
    { ...condition("Programmed", "True"), lastTransitionTime: NOW },
  ]);
});

Deno.test("a status that is as it should be is not written", () => {
  const before = { conditions: [timed("Accepted", "True")] };
  assertEquals(statusToWrite(gateway(condition("Accepted", "True")), before, NOW), undefined);
});

Deno.test("conditions of types that are not the Gateway API's stay", () => {
  const before = { conditions: [timed("Cost", "True"), timed("PartiallyInvalid", "True")] };
  const next = statusToWrite(gateway(condition("Accepted", "True")), before, NOW);
  assertEquals((next?.conditions as { type: string }[]).map(({ type }) => type), [
    "Accepted",
    "Cost",
  ]);
});

Deno.test("own entries of parents that are gone go, others' stay where they are", () => {
  const foreign = { parentRef: { name: "x" }, controllerName: "other", conditions: [] };
  const own = (name: string) => ({
    parentRef: { group: "gateway.networking.k8s.io", kind: "Gateway", name },
    controllerName: OURS,
    conditions: [timed("Accepted", "True")],
  });
  const before = { parents: [own("gone"), foreign, own("kept")] };
  const next = statusToWrite(route("kept", "new"), before, NOW)?.parents as Json[];
  assertEquals(next.slice(0, 2), [foreign, own("kept")]);
  assertEquals(next[2].parentRef, { name: "new" });
  assertEquals(next.length, 3);
});

Deno.test("a route that never had a parent of ours is not written", () => {
  const foreign = { parentRef: { name: "x" }, controllerName: "other", conditions: [] };
  assertEquals(statusToWrite(route(), {}, NOW), undefined);
  assertEquals(statusToWrite(route(), { parents: [foreign] }, NOW), undefined);
});

// deno-lint-ignore no-explicit-any
type Json = any;

Deno.test("no more than 32 parents are written, and others' entries make way for none of ours", () => {
  const parent = (name: string) => ({ parentRef: { name }, controllerName: "other" });
  const others = Array.from({ length: 20 }, (_, index) => parent(`x${index}`));
  const names = Array.from({ length: 20 }, (_, index) => `y${index}`);
  const next = statusToWrite(route(...names), { parents: others }, NOW);
  const parents = next?.parents as { parentRef: { name: string } }[];
  assertEquals(parents.slice(0, 20), others);
  assertEquals(parents.slice(20).map(({ parentRef }) => parentRef.name), names.slice(0, 12));
  assertEquals(statusToWrite(route(...names), { parents }, NOW), undefined);
});

Deno.test("a Gateway that allows no ListenerSets any more has none attached", () => {
  const { status, ...rest } = gateway(condition("Accepted", "True"));
  const allowing = { ...rest, status: { ...status, attachedListenerSets: 2 } } as ObjectStatus;
  const written = statusToWrite(allowing, {}, NOW);
  assertEquals(written?.attachedListenerSets, 2);
  const now = statusToWrite(gateway(condition("Accepted", "True")), written!, NOW);
  assertEquals(now?.attachedListenerSets, 0, "a merge patch takes nothing away");
  assertEquals(statusToWrite(gateway(condition("Accepted", "True")), now!, NOW), undefined);
});
