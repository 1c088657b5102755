// The access log's way from a worker to main: one ring of shared memory for each worker, one writer and
// one reader. Takes numbers and bytes of the core's memory, gives them back where they lie: no string
// is made on the way. Never waits and never grows: what finds no room is dropped and counted.

import type { RequestText } from "../../core/exchange_core.ts";
import { FAILURE_REASONS, type FailureReason } from "../rescue.ts";
import type { AccessEntry, AccessRecord } from "./record.ts";

/** Of the records; what waits for one reader's turn. A power of two. */
const CAPACITY_BYTES = 2 ** 21;

/**
 * Control words, of 32 bits each: bytes ever written and ever read (modulo 2^32), drops, and whether
 * the reader has to be told that there is something.
 */
const WRITTEN = 0;
const READ = 1;
const DROPPED = 2;
const ASLEEP = 3;
const CONTROL_BYTES = 64;

/**
 * A record, aligned to 8 bytes: its size and four more 32-bit words, the lengths of five strings in
 * 32 bits each, six 64-bit numbers, and the strings' bytes: method, host and target in a row, the id,
 * the client, each of the three aligned to 4 bytes. A size of 0: go on at the beginning.
 */
const SIZE = 0;
const STATUS = 1;
const LABEL = 2;
const ENDPOINT = 3;
const REASON = 4;
const METHOD_LENGTH = 5;
const HOST_LENGTH = 6;
const TARGET_LENGTH = 7;
const ID_LENGTH = 8;
const CLIENT_LENGTH = 9;
const NUMBERS_AT = 40;
const NUMBERS = 6;
const STRINGS_AT = NUMBERS_AT + NUMBERS * 8;

/** NO_VALUE of exchange_core.ts as the signed word that it is here. */
const NONE = -1;

const REASON_NUMBERS = new Map<FailureReason, number>(
  FAILURE_REASONS.map((reason, index) => [reason, index]),
);

const aligned = (size: number): number => (size + 3) & ~3;

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
  const memory = new SharedArrayBuffer(CONTROL_BYTES + CAPACITY_BYTES);
  new Int32Array(memory)[ASLEEP] = 1;
  return memory;
}

/** As much of the core's memory as is copied from. */
export interface CoreMemory {
  readonly words: Uint32Array;
}

export class AccessRingWriter {
  readonly #ring: Ring;
  #written = 0;

  constructor(memory: SharedArrayBuffer) {
    this.#ring = new Ring(memory);
    this.#written = this.#ring.control[WRITTEN]! >>> 0;
  }

