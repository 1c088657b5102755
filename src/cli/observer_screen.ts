// The page /observer as a table of text. Pure.

interface ServiceRow {
  readonly service: string;
  readonly rate: number;
  readonly shareOf5xx: number;
  readonly unknown: number;
  readonly p50Ms: number | null;
  readonly p99Ms: number | null;
  readonly baselineP99Ms: number | null;
  readonly open: readonly string[];
}

interface RouteRow {
  readonly route: string;
  readonly pattern: string;
  readonly requests: number;
  readonly p50AtMostMs: number | null;
  readonly p99AtMostMs: number | null;
}

export interface ObserverPage {
  readonly connected: boolean;
  readonly records: number;
  readonly connections: number;
  readonly services: readonly ServiceRow[];
  readonly routes: readonly RouteRow[];
  readonly losses: Readonly<Record<string, number>>;
}

function ms(value: number | null): string {
  return value === null ? "-" : value.toFixed(value < 10 ? 2 : 1);
}

/** Names come from the network and from files: nothing in them may steer the terminal. */
function plain(text: string): string {
  // deno-lint-ignore no-control-regex
  return text.replace(/[\x00-\x1f\x7f-\x9f]/g, "?");
}

function table(rows: readonly (readonly string[])[]): string {
  const widths = rows[0].map((_, column) => Math.max(...rows.map((row) => row[column].length)));
  return rows.map((row) =>
    row.map((cell, column) => column === 0 ? cell.padEnd(widths[0]) : cell.padStart(widths[column]))
      .join("  ").trimEnd()
  ).join("\n");
}

export function drawObserver(page: ObserverPage): string {
  const state = page.connected ? "connected" : "NOT CONNECTED to the loader";
  const parts = [`${state}, ${page.records} records, ${page.connections} connections`];
  parts.push(table([
    ["service (kernel-seen)", "req/s", "5xx", "unknown", "p50 ms", "p99 ms", "usual p99", "open"],
    ...page.services.toSorted((a, b) => b.rate - a.rate).map((row) => [
      plain(row.service),
      row.rate.toFixed(1),
      `${(row.shareOf5xx * 100).toFixed(1)}%`,
      String(row.unknown),
      ms(row.p50Ms),
      ms(row.p99Ms),
      ms(row.baselineP99Ms),
      row.open.join(","),
    ]),
  ]));
  if (page.routes.length > 0) {
    parts.push(table([
      ["route (proxy-seen)", "requests", "p50 <= ms", "p99 <= ms"],
      ...page.routes.map((row) => [
        plain(`${row.route} ${row.pattern}`),
        String(row.requests),
        ms(row.p50AtMostMs),
        ms(row.p99AtMostMs),
      ]),
    ]));
  }
  const losses = Object.entries(page.losses).filter(([, count]) => count > 0);
  const lost = losses.map(([cause, count]) => `${cause} ${count}`).join(", ");
  parts.push(`losses: ${lost || "none"}`);
  return parts.join("\n\n");
}
