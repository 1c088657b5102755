// A link over a stream of the runtime: TLS, and TCP where the kernel's own calls may not be used.
// Two promises an exchange and direction, made by the runtime; awaits nothing.

import { type Block, END_ROOM, ROOM } from "./blocks.ts";
import type { Link, LinkOwner } from "./link.ts";
import { type SocketIo, socketIo } from "./socket_io.ts";
import type { StreamConn } from "./stream.ts";

export class StreamLink implements Link {
  readonly pinsBlocks = true;
  readonly hasArrival = false;
  owner: LinkOwner | null = null;
  readonly #conn: StreamConn;
  readonly #io: SocketIo;
  readonly #memory: WebAssembly.Memory;

  readonly #onRead = (count: number | null): void => {
    if (count === null || count === 0) this.owner!.ended(null);
    else this.owner!.arrived(count);
  };
  readonly #onReadError = (error: unknown): void => this.owner!.ended(error);
  readonly #onWritten = (count: number): void => this.owner!.wrote(count);
  readonly #onWriteError = (error: unknown): void => this.owner!.writeBroke(error);

  constructor(conn: StreamConn, memory: WebAssembly.Memory) {
    this.#conn = conn;
    this.#memory = memory;
    this.#io = socketIo(conn);
    // Heads and bodies are written whole; Nagle's algorithm would hold back the second write.
    conn.setNoDelay();
  }

  wantRead(): void {
    const owner = this.owner!;
    const block = owner.inputSpace();
    block.refresh(this.#memory);
    const from = owner.inputEnd;
    const into = from === ROOM ? block.body : block.view.subarray(from, block.size - END_ROOM);
    this.#io.read(into).then(this.#onRead, this.#onReadError);
  }

  wantFlush(): boolean {
    return false;
  }

  write(block: Block, from: number, end: number): number {
    block.refresh(this.#memory);
    this.#io.write(block.view.subarray(from, end)).then(this.#onWritten, this.#onWriteError);
    return 0;
  }

  finish(): void {
    const done = (): void => this.owner!.finSent();
    this.#conn.closeWrite().then(done, done);
  }

  close(isCut?: boolean): void {
    try {
      this.#conn.close(isCut);
    } catch {
      // The runtime has closed it already.
    }
  }
}
