// Hostnames, durations, label selectors, kinds and references as the Gateway API defines them.

import { assertEquals } from "../../assert.ts";
import { joinMessages } from "../../../src/gatewayapi/conditions.ts";
import { parseDurationMs } from "../../../src/gatewayapi/duration.ts";
import { intersectAll, intersectHostnames } from "../../../src/gatewayapi/hostname.ts";
import { servedKind } from "../../../src/gatewayapi/kinds.ts";
import { selectsLabels } from "../../../src/gatewayapi/label_selector.ts";
import { createdAtMsOf } from "../../../src/gatewayapi/references.ts";
import { SUPPORTED_FEATURES } from "../../../src/gatewayapi/supported_features.ts";

Deno.test("hostnames intersect as the specification's examples say", () => {
  const cases: [string, string, string | undefined][] = [
    ["test.example.com", "test.example.com", "test.example.com"],
    ["test.example.com", "*.example.com", "test.example.com"],
    ["*.example.com", "*.example.com", "*.example.com"],
    ["*.example.com", "foo.test.example.com", "foo.test.example.com"],
    ["*.example.com", "*.test.example.com", "*.test.example.com"],
    ["*.example.com", "example.com", undefined],
    ["*.example.com", "test.example.net", undefined],
    ["*.example.com", "badexample.com", undefined],
    ["", "a.example.com", "a.example.com"],
    ["*.example.com", "", "*.example.com"],
    ["", "", ""],
    ["a.example.com", "b.example.com", undefined],
  ];
  for (const [a, b, expected] of cases) {
    assertEquals(intersectHostnames(a, b), expected, `${a} and ${b}`);
    assertEquals(intersectHostnames(b, a), expected, `${b} and ${a}`);
  }
  assertEquals(intersectAll("*.a.b", ["Z.A.B", "x.a.b", "z.a.b", "c"]), ["x.a.b", "z.a.b"]);
  assertEquals(intersectAll("*.a.b", []), ["*.a.b"]);
});

Deno.test("durations are those of GEP-2257 and no others", () => {
  const good: [string, number][] = [
    ["0s", 0],
    ["500ms", 500],
    ["10s", 10_000],
    ["1m30s", 90_000],
    ["1h", 3_600_000],
    ["1h1m1s1ms", 3_661_001],
    ["30s500ms", 30_500],
    ["99999s", 99_999_000],
  ];
  for (const [text, expected] of good) assertEquals(parseDurationMs(text), expected, text);
  for (
    const text of ["", "1", "-1s", "1.5h", "1d", "100000s", " 1s", "1s ", "1s1s1s1s1s", "s", "1us"]
  ) {
    assertEquals(parseDurationMs(text), undefined, text);
  }
});

Deno.test("label selectors hold when every requirement does", () => {
  const labels = { team: "a", tier: "web" };
  const holds: [Parameters<typeof selectsLabels>[0], boolean][] = [
    [undefined, false],
    [{}, true],
    [{ matchLabels: { team: "a" } }, true],
    [{ matchLabels: { team: "b" } }, false],
    [{ matchLabels: { toString: "a" } }, false],
    [{ matchExpressions: [{ key: "team", operator: "In", values: ["a", "b"] }] }, true],
    [{ matchExpressions: [{ key: "team", operator: "NotIn", values: ["a"] }] }, false],
    [{ matchExpressions: [{ key: "none", operator: "NotIn", values: ["a"] }] }, true],
    [{ matchExpressions: [{ key: "tier", operator: "Exists" }] }, true],
    [{ matchExpressions: [{ key: "tier", operator: "DoesNotExist" }] }, false],
    [{ matchExpressions: [{ key: "tier", operator: "Gt", values: ["1"] }] }, false],
    [{ matchLabels: { team: "a" }, matchExpressions: [{ key: "x", operator: "Exists" }] }, false],
  ];
  for (const [selector, expected] of holds) {
    assertEquals(selectsLabels(selector, labels), expected, JSON.stringify(selector));
  }
});

Deno.test("a kind is served by its group and version, not by its name alone", () => {
  assertEquals(servedKind("gateway.networking.k8s.io/v1", "HTTPRoute")?.kind, "HTTPRoute");
  assertEquals(servedKind("gateway.networking.k8s.io/v1beta1", "Gateway")?.kind, "Gateway");
  assertEquals(servedKind("example.com/v1", "HTTPRoute"), undefined);
  assertEquals(servedKind("v1", "Service")?.kind, "Service");
  assertEquals(servedKind("v2", "Service"), undefined);
});

Deno.test("a missing or senseless creationTimestamp is the epoch", () => {
  assertEquals(createdAtMsOf({}), 0);
  assertEquals(createdAtMsOf({ metadata: { creationTimestamp: "yesterday" } }), 0);
  assertEquals(createdAtMsOf({ metadata: { creationTimestamp: "1970-01-01T00:00:01Z" } }), 1000);
});

Deno.test("supported features are in ascending order, each once, as the status demands", () => {
  assertEquals([...new Set(SUPPORTED_FEATURES)].sort(), [...SUPPORTED_FEATURES]);
});

Deno.test("joined messages are each there once and bounded", () => {
  assertEquals(joinMessages(["a", "b", "a"]), "a; b");
  assertEquals(joinMessages(["x".repeat(10_000)]).length, 4096);
});
