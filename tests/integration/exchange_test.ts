// One exchange over raw sockets: what the endpoint receives and what the client gets, byte for byte.

import assert from "node:assert/strict";
import { assertEquals } from "../assert.ts";
import { overFronts, WIRE_ONLY } from "./fronts.ts";
import { answering, connect, dechunk, fieldOf, ok, RawEndpoint, statusOf } from "./raw.ts";

const GET = "GET / HTTP/1.1\r\nHost: a.example\r\n\r\n";

/** An endpoint that answers with the request as it came, head and body. */
function echo(): readonly RawEndpoint[] {
  return [new RawEndpoint(answering(({ head, body }) => ok(head + body)))];
}

overFronts("a connection carries one request after the other", echo, async ({ port }) => {
  const client = await connect(port);
  for (let round = 0; round < 3; round++) {
    await client.send(`GET /${round} HTTP/1.1\r\nHost: a.example\r\n\r\n`);
    const { head, body } = await client.message();
    assertEquals(statusOf(head), 200);
    assert.ok(body.startsWith(`GET /${round} HTTP/1.1\r\n`), body);
  }
  client.close();
});

overFronts("pipelined requests are answered in order", echo, async ({ port }) => {
  const client = await connect(port);
  const paths = Array.from({ length: 20 }, (_, index) => `/${index}`);
  await client.send(paths.map((path) => GET.replace("/ ", `${path} `)).join(""));
  for (const path of paths) {
    const { body } = await client.message();
    assert.ok(body.startsWith(`GET ${path} `), body);
  }
  client.close();
});

overFronts("a request may arrive byte by byte", echo, async ({ port }) => {
  const client = await connect(port);
  const text = "POST /slow HTTP/1.1\r\nHost: a.example\r\nContent-Length: 5\r\n\r\nhello";
  await client.sendSlowly(text);
  const { head, body } = await client.message();
  assertEquals(statusOf(head), 200);
  assert.ok(body.startsWith("POST /slow HTTP/1.1\r\n") && body.endsWith("\r\n\r\nhello"), body);
  client.close();
});

overFronts("bodies of every size reach the endpoint", echo, async ({ port }) => {
  const client = await connect(port);
  for (const size of [0, 1, 1_900, 2_048, 4_096, 16_384, 36_864, 65_536, 300_000]) {
    const sent = "x".repeat(size);
    await client.send(
      `PUT / HTTP/1.1\r\nHost: a.example\r\nContent-Length: ${size}\r\n\r\n${sent}`,
    );
    const { head, body } = await client.message();
    assertEquals(statusOf(head), 200, `size ${size}`);
    assertEquals(body.length - body.indexOf("\r\n\r\n") - 4, size, `size ${size}`);
  }
  client.close();
});

overFronts(
  "heads of every size that the limits allow reach the endpoint",
  echo,
  async ({ port }) => {
    for (const size of [1_000, 2_000, 2_100, 8_000, 33_000, 60_000]) {
      const client = await connect(port);
      const value = "v".repeat(size);
      await client.send(`GET / HTTP/1.1\r\nHost: a.example\r\nX-Long: ${value}\r\n\r\n`);
      const { head, body } = await client.message();
      assertEquals(statusOf(head), 200, `size ${size}`);
      assertEquals(fieldOf(body, "x-long")?.length, size);
      client.close();
    }
  },
);

overFronts("a chunked request stays chunked, trailers included", echo, async ({ port }) => {
  const client = await connect(port);
  await client.send(
    "POST / HTTP/1.1\r\nHost: a.example\r\nTransfer-Encoding: chunked\r\nTrailer: x-sum\r\n\r\n" +
      "3;name=value\r\nabc\r\n",
  );
  await client.send("4\r\ndefg\r\n0\r\nx-sum: 7\r\n\r\n");
  const { body } = await client.message();
  assertEquals(fieldOf(body, "transfer-encoding"), "chunked");
  assert.ok(body.endsWith("\r\n\r\n3\r\nabc\r\n4\r\ndefg\r\n0\r\nx-sum: 7\r\n\r\n"), body);
  await client.send(GET);
  assertEquals(statusOf((await client.message()).head), 200);
  client.close();
}, { fronts: WIRE_ONLY });

