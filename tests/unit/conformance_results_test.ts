// The conformance harness reads go test's output and makes a table of it, without losing a failure.

import assert from "node:assert/strict";
import { assertEquals } from "../assert.ts";
import type { Catalog } from "../conformance/catalog.ts";
import { parseOptions } from "../conformance/options.ts";
import { renderPage } from "../conformance/page.ts";
import { RawOutputReader, type TestResult } from "../conformance/raw_output.ts";
import { renderTable, summarise } from "../conformance/table.ts";

const RAW = `=== RUN   TestConformance
    suite.go:401: 2026-11-24T11:03:02Z: Test Setup: Applying base manifests
=== RUN   TestConformance/RouteA
=== RUN   TestConformance/RouteA/Simple_request
    http.go:1: --- PASS: in the middle of a log line (1.00s)
=== NAME  TestConformance/RouteA
--- PASS: TestConformance/RouteA (1.25s)
    --- PASS: TestConformance/RouteA/Simple_request (0.25s)
=== RUN   TestConformance/RouteB
=== RUN   TestConformance/RouteB/Second_request
--- FAIL: TestConformance/RouteB (3.00s)
    --- FAIL: TestConformance/RouteB/Second_request (2.00s)
=== RUN   TestConformance/RouteC
    conformance.go:55: Skipping RouteC: suite does not support FeatureC
--- SKIP: TestConformance/RouteC (0.00s)
--- FAIL: TestConformance (5.00s)
FAIL
`;

const CATALOG: Catalog = {
  tests: [
    { name: "RouteA", features: ["Core"], provisional: false },
    { name: "RouteB", features: ["Core"], provisional: false },
    { name: "RouteC", features: ["Core", "FeatureC"], provisional: false },
    { name: "RouteD", features: ["Elsewhere"], provisional: false },
  ],
  profiles: [
    { name: "ONE", core: ["Core"], extended: ["FeatureC"] },
    { name: "TWO", core: ["Core"], extended: [] },
  ],
  meshFeatures: [],
};

function read(text: string, pieceLength = text.length): TestResult[] {
  const reader = new RawOutputReader();
  for (let at = 0; at < text.length; at += pieceLength) {
    reader.read(text.slice(at, at + pieceLength));
  }
  return reader.results();
}

Deno.test("results are the same in whatever pieces the output comes", () => {
  const whole = read(RAW);
  assertEquals(read(RAW, 1), whole);
  assertEquals(read(RAW, 7), whole);
  assertEquals(
    whole.map((
      { name, verdict, seconds },
    ) => [name.replace("TestConformance", ""), verdict, seconds]),
    [
      ["", "failed", 5],
      ["/RouteA", "passed", 1.25],
      ["/RouteA/Simple_request", "passed", 0.25],
      ["/RouteB", "failed", 3],
      ["/RouteB/Second_request", "failed", 2],
      ["/RouteC", "skipped", 0],
    ],
  );
});

Deno.test("a test that began and never ended counts as failed", () => {
  const cut = read(RAW.slice(0, RAW.indexOf("--- FAIL: TestConformance/RouteB")));
  const routeB = cut.find(({ name }) => name === "TestConformance/RouteB");
  assertEquals([routeB?.verdict, routeB?.finished], ["failed", false]);
  assertEquals(summarise(CATALOG, cut).succeeded, false);
});

Deno.test("the table has every profile's tests, failures first, and says what a skipped one lacks", () => {
  const summary = summarise(CATALOG, read(RAW));
  assertEquals([summary.succeeded, summary.failedInSetup], [false, false]);
  assertEquals(
    renderTable(summary, new Set(["Core"]), () => true),
    `ONE: 1 passed, 1 failed, 1 skipped
  failed   RouteB     3.0 s
             Second request
  passed   RouteA     1.3 s
  skipped  RouteC  needs FeatureC

TWO: 1 passed, 1 failed, 0 skipped
  failed   RouteB     3.0 s
             Second request
  passed   RouteA     1.3 s
`,
  );
});

Deno.test("a table of one test leaves the others out", () => {
  const summary = summarise(CATALOG, read(RAW));
  const table = renderTable(summary, null, ({ name }) => name === "RouteC");
  assertEquals(table, "ONE: 0 passed, 0 failed, 1 skipped\n  skipped  RouteC\n");
});

Deno.test("a suite that ends before its first test is a failure of its setup", () => {
  const results = read("=== RUN   TestConformance\n--- FAIL: TestConformance (2.05s)\nFAIL\n");
  const summary = summarise(CATALOG, results);
  assertEquals([summary.succeeded, summary.failedInSetup], [false, true]);
  assertEquals(summarise(CATALOG, []).failedInSetup, true);
});

Deno.test("the harness's options are its own before -- and the suite's after it", () => {
  const options = parseOptions(
    ["--name", "x", "--profile=GATEWAY-TLS,GATEWAY-TCP", "--all", "--", "--debug"],
    "controller",
  );
  assertEquals(options.cluster, "x");
  assertEquals(options.profiles, ["GATEWAY-TLS", "GATEWAY-TCP"]);
  assertEquals([options.all, options.test, options.controllerName], [true, null, "controller"]);
  assertEquals(options.suiteFlags, ["--debug"]);
  assert.throws(() => parseOptions(["--profil", "x"], "c"), /what is --profil\?/);
  assert.throws(() => parseOptions(["--run"], "c"), /--run wants a value/);
});

Deno.test("the page counts core and extended tests apart, and says what a skipped one needs", () => {
  const page = renderPage(summarise(CATALOG, read(RAW)), CATALOG, {
    gatewayApiVersion: "v0",
    commit: "abc",
    date: "2026-01-01",
    command: "deno task conformance",
    claimed: new Set(["Core"]),
  });
  assert.match(page, /\| ONE \| 1 of 2 \| 0 of 0 \| 1 \|/);
  assert.match(page, /\| RouteB \| core \| failed \|/);
  assert.match(page, /\| RouteC \| extended \| skipped \| needs FeatureC \|/);
  assert.match(page, /2026-01-01, commit abc/);
});
