// Rows about what is meant for one hop, about interim responses, tunnels, and several requests on one
// connection.

import { chunked, get, type Group, HOST, post, row } from "../row.ts";

const REFUSED = "400 closed";
const MUST_HOP = "RFC 9110 section 7.6.1: an intermediary removes Connection and what it names";
const CONTINUE = "HTTP/1.1 100 Continue\r\n\r\n";
const HINTS = "HTTP/1.1 103 Early Hints\r\nLink: </x.css>; rel=preload\r\n\r\n";
const OK = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";
const SWITCHED =
  "HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: websocket\r\n" +
  "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n";
const WEBSOCKET = "Connection: Upgrade\r\nUpgrade: websocket\r\n" +
  "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n";

export const HOPS: Group = {
  name: "Hop by hop",
  rows: [
    row(
      "a field that Connection names",
      get("/", "Connection: x-a\r\nX-A: 1\r\nX-B: 2\r\n"),
      "200 kept | GET / {x-b: 2}",
      {
        fields: ["x-a", "x-b"],
        must: MUST_HOP,
      },
    ),
    row(
      "two fields that Connection names",
      get("/", "Connection: x-a, X-B\r\nX-A: 1\r\nX-B: 2\r\n"),
      "200 kept | GET / {}",
      {
        fields: ["x-a", "x-b"],
        must: MUST_HOP,
      },
    ),
    row("Connection: close", get("/", "Connection: close\r\n"), "200 closed | GET / {}", {
      fields: ["connection"],
      must: "RFC 9112 section 9.6",
    }),
    row(
      "Connection: close among others",
      get("/", "Connection: keep-alive, close\r\n"),
      "200 closed | GET /",
    ),
    row(
      "Keep-Alive",
      get("/", "Keep-Alive: timeout=5\r\nX-A: 1\r\n"),
      "200 kept | GET / {x-a: 1}",
      { fields: ["keep-alive", "x-a"] },
    ),
    row("Proxy-Connection", get("/", "Proxy-Connection: keep-alive\r\n"), "200 kept | GET / {}", {
      fields: ["proxy-connection"],
    }),
    row("TE: gzip", get("/", "TE: gzip\r\nConnection: TE\r\n"), "200 kept | GET / {}", {
      fields: ["te"],
    }),
    row(
      "TE: trailers",
      get("/", "TE: trailers\r\nConnection: TE\r\n"),
      "200 kept | GET / {te: trailers}",
      { fields: ["te"] },
    ),
    row(
      "Connection names Host",
      get("/", "Connection: host\r\n"),
      REFUSED,
      { fields: ["host"] },
    ),
    row(
      "Connection names Content-Length",
      post("Connection: content-length\r\nContent-Length: 3\r\n", "abc"),
      REFUSED,
    ),
    row(
      "Connection names Transfer-Encoding",
      post(
        "Connection: transfer-encoding\r\nTransfer-Encoding: chunked\r\n",
        "3\r\nabc\r\n0\r\n\r\n",
      ),
      REFUSED,
    ),
    row(
      "Connection names X-Forwarded-For",
      get("/", "Connection: x-forwarded-for\r\nX-Forwarded-For: 192.0.2.1\r\n"),
      REFUSED,
      { fields: ["x-forwarded-for"] },
    ),
    row(
      "X-Forwarded-For from the client",
      get("/", "X-Forwarded-For: 192.0.2.1\r\n"),
      "200 kept | GET / {x-forwarded-for: 192.0.2.1, 127.0.0.1}",
      { fields: ["x-forwarded-for"] },
    ),
    row("a Connection field that is no list of tokens", get("/", "Connection: a b\r\n"), REFUSED),
    row("Upgrade without Connection", get("/", "Upgrade: websocket\r\n"), "200 kept | GET / {}", {
      fields: ["upgrade"],
    }),
    row(
      "Authorization",
      get("/", "Authorization: Basic eA==\r\n"),
      "200 kept | GET / {authorization: Basic eA==}",
      { fields: ["authorization"] },
    ),
    row(
      "Cookie twice",
      get("/", "Cookie: a=1\r\nCookie: b=2\r\n"),
      "200 kept | GET / {cookie: a=1; cookie: b=2}",
      { fields: ["cookie"] },
    ),
    row("a response's field that Connection names", get("/"), "200 {x-b: 2} kept | GET /", {
      backend: {
        answer:
          "HTTP/1.1 200 OK\r\nConnection: x-a\r\nX-A: 1\r\nX-B: 2\r\nContent-Length: 0\r\n\r\n",
      },
      answerFields: ["x-a", "x-b"],
      must: MUST_HOP,
    }),
    row("a response with Connection: close", get("/"), "200 kept | GET /", {
      backend: {
        answer: "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 0\r\n\r\n",
        close: true,
      },
    }),
    row("a response with Keep-Alive", get("/"), "200 {} kept | GET /", {
      backend: { answer: "HTTP/1.1 200 OK\r\nKeep-Alive: timeout=5\r\nContent-Length: 0\r\n\r\n" },
      answerFields: ["keep-alive"],
    }),
    row("Set-Cookie twice", get("/"), "200 {set-cookie: a=1; set-cookie: b=2} kept | GET /", {
      backend: {
        answer:
          "HTTP/1.1 200 OK\r\nSet-Cookie: a=1\r\nSet-Cookie: b=2\r\nContent-Length: 0\r\n\r\n",
      },
      answerFields: ["set-cookie"],
    }),
  ],
};

