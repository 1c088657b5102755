// Rows about the start line and the lines of a request's head.

import { get, type Group, HOST, row } from "../row.ts";

const REFUSED = "400 closed";

export const METHODS: Group = {
  name: "Methods",
  rows: [
    row("GET", get("/a"), "200 kept | GET /a"),
    row("HEAD", `HEAD /a HTTP/1.1\r\n${HOST}\r\n`, "200 kept | HEAD /a", { methods: ["HEAD"] }),
    row(
      "POST",
      `POST /a HTTP/1.1\r\n${HOST}Content-Length: 3\r\n\r\nabc`,
      '200 kept | POST /a "abc"',
    ),
    row("PUT", `PUT /a HTTP/1.1\r\n${HOST}Content-Length: 3\r\n\r\nabc`, '200 kept | PUT /a "abc"'),
    row(
      "PATCH",
      `PATCH /a HTTP/1.1\r\n${HOST}Content-Length: 3\r\n\r\nabc`,
      '200 kept | PATCH /a "abc"',
    ),
    row("DELETE", `DELETE /a HTTP/1.1\r\n${HOST}\r\n`, "200 kept | DELETE /a"),
    row("OPTIONS of a path", `OPTIONS /a HTTP/1.1\r\n${HOST}\r\n`, "200 kept | OPTIONS /a"),
    row(
      "TRACE with a body",
      `TRACE /a HTTP/1.1\r\n${HOST}Content-Length: 3\r\n\r\nabc`,
      REFUSED,
    ),
    row("TRACE", `TRACE /a HTTP/1.1\r\n${HOST}\r\n`, "200 kept | TRACE /a"),
    row("GET with a body", get("/a", "Content-Length: 3\r\n") + "abc", '200 kept | GET /a "abc"'),
    row(
      "DELETE with a body",
      `DELETE /a HTTP/1.1\r\n${HOST}Content-Length: 3\r\n\r\nabc`,
      '200 kept | DELETE /a "abc"',
    ),
    row("POST without a body", `POST /a HTTP/1.1\r\n${HOST}\r\n`, "200 kept | POST /a"),
    row("a method of its own", `BREW /a HTTP/1.1\r\n${HOST}\r\n`, "200 kept | BREW /a"),
    row("a method with a dash", `M-SEARCH /a HTTP/1.1\r\n${HOST}\r\n`, "200 kept | M-SEARCH /a"),
    row("a method in lower case", `get /a HTTP/1.1\r\n${HOST}\r\n`, "501 closed"),
    row("a method that is no token", `G@T /a HTTP/1.1\r\n${HOST}\r\n`, REFUSED),
    row("a method of 40 letters", `${"M".repeat(40)} /a HTTP/1.1\r\n${HOST}\r\n`, "501 closed"),
    row("CONNECT", "CONNECT a.example:443 HTTP/1.1\r\nHost: a.example:443\r\n\r\n", "501 closed"),
    row("CONNECT of a path", `CONNECT / HTTP/1.1\r\n${HOST}\r\n`, REFUSED),
    row("no method", ` /a HTTP/1.1\r\n${HOST}\r\n`, REFUSED),
  ],
};

export const VERSIONS: Group = {
  name: "Versions",
  rows: [
    row("HTTP/1.0", `GET /a HTTP/1.0\r\n${HOST}\r\n`, "200 closed | GET /a"),
    row("HTTP/1.0 without Host", "GET /a HTTP/1.0\r\n\r\n", "200 closed | GET /a"),
    row(
      "HTTP/1.0 that asks to be kept",
      `GET /a HTTP/1.0\r\n${HOST}Connection: keep-alive\r\n\r\n`,
      "200 kept | GET /a",
    ),
    row("HTTP/1.2", `GET /a HTTP/1.2\r\n${HOST}\r\n`, "200 kept | GET /a", {
      must: "RFC 9110 section 2.5: a higher minor version is read as the highest one supported",
    }),
    row("HTTP/2.0", `GET /a HTTP/2.0\r\n${HOST}\r\n`, "505 closed"),
    row("HTTP/0.9", "GET /a\r\n\r\n", REFUSED),
    row("http/1.1", `GET /a http/1.1\r\n${HOST}\r\n`, REFUSED, {
      must: "RFC 9112 section 2.3: HTTP-name is case-sensitive",
    }),
    row("HTTP/1.10", `GET /a HTTP/1.10\r\n${HOST}\r\n`, REFUSED),
    row("HTTP/01.1", `GET /a HTTP/01.1\r\n${HOST}\r\n`, REFUSED),
    row("HTTP/1", `GET /a HTTP/1\r\n${HOST}\r\n`, REFUSED),
    row("HTTP/1,1", `GET /a HTTP/1,1\r\n${HOST}\r\n`, REFUSED),
    row("a word behind the version", `GET /a HTTP/1.1 x\r\n${HOST}\r\n`, REFUSED),
  ],
};

