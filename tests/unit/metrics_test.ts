import { createMetrics } from "../../src/metrics/metrics.ts";
import type { MetricsSources } from "../../src/metrics/sources.ts";
import { assertEquals } from "../assert.ts";

function sources(changes: Partial<MetricsSources>): MetricsSources {
  return {
    requests: () => [],
    durations: () => [],
    upstream: () => [],
    failures: () => [],
    tableGeneration: () => 0,
    tableRefusals: () => 0,
    configProblems: () => 0,
    configFailures: () => 0,
    certificates: () => [],
    workers: () => ({ live: 1, restarts: 0 }),
    ejectedEndpoints: () => 0,
    droppedLines: () => ({ log: 0, access: 0 }),
    memory: () => ({ rss: 1000, heapUsed: 100 }),
    startedAtSeconds: 1,
    ...changes,
  };
}

async function lines(changes: Partial<MetricsSources>): Promise<string[]> {
  return (await createMetrics(sources(changes)).render()).split("\n");
}

Deno.test("a scrape reads the counts of the moment, under the names of the documentation", async () => {
  let count = 1;
  const metrics = createMetrics(sources({
    requests: () => [{ method: "GET", route: "demo/shop", pattern: "/cart", status: 200, count }],
    upstream: () => [{ service: "demo/cart", status: 503, count: 2 }],
    failures: () => [{ source: "upstream", reason: "connect_refused", count: 3 }],
  }));
  const series =
    'rauta_requests_total{method="GET",route="demo/shop",pattern="/cart",status="200"}';
  assertEquals((await metrics.render()).includes(`${series} 1\n`), true);
  count = 5;
  const page = await metrics.render();
  assertEquals(page.includes(`${series} 5\n`), true);
  assertEquals(
    page.includes('rauta_upstream_requests_total{service="demo/cart",status="503"} 2'),
    true,
  );
  assertEquals(
    page.includes('rauta_failures_total{source="upstream",reason="connect_refused"} 3'),
    true,
  );
});

Deno.test("a duration histogram is rendered with cumulative buckets, +Inf, sum and count", async () => {
  const page = await lines({
    durations: () => [{
      route: "demo/shop",
      pattern: "/",
      buckets: [{ upperSeconds: 0.001, count: 1 }, { upperSeconds: 0.01, count: 3 }],
      count: 4,
      sumSeconds: 0.5,
    }],
  });
  const name = "rauta_request_duration_seconds";
  const found = page.filter((line) => line.startsWith(name));
  assertEquals(found, [
    `${name}_bucket{le="0.001",route="demo/shop",pattern="/"} 1`,
    `${name}_bucket{le="0.01",route="demo/shop",pattern="/"} 3`,
    `${name}_bucket{le="+Inf",route="demo/shop",pattern="/"} 4`,
    `${name}_sum{route="demo/shop",pattern="/"} 0.5`,
    `${name}_count{route="demo/shop",pattern="/"} 4`,
  ]);
});

Deno.test("what is configured about tables and configuration is shown", async () => {
  const page = await lines({ tableGeneration: () => 7, configProblems: () => 2 });
  assertEquals(page.includes("rauta_table_generation 7"), true);
  assertEquals(page.includes("rauta_config_problems 2"), true);
  assertEquals(page.includes("process_resident_memory_bytes 1000"), true);
});

Deno.test("certificates that are served are shown with their end, and no others", async () => {
  const name = "rauta_certificate_expiry_timestamp_seconds";
  let certificates = [{ secret: "web/shop", notAfterSeconds: 1_800_000_000 }];
  const metrics = createMetrics(sources({ certificates: () => certificates }));
  assertEquals((await metrics.render()).includes(`${name}{secret="web/shop"} 1800000000\n`), true);
  certificates = [];
  assertEquals((await metrics.render()).includes(`${name}{`), false);
});

Deno.test("nothing counted, no series of requests", async () => {
  const page = await lines({});
  assertEquals(page.filter((line) => /^rauta_(request|upstream|failure)/.test(line)), []);
});

Deno.test("a label value with quotes and newlines stays one line", async () => {
  const page = await lines({
    requests: () => [{ method: "GET", route: "a/b", pattern: '/"\n', status: 200, count: 1 }],
  });
  assertEquals(page.filter((line) => line.includes('pattern="/\\"\\n"')).length, 1);
});
