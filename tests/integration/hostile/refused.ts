// Requests that are answered with a refusal, whatever else they hold: nothing of them reaches an endpoint,
// and nothing behind them is looked at. Each with the sentence; RFC 9112 unless another is named.

import { HOST, request } from "./stage.ts";

export interface Refused {
  readonly name: string;
  readonly bytes: string;
  readonly status: number;
  readonly rule: string;
}

function rows(rule: string, status: number, cases: Record<string, string>): Refused[] {
  return Object.entries(cases).map(([name, bytes]) => ({ name, bytes, status, rule }));
}

function get(lines: string): string {
  return request("GET /", lines);
}

function post(lines: string, body: string): string {
  return request("POST /", lines, body);
}

const START_LINES: readonly Refused[] = [
  ...rows("3: a request-line that is none", 400, {
    "HTTP/0.9": "GET /\r\n",
    "HTTP/0.9 with a field": `GET /\r\n${HOST}\r\n`,
    "a space before the method": ` GET / HTTP/1.1\r\n${HOST}\r\n`,
    "a line of a space": " \r\n\r\n",
    "a tab for a space": `GET\t/ HTTP/1.1\r\n${HOST}\r\n`,
    "a space in the target": `GET /a b HTTP/1.1\r\n${HOST}\r\n`,
    "a space behind the version": `GET / HTTP/1.1 \r\n${HOST}\r\n`,
    "a comma in the method": `GET,POST / HTTP/1.1\r\n${HOST}\r\n`,
    "obs-text in the method": `G\xc8T / HTTP/1.1\r\n${HOST}\r\n`,
    "garbage": "\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\xff\xfe",
    "a method of 100,000 bytes": `${"A".repeat(100_000)} / HTTP/1.1\r\n${HOST}\r\n`,
    "CR alone behind the version": `GET / HTTP/1.1\r${HOST}\r\n`,
    "LF alone behind the version": `GET / HTTP/1.1\n${HOST}\r\n`,
    "five empty lines": `\r\n\r\n\r\n\r\n\r\nGET / HTTP/1.1\r\n${HOST}\r\n`,
    "LF before": `\nGET / HTTP/1.1\r\n${HOST}\r\n`,
  }),
  ...rows("2.3: HTTP-version", 400, {
    "lower case": `GET / http/1.1\r\n${HOST}\r\n`,
    "leading zeros": `GET / HTTP/01.01\r\n${HOST}\r\n`,
    "no minor version": `GET / HTTP/1\r\n${HOST}\r\n`,
    "a space inside": `GET / HTTP/ 1.1\r\n${HOST}\r\n`,
    "a long one": `GET / HTTP/1.${"1".repeat(5_000)}\r\n${HOST}\r\n`,
  }),
  ...rows("9110 15.6.6: another major version", 505, {
    "HTTP/2.0": `GET / HTTP/2.0\r\n${HOST}\r\n`,
    "HTTP/9.9": `GET / HTTP/9.9\r\n${HOST}\r\n`,
    "HTTP/0.9 with a Host": `GET / HTTP/0.9\r\n${HOST}\r\n`,
  }),
  ...rows("9110 9.1: a method that is not implemented", 501, {
    "get in lower case": `get / HTTP/1.1\r\n${HOST}\r\n`,
    "Post": `Post / HTTP/1.1\r\n${HOST}Content-Length: 0\r\n\r\n`,
    "100 letters": `${"A".repeat(100)} / HTTP/1.1\r\n${HOST}\r\n`,
    "CONNECT": "CONNECT a.example:443 HTTP/1.1\r\nHost: a.example:443\r\n\r\n",
  }),
  ...rows("3.2: request-target", 400, {
    "a fragment": `GET /a#b HTTP/1.1\r\n${HOST}\r\n`,
    "* of GET": `GET * HTTP/1.1\r\n${HOST}\r\n`,
    "the preface of HTTP/2": "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    "no slash": `GET a HTTP/1.1\r\n${HOST}\r\n`,
    "NUL": `GET /\0test HTTP/1.1\r\n${HOST}\r\n`,
    "a backslash": `GET /a\\b HTTP/1.1\r\n${HOST}\r\n`,
    "obs-text": `GET /caf\xc3\xa9 HTTP/1.1\r\n${HOST}\r\n`,
    "UTF-8 that is too long": `GET /\xc0\xaf HTTP/1.1\r\n${HOST}\r\n`,
    "an escaped NUL": `GET /a%00.html HTTP/1.1\r\n${HOST}\r\n`,
    "an escaped line end": `GET /a%0d%0aX-Injected:%20true HTTP/1.1\r\n${HOST}\r\n`,
    "user information": `GET http://u@a.example/ HTTP/1.1\r\n${HOST}\r\n`,
    "another scheme": `GET gopher://a.example/ HTTP/1.1\r\n${HOST}\r\n`,
    "a path above the root": `GET /a/%2e%2e/%2e%2e/b HTTP/1.1\r\n${HOST}\r\n`,
  }),
  ...rows("3: a target that is too long: 414", 414, {
    "100,000 bytes": `GET /${"A".repeat(100_000)} HTTP/1.1\r\n${HOST}\r\n`,
  }),
];

