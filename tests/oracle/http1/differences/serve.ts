// What the `serve` front makes of a row otherwise: the runtime's own server reads it first.
// Each list has one reason; a case that no longer occurs fails as one that is not listed does.

import { differs, type Reason } from "../row.ts";

export const SERVE: readonly Reason[] = [
  {
    reason:
      "The runtime's server has read a whole message and keeps the connection, although the answer says close.",
    cases: [
      differs("serve", "Methods: a method of 40 letters", "501 kept"),
      differs("serve", "Methods: a method in lower case", "501 kept"),
      differs("serve", "Methods: TRACE with a body", "400 kept"),
      differs("serve", "Paths and queries: /a%0d%0ab", "400 kept"),
      differs("serve", "Content-Length: Content_Length beside none", "400 kept"),
      differs("serve", "Transfer-Encoding: Transfer_Encoding beside a length", "400 kept"),
      differs("serve", "Hop by hop: Connection names Host", "400 kept"),
      differs("serve", "Hop by hop: Connection names Content-Length", "400 kept"),
      differs("serve", "Hop by hop: Connection names Transfer-Encoding", "400 kept"),
      differs("serve", "Hop by hop: Connection names X-Forwarded-For", "400 kept"),
      differs("serve", "Interim responses: 100-continue behind another word", "417 kept"),
      differs("serve", "Interim responses: another expectation", "417 kept"),
      differs("serve", "Methods: CONNECT", "400 kept"),
      differs("serve", "Forms of the target: absolute-form of another scheme", "400 kept"),
      differs("serve", "Forms of the target: absolute-form with user information", "400 kept"),
      differs("serve", "Forms of the target: absolute-form with a bad port", "400 kept"),
      differs("serve", "Forms of the target: absolute-form with a bad Host", "400 kept"),
      differs("serve", "Forms of the target: a target of 20 KiB", "414 kept"),
      differs("serve", "Paths and queries: /../a", "400 kept"),
      differs("serve", "Paths and queries: /a/../../b", "400 kept"),
      differs("serve", "Paths and queries: /a%00b", "400 kept"),
      differs("serve", "Paths and queries: /a%zz", "400 kept"),
      differs("serve", "Paths and queries: /a%", "400 kept"),
      differs("serve", "Paths and queries: /a%2", "400 kept"),
      differs("serve", "Paths and queries: a backslash in the path", "400 kept"),
      differs("serve", "Paths and queries: a quotation mark in the path", "400 kept"),
      differs("serve", "Paths and queries: an angle bracket in the path", "400 kept"),
      differs("serve", "Paths and queries: a brace in the path", "400 kept"),
      differs("serve", "Paths and queries: a fragment", "400 kept"),
      differs("serve", "Fields: a name of 2 KiB", "431 kept"),
      differs("serve", "Host: no Host", "400 kept"),
      differs("serve", "Host: an empty Host", "400 kept"),
      differs("serve", "Host: a Host with a space", "400 kept"),
      differs("serve", "Host: a Host with a comma", "400 kept"),
      differs("serve", "Host: a Host with a path", "400 kept"),
      differs("serve", "Host: a Host with user information", "400 kept"),
      differs("serve", "Host: a Host with a query", "400 kept"),
      differs("serve", "Host: a port that is no number", "400 kept"),
      differs("serve", "Host: a port out of range", "400 kept"),
      differs("serve", "Host: an IPv6 address that is open", "400 kept"),
      differs("serve", "Host: a percent escape", "400 kept"),
      differs("serve", "Host: a Host that is not ASCII", "400 kept"),
      differs("serve", "Hop by hop: a Connection field that is no list of tokens", "400 kept"),
    ],
  },
  {
    reason: "The runtime hands no body of a GET request to a handler.",
    cases: [
      differs("serve", "Methods: GET with a body", "200 kept | GET /a"),
      differs("serve", "Transfer-Encoding: of a GET", "200 kept | GET /"),
    ],
  },
  {
    reason:
      "The runtime's server reads the message first and repairs it; the pipeline sees a good one.",
    cases: [
      differs(
        "serve",
        "Forms of the target: absolute-form without a host",
        "200 kept | GET /http:/x",
      ),
      differs("serve", "Forms of the target: absolute-form without Host", "200 kept | GET /x"),
      differs("serve", "Lines: bare LF after the request line", "200 kept | GET /a"),
      differs("serve", "Lines: bare LF after a field", "200 kept | GET /a"),
      differs("serve", "Lines: bare LF as the empty line", "200 kept | GET /a"),
      differs("serve", "Lines: ten empty lines before the request", "200 kept | GET /a"),
      differs("serve", "Fields: 102 fields", "200 kept | GET /a"),
      differs("serve", "Content-Length: twice, the same", '200 kept | POST / "abc"'),
      differs("serve", "Transfer-Encoding: gzip before chunked", "200 kept | POST /"),
      differs("serve", "Chunks: a size of 17 digits", '200 kept | POST / "abc"'),
      differs("serve", "Chunks: a space before a size", '200 kept | POST / "abc"'),
      differs("serve", "Chunks: a space behind a size", '200 kept | POST / "abc"'),
      differs("serve", "Chunks: a quoted extension that is open", '200 kept | POST / "abc"'),
      differs("serve", "Chunks: a semicolon alone", '200 kept | POST / "abc"'),
    ],
  },
  {
    reason: "The runtime's server refuses it itself, before the pipeline sees it.",
    cases: [
      differs("serve", "Fields: a head of 80 KiB", "400 closed"),
      differs("serve", "Transfer-Encoding: identity before chunked", "400 closed"),
    ],
  },
  {
    reason:
      "The runtime's server ends a malformed body by closing the connection or by waiting, without an answer.",
    cases: [
      differs("serve", "Chunks: a size over 2^64", "closed"),
      differs("serve", "Chunks: a size of 2^64-1", "waits"),
      differs("serve", "Chunks: a size that is no number", "closed"),
      differs("serve", "Chunks: a size with 0x", "closed"),
      differs("serve", "Chunks: a size with a plus sign", "closed"),
      differs("serve", "Chunks: a negative size", "closed"),
      differs("serve", "Chunks: no size", "closed"),
      differs("serve", "Chunks: bare LF behind a size", "closed"),
      differs("serve", "Chunks: bare CR behind a size", "closed"),
      differs("serve", "Chunks: bare LF behind the data", "closed"),
      differs("serve", "Chunks: two bytes for the data's CRLF", "closed"),
      differs("serve", "Chunks: data longer than its size", "closed"),
      differs("serve", "Chunks: bare LF in an extension", "closed"),
      differs("serve", "Chunks: bare LF in an extension's text", "closed"),
      differs("serve", "Chunks: a control character in an extension", "closed"),
      differs("serve", "Chunks: an underscore in a size", "closed"),
      differs("serve", "Chunks: bare CR before a size", "closed"),
      differs("serve", "Chunks: an extension without a size", "closed"),
      differs("serve", "Chunks: bare CR in an extension", "closed"),
      differs("serve", "Chunks: two bytes for the last CRLF", "closed"),
      differs("serve", "Chunks: a request behind a bare LF in an extension", "closed"),
      differs("serve", "Chunks: space before a trailer's colon", "closed"),
      differs("serve", "Chunks: a trailer without a colon", "closed"),
      differs("serve", "Chunks: a folded trailer", "closed"),
      differs("serve", "Chunks: NUL in a trailer", "closed"),
      differs("serve", "Chunks: bare LF behind the last chunk", "waits"),
    ],
  },
  {
    reason: "The runtime joins fields of one name and drops trailers, interim responses and `*`.",
    cases: [
      differs("serve", "Forms of the target: OPTIONS *", "200 kept | OPTIONS /*"),
      differs("serve", "Fields: two fields of one name", "200 kept | GET /a {x-a: 1, 2}"),
      differs("serve", "Chunks: a trailer", '200 kept | POST / "abc"'),
      differs("serve", "Chunks: Content-Length as a trailer", '200 kept | POST / "abc"'),
      differs("serve", "Chunks: Host as a trailer", '200 kept | POST / "abc"'),
      differs("serve", "Chunks: Transfer-Encoding as a trailer", '200 kept | POST / "abc"'),
      differs("serve", "Hop by hop: Cookie twice", "200 kept | GET / {cookie: a=1; b=2}"),
      differs("serve", "Interim responses: 100 that states a length", "200 kept | GET /"),
      differs("serve", "Interim responses: 103 before the response", "200 kept | GET /"),
      differs("serve", "Interim responses: 100 and 103 before the response", "200 kept | GET /"),
      differs("serve", "Interim responses: 102 before the response", "200 kept | GET /"),
      differs("serve", "Malformed responses: an interim response alone", "502 kept | GET /"),
    ],
  },
  {
    reason:
      "The runtime hands out no connection: Upgrade is taken out of the request, and 101 can't be passed on.",
    cases: [
      differs("serve", "Upgrades: websocket", "502 kept | GET / {}"),
      differs("serve", "Upgrades: a protocol of its own", "502 kept | GET / {}"),
    ],
  },
  {
    reason:
      "The runtime's server takes the rest of a body before it does anything else with the connection.",
    cases: [
      differs("serve", "Interim responses: 100-continue, refused by the endpoint", "100 417 waits"),
      differs("serve", "Early responses: an answer before the body is in", "413 waits"),
      differs("serve", "Early responses: an answer before the chunks are in", "200 waits"),
    ],
  },
  {
    reason:
      "The runtime's server does not keep connections of HTTP/1.0 and reads only versions that it knows.",
    cases: [
      differs("serve", "Versions: HTTP/1.0 without Host", "400 closed"),
      differs("serve", "Versions: HTTP/1.0 that asks to be kept", "200 closed | GET /a"),
      differs("serve", "Versions: HTTP/1.2", "400 closed"),
      differs("serve", "Versions: HTTP/2.0", "400 closed"),
    ],
  },
  {
    reason: "The runtime sends a 205 without framing.",
    cases: [
      differs("serve", "Responses: 205", "205 waits | GET /"),
    ],
  },
  {
    reason: "The runtime's server speaks HTTP/2 where a connection begins with its preface.",
    cases: [
      differs("serve", "Upgrades: the HTTP/2 preface", "waits"),
    ],
  },
];
