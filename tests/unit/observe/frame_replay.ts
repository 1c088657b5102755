// Plays made-up connections as the loader's frames, byte by byte, through the real decoder, the
// core's head reader and pairing, and compares every exchange with the truth.
// Takes options; gives counts. `mispaired`, `phantoms`, `doubled` are the observer's lies.

import { HeadPrefixReader } from "../../../src/core/head_prefix.ts";
import { DECODER_BUFFER_BYTES, FrameDecoder } from "../../../src/observe/loader/frame_decoder.ts";
import { Pairing } from "../../../src/observe/pairing/pairing.ts";
import { advance } from "../../../src/observe/pairing/sequence.ts";
import type {
  Exchange,
  PairingCounts,
  RequestSegment,
  ResponseSegment,
} from "../../../src/observe/pairing/types.ts";
import { RecordReader } from "../../../src/observe/record_reader.ts";
import { byeFrame, CaptureFrames, countersFrame, frame, helloFrame } from "./loader_frames.ts";
import { type HeadBehind, seededRandom, type WireRecord, WireScript } from "./wire_script.ts";

export interface ReplayOptions {
  readonly seed: number;
  /** At least; the last connections are played to their ends. */
  readonly exchanges: number;
  /** Every n-th record never reaches the reader; 0: all do. */
  readonly dropEvery: number;
  readonly isPlain: boolean;
  readonly depth: number;
  /** See WireOptions; default: false. */
  readonly isShown?: true;
}

export interface Replay {
  exchanges: number;
  records: number;
  dropped: number;
  known: number;
  unknown: number;
  mispaired: number;
  phantoms: number;
  doubled: number;
  /** Heads that were read, also those behind another one in a capture. */
  heads: number;
  /** Of those, the ones that are in an exchange, and the ones that pairing says it left out. */
  headsInExchanges: number;
  headsLeftOut: number;
  /** Of unknown exchanges that say that they may be none: those that are none, and second ones. */
  lookalikes: number;
  twice: number;
  /** Exchanges of which no head began a segment that was read. */
  unread: number;
  /** Exchanges of which one was, and which were not told of all the same. */
  missed: number;
  unreadableHeads: number;
  readonly reasons: Record<string, number>;
  readonly counts: PairingCounts;
}

const EXCHANGES_EACH = 60;
const AT_ONCE = 48;
/** Every record has a time of its own, from which the test knows it again. */
const RECORD_US = 10;
/** No client uses a four-tuple again sooner. */
const REST_US = 150_000;
const START_US = 1_000_000;
const KINDS = { request: 1, response: 2, fin: 3, rst: 4 } as const;
const NONE = -1;
/** What one exchange has come to; CERTAIN: told of without saying that it may be none. */
const EMITTED = 1, READ = 2, CERTAIN = 4;

interface Endpoints {
  readonly client: readonly number[];
  readonly server: readonly number[];
  readonly clientPort: number;
  readonly serverPort: number;
  /** The client is this machine. */
  readonly isOutbound: boolean;
}

interface Playing {
  readonly script: WireScript;
  readonly records: Generator<WireRecord, void, void>;
  readonly ends: Endpoints;
  ordinal: number;
}

/** A record on its way to the reader, numbered by the kernel. */
interface Numbered {
  readonly record: WireRecord;
  readonly ends: Endpoints;
  readonly ordinal: number;
  readonly timeUs: number;
}

const MODULE = await WebAssembly.compile(await Deno.readFile("build/core.wasm"));

function endpoints(index: number, random: () => number): Endpoints {
  const isIpv6 = random() < 0.3;
  const words = (host: number) => isIpv6 ? [0xfd770002, 0, 0, host] : [0, 0, 0xffff, host];
  return {
    client: words(0x0a000000 + (index >>> 14)),
    server: words(0x0a640001 + index % 7),
    clientPort: 16_384 + index % 16_384,
    serverPort: 8080,
    isOutbound: random() < 0.5,
  };
}

/** A head's truth as a number: the exchange, NONE, or below it for an interim response's. */
function code(id: number | null, isFinal: boolean): number {
  return id === null ? NONE : isFinal ? id : -2 - id;
}

