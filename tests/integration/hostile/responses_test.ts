// Hostile endpoints against a running front: what a client is told of a response that two readers could
// understand differently, and that nothing an endpoint sends is ever taken for the answer to another
// request (response queue poisoning). Nothing here waits for a time.

import assert from "node:assert/strict";
import { assertEquals } from "../../assert.ts";
import { overFronts, WIRE_ONLY } from "../fronts.ts";
import { connect, fieldOf, ok, type RawConnection, RawEndpoint, statusOf } from "../raw.ts";
import { HOST, request, SMUGGLED } from "./stage.ts";

const POISON = ok("poison", "X-Poison: 1\r\n");
const UPGRADE = "Connection: Upgrade\r\nUpgrade: websocket\r\n";
const SWITCHING = `HTTP/1.1 101 Switching Protocols\r\n${UPGRADE}\r\n`;

/** By path: what is sent as soon as the head of a request is there, and whether the endpoint closes. */
const SCRIPTS: Readonly<Record<string, { readonly bytes: string; readonly closes?: true }>> = {
  "/doubled-length": {
    bytes: "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 2\r\n\r\nok",
  },
  "/two-lengths": { bytes: "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 0\r\n\r\nok" },
  "/list-of-lengths": { bytes: "HTTP/1.1 200 OK\r\nContent-Length: 2, 2\r\n\r\nok" },
  "/plus-length": { bytes: "HTTP/1.1 200 OK\r\nContent-Length: +2\r\n\r\nok" },
  "/length-and-coding": {
    bytes: "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
  },
  "/coding-of-1.0": {
    bytes: "HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    closes: true,
  },
  "/coding-twice": {
    bytes: "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked, chunked\r\n\r\n0\r\n\r\n",
  },
  "/identity": { bytes: "HTTP/1.1 200 OK\r\nTransfer-Encoding: identity\r\n\r\nok", closes: true },
  "/disguised-coding": {
    bytes: "HTTP/1.1 200 OK\r\nTransfer-Encoding: \x0bchunked\r\n\r\n0\r\n\r\n",
  },
  "/space-before-colon": { bytes: "HTTP/1.1 200 OK\r\nContent-Length : 2\r\n\r\nok" },
  "/folded": { bytes: "HTTP/1.1 200 OK\r\nX-A: b\r\n c\r\nContent-Length: 2\r\n\r\nok" },
  "/bare-lf": { bytes: "HTTP/1.1 200 OK\nContent-Length: 2\n\nok" },
  "/bare-cr": {
    bytes: "HTTP/1.1 200 OK\r\nX-A: b\rContent-Length: 0\r\nContent-Length: 2\r\n\r\nok",
  },
  "/nul": { bytes: "HTTP/1.1 200 OK\r\nX-A: \0\r\nContent-Length: 2\r\n\r\nok" },
  "/split": { bytes: "HTTP/1.1 200 OK\r\nLocation: /\r\n\r\nHTTP/1.1 200 OK\n\n", closes: true },
  "/status-99": { bytes: "HTTP/1.1 099 No\r\nContent-Length: 0\r\n\r\n" },
  "/status-600": { bytes: "HTTP/1.1 600 No\r\nContent-Length: 0\r\n\r\n" },
  "/status-20": { bytes: "HTTP/1.1 20 No\r\nContent-Length: 0\r\n\r\n" },
  "/version-2": { bytes: "HTTP/2 200 OK\r\nContent-Length: 0\r\n\r\n" },
  "/version-2.0": { bytes: "HTTP/2.0 200 OK\r\nContent-Length: 0\r\n\r\n" },
  "/lower-case": { bytes: "http/1.1 200 OK\r\nContent-Length: 0\r\n\r\n" },
  "/empty-line-first": { bytes: "\r\nHTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n" },
  "/no-http": { bytes: "220 mail.example ESMTP\r\n" },
  "/unasked-101": { bytes: SWITCHING },
  "/flood": { bytes: "HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n".repeat(1_000) },
  "/fields": { bytes: `HTTP/1.1 200 OK\r\n${"X-A: b\r\n".repeat(5_000)}\r\n` },
};

function pathOf(head: string): string {
  return head.split(" ")[1]!;
}

/** Answers by SCRIPTS; other paths with the path. */
async function scripted(connection: RawConnection): Promise<void> {
  for (;;) {
    const path = pathOf(await connection.until("\r\n\r\n"));
    const script = SCRIPTS[path];
    await connection.sendBytes(
      Uint8Array.from(script?.bytes ?? ok(path), (character) => character.charCodeAt(0)),
    );
    if (script?.closes) return;
  }
}

/** The final answer to a GET, past interim ones. */
async function answerTo(
  client: RawConnection,
  path: string,
): Promise<{ status: number; body: string }> {
  await client.send(request(`GET ${path}`, ""));
  for (;;) {
    const { head, body } = await client.message();
    if (statusOf(head) >= 200) return { status: statusOf(head), body };
  }
}

overFronts("a malformed response is a 502, and the next one its own", () => [
  new RawEndpoint(scripted),
], async ({ port }) => {
  const client = await connect(port);
  for (const path of Object.keys(SCRIPTS)) {
    if (path === "/split") continue;
    assertEquals((await answerTo(client, path)).status, 502, path);
    assertEquals(await answerTo(client, `/after${path}`), { status: 200, body: `/after${path}` });
  }
  client.close();
});

