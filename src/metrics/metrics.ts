// The /metrics page. prom-client is imported here only, and only renders: nothing is counted in it,
// every metric fetches its values through collect() at the moment of a scrape.

import type {
  Counter as CounterOf,
  Gauge as GaugeOf,
  MetricObjectWithValues,
  MetricValue,
  Registry as RegistryOf,
} from "prom-client";
// The package as a whole brings a push client and a cluster's aggregation, with node's http and
// cluster modules: 6 MB. These three files are what renders.
import counterFile from "prom-client/lib/counter.js";
import gaugeFile from "prom-client/lib/gauge.js";
import registryFile from "prom-client/lib/registry.js";
import type { DurationHistogram, Metrics, MetricsSources } from "./sources.ts";

const Counter: typeof CounterOf = counterFile;
const Gauge: typeof GaugeOf = gaugeFile;
const Registry: typeof RegistryOf = registryFile;
type Registry = RegistryOf;

type Labels = Readonly<Record<string, string | number>>;
type Sample = readonly [labels: Labels, value: number];

function counter(
  registry: Registry,
  [name, help]: readonly [string, string],
  labelNames: string[],
  read: () => Iterable<Sample>,
): void {
  new Counter({
    name,
    help,
    labelNames,
    registers: [registry],
    collect() {
      this.reset();
      for (const [labels, value] of read()) this.inc(labels, value);
    },
  });
}

function gauge(
  registry: Registry,
  [name, help]: readonly [string, string],
  read: () => number,
): void {
  new Gauge({
    name,
    help,
    registers: [registry],
    collect() {
      this.set(read());
    },
  });
}

const DURATION_NAME = "rauta_request_duration_seconds";

/** prom-client's Histogram can only observe; ours are already counted, so the samples are given. */
class CountedHistogram {
  readonly name = DURATION_NAME;
  readonly help = "From the head of the request read to the end of the response, by route.";
  readonly type = "histogram";
  readonly aggregator = "sum";

  constructor(readonly read: () => readonly DurationHistogram[]) {}

  get(): Promise<MetricObjectWithValues<MetricValue<string>>> {
    const values: (MetricValue<string> & { metricName: string })[] = [];
    for (const { route, pattern, buckets, count, sumSeconds } of this.read()) {
      for (const bucket of buckets) {
        const labels = { le: bucket.upperSeconds, route, pattern };
        values.push({ metricName: `${DURATION_NAME}_bucket`, labels, value: bucket.count });
      }
      const all = { le: "+Inf", route, pattern };
      values.push({ metricName: `${DURATION_NAME}_bucket`, labels: all, value: count });
      const labels = { route, pattern };
      values.push({ metricName: `${DURATION_NAME}_sum`, labels, value: sumSeconds });
      values.push({ metricName: `${DURATION_NAME}_count`, labels, value: count });
    }
    const { name, help, aggregator } = this;
    return Promise.resolve(
      { name, help, type: "histogram", aggregator, values } as unknown as MetricObjectWithValues<
        MetricValue<string>
      >,
    );
  }
}

export function createMetrics(sources: MetricsSources): Metrics {
  const registry = new Registry();
  counter(
    registry,
    ["rauta_requests_total", "Requests answered, by what matched them."],
    ["method", "route", "pattern", "status"],
    () =>
      sources.requests().map(({ method, route, pattern, status, count }) =>
        [{ method, route, pattern, status }, count] as const
      ),
  );
  registry.registerMetric(
    new CountedHistogram(sources.durations) as unknown as Parameters<
      Registry["registerMetric"]
    >[0],
  );
  counter(
    registry,
    ["rauta_upstream_requests_total", "Responses received from endpoints."],
    ["service", "status"],
    () => sources.upstream().map(({ service, status, count }) => [{ service, status }, count]),
  );
  counter(
    registry,
    ["rauta_failures_total", "Exchanges that RAUTA had to answer or cut itself, by cause."],
    ["source", "reason"],
    () => sources.failures().map(({ source, reason, count }) => [{ source, reason }, count]),
  );
  addTableMetrics(registry, sources);
  addProcessMetrics(registry, sources);
  return { contentType: registry.contentType, render: () => registry.metrics() };
}

function addTableMetrics(registry: Registry, sources: MetricsSources): void {
  gauge(
    registry,
    ["rauta_table_generation", "Generation of the tables that every live worker serves."],
    sources.tableGeneration,
  );
  counter(
    registry,
    ["rauta_table_refusals_total", "Tables that a worker refused as damaged."],
    [],
    () => [[{}, sources.tableRefusals()]],
  );
  gauge(
    registry,
    ["rauta_config_problems", "Problems of the configuration as it is now; 0: all is served."],
    sources.configProblems,
  );
  counter(
    registry,
    ["rauta_config_failures_total", "Times that a configuration could not be taken as written."],
    [],
    () => [[{}, sources.configFailures()]],
  );
  new Gauge({
    name: "rauta_certificate_expiry_timestamp_seconds",
    help: "When a certificate that is served expires, by Secret.",
    labelNames: ["secret"],
    registers: [registry],
    collect() {
      this.reset();
      for (const { secret, notAfterSeconds } of sources.certificates()) {
        this.set({ secret }, notAfterSeconds);
      }
    },
  });
  gauge(
    registry,
    ["rauta_workers", "Data-plane workers that serve."],
    () => sources.workers().live,
  );
  counter(
    registry,
    ["rauta_worker_restarts_total", "Data-plane workers that failed and were replaced."],
    [],
    () => [[{}, sources.workers().restarts]],
  );
  gauge(
    registry,
    ["rauta_ejected_endpoints", "Endpoints passed over because connecting to them failed."],
    () => sources.ejectedEndpoints(),
  );
  counter(
    registry,
    ["rauta_dropped_lines_total", "Log lines for which the reader of the stream left no room."],
    ["stream"],
    () => {
      const { log, access } = sources.droppedLines();
      return [[{ stream: "log" }, log], [{ stream: "access" }, access]];
    },
  );
}

function addProcessMetrics(registry: Registry, sources: MetricsSources): void {
  gauge(
    registry,
    ["process_resident_memory_bytes", "Resident memory size in bytes."],
    () => sources.memory().rss,
  );
  gauge(
    registry,
    ["rauta_main_heap_used_bytes", "JavaScript heap in use on the main thread."],
    () => sources.memory().heapUsed,
  );
  gauge(
    registry,
    ["process_start_time_seconds", "Start time of the process since the Unix epoch."],
    () => sources.startedAtSeconds,
  );
}
