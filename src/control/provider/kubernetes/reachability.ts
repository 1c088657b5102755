// Whether the API server can be connected to at all. While it can't, one asks on behalf of everybody,
// less and less often, and everything else waits for that: an outage costs the network a connection
// now and then, however many watches and writes there are. Takes failures, gives a wait.

import { API_BACKOFF, Backoff, delay } from "./backoff.ts";

/** One who asks for all may ask more often than each of many, and everybody is back the sooner. */
const LIMITS = { ...API_BACKOFF, mostMs: 4_000 };

export class Reachability {
  readonly #ask: () => Promise<void>;
  readonly #stop = new AbortController();
  readonly #waiting = new Set<() => void>();
  #isLost = false;

  /** `ask`: resolves when the server has answered anything at all. */
  constructor(ask: () => Promise<void>) {
    this.#ask = ask;
  }

  get isLost(): boolean {
    return this.#isLost;
  }

  /** A connection could not be made, or ended before an answer. */
  lost(): void {
    if (this.#isLost || this.#stop.signal.aborted) return;
    this.#isLost = true;
    void this.#untilBack();
  }

  /** Resolves when the server can be asked, at once or later, or when the signal is given. */
  wait(signal: AbortSignal): Promise<void> {
    if (!this.#isLost || signal.aborted) return Promise.resolve();
    const { promise, resolve } = Promise.withResolvers<void>();
    const go = () => {
      this.#waiting.delete(go);
      signal.removeEventListener("abort", go);
      resolve();
    };
    this.#waiting.add(go);
    signal.addEventListener("abort", go);
    return promise;
  }

  /** Nobody waits any longer. */
  close(): void {
    this.#stop.abort();
    this.#release();
  }

  async #untilBack(): Promise<void> {
    const backoff = new Backoff(LIMITS);
    const { signal } = this.#stop;
    do await delay(backoff.nextMs(), signal); while (!signal.aborted && !await this.#answers());
    this.#release();
  }

  async #answers(): Promise<boolean> {
    return await this.#ask().then(() => true, () => false);
  }

  #release(): void {
    this.#isLost = false;
    for (const go of [...this.#waiting]) go();
  }
}