/** What is sent behind a whole answer, or in place of its body. */
const BEHIND: Readonly<Record<string, string>> = {
  "behind a length": ok("") + POISON,
  "behind chunks": `HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n${POISON}`,
  "behind a 204": `HTTP/1.1 204 No Content\r\n\r\n${POISON}`,
  "as the body of a 204":
    `HTTP/1.1 204 No Content\r\nContent-Length: ${POISON.length}\r\n\r\n${POISON}`,
  "as the body of a 304":
    `HTTP/1.1 304 Not Modified\r\nContent-Length: ${POISON.length}\r\n\r\n${POISON}`,
  "as the body of an answer to HEAD":
    `HTTP/1.1 200 OK\r\nContent-Length: ${POISON.length}\r\n\r\n${POISON}`,
};

for (const [name, bytes] of Object.entries(BEHIND)) {
  const method = name.includes("HEAD") ? "HEAD" : "GET";
  overFronts(`a response ${name} answers nobody`, () => [
    new RawEndpoint(async (connection) => {
      for (;;) {
        const path = pathOf(await connection.until("\r\n\r\n"));
        await connection.send(path === "/bait" ? bytes : ok(path));
      }
    }),
  ], async ({ port }) => {
    const client = await connect(port);
    for (let round = 0; round < 5; round++) {
      await client.send(request(`${method} /bait`, ""));
      const head = await client.until("\r\n\r\n");
      assert.ok(statusOf(head) < 400, head);
      if (method === "GET" && /transfer-encoding/i.test(head)) await client.until("0\r\n\r\n");
      const victim = await connect(port);
      assertEquals(await answerTo(victim, "/victim"), { status: 200, body: "/victim" });
      victim.close();
      assertEquals(await answerTo(client, "/own"), { status: 200, body: "/own" });
    }
    client.close();
  });
}

/** Says something as soon as it is connected to. */
overFronts("an endpoint that speaks first answers its first request alone", () => [
  new RawEndpoint(async (connection, ordinal) => {
    if (ordinal === 0) await connection.send(ok("first") + POISON);
    for (;;) {
      const path = pathOf(await connection.until("\r\n\r\n"));
      if (ordinal > 0) await connection.send(ok(path));
    }
  }),
], async ({ port }) => {
  const client = await connect(port);
  await answerTo(client, "/1");
  for (const path of ["/2", "/3"]) {
    assertEquals(await answerTo(client, path), { status: 200, body: path });
  }
  client.close();
});

overFronts("a 101 before the request is whole is no answer", () => [
  new RawEndpoint(async (connection) => {
    await connection.until("\r\n\r\n");
    await connection.send(SWITCHING);
    while (await connection.more());
  }),
], async ({ port }) => {
  const client = await connect(port);
  await client.send(request("POST /", `${UPGRADE}Content-Length: 1000\r\n`, "part"));
  assertEquals(statusOf((await client.message()).head), 502);
  assertEquals(await client.rest(), "");
  client.close();
}, { fronts: WIRE_ONLY });

overFronts("a refused upgrade leaves no tunnel", () => [
  new RawEndpoint(async (connection) => {
    for (;;) {
      const head = await connection.until("\r\n\r\n");
      const isUpgrade = fieldOf(head, "upgrade") !== undefined;
      const status = isUpgrade ? "426 Upgrade Required" : "200 OK";
      await connection.send(
        `HTTP/1.1 ${status}\r\nContent-Length: 0\r\nX-Path: ${pathOf(head)}\r\n\r\n`,
      );
    }
  }),
], async ({ port }) => {
  const client = await connect(port);
  await client.send(request("GET /socket", UPGRADE));
  assertEquals(statusOf((await client.message()).head), 426);
  // In a tunnel these bytes would reach the endpoint as they are; here they are a request like others.
  await client.send(request("GET /a/../b", "Connection: X-A\r\nX-A: 1\r\n"));
  const { head } = await client.message();
  assertEquals([statusOf(head), fieldOf(head, "x-path")], [200, "/b"]);
  client.close();
}, { fronts: WIRE_ONLY });

overFronts("an answer before the body leaves no connection to take the body for a request", () => {
  const lines: string[] = [];
  return [
    new RawEndpoint(async (connection) => {
      for (;;) {
        const head = await connection.until("\r\n\r\n");
        lines.push(head.slice(0, head.indexOf("\r\n")));
        await connection.send(ok(lines.join(",")));
      }
    }),
  ];
}, async ({ port, front }) => {
  const client = await connect(port);
  await client.send(request("POST /early", `Content-Length: ${SMUGGLED.length + 10}\r\n`));
  const { head } = await client.message();
  assertEquals(statusOf(head), 200);
  await client.send(SMUGGLED).catch(() => {});
  if (front === "wire") {
    assertEquals(fieldOf(head, "connection"), "close");
    assertEquals(await client.rest(), "", "nothing behind the answer is read");
  }
  client.close();
  const other = await connect(port);
  const seen = await answerTo(other, "/other");
  assertEquals(seen.body, "POST /early HTTP/1.1,GET /other HTTP/1.1");
  other.close();
});

overFronts("an answer of the gateway's own reads no body as a request", () => [], async (stage) => {
  for (const framing of [`Content-Length: ${SMUGGLED.length}`, "Transfer-Encoding: chunked"]) {
    const client = await connect(stage.port);
    const body = framing.startsWith("C")
      ? SMUGGLED
      : `${SMUGGLED.length.toString(16)}\r\n${SMUGGLED}\r\n0\r\n\r\n`;
    await client.send(`POST /nowhere HTTP/1.1\r\n${HOST}${framing}\r\n\r\n${body}`);
    const { head } = await client.message();
    assertEquals(statusOf(head), 404);
    if (stage.front === "wire") assertEquals(await client.rest(), "", framing);
    client.close();
  }
}, {
  rules:
    "[{ matches: [{ path: { type: Exact, value: /only } }], backendRefs: [{ name: a, port: 80 }] }]",
});
