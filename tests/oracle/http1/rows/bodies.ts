// Rows about how a request says where it ends: Content-Length, Transfer-Encoding, chunks, trailers.

import { chunked, get, type Group, HOST, post, row } from "../row.ts";

const REFUSED = "400 closed";
const SMUGGLED = "GET /smuggled HTTP/1.1\r\nHost: a.example\r\n\r\n";
const MUST_FRAMING = "RFC 9112 section 6.3: unrecoverable; 400 and close";

export const LENGTHS: Group = {
  name: "Content-Length",
  rows: [
    row("0", post("Content-Length: 0\r\n"), "200 kept | POST /"),
    row("3", post("Content-Length: 3\r\n", "abc"), '200 kept | POST / "abc"'),
    row("with space around it", post("Content-Length: \t3 \r\n", "abc"), '200 kept | POST / "abc"'),
    row("with leading zeros", post("Content-Length: 0003\r\n", "abc"), '200 kept | POST / "abc"'),
    row("twice, the same", post("Content-Length: 3\r\nContent-Length: 3\r\n", "abc"), REFUSED),
    row("twice, different", post("Content-Length: 3\r\nContent-Length: 4\r\n", "abc"), REFUSED, {
      must: MUST_FRAMING,
    }),
    row("a list of the same", post("Content-Length: 3, 3\r\n", "abc"), REFUSED),
    row("a list of different ones", post("Content-Length: 3, 4\r\n", "abc"), REFUSED, {
      must: MUST_FRAMING,
    }),
    row("with a plus sign", post("Content-Length: +3\r\n", "abc"), REFUSED, { must: MUST_FRAMING }),
    row("negative", post("Content-Length: -1\r\n", "abc"), REFUSED, { must: MUST_FRAMING }),
    row("hexadecimal", post("Content-Length: 0x3\r\n", "abc"), REFUSED, { must: MUST_FRAMING }),
    row("with an underscore", post("Content-Length: 1_0\r\n", "abc"), REFUSED, {
      must: MUST_FRAMING,
    }),
    row("with a fraction", post("Content-Length: 3.0\r\n", "abc"), REFUSED, { must: MUST_FRAMING }),
    row("a word behind it", post("Content-Length: 3 3\r\n", "abc"), REFUSED, {
      must: MUST_FRAMING,
    }),
    row("empty", post("Content-Length:\r\n", "abc"), REFUSED, { must: MUST_FRAMING }),
    row("2^64 and 3", post("Content-Length: 18446744073709551619\r\n", "abc"), REFUSED),
    row("2^63", post("Content-Length: 9223372036854775808\r\n", "abc"), REFUSED),
    row("behind a vertical tab", post("Content-Length:\x0b3\r\n", "abc"), REFUSED, {
      must: MUST_FRAMING,
    }),
    row("behind a no-break space", post("Content-Length\xa0: 3\r\n", "abc"), REFUSED),
    row(
      "0 and a request behind it",
      post("Content-Length: 0\r\n") + get("/2"),
      "200 200 kept | POST / | GET /2",
      {
        responses: 2,
      },
    ),
    row("none and a request behind it", post("") + get("/2"), "200 200 kept | POST / | GET /2", {
      responses: 2,
      must: "RFC 9112 section 6.3: a request without framing has no body",
    }),
    row("Content_Length beside none", post("Content_Length: 3\r\n", ""), REFUSED),
    row("space before its colon", post("Content-Length : 3\r\n", "abc"), REFUSED, {
      must: "RFC 9112 section 5.1",
    }),
    row(
      "a second request in a body",
      post(`Content-Length: ${SMUGGLED.length}\r\n`, SMUGGLED),
      '200 kept | POST / "GET /smu…43"',
    ),
  ],
};

