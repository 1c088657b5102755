// Every combination of headers that the parser knows, and every way to break one, run inside the
// kernel and compared with the reference.

import { assertEquals } from "../assert.ts";
import { assertLikeReference, type Case } from "./packet_runner.ts";
import { ACK, bytes, concat, type Extension, packet, type PacketShape, PSH } from "./packets.ts";
import { bpfTest } from "./prepare.ts";

const Q = 0x8100, AD = 0x88a8;
const TAGS: number[][] = [[], [Q], [AD], [AD, Q], [Q, Q]];
const IP: PacketShape[] = [
  ...[0, 4, 20, 40].map((ipOptionBytes) => ({ version: 4 as const, ipOptionBytes })),
  ...([
    [],
    ["hop"],
    ["destination"],
    ["routing"],
    ["authentication"],
    ["atomic"],
    ["hop", "routing"],
    ["hop", "destination", "routing", "atomic", "authentication", "destination"],
  ] as Extension[][]).map((extensions) => ({ version: 6 as const, extensions })),
];
const TCP_OPTION_BYTES = [0, 12, 40];
const CLIENT_HELLO = concat(
  Uint8Array.of(22, 3, 1, 2, 0, 1, 0, 1, 252, 3, 3),
  bytes("r".repeat(90)),
);

/** The payload, and the kind that it must yield. */
const PAYLOADS: [string, Uint8Array, number][] = [
  ["nothing", bytes(""), 0],
  ["4 bytes", bytes("GET "), 1],
  ["3 bytes", bytes("GET"), 0],
  ["get", bytes("GET /index?x=1 HTTP/1.1\r\nHost: a\r\n\r\n"), 1],
  ["head", bytes("HEAD / HTTP/1.1\r\n"), 1],
  ["post", bytes("POST / HTTP/1.1\r\n" + "x".repeat(900)), 1],
  ["put", bytes("PUT / HTTP/1.0\r\n"), 1],
  ["delete", bytes("DELETE /x HTTP/1.1\r\n"), 1],
  ["connect", bytes("CONNECT a:1 HTTP/1.1\r\n"), 1],
  ["options", bytes("OPTIONS * HTTP/1.1\r\n"), 1],
  ["trace", bytes("TRACE / HTTP/1.1\r\n"), 1],
  ["patch", bytes("PATCH / HTTP/1.1\r\n"), 1],
  ["255 bytes", bytes("GET /" + "a".repeat(250)), 1],
  ["256 bytes", bytes("GET /" + "a".repeat(251)), 1],
  ["257 bytes", bytes("GET /" + "a".repeat(252)), 1],
  ["response", bytes("HTTP/1.1 200 OK\r\n\r\n"), 2],
  ["7 bytes", bytes("HTTP/1."), 2],
  ["6 bytes", bytes("HTTP/1"), 0],
  ["http 2 in words", bytes("HTTP/2 200\r\n"), 0],
  ["lower case", bytes("get / HTTP/1.1\r\n"), 0],
  ["no space", bytes("GETX / HTTP/1.1\r\n"), 0],
  ["longer method", bytes("POSTS / HTTP/1.1\r\n"), 0],
  ["unknown method", bytes("PROPFIND / HTTP/1.1\r\n"), 0],
  ["preface", bytes("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"), 5],
  ["client hello", CLIENT_HELLO, 6],
  ["server hello", concat(CLIENT_HELLO.slice(0, 5), Uint8Array.of(2), CLIENT_HELLO.slice(6)), 0],
  ["tls data", concat(Uint8Array.of(23, 3, 3, 0, 40), bytes("GET / ".repeat(6))), 0],
  ["head inside", bytes("\r\nGET / HTTP/1.1\r\n"), 0],
];

function both(name: string, shape: PacketShape): Case[] {
  const frame = packet(shape);
  return [0, 1].map((direction) => ({ name, frame, direction: direction as 0 | 1 }));
}

bpfTest("every combination of tags, IP and TCP headers leads to the payload", async () => {
  const cases: Case[] = [];
  const kinds: number[] = [];
  let sourcePort = 1024;
  for (const tags of TAGS) {
    for (const ip of IP) {
      for (const tcpOptionBytes of TCP_OPTION_BYTES) {
        for (const [name, payload, kind] of PAYLOADS) {
          const shape = { ...ip, tags, tcpOptionBytes, payload, sourcePort: sourcePort++ };
          cases.push(...both(`${name} ${JSON.stringify({ tags, ip, tcpOptionBytes })}`, shape));
          // The other direction is the same connection, which is opaque only once.
          kinds.push(kind, kind > 2 ? 0 : kind);
        }
      }
    }
  }
  const seen = await assertLikeReference(cases);
  assertEquals(seen.map((record) => record?.kind ?? 0), kinds);
  const full = seen.find((record) => record?.payloadBytes === 917);
  assertEquals(full?.captured.length, 512);
});

