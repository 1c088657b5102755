import { assertEquals } from "../assert.ts";
import { Codec } from "../wasm/http1.ts";

const codec = await Codec.load();
const TRUNCATED = 8;

Deno.test("byte classes and their searches are those of the RFCs", () => {
  const visible = /[!-~]/;
  const classes: readonly (readonly [string, number, RegExp])[] = [
    ["scanToken", 1, /[!#$%&'*+\-.^_`|~0-9A-Za-z]/],
    ["scanPath", 2, /[A-Za-z0-9\-._~!$&'()*+,;=:@/[\]|]/],
    ["scanQuery", 4, /[A-Za-z0-9\-._~!$&'()*+,;=:@/?[\]|^`{}\\]/],
    ["", 8, /[0-9A-Fa-f]/],
    ["", 16, /[A-Za-z0-9\-._~]/],
    ["scanValue", 32, /[\t\x20-\x7e\x80-\xff]/],
    ["", 64, /[\t \x21\x23-\x5b\x5d-\x7e\x80-\xff]/],
    ["scanVisible", 0, visible],
  ];
  for (const [scan, mask, pattern] of classes) {
    for (let code = 0; code < 256; code++) {
      const byte = String.fromCharCode(code);
      const belongs = pattern.test(byte);
      if (mask !== 0) {
        assertEquals(codec.call.isClass(code, mask) !== 0, belongs, `${mask} ${code}`);
      }
      if (scan === "") continue;
      for (const before of [0, 1, 3, 7, 8, 15, 16, 21]) {
        for (const behind of [0, 1, 3, 20]) {
          const at = codec.put("a".repeat(before) + byte + "a".repeat(behind));
          const len = before + 1 + behind;
          const stop = codec.call[scan](at, at + len);
          assertEquals(stop - at, belongs ? len : before, `${scan} ${code} at ${before} of ${len}`);
        }
      }
    }
  }
});

Deno.test("a request head is read into its parts", () => {
  const { head } = codec.readHead(
    "readRequestHead",
    "PATCH http://Ex.Org:8080/a/b?c=d HTTP/1.1\r\nHost: other\r\nX-Y:  v w \r\n\r\n",
  );
  const { kind, version, methodId, schemeId, flags, method, authority, path, query } = head;
  assertEquals(
    { kind, version, methodId, schemeId, flags, method, authority, path, query },
    {
      kind: 1,
      version: 0x11,
      methodId: 9,
      schemeId: 1,
      flags: 3,
      method: "PATCH",
      authority: "Ex.Org:8080",
      path: "/a/b",
      query: "c=d",
    },
  );
  assertEquals(head.fields, [
    { name: "Host", value: "Ex.Org:8080" },
    { name: "X-Y", value: "v w" },
  ]);
});

Deno.test("methods have their ids, in capitals alone", () => {
  const methods = ["GET", "HEAD", "POST", "PUT", "DELETE", "CONNECT", "OPTIONS", "TRACE", "PATCH"];
  methods.forEach((method, index) => {
    assertEquals(codec.call.methodIdOf(codec.put(method), method.length), index + 1, method);
    const lower = method.toLowerCase();
    assertEquals(codec.call.methodIdOf(codec.put(lower), lower.length), 0, lower);
    const longer = method + "X";
    assertEquals(codec.call.methodIdOf(codec.put(longer), longer.length), 0, longer);
    const other = "X" + method.slice(1);
    assertEquals(codec.call.methodIdOf(codec.put(other), other.length), 0, other);
  });
});

Deno.test("a buffer that moves between two calls is read anew", () => {
  const input = "GET /a HTTP/1.1\r\nHost: a\r\nX: b\r\n\r\n";
  const first = codec.readHead("readRequestHead", input.slice(0, 30));
  assertEquals(first.taken, 0);
  const moved = codec.put(input, 0x180000);
  assertEquals(
    codec.call.readRequestHead(codec.headAddress(), moved, input.length, 0x10000),
    input.length,
  );
  codec.startBody(0, 0n);
  assertEquals(codec.writeHead("request", 0), input);
});

Deno.test("a prefix of a head gives start line and complete fields at every length", () => {
  for (
    const [start, input] of [
      ["GET / HTTP/1.1\r\n", "GET / HTTP/1.1\r\nHost: a\r\nX-One: 1\r\nX-Two: 2\r\n\r\n"],
      ["HTTP/1.1 200 OK\r\n", "HTTP/1.1 200 OK\r\nHost: a\r\nX-One: 1\r\nX-Two: 2\r\n\r\n"],
    ]
  ) {
    for (let len = 0; len <= input.length; len++) {
      const { taken, head } = codec.readHead("readHeadPrefix", input.slice(0, len));
      if (len < start.length) {
        assertEquals(taken, 0, `${len} bytes`);
        continue;
      }
      const lines = input.slice(start.length, len).split("\r\n").slice(0, -1);
      const whole = len === input.length;
      const fields = lines.filter((line) => line !== "");
      assertEquals(head.fields.map(({ name, value }) => `${name}: ${value}`), fields);
      assertEquals((head.flags & TRUNCATED) !== 0, !whole, `${len} bytes`);
      const taken2 = start.length + fields.reduce((sum, line) => sum + line.length + 2, 0);
      assertEquals(taken, whole ? len : taken2);
    }
  }
});

Deno.test("a prefix that is no HTTP is refused or incomplete, never taken", () => {
  for (const input of ["\x16\x03\x01\x02\0", "SSH-2.0-OpenSSH\r\n", "HTTP/1.1 abc\r\n", "\0"]) {
    const { taken } = codec.readHead("readHeadPrefix", input);
    assertEquals(taken < 0, true, JSON.stringify(input));
  }
});

Deno.test("persistence and upgrade follow version and Connection", () => {
  const CLOSE = 1;
  const UPGRADE = 4;
  const cases: readonly (readonly [string, string, boolean, number])[] = [
    ["1.1", "", true, 0],
    ["1.1", "Connection: close\r\n", false, CLOSE],
    ["1.1", "Connection: keep-alive, CLOSE\r\n", false, CLOSE | 2],
    ["1.1", "Connection: foo\r\nConnection: close\r\n", false, CLOSE],
    ["1.1", "Connection: closed\r\n", true, 0],
    ["1.0", "", false, 0],
    ["1.0", "Connection: Keep-Alive\r\n", true, 2],
    ["1.0", "Connection: keep-alive, close\r\n", false, CLOSE | 2],
    ["1.1", "Connection: upgrade\r\nUpgrade: websocket\r\n", true, UPGRADE],
    ["1.1", "Connection: upgrade\r\n", true, 0],
    ["1.1", "Connection: upgrade\r\nUpgrade: a\r\nUpgrade: b\r\n", true, 0],
    ["1.1", "Connection: upgrade\r\nUpgrade: websocket, h2c\r\n", true, 0],
    ["1.1", "Connection: upgrade\r\nUpgrade: H2C\r\n", true, 0],
    ["1.1", "Connection: upgrade\r\nUpgrade: h2\r\n", true, 0],
    ["1.1", "Connection: upgrade\r\nUpgrade: TLS/1.0, HTTP/1.1\r\n", true, 0],
    ["1.1", "Connection: upgrade\r\nUpgrade: HTTP/2.0\r\n", true, 0],
    ["1.1", "Connection: upgrade\r\nUpgrade: SPDY/3.1\r\n", true, UPGRADE],
    ["1.0", "Connection: upgrade\r\nUpgrade: websocket\r\n", false, 0],
  ];
  for (const [version, lines, persistent, options] of cases) {
    codec.readHead("readRequestHead", `GET / HTTP/${version}\r\nHost: a\r\n${lines}\r\n`);
    assertEquals(codec.takeHopByHop(), options, lines);
    assertEquals(codec.isPersistent(options), persistent, lines);
  }
});

Deno.test("an expectation counts in HTTP/1.1 and with content; elsewhere it is not passed on", () => {
  const UNMET = -19;
  for (
    const [version, lines, expects, kept] of [
      ["1.1", "Expect: 100-continue\r\nContent-Length: 1\r\n", 1, true],
      ["1.1", "Expect: 100-Continue\r\nTransfer-Encoding: chunked\r\n", 1, true],
      ["1.1", "Expect: 100-continue\r\nContent-Length: 0\r\n", 0, false],
      ["1.1", "Expect: 100-continue\r\n", 0, false],
      ["1.0", "Expect: 100-continue\r\nContent-Length: 1\r\n", 0, false],
      ["1.0", "Expect: more\r\n", 0, false],
      ["1.1", "Expect: 100-continued\r\nContent-Length: 1\r\n", UNMET, true],
    ] as const
  ) {
    const input = `PUT / HTTP/${version}\r\nHost: a\r\n${lines}\r\n`;
    codec.readHead("readRequestHead", input);
    assertEquals(codec.judgeFields(), expects, input);
    assertEquals(/^expect:/im.test(String(codec.writeHead("request", 0))), kept, input);
  }
});

Deno.test("what endpoints are told about the client has no second spelling", () => {
  const names = ["For", "Host", "Proto", "Port"].map((part) => `X-Forwarded-${part}`);
  for (const name of [...names, "X-Real-IP", "X-Request-Id"]) {
    const spelt = [name.replaceAll("-", "_"), name.replace("-", "_").toUpperCase()];
    const lines = spelt.map((other) => `${other}: 1\r\n`).join("");
    codec.readHead("readRequestHead", `GET / HTTP/1.1\r\nHost: a\r\n${lines}X_Own: 2\r\n\r\n`);
    assertEquals(codec.judgeFields(), 0);
    assertEquals(codec.writeHead("request", 0), "GET / HTTP/1.1\r\nHost: a\r\nX_Own: 2\r\n\r\n");
  }
});
