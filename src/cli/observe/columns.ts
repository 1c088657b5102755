// The columns of the table of services: what each shows, how it sorts, and which go first where there
// is no room. Pure.

import type { ServiceRow } from "./page.ts";

export interface Column {
  /** What `--sort` calls it. */
  readonly key: string;
  /** Two lines of a head: who saw it, and what it is. */
  readonly group: "" | "kernel" | "proxy";
  readonly title: string;
  readonly align: "left" | "right";
  /** Columns with the highest number are left out first; 0 never is. */
  readonly leftOut: number;
  readonly text: (row: ServiceRow) => string;
  /** Rows are sorted by it, the highest first but for names; null comes last either way. */
  readonly order: (row: ServiceRow) => number | string | null;
}

/** Names come from the network and from files: nothing in them may steer the terminal. */
export function plain(text: string): string {
  // deno-lint-ignore no-control-regex
  return text.replace(/[\x00-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069]/g, "?");
}

function ms(value: number | null | undefined, prefix = ""): string {
  if (value === null || value === undefined) return "-";
  return prefix + value.toFixed(value < 10 ? 2 : value < 1000 ? 1 : 0);
}

function percent(share: number | undefined): string {
  return share === undefined ? "-" : `${(share * 100).toFixed(1)}%`;
}

function perSecond(rate: number | undefined): string {
  return rate === undefined ? "-" : rate.toFixed(1);
}

export const COLUMNS: readonly Column[] = [
  {
    key: "service",
    group: "",
    title: "SERVICE",
    align: "left",
    leftOut: 0,
    text: ({ service }) => plain(service),
    order: ({ service }) => service,
  },
  {
    key: "rate",
    group: "kernel",
    title: "req/s",
    align: "right",
    leftOut: 2,
    text: ({ kernel }) => perSecond(kernel?.rate),
    order: ({ kernel }) => kernel?.rate ?? null,
  },
  {
    key: "errors",
    group: "kernel",
    title: "5xx",
    align: "right",
    leftOut: 4,
    text: ({ kernel }) => percent(kernel?.shareOf5xx),
    order: ({ kernel }) => kernel?.shareOf5xx ?? null,
  },
  {
    key: "unknown",
    group: "kernel",
    title: "unknown",
    align: "right",
    leftOut: 11,
    text: ({ kernel }) => kernel === null ? "-" : String(kernel.unknown),
    order: ({ kernel }) => kernel?.unknown ?? null,
  },
  {
    key: "p50",
    group: "kernel",
    title: "p50 ms",
    align: "right",
    leftOut: 8,
    text: ({ kernel }) => ms(kernel?.p50Ms),
    order: ({ kernel }) => kernel?.p50Ms ?? null,
  },
  {
    key: "p99",
    group: "kernel",
    title: "p99 ms",
    align: "right",
    leftOut: 3,
    text: ({ kernel }) => ms(kernel?.p99Ms),
    order: ({ kernel }) => kernel?.p99Ms ?? null,
  },
  {
    key: "usual",
    group: "kernel",
    title: "usual p99",
    align: "right",
    leftOut: 7,
    text: ({ kernel }) => ms(kernel?.baselineP99Ms),
    order: ({ kernel }) => kernel?.baselineP99Ms ?? null,
  },
  {
    key: "proxy-rate",
    group: "proxy",
    title: "req/s",
    align: "right",
    leftOut: 10,
    text: ({ proxy }) => perSecond(proxy?.rate),
    order: ({ proxy }) => proxy?.rate ?? null,
  },
  {
    key: "proxy-errors",
    group: "proxy",
    title: "5xx",
    align: "right",
    leftOut: 9,
    text: ({ proxy }) => percent(proxy?.shareOf5xx),
    order: ({ proxy }) => proxy?.shareOf5xx ?? null,
  },
  {
    key: "proxy-p50",
    group: "proxy",
    title: "p50 ms",
    align: "right",
    leftOut: 6,
    text: ({ proxy }) => ms(proxy?.p50AtMostMs, "<="),
    order: ({ proxy }) => proxy?.p50AtMostMs ?? null,
  },
  {
    key: "proxy-p99",
    group: "proxy",
    title: "p99 ms",
    align: "right",
    leftOut: 5,
    text: ({ proxy }) => ms(proxy?.p99AtMostMs, "<="),
    order: ({ proxy }) => proxy?.p99AtMostMs ?? null,
  },
  {
    key: "open",
    group: "kernel",
    title: "open episodes",
    align: "left",
    leftOut: 1,
    text: ({ kernel }) => plain(kernel?.open.join(" ") ?? ""),
    order: ({ kernel }) => kernel?.open.length ?? null,
  },
];

export const SORT_KEYS: readonly string[] = COLUMNS.map(({ key }) => key);
export const DEFAULT_SORT = "rate";

/** Sorted by a column; equal rows by name. */
export function sortRows(
  rows: readonly ServiceRow[],
  key: string,
  isReversed: boolean,
): readonly ServiceRow[] {
  const { order } = COLUMNS.find((column) => column.key === key) ?? COLUMNS[0];
  const direction = isReversed ? -1 : 1;
  return rows.toSorted((one, other) => {
    const [a, b] = [order(one), order(other)];
    const byName = one.service < other.service ? -1 : one.service > other.service ? 1 : 0;
    if (a === b) return byName;
    if (a === null || b === null) return a === null ? 1 : -1;
    if (typeof a === "string" || typeof b === "string") return direction * byName;
    return direction * (b - a);
  });
}
