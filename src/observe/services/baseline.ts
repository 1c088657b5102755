// The usual latencies of one service: a sketch for each minute of a window, the oldest forgotten.
// Takes microseconds, gives the p99 once there are enough samples. What lies over the threshold is
// held back until its second is judged, so that an anomaly never becomes its own baseline.

import type { Sketch, SketchPool } from "../../core/sketches.ts";
import { SLOW_LIMIT, type SlowLimit, slowLimitUs } from "../processors/slow_response.ts";

export interface BaselineOptions {
  /** Seconds of one sketch, and how many sketches make the window. */
  readonly slotSeconds: number;
  readonly slots: number;
  /** Samples and seconds before there is a baseline. */
  readonly minSamples: number;
  readonly minSeconds: number;
  readonly limit: SlowLimit;
}

export const BASELINE_OPTIONS: BaselineOptions = {
  slotSeconds: 60,
  slots: 10,
  minSamples: 200,
  minSeconds: 5,
  limit: SLOW_LIMIT,
};

/** Slow samples of one second that are kept until it is judged; further ones are left out. */
const MAX_HELD = 1000;
/** The p99 doubles in ten minutes at most. */
const GROWTH_A_SECOND = 2 ** (1 / 600);

export class Baseline {
  readonly #pool: SketchPool;
  readonly #options: BaselineOptions;
  readonly #slots: Sketch[];
  readonly #all: Sketch;
  #slot = 0;
  #slotAge = 0;
  #seconds = 0;
  #held: number[] = [];
  #isFrozen = false;
  #p99Us: number | null = null;

  constructor(pool: SketchPool, options: BaselineOptions = BASELINE_OPTIONS) {
    this.#pool = pool;
    this.#options = options;
    this.#slots = Array.from({ length: options.slots }, () => pool.allocate());
    this.#all = pool.allocate();
  }

  /** Null until there are enough samples. */
  get p99Us(): number | null {
    return this.#p99Us;
  }

  /** Over this a response is slow; null until there is a baseline. */
  get thresholdUs(): number | null {
    if (this.#p99Us === null) return null;
    return slowLimitUs(this.#p99Us, this.#options.limit);
  }

  add(latencyUs: number): void {
    if (this.#isFrozen) return;
    const threshold = this.thresholdUs;
    if (threshold === null || latencyUs <= threshold) {
      this.#pool.add(this.#slots[this.#slot], latencyUs);
    } else if (this.#held.length < MAX_HELD) this.#held.push(latencyUs);
  }

  /**
   * Ends a second; `isAnomalous`: its slow samples are no part of what is usual. During an episode
   * nothing is learnt: its fast samples are the tail of another distribution.
   */
  second(isAnomalous: boolean, isEpisode: boolean, answered: number): void {
    this.#isFrozen = isEpisode;
    if (isEpisode) {
      this.#held.length = 0;
      return;
    }
    if (!isAnomalous) { for (const us of this.#held) this.#pool.add(this.#slots[this.#slot], us); }
    this.#held.length = 0;
    if (answered > 0) this.#seconds++;
    if (++this.#slotAge >= this.#options.slotSeconds) {
      this.#slot = (this.#slot + 1) % this.#slots.length;
      this.#pool.reset(this.#slots[this.#slot]);
      this.#slotAge = 0;
    }
    if (answered === 0 && this.#slotAge > 0) return;
    this.#pool.reset(this.#all);
    for (const slot of this.#slots) this.#pool.merge(this.#all, slot);
    const isReady = this.#seconds >= this.#options.minSeconds &&
      this.#pool.count(this.#all) >= this.#options.minSamples;
    this.#p99Us = isReady ? this.#bounded(this.#pool.quantile(this.#all, 0.99)) : null;
  }

  /** A little slowness for a while, or one that grows, must not make room for more. */
  #bounded(p99Us: number): number {
    return this.#p99Us === null ? p99Us : Math.min(p99Us, this.#p99Us * GROWTH_A_SECOND);
  }

  /** What was slow has become normal: everything is learnt anew. */
  forget(): void {
    for (const slot of this.#slots) this.#pool.reset(slot);
    this.#held.length = 0;
    this.#isFrozen = false;
    this.#seconds = 0;
    this.#p99Us = null;
  }
}
