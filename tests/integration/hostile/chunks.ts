// Chunked bodies that two readers would end at different places: each is refused before its end can be
// told from what is forwarded. What stands behind them is SMUGGLED, so that a reader who ends the body
// early takes it for a request. RFC 9112 section 7.1.

import { SMUGGLED } from "./stage.ts";

const HIDDEN_BYTES = SMUGGLED.length.toString(16);

export const BROKEN_CHUNKS: Readonly<Record<string, string>> = {
  // Two ends of a chunk's line: LF counts for one reader and belongs to the extension for the other.
  "LF ends the extension": `2;\nxx\r\n${HIDDEN_BYTES}\r\n${SMUGGLED}\r\n0\r\n\r\n`,
  "LF inside the extension": `2;a\nb\r\nxx\r\n0\r\n\r\n${SMUGGLED}`,
  "LF behind a quoted extension": `2;a="b"\nxx\r\n0\r\n\r\n${SMUGGLED}`,
  "LF inside a quoted extension": `2;a="\n"\r\nxx\r\n0\r\n\r\n${SMUGGLED}`,
  "CRLF inside a quoted extension": `2;a="\r\nxx\r\n0\r\n\r\n${SMUGGLED}"\r\nxx\r\n0\r\n\r\n`,
  "an open quoted extension": `2;a="b\r\nxx\r\n0\r\n\r\n${SMUGGLED}`,
  "CR inside the extension": `2;a\rb\r\nxx\r\n0\r\n\r\n${SMUGGLED}`,
  "CR CR LF behind the extension": `2;a=b\r\r\nxx\r\n0\r\n\r\n${SMUGGLED}`,
  "NUL in the extension": `2;\0ext\r\nxx\r\n0\r\n\r\n${SMUGGLED}`,
  "obs-text in the extension": `2;\xff\r\nxx\r\n0\r\n\r\n${SMUGGLED}`,
  "a bare semicolon": `2;\r\nxx\r\n0\r\n\r\n${SMUGGLED}`,
  "a name that is no token": `2;bad[=x\r\nxx\r\n0\r\n\r\n${SMUGGLED}`,
  "an extension of 64 KiB": `2;a=${"a".repeat(65_536)}\r\nxx\r\n0\r\n\r\n`,
  "many extensions of the last chunk": `0${";a=b".repeat(20_000)}\r\n\r\n`,
  // Ends of a chunk's line or data that are no CRLF.
  "LF behind the size": `2\nxx\r\n0\r\n\r\n${SMUGGLED}`,
  "CR behind the size": `2\rxx\r\n0\r\n\r\n${SMUGGLED}`,
  "CR X behind the size": `2\rX\r\nxx\r\n0\r\n\r\n${SMUGGLED}`,
  "LF behind the data": `2\r\nxx\n0\r\n\r\n${SMUGGLED}`,
  "CR behind the data": `2\r\nxx\r0\r\n\r\n${SMUGGLED}`,
  "nothing behind the data": `2\r\nxx0\r\n\r\n${SMUGGLED}`,
  "two bytes that are no CRLF": `2\r\nxxAB0\r\n\r\n${SMUGGLED}`,
  "data that spills": `2\r\nxxyy\r\n0\r\n\r\n${SMUGGLED}`,
  "data that is short": `4\r\nxx\r\n0\r\n\r\n${SMUGGLED}`,
  "an empty line between chunks": `2\r\nxx\r\n\r\n0\r\n\r\n${SMUGGLED}`,
  "LF ends the trailers": `2\r\nxx\r\n0\r\n\n${SMUGGLED}`,
  "LF behind the last chunk": `2\r\nxx\r\n0\n\r\n${SMUGGLED}`,
  "LF behind a trailer": `2\r\nxx\r\n0\r\nX-A: b\n\r\n${SMUGGLED}`,
  "CR X ends the trailers": `2\r\nxx\r\n0\r\n\rX${SMUGGLED}`,
  // Sizes.
  "a plus sign": `+2\r\nxx\r\n0\r\n\r\n${SMUGGLED}`,
  "plus zero": `+0\r\n\r\n${SMUGGLED}`,
  "a minus sign": `-1\r\nxx\r\n0\r\n\r\n${SMUGGLED}`,
  "0x": `0x2\r\nxx\r\n0\r\n\r\n${SMUGGLED}`,
  "0X0": `0X0\r\n\r\n${SMUGGLED}`,
  "an underscore": `0_2\r\nxx\r\n0\r\n\r\n${SMUGGLED}`,
  "a space before": ` 2\r\nxx\r\n0\r\n\r\n${SMUGGLED}`,
  "a space behind": `2 \r\nxx\r\n0\r\n\r\n${SMUGGLED}`,
  "a tab behind": `2\t\r\nxx\r\n0\r\n\r\n${SMUGGLED}`,
  "two numbers": `2 2\r\nxx\r\n0\r\n\r\n${SMUGGLED}`,
  "a comma": `2,2\r\nxx\r\n0\r\n\r\n${SMUGGLED}`,
  "a fraction": `2.0\r\nxx\r\n0\r\n\r\n${SMUGGLED}`,
  "no digit": `\r\nxx\r\n0\r\n\r\n${SMUGGLED}`,
  "no hex digit": `g\r\nxx\r\n0\r\n\r\n${SMUGGLED}`,
  "a digit of another script": `\xd9\xa2\r\nxx\r\n0\r\n\r\n${SMUGGLED}`,
  "64 bits and more": `FFFFFFFFFFFFFFFF0\r\nxx\r\n0\r\n\r\n${SMUGGLED}`,
  "2^64 + 2": `10000000000000002\r\nxx\r\n0\r\n\r\n${SMUGGLED}`,
  "2^63": `8000000000000000\r\nxx\r\n0\r\n\r\n${SMUGGLED}`,
  // Trailers.
  "Content-Length as a trailer": `2\r\nxx\r\n0\r\nContent-Length: 50\r\n\r\n${SMUGGLED}`,
  "Content_Length as a trailer": `2\r\nxx\r\n0\r\nContent_Length: 50\r\n\r\n${SMUGGLED}`,
  "Transfer-Encoding as a trailer": `2\r\nxx\r\n0\r\nTransfer-Encoding: chunked\r\n\r\n${SMUGGLED}`,
  "Host as a trailer": `2\r\nxx\r\n0\r\nHost: b.example\r\n\r\n${SMUGGLED}`,
  "a request line as a trailer": `2\r\nxx\r\n0\r\n${SMUGGLED}`,
  "a folded trailer": `2\r\nxx\r\n0\r\nX-A: b\r\n c\r\n\r\n${SMUGGLED}`,
  "a space before a trailer's colon": `2\r\nxx\r\n0\r\nX-A : b\r\n\r\n${SMUGGLED}`,
  "NUL in a trailer": `2\r\nxx\r\n0\r\nX-A: \0\r\n\r\n${SMUGGLED}`,
};
