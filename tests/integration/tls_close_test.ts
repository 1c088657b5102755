// How connections under TLS end: with a close_notify where all has been sent, without one where
// something is missing, so that no client takes a part for the whole. openssl tells the two apart.

import { assertEquals } from "../assert.ts";
import { makePair, secretYaml } from "./certificates.ts";
import { serviceYaml, until } from "./gateway_harness.ts";
import { RawEndpoint } from "./raw.ts";
import { openTls } from "./tls_client.ts";
import { type TlsStage, tlsTest } from "./tls_stage.ts";

const pair = await makePair("a.example");

const ONE = {
  listeners: [{ name: "a", hostname: "a.example", secrets: ["a"] }],
  files: { "secret.yaml": secretYaml("a", pair) },
  env: { RAUTA_IDLE_TIMEOUT_SECONDS: "0.3" },
};

interface End {
  readonly received: string;
  /** The server has said that there is no more. */
  readonly isClean: boolean;
}

/** Sends a request and reads until the server closes. */
async function endOf(port: number, request: string): Promise<End> {
  const child = new Deno.Command("openssl", {
    args: [
      ...["s_client", "-connect", `127.0.0.1:${port}`, "-servername", "a.example"],
      ...["-quiet", "-ign_eof"],
    ],
    stdin: "piped",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  const writer = child.stdin.getWriter();
  await writer.write(new TextEncoder().encode(request));
  const { stdout, stderr } = await child.output();
  await writer.close().catch(() => {});
  const errors = new TextDecoder().decode(stderr);
  return {
    received: new TextDecoder().decode(stdout),
    isClean: !errors.includes("unexpected eof"),
  };
}

tlsTest(
  "a connection that is over, or idle for too long, is ended by a close_notify",
  () => ONE,
  async ({ port }) => {
    const fields = "Host: a.example\r\n";
    for (const more of ["Connection: close\r\n", ""]) {
      const end = await endOf(port, `GET / HTTP/1.1\r\n${fields}${more}\r\n`);
      assertEquals([end.isClean, end.received.startsWith("HTTP/1.1 200")], [true, true]);
    }
    const refused = await endOf(port, "BAD\r\n\r\n");
    assertEquals([refused.isClean, refused.received.startsWith("HTTP/1.1 400")], [true, true]);
  },
);

function routeTo(service: string, path: string, port: number): string {
  return `${serviceYaml(service, [port])}
---
apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata: { name: ${service}, namespace: test }
spec:
  parentRefs: [{ name: gate }]
  rules:
    - matches: [{ path: { type: PathPrefix, value: ${path} } }]
      backendRefs: [{ name: ${service}, port: 80 }]
`;
}

/** Puts a route there and waits until its generation is served. */
async function serve({ gateway }: TlsStage, yaml: string): Promise<void> {
  const { lastGoodGeneration } = await gateway.status();
  await gateway.edit("more.yaml", yaml);
  await until(
    "the route is served",
    () => gateway.status(),
    (status) => status.lastGoodGeneration > lastGoodGeneration,
  );
}

tlsTest(
  "a response that the endpoint cuts short ends without a close_notify",
  () => ONE,
  async (stage) => {
    const endpoint = new RawEndpoint(async (connection) => {
      await connection.until("\r\n\r\n");
      await connection.send("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\npart");
      connection.close();
    });
    try {
      await serve(stage, routeTo("cut", "/cut", endpoint.port));
      const end = await endOf(stage.port, "GET /cut HTTP/1.1\r\nHost: a.example\r\n\r\n");
      assertEquals([end.isClean, end.received.endsWith("part")], [false, true]);
    } finally {
      await endpoint.close();
    }
  },
);

tlsTest("a tunnel (WebSocket) carries bytes both ways under TLS", () => ONE, async (stage) => {
  const endpoint = new RawEndpoint(async (connection) => {
    await connection.until("\r\n\r\n");
    await connection.send(
      "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n",
    );
    for (;;) {
      const line = await connection.until("\n").catch(() => "");
      if (line === "") break;
      await connection.send(`echo ${line}`);
    }
  });
  try {
    await serve(stage, routeTo("ws", "/ws", endpoint.port));
    const client = await openTls(stage.port, "a.example");
    let text = "";
    client.socket.on("data", (chunk: Uint8Array) => text += new TextDecoder().decode(chunk));
    client.socket.write(
      "GET /ws HTTP/1.1\r\nHost: a.example\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n" +
        "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n",
    );
    await until("the tunnel is there", () => text, (now) => now.startsWith("HTTP/1.1 101"));
    const large = "x".repeat(200_000);
    client.socket.write(`${large}\n`);
    await until("it comes back", () => text, (now) => now.endsWith(`echo ${large}\n`));
    client.close();
  } finally {
    await endpoint.close();
  }
});
