import { assertEquals } from "../assert.ts";
import { Codec, type Message, WHOLE, WRITE } from "../wasm/http1.ts";

const codec = await Codec.load();
const UNWRITABLE = -41;
const NO_SPACE = -40;

function request(input: string): Message {
  const outcome = codec.read("request", input);
  assertEquals(outcome.type, "message", input);
  return (outcome as { message: Message }).message;
}

function response(input: string, methodId = 1): Message {
  const outcome = codec.read("response", input, { ...WHOLE, methodId, closed: true });
  assertEquals(outcome.type, "message", input);
  return (outcome as { message: Message }).message;
}

const REQUESTS: readonly (readonly [string, string, string])[] = [
  [
    "Host comes first, other fields keep order and case",
    "GET /a?b HTTP/1.1\r\nX-Abc: 1\r\nHost: h\r\nx-Def:2\r\n\r\n",
    "GET /a?b HTTP/1.1\r\nHost: h\r\nX-Abc: 1\r\nx-Def: 2\r\n\r\n",
  ],
  [
    "absolute-form becomes origin-form and its authority Host",
    "GET http://a:81/b?c HTTP/1.1\r\nHost: z\r\n\r\n",
    "GET /b?c HTTP/1.1\r\nHost: a:81\r\n\r\n",
  ],
  [
    "absolute-form without path",
    "GET http://a?c HTTP/1.1\r\nHost: a\r\n\r\n",
    "GET /?c HTTP/1.1\r\nHost: a\r\n\r\n",
  ],
  [
    "absolute-form OPTIONS without path becomes the asterisk",
    "OPTIONS http://a HTTP/1.1\r\nHost: a\r\n\r\n",
    "OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n",
  ],
  [
    "an empty query is kept",
    "GET /? HTTP/1.1\r\nHost: a\r\n\r\n",
    "GET /? HTTP/1.1\r\nHost: a\r\n\r\n",
  ],
  [
    "hop-by-hop fields and what Connection names go",
    "GET / HTTP/1.1\r\nHost: a\r\nConnection: keep-alive, X-Secret\r\nKeep-Alive: 5\r\n" +
    "Proxy-Connection: x\r\nx-secret: 1\r\nTE: gzip\r\nX-Kept: 1\r\n\r\n",
    "GET / HTTP/1.1\r\nHost: a\r\nX-Kept: 1\r\n\r\n",
  ],
  [
    "TE: trailers is said again",
    "GET / HTTP/1.1\r\nHost: a\r\nConnection: TE\r\nTE: gzip;q=0.5, Trailers\r\n\r\n",
    "GET / HTTP/1.1\r\nHost: a\r\nConnection: TE\r\nTE: trailers\r\n\r\n",
  ],
  [
    "close is passed on",
    "GET / HTTP/1.1\r\nHost: a\r\nConnection: Close\r\n\r\n",
    "GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n",
  ],
  [
    "HTTP/1.0 without Host gets an empty one",
    "GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n",
    "GET / HTTP/1.1\r\nHost: \r\n\r\n",
  ],
  [
    "WebSocket upgrade",
    "GET / HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n",
    "GET / HTTP/1.1\r\nHost: a\r\nConnection: upgrade\r\nUpgrade: websocket\r\n\r\n",
  ],
  [
    "h2c upgrade is not passed on, nor its settings",
    "GET / HTTP/1.1\r\nHost: a\r\nUpgrade: h2c\r\nConnection: Upgrade, HTTP2-Settings\r\n" +
    "HTTP2-Settings: x\r\n\r\n",
    "GET / HTTP/1.1\r\nHost: a\r\n\r\n",
  ],
  [
    "Upgrade without Connection is not passed on",
    "GET / HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\n\r\n",
    "GET / HTTP/1.1\r\nHost: a\r\n\r\n",
  ],
  [
    "chunks are framed anew, trailers kept but for forbidden ones",
    "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: Chunked\r\n\r\n" +
    "05;x=y\r\nhello\r\n0\r\nSet-Cookie: a\r\nX_Real_IP: b\r\nX-Sum: 1\r\n\r\n",
    "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n" +
    "5\r\nhello\r\n0\r\nX-Sum: 1\r\n\r\n",
  ],
];

for (const [name, input, forwarded] of REQUESTS) {
  Deno.test(`writes a request: ${name}`, () => {
    assertEquals(request(input).forwarded, forwarded);
  });
}

Deno.test("verbatim chunks lose their extensions and nothing else", () => {
  const head = "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n";
  const chunks = "05 ; x=y\r\nhello\r\nA;z\r\n0123456789\r\n0;q\r\nX: a\r\nCookie: b\r\n\r\n";
  const expected = "05\r\nhello\r\nA\r\n0123456789\r\n0\r\nX: a\r\n\r\n";
  for (let pieceBytes = 0; pieceBytes < 20; pieceBytes++) {
    const outcome = codec.read("request", head + chunks, { ...WHOLE, pieceBytes, verbatim: true });
    const { message } = outcome as { message: Message };
    assertEquals(message.forwarded, head + expected, `${pieceBytes} bytes at a time`);
  }
});

