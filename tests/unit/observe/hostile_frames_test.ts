// Frames from a loader that lies. Invariants: nothing but FrameError comes out, a stream that went
// wrong stays dead, buffers and tables stay bounded, every record handed on lies in the buffer, and
// each head that was read is in an exchange or in a count.

import assert from "node:assert/strict";
import { assertEquals } from "../../assert.ts";
import { HeadPrefixReader } from "../../../src/core/head_prefix.ts";
import {
  DECODER_BUFFER_BYTES,
  FRAME_BYTES_MAX,
  FrameDecoder,
  FrameError,
  type FrameHandler,
} from "../../../src/observe/loader/frame_decoder.ts";
import { Pairing } from "../../../src/observe/pairing/pairing.ts";
import { RecordReader } from "../../../src/observe/record_reader.ts";
import {
  byeFrame,
  CaptureFrames,
  countersFrame,
  frame,
  helloFrame,
  type RecordFacts,
} from "./loader_frames.ts";
import { seededRandom } from "./wire_script.ts";

const MODULE = await WebAssembly.compile(await Deno.readFile("build/core.wasm"));
/** HOSTILE_STREAMS=100000 tries more, HOSTILE_SEED others. */
const STREAMS = Number(Deno.env.get("HOSTILE_STREAMS") ?? 1_500);
const SEED = Number(Deno.env.get("HOSTILE_SEED") ?? 1);
const MAX_FLOWS = 50;
const HEADS = [
  "GET /a?b=c HTTP/1.1\r\nHost: a\r\nUser-Agent: kube-probe/1.34\r\n\r\n",
  "POST /b HTTP/1.1\r\nHost: b\r\nContent-Length: 99999999999999999999\r\n\r\n",
  "POST /c HTTP/1.1\r\nHost: c\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\nGET / HTTP",
  "GET / HTTP/1.1\r\nHost: d\r\nUpgrade: websocket\r\n\r\nGET /e HTTP/1.1\r\nHost: d\r\n\r\n",
  "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nokHTTP/1.1 503 No\r\nContent-Length: 0\r\n\r\n",
  "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 101 Switching Protocols\r\n\r\n",
  "HTTP/1.1 304 Not Modified\r\nContent-Length: 4294967295\r\n\r\n",
];

