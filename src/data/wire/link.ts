// The seam between a connection's buffers and what moves its bytes: the kernel's calls or a stream.
// A link asks its socket where bytes are to go and tells it what became of them; it keeps no bytes.
// It never calls its socket from within a call of that socket.

import type { Block } from "./blocks.ts";

/** What a link needs of the socket above it; each is one step of a read or a write. */
export interface LinkOwner {
  /** The block that the next bytes go into, from `inputEnd` on. @throws {OutOfMemory} */
  inputSpace(): Block;
  readonly inputEnd: number;
  /** Gives the space back where nothing came. */
  inputUnused(): void;
  /** So many bytes have come; more than 0. */
  arrived(count: number): void;
  /** No more will come: the peer's FIN (null), or an error. */
  ended(error: unknown): void;
  /** Writes what waits for `wantFlush`. */
  flush(): void;
  /** So many more bytes of the write under way have been taken, and the next may be tried. */
  wrote(count: number): void;
  writeBroke(error: unknown): void;
  /** FIN has been sent, or never will be. */
  finSent(): void;
  /** Something that the owner did with that threw. */
  threw(error: unknown): void;
}

export interface Link {
  /** Blocks belong to the runtime while a read or write is under way, even after `close`. */
  readonly pinsBlocks: boolean;
  /** Bytes lie in the input that `arrived` will tell of later in this turn. */
  readonly hasArrival: boolean;
  /** Whom to tell; set once, before anything else. */
  owner: LinkOwner | null;
  /** Reads once, as soon as there is something. */
  wantRead(): void;
  /** Calls `flush` at the end of a turn that is under way; false: there is none, write at once. */
  wantFlush(): boolean;
  /** Bytes taken at once; where those are not all, `wrote` or `writeBroke` follows. */
  write(block: Block, from: number, end: number): number;
  /** Sends FIN; everything has been written. */
  finish(): void;
  /** Closes at once. `isCut`: as for StreamConn. */
  close(isCut?: boolean): void;
}
