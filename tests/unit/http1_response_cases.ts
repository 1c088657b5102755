// Hard cases for the response reader: bytes, whether they are taken, how the body is framed, and why.
// `body` null: refused, which a client sees as 502. RFC 9112 unless another is named.

export interface ResponseCase {
  readonly name: string;
  readonly input: string;
  readonly body: "none" | "length" | "chunked" | "until close" | "tunnel" | null;
  readonly rule: string;
  readonly methodId?: number;
}

const OK = "HTTP/1.1 200 OK\r\n";
const METHOD_HEAD = 2;

function rows(
  rule: string,
  body: ResponseCase["body"],
  cases: Record<string, string>,
  methodId?: number,
): ResponseCase[] {
  return Object.entries(cases).map(([name, input]) => ({ name, input, body, rule, methodId }));
}

export const RESPONSE_CASES: readonly ResponseCase[] = [
  ...rows("4: status-line = HTTP-version SP status-code SP [ reason-phrase ]", null, {
    "two spaces after the version": "HTTP/1.1  200 OK\r\n\r\n",
    "a tab": "HTTP/1.1\t200 OK\r\n\r\n",
    "two digits": "HTTP/1.1 20 OK\r\n\r\n",
    "four digits": "HTTP/1.1 2000 OK\r\n\r\n",
    "a sign": "HTTP/1.1 +20 OK\r\n\r\n",
    "letters": "HTTP/1.1 2x0 OK\r\n\r\n",
    "no status": "HTTP/1.1\r\n\r\n",
    "no space and a reason": "HTTP/1.1 200OK\r\n\r\n",
    "NUL in the reason": "HTTP/1.1 200 O\0K\r\n\r\n",
    "CR in the reason": "HTTP/1.1 200 O\rK\r\n\r\n",
    "LF": "HTTP/1.1 200 OK\n\r\n",
    "LF alone": "HTTP/1.1 200 OK\n\n",
    "lower case": "http/1.1 200 OK\r\n\r\n",
    "another protocol": "ICY 200 OK\r\n\r\n",
    "two version digits": "HTTP/1.10 200 OK\r\n\r\n",
    "an empty line before": "\r\nHTTP/1.1 200 OK\r\n\r\n",
    "HTTP/2": "HTTP/2 200\r\n\r\n",
    "HTTP/2.0": "HTTP/2.0 200 OK\r\n\r\n",
    "HTTP/0.9": "<html></html>\r\n\r\n",
    "a space before": " HTTP/1.1 200 OK\r\n\r\n",
    "a request": "GET / HTTP/1.1\r\n\r\n",
  }),
  ...rows("9110 15: a status is from 100 to 599", null, {
    "status 000": "HTTP/1.1 000 None\r\n\r\n",
    "status 099": "HTTP/1.1 099 None\r\n\r\n",
    "status 600": "HTTP/1.1 600 None\r\n\r\n",
    "status 999": "HTTP/1.1 999 None\r\n\r\n",
  }),
  ...rows("4: the reason is ignored; senders that forget its space are many", "until close", {
    "an empty reason": "HTTP/1.1 200 \r\n\r\n",
    "no reason and no space": "HTTP/1.1 200\r\n\r\n",
    "a reason of obs-text": "HTTP/1.1 200 \xe9t\xe9\r\n\r\n",
    "HTTP/1.0": "HTTP/1.0 200 OK\r\n\r\n",
    "an unknown status": "HTTP/1.1 299 Odd\r\n\r\n",
  }),
  ...rows("2.2, 5.1, 5.2: lines and fields as strict as in requests", null, {
    "LF after a field": `${OK}X: a\n\r\n`,
    "CR inside a value": `${OK}X: a\rb\r\n\r\n`,
    "obs-fold": `${OK}X: a\r\n b\r\n\r\n`,
    "space before the first field": `${OK} X: a\r\n\r\n`,
    "space before the colon": `${OK}X : a\r\n\r\n`,
    "an empty name": `${OK}: a\r\n\r\n`,
    "no colon": `${OK}X\r\n\r\n`,
    "NUL in a value": `${OK}X: \0\r\n\r\n`,
    "a header injection": `${OK}X: a\r\nSet Cookie: b\r\n\r\n`,
  }),
  ...rows("6.3: the framing must be unambiguous, or the message is refused", null, {
    "two lengths": `${OK}Content-Length: 1\r\nContent-Length: 2\r\n\r\nab`,
    "two equal lengths": `${OK}Content-Length: 1\r\nContent-Length: 1\r\n\r\na`,
    "a list of lengths": `${OK}Content-Length: 1, 1\r\n\r\na`,
    "a signed length": `${OK}Content-Length: +1\r\n\r\na`,
    "a negative length": `${OK}Content-Length: -1\r\n\r\na`,
    "a huge length": `${OK}Content-Length: 99999999999999999999\r\n\r\na`,
    "length and coding": `${OK}Content-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n`,
    "coding in HTTP/1.0": "HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    "identity": `${OK}Transfer-Encoding: identity\r\n\r\na`,
    "gzip": `${OK}Transfer-Encoding: gzip\r\n\r\na`,
    "gzip, chunked": `${OK}Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n`,
    "chunked, chunked": `${OK}Transfer-Encoding: chunked, chunked\r\n\r\n0\r\n\r\n`,
    "chunked in the middle": `${OK}Transfer-Encoding: chunked, gzip\r\n\r\n0\r\n\r\n`,
    "two lengths on 304":
      "HTTP/1.1 304 Not Modified\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n",
  }),
  ...rows("7.1: chunks as strict as in requests", null, {
    "a bad size": `${OK}Transfer-Encoding: chunked\r\n\r\nz\r\n`,
    "LF in a chunk line": `${OK}Transfer-Encoding: chunked\r\n\r\n1\na\r\n0\r\n\r\n`,
    "a trailer that frames":
      `${OK}Transfer-Encoding: chunked\r\n\r\n0\r\nContent-Length: 1\r\n\r\n`,
  }),
  ...rows("6.3: Content-Length", "length", {
    "length 2": `${OK}Content-Length: 2\r\n\r\nhi`,
    "length 0": `${OK}Content-Length: 0\r\n\r\n`,
    "a redirect with a body": "HTTP/1.1 302 Found\r\nContent-Length: 2\r\n\r\nhi",
    "an error with a body": "HTTP/1.1 500 Oops\r\nContent-Length: 2\r\n\r\nhi",
    "205": "HTTP/1.1 205 Reset Content\r\nContent-Length: 0\r\n\r\n",
  }),
  ...rows("6.3: chunked", "chunked", {
    "chunks": `${OK}Transfer-Encoding: chunked\r\n\r\n2\r\nhi\r\n0\r\n\r\n`,
    "chunks and trailers": `${OK}Transfer-Encoding: chunked\r\n\r\n0\r\nGrpc-Status: 0\r\n\r\n`,
    "an error in chunks": "HTTP/1.1 503 No\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
  }),
  ...rows("6.3: 1xx, 204 and 304 end with their head", "none", {
    "100": "HTTP/1.1 100 Continue\r\n\r\n",
    "103": "HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n",
    "204": "HTTP/1.1 204 No Content\r\n\r\n",
    "204 with a length": "HTTP/1.1 204 No Content\r\nContent-Length: 5\r\n\r\n",
    "304 with a length": "HTTP/1.1 304 Not Modified\r\nContent-Length: 5\r\n\r\n",
    "304 with a coding": "HTTP/1.1 304 Not Modified\r\nTransfer-Encoding: chunked\r\n\r\n",
  }),
  ...rows("6.3: an answer to HEAD ends with its head", "none", {
    "HEAD with a length": `${OK}Content-Length: 5\r\n\r\n`,
    "HEAD with a coding": `${OK}Transfer-Encoding: chunked\r\n\r\n`,
    "HEAD without either": `${OK}\r\n`,
    "HEAD and an error": "HTTP/1.1 404 Not Found\r\nContent-Length: 5\r\n\r\n",
  }, METHOD_HEAD),
  ...rows("9110 15.2.2: 101 changes the protocol", "tunnel", {
    "101": "HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: websocket\r\n\r\n",
  }),
];
