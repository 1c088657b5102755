// Rows about what an endpoint answers: well formed, malformed, short, long, or not at all.

import { get, type Group, HOST, row } from "../row.ts";
import type { Script } from "../backend.ts";

const BAD = "502 kept | GET /";
const MUST_LENGTH = "RFC 9112 section 6.3: a proxy that gets an invalid Content-Length answers 502";

function answering(
  name: string,
  answer: string,
  wire: string,
  extras: Partial<Script> & { must?: string; showBody?: true } = {},
) {
  const { must, showBody, ...script } = extras;
  return row(name, get("/"), wire, {
    backend: { answer, ...script },
    ...(must ? { must } : {}),
    ...(showBody ? { showBody } : {}),
  });
}

/** A 200 with these field lines and body. */
function ok(fields: string, body = ""): string {
  return `HTTP/1.1 200 OK\r\n${fields}\r\n${body}`;
}

const LENGTH_2 = "Content-Length: 2\r\n";
const CHUNKED = "Transfer-Encoding: chunked\r\n";

export const RESPONSES: Group = {
  name: "Responses",
  rows: [
    answering("a length", ok(LENGTH_2, "ok"), '200 "ok" kept | GET /', { showBody: true }),
    answering("chunks", ok(CHUNKED, "2\r\nok\r\n0\r\n\r\n"), '200 "ok" kept | GET /', {
      showBody: true,
    }),
    answering(
      "chunks with extensions",
      ok(CHUNKED, "2;a=b\r\nok\r\n0\r\n\r\n"),
      '200 "ok" kept | GET /',
      { showBody: true },
    ),
    answering("until the connection ends", ok("", "all of it"), '200 "all of it" kept | GET /', {
      close: true,
      showBody: true,
    }),
    answering(
      "HTTP/1.0 until the connection ends",
      "HTTP/1.0 200 OK\r\n\r\nall of it",
      '200 "all of it" kept | GET /',
      { close: true, showBody: true },
    ),
    row(
      "chunks for an HTTP/1.0 client",
      `GET / HTTP/1.0\r\n${HOST}\r\n`,
      '200 "ok" closed | GET /',
      {
        backend: { answer: ok(CHUNKED, "2\r\nok\r\n0\r\n\r\n") },
        showBody: true,
        must: "RFC 9112 section 6.1: no transfer coding is sent to an HTTP/1.0 client",
      },
    ),
    answering("204", "HTTP/1.1 204 No Content\r\n\r\n", "204 kept | GET /"),
    answering(
      "204 that states a length",
      "HTTP/1.1 204 No Content\r\nContent-Length: 0\r\n\r\n",
      "204 kept | GET /",
    ),
    answering(
      "304 that states a length",
      'HTTP/1.1 304 Not Modified\r\nETag: "x"\r\nContent-Length: 7\r\n\r\n',
      "304 kept | GET /",
      {
        must: "RFC 9112 section 6.3: a 304 ends with its head",
      },
    ),
    answering("205", "HTTP/1.1 205 Reset Content\r\nContent-Length: 0\r\n\r\n", "205 kept | GET /"),
    answering(
      "404 of the endpoint",
      "HTTP/1.1 404 Not Found\r\nContent-Length: 2\r\n\r\nno",
      '404 "no" kept | GET /',
      { showBody: true },
    ),
    answering(
      "500 of the endpoint",
      "HTTP/1.1 500 Oh\r\nContent-Length: 2\r\n\r\nno",
      '500 "no" kept | GET /',
      { showBody: true },
    ),
    answering(
      "a status of its own",
      "HTTP/1.1 299 Fine\r\nContent-Length: 0\r\n\r\n",
      "299 kept | GET /",
    ),
    answering(
      "no reason phrase",
      "HTTP/1.1 200 \r\nContent-Length: 0\r\n\r\n",
      "200 kept | GET /",
      {
        must: "RFC 9112 section 4: the reason phrase may be empty",
      },
    ),
    answering(
      "no space behind the status",
      "HTTP/1.1 200\r\nContent-Length: 0\r\n\r\n",
      "200 kept | GET /",
    ),
    row(
      "HEAD that states a length",
      `HEAD / HTTP/1.1\r\n${HOST}\r\n`,
      "200 {content-length: 1000} kept | HEAD /",
      {
        backend: { answer: ok("Content-Length: 1000\r\n") },
        methods: ["HEAD"],
        answerFields: ["content-length"],
        must: "RFC 9112 section 6.3: a response to HEAD ends with its head",
      },
    ),
    row("HEAD that states chunks", `HEAD / HTTP/1.1\r\n${HOST}\r\n`, "200 kept | HEAD /", {
      backend: { answer: ok(CHUNKED) },
      methods: ["HEAD"],
    }),
    answering(
      "a body of 300 KB",
      ok("Content-Length: 300000\r\n", "x".repeat(300_000)),
      '200 "xxxxxxxx…300000" kept | GET /',
      { showBody: true },
    ),
    answering("obs-text in a value", ok("X-A: \xe9\r\nContent-Length: 0\r\n"), "200 kept | GET /"),
    answering(
      "a trailer",
      ok(CHUNKED, "2\r\nok\r\n0\r\nX-Sum: 1\r\n\r\n"),
      '200 "ok" kept | GET /',
      { showBody: true },
    ),
    answering(
      "redirect of the endpoint",
      "HTTP/1.1 302 Found\r\nLocation: /x\r\nContent-Length: 0\r\n\r\n",
      "302 kept | GET /",
    ),
  ],
};

