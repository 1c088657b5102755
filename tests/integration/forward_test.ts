// One exchange through the gateway: what the endpoint receives, what the client gets back.

import { assertEquals } from "../assert.ts";
import {
  freePort,
  gatewayYaml,
  routeYaml,
  serviceYaml,
  startBackend,
  startEcho,
  startGateway,
} from "./gateway_harness.ts";

const ALL_TO_A = "[{ backendRefs: [{ name: a, port: 80 }] }]";

async function withEcho(
  test: (gateway: Awaited<ReturnType<typeof startGateway>>) => Promise<void>,
  rules = ALL_TO_A,
): Promise<void> {
  const echo = startEcho("a");
  const port = freePort();
  const yaml = gatewayYaml(port) + routeYaml({ name: "r", rules }) + serviceYaml("a", [echo.port]);
  const gateway = await startGateway(port, { "all.yaml": yaml });
  try {
    await test(gateway);
  } finally {
    await gateway.stop();
    await echo.close();
  }
}

/** Sends bytes as they are and gives the whole answer. */
async function raw(port: number, text: string): Promise<string> {
  const connection = await Deno.connect({ hostname: "127.0.0.1", port });
  await connection.write(new TextEncoder().encode(text));
  return await new Response(connection.readable).text();
}

Deno.test("the endpoint sees the client's Host, and who the client is", async () => {
  await withEcho(async (gateway) => {
    const answer = await raw(
      gateway.port,
      "GET /x?y=1 HTTP/1.1\r\nHost: Shop.Example.com:8080\r\nX-Forwarded-For: 203.0.113.9\r\n" +
        "X-Forwarded-Proto: https\r\nConnection: close, X-Hop\r\nX-Hop: 1\r\nX-End: 2\r\n\r\n",
    );
    const seen = JSON.parse(answer.slice(answer.indexOf("\r\n\r\n") + 4));
    assertEquals(seen.host, "Shop.Example.com:8080");
    assertEquals(seen.headers["x-forwarded-for"], "203.0.113.9, 127.0.0.1");
    assertEquals(seen.headers["x-forwarded-proto"], "http");
    assertEquals(seen.headers["x-forwarded-host"], "Shop.Example.com:8080");
    assertEquals(seen.headers["x-hop"], undefined);
    assertEquals(seen.headers["x-end"], "2");
    assertEquals(seen.url.endsWith("/x?y=1"), true);
  });
});

Deno.test("a request id is made, or kept, and is the same for endpoint, client and log", async () => {
  await withEcho(async (gateway) => {
    const made = await gateway.fetch("/");
    const seen = await made.json();
    assertEquals(made.headers.get("x-request-id"), seen.headers["x-request-id"]);
    const kept = await gateway.fetch("/", { headers: { "x-request-id": "mine-1" } });
    assertEquals((await kept.json()).headers["x-request-id"], "mine-1");
    assertEquals(kept.headers.get("x-request-id"), "mine-1");
  });
});

Deno.test("methods, bodies and statuses go through", async () => {
  await withEcho(async (gateway) => {
    for (const method of ["POST", "PUT", "PATCH", "DELETE"]) {
      const response = await gateway.fetch("/", { method, body: `a ${method}` });
      const seen = await response.json();
      assertEquals([seen.method, seen.body], [method, `a ${method}`]);
    }
    const head = await gateway.fetch("/", { method: "HEAD" });
    assertEquals([head.status, await head.text()], [200, ""]);
  });
});

