// What the proxy measured lately, by service: rates, errors and latencies of the last seconds, from
// counters that only grow. Takes readings, gives differences; runs no clock of its own.

import { bucketTopUs } from "../core/measure.ts";
import type { MeasuredService } from "./measurements.ts";

export interface ProxySeenView {
  /** Answers of the service a second, lately. */
  readonly rate: number;
  readonly shareOf5xx: number;
  /** Upper bounds of the buckets, at most a quarter above the true value; null: nothing lately. */
  readonly p50AtMostMs: number | null;
  readonly p99AtMostMs: number | null;
}

type Services = ReadonlyMap<string, MeasuredService>;

interface Reading {
  readonly atMs: number;
  readonly services: Services;
}

/** A reading is compared with one that is between one and two of these older. */
export const STEP_MS = 5_000;

export class ProxySeen {
  readonly #read: () => Services;
  #before: Reading;
  #middle: Reading;

  constructor(read: () => Services, nowMs: number) {
    this.#read = read;
    this.#before = this.#middle = { atMs: nowMs, services: read() };
  }

  /** Every STEP_MS. */
  step(nowMs: number): void {
    this.#before = this.#middle;
    this.#middle = { atMs: nowMs, services: this.#read() };
  }

  /** By service; those that never answered are not in it. */
  view(nowMs: number): ReadonlyMap<string, ProxySeenView> {
    const seconds = Math.max(0.001, (nowMs - this.#before.atMs) / 1000);
    return new Map(
      [...this.#read()].map(([name, now]) => {
        const before = this.#before.services.get(name);
        const answered = now.answered - (before?.answered ?? 0);
        const serverErrors = now.serverErrors - (before?.serverErrors ?? 0);
        const buckets = now.buckets?.map((count, at) => count - (before?.buckets?.[at] ?? 0)) ?? [];
        return [name, {
          rate: answered / seconds,
          shareOf5xx: answered === 0 ? 0 : serverErrors / answered,
          p50AtMostMs: quantileMs(buckets, 0.5),
          p99AtMostMs: quantileMs(buckets, 0.99),
        }];
      }),
    );
  }
}

/** The top of the bucket that holds the quantile; null where all are empty. */
function quantileMs(buckets: readonly number[], share: number): number | null {
  const all = buckets.reduce((sum, count) => sum + count, 0);
  if (all === 0) return null;
  let count = 0;
  const index = buckets.findIndex((some) => (count += some) >= share * all);
  return (bucketTopUs(index) + 1) / 1000;
}
