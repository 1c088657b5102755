// Invariant: whatever the bytes, XDP passes the packet on and TC has no opinion, the packet stays as
// it was, and what is recorded and counted is what the reference says.

import { assertLikeReference, type Case } from "./packet_runner.ts";
import { bytes, type Extension, FIN, packet, type PacketShape, RST, SYN } from "./packets.ts";
import { bpfTest, PACKET_RUN } from "./prepare.ts";
import { assertEquals } from "../assert.ts";

const PACKETS = 100_000;
const BATCH = 20_000;
const SEED = 0x5eed;

/** What the verifier walks through: a bound that a change of the program must not pass unnoticed. */
const VERIFIED_INSTRUCTIONS_CEILING = 25_000;

/** xorshift32: the same packets in every run. */
function generator(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) % below;
  };
}

function corpus(): Uint8Array[] {
  const payloads = [
    "GET /a HTTP/1.1\r\nHost: a\r\n\r\n",
    "POST / HTTP/1.1\r\n" + "x".repeat(300),
    "HTTP/1.1 200 OK\r\n\r\n",
    "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    "\x16\x03\x01\x00\x90\x01\x00\x00\x8c\x03\x03",
    "",
  ];
  const shapes: PacketShape[] = [
    {},
    { tags: [0x8100] },
    { tags: [0x88a8, 0x8100], tcpOptionBytes: 12 },
    { ipOptionBytes: 8, tcpOptionBytes: 20 },
    { version: 6 },
    { version: 6, tags: [0x8100], tcpOptionBytes: 12 },
    { version: 6, extensions: ["hop", "routing", "atomic"] as Extension[] },
    { version: 6, extensions: ["authentication", "destination"] as Extension[], reversed: true },
    { flags: FIN | 16 },
    { flags: RST },
    { flags: SYN },
    { version: 6, flags: FIN | 16 },
    { fragment: { offsetUnits: 0, more: true } },
    { version: 6, fragment: { offsetUnits: 3, more: false } },
    { protocol: 17 },
  ];
  return shapes.flatMap((shape) =>
    payloads.map((payload) => packet({ ...shape, payload: bytes(payload) }))
  );
}

/** One to four changes: bits, bytes, header bytes, cuts, insertions, another packet's tail. */
function mutate(
  frames: readonly Uint8Array[],
  random: (below: number) => number,
): Uint8Array {
  let frame = frames[random(frames.length)].slice();
  for (let changes = 1 + random(4); changes > 0; changes--) {
    const at = random(frame.length);
    const choice = random(7);
    if (choice === 0) frame[at] ^= 1 << random(8);
    if (choice === 1) frame[at] = random(256);
    if (choice === 2) frame[12 + random(Math.min(60, frame.length - 12))] = random(256);
    if (choice === 3) frame = frame.slice(0, Math.max(14, at));
    if (choice === 4) {
      const more = Uint8Array.from({ length: random(64) }, () => random(256));
      frame = Uint8Array.from([...frame.subarray(0, at), ...more, ...frame.subarray(at)]);
    }
    if (choice === 5) {
      const other = frames[random(frames.length)];
      frame = Uint8Array.from([...frame.subarray(0, at), ...other.subarray(at)]);
    }
    if (choice === 6) frame[at] = [0, 6, 4, 43, 44, 51, 60, 255][random(8)];
    if (frame.length < 14) frame = frames[0].slice();
  }
  return frame;
}

for (const direction of [0, 1] as const) {
  const name = direction === 0
    ? `${PACKETS} mutated packets: XDP_PASS, unchanged, recorded like the reference`
    : `${PACKETS} mutated packets: TC passes them on, unchanged, recorded like the reference`;
  bpfTest(name, async () => {
    const random = generator(SEED + direction);
    const frames = corpus();
    let recorded = 0;
    for (let done = 0; done < PACKETS; done += BATCH) {
      const cases: Case[] = Array.from({ length: BATCH }, (_, i) => ({
        name: `seed ${SEED + direction}, packet ${done + i}`,
        frame: mutate(frames, random),
        direction,
      }));
      recorded += (await assertLikeReference(cases)).filter((record) => record !== null).length;
    }
    // A corpus that no longer reaches the payload would prove nothing.
    assertEquals(recorded > PACKETS / 20, true, `only ${recorded} packets were recorded`);
  });
}

bpfTest(`the verifier walks at most ${VERIFIED_INSTRUCTIONS_CEILING} instructions`, async () => {
  const { stdout } = await new Deno.Command(PACKET_RUN, { args: ["info"] }).output();
  const info = JSON.parse(new TextDecoder().decode(stdout)) as Record<
    string,
    { verified_instructions: number }
  >;
  assertEquals(Object.keys(info), ["ingress", "egress"]);
  for (const [program, { verified_instructions: verified }] of Object.entries(info)) {
    const fits = verified > 0 && verified <= VERIFIED_INSTRUCTIONS_CEILING;
    assertEquals(fits, true, `${program}: ${verified} verified instructions`);
  }
});
