// What the peers make of hops, interim responses, upgrades and early responses otherwise.
// Each list has one reason; a case that no longer occurs fails as one that is not listed does.

import { differs, type Reason } from "../row.ts";

export const HOPS: readonly Reason[] = [
  {
    reason:
      "Passes on an expectation that RFC 9110 section 10.1.1 lets a server answer with 417, as RAUTA does.",
    cases: [
      differs(
        "nginx HAProxy Envoy",
        "Interim responses: 100-continue behind another word",
        '200 kept | POST / "abc"',
      ),
      differs(
        "nginx HAProxy Envoy",
        "Interim responses: another expectation",
        "200 kept | GET /",
      ),
    ],
  },
  {
    reason:
      "Passes on fields that Connection names, or that are for one hop; RFC 9110 section 7.6.1 asks for them to be removed.",
    cases: [
      differs(
        "nginx HAProxy",
        "Hop by hop: a field that Connection names",
        "200 kept | GET / {x-a: 1; x-b: 2}",
      ),
      differs(
        "nginx HAProxy",
        "Hop by hop: two fields that Connection names",
        "200 kept | GET / {x-a: 1; x-b: 2}",
      ),
      differs(
        "HAProxy",
        "Hop by hop: Keep-Alive",
        "200 kept | GET / {keep-alive: timeout=5; x-a: 1}",
      ),
      differs(
        "nginx HAProxy",
        "Hop by hop: Proxy-Connection",
        "200 kept | GET / {proxy-connection: keep-alive}",
      ),
      differs(
        "nginx",
        "Hop by hop: Connection names X-Forwarded-For",
        "200 kept | GET / {x-forwarded-for: 192.0.2.1, 127.0.0.1}",
      ),
      differs(
        "HAProxy",
        "Hop by hop: Connection names X-Forwarded-For",
        "200 kept | GET / {x-forwarded-for: 192.0.2.1; x-forwarded-for: 127.0.0.1}",
      ),
      differs(
        "nginx HAProxy",
        "Hop by hop: a Connection field that is no list of tokens",
        "200 kept | GET /",
      ),
      differs(
        "nginx",
        "Hop by hop: Upgrade without Connection",
        "200 kept | GET / {upgrade: websocket}",
      ),
      differs(
        "nginx HAProxy Envoy",
        "Hop by hop: a response's field that Connection names",
        "200 {x-a: 1; x-b: 2} kept | GET /",
      ),
      differs(
        "HAProxy",
        "Hop by hop: a response with Keep-Alive",
        "200 {keep-alive: timeout=5} kept | GET /",
      ),
    ],
  },
  {
    reason: "Has rules of its own for fields between hops.",
    cases: [
      differs("nginx", "Hop by hop: TE: trailers", "200 kept | GET / {}"),
      differs(
        "nginx HAProxy",
        "Hop by hop: Connection names Host",
        "200 kept | GET / {host: a.example}",
      ),
      differs(
        "nginx HAProxy Envoy",
        "Hop by hop: Connection names Content-Length",
        '200 kept | POST / "abc"',
      ),
      differs(
        "nginx HAProxy Envoy",
        "Hop by hop: Connection names Transfer-Encoding",
        '200 kept | POST / "abc"',
      ),
      differs(
        "Envoy",
        "Hop by hop: a Connection field that is no list of tokens",
        "200 kept | GET /",
      ),
    ],
  },
  {
    reason: "Writes X-Forwarded-For in another form, or with an address of its own choice.",
    cases: [
      differs(
        "HAProxy",
        "Hop by hop: X-Forwarded-For from the client",
        "200 kept | GET / {x-forwarded-for: 192.0.2.1; x-forwarded-for: 127.0.0.1}",
      ),
      differs(
        "Envoy",
        "Hop by hop: X-Forwarded-For from the client",
        "200 kept | GET / {x-forwarded-for: 192.0.2.1,192.0.2.2}",
      ),
    ],
  },
  {
    reason:
      "Answers, drops or can't follow interim responses; Envoy and HAProxy send 103 to HTTP/1.0 clients, too.",
    cases: [
      differs(
        "nginx",
        "Interim responses: 100-continue, answered by the endpoint",
        '100 waits | POST / "abc"',
      ),
      differs(
        "nginx",
        "Interim responses: 100-continue, with the body at once",
        '100 waits | POST / "abc"',
      ),
      differs("nginx", "Interim responses: 100-continue, refused by the endpoint", "100 waits"),
      differs(
        "HAProxy",
        "Interim responses: 100-continue, refused by the endpoint",
        '417 400 closed | POST / "GET"',
      ),
      differs("nginx", "Interim responses: 100-continue in capitals", '100 waits | POST / "abc"'),
      differs("nginx", "Interim responses: 100-continue without a body", "100 200 kept | GET /"),
      differs("nginx", "Interim responses: 100 that states a length", "100 waits | GET /"),
      differs("Envoy", "Interim responses: 100 that states a length", "502 kept | GET /"),
      differs("nginx", "Interim responses: 100 and 103 before the response", "waits | GET /"),
      differs(
        "Envoy",
        "Interim responses: 100 and 103 before the response",
        "100 200 kept | GET /",
      ),
      differs(
        "HAProxy Envoy",
        "Interim responses: 103 to an HTTP/1.0 client",
        "103 200 closed | GET /",
      ),
      differs("nginx", "Interim responses: 102 before the response", "waits | GET /"),
    ],
  },
  {
    reason:
      "Waits for the rest of the body, or leaves the connection open, after an early response.",
    cases: [
      differs("nginx", "Early responses: an answer before the body is in", "waits"),
      differs("HAProxy", "Early responses: an answer before the body is in", "413 waits"),
      differs("nginx", "Early responses: an answer before the chunks are in", "waits"),
    ],
  },
  {
    reason: "Other rules for upgrades: which protocols, which version, whether it was asked for.",
    cases: [
      differs("Envoy", "Upgrades: websocket, refused", "200 closed | GET /"),
      differs(
        "nginx HAProxy Envoy",
        "Upgrades: websocket in HTTP/1.0",
        "200 closed | GET / {upgrade: websocket}",
      ),
      differs(
        "nginx",
        "Upgrades: h2c",
        "200 kept | GET / {upgrade: h2c; http2-settings: AAMAAABkAAQAAP__}",
      ),
      differs("HAProxy", "Upgrades: h2c", "200 kept | GET / {http2-settings: AAMAAABkAAQAAP__}"),
      differs(
        "nginx",
        "Upgrades: h2c in capitals among others",
        "200 kept | GET / {upgrade: websocket, H2C}",
      ),
      differs("HAProxy", "Upgrades: h2c in capitals among others", "400 closed"),
      differs("Envoy", "Upgrades: h2c in capitals among others", "403 closed"),
      differs("Envoy", "Upgrades: a protocol of its own", "403 closed"),
      differs("nginx", "Upgrades: 101 that nobody asked for", "waits | GET /"),
      differs("Envoy", "Upgrades: 101 that nobody asked for", '101 tunnel "" | GET /'),
    ],
  },
  {
    reason: "Speaks HTTP/2 where a connection begins with its preface.",
    cases: [
      differs("HAProxy Envoy", "Upgrades: the HTTP/2 preface", "waits"),
    ],
  },
];
