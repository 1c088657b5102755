// What the peers make of request targets otherwise.
// Each list has one reason; a case that no longer occurs fails as one that is not listed does.

import { differs, type Reason } from "../row.ts";

export const PATHS: readonly Reason[] = [
  {
    reason:
      "Passes the target on as it was sent; what it is compared with is normalised, if at all.",
    cases: [
      differs("nginx HAProxy", "Paths and queries: /a/../b", "200 kept | GET /a/../b"),
      differs("nginx HAProxy", "Paths and queries: /a/./b", "200 kept | GET /a/./b"),
      differs("HAProxy", "Paths and queries: /../a", "200 kept | GET /../a"),
      differs("HAProxy", "Paths and queries: /a/../../b", "200 kept | GET /a/../../b"),
      differs("nginx HAProxy", "Paths and queries: /a/..", "200 kept | GET /a/.."),
      differs("nginx HAProxy", "Paths and queries: /a/%2e%2e/b", "200 kept | GET /a/%2e%2e/b"),
      differs("nginx HAProxy", "Paths and queries: /a/.%2E/b", "200 kept | GET /a/.%2E/b"),
      differs("nginx HAProxy", "Paths and queries: //a", "200 kept | GET //a"),
      differs("nginx HAProxy", "Paths and queries: /a//b", "200 kept | GET /a//b"),
      differs("nginx HAProxy", "Paths and queries: /%61", "200 kept | GET /%61"),
      differs("nginx HAProxy", "Paths and queries: /a%2fb", "200 kept | GET /a%2fb"),
      differs("nginx HAProxy", "Paths and queries: /a%5cb", "200 kept | GET /a%5cb"),
      differs("nginx HAProxy", "Paths and queries: /a%0d%0ab", "200 kept | GET /a%0d%0ab"),
      differs(
        "nginx HAProxy",
        "Paths and queries: a slash behind dot segments in the query",
        "200 kept | GET /a/../b?c=//d",
      ),
    ],
  },
  {
    reason: "Normalises the path, but keeps the escapes that stay as they were written.",
    cases: [
      differs("Envoy", "Paths and queries: /a%2fb", "200 kept | GET /a%2fb"),
      differs("Envoy", "Paths and queries: /a%5cb", "200 kept | GET /a%5cb"),
      differs("Envoy", "Paths and queries: /a%0d%0ab", "200 kept | GET /a%0d%0ab"),
    ],
  },
  {
    reason:
      "Drops dot segments above the root, and `..;` as a dot segment; RAUTA refuses the one and takes the other for a name.",
    cases: [
      differs("Envoy", "Paths and queries: /../a", "200 kept | GET /a"),
      differs("Envoy", "Paths and queries: /a/../../b", "200 kept | GET /b"),
      differs("Envoy", "Paths and queries: /a/..;/b", "200 kept | GET /b"),
    ],
  },
  {
    reason:
      "Takes characters that RFC 3986 does not allow in a path, some of them escaped on the way.",
    cases: [
      differs("Envoy", "Paths and queries: /a|b", "200 kept | GET /a%7Cb"),
      differs(
        "nginx HAProxy",
        "Paths and queries: a backslash in the path",
        "200 kept | GET /a\\b",
      ),
      differs("Envoy", "Paths and queries: a backslash in the path", "200 kept | GET /a/b"),
      differs(
        "nginx HAProxy",
        "Paths and queries: a quotation mark in the path",
        '200 kept | GET /a"b',
      ),
      differs("Envoy", "Paths and queries: a quotation mark in the path", "200 kept | GET /a%22b"),
      differs(
        "nginx HAProxy",
        "Paths and queries: an angle bracket in the path",
        "200 kept | GET /a<b",
      ),
      differs("Envoy", "Paths and queries: an angle bracket in the path", "200 kept | GET /a%3Cb"),
      differs("nginx HAProxy", "Paths and queries: a brace in the path", "200 kept | GET /a{b"),
      differs("Envoy", "Paths and queries: a brace in the path", "200 kept | GET /a%7Bb"),
      differs("nginx", "Paths and queries: a fragment", "200 kept | GET /a#b"),
      differs("nginx", "Paths and queries: a target that is not ASCII", "200 kept | GET /é"),
    ],
  },
  {
    reason: "Takes escapes that are none, or a NUL.",
    cases: [
      differs("HAProxy", "Paths and queries: /a%00b", "200 kept | GET /a%00b"),
      differs("HAProxy Envoy", "Paths and queries: /a%zz", "200 kept | GET /a%zz"),
      differs("HAProxy Envoy", "Paths and queries: /a%", "200 kept | GET /a%"),
      differs("HAProxy Envoy", "Paths and queries: /a%2", "200 kept | GET /a%2"),
    ],
  },
  {
    reason:
      "Reads or refuses forms of the target by rules of its own (`*`, absolute-form, a Host that differs from it).",
    cases: [
      differs("HAProxy", "Forms of the target: absolute-form", "400 closed"),
      differs("HAProxy", "Forms of the target: absolute-form without a path", "400 closed"),
      differs("HAProxy", "Forms of the target: absolute-form with a query alone", "400 closed"),
      differs("Envoy", "Forms of the target: absolute-form with a query alone", "404 kept"),
      differs("HAProxy", "Forms of the target: absolute-form, scheme in capitals", "400 closed"),
      differs("HAProxy", "Forms of the target: absolute-form of https", "400 closed"),
      differs("Envoy", "Forms of the target: absolute-form of https", "403 closed"),
      differs("nginx", "Forms of the target: absolute-form of another scheme", "200 kept | GET /x"),
      differs(
        "Envoy",
        "Forms of the target: absolute-form with user information",
        "200 kept | GET /x",
      ),
      differs(
        "HAProxy",
        "Forms of the target: absolute-form without Host",
        "200 kept | GET http://b.example/x",
      ),
      differs("Envoy", "Forms of the target: absolute-form without Host", "200 kept | GET /x"),
      differs("Envoy", "Forms of the target: absolute-form with a bad Host", "200 kept | GET /x"),
      differs("nginx", "Forms of the target: OPTIONS *", "400 closed"),
      differs("Envoy", "Forms of the target: OPTIONS *", "404 kept"),
    ],
  },
];
