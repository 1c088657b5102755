// One service: its counts, its baseline, its two processors. Takes exchanges and the end of each
// second, gives event drafts. Knows no address and reads no clock.

import type { Sketch, SketchPool } from "../../core/sketches.ts";
import type { EventDraft } from "../events/event.ts";
import {
  ERROR_RATE_INITIAL,
  type ErrorRateThresholds,
  stepErrorRate,
} from "../processors/error_rate.ts";
import {
  SLOW_RESPONSE_INITIAL,
  type SlowResponseThresholds,
  stepSlowResponse,
} from "../processors/slow_response.ts";
import { sumSeconds } from "../processors/service_second.ts";
import { Baseline, BASELINE_OPTIONS, type BaselineOptions } from "./baseline.ts";

export const STATUS_CLASSES = ["1xx", "2xx", "3xx", "4xx", "5xx", "unknown"] as const;

/** Upper bounds of the histogram's buckets: powers of two from 128 us to 134 s. */
export const BUCKET_TOPS_US: readonly number[] = Array.from(
  { length: 21 },
  (_, index) => 128 * 2 ** index,
);

const RECENT_SECONDS = 10;

export interface ServiceThresholds {
  readonly slow: SlowResponseThresholds;
  readonly errors: ErrorRateThresholds;
  /** Default: BASELINE_OPTIONS. */
  readonly baseline?: BaselineOptions;
}

export interface ServiceView {
  readonly service: string;
  /** Exchanges a second, over the last seconds. */
  readonly rate: number;
  readonly shareOf5xx: number;
  readonly unknown: number;
  readonly p50Ms: number | null;
  readonly p99Ms: number | null;
  readonly baselineP99Ms: number | null;
  readonly open: readonly string[];
}

/** The first bucket whose top is not below; one past the last for what is later than all. */
function bucketOf(latencyUs: number): number {
  if (latencyUs <= 128) return 0;
  const whole = Math.ceil(latencyUs) - 1;
  return whole > 0x7fff_ffff ? BUCKET_TOPS_US.length : 25 - Math.clz32(whole);
}

export class ObservedService {
  readonly name: string;
  /** By status class, in the order of STATUS_CLASSES. */
  readonly counts = STATUS_CLASSES.map(() => 0);
  readonly buckets = BUCKET_TOPS_US.map(() => 0);
  sumUs = 0;
  durations = 0;
  readonly #pool: SketchPool;
  readonly #thresholds: ServiceThresholds;
  readonly #baseline: Baseline;
  readonly #recent: [Sketch, Sketch];
  #recentAge = 0;
  #slow = SLOW_RESPONSE_INITIAL;
  #errors = ERROR_RATE_INITIAL;
  #answered = 0;
  #serverErrors = 0;
  #slowCount = 0;
  #unknown = 0;
  #highestUs = 0;

  constructor(name: string, pool: SketchPool, thresholds: ServiceThresholds) {
    this.name = name;
    this.#pool = pool;
    this.#thresholds = thresholds;
    this.#baseline = new Baseline(pool, thresholds.baseline ?? BASELINE_OPTIONS);
    this.#recent = [pool.allocate(), pool.allocate()];
  }

  /** True where it was slow or failed: it may stand for an episode. */
  known(status: number, latencyUs: number): boolean {
    const statusClass = Math.min(5, Math.max(1, Math.floor(status / 100)));
    this.counts[statusClass - 1]++;
    this.sumUs += latencyUs;
    this.durations++;
    const bucket = bucketOf(latencyUs);
    if (bucket < this.buckets.length) this.buckets[bucket]++;
    this.#answered++;
    const threshold = this.#baseline.thresholdUs;
    const isSlow = threshold !== null && latencyUs > threshold;
    if (isSlow) this.#slowCount++;
    if (statusClass === 5) this.#serverErrors++;
    if (latencyUs > this.#highestUs) this.#highestUs = latencyUs;
    this.#baseline.add(latencyUs);
    this.#pool.add(this.#recent[0], latencyUs);
    return isSlow || statusClass === 5;
  }

  unknown(): void {
    this.counts[5]++;
    this.#unknown++;
  }

  /** Ends a second of wall time. */
  second(endMs: number, lostRecords: number): readonly EventDraft[] {
    const second = {
      endMs,
      answered: this.#answered,
      serverErrors: this.#serverErrors,
      slow: this.#slowCount,
      unknown: this.#unknown,
      lostRecords,
      baselineP99Us: this.#baseline.p99Us,
      highestUs: this.#highestUs,
    };
    const slow = stepSlowResponse(this.#slow, second, this.#thresholds.slow);
    const errors = stepErrorRate(this.#errors, second, this.#thresholds.errors);
    this.#slow = slow.state;
    this.#errors = errors.state;
    const window = sumSeconds(slow.state.window);
    const isSuspect = window.slow >= this.#thresholds.slow.minShare / 2 * window.answered;
    const isEpisode = slow.state.episodeSeconds !== null;
    const isAnomalous = slow.events.length > 0 || (window.slow > 0 && isSuspect);
    this.#baseline.second(isAnomalous, isEpisode, this.#answered);
    if (slow.relearn) this.#baseline.forget();
    this.#answered =
      this.#serverErrors =
      this.#slowCount =
      this.#unknown =
      this.#highestUs =
        0;
    if (++this.#recentAge >= RECENT_SECONDS) {
      this.#recentAge = 0;
      this.#recent.reverse();
      this.#pool.reset(this.#recent[0]);
    }
    return [...slow.events, ...errors.events];
  }

  view(): ServiceView {
    const sums = sumSeconds(this.#errors.window);
    const quantile = (share: number) => {
      const newest = this.#pool.count(this.#recent[0]) > 0 ? this.#recent[0] : this.#recent[1];
      const us = this.#pool.quantile(newest, share);
      return Number.isNaN(us) ? null : us / 1000;
    };
    const baselineP99Us = this.#baseline.p99Us;
    const open: string[] = [];
    if (this.#slow.episodeSeconds !== null) open.push("SlowResponse");
    if (this.#errors.onsetLimit !== null) open.push("ErrorRate");
    return {
      service: this.name,
      rate: sums.seconds === 0 ? 0 : (sums.answered + sums.unknown) / sums.seconds,
      shareOf5xx: sums.answered === 0 ? 0 : sums.serverErrors / sums.answered,
      unknown: this.counts[5],
      p50Ms: quantile(0.5),
      p99Ms: quantile(0.99),
      baselineP99Ms: baselineP99Us === null ? null : baselineP99Us / 1000,
      open,
    };
  }
}