export class FrameReplay {
  readonly #options: ReplayOptions;
  readonly #random: () => number;
  readonly #pairing: Pairing;
  readonly #reader: RecordReader;
  readonly #decoder: FrameDecoder;
  readonly #frames = new CaptureFrames();
  readonly #result: Replay;
  /** By record: the exchange, or NONE; negative below NONE: an interim response's. */
  readonly #truth: Int32Array;
  readonly #fate: Uint8Array;
  readonly #behind = new Map<number, { seq: number; heads: readonly HeadBehind[] }>();
  #timeUs = START_US;
  /** The latest time of a record that was handed over: as far as the observer lets time pass. */
  #readUs = START_US;
  #sent = 0;
  #waiting: Numbered[] = [];
  #nextId = 0;
  #connections = 0;
  #reusable: { readonly ends: Endpoints; readonly sinceUs: number }[] = [];

  constructor(options: ReplayOptions) {
    this.#options = options;
    this.#random = seededRandom(options.seed);
    this.#truth = new Int32Array(options.exchanges * 10 + 400_000).fill(NONE);
    this.#fate = new Uint8Array(options.exchanges + 2 * AT_ONCE * EXCHANGES_EACH);
    this.#pairing = new Pairing((exchange) => this.#judge(exchange));
    const heads = new HeadPrefixReader(MODULE);
    this.#reader = new RecordReader(heads, this.#pairing);
    this.#decoder = new FrameDecoder({
      hello: () => {},
      record: (bytes, view, offset) => this.#reader.read(bytes, view, offset),
      counters: () => {},
      bye: () => {},
    }, heads.allocate(DECODER_BUFFER_BYTES));
    this.#result = {
      exchanges: 0,
      records: 0,
      dropped: 0,
      known: 0,
      unknown: 0,
      mispaired: 0,
      phantoms: 0,
      doubled: 0,
      heads: 0,
      headsInExchanges: 0,
      headsLeftOut: 0,
      lookalikes: 0,
      twice: 0,
      unread: 0,
      missed: 0,
      unreadableHeads: 0,
      reasons: {},
      counts: this.#pairing.counts,
    };
  }

  run(): Replay {
    const result = this.#result;
    this.#feed(helloFrame(START_US * 1000, 1_700_000_000_000));
    const playing: Playing[] = [];
    while (this.#nextId < this.#options.exchanges || playing.length > 0) {
      while (playing.length < AT_ONCE && this.#nextId < this.#options.exchanges) {
        playing.push(this.#open());
      }
      const at = Math.floor(this.#random() * playing.length);
      const connection = playing[at];
      const next = connection.records.next();
      if (next.done) {
        result.exchanges += connection.script.exchanges;
        playing[at] = playing[playing.length - 1];
        playing.pop();
        if (this.#random() < 0.3) {
          this.#reusable.push({ ends: connection.ends, sinceUs: this.#timeUs });
        }
      } else {
        this.#kernelWrites(connection, next.value);
      }
    }
    this.#deliver(0);
    this.#flushFrame();
    this.#feed(byeFrame(1));
    this.#pairing.flush();
    for (let id = 0; id < this.#nextId; id++) {
      if (this.#fate[id] === READ) result.missed++;
    }
    result.unread = result.exchanges - result.known - result.unknown - result.missed;
    result.unreadableHeads = this.#reader.unreadableHeads;
    const { counts } = result;
    result.heads += counts.coalesced;
    result.headsLeftOut = counts.retransmissions + counts.insideBody + counts.ambiguous +
      counts.interim + counts.insideTunnel + counts.late + counts.unusable;
    return result;
  }

  #open(): Playing {
    // A four-tuple used before: the kernel sees its SYN and counts from 1 again.
    const isRested = this.#timeUs - (this.#reusable.at(0)?.sinceUs ?? Infinity) > REST_US;
    const reused = isRested ? this.#reusable.shift()?.ends : undefined;
    const ends = reused ?? endpoints(this.#connections, this.#random);
    this.#connections++;
    const firstId = this.#nextId;
    this.#nextId += EXCHANGES_EACH;
    const script = new WireScript(this.#random, {
      exchanges: EXCHANGES_EACH,
      firstId,
      depth: this.#options.depth,
      isPlain: this.#options.isPlain,
      isShown: this.#options.isShown ?? false,
      hasEnd: this.#options.isPlain || this.#random() < 0.8,
    });
    return { script, records: script.records(), ends, ordinal: 0 };
  }

  #kernelWrites(connection: Playing, record: WireRecord): void {
    // Now and then nothing happens for so long that waiting for a lost record ends.
    this.#timeUs += this.#random() < 0.0001 ? 12_000 * RECORD_US : RECORD_US;
    const index = this.#index(this.#timeUs);
    if (index >= this.#truth.length) throw new Error("more records than the replay has room for");
    this.#truth[index] = code(record.id, record.isFinal);
    if (record.behind.length > 0) {
      this.#behind.set(index, { seq: record.seq, heads: record.behind });
    }
    connection.ordinal++;
    const numbered = {
      record,
      ends: connection.ends,
      ordinal: connection.ordinal,
      timeUs: this.#timeUs,
    };
    // Records of different processors come out of order.
    const isEarly = this.#waiting.length > 0 && this.#random() < 0.05;
    this.#waiting.splice(isEarly ? this.#waiting.length - 1 : this.#waiting.length, 0, numbered);
    this.#deliver(4);
  }

  #deliver(keep: number): void {
    while (this.#waiting.length > keep) {
      const numbered = this.#waiting.shift() as Numbered;
      this.#sent++;
      const { dropEvery } = this.#options;
      if (dropEvery > 0 && this.#sent % dropEvery === 0) {
        this.#result.dropped++;
        continue;
      }
      this.#result.records++;
      const { kind } = numbered.record;
      if (kind === "request" || kind === "response") this.#result.heads++;
      const { id, isFinal } = numbered.record;
      if (id !== null && isFinal) this.#fate[id] |= READ;
      this.#add(numbered);
    }
  }

  #add({ record, ends, ordinal, timeUs }: Numbered): void {
    this.#readUs = Math.max(this.#readUs, timeUs);
    const { fromClient } = record;
    this.#frames.add({
      timeNs: timeUs * 1000,
      source: fromClient ? ends.client : ends.server,
      destination: fromClient ? ends.server : ends.client,
      sourcePort: fromClient ? ends.clientPort : ends.serverPort,
      destinationPort: fromClient ? ends.serverPort : ends.clientPort,
      seq: record.seq,
      ack: record.ack,
      payloadLength: record.payloadLength,
      kind: KINDS[record.kind],
      isEgress: fromClient === ends.isOutbound,
      hasFin: record.hasFin,
      ordinal,
      captured: record.captured,
    });
    if (this.#frames.isFull || this.#random() < 0.02) this.#flushFrame();
  }

  #flushFrame(): void {
    if (this.#frames.count > 0) this.#feed(this.#frames.take());
    if (this.#random() < 0.05) this.#feed(frame(77, new Uint8Array(24)));
    if (this.#random() < 0.05) {
      const facts = { received: this.#sent, queued: this.#sent, dropped: 0, ringFull: 0 };
      this.#feed(countersFrame(this.#timeUs * 1000, 1_700_000_000_000, facts));
    }
    this.#pairing.tick(this.#readUs);
  }

  /** As a socket would hand it over: in pieces of any size. */
  #feed(bytes: Uint8Array): void {
    for (let at = 0; at < bytes.length;) {
      const { space } = this.#decoder;
      const wanted = this.#random() < 0.1 ? 1 + Math.floor(this.#random() * 100) : bytes.length;
      const count = Math.min(space.length, bytes.length - at, wanted);
      space.set(bytes.subarray(at, at + count));
      this.#decoder.advance(count);
      at += count;
    }
  }

  #index(timeUs: number): number {
    return Math.round((timeUs - START_US) / RECORD_US);
  }

  #truthOf(segment: RequestSegment | ResponseSegment | null): number | null {
    if (segment === null) return null;
    const index = this.#index(segment.tsUs);
    const behind = this.#behind.get(index);
    const found = behind?.heads.find(({ offset }) => advance(behind.seq, offset) === segment.seq);
    return found ? code(found.id, found.isFinal) : this.#truth[index];
  }

  #judge(exchange: Exchange): void {
    const result = this.#result;
    if (exchange.request) result.headsInExchanges++;
    if (exchange.response) result.headsInExchanges++;
    const request = this.#truthOf(exchange.request);
    const response = this.#truthOf(exchange.response);
    const id = request ?? (response !== null && response < NONE ? -2 - response : response);
    const isDoubtful = exchange.outcome === "unknown" && exchange.reason === "ambiguous";
    if (id === null || id <= NONE || response === NONE) {
      if (isDoubtful) result.lookalikes++;
      else result.phantoms++;
      return;
    }
    if (exchange.outcome === "known") {
      const isEchoed = exchange.request.head.target === `/i/${id}` && response === id;
      if (!isEchoed) result.mispaired++;
    }
    const before = this.#fate[id];
    this.#fate[id] |= isDoubtful ? EMITTED : EMITTED | CERTAIN;
    if (before & EMITTED) {
      if (isDoubtful || !(before & CERTAIN)) result.twice++;
      else result.doubled++;
    } else if (exchange.outcome === "known") result.known++;
    else {
      result.unknown++;
      result.reasons[exchange.reason] = (result.reasons[exchange.reason] ?? 0) + 1;
    }
  }
}
