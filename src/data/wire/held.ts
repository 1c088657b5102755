// What is kept of requests for a retry, bounded over all exchanges of a worker.
// One list for each client connection; takes blocks over and lets go of them.

import type { Block, Blocks } from "./blocks.ts";

/** Bytes of one request that are kept, its head included. */
const MAX_REQUEST_BYTES = 65_536;

/** Shared by a worker's exchanges. */
export interface HeldTotal {
  bytes: number;
  readonly maximum: number;
}

export interface HeldPart {
  readonly block: Block;
  readonly from: number;
  readonly end: number;
}

export class Held {
  readonly parts: HeldPart[] = [];
  /** Everything sent so far is here. */
  isComplete = false;
  #bytes = 0;

  constructor(readonly blocks: Blocks, readonly total: HeldTotal) {}

  /** Begins with a request's first bytes, which are kept in any case until they can be sent. */
  begin(block: Block, from: number, end: number): void {
    this.parts.push({ block, from, end });
    this.isComplete = this.#count(end - from);
  }

  /** Keeps more, or lets go of everything where that would be too much. */
  add(block: Block, from: number, end: number): void {
    if (!this.isComplete) return;
    if (!this.#count(end - from)) return this.drop();
    block.users++;
    this.parts.push({ block, from, end });
  }

  drop(): void {
    this.isComplete = false;
    for (const part of this.parts) this.blocks.release(part.block);
    this.parts.length = 0;
    this.total.bytes -= this.#bytes;
    this.#bytes = 0;
  }

  #count(size: number): boolean {
    if (this.#bytes + size > MAX_REQUEST_BYTES) return false;
    if (this.total.bytes + size > this.total.maximum) return false;
    this.#bytes += size;
    this.total.bytes += size;
    return true;
  }
}
