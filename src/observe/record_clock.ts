// How far the records have been read, as a time: everything that time decides (what is late, which
// second an exchange is part of) goes by the packets' own times, never by when they are read. A reader
// that was held up decides the same, later. Takes the loader's clock pairs and records' times.

import type { ClockPair } from "./loader/frame_decoder.ts";

/** A record can't be of the future; one that says so does not move time further than this. */
const AHEAD_MS = 1_000;

export class RecordClock {
  #pair: ClockPair = { monotonicUs: 0, realtimeMs: 0 };
  #latestUs = 0;
  /** Wall time up to which the loader has told all: records, and how many were lost. */
  #toldMs = 0;
  readonly #nowMs: () => number;

  /** `nowMs`: the wall clock. */
  constructor(nowMs: () => number = Date.now) {
    this.#nowMs = nowMs;
  }

  /** A loader begins to speak. */
  start(pair: ClockPair): void {
    this.#pair = pair;
    this.#latestUs = pair.monotonicUs;
  }

  /** Its counters, which come behind every record of the time before them. */
  tell(pair: ClockPair): void {
    this.#pair = pair;
    if (pair.monotonicUs > this.#latestUs) this.#latestUs = pair.monotonicUs;
    this.#toldMs = pair.realtimeMs;
  }

  /** A record of this time was read. */
  read(tsUs: number): void {
    if (tsUs > this.#latestUs) this.#latestUs = tsUs;
  }

  /** The latest time that was read, monotonic microseconds; 0 before the first loader. */
  get latestUs(): number {
    const aheadMs = this.wallMs(this.#latestUs) - this.#nowMs() - AHEAD_MS;
    return aheadMs > 0 ? this.#latestUs - aheadMs * 1000 : this.#latestUs;
  }

  /** The same as wall time, ms since the epoch, where it is `ms` or later; else null. */
  latestMsFrom(ms: number): number | null {
    if (this.wallMs(this.#latestUs) < ms) return null;
    const latestMs = this.wallMs(this.latestUs);
    return latestMs < ms ? null : latestMs;
  }

  get toldMs(): number {
    return this.#toldMs;
  }

  wallMs(tsUs: number): number {
    return this.#pair.realtimeMs + (tsUs - this.#pair.monotonicUs) / 1000;
  }
}
