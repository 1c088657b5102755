// A connection under TLS as the wire front reads and writes it: plain bytes in and out.
// Takes a node:tls socket; copies what arrives into the core's memory, whose views are made anew
// for each read because the memory may have grown while the read was waiting.

import type { TLSSocket } from "node:tls";
import type { StreamConn } from "../wire/stream.ts";

/** How long a close_notify may take to be sent. */
const FAREWELL_MS = 1_000;

interface PendingRead {
  readonly address: number;
  readonly size: number;
  resolve(count: number | null): void;
  reject(error: unknown): void;
}

export class TlsStream implements StreamConn {
  readonly #socket: TLSSocket;
  readonly #memory: WebAssembly.Memory;
  readonly #arrived: Uint8Array[] = [];
  #pending: PendingRead | undefined;
  #ended = false;
  #writing = 0;
  #error: unknown;

  constructor(socket: TLSSocket, memory: WebAssembly.Memory) {
    this.#socket = socket;
    this.#memory = memory;
    socket.on("data", (chunk: Uint8Array) => {
      socket.pause();
      this.#arrived.push(chunk);
      this.#answer();
    });
    socket.on("end", () => this.#end(undefined));
    socket.on("error", (error: unknown) => this.#end(error));
    socket.on("close", () => this.#end(undefined));
    socket.pause();
  }

  /** `into` is a view of the core's memory. */
  read(into: Uint8Array): Promise<number | null> {
    const { promise, resolve, reject } = Promise.withResolvers<number | null>();
    this.#pending = { address: into.byteOffset, size: into.byteLength, resolve, reject };
    this.#answer();
    return promise;
  }

  write(from: Uint8Array): Promise<number> {
    const { promise, resolve, reject } = Promise.withResolvers<number>();
    // A copy: the view dies where the core's memory grows before the bytes are sent.
    const bytes = from.slice();
    this.#writing++;
    this.#socket.write(bytes, (error?: Error | null) => {
      this.#writing--;
      if (error) reject(error);
      else resolve(bytes.length);
    });
    return promise;
  }

  closeWrite(): Promise<void> {
    return new Promise((resolve) => this.#socket.end(() => resolve()));
  }

  /** Where nothing was cut off, the client is told first that there is no more. */
  close(isCut = false): void {
    const isOver = this.#ended || this.#writing > 0;
    this.#end(undefined);
    const socket = this.#socket;
    if (isCut || isOver) {
      socket.destroy();
      return;
    }
    const timer = setTimeout(() => socket.destroy(), FAREWELL_MS);
    socket.once("close", () => clearTimeout(timer));
    socket.end(() => socket.destroy());
  }

  setNoDelay(): void {
    this.#socket.setNoDelay(true);
  }

  #end(error: unknown): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#error = error;
    this.#answer();
  }

  #answer(): void {
    const pending = this.#pending;
    if (pending === undefined) return;
    const chunk = this.#arrived[0];
    if (chunk !== undefined) {
      const count = Math.min(chunk.length, pending.size);
      new Uint8Array(this.#memory.buffer, pending.address, count).set(chunk.subarray(0, count));
      if (count < chunk.length) this.#arrived[0] = chunk.subarray(count);
      else this.#arrived.shift();
      this.#pending = undefined;
      pending.resolve(count);
    } else if (this.#ended) {
      this.#pending = undefined;
      if (this.#error === undefined) pending.resolve(null);
      else pending.reject(this.#error);
    } else {
      this.#socket.resume();
    }
  }
}
