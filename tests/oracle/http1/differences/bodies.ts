// What the peers make of the framing of requests otherwise.
// Each list has one reason; a case that no longer occurs fails as one that is not listed does.

import { differs, type Reason } from "../row.ts";

export const BODIES: readonly Reason[] = [
  {
    reason:
      "Takes a framing field with an underscore for a field of its own, which it is; RAUTA refuses it, because CGI and its heirs take both for one variable.",
    cases: [
      differs(
        "nginx HAProxy Envoy",
        "Content-Length: Content_Length beside none",
        "200 kept | POST /",
      ),
      differs(
        "nginx HAProxy Envoy",
        "Transfer-Encoding: Transfer_Encoding beside a length",
        '200 kept | POST / "0\\r\\n\\r\\n"',
      ),
    ],
  },
  {
    reason:
      "Reads a Content-Length that RAUTA refuses, such as equal ones twice, which RFC 9110 section 8.6 lets a recipient merge; or refuses one that RAUTA reads.",
    cases: [
      differs("nginx", "Content-Length: with space around it", "400 closed"),
      differs("HAProxy", "Content-Length: twice, the same", '200 kept | POST / "abc"'),
      differs("HAProxy", "Content-Length: a list of the same", '200 kept | POST / "abc"'),
    ],
  },
  {
    reason: "Takes a length beyond 2^63 and waits for the body.",
    cases: [
      differs("HAProxy Envoy", "Content-Length: 2^63", "waits"),
      differs("Envoy", "Chunks: a size of 2^64-1", "waits"),
    ],
  },
  {
    reason:
      "Takes Transfer-Encoding for the framing and drops Content-Length, as RFC 9112 section 6.3 allows; RAUTA refuses, as it allows too.",
    cases: [
      differs("HAProxy", "Transfer-Encoding: beside Content-Length", "200 closed | POST /"),
      differs("HAProxy", "Transfer-Encoding: before Content-Length", "200 closed | POST /"),
      differs(
        "HAProxy",
        "Transfer-Encoding: a request behind the shorter reading",
        "200 closed | POST /",
      ),
    ],
  },
  {
    reason: "Reads a Transfer-Encoding that RAUTA refuses.",
    cases: [
      differs("HAProxy Envoy", "Transfer-Encoding: in HTTP/1.0", "200 closed | POST /"),
    ],
  },
  {
    reason:
      "Reads chunks less strictly: more digits, space, extensions that are none, or a line that ends otherwise.",
    cases: [
      differs("nginx HAProxy Envoy", "Chunks: a size of 17 digits", '200 kept | POST / "abc"'),
      differs("nginx HAProxy Envoy", "Chunks: a space behind a size", '200 kept | POST / "abc"'),
      differs("Envoy", "Chunks: bare LF behind the data", '200 kept | POST / "abc"'),
      differs("Envoy", "Chunks: data longer than its size", '200 kept | POST / "abc"'),
      differs(
        "nginx HAProxy Envoy",
        "Chunks: a quoted extension that is open",
        '200 kept | POST / "abc"',
      ),
      differs("nginx HAProxy Envoy", "Chunks: a semicolon alone", '200 kept | POST / "abc"'),
      differs(
        "nginx HAProxy Envoy",
        "Chunks: a control character in an extension",
        '200 kept | POST / "abc"',
      ),
    ],
  },
  {
    reason: "Drops trailers without checking them, or passes on those that are for heads alone.",
    cases: [
      differs("nginx", "Chunks: two bytes for the last CRLF", "200 kept | POST /"),
      differs("nginx", "Chunks: a trailer", '200 kept | POST / "abc"'),
      differs(
        "HAProxy Envoy",
        "Chunks: a trailer that is for a head",
        '200 kept | POST / "abc" +authorization: b',
      ),
      differs("nginx", "Chunks: Content-Length as a trailer", '200 kept | POST / "abc"'),
      differs(
        "HAProxy Envoy",
        "Chunks: Content-Length as a trailer",
        '200 kept | POST / "abc" +content-length: 5',
      ),
      differs("nginx", "Chunks: Host as a trailer", '200 kept | POST / "abc"'),
      differs(
        "HAProxy Envoy",
        "Chunks: Host as a trailer",
        '200 kept | POST / "abc" +host: b.example',
      ),
      differs("nginx", "Chunks: Transfer-Encoding as a trailer", '200 kept | POST / "abc"'),
      differs(
        "HAProxy Envoy",
        "Chunks: Transfer-Encoding as a trailer",
        '200 kept | POST / "abc" +transfer-encoding: chunked',
      ),
      differs("nginx", "Chunks: space before a trailer's colon", '200 kept | POST / "abc"'),
      differs("nginx", "Chunks: a trailer without a colon", '200 kept | POST / "abc"'),
      differs("nginx", "Chunks: a folded trailer", '200 kept | POST / "abc"'),
      differs("HAProxy", "Chunks: a folded trailer", '200 kept | POST / "abc" +x-sum: 1   2'),
      differs("Envoy", "Chunks: a folded trailer", '200 kept | POST / "abc" +x-sum: 1 2'),
      differs("nginx", "Chunks: NUL in a trailer", '200 kept | POST / "abc"'),
    ],
  },
];
