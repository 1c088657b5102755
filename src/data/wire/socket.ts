// A connection as the wire front uses it: one read at a time into a block, writes in order.
// Takes blocks, calls back with what arrived and when what had to wait is written. Awaits nothing. A
// block that the runtime is using is never given back.

import type { WheelEntry } from "../timers/wheel.ts";
import { type Block, type Blocks, END_ROOM, ROOM } from "./blocks.ts";
import type { Link, LinkOwner } from "./link.ts";

/** Bytes on their way out. */
interface Segment {
  readonly block: Block;
  readonly from: number;
  readonly end: number;
}

/** Segments that one side may have unwritten before the other is read again. */
export const MAX_IN_FLIGHT = 2;
/** More than this is written at once: it would have left the caches by the end of the turn. */
const MOST_DEFERRED_BYTES = 4_096;

export abstract class Socket implements WheelEntry, LinkOwner {
  deadlineMs = Infinity;
  wheelNext: WheelEntry | null = null;
  wheelPrevious: WheelEntry | null = null;
  wheelTick = -1;

  isClosed = false;
  /** A read is wanted and has brought nothing yet. */
  isReading = false;
  /** What was read and not used yet lies in `input` from `inputStart` to `inputEnd`. */
  input: Block | null = null;
  inputStart = ROOM;
  inputEnd = ROOM;
  /** The peer will send no more. */
  inputEnded = false;
  /** Bytes that the kernel took, since the owner last set it to 0. */
  bytesWritten = 0;

  readonly #link: Link;
  readonly #blocks: Blocks;
  #wantedBytes = 0;
  /** What is on its way out; then `#queue`. */
  #out: Block | null = null;
  #outFrom = 0;
  #outEnd = 0;
  readonly #queue: Segment[] = [];
  /** The link will call `flush`. */
  #isDeferred = false;
  #finishing = false;

  constructor(link: Link, blocks: Blocks) {
    this.#link = link;
    this.#blocks = blocks;
    link.owner = this;
  }

  /** Segments that are not all in the kernel's hands. */
  get pendingWrites(): number {
    return this.#out === null ? 0 : 1 + this.#queue.length;
  }

  /** Bytes read and not used. */
  get available(): number {
    return this.inputEnd - this.inputStart;
  }

  abstract expire(nowMs: number): void;
  /** `count` more bytes lie at the end of the input. */
  protected abstract readDone(count: number): void;
  /** No more will come: the peer's FIN, or an error. */
  protected abstract readEnded(error: unknown): void;
  /** A segment that had to wait has been written; see `pendingWrites`. */
  protected abstract written(): void;
  protected abstract writeFailed(error: unknown): void;
  /** A handler above threw: no memory, a trap in the core, or a mistake of ours. */
  protected abstract crashed(error: unknown): void;

