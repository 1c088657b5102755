// Writes frames as the loader does (docs/observer_protocol.md). Takes plain facts, gives bytes.
// Not the decoder's mirror: laid out from the protocol's tables alone.

export const RECORD_HEADER_BYTES = 72;

export interface RecordFacts {
  /** Nanoseconds, a multiple of 8 below 2^53. */
  readonly timeNs: number;
  /** Four words each, network order. */
  readonly source: readonly number[];
  readonly destination: readonly number[];
  readonly sourcePort: number;
  readonly destinationPort: number;
  readonly seq: number;
  readonly ack: number;
  readonly payloadLength: number;
  readonly kind: 1 | 2 | 3 | 4 | 5 | 6;
  readonly isEgress: boolean;
  readonly hasFin: boolean;
  readonly ordinal: number;
  /** At most 256 characters of one byte. */
  readonly captured: string;
}

const ENCODER = new TextEncoder();
const LITTLE = true;

export function writeTime(view: DataView, at: number, ns: number): void {
  view.setUint32(at, ns % 0x1_0000_0000, LITTLE);
  view.setUint32(at + 4, Math.floor(ns / 0x1_0000_0000), LITTLE);
}

/** Writes one record at `at`; gives the offset behind it. */
export function writeRecord(bytes: Uint8Array, view: DataView, at: number, facts: RecordFacts) {
  const captured = facts.captured.length;
  const size = Math.ceil((RECORD_HEADER_BYTES + captured) / 8) * 8;
  writeTime(view, at, facts.timeNs);
  for (let word = 0; word < 4; word++) {
    view.setUint32(at + 8 + word * 4, facts.source[word]);
    view.setUint32(at + 24 + word * 4, facts.destination[word]);
  }
  view.setUint32(at + 40, 1, LITTLE);
  view.setUint16(at + 44, facts.sourcePort, LITTLE);
  view.setUint16(at + 46, facts.destinationPort, LITTLE);
  view.setUint32(at + 48, facts.seq, LITTLE);
  view.setUint32(at + 52, facts.ack, LITTLE);
  view.setUint32(at + 56, facts.payloadLength, LITTLE);
  view.setUint16(at + 60, captured, LITTLE);
  bytes[at + 62] = facts.kind;
  bytes[at + 63] = facts.isEgress ? 1 : 0;
  bytes[at + 64] = facts.hasFin ? 17 : 16;
  bytes[at + 65] = facts.source[2] === 0xffff ? 4 : 6;
  view.setUint16(at + 66, size, LITTLE);
  view.setUint32(at + 68, facts.ordinal, LITTLE);
  ENCODER.encodeInto(facts.captured, bytes.subarray(at + RECORD_HEADER_BYTES, at + size));
  return at + size;
}

/** A frame of any type around a payload. */
export function frame(type: number, payload: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(8 + payload.length);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, payload.length, LITTLE);
  view.setUint16(4, type, LITTLE);
  bytes.set(payload, 8);
  return bytes;
}

/** hello with one interface; both clocks read `ns`, the wall clock as given. */
export function helloFrame(monotonicNs: number, realtimeMs: number, version = 1): Uint8Array {
  const payload = new Uint8Array(160);
  const view = new DataView(payload.buffer);
  view.setUint16(0, version, LITTLE);
  view.setUint16(2, 1, LITTLE);
  view.setUint32(4, 256, LITTLE);
  writeTime(view, 8, monotonicNs);
  writeTime(view, 16, Math.round(realtimeMs * 1_000_000));
  view.setUint16(28, 128, LITTLE);
  view.setUint16(30, 32, LITTLE);
  ENCODER.encodeInto("6.18.0", payload.subarray(32));
  ENCODER.encodeInto("1.0.0", payload.subarray(96));
  view.setUint32(128, 1, LITTLE);
  payload[132] = 1;
  payload[133] = 1;
  ENCODER.encodeInto("eth0", payload.subarray(136));
  return frame(1, payload);
}

export interface CounterFacts {
  readonly received: number;
  readonly queued: number;
  readonly dropped: number;
  readonly ringFull: number;
}

export function countersFrame(monotonicNs: number, realtimeMs: number, facts: CounterFacts) {
  const payload = new Uint8Array(336);
  const view = new DataView(payload.buffer);
  writeTime(view, 0, monotonicNs);
  writeTime(view, 8, Math.round(realtimeMs * 1_000_000));
  writeTime(view, 16 + 80, facts.ringFull);
  writeTime(view, 272, facts.received);
  writeTime(view, 288, facts.queued);
  writeTime(view, 296, facts.dropped);
  return frame(3, payload);
}

export function byeFrame(reason: number): Uint8Array {
  const payload = new Uint8Array(16);
  payload[0] = reason;
  return frame(4, payload);
}

/** Gathers records into frames of captures, as many as fit. */
export class CaptureFrames {
  readonly #bytes = new Uint8Array(65_536);
  readonly #view = new DataView(this.#bytes.buffer);
  #end = 16;
  #count = 0;

  get count(): number {
    return this.#count;
  }

  get isFull(): boolean {
    return this.#bytes.length - this.#end < RECORD_HEADER_BYTES + 256;
  }

  add(facts: RecordFacts): void {
    this.#end = writeRecord(this.#bytes, this.#view, this.#end, facts);
    this.#count++;
  }

  /** The frame so far, valid until the next `add`; begins a new one. */
  take(): Uint8Array {
    this.#view.setUint32(0, this.#end - 8, LITTLE);
    this.#view.setUint16(4, 2, LITTLE);
    this.#view.setUint32(8, this.#count, LITTLE);
    const whole = this.#bytes.subarray(0, this.#end);
    this.#end = 16;
    this.#count = 0;
    return whole;
  }
}
