// What /metrics shows of real traffic, and what it must not show.

import { assertEquals } from "../assert.ts";
import {
  freePort,
  gatewayYaml,
  routeYaml,
  serviceYaml,
  startEcho,
  startGateway,
  until,
} from "./gateway_harness.ts";

function series(page: string, name: string): string[] {
  return page.split("\n").filter((line) => line.startsWith(`${name}{`)).sort();
}

Deno.test("5,000 idle routes add no series, and a scrape is never counted", async () => {
  const echo = startEcho("a");
  const port = freePort();
  const routes = Array.from({ length: 5_000 }, (_, index) =>
    routeYaml({
      name: `r${index}`,
      hostname: `h${index}.example.com`,
      rules: "[{ backendRefs: [{ name: a, port: 80 }] }]",
    }));
  const yaml = gatewayYaml(port) + serviceYaml("a", [echo.port]) + routes.join("");
  const gateway = await startGateway(port, { "all.yaml": yaml }, { RAUTA_WORKERS: "1" });
  const client = Deno.createHttpClient({ allowHost: true });
  try {
    for (let scrape = 0; scrape < 3; scrape++) await gateway.metrics();
    const idle = await gateway.metrics();
    assertEquals(series(idle, "rauta_requests_total"), []);
    assertEquals(series(idle, "rauta_request_duration_seconds_count"), []);
    const headers = { host: "h4711.example.com" };
    const response = await gateway.fetch("/x", { headers, client } as RequestInit);
    await response.body?.cancel();
    assertEquals(response.status, 200);
    const counted =
      'rauta_requests_total{method="GET",route="test/r4711",pattern="/",status="200"} 1';
    const page = await until(
      counted,
      () => gateway.metrics(),
      (text) => text.includes(counted),
    );
    assertEquals(series(page, "rauta_requests_total"), [counted]);
    assertEquals(series(page, "rauta_upstream_requests_total"), [
      'rauta_upstream_requests_total{service="test/a",status="200"} 1',
    ]);
    assertEquals(series(page, "rauta_request_duration_seconds_count").length, 1);
  } finally {
    client.close();
    await gateway.stop();
    await echo.close();
  }
});

Deno.test("a request that no route takes, and a method of nobody, are counted apart", async () => {
  const port = freePort();
  const gateway = await startGateway(port, { "gate.yaml": gatewayYaml(port) });
  try {
    const response = await gateway.fetch("/", { method: "BREW" });
    await response.body?.cancel();
    const counted = 'rauta_requests_total{method="other",route="",pattern="",status="404"} 1';
    await until(counted, () => gateway.metrics(), (page) => page.includes(counted));
    const failed = 'rauta_failures_total{source="internal",reason="no_route"} 1';
    await until(failed, () => gateway.metrics(), (page) => page.includes(failed));
  } finally {
    await gateway.stop();
  }
});