bpfTest("Ethernet padding behind a short IP packet is not payload", async () => {
  const cases = [4, 6].flatMap((version) =>
    both("padded", {
      version: version as 4 | 6,
      payload: bytes(""),
      paddingBytes: 6,
    })
  );
  const half = both("half a method, padded with G", { payload: bytes("GE"), paddingBytes: 4 });
  assertEquals((await assertLikeReference([...cases, ...half])).every((r) => r === null), true);
});

bpfTest("fragments are counted and never read", async () => {
  const payload = bytes("GET / HTTP/1.1\r\n\r\n");
  const cases = [4, 6].flatMap((version) =>
    [[0, true], [8, true], [8, false]].flatMap(([offsetUnits, more]) =>
      both("fragment", {
        version: version as 4 | 6,
        fragment: { offsetUnits: Number(offsetUnits), more: Boolean(more) },
        payload,
      })
    )
  );
  const seen = await assertLikeReference(cases);
  assertEquals(seen.every((record) => record === null), true);
});

bpfTest("a third tag, a seventh extension header and other protocols yield nothing", async () => {
  const payload = bytes("GET / HTTP/1.1\r\n\r\n");
  const cases = [
    ...both("three tags", { tags: [AD, Q, Q], payload }),
    ...both("seven extensions", {
      version: 6,
      extensions: ["hop", "routing", "hop", "routing", "hop", "routing", "hop"],
      payload,
    }),
    ...both("udp", { protocol: 17, payload }),
    ...both("udp over ipv6", { version: 6, protocol: 17, payload }),
    ...both("icmpv6 behind an extension", {
      version: 6,
      extensions: ["hop"],
      protocol: 58,
      payload,
    }),
  ];
  const seen = await assertLikeReference(cases);
  assertEquals(seen.every((record) => record === null), true);
});

bpfTest("a packet cut off at any byte passes, and lengths that lie are counted", async () => {
  const payload = bytes("GET / HTTP/1.1\r\n\r\n");
  const shapes: PacketShape[] = [
    { payload },
    { tags: [AD, Q], ipOptionBytes: 12, tcpOptionBytes: 12, payload },
    { version: 6, extensions: ["hop", "atomic", "authentication"], tcpOptionBytes: 12, payload },
  ];
  const cases: Case[] = [];
  for (const shape of shapes) {
    const whole = packet(shape);
    // BPF_PROG_TEST_RUN takes nothing shorter than an Ethernet header.
    for (let length = 14; length < whole.length; length++) {
      for (const direction of [0, 1] as const) {
        cases.push({ name: `cut at ${length}`, frame: whole.slice(0, length), direction });
      }
    }
    for (const lengthField of [0, 1, 19, 20, 39, 40, 41, 60, 1500, 65535]) {
      cases.push(...both(`length ${lengthField}`, { ...shape, lengthField }));
    }
  }
  const seen = await assertLikeReference(cases);
  // Only egress may take a length of 0 for the kernel's own, as with BIG TCP.
  assertEquals(seen.filter((record) => record && record.direction === 0), []);
});

bpfTest("a port filter lets other ports pass uncaptured and counted", async () => {
  const payload = bytes("GET / HTTP/1.1\r\n\r\n");
  const flags = ACK | PSH;
  const cases = [80, 8080, 443, 81].flatMap((destinationPort) => [
    ...both("towards", { destinationPort, payload, flags }),
    ...both("back", { destinationPort, reversed: true, payload: bytes("HTTP/1.1 200 OK\r\n") }),
  ]);
  const seen = await assertLikeReference(cases, [80, 8080]);
  const ports = new Set(
    seen.filter((r) => r !== null).flatMap((r) => [
      Math.min(r.sourcePort, r.destinationPort),
    ]),
  );
  assertEquals([...ports].sort(), [80, 8080]);
  const sixteen = [80, ...Array.from({ length: 15 }, (_, i) => 2000 + i)];
  await assertLikeReference(cases, sixteen);
});
