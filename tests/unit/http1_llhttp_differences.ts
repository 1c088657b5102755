// Where this codec answers otherwise than llhttp's cases expect, and the sentence for it. A case that
// is not listed must agree. RFC 9112 unless another is named. Keys are file:line of llhttp's tests.

import type { Verdict } from "../wasm/llhttp.ts";

export interface Difference {
  readonly verdict: Verdict;
  readonly rule: string;
}

function rows(verdict: Verdict, rule: string, keys: readonly string[]): [string, Difference][] {
  return keys.map((key) => [`test/${key}`, { verdict, rule }]);
}

export const DIFFERENCES: ReadonlyMap<string, Difference> = new Map([
  ...rows("error", "9.6: after `close` no further message is read; llhttp leniently does", [
    "request/connection.md:107",
    "request/connection.md:392",
    "response/connection.md:191",
    "response/connection.md:260",
  ]),
  ...rows("error", "5.2: obs-fold is refused; llhttp leniently unfolds", [
    "request/connection.md:481",
    "request/connection.md:576",
    "request/invalid.md:686",
    "request/sample.md:333",
    "request/sample.md:571",
    "response/transfer-encoding.md:389",
  ]),
  ...rows("error", "5.1: no whitespace between field name and colon; llhttp leniently takes it", [
    "request/connection.md:637",
    "request/content-length.md:189",
  ]),
  ...rows("error", "6.3: length beside a coding is refused; llhttp leniently takes it", [
    "request/content-length.md:229",
  ]),
  ...rows("error", "2.2: a line ends in CRLF; llhttp leniently takes CR or LF alone", [
    "request/content-length.md:519",
    "request/invalid.md:568",
    "request/lenient-headers.md:109",
    "request/sample.md:454",
    "request/transfer-encoding.md:1025",
    "response/invalid.md:151",
    "response/invalid.md:304",
    "response/invalid.md:348",
    "response/sample.md:351",
  ]),
  ...rows("error", "9113 3.1: no Upgrade leads to HTTP/2; llhttp stops behind the request", [
    "request/connection.md:812",
  ]),
  ...rows("error", "7.1: CRLF follows chunk-size and chunk-data; llhttp leniently does without", [
    "request/transfer-encoding.md:1140",
    "request/transfer-encoding.md:1215",
  ]),
  ...rows("error", "9110 5.5: controls are refused in values; llhttp leniently takes them", [
    "request/lenient-header-value-relaxed.md:8",
    "request/lenient-headers.md:6",
    "request/lenient-headers.md:34",
  ]),
  ...rows("error", "9110 15.6.6: another major version; llhttp takes it (leniently, but for 0.9)", [
    "request/lenient-version.md:4",
    "response/lenient-version.md:4",
    "response/sample.md:645",
  ]),
  ...rows("error", "2.3: HTTP-name is HTTP; llhttp also reads RTSP and ICE", [
    "request/method.md:372",
    "request/method.md:400",
    "request/method.md:430",
    "response/sample.md:40",
    "response/sample.md:60",
  ]),
  ...rows("error", "3: a request-line has a version; llhttp also reads HTTP/0.9", [
    "request/sample.md:314",
  ]),
  ...rows("error", "9110 9.3.6: CONNECT is refused by a server that does not tunnel", [
    "request/method.md:27",
    "request/method.md:62",
    "request/method.md:96",
    "request/uri.md:188",
  ]),
  ...rows("error", "3.2.4: `*` is for OPTIONS alone", [
    "request/method.md:135",
    "request/method.md:458",
  ]),
  ...rows("error", "3.2: Host with an invalid value (a `=` where the port's colon belongs): 400", [
    "request/sample.md:67",
    "request/sample.md:105",
  ]),
  ...rows("error", "3.2.1: origin-form has no fragment", [
    "request/uri.md:165",
    "request/transfer-encoding.md:530",
    "request/transfer-encoding.md:680",
    "request/transfer-encoding.md:713",
    "request/transfer-encoding.md:751",
    "request/transfer-encoding.md:793",
  ]),
  ...rows("error", "3.2.1, RFC 3986: no quotes in a path", ["request/uri.md:4"]),
  ...rows("error", "9110 4.2.4: user information in an http URI is treated as an error", [
    "request/uri.md:222",
  ]),
  ...rows("error", "6.3 allows reading until close; a coding that is not decoded is refused here", [
    "response/transfer-encoding.md:43",
    "response/transfer-encoding.md:74",
    "response/transfer-encoding.md:110",
  ]),
  ...rows("error", "2.2: only servers ignore empty lines, before a request-line", [
    "response/connection.md:492",
    "response/connection.md:586",
    "response/pipelining.md:4",
    "response/sample.md:695",
  ]),
  ...rows("error", "8: a message that the end of the connection cuts short is incomplete", [
    "request/finish.md:30",
    "request/finish.md:55",
  ]),
  ...rows("ok", "6.3: framing is judged once the head is whole, and these heads are not", [
    "request/content-length.md:75",
    "request/content-length.md:100",
  ]),
  ...rows("ok", "3: the line is judged once it is whole, and this one is not", [
    "request/invalid.md:490",
  ]),
  ...rows("ok", "9110 9.1: any token is a method", [
    "request/invalid.md:66",
    "request/invalid.md:356",
  ]),
]);
