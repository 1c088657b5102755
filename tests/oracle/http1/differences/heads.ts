// What the peers make of start lines and fields otherwise.
// Each list has one reason; a case that no longer occurs fails as one that is not listed does.

import { differs, type Reason } from "../row.ts";

export const HEADS: readonly Reason[] = [
  {
    reason:
      "Takes a lone LF, more empty lines, or other white space, as RFC 9112 sections 2.2 and 3 let a recipient do; RAUTA refuses what two readers may read in two ways.",
    cases: [
      differs("nginx HAProxy Envoy", "Lines: bare LF after the request line", "200 kept | GET /a"),
      differs("nginx HAProxy Envoy", "Lines: bare LF after a field", "200 kept | GET /a"),
      differs("nginx HAProxy Envoy", "Lines: bare LF as the empty line", "200 kept | GET /a"),
      differs(
        "nginx HAProxy Envoy",
        "Lines: ten empty lines before the request",
        "200 kept | GET /a",
      ),
      differs("nginx HAProxy Envoy", "Lines: two spaces before the target", "200 kept | GET /a"),
      differs("nginx HAProxy Envoy", "Lines: two spaces before the version", "200 kept | GET /a"),
      differs("HAProxy Envoy", "Lines: a tab before the target", "200 kept | GET /a"),
      differs("nginx Envoy", "Lines: a space behind the version", "200 kept | GET /a"),
    ],
  },
  {
    reason:
      "Unfolds a folded line, as RFC 9112 section 5.2 allows; RAUTA refuses it, as the same section allows.",
    cases: [
      differs("HAProxy", "Lines: obs-fold", "200 kept | GET /a {x-a: a   b}"),
      differs("Envoy", "Lines: obs-fold", "200 kept | GET /a {x-a: a b}"),
      differs("HAProxy", "Lines: obs-fold with a tab", "200 kept | GET /a {x-a: a  \tb}"),
      differs("Envoy", "Lines: obs-fold with a tab", "200 kept | GET /a {x-a: a\tb}"),
      differs("HAProxy Envoy", "Transfer-Encoding: folded", "200 kept | POST /"),
    ],
  },
  {
    reason: "Takes a bare CR for white space or a line's end.",
    cases: [
      differs("Envoy", "Lines: bare CR in a value", "200 kept | GET /a"),
      differs("nginx Envoy", "Lines: CR CR LF after a field", "200 kept | GET /a"),
    ],
  },
  {
    reason: "Reads a version that RAUTA refuses, or the other way round.",
    cases: [
      differs("Envoy", "Versions: HTTP/1.0 without Host", "400 closed"),
      differs("Envoy", "Versions: HTTP/1.2", "200 closed | GET /a"),
      differs("HAProxy", "Versions: HTTP/2.0", "200 kept | GET /a"),
      differs("Envoy", "Versions: HTTP/2.0", "200 closed | GET /a"),
      differs("nginx", "Versions: HTTP/0.9", "cut | GET /a"),
      differs("nginx", "Versions: HTTP/1.10", "200 kept | GET /a"),
    ],
  },
  {
    reason:
      "Takes, or refuses, other methods: nginx no TRACE and no lower case, Envoy only those that it knows; RAUTA none over 32 letters, none of RFC 9110 in other letters, and no content of TRACE.",
    cases: [
      differs("HAProxy", "Methods: a method in lower case", "200 kept | get /a"),
      differs("nginx", "Methods: TRACE with a body", "405 closed"),
      differs("HAProxy Envoy", "Methods: TRACE with a body", '200 kept | TRACE /a "abc"'),
      differs("nginx", "Methods: TRACE", "405 closed"),
      differs("Envoy", "Methods: a method of its own", "400 closed"),
      differs("Envoy", "Methods: a method with a dash", "400 closed"),
      differs("nginx Envoy", "Methods: a method in lower case", "400 closed"),
      differs(
        "nginx HAProxy",
        "Methods: a method of 40 letters",
        "200 kept | MMMMMMMMMMMMMMMMMMMMMMMMMMMMMMMMMMMMMMMM /a",
      ),
      differs("Envoy", "Methods: a method of 40 letters", "400 closed"),
      differs("nginx", "Methods: CONNECT", "405 closed"),
      differs("HAProxy", "Methods: CONNECT", "200 waits | CONNECT a.example:443"),
      differs("Envoy", "Methods: CONNECT", "404 closed"),
    ],
  },
  {
    reason: "Leaves lines out whose name is no token, and passes the rest on.",
    cases: [
      differs("nginx", "Fields: no colon", "200 kept | GET /a"),
      differs("nginx", "Fields: a name with an at sign", "200 kept | GET /a"),
      differs("nginx", "Fields: a name with a parenthesis", "200 kept | GET /a"),
      differs("nginx", "Fields: a name that is not ASCII", "200 kept | GET /a"),
      differs("nginx", "Content-Length: behind a no-break space", "200 400 closed | POST /"),
    ],
  },
  {
    reason:
      "Passes control characters in values on; RFC 9110 section 5.5 lets a recipient retain them where that is safe; RAUTA refuses them.",
    cases: [
      differs(
        "nginx HAProxy",
        "Fields: a control character in a value",
        "200 kept | GET /a {x-a: a\u0001b}",
      ),
      differs("nginx HAProxy", "Fields: DEL in a value", "200 kept | GET /a {x-a: a\x7fb}"),
    ],
  },
  {
    reason: "Checks Host less closely, or not at all; RFC 9112 section 3.2 asks for 400.",
    cases: [
      differs("HAProxy", "Host: no Host", "200 kept | GET /a"),
      differs("HAProxy Envoy", "Host: Host twice, the same", "200 kept | GET /a"),
      differs("Envoy", "Host: Host twice, different", "200 kept | GET /a"),
      differs("HAProxy Envoy", "Host: an empty Host", "200 kept | GET /a"),
      differs("Envoy", "Host: a Host with user information", "200 kept | GET /a"),
      differs("HAProxy Envoy", "Host: a port that is no number", "200 kept | GET /a"),
      differs("HAProxy Envoy", "Host: a port out of range", "200 kept | GET /a"),
      differs("Envoy", "Host: an IPv6 address that is open", "200 kept | GET /a"),
      differs("nginx HAProxy Envoy", "Host: a percent escape", "200 kept | GET /a"),
    ],
  },
  {
    reason: "Has other limits: for a head, its fields, a name, a target or a chunk's extensions.",
    cases: [
      differs(
        "nginx HAProxy Envoy",
        "Forms of the target: a target of 20 KiB",
        "200 kept | GET /xxxxxxx…20001",
      ),
      differs("nginx HAProxy", "Fields: a head of 80 KiB", "200 kept | GET /a"),
      differs("nginx", "Fields: 102 fields", "200 kept | GET /a"),
      differs("HAProxy", "Fields: 102 fields", "400 closed"),
      differs("nginx Envoy", "Fields: a name of 2 KiB", "200 kept | GET /a"),
      differs("HAProxy", "Fields: a name of 2 KiB", "400 closed"),
      differs("nginx HAProxy Envoy", "Chunks: an extension of 20 KiB", '200 kept | POST / "abc"'),
    ],
  },
  {
    reason: "Refuses it as well, with another status or by closing without one.",
    cases: [
      differs("HAProxy", "Content-Length: twice, different", "closed", "400 closed"),
      differs("nginx Envoy", "Transfer-Encoding: chunked twice", "501 closed"),
      differs("Envoy", "Transfer-Encoding: chunked in two fields", "501 closed"),
      differs("HAProxy", "Transfer-Encoding: gzip before chunked", "422 closed"),
      differs("nginx Envoy", "Transfer-Encoding: gzip alone", "501 closed"),
      differs("nginx Envoy", "Transfer-Encoding: identity", "501 closed"),
      differs("HAProxy", "Transfer-Encoding: identity before chunked", "422 closed"),
      differs("nginx Envoy", "Transfer-Encoding: chunked before identity", "501 closed"),
      differs("nginx Envoy", "Transfer-Encoding: xchunked", "501 closed"),
      differs("nginx Envoy", "Transfer-Encoding: chunked with a parameter", "501 closed"),
      differs("nginx Envoy", "Transfer-Encoding: chunked in quotation marks", "501 closed"),
      differs("nginx", "Transfer-Encoding: chunked behind a vertical tab", "501 closed"),
      differs("nginx Envoy", "Transfer-Encoding: without a value", "501 closed"),
      differs("nginx Envoy", "Transfer-Encoding: an empty list element", "501 closed"),
      differs(
        "HAProxy",
        "Pipelining: a request behind a 400 of its framing",
        "closed",
        "400 closed",
      ),
    ],
  },
];
