// Reads frames and records as docs/observer_protocol.md lays them out, for the tests alone: the
// product's own decoder is elsewhere, so that a mistake in one is seen by the other.

import { COUNTERS, type Counters, hex, type Observed } from "./reference.ts";

export interface CapturedRecord extends Observed {
  readonly timeNs: bigint;
  readonly interfaceIndex: number;
  readonly bytes: Uint8Array; // captured
}

export interface Interface {
  readonly index: number;
  readonly xdp: number;
  readonly tc: number;
  readonly flags: number;
  readonly name: string;
}

export type Frame =
  | {
    type: "hello";
    version: number;
    interfaces: Interface[];
    monotonicNs: bigint;
    realtimeNs: bigint;
    ringBytes: number;
    kernel: string;
    loaderVersion: string;
  }
  | { type: "captures"; records: CapturedRecord[] }
  | {
    type: "counters";
    kernel: [Counters, Counters];
    received: number;
    unread: number;
    queued: number;
    dropped: number;
    malformed: number;
  }
  | { type: "bye"; reason: number };

function fail(what: string): never {
  throw new Error(`frame: ${what}`);
}

function text(data: Uint8Array): string {
  const end = data.indexOf(0);
  return new TextDecoder().decode(end < 0 ? data : data.subarray(0, end));
}

function viewOf(data: Uint8Array): DataView {
  return new DataView(data.buffer, data.byteOffset, data.length);
}

/** One record at the beginning of `data`, and the bytes it takes. */
export function readRecord(data: Uint8Array): { record: CapturedRecord; recordBytes: number } {
  const view = viewOf(data);
  const capturedBytes = view.getUint16(60, true), recordBytes = view.getUint16(66, true);
  if (recordBytes !== Math.ceil((72 + capturedBytes) / 8) * 8) fail("record bytes");
  if (recordBytes > data.length) fail("record");
  const bytes = data.slice(72, 72 + capturedBytes);
  const record: CapturedRecord = {
    timeNs: view.getBigUint64(0, true),
    source: hex(data.subarray(8, 24)),
    destination: hex(data.subarray(24, 40)),
    interfaceIndex: view.getUint32(40, true),
    sourcePort: view.getUint16(44, true),
    destinationPort: view.getUint16(46, true),
    sequence: view.getUint32(48, true),
    acknowledgement: view.getUint32(52, true),
    payloadBytes: view.getUint32(56, true),
    kind: data[62],
    direction: data[63],
    tcpFlags: data[64],
    ipVersion: data[65],
    ordinal: view.getUint32(68, true),
    captured: hex(bytes),
    bytes,
  };
  return { record, recordBytes };
}

/** 16 counters of 8 bytes; the reserved ones must be 0. */
export function readCounters(data: Uint8Array): Counters {
  const view = viewOf(data);
  for (let slot = COUNTERS.length; slot < 16; slot++) {
    if (view.getBigUint64(slot * 8, true) !== 0n) fail(`reserved counter ${slot}`);
  }
  return Object.fromEntries(
    COUNTERS.map((name, slot) => [name, Number(view.getBigUint64(slot * 8, true))]),
  ) as Counters;
}

function readHello(data: Uint8Array): Frame {
  const view = viewOf(data);
  const interfaces: Interface[] = [];
  const start = view.getUint16(28, true), stride = view.getUint16(30, true);
  for (let i = 0; i < view.getUint16(2, true); i++) {
    const entry = data.subarray(start + i * stride, start + (i + 1) * stride);
    interfaces.push({
      index: viewOf(entry).getUint32(0, true),
      xdp: entry[4],
      tc: entry[5],
      flags: entry[6],
      name: text(entry.subarray(8, 24)),
    });
  }
  if (view.getUint32(4, true) !== 256) fail("capture limit");
  return {
    type: "hello",
    version: view.getUint16(0, true),
    interfaces,
    monotonicNs: view.getBigUint64(8, true),
    realtimeNs: view.getBigUint64(16, true),
    ringBytes: view.getUint32(24, true),
    kernel: text(data.subarray(32, 96)),
    loaderVersion: text(data.subarray(96, 128)),
  };
}

function readCaptures(data: Uint8Array): Frame {
  const count = viewOf(data).getUint32(0, true);
  const records: CapturedRecord[] = [];
  let at = 8;
  while (at < data.length) {
    const { record, recordBytes } = readRecord(data.subarray(at));
    records.push(record);
    at += recordBytes;
  }
  if (records.length !== count || count === 0) fail(`${records.length} records, not ${count}`);
  return { type: "captures", records };
}

function readPayload(type: number, data: Uint8Array): Frame {
  if (data.length % 8 !== 0) fail("payload is no multiple of 8");
  const view = viewOf(data);
  const number = (at: number) => Number(view.getBigUint64(at, true));
  if (type === 1) return readHello(data);
  if (type === 2) return readCaptures(data);
  if (type === 4) return { type: "bye", reason: view.getUint32(0, true) };
  if (type !== 3) fail(`type ${type}`);
  return {
    type: "counters",
    kernel: [readCounters(data.subarray(16, 144)), readCounters(data.subarray(144, 272))],
    received: number(272),
    unread: number(280),
    queued: number(288),
    dropped: number(296),
    malformed: number(304),
  };
}

/** Cuts a byte stream into frames, whatever the pieces. */
export class FrameReader {
  #rest = new Uint8Array();

  push(piece: Uint8Array): Frame[] {
    const data = new Uint8Array(this.#rest.length + piece.length);
    data.set(this.#rest);
    data.set(piece, this.#rest.length);
    const frames: Frame[] = [];
    let at = 0;
    while (data.length - at >= 8) {
      const view = viewOf(data.subarray(at));
      const end = at + 8 + view.getUint32(0, true);
      if (end - at > 65536) fail("longer than 65,536 bytes");
      if (end > data.length) break;
      frames.push(readPayload(view.getUint16(4, true), data.subarray(at + 8, end)));
      at = end;
    }
    this.#rest = data.slice(at);
    return frames;
  }
}
