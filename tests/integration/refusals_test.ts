// Requests that must never reach an endpoint: each is answered with its status and closed, and the
// answer arrives although the client is still sending.

import assert from "node:assert/strict";
import { assertEquals } from "../assert.ts";
import { overFronts, WIRE_ONLY } from "./fronts.ts";
import { connect, fieldOf, ok, RawEndpoint, statusOf } from "./raw.ts";

const HOST = "Host: a.example\r\n";

const REFUSED: readonly (readonly [status: number, request: string])[] = [
  [400, `GET / HTTP/1.1\n${HOST}\r\n`],
  [400, `GET / HTTP/1.1\r\nHost: a.example\n\r\n`],
  [400, `GET / HTTP/1.1\r\n${HOST} folded: x\r\n\r\n`],
  [400, `GET / HTTP/1.1\r\n${HOST}X : y\r\n\r\n`],
  [400, `GET / HTTP/1.1\r\n${HOST}X: a\0b\r\n\r\n`],
  [400, `GET / HTTP/1.1\r\n${HOST}X: a\x01b\r\n\r\n`],
  [400, `GET / HTTP/1.1\r\n\r\n`],
  [400, `GET / HTTP/1.1\r\n${HOST}${HOST}\r\n`],
  [400, `GET / HTTP/1.1\r\nHost: a b\r\n\r\n`],
  [400, `GET /a b HTTP/1.1\r\n${HOST}\r\n`],
  [400, `GET /%zz HTTP/1.1\r\n${HOST}\r\n`],
  [400, `GET /../../etc HTTP/1.1\r\n${HOST}\r\n`],
  [400, `GET a HTTP/1.1\r\n${HOST}\r\n`],
  [400, `GET / HTTP/x.1\r\n${HOST}\r\n`],
  [505, `GET / HTTP/2.0\r\n${HOST}\r\n`],
  [501, `CONNECT a.example:443 HTTP/1.1\r\nHost: a.example:443\r\n\r\n`],
  [400, `POST / HTTP/1.1\r\n${HOST}Content-Length: 1\r\nContent-Length: 1\r\n\r\nx`],
  [400, `POST / HTTP/1.1\r\n${HOST}Content-Length: 1, 2\r\n\r\nx`],
  [400, `POST / HTTP/1.1\r\n${HOST}Content-Length: +1\r\n\r\nx`],
  [
    400,
    `POST / HTTP/1.1\r\n${HOST}Content-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n`,
  ],
  [400, `POST / HTTP/1.1\r\n${HOST}Transfer-Encoding: identity\r\n\r\n`],
  [501, `POST / HTTP/1.1\r\n${HOST}Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n`],
  [400, `POST / HTTP/1.0\r\n${HOST}Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n`],
  [400, `POST / HTTP/1.1\r\n${HOST}Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n`],
  [414, `GET /${"x".repeat(17_000)} HTTP/1.1\r\n${HOST}\r\n`],
  [431, `GET / HTTP/1.1\r\n${HOST}X: ${"y".repeat(66_000)}\r\n\r\n`],
  [431, `GET / HTTP/1.1\r\n${HOST}${"X: y\r\n".repeat(101)}\r\n`],
];

/** Endpoints that note what they receive and answer nothing. */
function noting(received: string[]): () => readonly RawEndpoint[] {
  return () => [
    new RawEndpoint(async (connection) => {
      while (await connection.more());
      received.push(connection.take(1 << 20));
    }),
  ];
}

for (const [status, request] of REFUSED) {
  const name = `${status} for ${JSON.stringify(request.slice(0, 70))}`;
  const received: string[] = [];
  overFronts(name, noting(received), async ({ port }, [endpoint]) => {
    const client = await connect(port);
    await client.send(request);
    const answer = await client.rest();
    assertEquals(statusOf(answer), status, answer);
    assertEquals(fieldOf(answer, "connection")?.toLowerCase(), "close");
    client.close();
    assertEquals(endpoint!.connections, 0);
    assertEquals(received, []);
  }, { fronts: WIRE_ONLY });
}

/** Answers once the first bytes are there, and notes everything. */
function early(received: string[]): () => readonly RawEndpoint[] {
  return () => [
    new RawEndpoint(async (connection) => {
      while (await connection.more());
      received.push(connection.take(1 << 20));
    }),
  ];
}

for (
  const [status, body] of [
    [400, "zz\r\n"],
    [400, "3\r\nabcd\r\n"],
    [400, "3\r\nabc\r\n3x\r\n"],
    [400, '3;a="b\nc"\r\nabc\r\n'],
    [400, "fffffffffffffffff\r\n"],
    [400, "0\r\nHost: b.example\r\n\r\n"],
    [431, `0\r\nX: ${"y".repeat(9_000)}\r\n\r\n`],
  ] as const
) {
  const received: string[] = [];
  overFronts(
    `${status} for the chunks ${JSON.stringify(body.slice(0, 40))}`,
    early(received),
    async (
      { port, gateway },
    ) => {
      const client = await connect(port);
      await client.send(`POST / HTTP/1.1\r\n${HOST}Transfer-Encoding: chunked\r\n\r\n`);
      await client.send(body);
      const answer = await client.rest();
      assertEquals(statusOf(answer), status, answer);
      client.close();
      await gateway.stop(0).catch(() => {});
      for (const text of received) assert.ok(!text.includes("0\r\n\r\n"), text);
    },
    { fronts: WIRE_ONLY },
  );
}

overFronts("a body over the limit is refused, declared or not", () => [], async ({ port }) => {
  for (
    const request of [
      `POST / HTTP/1.1\r\n${HOST}Content-Length: 1001\r\n\r\n`,
    ]
  ) {
    const client = await connect(port);
    await client.send(request);
    assertEquals(statusOf(await client.rest()), 413);
    client.close();
  }
}, { env: { RAUTA_MAX_BODY_BYTES: "1000" } });

function answering404(): readonly RawEndpoint[] {
  return [];
}

overFronts("an answer arrives although the client goes on sending", answering404, async (stage) => {
  const client = await connect(stage.port);
  const length = 400_000;
  await client.send(
    `POST /nowhere HTTP/1.1\r\nHost: a.example\r\nContent-Length: ${length}\r\n\r\n`,
  );
  await client.send("x".repeat(length));
  const answer = await client.rest();
  assertEquals(statusOf(answer), 404);
  client.close();
}, {
  rules:
    "[{ matches: [{ path: { type: Exact, value: /only } }], backendRefs: [{ name: a, port: 80 }] }]",
});

const both = (): readonly RawEndpoint[] => [
  new RawEndpoint(async (connection) => {
    for (;;) {
      const { head } = await connection.message();
      await connection.send(ok(head));
    }
  }),
];

overFronts("nothing after a refused request is looked at", both, async ({ port }, [endpoint]) => {
  const client = await connect(port);
  await client.send(`GET / HTTP/1.1\r\n${HOST}X : y\r\n\r\nGET /smuggled HTTP/1.1\r\n${HOST}\r\n`);
  const answer = await client.rest();
  assertEquals(answer.match(/HTTP\/1\.1 /g)?.length, 1, answer);
  assertEquals(endpoint!.connections, 0);
  client.close();
}, { fronts: WIRE_ONLY });