export const CODINGS: Group = {
  name: "Transfer-Encoding",
  rows: [
    row("chunked", chunked("3\r\nabc\r\n0\r\n\r\n"), '200 kept | POST / "abc"'),
    row(
      "in capitals",
      post("Transfer-Encoding: CHUNKED\r\n", "3\r\nabc\r\n0\r\n\r\n"),
      '200 kept | POST / "abc"',
    ),
    row(
      "of a GET",
      get("/", "Transfer-Encoding: chunked\r\n") + "3\r\nabc\r\n0\r\n\r\n",
      '200 kept | GET / "abc"',
    ),
    row(
      "beside Content-Length",
      post("Content-Length: 4\r\nTransfer-Encoding: chunked\r\n", "0\r\n\r\n"),
      REFUSED,
    ),
    row(
      "before Content-Length",
      post("Transfer-Encoding: chunked\r\nContent-Length: 4\r\n", "0\r\n\r\n"),
      REFUSED,
    ),
    row(
      "a request behind the shorter reading",
      post(
        `Content-Length: ${5 + SMUGGLED.length}\r\nTransfer-Encoding: chunked\r\n`,
        `0\r\n\r\n${SMUGGLED}`,
      ),
      REFUSED,
    ),
    row("chunked twice", post("Transfer-Encoding: chunked, chunked\r\n", "0\r\n\r\n"), REFUSED, {
      must: "RFC 9112 section 6.1: chunked is not applied more than once",
    }),
    row(
      "chunked in two fields",
      post("Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n", "0\r\n\r\n"),
      REFUSED,
      {
        must: "RFC 9112 section 6.1",
      },
    ),
    row(
      "gzip before chunked",
      post("Transfer-Encoding: gzip, chunked\r\n", "0\r\n\r\n"),
      "501 closed",
    ),
    row("gzip alone", post("Transfer-Encoding: gzip\r\n", "abc"), REFUSED, { must: MUST_FRAMING }),
    row("identity", post("Transfer-Encoding: identity\r\n", "abc"), REFUSED, {
      must: MUST_FRAMING,
    }),
    row(
      "identity before chunked",
      post("Transfer-Encoding: identity, chunked\r\n", "0\r\n\r\n"),
      "501 closed",
    ),
    row(
      "chunked before identity",
      post("Transfer-Encoding: chunked, identity\r\n", "0\r\n\r\n"),
      REFUSED,
      { must: MUST_FRAMING },
    ),
    row("xchunked", post("Transfer-Encoding: xchunked\r\n", "0\r\n\r\n"), REFUSED, {
      must: MUST_FRAMING,
    }),
    row(
      "chunked with a parameter",
      post("Transfer-Encoding: chunked;q=1\r\n", "0\r\n\r\n"),
      REFUSED,
    ),
    row(
      "chunked in quotation marks",
      post('Transfer-Encoding: "chunked"\r\n', "0\r\n\r\n"),
      REFUSED,
    ),
    row(
      "chunked behind a vertical tab",
      post("Transfer-Encoding: \x0bchunked\r\n", "0\r\n\r\n"),
      REFUSED,
    ),
    row("chunked and a NUL", post("Transfer-Encoding: chunked\0\r\n", "0\r\n\r\n"), REFUSED),
    row("folded", post("Transfer-Encoding:\r\n chunked\r\n", "0\r\n\r\n"), REFUSED),
    row("without a value", post("Transfer-Encoding:\r\n", "0\r\n\r\n"), REFUSED),
    row(
      "an empty list element",
      post("Transfer-Encoding: , chunked\r\n", "0\r\n\r\n"),
      REFUSED,
    ),
    row(
      "with space before its colon",
      post("Transfer-Encoding : chunked\r\n", "0\r\n\r\n"),
      REFUSED,
      { must: "RFC 9112 section 5.1" },
    ),
    row(
      "in HTTP/1.0",
      `POST / HTTP/1.0\r\n${HOST}Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n`,
      REFUSED,
    ),
    row(
      "Transfer_Encoding beside a length",
      post("Transfer_Encoding: chunked\r\nContent-Length: 5\r\n", "0\r\n\r\n"),
      REFUSED,
    ),
  ],
};