/** An endpoint that answers everything with the same bytes. */
function saying(answer: string): () => readonly RawEndpoint[] {
  return () => [new RawEndpoint(answering(() => answer))];
}

const CHUNKED = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" +
  "5\r\nhello\r\n6\r\n world\r\n0\r\n\r\n";

overFronts("a chunked response stays chunked", saying(CHUNKED), async ({ port }) => {
  const client = await connect(port);
  for (let round = 0; round < 2; round++) {
    await client.send(GET);
    const { head, body } = await client.message();
    assertEquals(fieldOf(head, "transfer-encoding")?.toLowerCase(), "chunked");
    assertEquals(dechunk(body), "hello world");
  }
  client.close();
});

overFronts("an HTTP/1.0 client gets no chunks", saying(CHUNKED), async ({ port }) => {
  const client = await connect(port);
  await client.send("GET / HTTP/1.0\r\nHost: a.example\r\n\r\n");
  const all = await client.rest();
  assertEquals(fieldOf(all, "transfer-encoding"), undefined);
  assert.ok(all.endsWith("\r\n\r\nhello world"), all);
  client.close();
});

overFronts("an HTTP/1.0 client keeps its connection by asking", echo, async ({ port }) => {
  const client = await connect(port);
  for (let round = 0; round < 2; round++) {
    await client.send("GET / HTTP/1.0\r\nHost: a.example\r\nConnection: keep-alive\r\n\r\n");
    const { head } = await client.message();
    assertEquals(fieldOf(head, "connection")?.toLowerCase(), "keep-alive");
  }
  await client.send("GET / HTTP/1.0\r\nHost: a.example\r\n\r\n");
  assertEquals(statusOf(await client.rest()), 200);
  client.close();
}, { fronts: WIRE_ONLY });

overFronts("Connection: close is answered and done", echo, async ({ port }) => {
  const client = await connect(port);
  await client.send("GET / HTTP/1.1\r\nHost: a.example\r\nConnection: close\r\n\r\n");
  const all = await client.rest();
  assertEquals(statusOf(all), 200);
  assertEquals(fieldOf(all, "connection")?.toLowerCase(), "close");
  client.close();
});

for (const [status, fields] of [[204, ""], [304, 'Content-Length: 7\r\nETag: "x"\r\n']] as const) {
  const answer = `HTTP/1.1 ${status} X\r\n${fields}\r\n`;
  overFronts(`a ${status} has no body`, saying(answer), async ({ port }) => {
    const client = await connect(port);
    for (let round = 0; round < 2; round++) {
      await client.send(GET);
      const head = await client.until("\r\n\r\n");
      assertEquals(statusOf(head), status);
    }
    client.close();
  });
}

const HEAD_ANSWER = "HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n";

overFronts("an answer to HEAD keeps its length and has no body", saying(HEAD_ANSWER), async (s) => {
  const client = await connect(s.port);
  for (let round = 0; round < 2; round++) {
    await client.send("HEAD / HTTP/1.1\r\nHost: a.example\r\n\r\n");
    const head = await client.until("\r\n\r\n");
    assertEquals(fieldOf(head, "content-length"), "1000");
  }
  client.close();
});

/** Waits for a head, says 100 and 103, then answers with the body. */
function continuing(): readonly RawEndpoint[] {
  return [
    new RawEndpoint(async (connection) => {
      const head = await connection.until("\r\n\r\n");
      await connection.send("HTTP/1.1 100 Continue\r\n\r\n");
      const body = await connection.exactly(Number(fieldOf(head, "content-length")));
      await connection.send("HTTP/1.1 103 Early Hints\r\nLink: </x.css>; rel=preload\r\n\r\n");
      await connection.send(ok(body));
    }),
  ];
}

