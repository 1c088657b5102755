// What the peers make of responses otherwise.
// Each list has one reason; a case that no longer occurs fails as one that is not listed does.

import { differs, type Reason } from "../row.ts";

export const RESPONSES: readonly Reason[] = [
  {
    reason: "Ends the client's connection with the body instead of framing it anew.",
    cases: [
      differs("HAProxy", "Responses: until the connection ends", '200 "all of it" closed | GET /'),
      differs(
        "HAProxy",
        "Responses: HTTP/1.0 until the connection ends",
        '200 "all of it" closed | GET /',
      ),
    ],
  },
  {
    reason: "Takes a malformed response and passes it on, repaired or not.",
    cases: [
      differs("nginx HAProxy Envoy", "Malformed responses: bare LF", "200 kept | GET /"),
      differs(
        "nginx HAProxy Envoy",
        "Malformed responses: bare LF behind a field",
        "200 kept | GET /",
      ),
      differs("HAProxy Envoy", "Malformed responses: obs-fold", "200 kept | GET /"),
      differs("nginx", "Malformed responses: no colon", "200 kept | GET /"),
      differs(
        "nginx HAProxy",
        "Malformed responses: a control character in a value",
        "200 kept | GET /",
      ),
      differs("Envoy", "Malformed responses: bare CR in a value", "200 kept | GET /"),
      differs("HAProxy", "Malformed responses: lengths that are the same", "200 kept | GET /"),
      differs("HAProxy", "Malformed responses: a length beside chunks", "200 kept | GET /"),
      differs("nginx Envoy", "Malformed responses: chunked in HTTP/1.0", "200 kept | GET /"),
      differs("HAProxy", "Malformed responses: chunked in HTTP/1.0", "200 closed | GET /"),
      differs("nginx HAProxy Envoy", "Malformed responses: HTTP/2.0", "200 kept | GET /"),
      differs("HAProxy", "Malformed responses: a status of two digits", "0 kept | GET /"),
      differs("Envoy", "Malformed responses: a status of four digits", "200 kept | GET /"),
      differs("nginx HAProxy", "Malformed responses: the status 099", "99 kept | GET /"),
      differs("nginx HAProxy Envoy", "Malformed responses: the status 600", "600 kept | GET /"),
      differs(
        "nginx HAProxy Envoy",
        "Malformed responses: two spaces before the status",
        "200 kept | GET /",
      ),
      differs("HAProxy", "Malformed responses: an empty line before the head", "200 kept | GET /"),
      differs("Envoy", "Malformed responses: a chunk longer than its size", "200 kept | GET /"),
    ],
  },
  {
    reason: "Refuses it in another way: another status, a closed connection, or silence.",
    cases: [
      differs("HAProxy Envoy", "Malformed responses: a length over 2^63", "200 waits | GET /"),
      differs("nginx", "Malformed responses: nonsense", "waits | GET /"),
      differs("nginx", "Malformed responses: http/1.1", "waits | GET /"),
      differs("nginx", "Malformed responses: a status of two digits", "waits | GET /"),
      differs("Envoy", "Malformed responses: a status of two digits", "0 waits | GET /"),
      differs("nginx", "Malformed responses: a status of four digits", "waits | GET /"),
      differs("Envoy", "Malformed responses: the status 099", "0 waits | GET /"),
      differs("nginx", "Malformed responses: an empty line before the head", "waits | GET /"),
      differs("nginx", "Malformed responses: a chunk with a bad size", "closed | GET /"),
      differs("Envoy", "Malformed responses: a chunk with a bad size", "200 cut | GET /"),
      differs("nginx", "Malformed responses: a chunk longer than its size", "closed | GET /"),
      differs("nginx", "Malformed responses: bare LF behind a chunk's size", "closed | GET /"),
      differs("Envoy", "Malformed responses: bare LF behind a chunk's size", "200 cut | GET /"),
      differs("Envoy", "Malformed responses: a body of a 204", "502 kept | GET /"),
      differs("nginx", "Malformed responses: an underscore in a chunk's size", "closed | GET /"),
      differs("Envoy", "Malformed responses: an underscore in a chunk's size", "200 cut | GET /"),
    ],
  },
  {
    reason: "Other statuses for an endpoint that gives no whole answer, and other retries.",
    cases: [
      differs("HAProxy", "Malformed responses: no answer", "502 kept | GET /"),
      differs("Envoy", "Malformed responses: no answer", "503 kept | GET /"),
      differs("nginx", "Malformed responses: half a head", "502 kept | GET / | GET /"),
      differs(
        "nginx",
        "Malformed responses: an interim response alone",
        "502 kept | GET / | GET /",
      ),
      differs("Envoy", "Malformed responses: an interim response alone", "103 503 kept | GET /"),
      differs("Envoy", "Malformed responses: no answer to a POST", '503 kept | POST / "abc"'),
    ],
  },
];
