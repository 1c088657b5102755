// What tests of the access log have in common: records, and a piece of memory that holds a request's
// text as the core keeps it.

import fc from "../../property.ts";
import { NO_VALUE, type RequestText } from "../../../src/core/exchange_core.ts";
import type { AccessEntry, AccessRecord } from "../../../src/data/access/record.ts";
import {
  AccessRingReader,
  AccessRingWriter,
  type CoreMemory,
  createAccessRing,
} from "../../../src/data/access/ring.ts";
import { FAILURE_REASONS } from "../../../src/data/rescue.ts";

/** Byte strings. */
export interface Strings {
  readonly method: string;
  readonly host: string;
  readonly target: string;
  readonly id: string;
}

export interface Told {
  readonly record: AccessRecord;
  readonly strings: Strings;
}

function put(bytes: Uint8Array, at: number, text: string): number {
  for (let index = 0; index < text.length; index++) bytes[at + index] = text.charCodeAt(index);
  return at + text.length;
}

/** Memory with the text in it, surrounded by bytes that are none of it. */
export function memoryOf(strings: Strings): { text: RequestText; core: CoreMemory } {
  const { method, host, target, id } = strings;
  const size = method.length + host.length + target.length + id.length + 64;
  const bytes = new Uint8Array((size + 3) & ~3).fill(0x2a);
  const end = put(bytes, put(bytes, put(bytes, 16, method), host), target);
  const idAt = (end + 7) & ~3;
  put(bytes, idAt, id);
  const text: RequestText = {
    at: 16,
    methodLength: method.length,
    hostLength: host.length,
    targetLength: target.length,
    forwardedForAt: end,
    forwardedForLength: 0,
    idAt,
    idLength: id.length,
  };
  return { text, core: { words: new Uint32Array(bytes.buffer) } };
}

export function write(writer: AccessRingWriter, { record, strings }: Told): boolean {
  const { text, core } = memoryOf(strings);
  return writer.write(record, text, core);
}

function textOf(entry: AccessEntry, from: number, end: number): string {
  return String.fromCharCode(...entry.bytes.subarray(from, end));
}

/** What a reader is at, as it was told. */
export function toldBy(entry: AccessEntry): Told {
  return {
    record: {
      atMs: entry.atMs,
      client: textOf(entry, entry.clientAt, entry.clientEnd),
      status: entry.status,
      connectMs: entry.connectMs,
      firstByteMs: entry.firstByteMs,
      totalMs: entry.totalMs,
      bytesIn: entry.bytesIn,
      bytesOut: entry.bytesOut,
      labelId: entry.labelId >>> 0,
      endpointId: entry.endpointId >>> 0,
      reason: entry.reason,
    },
    strings: {
      method: textOf(entry, entry.methodAt, entry.hostAt),
      host: textOf(entry, entry.hostAt, entry.targetAt),
      target: textOf(entry, entry.targetAt, entry.targetEnd),
      id: textOf(entry, entry.idAt, entry.idEnd),
    },
  };
}

/** A reader that is at `told`. */
export function readerAt(told: Told): AccessRingReader {
  const memory = createAccessRing();
  write(new AccessRingWriter(memory), told);
  const reader = new AccessRingReader(memory);
  if (!reader.next()) throw new Error("nothing was written");
  return reader;
}

export const bytes = (maxLength: number) =>
  fc.array(fc.nat({ max: 255 }), { maxLength }).map((codes) => String.fromCharCode(...codes));
const duration = fc.oneof(fc.constant(-1), fc.double({ min: 0, max: 1e6, noNaN: true }));
const id = fc.oneof(fc.constant(NO_VALUE), fc.nat({ max: 2 ** 30 }));

export const told: fc.Arbitrary<Told> = fc.record({
  record: fc.record({
    atMs: fc.double({ min: 0, max: 2e12, noNaN: true }),
    client: bytes(40),
    status: fc.nat({ max: 599 }),
    connectMs: duration,
    firstByteMs: duration,
    totalMs: fc.double({ min: 0, max: 1e6, noNaN: true }),
    bytesIn: fc.maxSafeNat(),
    bytesOut: fc.maxSafeNat(),
    labelId: id,
    endpointId: id,
    reason: fc.option(fc.constantFrom(...FAILURE_REASONS), { nil: undefined }),
  }, { noNullPrototype: true }),
  strings: fc.record({
    method: bytes(10),
    host: bytes(300),
    target: bytes(2000),
    id: bytes(128),
  }, { noNullPrototype: true }),
}, { noNullPrototype: true });
