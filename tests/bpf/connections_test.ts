// What the program remembers of a connection: FIN and RST are recorded of those that had HTTP,
// opaque ones are marked once and never read again.

import { assertEquals } from "../assert.ts";
import { assertLikeReference, type Case } from "./packet_runner.ts";
import { ACK, bytes, FIN, packet, type PacketShape, PSH, RST, SYN } from "./packets.ts";
import { bpfTest } from "./prepare.ts";

const REQUEST = bytes("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
const RESPONSE = bytes("HTTP/1.1 204 No Content\r\n\r\n");
const PREFACE = bytes("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n");
const CLIENT_HELLO = Uint8Array.of(22, 3, 1, 0, 200, 1, 0, 0, 196, 3, 3, 1, 2, 3, 4, 5);

/** The client's packets are received, the server's sent, as on a server's interface. */
function conversation(steps: [from: "client" | "server", shape: PacketShape][]): Case[] {
  return [4, 6].flatMap((version) =>
    steps.map(([from, shape]) => ({
      name: `${from} ${JSON.stringify(shape.flags)}`,
      frame: packet({ ...shape, version: version as 4 | 6, reversed: from === "server" }),
      direction: from === "client" ? 0 as const : 1 as const,
    }))
  );
}

async function assertKinds(
  steps: [from: "client" | "server", shape: PacketShape, kind: number][],
): Promise<void> {
  const cases = conversation(steps.map(([from, shape]) => [from, shape]));
  const kinds = steps.map(([, , kind]) => kind);
  const seen = await assertLikeReference(cases);
  assertEquals(seen.map((record) => record?.kind ?? 0), [...kinds, ...kinds]);
}

bpfTest("FIN of both ends is recorded where the connection had HTTP", () =>
  assertKinds([
    ["client", { flags: SYN }, 0],
    ["server", { flags: SYN | ACK }, 0],
    ["client", { payload: REQUEST }, 1],
    ["server", { payload: RESPONSE }, 2],
    ["client", { flags: FIN | ACK }, 3],
    ["server", { flags: FIN | ACK }, 3],
    ["client", { flags: FIN | ACK }, 0], // again, when all is over
  ]));

bpfTest("FIN and RST of a connection without HTTP are not recorded", () =>
  assertKinds([
    ["client", { flags: SYN }, 0],
    ["client", { payload: bytes("EHLO example.org\r\n") }, 0],
    ["client", { flags: FIN | ACK }, 0],
    ["server", { flags: RST }, 0],
  ]));

bpfTest("RST is recorded and ends the connection", () =>
  assertKinds([
    ["client", { payload: REQUEST }, 1],
    ["server", { flags: RST }, 4],
    ["server", { flags: RST }, 0],
    ["client", { flags: FIN | ACK }, 0],
  ]));

bpfTest("a head that carries FIN is one record, with the flag", () =>
  assertKinds([
    ["client", { payload: REQUEST }, 1],
    ["server", { payload: RESPONSE, flags: FIN | PSH | ACK }, 2],
    ["client", { flags: FIN | ACK }, 3],
    ["client", { flags: FIN | ACK }, 0],
  ]));

bpfTest("a retransmitted FIN is recorded again while the other end is open", () =>
  assertKinds([
    ["client", { payload: REQUEST }, 1],
    ["client", { flags: FIN | ACK }, 3],
    ["client", { flags: FIN | ACK }, 3],
    ["server", { flags: FIN | ACK }, 3],
  ]));

bpfTest(
  "TLS and HTTP/2 mark a connection opaque once, and nothing of it is guessed at",
  () =>
    assertKinds([
      ["client", { flags: SYN, sourcePort: 1 }, 0],
      ["client", { payload: CLIENT_HELLO, sourcePort: 1 }, 6],
      ["client", { payload: CLIENT_HELLO, sourcePort: 1 }, 0],
      ["client", { payload: REQUEST, sourcePort: 1 }, 0],
      ["server", { payload: RESPONSE, sourcePort: 1 }, 0],
      ["client", { flags: FIN | ACK, sourcePort: 1 }, 0],
      ["client", { payload: PREFACE, sourcePort: 2 }, 5],
      ["server", { payload: RESPONSE, sourcePort: 2 }, 0],
      ["client", { payload: PREFACE, sourcePort: 2 }, 0],
      ["server", { flags: RST, sourcePort: 2 }, 0],
    ]),
);

bpfTest("a connection that turns opaque after HTTP still records its end", () =>
  assertKinds([
    ["client", { payload: bytes("CONNECT a:443 HTTP/1.1\r\n\r\n") }, 1],
    ["server", { payload: RESPONSE }, 2],
    ["client", { payload: CLIENT_HELLO }, 6],
    ["client", { payload: REQUEST }, 0],
    ["client", { flags: FIN | ACK }, 3],
  ]));

bpfTest("a port that is used again begins anew", () =>
  assertKinds([
    ["client", { flags: SYN }, 0],
    ["client", { payload: CLIENT_HELLO }, 6],
    ["client", { flags: SYN }, 0],
    ["client", { payload: REQUEST }, 1],
    ["client", { flags: SYN }, 0],
    ["client", { flags: FIN | ACK }, 0],
  ]));

bpfTest("records of a connection are numbered in both directions, anew after its end", async () => {
  const seen = await assertLikeReference(conversation([
    ["client", { flags: SYN }],
    ["client", { payload: REQUEST }],
    ["server", { payload: RESPONSE }],
    ["server", { payload: bytes("body of no interest") }],
    ["client", { payload: REQUEST }],
    ["client", { flags: FIN | ACK }],
    ["server", { flags: FIN | ACK }],
    ["client", { payload: REQUEST }],
  ]));
  const ordinals = [0, 1, 2, 0, 3, 4, 5, 1];
  assertEquals(seen.map((record) => record?.ordinal ?? 0), [...ordinals, ...ordinals]);
});
