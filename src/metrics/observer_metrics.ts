// What the observer saw, as Prometheus text behind the proxy's own page or alone.
// Takes plain readings at the moment of a scrape; keeps nothing.

export interface ObservedServiceReading {
  readonly service: string;
  /** By status class: `2xx`, ..., `unknown`. */
  readonly counts: Readonly<Record<string, number>>;
  /** Not cumulative; `topsSeconds` gives the bounds, ascending. */
  readonly buckets: readonly number[];
  readonly topsSeconds: readonly number[];
  readonly durations: number;
  readonly sumSeconds: number;
}

export interface ObserverReadings {
  readonly services: readonly ObservedServiceReading[];
  /** By `type subtype`. */
  readonly events: ReadonlyMap<string, number>;
  /** By cause. */
  readonly losses: Readonly<Record<string, number>>;
  readonly records: number;
  readonly connections: number;
  readonly isConnected: boolean;
}

function escaped(text: string): string {
  return text.replaceAll("\\", "\\\\").replaceAll('"', '\\"').replaceAll("\n", "\\n");
}

function head(lines: string[], name: string, type: string, help: string): void {
  lines.push(`# HELP ${name} ${help}`, `# TYPE ${name} ${type}`);
}

export function renderObserverMetrics(readings: ObserverReadings): string {
  const lines: string[] = [];
  const requests = "rauta_observer_requests_total";
  head(lines, requests, "counter", "Exchanges seen by the kernel, by what became of them.");
  for (const { service, counts } of readings.services) {
    for (const [statusClass, count] of Object.entries(counts)) {
      if (count === 0) continue;
      const labels = `service="${escaped(service)}",status_class="${statusClass}"`;
      lines.push(`${requests}{${labels}} ${count}`);
    }
  }
  const duration = "rauta_observer_request_duration_seconds";
  head(lines, duration, "histogram", "First byte of the request to first byte of the response.");
  for (const item of readings.services) pushHistogram(lines, duration, item);
  const events = "rauta_observer_events_total";
  head(lines, events, "counter", "Events, by type and subtype.");
  for (const [kind, count] of readings.events) {
    const [type, subtype] = kind.split(" ");
    lines.push(`${events}{type="${type}",subtype="${subtype}"} ${count}`);
  }
  const losses = "rauta_observer_losses_total";
  head(lines, losses, "counter", "What was not turned into knowledge, by cause.");
  for (const [cause, count] of Object.entries(readings.losses)) {
    lines.push(`${losses}{cause="${cause}"} ${count}`);
  }
  head(lines, "rauta_observer_records_total", "counter", "Records read from the loader.");
  lines.push(`rauta_observer_records_total ${readings.records}`);
  head(lines, "rauta_observer_connections", "gauge", "TCP connections remembered now.");
  lines.push(`rauta_observer_connections ${readings.connections}`);
  head(lines, "rauta_observer_connected", "gauge", "1 while the loader's socket is open.");
  lines.push(`rauta_observer_connected ${readings.isConnected ? 1 : 0}`);
  return lines.join("\n") + "\n";
}

function pushHistogram(lines: string[], name: string, item: ObservedServiceReading): void {
  const service = `service="${escaped(item.service)}"`;
  let count = 0;
  item.buckets.forEach((bucket, index) => {
    count += bucket;
    lines.push(`${name}_bucket{${service},le="${item.topsSeconds[index]}"} ${count}`);
  });
  lines.push(`${name}_bucket{${service},le="+Inf"} ${item.durations}`);
  lines.push(`${name}_sum{${service}} ${item.sumSeconds}`);
  lines.push(`${name}_count{${service}} ${item.durations}`);
}
