// A TCP connection as the wire front uses it: one read at a time into a block, writes in order.
// Takes blocks, calls back with what arrived and when all is written. Awaits nothing: two promises an
// exchange and direction, made by the runtime. A block in use by the kernel is never given back.

import type { WheelEntry } from "../timers/wheel.ts";
import { type Block, type Blocks, END_ROOM, ROOM } from "./blocks.ts";
import { type SocketIo, socketIo } from "./socket_io.ts";
import type { StreamConn } from "./stream.ts";

/** Bytes on their way out. */
interface Segment {
  readonly block: Block;
  from: number;
  readonly end: number;
}

export abstract class Socket implements WheelEntry {
  deadlineMs = Infinity;
  wheelNext: WheelEntry | null = null;
  wheelPrevious: WheelEntry | null = null;
  wheelTick = -1;

  isClosed = false;
  /** A read is under way; `input` belongs to the kernel until it ends. */
  isReading = false;
  /** What was read and not used yet lies in `input` from `inputStart` to `inputEnd`. */
  input: Block | null = null;
  inputStart = ROOM;
  inputEnd = ROOM;
  /** The peer will send no more. */
  inputEnded = false;
  /** Bytes that the kernel took, since the owner last set it to 0. */
  bytesWritten = 0;

  readonly #conn: StreamConn;
  readonly #io: SocketIo;
  readonly #blocks: Blocks;
  #out: Segment | null = null;
  readonly #queue: Segment[] = [];
  #finishing = false;

  readonly #onRead = (count: number | null): void => {
    this.isReading = false;
    if (this.isClosed) return this.#dropInput();
    try {
      if (count === null || count === 0) {
        this.inputEnded = true;
        this.readEnded(null);
      } else {
        this.inputEnd += count;
        this.readDone(count);
      }
    } catch (error) {
      this.crashed(error);
    }
  };

  readonly #onReadError = (error: unknown): void => {
    this.isReading = false;
    if (this.isClosed) return this.#dropInput();
    this.inputEnded = true;
    try {
      this.readEnded(error);
    } catch (crash) {
      this.crashed(crash);
    }
  };

  readonly #onWritten = (count: number): void => {
    const segment = this.#out!;
    this.bytesWritten += count;
    segment.from += count;
    if (this.isClosed) return this.#dropOutput();
    if (segment.from < segment.end) return this.#push(segment);
    this.#blocks.release(segment.block);
    const next = this.#queue.shift();
    this.#out = next ?? null;
    if (next !== undefined) this.#push(next);
    else if (this.#finishing) return this.#closeWrite();
    try {
      this.written();
    } catch (error) {
      this.crashed(error);
    }
  };

  readonly #onWriteError = (error: unknown): void => {
    this.#dropOutput();
    if (this.isClosed) return;
    try {
      this.writeFailed(error);
    } catch (crash) {
      this.crashed(crash);
    }
  };

  constructor(conn: StreamConn, blocks: Blocks) {
    this.#conn = conn;
    this.#io = socketIo(conn);
    this.#blocks = blocks;
    // Heads and bodies are written whole; Nagle's algorithm would hold back the second write.
    conn.setNoDelay();
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
  /** A segment has been written; see `pendingWrites`. */
  protected abstract written(): void;
  protected abstract writeFailed(error: unknown): void;
  /** A handler above threw: no memory, a trap in the core, or a mistake of ours. */
  protected abstract crashed(error: unknown): void;

  /** Reads once, after what is there; into a block of `bytes` where there is none. */
  read(bytes: number): void {
    if (this.isReading || this.isClosed || this.inputEnded) return;
    if (this.available === 0) {
      // What was read from this block may still be on its way out: then it is not read into again.
      if (this.input !== null && this.input.users > 1) this.#blocks.release(this.takeInput());
      this.inputStart = this.inputEnd = ROOM;
    }
    const block = this.input ??= this.#blocks.take(bytes);
    block.refresh(this.#blocks.core.memory);
    const view = this.inputEnd === ROOM
      ? block.body
      : block.view.subarray(this.inputEnd, block.size - END_ROOM);
    this.isReading = true;
    this.#io.read(view).then(this.#onRead, this.#onReadError);
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

  /** Gives the input block back where nothing is in it and no read is under way. */
  freeInput(): void {
    if (this.input === null || this.isReading || this.available > 0) return;
    this.#blocks.release(this.takeInput());
  }

  /** Writes a part of `block` after all that was to be written before; takes over one user of it. */
  write(block: Block, from: number, end: number): void {
    if (this.isClosed) return this.#blocks.release(block);
    const segment: Segment = { block, from, end };
    if (this.#out !== null) {
      this.#queue.push(segment);
      return;
    }
    this.#out = segment;
    this.#push(segment);
  }

  /** Sends FIN once everything is written. */
  finish(): void {
    this.#finishing = true;
    if (this.#out === null && !this.isClosed) this.#closeWrite();
  }

  /** Closes at once; what is not written is lost. `isCut`: as for StreamConn. */
  protected closeNow(isCut = false): void {
    if (this.isClosed) return;
    this.isClosed = true;
    if (!this.isReading) this.#dropInput();
    try {
      this.#conn.close(isCut);
    } catch {
      // The runtime has closed it already.
    }
  }

  /** FIN has been sent. */
  protected finished(): void {}

  #closeWrite(): void {
    this.#conn.closeWrite().then(() => this.finished(), () => this.finished());
  }

  #push(segment: Segment): void {
    const { block, from, end } = segment;
    block.refresh(this.#blocks.core.memory);
    this.#io.write(block.view.subarray(from, end)).then(this.#onWritten, this.#onWriteError);
  }

  #dropInput(): void {
    if (this.input !== null) this.#blocks.release(this.takeInput());
  }

  #dropOutput(): void {
    if (this.#out !== null) this.#blocks.release(this.#out.block);
    for (const segment of this.#queue.splice(0)) this.#blocks.release(segment.block);
    this.#out = null;
  }
}
