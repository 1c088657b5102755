// The ClientHello reader: what it finds, what it refuses, and that nothing depends on how bytes arrive.

import { assertEquals } from "../../assert.ts";
import { MAX_HELLO_BYTES } from "../../../src/core/client_hello.ts";
import { HelloReader, show } from "./client_hello.ts";
import {
  alpn,
  ascii,
  ECDSA_P256,
  ED25519,
  extension,
  helloMessage,
  type HelloParts,
  records,
  RSA_PSS,
  serverName,
  signatures,
  usualExtensions,
  versions,
} from "./client_hello_bytes.ts";

const reader = await HelloReader.create();
const TLS13 = versions([0x0304]);
const ECDSA_SUITE = 0xc02b;
const RSA_SUITE = 0xc02f;

/** [what, parts, what comes of it] */
const CASES: readonly (readonly [string, HelloParts, string])[] = [
  ["a usual one", { extensions: usualExtensions("a.example") }, "a.example http1 ecdsa+rsa"],
  ["no extensions: TLS 1.2, keys by suites", { suites: [RSA_SUITE] }, "- http1 rsa"],
  ["no name", { extensions: TLS13 }, "- http1 ecdsa+rsa"],
  [
    "a name in capitals",
    { extensions: [...serverName("A.Example"), ...TLS13] },
    "a.example http1 ecdsa+rsa",
  ],
  [
    "a trailing dot",
    { extensions: [...serverName("a.example."), ...TLS13] },
    "a.example http1 ecdsa+rsa",
  ],
  [
    "an underscore",
    { extensions: [...serverName("a_b.example"), ...TLS13] },
    "a_b.example http1 ecdsa+rsa",
  ],
  [
    "an IPv4 literal names no host",
    { extensions: [...serverName("127.0.0.1"), ...TLS13] },
    "- http1 ecdsa+rsa",
  ],
  [
    "an IPv6 literal names no host",
    { extensions: [...serverName("fe80::1"), ...TLS13] },
    "- http1 ecdsa+rsa",
  ],
  [
    "a name of 255 bytes",
    { extensions: [...serverName("a".repeat(255)), ...TLS13] },
    `${"a".repeat(255)} http1 ecdsa+rsa`,
  ],
  ["a name of 256 bytes", { extensions: [...serverName("a".repeat(256)), ...TLS13] }, "malformed"],
  ["an empty name", { extensions: [...serverName(""), ...TLS13] }, "malformed"],
  ["a lone dot", { extensions: [...serverName("x."), ...serverName("."), ...TLS13] }, "malformed"],
  ["a leading dot", { extensions: [...serverName(".example"), ...TLS13] }, "malformed"],
  ["a NUL in the name", { extensions: [...serverName("a\0.example"), ...TLS13] }, "malformed"],
  ["a slash in the name", { extensions: [...serverName("a/b"), ...TLS13] }, "malformed"],
  ["a star in the name", { extensions: [...serverName("*.example"), ...TLS13] }, "malformed"],
  [
    "a byte over 127 in the name",
    { extensions: [...serverName("\xe9.example"), ...TLS13] },
    "malformed",
  ],
  [
    "a colon that is no address",
    { extensions: [...serverName("host:443"), ...TLS13] },
    "malformed",
  ],
  ["another type of name", { extensions: [...serverName("a.example", 1), ...TLS13] }, "malformed"],
  ["two names in one list", {
    extensions: [
      ...extension(0, [0, 12, 0, 0, 3, ...ascii("a.b"), 0, 0, 3, ...ascii("c.d")]),
      ...TLS13,
    ],
  }, "malformed"],
  [
    "the name twice",
    { extensions: [...serverName("a.b"), ...serverName("a.b"), ...TLS13] },
    "malformed",
  ],
  ["versions twice", { extensions: [...TLS13, ...TLS13] }, "malformed"],
  ["HTTP/2 alone", { extensions: [...alpn(["h2"]), ...TLS13] }, "- no-http1 ecdsa+rsa"],
  ["HTTP/1.0 alone", { extensions: [...alpn(["http/1.0"]), ...TLS13] }, "- no-http1 ecdsa+rsa"],
  ["an empty list of protocols", { extensions: [...alpn([]), ...TLS13] }, "malformed"],
  ["an empty protocol", { extensions: [...alpn([""]), ...TLS13] }, "malformed"],
  [
    "a protocol longer than its list",
    { extensions: [...extension(16, [0, 2, 9, 104]), ...TLS13] },
    "malformed",
  ],
  ["Ed25519 alone", { extensions: [...signatures([ED25519]), ...TLS13] }, "- http1 ed25519"],
  ["RSA alone", { extensions: [...signatures([RSA_PSS]), ...TLS13] }, "- http1 rsa"],
  ["ECDSA without a suite for it, TLS 1.2", {
    suites: [RSA_SUITE],
    extensions: signatures([ECDSA_P256, RSA_PSS]),
  }, "- http1 rsa"],
  ["RSA without a suite for it, TLS 1.2", {
    suites: [ECDSA_SUITE],
    extensions: signatures([ECDSA_P256, RSA_PSS]),
  }, "- http1 ecdsa"],
  ["no suite that we know, TLS 1.2", { suites: [0x002f] }, "- http1 no-keys"],
  [
    "an odd list of signatures",
    { extensions: [...extension(13, [0, 3, 4, 3, 8]), ...TLS13] },
    "malformed",
  ],
  ["TLS 1.1", { version: 0x0302 }, "old-version"],
  ["TLS 1.1 by supported_versions", { extensions: versions([0x0302]) }, "old-version"],
  ["TLS 1.3 by its own version is 1.2", { version: 0x0304, suites: [RSA_SUITE] }, "- http1 rsa"],
  ["an empty list of versions", { extensions: versions([]) }, "malformed"],
  [
    "a session id of 32 bytes",
    { sessionId: new Array(32).fill(1), extensions: TLS13 },
    "- http1 ecdsa+rsa",
  ],
  [
    "a session id of 33 bytes",
    { sessionId: new Array(33).fill(1), extensions: TLS13 },
    "malformed",
  ],
  ["no suites", { suites: [], extensions: TLS13 }, "malformed"],
  ["no compression", { compression: [], extensions: TLS13 }, "malformed"],
  [
    "an unknown extension",
    { extensions: [...extension(0xfafa, [1, 2, 3]), ...TLS13] },
    "- http1 ecdsa+rsa",
  ],
  ["an extension cut short", { extensions: [...TLS13, 0, 99, 0, 9, 1] }, "malformed"],
  ["a rest of one byte behind extensions", { extensions: [...TLS13, 0] }, "malformed"],
];

