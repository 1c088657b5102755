// The access log of real traffic: a line for each exchange, with its durations, bytes, route, endpoint
// and reason; written also when the gateway drains at once.

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
import { RawConnection } from "./raw.ts";

interface Line {
  readonly [field: string]: string | number;
}

const lines = (text: string): Line[] =>
  text.split("\n").filter((line) => line !== "").map((line) => JSON.parse(line) as Line);

Deno.test("the access log tells of each exchange, served, refused or failed", async () => {
  const echo = startEcho("a");
  const [port, deadPort] = [freePort(), freePort()];
  const yaml = gatewayYaml(port) + serviceYaml("a", [echo.port]) + serviceYaml("dead", [deadPort]) +
    routeYaml({ name: "live", rules: "[{ backendRefs: [{ name: a, port: 80 }] }]" }) +
    routeYaml({
      name: "dead",
      hostname: "dead.example.com",
      rules: "[{ backendRefs: [{ name: dead, port: 80 }] }]",
    });
  const env = { RAUTA_WORKERS: "1", RAUTA_ACCESS_LOG: "json" };
  const gateway = await startGateway(port, { "all.yaml": yaml }, env);
  const client = Deno.createHttpClient({ allowHost: true });
  try {
    const get = async (host: string, path: string): Promise<number> => {
      const headers = { host, "x-request-id": `id-of-${host}` };
      const response = await gateway.fetch(path, { headers, client } as RequestInit);
      await response.body?.cancel();
      return response.status;
    };
    assertEquals(await get("live.example.com", '/a?q="1"'), 200);
    assertEquals(await get("dead.example.com", "/b"), 502);
    await until(
      "two lines of the access log",
      () => lines(gateway.access.text).length,
      (count) => count >= 2,
    );
    const [live, dead] = lines(gateway.access.text);
    const { time, duration_ms, connect_ms, first_byte_ms, bytes_in, bytes_out, ...rest } = live!;
    assertEquals(rest, {
      peer: "127.0.0.1",
      method: "GET",
      host: "live.example.com",
      target: "/a?q=%221%22",
      status: 200,
      request_id: "id-of-live.example.com",
      route: "test/live",
      pattern: "/",
      endpoint: `127.0.0.1:${echo.port}`,
    });
    assertEquals(new Date(String(time)).toISOString(), time);
    assertEquals(Number(connect_ms) <= Number(first_byte_ms), true);
    assertEquals(Number(first_byte_ms) <= Number(duration_ms), true);
    assertEquals(Number(bytes_in) > 50 && Number(bytes_out) > 50, true);
    assertEquals([dead!.status, dead!.route, dead!.reason], [502, "test/dead", "connect_refused"]);
    assertEquals("first_byte_ms" in dead!, false);
  } finally {
    client.close();
    await gateway.stop();
    await echo.close();
  }
});

Deno.test("the access log tells the client behind trusted proxies, and nothing of another request", async () => {
  const echo = startEcho("a");
  const port = freePort();
  const yaml = gatewayYaml(port) + serviceYaml("a", [echo.port]) +
    routeYaml({ name: "live", rules: "[{ backendRefs: [{ name: a, port: 80 }] }]" });
  const env = {
    RAUTA_WORKERS: "1",
    RAUTA_ACCESS_LOG: "json",
    RAUTA_TRUSTED_PROXIES: "127.0.0.0/8, 198.51.100.0/24",
  };
  const gateway = await startGateway(port, { "all.yaml": yaml }, env);
  const client = new RawConnection(await Deno.connect({ hostname: "127.0.0.1", port }));
  try {
    const forwarded =
      "X-Forwarded-For: 192.0.2.66, 203.0.113.9\r\nX-Forwarded-For: 198.51.100.7\r\n";
    await client.send(`GET /a HTTP/1.1\r\nHost: a.example.com\r\n${forwarded}\r\n`);
    await client.until("\r\n\r\n");
    // The front of the runtime's server answers what it can't read itself, and tells nobody.
    if (gateway.front === "wire") {
      await client.send("GET /b HTTP/1.1\r\nHost: b\r\nBad Name: c\r\n\r\n");
    }
    const count = gateway.front === "wire" ? 2 : 1;
    const told = await until(
      "lines of the access log",
      () => lines(gateway.access.text),
      (all) => all.length >= count,
    );
    assertEquals([told[0]!.peer, told[0]!.target], ["203.0.113.9", "/a"]);
    if (gateway.front !== "wire") return;
    const { peer, method, host, target, status, request_id, reason } = told[1]!;
    assertEquals(
      [peer, method, host, target, status, request_id, reason],
      ["127.0.0.1", "", "", "", 400, "", "malformed_request"],
    );
  } finally {
    client.close();
    await gateway.stop();
    await echo.close();
  }
});