export const LINES: Group = {
  name: "Lines",
  rows: [
    row("bare LF after the request line", `GET /a HTTP/1.1\n${HOST}\r\n`, REFUSED),
    row("bare LF after a field", `GET /a HTTP/1.1\r\nHost: a.example\n\r\n`, REFUSED),
    row("bare LF as the empty line", `GET /a HTTP/1.1\r\n${HOST}\n`, REFUSED),
    row("bare CR in a value", get("/a", "X-A: a\rb\r\n"), REFUSED, {
      must: "RFC 9112 section 2.2: a bare CR is invalid or replaced with SP",
    }),
    row("CR CR LF after a field", `GET /a HTTP/1.1\r\nHost: a.example\r\r\n\r\n`, REFUSED),
    row("obs-fold", get("/a", "X-A: a\r\n b\r\n"), REFUSED, { fields: ["x-a"] }),
    row("obs-fold with a tab", get("/a", "X-A: a\r\n\tb\r\n"), REFUSED, { fields: ["x-a"] }),
    row("space before the first field", `GET /a HTTP/1.1\r\n ${HOST}\r\n`, REFUSED),
    row("a folded first line", `GET /a HTTP/1.1\r\n X-A: b\r\n${HOST}\r\n`, REFUSED),
    row("an empty line before the request", `\r\n${get("/a")}`, "200 kept | GET /a", {
      must: "RFC 9112 section 2.2: ignore at least one empty line before the request-line",
    }),
    row("ten empty lines before the request", `${"\r\n".repeat(10)}${get("/a")}`, REFUSED),
    row("two spaces before the target", `GET  /a HTTP/1.1\r\n${HOST}\r\n`, REFUSED),
    row("two spaces before the version", `GET /a  HTTP/1.1\r\n${HOST}\r\n`, REFUSED),
    row("a tab before the target", `GET\t/a HTTP/1.1\r\n${HOST}\r\n`, REFUSED),
    row("a space behind the version", `GET /a HTTP/1.1 \r\n${HOST}\r\n`, REFUSED),
    row("a space before the method", ` GET /a HTTP/1.1\r\n${HOST}\r\n`, REFUSED),
  ],
};

export const FIELDS: Group = {
  name: "Fields",
  rows: [
    row("space before the colon", get("/a", "X-A : b\r\n"), REFUSED, {
      must: "RFC 9112 section 5.1: a server rejects space between field name and colon with 400",
    }),
    row("a tab before the colon", get("/a", "X-A\t: b\r\n"), REFUSED, {
      must: "RFC 9112 section 5.1",
    }),
    row("no name", get("/a", ": b\r\n"), REFUSED),
    row("no colon", get("/a", "X-A\r\n"), REFUSED),
    row("a name with an at sign", get("/a", "X@A: b\r\n"), REFUSED),
    row("a name with a parenthesis", get("/a", "X(A: b\r\n"), REFUSED),
    row("a name that is not ASCII", get("/a", "X\xe9A: b\r\n"), REFUSED),
    row("a name with NUL", get("/a", "X\0A: b\r\n"), REFUSED),
    row("a name with an underscore", get("/a", "X_A: b\r\n"), "200 kept | GET /a {x_a: b}", {
      fields: ["x_a"],
    }),
    row("NUL in a value", get("/a", "X-A: a\0b\r\n"), REFUSED, {
      must: "RFC 9110 section 5.5: CR, LF and NUL are invalid and rejected, or replaced with SP",
    }),
    row("a control character in a value", get("/a", "X-A: a\x01b\r\n"), REFUSED, {
      fields: ["x-a"],
    }),
    row("DEL in a value", get("/a", "X-A: a\x7fb\r\n"), REFUSED, { fields: ["x-a"] }),
    row("obs-text in a value", get("/a", "X-A: \xe9\r\n"), "200 kept | GET /a {x-a: \xe9}", {
      fields: ["x-a"],
    }),
    row("a tab in a value", get("/a", "X-A: a\tb\r\n"), "200 kept | GET /a {x-a: a\tb}", {
      fields: ["x-a"],
    }),
    row("space around a value", get("/a", "X-A: \t b \t\r\n"), "200 kept | GET /a {x-a: b}", {
      fields: ["x-a"],
    }),
    row("an empty value", get("/a", "X-A:\r\n"), "200 kept | GET /a {x-a: }", { fields: ["x-a"] }),
    row(
      "two fields of one name",
      get("/a", "X-A: 1\r\nX-A: 2\r\n"),
      "200 kept | GET /a {x-a: 1; x-a: 2}",
      { fields: ["x-a"] },
    ),
    row(
      "a value of 32 KiB",
      get("/a", `X-A: ${"v".repeat(32_768)}\r\n`),
      '200 kept | GET /a {x-a: "vvvvvvvv…32768"}',
      { fields: ["x-a"] },
    ),
    row(
      "a head of 80 KiB",
      get("/a", `X-A: ${"v".repeat(40_000)}\r\nX-B: ${"v".repeat(40_000)}\r\n`),
      "431 closed",
    ),
    row("102 fields", get("/a", "X-A: b\r\n".repeat(101)), "431 closed"),
    row("a name of 2 KiB", get("/a", `${"n".repeat(2_048)}: b\r\n`), "431 closed"),
  ],
};