export const INTERIM: Group = {
  name: "Interim responses",
  rows: [
    row(
      "100-continue, answered by the endpoint",
      [post("Expect: 100-continue\r\nContent-Length: 3\r\n"), "abc"],
      '100 200 kept | POST / "abc"',
      {
        backend: { interim: CONTINUE },
      },
    ),
    row(
      "100-continue, with the body at once",
      post("Expect: 100-continue\r\nContent-Length: 3\r\n", "abc"),
      '100 200 kept | POST / "abc"',
      {
        backend: { interim: CONTINUE },
      },
    ),
    row(
      "100-continue, refused by the endpoint",
      [post("Expect: 100-continue\r\nContent-Length: 3\r\n"), ""],
      "417 closed",
      {
        backend: {
          early: true,
          answer: "HTTP/1.1 417 Expectation Failed\r\nContent-Length: 0\r\n\r\n",
        },
      },
    ),
    row(
      "100-continue in capitals",
      post("Expect: 100-CONTINUE\r\nContent-Length: 3\r\n", "abc"),
      '100 200 kept | POST / "abc"',
      {
        backend: { interim: CONTINUE },
      },
    ),
    row(
      "100-continue behind another word",
      post("Expect: y 100-continue\r\nContent-Length: 3\r\n", "abc"),
      "417 closed",
    ),
    row("100-continue without a body", get("/", "Expect: 100-continue\r\n"), "200 kept | GET /"),
    row("100 that states a length", get("/"), "100 200 kept | GET /", {
      backend: { interim: "HTTP/1.1 100 Continue\r\nContent-Length: 2\r\n\r\n" },
      must: "RFC 9112 section 6.3: a 1xx ends with its head",
    }),
    row("another expectation", get("/", "Expect: tea\r\n"), "417 closed"),
    row("103 before the response", get("/"), "103 200 kept | GET /", {
      backend: { interim: HINTS },
    }),
    row("100 and 103 before the response", get("/"), "100 103 200 kept | GET /", {
      backend: { interim: CONTINUE + HINTS },
    }),
    row("103 to an HTTP/1.0 client", `GET / HTTP/1.0\r\n${HOST}\r\n`, "200 closed | GET /", {
      backend: { interim: HINTS },
      must: "RFC 9110 section 15.2: a server does not send a 1xx response to an HTTP/1.0 client",
    }),
    row("102 before the response", get("/"), "102 200 kept | GET /", {
      backend: { interim: "HTTP/1.1 102 Processing\r\n\r\n" },
    }),
  ],
};

