import { assertEquals } from "../assert.ts";
import { Codec, type Outcome, WHOLE } from "../wasm/http1.ts";

const codec = await Codec.load();

function status(outcome: Outcome): number | string {
  return outcome.type === "refused" ? outcome.status : outcome.type;
}

function read(input: string, pieceBytes: number): number | string {
  return status(codec.read("request", input, { ...WHOLE, pieceBytes }));
}

function get(target: string, lines = ""): string {
  return `GET ${target} HTTP/1.1\r\nHost: a\r\n${lines}\r\n`;
}

function chunked(body: string): string {
  return `POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n${body}`;
}

const DEFAULTS: readonly (readonly [string, string, number | string])[] = [
  ["a target of 16 KiB", get("/" + "a".repeat(16383)), "message"],
  ["a target of 16 KiB and a byte", get("/" + "a".repeat(16384)), 414],
  ["a target without an end", "GET /" + "a".repeat(70000), 414],
  ["100 fields", get("/", "X: a\r\n".repeat(99)), "message"],
  ["101 fields", get("/", "X: a\r\n".repeat(100)), 431],
  ["a head of 64 KiB", get("/", `X: ${"a".repeat(65536 - 32)}\r\n`), "message"],
  ["a head of 64 KiB and a byte", get("/", `X: ${"a".repeat(65536 - 31)}\r\n`), 431],
  ["a value without an end", `GET / HTTP/1.1\r\nHost: a\r\nX: ${"a".repeat(70000)}`, 431],
  ["a name of 1 KiB", get("/", `${"a".repeat(1024)}: b\r\n`), "message"],
  ["a name of 1 KiB and a byte", get("/", `${"a".repeat(1025)}: b\r\n`), 431],
  ["a name without an end", `GET / HTTP/1.1\r\n${"a".repeat(70000)}`, 431],
  ["16 KiB of extensions", chunked(`1;${"a".repeat(16383)}\r\na\r\n0\r\n\r\n`), "message"],
  ["16 KiB of extensions and a byte", chunked(`1;${"a".repeat(16384)}\r\na\r\n0\r\n\r\n`), 400],
  ["extensions of many chunks add up", chunked("1;ab\r\na\r\n".repeat(6000)), 400],
  ["32 trailers", chunked(`0\r\n${"X: a\r\n".repeat(32)}\r\n`), "message"],
  ["33 trailers", chunked(`0\r\n${"X: a\r\n".repeat(33)}\r\n`), 431],
  ["8 KiB of trailers", chunked(`0\r\nX: ${"a".repeat(8192 - 7)}\r\n\r\n`), "message"],
  ["8 KiB of trailers and a byte", chunked(`0\r\nX: ${"a".repeat(8192 - 6)}\r\n\r\n`), 431],
  ["a trailer without an end", chunked(`0\r\nX: ${"a".repeat(9000)}`), 431],
];

for (const [name, input, expected] of DEFAULTS) {
  Deno.test(`limits: ${name} -> ${expected}`, () => {
    codec.setLimits();
    for (const pieceBytes of [0, 997]) assertEquals(read(input, pieceBytes), expected);
  });
}

Deno.test("limits: each is taken from the block", () => {
  codec.setLimits({ 0: 64, 4: 2, 8: 8, 12: 2, 16: 8, 20: 1 });
  for (const pieceBytes of [0, 1, 3]) {
    assertEquals(read(get("/1234567"), pieceBytes), "message");
    assertEquals(read(get("/12345678"), pieceBytes), 414);
    assertEquals(read(get("/", "X: a\r\n"), pieceBytes), "message");
    assertEquals(read(get("/", "X: a\r\nX: a\r\n"), pieceBytes), 431);
    assertEquals(read(get("/", `X: ${"a".repeat(40)}\r\n`), pieceBytes), 431);
  }
  codec.setLimits({ 12: 2, 16: 8, 20: 1 });
  for (const pieceBytes of [0, 1, 3]) {
    assertEquals(read(chunked("1;a\r\na\r\n0\r\n\r\n"), pieceBytes), "message");
    assertEquals(read(chunked("1;ab\r\na\r\n0\r\n\r\n"), pieceBytes), 400);
    assertEquals(read(chunked("0\r\nX: a\r\n\r\n"), pieceBytes), "message");
    assertEquals(read(chunked("0\r\nX: ab\r\n\r\n"), pieceBytes), 431);
  }
  codec.setLimits();
});

Deno.test("limits: a body over its limit is 413, by its length or when chunks get there", () => {
  const TOO_LARGE = -34;
  codec.startBody(1, 11n);
  assertEquals(codec.limitBody(10n), TOO_LARGE);
  assertEquals(codec.call.errorStatus(TOO_LARGE), 413);
  codec.startBody(1, 10n);
  assertEquals(codec.limitBody(10n), 0);
  assertEquals(codec.limitBody(0n), 0);
});
