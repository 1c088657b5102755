// The access log's way from a worker to main: one ring of shared memory for each worker, one writer and
// one reader. Takes records as numbers and byte strings, gives them back as objects. Never waits and
// never grows: a record for which there is no room is dropped and counted.

import { Buffer } from "node:buffer";
import type { AccessRecord } from "./access_log.ts";
import { FAILURE_REASONS } from "./rescue.ts";

/** Of the records; what waits for one reader's turn. A power of two. */
const CAPACITY_BYTES = 2 ** 21;

/** Control words, of 32 bits each: bytes ever written and ever read (modulo 2^32), and drops. */
const WRITTEN = 0;
const READ = 1;
const DROPPED = 2;
const CONTROL_BYTES = 64;

/**
 * A record, aligned to 8 bytes: its size and four more 32-bit words, the lengths of five strings in
 * 32 bits each, six 64-bit numbers, and the strings' bytes. A size of 0: go on at the beginning.
 */
const SIZE = 0;
const STATUS = 1;
const LABEL = 2;
const ENDPOINT = 3;
const REASON = 4;
const LENGTHS = 5;
const STRINGS = 5;
const NUMBERS_AT = (LENGTHS + STRINGS) * 4;
const NUMBERS = 6;
const STRINGS_AT = NUMBERS_AT + NUMBERS * 8;

const NONE = -1;

/** Views of the same memory, for either side. */
class Ring {
  readonly control: Int32Array;
  readonly words: Int32Array;
  readonly numbers: Float64Array;
  readonly bytes: Uint8Array;

  constructor(memory: SharedArrayBuffer) {
    this.control = new Int32Array(memory, 0, CONTROL_BYTES / 4);
    this.words = new Int32Array(memory, CONTROL_BYTES, CAPACITY_BYTES / 4);
    this.numbers = new Float64Array(memory, CONTROL_BYTES, CAPACITY_BYTES / 8);
    this.bytes = new Uint8Array(memory, CONTROL_BYTES, CAPACITY_BYTES);
  }
}

export function createAccessRing(): SharedArrayBuffer {
  return new SharedArrayBuffer(CONTROL_BYTES + CAPACITY_BYTES);
}

export class AccessRingWriter {
  readonly #ring: Ring;
  #written = 0;

  constructor(memory: SharedArrayBuffer) {
    this.#ring = new Ring(memory);
    this.#written = this.#ring.control[WRITTEN]! >>> 0;
  }

  /** False: there was no room; it is counted as dropped. */
  write(record: AccessRecord): boolean {
    const { peer, method, host, target, requestId } = record;
    const stringBytes = peer.length + method.length + host.length + target.length +
      requestId.length;
    const size = (STRINGS_AT + stringBytes + 7) & ~7;
    const at = this.#reserve(size);
    if (at === undefined) {
      Atomics.add(this.#ring.control, DROPPED, 1);
      return false;
    }
    const { words, numbers } = this.#ring;
    const word = at >> 2;
    words[word + SIZE] = size;
    words[word + STATUS] = record.status;
    words[word + LABEL] = record.labelId ?? NONE;
    words[word + ENDPOINT] = record.endpointId ?? NONE;
    words[word + REASON] = record.reason === undefined
      ? NONE
      : FAILURE_REASONS.indexOf(record.reason);
    const number = (at + NUMBERS_AT) >> 3;
    numbers[number] = record.atMs;
    numbers[number + 1] = record.connectMs;
    numbers[number + 2] = record.firstByteMs;
    numbers[number + 3] = record.durationMs;
    numbers[number + 4] = record.bytesIn;
    numbers[number + 5] = record.bytesOut;
    let end = at + STRINGS_AT;
    end = this.#string(word + LENGTHS, end, peer);
    end = this.#string(word + LENGTHS + 1, end, method);
    end = this.#string(word + LENGTHS + 2, end, host);
    end = this.#string(word + LENGTHS + 3, end, target);
    this.#string(word + LENGTHS + 4, end, requestId);
    this.#written = (this.#written + size) >>> 0;
    Atomics.store(this.#ring.control, WRITTEN, this.#written | 0);
    return true;
  }

  /** Where `size` bytes in a row are free; the rest of the memory's end is passed over. */
  #reserve(size: number): number | undefined {
    const { control, words } = this.#ring;
    const used = (this.#written - Atomics.load(control, READ)) >>> 0;
    const at = this.#written & (CAPACITY_BYTES - 1);
    const toEnd = CAPACITY_BYTES - at;
    if (size <= toEnd) return used + size <= CAPACITY_BYTES ? at : undefined;
    if (used + toEnd + size > CAPACITY_BYTES) return undefined;
    words[(at >> 2) + SIZE] = 0;
    this.#written = (this.#written + toEnd) >>> 0;
    return 0;
  }

  #string(lengthWord: number, at: number, text: string): number {
    const { words, bytes } = this.#ring;
    words[lengthWord] = text.length;
    for (let index = 0; index < text.length; index++) bytes[at + index] = text.charCodeAt(index);
    return at + text.length;
  }
}

export class AccessRingReader {
  readonly #ring: Ring;
  readonly #text: Buffer;

  constructor(memory: SharedArrayBuffer) {
    this.#ring = new Ring(memory);
    this.#text = Buffer.from(memory as unknown as ArrayBuffer, CONTROL_BYTES, CAPACITY_BYTES);
  }

  /** All that is there, and how many records were dropped since the last time. */
  read(): { readonly records: readonly AccessRecord[]; readonly dropped: number } {
    const { control, words } = this.#ring;
    const records: AccessRecord[] = [];
    const written = Atomics.load(control, WRITTEN) >>> 0;
    let read = control[READ]! >>> 0;
    while (read !== written) {
      const at = read & (CAPACITY_BYTES - 1);
      const size = words[(at >> 2) + SIZE]!;
      if (size === 0) {
        read = (read + CAPACITY_BYTES - at) >>> 0;
        continue;
      }
      records.push(this.#record(at));
      read = (read + size) >>> 0;
    }
    Atomics.store(control, READ, read | 0);
    return { records, dropped: Atomics.exchange(control, DROPPED, 0) };
  }

  #record(at: number): AccessRecord {
    const { words, numbers } = this.#ring;
    const word = at >> 2;
    const number = (at + NUMBERS_AT) >> 3;
    let end = at + STRINGS_AT;
    const next = (index: number): string => {
      const start = end;
      end += words[word + LENGTHS + index]!;
      return this.#text.toString("latin1", start, end);
    };
    const labelId = words[word + LABEL]!;
    const endpointId = words[word + ENDPOINT]!;
    const reason = words[word + REASON]!;
    return {
      peer: next(0),
      method: next(1),
      host: next(2),
      target: next(3),
      requestId: next(4),
      status: words[word + STATUS]!,
      atMs: numbers[number]!,
      connectMs: numbers[number + 1]!,
      firstByteMs: numbers[number + 2]!,
      durationMs: numbers[number + 3]!,
      bytesIn: numbers[number + 4]!,
      bytesOut: numbers[number + 5]!,
      labelId: labelId === NONE ? undefined : labelId,
      endpointId: endpointId === NONE ? undefined : endpointId,
      reason: reason === NONE ? undefined : FAILURE_REASONS[reason],
    };
  }
}
