// How long to wait before the next try: doubling, with full jitter, so that many do not come at once.

export interface BackoffLimits {
  readonly firstMs: number;
  readonly mostMs: number;
}

/** Short enough to be back soon after an outage, long enough for ten watches to be no storm. */
export const API_BACKOFF: BackoffLimits = { firstMs: 250, mostMs: 8_000 };

export class Backoff {
  readonly #limits: BackoffLimits;
  readonly #random: () => number;
  #ceilingMs: number;

  constructor(limits: BackoffLimits = API_BACKOFF, random: () => number = Math.random) {
    this.#limits = limits;
    this.#random = random;
    this.#ceilingMs = limits.firstMs;
  }

  /** After a success: the next failure waits shortly again. */
  reset(): void {
    this.#ceilingMs = this.#limits.firstMs;
  }

  /** The next wait, between half the ceiling and the ceiling. */
  nextMs(): number {
    const ceiling = this.#ceilingMs;
    this.#ceilingMs = Math.min(ceiling * 2, this.#limits.mostMs);
    return ceiling / 2 + this.#random() * ceiling / 2;
  }
}

/** Resolves after `delayMs` or as soon as the signal is given; never rejects. */
export function delay(delayMs: number, signal: AbortSignal): Promise<void> {
  if (signal.aborted) return Promise.resolve();
  const { promise, resolve } = Promise.withResolvers<void>();
  const finish = () => {
    clearTimeout(timer);
    signal.removeEventListener("abort", finish);
    resolve();
  };
  const timer = setTimeout(finish, delayMs);
  signal.addEventListener("abort", finish);
  return promise;
}