overFronts("100 (Continue) and 103 come from the endpoint", continuing, async ({ port }) => {
  const client = await connect(port);
  await client.send(
    "POST / HTTP/1.1\r\nHost: a.example\r\nExpect: 100-continue\r\nContent-Length: 4\r\n\r\n",
  );
  assertEquals(statusOf(await client.until("\r\n\r\n")), 100);
  await client.send("body");
  const hints = await client.until("\r\n\r\n");
  assertEquals([statusOf(hints), fieldOf(hints, "link")], [103, "</x.css>; rel=preload"]);
  const { head, body } = await client.message();
  assertEquals([statusOf(head), body], [200, "body"]);
  client.close();
}, { fronts: WIRE_ONLY });

/** Refuses as soon as it has read a head. */
function refusing(): readonly RawEndpoint[] {
  return [
    new RawEndpoint(async (connection) => {
      await connection.until("\r\n\r\n");
      await connection.send("HTTP/1.1 413 Too Large\r\nContent-Length: 3\r\n\r\nno\n");
      while (await connection.more());
    }),
  ];
}

overFronts("an answer before the body is in is passed on", refusing, async ({ port }) => {
  const client = await connect(port);
  await client.send("POST / HTTP/1.1\r\nHost: a.example\r\nContent-Length: 1000000\r\n\r\npart");
  const { head, body } = await client.message();
  assertEquals([statusOf(head), body], [413, "no\n"]);
  client.close();
});

/** Answers without a length: the connection's end is the body's. */
function untilClose(): readonly RawEndpoint[] {
  return [
    new RawEndpoint(async (connection) => {
      await connection.until("\r\n\r\n");
      await connection.send("HTTP/1.1 200 OK\r\n\r\nfirst ");
      await connection.send("second");
    }),
  ];
}

overFronts("a body that ends with its connection is framed anew", untilClose, async ({ port }) => {
  const client = await connect(port);
  for (let round = 0; round < 2; round++) {
    await client.send(GET);
    const { head, body } = await client.message();
    assertEquals(fieldOf(head, "transfer-encoding")?.toLowerCase(), "chunked");
    assertEquals(dechunk(body), "first second");
  }
  client.close();
});

/** Promises more than it sends, then closes. */
function short(head: string): () => readonly RawEndpoint[] {
  return () => [
    new RawEndpoint(async (connection) => {
      await connection.until("\r\n\r\n");
      await connection.send(head);
    }),
  ];
}

const SHORT_LENGTH = "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabc";
const SHORT_CHUNKED = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nab";

overFronts("a body shorter than its length ends the connection", short(SHORT_LENGTH), async (s) => {
  const client = await connect(s.port);
  await client.send(GET);
  const all = await client.rest();
  assertEquals(fieldOf(all, "content-length"), "10");
  assert.ok(all.length - all.indexOf("\r\n\r\n") - 4 < 10, all);
  client.close();
});

overFronts("a chunked body cut short has no last chunk", short(SHORT_CHUNKED), async ({ port }) => {
  const client = await connect(port);
  await client.send(GET);
  const all = await client.rest();
  assert.ok(!all.includes("\r\n0\r\n"), all);
  client.close();
});

for (
  const malformed of [
    "HTTP/1.1 200 OK\nContent-Length: 0\n\n",
    "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab",
    "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    "HTTP/1.1 200 OK\r\nBad Name: x\r\n\r\n",
    "HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: x\r\n\r\n",
    "nonsense\r\n\r\n",
  ]
) {
  overFronts(`502 for ${JSON.stringify(malformed)}`, saying(malformed), async ({ port }) => {
    const client = await connect(port);
    await client.send(GET);
    assertEquals(statusOf((await client.message()).head), 502);
    await client.send(GET);
    assertEquals(statusOf((await client.message()).head), 502);
    client.close();
  });
}

overFronts(
  "OPTIONS * is routed as the host's root and stays what it is",
  echo,
  async ({ port }) => {
    const client = await connect(port);
    for (const target of ["*", "http://a.example"]) {
      await client.send(`OPTIONS ${target} HTTP/1.1\r\nHost: a.example\r\n\r\n`);
      const { head, body } = await client.message();
      assertEquals(statusOf(head), 200);
      assert.ok(body.startsWith("OPTIONS * HTTP/1.1\r\n"), body);
    }
    client.close();
  },
  { fronts: WIRE_ONLY },
);
