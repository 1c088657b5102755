// What was measured, with the names that belong to it: the shared counters know ids alone.
// Reads the counters when asked, which is when a scrape asks; keeps nothing.

import type { IdRegistry } from "../core/ids.ts";
import {
  BUCKET_COUNT,
  bucketTopUs,
  type Duration,
  type Histogram,
  type MeasureStore,
} from "../core/measure.ts";
import { FAILURE_REASONS, RESCUES } from "../data/rescue.ts";
import type { Snapshot } from "../ir/snapshot.ts";
import type { CertificateExpiry, DurationHistogram, MetricsSources } from "../metrics/sources.ts";

/** Bounds that are shown: powers of two from 128 us to 134 s, of the four times as many kept. */
const SHOWN_BUCKETS = Array.from({ length: BUCKET_COUNT }, (_, index) => index).filter((index) => {
  const topUs = bucketTopUs(index);
  return Number.isInteger(Math.log2(topUs + 1)) && topUs >= 127 && topUs < 2 ** 27;
});

/** Ports of one Service are one service. */
function serviceName(ids: IdRegistry, serviceId: number): string {
  return ids.services.nameOf(serviceId)?.replace(/:\d+$/, "") ?? "";
}

/** What the proxy has measured of one service since it began. */
export interface MeasuredService {
  readonly answered: number;
  readonly serverErrors: number;
  /** By bucket of `bucketTopUs`, not cumulative; null where nothing was timed. */
  readonly buckets: readonly number[] | null;
}

/** By `namespace/name`. */
export function measuredServices(
  store: MeasureStore,
  ids: IdRegistry,
): ReadonlyMap<string, MeasuredService> {
  const { upstream, serviceDurations } = store.read();
  const services = new Map<string, MeasuredService>();
  const none: MeasuredService = { answered: 0, serverErrors: 0, buckets: null };
  for (const { serviceId, status, count } of upstream) {
    const name = serviceName(ids, serviceId);
    const known = services.get(name) ?? none;
    const serverErrors = known.serverErrors + (status >= 500 ? count : 0);
    services.set(name, { ...known, answered: known.answered + count, serverErrors });
  }
  for (const { serviceId, buckets } of serviceDurations) {
    const name = serviceName(ids, serviceId);
    const known = services.get(name) ?? none;
    services.set(name, { ...known, buckets: added(known.buckets, buckets) });
  }
  return services;
}

function added(
  before: readonly number[] | null,
  buckets: Histogram["buckets"],
): readonly number[] {
  return before === null ? buckets : buckets.map((count, index) => count + before[index]);
}

type Measured = Pick<MetricsSources, "requests" | "durations" | "upstream" | "failures">;

function histogram(duration: Duration, label: { route: string; pattern: string }) {
  const buckets: { upperSeconds: number; count: number }[] = [];
  let count = 0;
  let next = 0;
  for (const index of SHOWN_BUCKETS) {
    for (; next <= index; next++) count += duration.buckets[next];
    buckets.push({ upperSeconds: bucketTopUs(index) / 1e6, count });
  }
  const { route, pattern } = label;
  const sumSeconds = duration.sumUs / 1e6;
  return { route, pattern, buckets, count: duration.count, sumSeconds } as DurationHistogram;
}

export function measuredSources(store: MeasureStore, ids: IdRegistry): Measured {
  const labelOf = (id: number) => ids.labels.labelOf(id) ?? { route: "", pattern: "" };
  // A scrape asks four times in a row for what is read at once.
  let reading: { readonly atMs: number; readonly values: ReturnType<MeasureStore["read"]> };
  const read = () => {
    const atMs = performance.now();
    if (!reading || atMs - reading.atMs > 50) reading = { atMs, values: store.read() };
    return reading.values;
  };
  return {
    requests: () =>
      read().requests.map(({ labelId, method, status, count }) => ({
        method,
        ...labelOf(labelId),
        status,
        count,
      })),
    durations: () => read().durations.map((item) => histogram(item, labelOf(item.labelId))),
    upstream: () => {
      const counts = new Map<string, { service: string; status: number; count: number }>();
      for (const { serviceId, status, count } of read().upstream) {
        const service = serviceName(ids, serviceId);
        const key = `${service} ${status}`;
        const known = counts.get(key);
        counts.set(key, { service, status, count: count + (known?.count ?? 0) });
      }
      return [...counts.values()];
    },
    failures: () =>
      read().failures.map(({ failure, count }) => {
        const reason = FAILURE_REASONS[failure];
        return { source: RESCUES[reason].source, reason, count };
      }),
  };
}

/** When the certificates of a snapshot expire, each once. */
export function certificateExpiries(snapshot: Snapshot | undefined): CertificateExpiry[] {
  const found = new Map<string, number>();
  for (const { tls } of snapshot?.listeners ?? []) {
    for (const { id, facts } of tls?.certificates ?? []) {
      if (facts !== undefined) found.set(id, facts.notAfterMs / 1000);
    }
  }
  return [...found].map(([secret, notAfterSeconds]) => ({ secret, notAfterSeconds }));
}