export const BAD_RESPONSES: Group = {
  name: "Malformed responses",
  rows: [
    answering("bare LF", "HTTP/1.1 200 OK\nContent-Length: 0\n\n", BAD),
    answering("bare LF behind a field", "HTTP/1.1 200 OK\r\nContent-Length: 0\n\r\n", BAD),
    answering("obs-fold", ok("X-A: a\r\n b\r\nContent-Length: 0\r\n"), BAD),
    answering("space before the colon", ok("X-A : b\r\nContent-Length: 0\r\n"), BAD),
    answering("no colon", ok("X-A\r\nContent-Length: 0\r\n"), BAD),
    answering("a name with a space", ok("X A: b\r\nContent-Length: 0\r\n"), BAD),
    answering("NUL in a value", ok("X-A: a\0b\r\nContent-Length: 0\r\n"), BAD),
    answering("a control character in a value", ok("X-A: a\x01b\r\nContent-Length: 0\r\n"), BAD),
    answering("bare CR in a value", ok("X-A: a\rb\r\nContent-Length: 0\r\n"), BAD),
    answering("lengths that differ", ok("Content-Length: 2\r\nContent-Length: 3\r\n", "ok"), BAD, {
      must: MUST_LENGTH,
    }),
    answering(
      "lengths that are the same",
      ok("Content-Length: 2\r\nContent-Length: 2\r\n", "ok"),
      BAD,
    ),
    answering("a length with a plus sign", ok("Content-Length: +2\r\n", "ok"), BAD, {
      must: MUST_LENGTH,
    }),
    answering("a negative length", ok("Content-Length: -2\r\n", "ok"), BAD, { must: MUST_LENGTH }),
    answering("a length that is no number", ok("Content-Length: x\r\n", "ok"), BAD, {
      must: MUST_LENGTH,
    }),
    answering("a length over 2^63", ok("Content-Length: 9223372036854775808\r\n", "ok"), BAD),
    answering("a length beside chunks", ok(`${LENGTH_2}${CHUNKED}`, "2\r\nok\r\n0\r\n\r\n"), BAD),
    answering("gzip before chunked", ok("Transfer-Encoding: gzip, chunked\r\n", "0\r\n\r\n"), BAD),
    answering("another coding", ok("Transfer-Encoding: identity\r\n", "ok"), BAD, { close: true }),
    answering("chunked in HTTP/1.0", `HTTP/1.0 200 OK\r\n${CHUNKED}\r\n2\r\nok\r\n0\r\n\r\n`, BAD),
    answering("nonsense", "SSH-2.0-x\r\n\r\n", BAD),
    answering("http/1.1", "http/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", BAD),
    answering("HTTP/2.0", "HTTP/2.0 200 OK\r\nContent-Length: 0\r\n\r\n", BAD),
    answering("a status of two digits", "HTTP/1.1 20 OK\r\nContent-Length: 0\r\n\r\n", BAD),
    answering("a status of four digits", "HTTP/1.1 2000 OK\r\nContent-Length: 0\r\n\r\n", BAD),
    answering("the status 099", "HTTP/1.1 099 OK\r\nContent-Length: 0\r\n\r\n", BAD),
    answering("the status 600", "HTTP/1.1 600 OK\r\nContent-Length: 0\r\n\r\n", BAD),
    answering("two spaces before the status", "HTTP/1.1  200 OK\r\nContent-Length: 0\r\n\r\n", BAD),
    answering("a head of 300 KiB", ok(`X-A: ${"v".repeat(300_000)}\r\nContent-Length: 0\r\n`), BAD),
    answering("an empty line before the head", `\r\n${ok("Content-Length: 0\r\n")}`, BAD),
    answering(
      "a body shorter than its length",
      ok("Content-Length: 10\r\n", "abc"),
      "200 cut | GET /",
      {
        close: true,
        must:
          "RFC 9112 section 8: a message that ends early is incomplete, and must not look whole",
      },
    ),
    answering("chunks that end early", ok(CHUNKED, "5\r\nab"), "200 cut | GET /", {
      close: true,
      must: "RFC 9112 section 8: a chunked body without its last chunk is incomplete",
    }),
    answering("chunks without the last one", ok(CHUNKED, "2\r\nok\r\n"), "200 cut | GET /", {
      close: true,
      must: "RFC 9112 section 8",
    }),
    answering("a chunk with a bad size", ok(CHUNKED, "zz\r\nok\r\n0\r\n\r\n"), BAD),
    answering("a chunk longer than its size", ok(CHUNKED, "2\r\nokay\r\n0\r\n\r\n"), BAD),
    answering("bare LF behind a chunk's size", ok(CHUNKED, "2\nok\r\n0\r\n\r\n"), BAD),
    answering(
      "bytes behind the body",
      ok(LENGTH_2, "okHTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nevil"),
      '200 "ok" kept | GET /',
      {
        showBody: true,
        must: "RFC 9112 section 6.3: what follows is not part of the response",
      },
    ),
    answering(
      "bytes behind the last chunk",
      ok(CHUNKED, "2\r\nok\r\n0\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nevil"),
      '200 "ok" kept | GET /',
      { showBody: true },
    ),
    answering(
      "a body of a 204",
      "HTTP/1.1 204 No Content\r\nContent-Length: 2\r\n\r\nok",
      "204 kept | GET /",
    ),
    answering(
      "a body of a 304",
      "HTTP/1.1 304 Not Modified\r\nContent-Length: 2\r\n\r\nok",
      "304 kept | GET /",
    ),
    answering("an underscore in a chunk's size", ok(CHUNKED, "0_2\r\nok\r\n0\r\n\r\n"), BAD),
    answering("a vertical tab before a length", ok("Content-Length:\x0b2\r\n", "ok"), BAD, {
      must: MUST_LENGTH,
    }),
    row("a body of HEAD", `HEAD / HTTP/1.1\r\n${HOST}\r\n`, "200 kept | HEAD /", {
      backend: { answer: ok(LENGTH_2, "ok") },
      methods: ["HEAD"],
    }),
    answering("no answer", "", "502 kept | GET / | GET /", { close: true }),
    answering("half a head", "HTTP/1.1 200 OK\r\nContent-", "502 kept | GET /", { close: true }),
    answering(
      "an interim response alone",
      "HTTP/1.1 103 Early Hints\r\n\r\n",
      "103 502 kept | GET /",
      { close: true },
    ),
    row(
      "no answer to a POST",
      `POST / HTTP/1.1\r\n${HOST}Content-Length: 3\r\n\r\nabc`,
      '502 kept | POST / "abc"',
      { backend: { answer: "", close: true } },
    ),
  ],
};
