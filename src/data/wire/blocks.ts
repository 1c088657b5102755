// Buffers in the core's memory, by size class: what connections read into and write out of.
// Takes and gives blocks with a count of users; a block goes back when the last one lets go.
// Only what is touched costs memory, and blocks are used last in, first out, so that few are.

import type { ExchangeCore } from "../../core/exchange_core.ts";

/** An idle connection's; most request heads fit. */
export const SMALL_BYTES = 2_048;
/** A head on its way out. */
export const HEAD_BYTES = 4_096;
/** A response or body of the usual size with its head. */
export const MEDIUM_BYTES = 36_864;
/** A stream, and the largest head that the limits allow. */
export const LARGE_BYTES = 266_240;

/**
 * Bytes at a block's start that are not read into: a head that grows is written before its body there,
 * so that the body need not be copied.
 */
export const ROOM = 256;
/** Bytes at a block's end that framing may use (FRAMING_ROOM of core.as/exchange). */
export const END_ROOM = 32;

const CLASSES = [SMALL_BYTES, HEAD_BYTES, MEDIUM_BYTES, LARGE_BYTES];

export class Block {
  users = 0;
  /** The next one on the free list. */
  next: Block | null = null;
  view: Uint8Array;
  /** From ROOM on, without the room at the end: what is read into. */
  body: Uint8Array;

  constructor(
    readonly address: number,
    readonly size: number,
    readonly sizeClass: number,
    memory: WebAssembly.Memory,
  ) {
    this.view = new Uint8Array(memory.buffer, address, size);
    this.body = this.view.subarray(ROOM, size - END_ROOM);
  }

  /** Takes the views again where the memory has grown. */
  refresh(memory: WebAssembly.Memory): void {
    if (this.view.length !== 0) return;
    this.view = new Uint8Array(memory.buffer, this.address, this.size);
    this.body = this.view.subarray(ROOM, this.size - END_ROOM);
  }
}

/** The core's memory has no room for another block. */
export class OutOfMemory extends Error {
  override readonly name = "OutOfMemory";
}

export class Blocks {
  readonly #free: (Block | null)[] = CLASSES.map(() => null);
  #made = 0;

  constructor(readonly core: ExchangeCore) {}

  /** Bytes of all blocks, free ones included. */
  get bytes(): number {
    return this.#made;
  }

  /** A block of at least `bytes` bytes with one user. @throws {OutOfMemory} */
  take(bytes: number): Block {
    let sizeClass = 0;
    while (CLASSES[sizeClass]! < bytes) {
      if (++sizeClass === CLASSES.length) throw new OutOfMemory(`no block has ${bytes} bytes`);
    }
    const block = this.#free[sizeClass];
    if (block) {
      this.#free[sizeClass] = block.next;
      block.next = null;
      block.users = 1;
      block.refresh(this.core.memory);
      return block;
    }
    return this.#make(sizeClass);
  }

  /** One user less; the last one puts the block back. */
  release(block: Block): void {
    if (--block.users > 0) return;
    block.next = this.#free[block.sizeClass]!;
    this.#free[block.sizeClass] = block;
  }

  #make(sizeClass: number): Block {
    const size = CLASSES[sizeClass]!;
    const address = this.core.exports.memAlloc(size);
    if (address === 0) throw new OutOfMemory(`the core's memory is full`);
    this.#made += size;
    const block = new Block(address, size, sizeClass, this.core.memory);
    block.users = 1;
    return block;
  }
}
