// What the core tells of a captured beginning, in one call.

import { assertEquals } from "../../assert.ts";
import { type CapturedHead, HeadPrefixReader } from "../../../src/core/head_prefix.ts";

const heads = new HeadPrefixReader(
  await WebAssembly.compile(await Deno.readFile("build/core.wasm")),
);

const there = heads.allocate(1024);

function read(text: string): CapturedHead | null {
  const bytes = new TextEncoder().encode(text);
  there.set(bytes);
  const inPlace = heads.read(there, 0, bytes.length);
  assertEquals(heads.read(bytes, 0, bytes.length), inPlace, "in place as copied");
  return inPlace;
}

const POST = "POST /a?b HTTP/1.1\r\nHost: shop.example\r\n";
const OK = "HTTP/1.1 200 OK\r\n";

Deno.test("a whole request says all that is asked of it", () => {
  assertEquals(read(`${POST}User-Agent: kube-probe/1.34\r\nContent-Length: 12\r\n\r\n`), {
    kind: "request",
    method: "POST",
    target: "/a?b",
    host: "shop.example",
    userAgent: "kube-probe/1.34",
    mayUpgrade: false,
    headLength: 91,
    bodyLength: 12,
  });
});

Deno.test("a response says status and lengths", () => {
  const expected = { kind: "response", status: 200, headLength: 38, bodyLength: 7 } as const;
  assertEquals<CapturedHead | null>(read(`${OK}Content-Length: 7\r\n\r\nseven!!`), expected);
});

const BODIES: readonly (readonly [name: string, text: string, bodyLength: number | null])[] = [
  ["a request without any length has none", `${POST}\r\n`, 0],
  ["a response without any length ends with its connection", `${OK}\r\n`, null],
  ["a cut head tells no length that it has not stated", `${POST}X-Cut: `, null],
  ["a cut head tells the length that it has stated", `${POST}Content-Length: 3\r\nX: `, 3],
  ["two lengths are none", `${POST}Content-Length: 3\r\nContent-Length: 3\r\n\r\n`, null],
  ["a length that is no number is none", `${POST}Content-Length: 3, 3\r\n\r\n`, null],
  ["a length beyond all bounds is none", `${POST}Content-Length: 999999999999999999\r\n\r\n`, null],
  ["a length beside a coding is none", `${POST}Content-Length: 3\r\n${chunked("0\r\n\r\n")}`, null],
  [
    "a chunked body that is whole ends where it ends",
    POST + chunked("5\r\nhello\r\n0\r\n\r\n"),
    15,
  ],
  ["bytes behind it are not its own", POST + chunked("2\r\nab\r\n0\r\n\r\nGET /"), 12],
  ["sizes are hexadecimal", POST + chunked(`A\r\n0123456789\r\n0\r\n\r\n`), 20],
  ["a chunk that is cut", POST + chunked("5\r\nhel"), null],
  ["a last chunk that is cut", POST + chunked("1\r\na\r\n0\r\n\r"), null],
  ["a chunk's extension", POST + chunked("1;x=y\r\na\r\n0\r\n\r\n"), null],
  ["trailers", POST + chunked("1\r\na\r\n0\r\nX: y\r\n\r\n"), null],
  ["a size that is none", POST + chunked("\r\n\r\n"), null],
  ["a size longer than any capture", POST + chunked("fffff\r\n"), null],
];

function chunked(body: string): string {
  return `Transfer-Encoding: chunked\r\n\r\n${body}`;
}

for (const [name, text, bodyLength] of BODIES) {
  Deno.test(`body of a captured head: ${name}`, () => {
    assertEquals(read(text)?.bodyLength, bodyLength);
  });
}

Deno.test("a request for an upgrade, and one of which that was not captured, may upgrade", () => {
  const mayUpgrade = (text: string) => {
    const head = read(text);
    return head?.kind === "request" && head.mayUpgrade;
  };
  assertEquals(mayUpgrade(`${POST}Connection: upgrade\r\nUpgrade: websocket\r\n\r\n`), true);
  assertEquals(mayUpgrade(`${POST}X-Cut: `), true);
  assertEquals(mayUpgrade(`${POST}\r\n`), false);
});

Deno.test("long user agents are told as they begin, and texts that collide stay apart", () => {
  const long = read(`${POST}User-Agent: ${"u".repeat(100)}\r\n\r\n`);
  assertEquals(long?.kind === "request" && long.userAgent, "u".repeat(64));
  for (let round = 0; round < 2; round++) {
    for (let index = 0; index < 20_000; index += 7) {
      const head = read(`GET /items/${index} HTTP/1.1\r\nHost: a\r\n\r\n`);
      if (head?.kind !== "request" || head.target !== `/items/${index}`) {
        assertEquals(head, null, `/items/${index}`);
      }
    }
  }
});
