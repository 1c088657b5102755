// Endpoints that refuse, hang, break off or lie: each is one status with a reason, never a stack
// trace, and is counted.

import { assertEquals } from "../assert.ts";
import {
  freePort,
  gatewayYaml,
  routeYaml,
  serviceYaml,
  startBackend,
  startGateway,
  type TestGateway,
  until,
} from "./gateway_harness.ts";

const ALL_TO_A = "[{ backendRefs: [{ name: a, port: 80 }] }]";

async function withEndpoint(
  endpointPort: number,
  test: (gateway: TestGateway) => Promise<void>,
  { env = {}, rules = ALL_TO_A } = {},
): Promise<void> {
  const port = freePort();
  const yaml = gatewayYaml(port) + routeYaml({ name: "r", rules }) +
    serviceYaml("a", [endpointPort]);
  const gateway = await startGateway(port, { "all.yaml": yaml }, env);
  try {
    await test(gateway);
  } finally {
    await gateway.stop();
  }
}

async function failureIs(gateway: TestGateway, reason: string): Promise<void> {
  const series = `rauta_failures_total{source="upstream",reason="${reason}"} 1`;
  await until(series, () => gateway.metrics(), (page) => page.includes(series));
}

/** A TCP server that does with each connection what it is told, after reading the request. */
function startTcp(serve: (connection: Deno.Conn) => Promise<void>) {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const connections: Deno.Conn[] = [];
  const running = (async () => {
    for await (const connection of listener) {
      connections.push(connection);
      await connection.read(new Uint8Array(4096));
      await serve(connection);
    }
  })();
  return {
    port: listener.addr.port,
    async close() {
      listener.close();
      await running;
      for (const connection of connections) {
        try {
          connection.close();
        } catch {
          // Closed already.
        }
      }
    },
  };
}

function write(connection: Deno.Conn, text: string): Promise<number> {
  return connection.write(new TextEncoder().encode(text));
}

Deno.test("an endpoint that refuses is 502 with a reason", async () => {
  await withEndpoint(freePort(), async (gateway) => {
    const response = await gateway.fetch("/");
    assertEquals(response.status, 502);
    assertEquals(await response.text(), "the endpoint refused the connection\n");
    await failureIs(gateway, "connect_refused");
  });
});

Deno.test("an endpoint that hangs is 504 with a reason", async () => {
  const tcp = startTcp(() => Promise.resolve());
  try {
    await withEndpoint(tcp.port, async (gateway) => {
      const response = await gateway.fetch("/");
      assertEquals(response.status, 504);
      assertEquals(await response.text(), "the endpoint did not answer in time\n");
      await failureIs(gateway, "response_timeout");
    }, { env: { RAUTA_RESPONSE_TIMEOUT_SECONDS: "0.1" } });
  } finally {
    await tcp.close();
  }
});

Deno.test("the timeout that a route states ends an exchange with 504", async () => {
  const tcp = startTcp(() => Promise.resolve());
  const rules = "[{ timeouts: { request: 100ms }, backendRefs: [{ name: a, port: 80 }] }]";
  try {
    await withEndpoint(tcp.port, async (gateway) => {
      const response = await gateway.fetch("/");
      assertEquals(response.status, 504);
      assertEquals(await response.text(), "the exchange took longer than the route allows\n");
      await failureIs(gateway, "request_timeout");
    }, { rules });
  } finally {
    await tcp.close();
  }
});

Deno.test("an endpoint that closes before it answers is 502", async () => {
  const tcp = startTcp((connection) => Promise.resolve(connection.close()));
  try {
    await withEndpoint(tcp.port, async (gateway) => {
      const response = await gateway.fetch("/");
      assertEquals(response.status, 502);
      assertEquals(/\.ts|Error|at /.test(await response.text()), false);
    });
  } finally {
    await tcp.close();
  }
});

Deno.test("an endpoint that does not speak HTTP is 502", async () => {
  const tcp = startTcp(async (connection) => {
    await write(connection, "SSH-2.0-x\r\n\r\n");
    connection.close();
  });
  try {
    await withEndpoint(tcp.port, async (gateway) => {
      const response = await gateway.fetch("/");
      await response.body?.cancel();
      assertEquals(response.status, 502);
    });
  } finally {
    await tcp.close();
  }
});

Deno.test("a body that breaks off is never taken for whole", async () => {
  for (const framing of ["content-length: 100", "transfer-encoding: chunked"]) {
    const tcp = startTcp(async (connection) => {
      await write(connection, `HTTP/1.1 200 OK\r\n${framing}\r\n\r\n5\r\nhello\r\n`);
      connection.close();
    });
    try {
      await withEndpoint(tcp.port, async (gateway) => {
        const response = await gateway.fetch("/");
        const body = await response.text().catch(() => "broken off");
        assertEquals(body, "broken off", framing);
        await failureIs(gateway, "short_body");
      });
    } finally {
      await tcp.close();
    }
  }
});

Deno.test("a service without a ready endpoint is 503, a backend that is missing 500", async () => {
  const port = freePort();
  const rules = `
    - matches: [{ path: { type: PathPrefix, value: /empty } }]
      backendRefs: [{ name: empty, port: 80 }]
    - matches: [{ path: { type: PathPrefix, value: /missing } }]
      backendRefs: [{ name: nobody, port: 80 }]`;
  const yaml = gatewayYaml(port) + routeYaml({ name: "r", rules }) + serviceYaml("empty", []);
  const gateway = await startGateway(port, { "all.yaml": yaml });
  try {
    const empty = await gateway.fetch("/empty");
    assertEquals([empty.status, await empty.text()], [
      503,
      "the service has no endpoint that is ready\n",
    ]);
    const missing = await gateway.fetch("/missing");
    assertEquals([missing.status, await missing.text()], [
      500,
      "the route has no backend that can be used\n",
    ]);
  } finally {
    await gateway.stop();
  }
});

Deno.test("a client that goes away ends the exchange with its endpoint", async () => {
  const [asked, gone] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
  const backend = startBackend((request) => {
    asked.resolve();
    request.signal.addEventListener("abort", () => gone.resolve());
    return gone.promise.then(() => new Response("nobody reads this"));
  });
  const port = freePort();
  const yaml = gatewayYaml(port) + routeYaml({ name: "r", rules: ALL_TO_A }) +
    serviceYaml("a", [backend.port]);
  const gateway = await startGateway(port, { "all.yaml": yaml });
  try {
    const connection = await Deno.connect({ hostname: "127.0.0.1", port });
    await connection.write(new TextEncoder().encode("GET / HTTP/1.1\r\nHost: a\r\n\r\n"));
    await asked.promise;
    connection.close();
    await gone.promise;
    const series = 'rauta_failures_total{source="downstream",reason="client_gone"} 1';
    await until(series, () => gateway.metrics(), (page) => page.includes(series));
  } finally {
    await gateway.stop();
    await backend.close();
  }
});