function concatenated(parts: readonly Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

function facts(random: () => number): RecordFacts {
  const pick = (count: number) => Math.floor(random() * count);
  const captured = HEADS[pick(HEADS.length)];
  const isRequest = !captured.startsWith("HTTP");
  const client = [0, 0, 0xffff, pick(80)], server = [0, 0, 0xffff, 1000];
  return {
    timeNs: pick(1_000_000) * 1000,
    source: isRequest ? client : server,
    destination: isRequest ? server : client,
    sourcePort: isRequest ? 1 : 2,
    destinationPort: isRequest ? 2 : 1,
    seq: pick(0x1_0000_0000),
    ack: pick(0x1_0000_0000),
    payloadLength: random() < 0.9 ? captured.length : pick(0x1_0000_0000),
    kind: (random() < 0.9 ? isRequest ? 1 : 2 : 1 + pick(6)) as 1,
    isEgress: random() < 0.5,
    hasFin: random() < 0.1,
    ordinal: pick(12),
    captured: captured.slice(0, random() < 0.8 ? captured.length : pick(captured.length)),
  };
}

/** An honest stream: hello, captures, a frame of a later version, counters, bye. */
function stream(random: () => number): Uint8Array {
  const parts = [helloFrame(1_000_000, 1_700_000_000_000)];
  for (let index = 0; index < 4; index++) {
    const frames = new CaptureFrames();
    for (let count = 1 + Math.floor(random() * 12); count > 0; count--) frames.add(facts(random));
    parts.push(frames.take().slice());
  }
  parts.push(frame(900, new Uint8Array(40)));
  parts.push(countersFrame(2_000_000, 1e12, { received: 9, queued: 9, dropped: 0, ringFull: 0 }));
  parts.push(byeFrame(1));
  return concatenated(parts);
}

/** What becomes of a stream that comes in parts of these sizes. */
function decode(bytes: Uint8Array, sizes: Iterable<number>): string[] {
  const said: string[] = [];
  const handler: FrameHandler = {
    hello: ({ interfaces }) => said.push(`hello ${interfaces.map(({ name }) => name)}`),
    record: (buffer, view, at) => {
      const size = view.getUint16(at + 66, true);
      said.push(`record ${buffer.slice(at, at + size)}`);
    },
    counters: ({ recordsReceived }) => said.push(`counters ${recordsReceived}`),
    bye: (reason) => said.push(`bye ${reason}`),
  };
  const decoder = new FrameDecoder(handler);
  let at = 0;
  for (const size of sizes) {
    const part = bytes.subarray(at, at + size);
    decoder.space.set(part);
    decoder.advance(part.length);
    at += part.length;
  }
  assertEquals(at, bytes.length);
  return said;
}

Deno.test("a stream says the same wherever it is cut", () => {
  const bytes = stream(seededRandom(5));
  const whole = decode(bytes, [bytes.length]);
  assert(whole.length > 8);
  assertEquals(decode(bytes, bytes.map(() => 1)), whole);
  for (let cut = 1; cut < bytes.length; cut++) {
    assertEquals(decode(bytes, [cut, bytes.length - cut]), whole, `cut at ${cut}`);
  }
});

const LIES: readonly { readonly name: string; readonly bytes: () => Uint8Array }[] = [
  { name: "another version", bytes: () => helloFrame(0, 0, 2) },
  { name: "captures before hello", bytes: () => frame(2, new Uint8Array(80)) },
  {
    name: "a frame longer than any may be",
    bytes: () => new Uint8Array([0xf9, 0xff, 0, 0, 1, 0, 0, 0]),
  },
  { name: "a frame of four gigabytes", bytes: () => new Uint8Array(8).fill(255) },
  { name: "a payload that is no multiple of 8", bytes: () => frame(1, new Uint8Array(129)) },
  { name: "a hello that is too short", bytes: () => frame(1, new Uint8Array(120)) },
  { name: "more interfaces than fit", bytes: () => lyingHello(2, 0xffff) },
  { name: "interfaces of no size", bytes: () => lyingHello(30, 0) },
  { name: "four billion records", bytes: () => lyingCaptures(0, [255, 255, 255, 255]) },
  { name: "captures without a record", bytes: () => lyingCaptures(0, [0, 0, 0, 0]) },
  { name: "a record of no size", bytes: () => lyingCaptures(8 + 66, [0, 0]) },
  { name: "a record longer than its frame", bytes: () => lyingCaptures(8 + 66, [248, 255]) },
  { name: "a record of an odd size", bytes: () => lyingCaptures(8 + 66, [75, 0]) },
  { name: "more captured than the record holds", bytes: () => lyingCaptures(8 + 60, [255, 0]) },
  { name: "counters that are too short", bytes: () => afterHello(frame(3, new Uint8Array(8))) },
  { name: "a bye that is too short", bytes: () => frame(4, new Uint8Array(8)) },
];

function afterHello(bytes: Uint8Array): Uint8Array {
  return concatenated([helloFrame(0, 0), bytes]);
}

function lyingHello(at: number, value: number): Uint8Array {
  const bytes = helloFrame(0, 0);
  new DataView(bytes.buffer).setUint16(8 + at, value, true);
  return bytes;
}

function lyingCaptures(at: number, values: readonly number[]): Uint8Array {
  const frames = new CaptureFrames();
  frames.add({ ...facts(seededRandom(1)), captured: "GET / HTTP/1.1\r\n" });
  const bytes = frames.take().slice();
  bytes.set(values, 8 + at);
  return afterHello(bytes);
}

for (const { name, bytes } of LIES) {
  Deno.test(`a stream with ${name} is refused, and dead from then on`, () => {
    const handler = { hello: () => {}, record: () => {}, counters: () => {}, bye: () => {} };
    const decoder = new FrameDecoder(handler);
    const lie = bytes();
    decoder.space.set(lie);
    assert.throws(() => decoder.advance(lie.length), FrameError);
    const honest = helloFrame(0, 0);
    decoder.space.set(honest);
    assert.throws(() => decoder.advance(honest.length), FrameError);
  });
}

Deno.test("a frame that never ends takes no more than the buffer", () => {
  const decoder = new FrameDecoder({
    hello: () => {},
    record: () => {},
    counters: () => {},
    bye: () => {},
  });
  const header = frame(1, new Uint8Array(FRAME_BYTES_MAX - 8)).subarray(0, 8);
  decoder.space.set(header);
  decoder.advance(8);
  for (let count = 0; count < FRAME_BYTES_MAX - 9; count++) {
    assert(decoder.space.length > 0);
    decoder.space[0] = 7;
    decoder.advance(1);
  }
  assertEquals(decoder.frames, 0);
  assert(decoder.space.length <= DECODER_BUFFER_BYTES);
});

/** Bytes changed, cut out, doubled or made up. */
function mutate(bytes: Uint8Array, random: () => number): Uint8Array {
  const at = Math.floor(random() * bytes.length);
  const length = Math.floor(random() * 300);
  switch (Math.floor(random() * 5)) {
    case 0: {
      const changed = bytes.slice();
      for (let count = 1 + Math.floor(random() * 8); count > 0; count--) {
        changed[Math.floor(random() * bytes.length)] = Math.floor(random() * 256);
      }
      return changed;
    }
    case 1:
      return bytes.slice(0, at);
    case 2:
      return concatenated([bytes.subarray(0, at), bytes.subarray(at + length)]);
    case 3:
      return concatenated([bytes.subarray(0, at), bytes.subarray(Math.max(0, at - length))]);
    default: {
      const garbage = Uint8Array.from({ length }, () => Math.floor(random() * 256));
      return concatenated([bytes.subarray(0, at), garbage, bytes.subarray(at)]);
    }
  }
}

Deno.test(`mutated streams: only FrameError, all bounded, all counted (HOSTILE_SEED=${SEED})`, () => {
  const random = seededRandom(SEED);
  const heads = new HeadPrefixReader(MODULE);
  const buffer = heads.allocate(DECODER_BUFFER_BYTES);
  let inExchanges = 0, captured = 0, refused = 0, records = 0;
  const pairing = new Pairing(({ request, response }) => {
    if (request) inExchanges++;
    if (response) inExchanges++;
  }, { maxFlows: MAX_FLOWS });
  const reader = new RecordReader(heads, pairing);
  const handler: FrameHandler = {
    hello: () => {},
    record: (bytes, view, at) => {
      assert(at >= 0 && at + view.getUint16(at + 66, true) <= bytes.length);
      records++;
      if (bytes[at + 62] === 1 || bytes[at + 62] === 2) captured++;
      reader.read(bytes, view, at);
      assert(pairing.flowCount <= MAX_FLOWS);
    },
    counters: () => {},
    bye: () => {},
  };
  for (let index = 0; index < STREAMS; index++) {
    // Each stream is a connection of its own, as after a storm of reconnects.
    const decoder = new FrameDecoder(handler, buffer);
    const bytes = mutate(stream(random), random);
    try {
      for (let at = 0; at < bytes.length;) {
        const { space } = decoder;
        const count = Math.min(1 + Math.floor(random() * 5000), space.length, bytes.length - at);
        space.set(bytes.subarray(at, at + count));
        decoder.advance(count);
        at += count;
      }
    } catch (error) {
      if (!(error instanceof FrameError)) throw error;
      refused++;
    }
    if (random() < 0.3) pairing.tick(random() * 1e9);
    if (random() < 0.1) pairing.flush();
  }
  pairing.flush();
  assertEquals(pairing.flowCount, 0);
  assertEquals(heads.traps, 0);
  assertEquals([refused > 0, records > STREAMS], [true, true]);
  const { counts } = pairing;
  const leftOut = counts.retransmissions + counts.insideBody + counts.ambiguous + counts.interim +
    counts.insideTunnel + counts.late + counts.unusable;
  assertEquals(inExchanges + leftOut, captured + counts.coalesced);
});

Deno.test("a head cut anywhere, with garbage behind it, is read as far as it goes", () => {
  const random = seededRandom(11);
  const heads = new HeadPrefixReader(MODULE);
  const whole = new TextEncoder().encode(HEADS[0]);
  const startLine = HEADS[0].indexOf("\r\n") + 2;
  for (let cut = 0; cut <= whole.length; cut++) {
    const head = heads.read(whole, 0, cut);
    assertEquals(head !== null, cut >= startLine, `cut at ${cut}`);
    if (head?.kind === "request") assertEquals([head.method, head.target], ["GET", "/a?b=c"]);
    if (head) assertEquals(head.headLength !== null, cut === whole.length, `cut at ${cut}`);
    for (let round = 0; round < 20; round++) {
      const garbage = Uint8Array.from({ length: 1100 }, () => Math.floor(random() * 256));
      garbage.set(whole.subarray(0, cut));
      heads.read(garbage, 0, 1 + Math.floor(random() * garbage.length));
    }
  }
  assertEquals(heads.traps, 0);
});