  /** Reads once, after what is there; into a block of `bytes` where there is none. */
  read(bytes: number): void {
    if (this.isClosed || this.inputEnded) return;
    if (this.isReading) {
      this.#wantedBytes = Math.max(this.#wantedBytes, bytes);
      return;
    }
    this.isReading = true;
    this.#wantedBytes = bytes;
    // Nothing is held for a connection that may stay silent.
    if (!this.#link.pinsBlocks && this.available === 0) this.#dropInput();
    this.#link.wantRead();
  }

  inputSpace(): Block {
    if (this.available === 0) {
      // What was read from this block may still be on its way out: then it is not read into again.
      if (this.input !== null && this.input.users > 1) this.#dropInput();
      this.inputStart = this.inputEnd = ROOM;
    }
    return this.input ??= this.#blocks.take(this.#wantedBytes);
  }

  inputUnused(): void {
    if (this.available === 0) this.#dropInput();
  }

  arrived(count: number): void {
    this.isReading = false;
    if (this.isClosed) return this.#dropInput();
    try {
      this.inputEnd += count;
      this.readDone(count);
    } catch (error) {
      this.crashed(error);
    }
  }

  ended(error: unknown): void {
    this.isReading = false;
    if (this.isClosed) return this.#dropInput();
    this.inputEnded = true;
    try {
      this.readEnded(error);
    } catch (crash) {
      this.crashed(crash);
    }
  }

  wrote(count: number): void {
    this.bytesWritten += count;
    this.#outFrom += count;
    if (this.isClosed) return this.#dropOutput();
    if (!this.#pushOn()) return;
    if (this.#out === null && this.#finishing) return this.#link.finish();
    this.#tellWritten();
  }

  flush(): void {
    if (!this.#isDeferred) return;
    this.#isDeferred = false;
    // Nobody waits for one segment that goes out whole.
    const isAwaited = this.#queue.length > 0;
    if (!this.#pushOn()) return;
    if (this.#out === null && this.#finishing) this.#link.finish();
    else if (isAwaited) this.#tellWritten();
  }

  writeBroke(error: unknown): void {
    this.#dropOutput();
    if (this.isClosed) return;
    try {
      this.writeFailed(error);
    } catch (crash) {
      this.crashed(crash);
    }
  }

  finSent(): void {
    this.finished();
  }

  threw(error: unknown): void {
    this.crashed(error);
  }

  /** Bytes before the input's first that nobody uses any more. */
  get room(): number {
    return this.inputStart === ROOM ? ROOM : 0;
  }

  /** The input has no room for another byte. */
  get isFull(): boolean {
    return this.input !== null && this.inputEnd >= this.input.size - END_ROOM;
  }

  /** Moves what was read to the front of a block of at least `bytes`. */
  growInput(bytes: number): void {
    const old = this.input!;
    const block = this.#blocks.take(bytes);
    const memory = this.#blocks.core.bytes;
    const from = old.address + this.inputStart;
    memory.copyWithin(block.address + ROOM, from, from + this.available);
    this.inputEnd = ROOM + this.available;
    this.inputStart = ROOM;
    this.input = block;
    this.#blocks.release(old);
  }

  /**
   * The block in which the core has put its output: the input itself, which then has one user more,
   * or `out`, which is given back otherwise.
   */
  outputBlock(out: Block, address: number): Block {
    if (address >= out.address && address < out.address + out.size) return out;
    this.#blocks.release(out);
    this.input!.users++;
    return this.input!;
  }

  /** Hands the input block to the caller, who has to release it; what was in it counts as used. */
  takeInput(): Block {
    const block = this.input!;
    this.input = null;
    this.inputStart = this.inputEnd = ROOM;
    return block;
  }

  /** Gives the input block back where nothing is in it and nobody reads into it. */
  freeInput(): void {
    const { pinsBlocks, hasArrival } = this.#link;
    if (this.isReading && (pinsBlocks || hasArrival) || this.available > 0) return;
    this.#dropInput();
  }

  /**
   * Writes a part of `block` after all that was to be written before, at the latest at the end of this
   * turn; takes over one user of it. `written` is called only where something had to wait.
   */
  write(block: Block, from: number, end: number): void {
    if (this.isClosed) return this.#blocks.release(block);
    if (this.#out !== null) {
      this.#queue.push({ block, from, end });
      return;
    }
    this.#out = block;
    this.#outFrom = from;
    this.#outEnd = end;
    if (end - from <= MOST_DEFERRED_BYTES && this.#link.wantFlush()) this.#isDeferred = true;
    else this.#pushOn();
  }

  /** Sends FIN once everything is written. */
  finish(): void {
    this.#finishing = true;
    if (this.#out === null && !this.isClosed) this.#link.finish();
  }

  /** Closes at once; what is not written is lost. `isCut`: as for StreamConn. */
  protected closeNow(isCut = false): void {
    if (this.isClosed) return;
    if (this.#isDeferred) this.#pushOn();
    this.#isDeferred = false;
    this.isClosed = true;
    this.#link.close(isCut);
    const { pinsBlocks } = this.#link;
    if (!pinsBlocks || !this.isReading) this.#dropInput();
    if (!pinsBlocks) this.#dropOutput();
  }

  /** FIN has been sent. */
  protected finished(): void {}

  #tellWritten(): void {
    try {
      this.written();
    } catch (error) {
      this.crashed(error);
    }
  }

  /** Goes on with what waits; whether at least one segment is through. */
  #pushOn(): boolean {
    let isThrough = false;
    while (this.#out !== null) {
      if (this.#outFrom < this.#outEnd) {
        const count = this.#link.write(this.#out, this.#outFrom, this.#outEnd);
        this.bytesWritten += count;
        this.#outFrom += count;
        if (this.#outFrom < this.#outEnd) return isThrough;
      }
      this.#blocks.release(this.#out);
      isThrough = true;
      const next = this.#queue.length > 0 ? this.#queue.shift() : undefined;
      this.#out = next?.block ?? null;
      if (next !== undefined) {
        this.#outFrom = next.from;
        this.#outEnd = next.end;
      }
    }
    return isThrough;
  }

  #dropInput(): void {
    if (this.input !== null) this.#blocks.release(this.takeInput());
  }

  #dropOutput(): void {
    if (this.#out !== null) this.#blocks.release(this.#out);
    for (const segment of this.#queue.splice(0)) this.#blocks.release(segment.block);
    this.#out = null;
  }
}