export const HOSTS: Group = {
  name: "Host",
  rows: [
    row("no Host", "GET /a HTTP/1.1\r\n\r\n", REFUSED, { must: "RFC 9112 section 3.2" }),
    row("Host twice, the same", `GET /a HTTP/1.1\r\n${HOST}${HOST}\r\n`, REFUSED, {
      must: "RFC 9112 section 3.2",
    }),
    row("Host twice, different", `GET /a HTTP/1.1\r\n${HOST}Host: b.example\r\n\r\n`, REFUSED, {
      must: "RFC 9112 section 3.2",
    }),
    row("an empty Host", "GET /a HTTP/1.1\r\nHost:\r\n\r\n", REFUSED),
    row("a Host with a space", "GET /a HTTP/1.1\r\nHost: a b\r\n\r\n", REFUSED, {
      must: "RFC 9112 section 3.2",
    }),
    row("a Host with a comma", "GET /a HTTP/1.1\r\nHost: a.example, b.example\r\n\r\n", REFUSED),
    row("a Host with a path", "GET /a HTTP/1.1\r\nHost: a.example/b\r\n\r\n", REFUSED, {
      must: "RFC 9112 section 3.2",
    }),
    row("a Host with user information", "GET /a HTTP/1.1\r\nHost: u@a.example\r\n\r\n", REFUSED, {
      must: "RFC 9112 section 3.2: a Host field with an invalid value is answered with 400",
    }),
    row("a Host with a query", "GET /a HTTP/1.1\r\nHost: a.example?b\r\n\r\n", REFUSED),
    row("a Host with a port", "GET /a HTTP/1.1\r\nHost: a.example:80\r\n\r\n", "200 kept | GET /a"),
    row(
      "a Host with an empty port",
      "GET /a HTTP/1.1\r\nHost: a.example:\r\n\r\n",
      "200 kept | GET /a",
    ),
    row("a port that is no number", "GET /a HTTP/1.1\r\nHost: a.example:b\r\n\r\n", REFUSED),
    row("a port out of range", "GET /a HTTP/1.1\r\nHost: a.example:99999\r\n\r\n", REFUSED),
    row("an IPv6 address", "GET /a HTTP/1.1\r\nHost: [::1]:80\r\n\r\n", "200 kept | GET /a"),
    row("an IPv6 address that is open", "GET /a HTTP/1.1\r\nHost: [::1\r\n\r\n", REFUSED),
    row("an IPv4 address", "GET /a HTTP/1.1\r\nHost: 192.0.2.1\r\n\r\n", "200 kept | GET /a"),
    row("a trailing dot", "GET /a HTTP/1.1\r\nHost: a.example.\r\n\r\n", "200 kept | GET /a"),
    row("capitals", "GET /a HTTP/1.1\r\nHost: A.Example\r\n\r\n", "200 kept | GET /a"),
    row("an underscore", "GET /a HTTP/1.1\r\nHost: a_b.example\r\n\r\n", "200 kept | GET /a"),
    row("a percent escape", "GET /a HTTP/1.1\r\nHost: a%2eexample\r\n\r\n", REFUSED),
    row("a Host that is not ASCII", "GET /a HTTP/1.1\r\nHost: \xe9.example\r\n\r\n", REFUSED),
    row("space before the colon of Host", "GET /a HTTP/1.1\r\nHost : a.example\r\n\r\n", REFUSED, {
      must: "RFC 9112 section 5.1",
    }),
  ],
};