  /** False: there was no room; it is counted as dropped. */
  write(record: AccessRecord, text: RequestText, core: CoreMemory): boolean {
    const { methodLength, hostLength, targetLength, idLength } = text;
    const { client } = record;
    const lineLength = methodLength + hostLength + targetLength;
    const size = (STRINGS_AT + aligned(lineLength) + aligned(idLength) + client.length + 7) & ~7;
    const at = this.#reserve(size);
    if (at === undefined) {
      Atomics.add(this.#ring.control, DROPPED, 1);
      return false;
    }
    const { words, numbers } = this.#ring;
    const word = at >> 2;
    words[word + SIZE] = size;
    words[word + STATUS] = record.status;
    words[word + LABEL] = record.labelId | 0;
    words[word + ENDPOINT] = record.endpointId | 0;
    words[word + REASON] = record.reason === undefined ? NONE : REASON_NUMBERS.get(record.reason)!;
    words[word + METHOD_LENGTH] = methodLength;
    words[word + HOST_LENGTH] = hostLength;
    words[word + TARGET_LENGTH] = targetLength;
    words[word + ID_LENGTH] = idLength;
    words[word + CLIENT_LENGTH] = client.length;
    const number = (at + NUMBERS_AT) >> 3;
    numbers[number] = record.atMs;
    numbers[number + 1] = record.connectMs;
    numbers[number + 2] = record.firstByteMs;
    numbers[number + 3] = record.totalMs;
    numbers[number + 4] = record.bytesIn;
    numbers[number + 5] = record.bytesOut;
    let end = this.#copy(at + STRINGS_AT, core, text.at, lineLength);
    end = this.#copy(end, core, text.idAt, idLength);
    const { bytes } = this.#ring;
    for (let index = 0; index < client.length; index++) {
      bytes[end + index] = client.charCodeAt(index);
    }
    this.#written = (this.#written + size) >>> 0;
    Atomics.store(this.#ring.control, WRITTEN, this.#written | 0);
    return true;
  }

  /** The reader sleeps, and has to be told that there is something; true once for each sleep. */
  takeWake(): boolean {
    const { control } = this.#ring;
    return Atomics.load(control, ASLEEP) !== 0 && Atomics.exchange(control, ASLEEP, 0) !== 0;
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

  /** Copies in whole words; where the next string begins. */
  #copy(to: number, core: CoreMemory, from: number, length: number): number {
    const { words } = this.#ring;
    const source = core.words;
    const count = aligned(length) >> 2;
    const first = to >> 2;
    const sourceFirst = from >>> 2;
    for (let index = 0; index < count; index++) words[first + index] = source[sourceFirst + index]!;
    return to + count * 4;
  }
}

/** Goes from record to record; its fields are the entry that it is at. */
export class AccessRingReader implements AccessEntry {
  atMs = 0;
  status = 0;
  connectMs = 0;
  firstByteMs = 0;
  totalMs = 0;
  bytesIn = 0;
  bytesOut = 0;
  labelId = NONE;
  endpointId = NONE;
  reason: FailureReason | undefined = undefined;
  methodAt = 0;
  hostAt = 0;
  targetAt = 0;
  targetEnd = 0;
  idAt = 0;
  idEnd = 0;
  clientAt = 0;
  clientEnd = 0;

  readonly #ring: Ring;
  #read: number;

  constructor(memory: SharedArrayBuffer) {
    this.#ring = new Ring(memory);
    this.#read = this.#ring.control[READ]! >>> 0;
  }

  get bytes(): Uint8Array {
    return this.#ring.bytes;
  }

  /** Nothing is there to read. */
  get isEmpty(): boolean {
    return Atomics.load(this.#ring.control, WRITTEN) >>> 0 === this.#read;
  }

  /** Goes to the oldest record that was not passed yet; false where there is none. */
  next(): boolean {
    if (this.isEmpty) return false;
    const { words, numbers } = this.#ring;
    let at = this.#read & (CAPACITY_BYTES - 1);
    if (words[(at >> 2) + SIZE] === 0) {
      this.#read = (this.#read + CAPACITY_BYTES - at) >>> 0;
      at = 0;
    }
    const word = at >> 2;
    const reason = words[word + REASON]!;
    this.status = words[word + STATUS]!;
    this.labelId = words[word + LABEL]!;
    this.endpointId = words[word + ENDPOINT]!;
    this.reason = reason === NONE ? undefined : FAILURE_REASONS[reason];
    const number = (at + NUMBERS_AT) >> 3;
    this.atMs = numbers[number]!;
    this.connectMs = numbers[number + 1]!;
    this.firstByteMs = numbers[number + 2]!;
    this.totalMs = numbers[number + 3]!;
    this.bytesIn = numbers[number + 4]!;
    this.bytesOut = numbers[number + 5]!;
    this.methodAt = at + STRINGS_AT;
    this.hostAt = this.methodAt + words[word + METHOD_LENGTH]!;
    this.targetAt = this.hostAt + words[word + HOST_LENGTH]!;
    this.targetEnd = this.targetAt + words[word + TARGET_LENGTH]!;
    this.idAt = this.methodAt + aligned(this.targetEnd - this.methodAt);
    this.idEnd = this.idAt + words[word + ID_LENGTH]!;
    this.clientAt = this.idAt + aligned(this.idEnd - this.idAt);
    this.clientEnd = this.clientAt + words[word + CLIENT_LENGTH]!;
    return true;
  }

  /** The record is done with: its room is the writer's again. */
  pass(): void {
    const at = this.#read & (CAPACITY_BYTES - 1);
    this.#read = (this.#read + this.#ring.words[(at >> 2) + SIZE]!) >>> 0;
    Atomics.store(this.#ring.control, READ, this.#read | 0);
  }

  /** Records dropped since the last time. */
  takeDropped(): number {
    return Atomics.exchange(this.#ring.control, DROPPED, 0);
  }

  /** The next record has to be told; false where one is there already. */
  sleep(): boolean {
    Atomics.store(this.#ring.control, ASLEEP, 1);
    if (this.isEmpty) return true;
    return Atomics.exchange(this.#ring.control, ASLEEP, 0) === 0;
  }
}