const FIELDS: readonly Refused[] = [
  ...rows("5: field lines", 400, {
    "obs-fold": get("X-Test: value\r\n continued\r\n"),
    "a space before the first field": `GET / HTTP/1.1\r\n ${HOST}\r\n`,
    "a line of a space first": `GET / HTTP/1.1\r\n \r\n${HOST}\r\n`,
    "a space before the colon": get("X-Test : value\r\n"),
    "no name": get(": value\r\n"),
    "no colon": get("X-Test\r\n"),
    "a bracket in the name": get("Bad[Name: value\r\n"),
    "obs-text in the name": get("X-T\xc3\xabst: value\r\n"),
    "a tab in the name": post("Content-Length: 5\r\nContent\tLength: 99\r\n", "hello"),
    "LF alone": get("X-Test: value\nX-Other: a\r\n"),
    "CR alone in a value": post("Content-Length: 5\r\nX-Test: val\rue\r\n", "hello"),
    "NUL in a value": get("X-Test: val\0ue\r\n"),
    "controls in a value": get("X-Test: abc\x07\x08\x0bdef\r\n"),
    "NUL in a cookie": get("Cookie: foo=\0bar\r\n"),
    "controls in a cookie": get("Cookie: foo=\x01\x02\x03\r\n"),
    "a second Content-Type": post(
      "Content-Length: 5\r\nContent-Type: text/plain\r\nContent-Type: text/html\r\n",
      "hello",
    ),
  }),
  ...rows("9110 5.4: larger than this server wants to read", 431, {
    "a value of 100,000 bytes": get(`X-Big: ${"B".repeat(100_000)}\r\n`),
    "a name of 100,000 bytes": get(`${"A".repeat(100_000)}: a\r\n`),
    "10,000 fields": get(Array.from({ length: 10_000 }, (_, i) => `X-H-${i}: a\r\n`).join("")),
    "a cookie of 64 KiB": get(`Cookie: big=${"A".repeat(65_536)}\r\n`),
  }),
  ...rows("3.2: Host", 400, {
    "none": "GET / HTTP/1.1\r\n\r\n",
    "empty": "GET / HTTP/1.1\r\nHost: \r\n\r\n",
    "two": get("Host: b.example\r\n"),
    "two that are equal": get(HOST),
    "a list": "GET / HTTP/1.1\r\nHost: a.example, b.example\r\n\r\n",
    "user information": "GET / HTTP/1.1\r\nHost: user@a.example\r\n\r\n",
    "a path": "GET / HTTP/1.1\r\nHost: a.example/path\r\n\r\n",
    "a space before its colon": "GET / HTTP/1.1\r\nHost : a.example\r\n\r\n",
    "a fold": "GET / HTTP/1.1\r\nHost:\r\n a.example\r\n\r\n",
    "a second one behind a space": get(" Host: b.example\r\n"),
    "obs-text": "GET / HTTP/1.1\r\nHost: a.example\xa0\r\n\r\n",
    "absolute-form without it": "GET http://a.example/ HTTP/1.1\r\n\r\n",
  }),
  ...rows("9110 10.1.1: an expectation that is not met: 417", 417, {
    "unknown": get("Expect: 200-ok\r\n"),
    "obfuscated": post("Expect: x 100-continue\r\nContent-Length: 5\r\n", "hello"),
    "with a value": post("Expect: y, 100-continue\r\nContent-Length: 5\r\n", "hello"),
  }),
  ...rows("9110 7.6.1: options that would strip what every recipient needs", 400, {
    "Content-Length": post("Connection: Content-Length\r\nContent-Length: 5\r\n", "hello"),
    "Transfer-Encoding": post(
      "Connection: close, Transfer-Encoding\r\nTransfer-Encoding: chunked\r\n",
      "0\r\n\r\n",
    ),
    "Host": get("Connection: Host\r\n"),
    "X-Forwarded-For": get("Connection: close, X-Forwarded-For\r\n"),
  }),
  ...rows("9110 9.3.8: no content in TRACE", 400, {
    "a length": request("TRACE /", "Content-Length: 5\r\n", "hello"),
  }),
];

export const REFUSED: readonly Refused[] = [...START_LINES, ...FIELDS];
