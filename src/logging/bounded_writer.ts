// Writes text to a stream without ever waiting for it: lines are batched, one write at a time, and
// what would exceed the bound is dropped and counted. So a blocked terminal or pipe costs log lines
// and never a request.

/** As much of Deno.stdout and Deno.stderr as is needed. */
export interface ByteSink {
  write(bytes: Uint8Array): Promise<number>;
}

const encoder = new TextEncoder();

export class BoundedWriter {
  #pending: string[] = [];
  #pendingChars = 0;
  #dropped = 0;
  #writing: Promise<void> | null = null;

  /** `maxChars`: how much may wait at most, in UTF-16 units. */
  constructor(readonly sink: ByteSink, readonly maxChars = 1_048_576) {}

  /** How many texts found no room so far. */
  get dropped(): number {
    return this.#dropped;
  }

  /** Takes whole lines, each with its newline. */
  write(text: string): void {
    if (this.#pendingChars + text.length > this.maxChars) {
      this.#dropped++;
      return;
    }
    this.#pending.push(text);
    this.#pendingChars += text.length;
    this.#writing ??= this.#writeAll();
  }

  /**
   * Resolves when everything that was accepted is written, when the sink has failed, or after
   * `patienceMs`: a sink may be blocked for good.
   */
  async flush(patienceMs = Infinity): Promise<void> {
    const endMs = performance.now() + patienceMs;
    while (this.#writing && performance.now() < endMs) {
      await withinMs(this.#writing, endMs - performance.now());
    }
  }

  async #writeAll(): Promise<void> {
    try {
      await Promise.resolve();
      while (this.#pending.length > 0) {
        const bytes = encoder.encode(this.#pending.join(""));
        this.#pending = [];
        this.#pendingChars = 0;
        for (let at = 0; at < bytes.length;) at += await this.sink.write(bytes.subarray(at));
      }
    } catch {
      // The reader is gone (EPIPE): there is nobody left to tell.
      this.#dropped += this.#pending.length;
      this.#pending = [];
      this.#pendingChars = 0;
    } finally {
      this.#writing = null;
    }
  }
}

/** Waits for `work`, for at most `patienceMs`; Infinity: as long as it takes. */
export async function withinMs(work: Promise<void>, patienceMs: number): Promise<void> {
  if (patienceMs === Infinity) return await work;
  let timer: ReturnType<typeof setTimeout> | undefined;
  const patience = new Promise<void>((resolve) => timer = setTimeout(resolve, patienceMs));
  await Promise.race([work, patience]);
  clearTimeout(timer);
}