Deno.test("ClientHello: what is found, and what is refused", () => {
  for (const [what, parts, expected] of CASES) {
    assertEquals([what, show(reader.read(records(helloMessage(parts))))], [what, expected]);
  }
});

Deno.test("ClientHello: whatever is behind the bytes makes no difference", () => {
  for (const [what, parts, expected] of CASES) {
    const bytes = records(helloMessage(parts));
    for (const poison of [0, 1, 22, 255]) {
      assertEquals([what, show(reader.read(bytes, poison))], [what, expected]);
    }
  }
});

Deno.test("ClientHello: records of any size join to the same message", () => {
  const message = helloMessage({ extensions: usualExtensions("a.example") });
  for (let size = Math.ceil(message.length / 32); size <= message.length; size++) {
    assertEquals(show(reader.read(records(message, size))), "a.example http1 ecdsa+rsa");
  }
  const tooMany = Math.floor(message.length / 33);
  assertEquals(show(reader.read(records(message, tooMany))), "malformed");
});

Deno.test("ClientHello: every beginning of one asks for more, and never for too much", () => {
  const message = helloMessage({ extensions: usualExtensions("a.example") });
  for (const size of [7, 60, 16_384]) {
    const bytes = records(message, size);
    for (let length = 1; length < bytes.length; length++) {
      const result = reader.read(bytes.subarray(0, length));
      if (result.kind !== "more") throw new Error(`${length} bytes: ${show(result)}`);
      assertEquals(result.neededBytes > length && result.neededBytes <= bytes.length, true);
    }
  }
});

Deno.test("ClientHello: a client that reads only what is asked for gets through", () => {
  const bytes = records(helloMessage({ extensions: usualExtensions("a.example") }), 40);
  let length = 1;
  for (let calls = 0; calls < 40; calls++) {
    const result = reader.read(bytes.subarray(0, length));
    if (result.kind !== "more") return assertEquals(show(result), "a.example http1 ecdsa+rsa");
    length = result.neededBytes;
  }
  throw new Error("it never ends");
});

/** [what, bytes, what comes of it] */
const RAW: readonly (readonly [string, readonly number[], string])[] = [
  ["HTTP", ascii("GET / HTTP/1.1\r\n\r\n"), "not-tls"],
  ["nothing", [], "more 5"],
  ["SSL 2", [0x80, 0x2e, 1, 0, 2], "not-tls"],
  ["an alert", [21, 3, 1, 0, 2, 1, 0], "not-tls"],
  ["a record of another major version", [22, 2, 0, 0, 1, 1], "malformed"],
  ["an empty record", [22, 3, 1, 0, 0], "malformed"],
  ["a record that is too long", [22, 3, 1, 0x40, 1], "malformed"],
  ["another handshake message", [22, 3, 1, 0, 4, 2, 0, 0, 0], "malformed"],
  ["a message of 16 MB", [22, 3, 1, 0, 4, 1, 255, 255, 255], "malformed"],
  ["an empty message", [22, 3, 1, 0, 4, 1, 0, 0, 0], "malformed"],
  ["bytes behind the message in its record", [22, 3, 1, 0, 6, 1, 0, 0, 0, 9, 9], "malformed"],
  ["another record between fragments", [22, 3, 1, 0, 1, 1, 23, 3, 1, 0, 1, 0], "malformed"],
  ["the same, seen by its first byte", [22, 3, 1, 0, 1, 1, 23], "malformed"],
];

Deno.test("ClientHello: records that begin none are refused as soon as it shows", () => {
  for (const [what, bytes, expected] of RAW) {
    assertEquals([what, show(reader.read(Uint8Array.from(bytes)))], [what, expected]);
  }
});

Deno.test("ClientHello: a client that hands out lengths is never waited for beyond the limit", () => {
  const first = [22, 3, 1, 0, 4, 1, 0, 0x40, 0];
  const result = reader.read(Uint8Array.from([...first, 22, 3, 1, 0x40, 0]));
  assertEquals(result, { kind: "more", neededBytes: 9 + 5 + 16_384 });
  assertEquals(9 + 5 + 16_384 <= MAX_HELLO_BYTES, true);
  const more = reader.read(Uint8Array.from([22, 3, 1, 0, 5, 1, 0, 0x40, 0, 0, 22, 3, 1, 0x40, 0]));
  assertEquals(show(more), "malformed");
});

Deno.test("ClientHello: what follows the message in records of its own is left alone", () => {
  const bytes = records(helloMessage({ extensions: usualExtensions("a.example") }));
  const early = Uint8Array.from([...bytes, 23, 3, 3, 0, 2, 1, 2]);
  assertEquals(show(reader.read(early)), "a.example http1 ecdsa+rsa");
});