export const TUNNELS: Group = {
  name: "Upgrades",
  rows: [
    row("websocket", get("/", WEBSOCKET), '101 tunnel "PING\\n" | GET / {upgrade: websocket}', {
      backend: { answer: SWITCHED, tunnel: true },
      tunnel: "ping\n",
      fields: ["upgrade"],
    }),
    row("websocket, refused", get("/", WEBSOCKET), "200 kept | GET /", {}),
    row(
      "websocket in HTTP/1.0",
      `GET / HTTP/1.0\r\n${HOST}${WEBSOCKET}\r\n`,
      "200 closed | GET / {}",
      { fields: ["upgrade"] },
    ),
    row(
      "h2c",
      get(
        "/",
        "Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABkAAQAAP__\r\n",
      ),
      "200 kept | GET / {}",
      {
        fields: ["upgrade", "http2-settings"],
      },
    ),
    row(
      "h2c in capitals among others",
      get("/", "Connection: upgrade\r\nUpgrade: websocket, H2C\r\n"),
      "200 kept | GET / {}",
      { fields: ["upgrade"] },
    ),
    row(
      "a protocol of its own",
      get("/", "Connection: upgrade\r\nUpgrade: lines\r\n"),
      '101 tunnel "PING\\n" | GET / {upgrade: lines}',
      {
        backend: { answer: SWITCHED.replace("websocket", "lines"), tunnel: true },
        tunnel: "ping\n",
        fields: ["upgrade"],
      },
    ),
    row("101 that nobody asked for", get("/"), "502 kept | GET /", {
      backend: { answer: SWITCHED, tunnel: true },
    }),
    row("the HTTP/2 preface", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", "400 closed"),
  ],
};

export const PIPELINES: Group = {
  name: "Pipelining",
  rows: [
    row("two requests", get("/1") + get("/2"), "200 200 kept | GET /1 | GET /2", { responses: 2 }),
    row(
      "a body between",
      post("Content-Length: 3\r\n", "abc") + get("/2"),
      '200 200 kept | POST / "abc" | GET /2',
      { responses: 2 },
    ),
    row(
      "chunks between",
      chunked("3\r\nabc\r\n0\r\n\r\n") + get("/2"),
      '200 200 kept | POST / "abc" | GET /2',
      { responses: 2 },
    ),
    row(
      "HEAD between",
      `HEAD /1 HTTP/1.1\r\n${HOST}\r\n` + get("/2"),
      "200 200 kept | HEAD /1 | GET /2",
      { responses: 2, methods: ["HEAD"] },
    ),
    row(
      "a bad request behind a good one",
      get("/1") + get("/2", "X-A : b\r\n") + get("/3"),
      "200 400 closed | GET /1",
      { responses: 2 },
    ),
    row(
      "a request behind Connection: close",
      get("/1", "Connection: close\r\n") + get("/2"),
      "200 closed | GET /1",
      {
        must: "RFC 9112 section 9.6: no request behind `close` is processed",
      },
    ),
    row("a request behind a refused one", get("/1", "X-A : b\r\n") + get("/2"), REFUSED),
    row(
      "a request behind an empty line",
      get("/1") + "\r\n" + get("/2"),
      "200 200 kept | GET /1 | GET /2",
      { responses: 2 },
    ),
    row(
      "ten requests",
      Array.from({ length: 10 }, (_, index) => get(`/${index}`)).join(""),
      `200 200 200 200 200 200 200 200 200 200 kept | ${
        Array.from({ length: 10 }, (_, index) => `GET /${index}`).join(" | ")
      }`,
      { responses: 10 },
    ),
    row(
      "a request behind a 400 of its framing",
      post("Content-Length: 3\r\nContent-Length: 4\r\n", "abc") + get("/2"),
      REFUSED,
    ),
  ],
};

export const EARLY: Group = {
  name: "Early responses",
  rows: [
    row(
      "an answer before the body is in",
      [post("Content-Length: 1000\r\n", "abc"), ""],
      "413 closed",
      {
        backend: {
          early: true,
          answer: "HTTP/1.1 413 Content Too Large\r\nContent-Length: 0\r\n\r\n",
        },
      },
    ),
    row("an answer before the chunks are in", [chunked("3\r\nabc\r\n"), ""], "200 closed", {
      backend: { early: true, answer: OK },
    }),
  ],
};