Deno.test("filters of the route edit request and response, redirect and rewrite", async () => {
  const rules = `
    - matches: [{ path: { type: PathPrefix, value: /old } }]
      filters:
        - type: RequestRedirect
          requestRedirect:
            statusCode: 301
            path: { type: ReplacePrefixMatch, replacePrefixMatch: /new }
    - matches: [{ path: { type: PathPrefix, value: /api } }]
      filters:
        - type: URLRewrite
          urlRewrite:
            hostname: inner.example.com
            path: { type: ReplacePrefixMatch, replacePrefixMatch: / }
        - type: RequestHeaderModifier
          requestHeaderModifier: { set: [{ name: X-Set, value: "1" }], remove: [x-gone] }
        - type: ResponseHeaderModifier
          responseHeaderModifier: { add: [{ name: X-Added, value: "2" }] }
      backendRefs: [{ name: a, port: 80 }]`;
  await withEcho(async (gateway) => {
    const moved = await gateway.fetch("/old/a?q=1", { redirect: "manual" });
    await moved.body?.cancel();
    assertEquals(moved.status, 301);
    assertEquals(moved.headers.get("location"), `http://127.0.0.1:${gateway.port}/new/a?q=1`);
    const response = await gateway.fetch("/api/v2", { headers: { "x-gone": "1" } });
    const seen = await response.json();
    assertEquals(seen.host, "inner.example.com");
    assertEquals(new URL(seen.url).pathname, "/v2");
    assertEquals([seen.headers["x-set"], seen.headers["x-gone"]], ["1", undefined]);
    assertEquals(response.headers.get("x-added"), "2");
  }, rules);
});

Deno.test("a body is passed on while it is still being sent, in both directions", async () => {
  const asked = Promise.withResolvers<void>();
  const backend = startBackend(async (request) => {
    const reader = request.body!.getReader();
    const first = await reader.read();
    const gate = new ReadableStream<Uint8Array>({
      async start(controller) {
        controller.enqueue(first.value!);
        await asked.promise;
        const second = await reader.read();
        controller.enqueue(second.value!);
        controller.close();
      },
    });
    return new Response(gate);
  });
  const port = freePort();
  const yaml = gatewayYaml(port) + routeYaml({ name: "r", rules: ALL_TO_A }) +
    serviceYaml("a", [backend.port]);
  const gateway = await startGateway(port, { "all.yaml": yaml });
  try {
    const { readable, writable } = new TransformStream<Uint8Array<ArrayBuffer>>();
    const writer = writable.getWriter();
    const encoder = new TextEncoder();
    const response = gateway.fetch("/", { method: "POST", body: readable });
    await writer.write(encoder.encode("first"));
    const reader = (await response).body!.getReader();
    const decoder = new TextDecoder();
    assertEquals(decoder.decode((await reader.read()).value), "first");
    asked.resolve();
    await writer.write(encoder.encode("second"));
    assertEquals(decoder.decode((await reader.read()).value), "second");
    await writer.close();
    assertEquals((await reader.read()).done, true);
  } finally {
    await gateway.stop();
    await backend.close();
  }
});

Deno.test("a malformed target or Host is answered 400, and nothing reaches the endpoint", async () => {
  await withEcho(async (gateway) => {
    const cases: [string, string][] = [
      ["GET / HTTP/1.1\r\nHost: a b\r\n", "a space in Host"],
      ["GET / HTTP/1.1\r\nHost: a/b@c\r\n", "a path in Host"],
      ["GET / HTTP/1.1\r\n", "no Host"],
      ["GET /%zz HTTP/1.1\r\nHost: a\r\n", "a broken escape"],
      ["GET /../../x HTTP/1.1\r\nHost: a\r\n", "a path above the root"],
    ];
    for (const [request, what] of cases) {
      const answer = await raw(gateway.port, `${request}Connection: close\r\n\r\n`);
      assertEquals(answer.split("\r\n")[0], "HTTP/1.1 400 Bad Request", what);
      assertEquals(/\bat \b.*:\d+|Error|\.ts/.test(answer), false, `${what}: a stack trace`);
    }
  });
});

Deno.test("what is too long is refused with its own status", async () => {
  await withEcho(async (gateway) => {
    const long = await gateway.fetch(`/${"x".repeat(20_000)}`);
    assertEquals([long.status, await long.text()], [414, "the request target is too long\n"]);
    const headers = Object.fromEntries(
      Array.from({ length: 110 }, (_, index) => [`x-${index}`, "1"]),
    );
    const many = await gateway.fetch("/", { headers });
    await many.body?.cancel();
    assertEquals(many.status, 431);
  });
});

Deno.test("nothing that matches is answered 404 with a reason", async () => {
  await withEcho(
    async (gateway) => {
      const response = await gateway.fetch("/nowhere");
      assertEquals([response.status, await response.text()], [
        404,
        "no route takes this request\n",
      ]);
    },
    "[{ matches: [{ path: { type: Exact, value: /only } }], backendRefs: [{ name: a, port: 80 }] }]",
  );
});
