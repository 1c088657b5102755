// The access log's one writer: reads the workers' rings, formats what is there into one buffer, and writes
// that in one piece. While a write is under way nothing is read: so a blocked standard output costs lines,
// which the rings drop and count, and neither memory nor a request.

import type { AccessFormat } from "./format.ts";
import { LineBuffer } from "./line_buffer.ts";
import type { AccessRingReader } from "./ring.ts";

/** As much of Deno.stdout as is needed. */
export interface LineSink {
  write(bytes: Uint8Array): Promise<number>;
}

const BUFFER_BYTES = 65_536;
/** Between two looks at the rings while lines come. */
const POLL_MS = 10;
/** So many looks that found nothing, and it waits to be woken. */
const IDLE_LOOKS = 20;
const NEW_LINE = 0x0a;

export class AccessOutput {
  readonly #sink: LineSink;
  readonly #format: AccessFormat;
  readonly #readers = new Set<AccessRingReader>();
  readonly #ended = new Set<AccessRingReader>();
  readonly #usual = new LineBuffer(BUFFER_BYTES);
  #buffer = this.#usual;
  #dropped = 0;
  #running: Promise<void> | undefined;
  #isEnding = false;
  #resume: () => void = () => {};

  constructor(sink: LineSink, format: AccessFormat) {
    this.#sink = sink;
    this.#format = format;
  }

  /** Lines that were not written and never will be. */
  get dropped(): number {
    for (const reader of this.#readers) this.#dropped += reader.takeDropped();
    return this.#dropped;
  }

  /** A worker begins to write to a ring. */
  add(reader: AccessRingReader): void {
    this.#readers.add(reader);
  }

  /** The worker of `reader` has ended; what it left is still written. */
  ended(reader: AccessRingReader): void {
    this.#ended.add(reader);
    this.wake();
  }

  /** There is something in a ring. */
  wake(): void {
    this.#running ??= this.#run().finally(() => this.#running = undefined);
  }

  /** Resolves when all that is there is written; never, where the sink is blocked for good. */
  async flush(): Promise<void> {
    this.#isEnding = true;
    this.#resume();
    this.wake();
    await this.#running;
  }

  async #run(): Promise<void> {
    let idleLooks = 0;
    for (;;) {
      const isMore = this.#fill();
      if (this.#buffer.length > 0) {
        idleLooks = 0;
        await this.#writeBuffer();
      } else if ((this.#isEnding || ++idleLooks > IDLE_LOOKS) && this.#sleep()) return;
      if (!isMore && !this.#isEnding) await this.#pause();
    }
  }

  async #pause(): Promise<void> {
    let timer: ReturnType<typeof setTimeout> | undefined;
    await new Promise<void>((resolve) => {
      this.#resume = resolve;
      timer = setTimeout(resolve, POLL_MS);
    });
    clearTimeout(timer);
  }

  /** Every ring has to tell of what comes; false where one has something already. */
  #sleep(): boolean {
    let sleeps = true;
    for (const reader of this.#readers) sleeps = reader.sleep() && sleeps;
    return sleeps;
  }

  /** Formats what is there, as much as there is room for; true: there is more. */
  #fill(): boolean {
    for (const reader of this.#readers) {
      while (reader.next()) {
        const bound = this.#format.bound(reader);
        if (bound > this.#buffer.room) {
          if (this.#buffer.length > 0) return true;
          // One line of a very long target.
          this.#buffer = new LineBuffer(bound);
        }
        this.#format.line(reader, this.#buffer);
        reader.pass();
      }
      if (this.#ended.delete(reader)) this.#leave(reader);
    }
    return false;
  }

  #leave(reader: AccessRingReader): void {
    this.#dropped += reader.takeDropped();
    this.#readers.delete(reader);
  }

  async #writeBuffer(): Promise<void> {
    const bytes = this.#buffer.bytes.subarray(0, this.#buffer.length);
    let written = 0;
    try {
      while (written < bytes.length) written += await this.#sink.write(bytes.subarray(written));
    } catch {
      // The reader is gone (EPIPE): there is nobody left to tell.
      for (const byte of bytes.subarray(written)) if (byte === NEW_LINE) this.#dropped++;
    }
    this.#buffer = this.#usual;
    this.#buffer.length = 0;
  }
}
