// Rows about the request target: its forms, its characters, dot segments and escapes.

import { get, type Group, HOST, row } from "../row.ts";

const REFUSED = "400 closed";

export const FORMS: Group = {
  name: "Forms of the target",
  rows: [
    row("absolute-form", get("http://b.example/x"), "200 kept | GET /x {host: b.example}", {
      fields: ["host"],
      must: "RFC 9112 section 3.2.2: a proxy ignores Host and replaces it with the target's",
    }),
    row(
      "absolute-form without a path",
      get("http://b.example"),
      "200 kept | GET / {host: b.example}",
      { fields: ["host"] },
    ),
    row(
      "absolute-form with a query alone",
      get("http://b.example?q"),
      "200 kept | GET /?q {host: b.example}",
      { fields: ["host"] },
    ),
    row(
      "absolute-form, scheme in capitals",
      get("HTTP://b.example/x"),
      "200 kept | GET /x {host: b.example}",
      { fields: ["host"] },
    ),
    row(
      "absolute-form of https",
      get("https://b.example/x"),
      "200 kept | GET /x {host: b.example}",
      { fields: ["host"] },
    ),
    row("absolute-form of another scheme", get("ftp://b.example/x"), REFUSED),
    row("absolute-form with user information", get("http://u:p@b.example/x"), REFUSED),
    row("absolute-form without a host", get("http:///x"), REFUSED),
    row("absolute-form with a bad port", get("http://b.example:x/"), REFUSED),
    row("absolute-form without Host", "GET http://b.example/x HTTP/1.1\r\n\r\n", REFUSED, {
      must: "RFC 9112 section 3.2",
    }),
    row(
      "absolute-form with a bad Host",
      "GET http://b.example/x HTTP/1.1\r\nHost: a b\r\n\r\n",
      REFUSED,
      {
        must: "RFC 9112 section 3.2",
      },
    ),
    row("OPTIONS *", `OPTIONS * HTTP/1.1\r\n${HOST}\r\n`, "200 kept | OPTIONS *"),
    row("GET *", get("*"), REFUSED),
    row("authority-form", get("a.example:80"), REFUSED),
    row("no slash", get("a"), REFUSED),
    row("a query alone", get("?q"), REFUSED),
    row("a target of 20 KiB", get(`/${"x".repeat(20_000)}`), "414 closed"),
    row("a target of 8 KiB", get(`/${"x".repeat(8_000)}`), "200 kept | GET /xxxxxxx…8001"),
  ],
};

export const PATHS: Group = {
  name: "Paths and queries",
  rows: [
    row("/a/../b", get("/a/../b"), "200 kept | GET /b"),
    row("/a/./b", get("/a/./b"), "200 kept | GET /a/b"),
    row("/../a", get("/../a"), REFUSED),
    row("/a/../../b", get("/a/../../b"), REFUSED),
    row("/a/..", get("/a/.."), "200 kept | GET /"),
    row("/a/%2e%2e/b", get("/a/%2e%2e/b"), "200 kept | GET /b"),
    row("/a/.%2E/b", get("/a/.%2E/b"), "200 kept | GET /b"),
    row("//a", get("//a"), "200 kept | GET /a"),
    row("/a//b", get("/a//b"), "200 kept | GET /a/b"),
    row("/a/..;/b", get("/a/..;/b"), "200 kept | GET /a/..;/b"),
    row("/%61", get("/%61"), "200 kept | GET /a"),
    row("/a%2fb", get("/a%2fb"), "200 kept | GET /a%2Fb"),
    row("/a%2Fb", get("/a%2Fb"), "200 kept | GET /a%2Fb"),
    row("/a%20b", get("/a%20b"), "200 kept | GET /a%20b"),
    row("/a%5cb", get("/a%5cb"), "200 kept | GET /a%5Cb"),
    row("/a%00b", get("/a%00b"), REFUSED),
    row("/a%0d%0ab", get("/a%0d%0ab"), REFUSED),
    row("/a%zz", get("/a%zz"), REFUSED),
    row("/a%", get("/a%"), REFUSED),
    row("/a%2", get("/a%2"), REFUSED),
    row("/~u", get("/~u"), "200 kept | GET /~u"),
    row("/a;b=c", get("/a;b=c"), "200 kept | GET /a;b=c"),
    row("/a|b", get("/a|b"), "200 kept | GET /a|b"),
    row("/a[b]", get("/a[b]"), "200 kept | GET /a[b]"),
    row("a backslash in the path", get("/a\\b"), REFUSED),
    row("a quotation mark in the path", get('/a"b'), REFUSED),
    row("an angle bracket in the path", get("/a<b"), REFUSED),
    row("a brace in the path", get("/a{b"), REFUSED),
    row("a fragment", get("/a#b"), REFUSED),
    row("a target that is not ASCII", get("/\xe9"), REFUSED),
    row("NUL in the target", get("/a\0b"), REFUSED),
    row("a control character in the target", get("/a\x01b"), REFUSED),
    row("a tab in the target", get("/a\tb"), REFUSED),
    row("a space in the target", get("/a b"), REFUSED),
    row("a query", get("/a?b=c&d"), "200 kept | GET /a?b=c&d"),
    row("an empty query", get("/a?"), "200 kept | GET /a?"),
    row("a second question mark", get("/a?b?c"), "200 kept | GET /a?b?c"),
    row("dot segments in the query", get("/a?b=../c"), "200 kept | GET /a?b=../c"),
    row("a bad escape in the query", get("/a?b=%zz"), "200 kept | GET /a?b=%zz"),
    row(
      "a slash behind dot segments in the query",
      get("/a/../b?c=//d"),
      "200 kept | GET /b?c=//d",
    ),
  ],
};