const RESPONSES: readonly (readonly [string, string, string, number])[] = [
  [
    "Connection can't take framing away",
    "HTTP/1.1 200 OK\r\nConnection: X, Content-Length\r\nX: y\r\nContent-Length: 002\r\n\r\nhi",
    "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi",
    1,
  ],
  [
    "reason, order and case are kept, hop-by-hop fields go",
    "HTTP/1.0 200 Fine\r\nServer: x\r\nKeep-Alive: 5\r\nContent-Length: 2\r\nX: y\r\n\r\nhi",
    "HTTP/1.1 200 Fine\r\nServer: x\r\nX: y\r\nContent-Length: 2\r\nConnection: close\r\n\r\nhi",
    1,
  ],
  [
    "a missing reason is filled in",
    "HTTP/1.1 404\r\nContent-Length: 0\r\n\r\n",
    "HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n",
    1,
  ],
  [
    "an unknown status has an empty reason",
    "HTTP/1.1 299 \r\nContent-Length: 0\r\n\r\n",
    "HTTP/1.1 299 \r\nContent-Length: 0\r\n\r\n",
    1,
  ],
  [
    "a body until close says close",
    "HTTP/1.1 200 OK\r\n\r\nhi",
    "HTTP/1.1 200 OK\r\nConnection: close\r\n\r\nhi",
    1,
  ],
  [
    "an answer to HEAD keeps its length",
    "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n",
    "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n",
    2,
  ],
  [
    "304 keeps its length",
    "HTTP/1.1 304 Not Modified\r\nContent-Length: 5\r\n\r\n",
    "HTTP/1.1 304 Not Modified\r\nContent-Length: 5\r\n\r\n",
    1,
  ],
  [
    "204 has no length",
    "HTTP/1.1 204 No Content\r\nContent-Length: 0\r\n\r\n",
    "HTTP/1.1 204 No Content\r\n\r\n",
    1,
  ],
  [
    "103",
    "HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n",
    "HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n",
    1,
  ],
  [
    "101",
    "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: upgrade\r\n\r\n",
    "HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: websocket\r\n\r\n",
    1,
  ],
];

for (const [name, input, forwarded, methodId] of RESPONSES) {
  Deno.test(`writes a response: ${name}`, () => {
    assertEquals(response(input, methodId).forwarded, forwarded);
  });
}

Deno.test("the writer's flags choose framing, Connection and target", () => {
  codec.readHead("readResponseHead", "HTTP/1.1 200 OK\r\n\r\n");
  codec.startBody(3, 0n);
  assertEquals(
    codec.writeHead("response", WRITE.chunked),
    "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n",
  );
  codec.startBody(2, 0n);
  assertEquals(
    codec.writeHead("response", WRITE.unframed),
    "HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n",
  );
  codec.startBody(1, 18446744073709551615n);
  assertEquals(
    codec.writeHead("response", WRITE.keepAlive),
    "HTTP/1.1 200 OK\r\nContent-Length: 18446744073709551615\r\nConnection: keep-alive\r\n\r\n",
  );
  codec.readHead("readRequestHead", "GET /a?b HTTP/1.1\r\nHost: h\r\n\r\n");
  codec.startBody(0, 0n);
  assertEquals(
    codec.writeHead("request", WRITE.absolute),
    "GET http://h/a?b HTTP/1.1\r\nHost: h\r\n\r\n",
  );
});

Deno.test("too small an output is refused before anything is written", () => {
  codec.readHead("readRequestHead", "GET / HTTP/1.1\r\nHost: h\r\n\r\n");
  codec.startBody(0, 0n);
  const bound = codec.call.wireSizeBound(codec.headAddress());
  assertEquals(codec.writeHead("request", 0, bound - 1), NO_SPACE);
  assertEquals(typeof codec.writeHead("request", 0, bound), "string");
});

Deno.test("no control byte, space or empty token that an edit made gets out", () => {
  const input = "GET /path?query HTTP/1.1\r\nHost: host\r\nX-Name: value\r\n\r\n";
  const places = ["GET", "path", "query", "host", "Name", "value"];
  for (const place of places) {
    for (const bad of ["\r", "\n", "\0", "\x7f", "\x01"]) {
      codec.readHead("readRequestHead", input);
      codec.startBody(0, 0n);
      codec.put(bad, 0x100000 + input.indexOf(place) + 1);
      assertEquals(codec.writeHead("request", 0), UNWRITABLE, `${place} ${JSON.stringify(bad)}`);
    }
  }
  for (const place of ["GET", "path", "query", "host", "Name"]) {
    codec.readHead("readRequestHead", input);
    codec.put(" ", 0x100000 + input.indexOf(place) + 1);
    assertEquals(codec.writeHead("request", 0), UNWRITABLE, place);
  }
  codec.readHead("readRequestHead", input);
  codec.call.setPath(codec.headAddress(), 0x100000, 0);
  assertEquals(codec.writeHead("request", 0), UNWRITABLE);
});
