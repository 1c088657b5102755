// Reads the loader's Unix socket for as long as the observer lives: connects, decodes, and connects
// again when the loader goes away, a little later each time. Says in the log when that changes.

import type { Logger } from "../../logging/logging.ts";
import { FrameDecoder, FrameError, type FrameHandler } from "./frame_decoder.ts";

const FIRST_DELAY_MS = 100;
const LONGEST_DELAY_MS = 5_000;
/** A loader says its counters every second: one that says nothing for so long is left. */
const SILENCE_MS = 15_000;

export interface LoaderClientOptions {
  readonly path: string;
  readonly handler: FrameHandler;
  /** What is read goes here (DECODER_BUFFER_BYTES). */
  readonly buffer: Uint8Array;
  /** A connection has ended: what was open in it can't be concluded. */
  readonly onDisconnect: () => void;
  readonly log: Logger;
}

export class LoaderClient {
  readonly #options: LoaderClientOptions;
  readonly #stopped = new AbortController();
  #connection: Deno.UnixConn | null = null;
  #running: Promise<void> | null = null;
  #lastReason = "";
  /** Connections that ended, by whatever cause. */
  disconnects = 0;
  /** Those that ended because what was read contradicts the protocol. */
  protocolErrors = 0;

  constructor(options: LoaderClientOptions) {
    this.#options = options;
  }

  get isConnected(): boolean {
    return this.#connection !== null;
  }

  start(): void {
    this.#running ??= this.#run();
  }

  async stop(): Promise<void> {
    this.#stopped.abort();
    this.#close();
    await this.#running;
  }

  async #run(): Promise<void> {
    let delayMs = FIRST_DELAY_MS;
    while (!this.#stopped.signal.aborted) {
      const startMs = performance.now();
      const reason = await this.#session();
      if (this.#stopped.signal.aborted) return;
      if (reason !== this.#lastReason) {
        const { path, log } = this.#options;
        log.warn("the loader at {path} is not there: {reason}; trying again", { path, reason });
        this.#lastReason = reason;
      }
      if (performance.now() - startMs > LONGEST_DELAY_MS) delayMs = FIRST_DELAY_MS;
      await this.#sleep(delayMs);
      delayMs = Math.min(LONGEST_DELAY_MS, delayMs * 2);
    }
  }

  /** One connection to its end; says why it ended. */
  async #session(): Promise<string> {
    const { path, handler, buffer, onDisconnect, log } = this.#options;
    let connection: Deno.UnixConn;
    try {
      connection = await Deno.connect({ transport: "unix", path });
    } catch (error) {
      return error instanceof Error ? error.message : String(error);
    }
    this.#connection = connection;
    this.#lastReason = "";
    log.info("reading captures from {path}", { path });
    const decoder = new FrameDecoder(handler, buffer);
    const watch = this.#watchSilence(decoder);
    try {
      for (;;) {
        const count = await connection.read(decoder.space);
        if (count === null) return "it closed the connection";
        decoder.advance(count);
      }
    } catch (error) {
      if (error instanceof FrameError) this.protocolErrors++;
      if (this.#connection === null) return `it said nothing for ${SILENCE_MS / 1000} s`;
      return error instanceof Error ? error.message : String(error);
    } finally {
      clearInterval(watch);
      this.#close();
      this.disconnects++;
      onDisconnect();
    }
  }

  /** Closes the connection when no whole frame has come for too long, whatever else has. */
  #watchSilence(decoder: FrameDecoder): ReturnType<typeof setInterval> {
    let frames = -1;
    return setInterval(() => {
      if (decoder.frames === frames) this.#close();
      frames = decoder.frames;
    }, SILENCE_MS);
  }

  #close(): void {
    const connection = this.#connection;
    this.#connection = null;
    try {
      connection?.close();
    } catch {
      // The runtime has closed it already.
    }
  }

  #sleep(delayMs: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(done, delayMs);
      const { signal } = this.#stopped;
      function done() {
        clearTimeout(timer);
        signal.removeEventListener("abort", done);
        resolve();
      }
      signal.addEventListener("abort", done);
    });
  }
}