export const CHUNKS: Group = {
  name: "Chunks",
  rows: [
    row("two chunks", chunked("3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n"), '200 kept | POST / "abcde"'),
    row(
      "a size in capitals",
      chunked("A\r\n0123456789\r\n0\r\n\r\n"),
      '200 kept | POST / "0123456789"',
    ),
    row(
      "a size with leading zeros",
      chunked("0003\r\nabc\r\n00\r\n\r\n"),
      '200 kept | POST / "abc"',
    ),
    row("a size of 17 digits", chunked("00000000000000003\r\nabc\r\n0\r\n\r\n"), REFUSED),
    row("a size over 2^64", chunked("10000000000000003\r\nabc\r\n0\r\n\r\n"), REFUSED),
    row("a size of 2^64-1", chunked("ffffffffffffffff\r\nabc\r\n0\r\n\r\n"), REFUSED),
    row("a size that is no number", chunked("zz\r\nabc\r\n0\r\n\r\n"), REFUSED),
    row("a size with 0x", chunked("0x3\r\nabc\r\n0\r\n\r\n"), REFUSED),
    row("a size with a plus sign", chunked("+3\r\nabc\r\n0\r\n\r\n"), REFUSED),
    row("a negative size", chunked("-3\r\nabc\r\n0\r\n\r\n"), REFUSED),
    row("a space before a size", chunked(" 3\r\nabc\r\n0\r\n\r\n"), REFUSED),
    row("a space behind a size", chunked("3 \r\nabc\r\n0\r\n\r\n"), REFUSED),
    row("no size", chunked("\r\nabc\r\n0\r\n\r\n"), REFUSED),
    row("bare LF behind a size", chunked("3\nabc\r\n0\r\n\r\n"), REFUSED),
    row("bare CR behind a size", chunked("3\rabc\r\n0\r\n\r\n"), REFUSED),
    row("bare LF behind the data", chunked("3\r\nabc\n0\r\n\r\n"), REFUSED),
    row("two bytes for the data's CRLF", chunked("3\r\nabcxx0\r\n\r\n"), REFUSED),
    row("data longer than its size", chunked("3\r\nabcd\r\n0\r\n\r\n"), REFUSED),
    row("an extension", chunked("3;a=b\r\nabc\r\n0;c\r\n\r\n"), '200 kept | POST / "abc"', {
      must: "RFC 9112 section 7.1.1: a recipient ignores unrecognized chunk extensions",
    }),
    row("a quoted extension", chunked('3;a="b;c"\r\nabc\r\n0\r\n\r\n'), '200 kept | POST / "abc"'),
    row("a quoted extension that is open", chunked('3;a="b\r\nabc\r\n0\r\n\r\n'), REFUSED),
    row("a semicolon alone", chunked("3;\r\nabc\r\n0\r\n\r\n"), REFUSED),
    row("bare LF in an extension", chunked("3;a\nabc\r\n0\r\n\r\n"), REFUSED),
    row("bare LF in an extension's text", chunked("3;a\nb\r\nabc\r\n0\r\n\r\n"), REFUSED),
    row("a control character in an extension", chunked("3;a\x01\r\nabc\r\n0\r\n\r\n"), REFUSED),
    row("an extension of 20 KiB", chunked(`3;${"a".repeat(20_000)}\r\nabc\r\n0\r\n\r\n`), REFUSED),
    row("an underscore in a size", chunked("0_3\r\nabc\r\n0\r\n\r\n"), REFUSED),
    row("bare CR before a size", chunked("\r3\r\nabc\r\n0\r\n\r\n"), REFUSED),
    row("an extension without a size", chunked(";a\r\nabc\r\n0\r\n\r\n"), REFUSED),
    row("bare CR in an extension", chunked("3;a\rb\r\nabc\r\n0\r\n\r\n"), REFUSED),
    row("two bytes for the last CRLF", chunked(`0\r\nXX${SMUGGLED}`), REFUSED),
    row("a request behind a bare LF in an extension", chunked(`3;\n${SMUGGLED}`), REFUSED),
    row(
      "a trailer",
      chunked("3\r\nabc\r\n0\r\nX-Sum: 1\r\n\r\n"),
      '200 kept | POST / "abc" +x-sum: 1',
    ),
    row(
      "a trailer that is for a head",
      chunked("3\r\nabc\r\n0\r\nAuthorization: b\r\n\r\n"),
      '200 kept | POST / "abc"',
    ),
    row(
      "Content-Length as a trailer",
      chunked("3\r\nabc\r\n0\r\nContent-Length: 5\r\n\r\n"),
      REFUSED,
    ),
    row("Host as a trailer", chunked("3\r\nabc\r\n0\r\nHost: b.example\r\n\r\n"), REFUSED),
    row(
      "Transfer-Encoding as a trailer",
      chunked("3\r\nabc\r\n0\r\nTransfer-Encoding: chunked\r\n\r\n"),
      REFUSED,
    ),
    row("space before a trailer's colon", chunked("3\r\nabc\r\n0\r\nX-Sum : 1\r\n\r\n"), REFUSED),
    row("a trailer without a colon", chunked("3\r\nabc\r\n0\r\nX-Sum\r\n\r\n"), REFUSED),
    row("a folded trailer", chunked("3\r\nabc\r\n0\r\nX-Sum: 1\r\n 2\r\n\r\n"), REFUSED),
    row("NUL in a trailer", chunked("3\r\nabc\r\n0\r\nX-Sum: a\0b\r\n\r\n"), REFUSED),
    row("bare LF behind the last chunk", chunked("3\r\nabc\r\n0\n\n"), REFUSED),
  ],
};
