// The page /observer as lines of text: a head, the table of services, what was lost.
// Takes the page and the terminal's size, gives lines no longer than its width. Pure.

import { type Column, COLUMNS, plain, sortRows } from "./columns.ts";
import type { ObserverPage, ServiceRow } from "./page.ts";

export interface TableOptions {
  /** Infinity: as wide as it needs to be. */
  readonly columns: number;
  /** Rows of services that are shown; Infinity: all. */
  readonly rows: number;
  /** The first row that is shown. */
  readonly from: number;
  readonly sort: string;
  readonly isReversed: boolean;
  readonly hasColour: boolean;
}

export const PLAIN_TABLE: Omit<TableOptions, "sort"> = {
  columns: Infinity,
  rows: Infinity,
  from: 0,
  isReversed: false,
  hasColour: false,
};

const GAP = 2;
const NAME_MIN = 16;
const NAME_MAX = 60;
const RED = "31", YELLOW = "33", BOLD = "1", DIM = "2";

type Paint = (text: string, code: string) => string;

function painter(hasColour: boolean): Paint {
  return (text, code) => hasColour && text !== "" ? `\x1b[${code}m${text}\x1b[0m` : text;
}

/** Cut to a width, with a mark where something is missing. */
export function cut(text: string, width: number): string {
  if (text.length <= width) return text;
  return width < 1 ? "" : `${text.slice(0, width - 1)}…`;
}

interface Sized {
  readonly column: Column;
  readonly width: number;
}

function widthOf(sized: readonly Sized[]): number {
  return sized.reduce((sum, { width }) => sum + width + GAP, -GAP);
}

/** The columns that fit, the least needed left out first; then the name is cut. */
function fit(rows: readonly ServiceRow[], available: number): readonly Sized[] {
  const hasProxy = rows.some(({ proxy }) => proxy !== null);
  const wanted = COLUMNS.filter(({ group }) => group !== "proxy" || hasProxy);
  let sized = wanted.map((column) => ({
    column,
    width: Math.max(
      // Room for the mark of the sorted column.
      column.title.length + 1,
      ...rows.map((row) => column.text(row).length),
    ),
  }));
  const [name] = sized;
  sized[0] = { ...name, width: Math.min(name.width, NAME_MAX) };
  const least = () => widthOf(sized) - sized[0].width + Math.min(sized[0].width, NAME_MIN);
  while (least() > available) {
    const next = Math.max(...sized.map(({ column }) => column.leftOut));
    if (next === 0) break;
    sized = sized.filter(({ column }) => column.leftOut !== next);
  }
  const rest = available - (widthOf(sized) - sized[0].width);
  sized[0] = { ...sized[0], width: Math.max(1, Math.min(sized[0].width, rest)) };
  return sized;
}

function padded(text: string, { column, width }: Sized): string {
  const short = cut(text, width);
  return column.align === "left" ? short.padEnd(width) : short.padStart(width);
}

/** Who saw the columns below, over the first of each group. */
function groupLine(sized: readonly Sized[]): string {
  let line = "";
  let last = "";
  let at = 0;
  for (const { column, width } of sized) {
    if (column.group !== "" && column.group !== last) {
      const words = column.group === "kernel" ? "kernel-seen" : "proxy-seen";
      if (column.key !== "open") line = line.padEnd(at) + words;
    }
    last = column.group;
    at += width + GAP;
  }
  return line;
}

function head(sized: readonly Sized[], { sort, isReversed }: TableOptions): string {
  return sized.map((each) => {
    const mark = each.column.key === sort ? (isReversed ? "^" : "v") : "";
    return padded(each.column.title + mark, each);
  }).join(" ".repeat(GAP));
}

function rowLine(row: ServiceRow, sized: readonly Sized[], paint: Paint): string {
  const isOpen = (row.kernel?.open.length ?? 0) > 0;
  return sized.map((each) => {
    const text = padded(each.column.text(row), each);
    const isMarked = isOpen && (each.column.key === "service" || each.column.key === "open");
    return isMarked ? paint(text, RED) : text;
  }).join(" ".repeat(GAP)).trimEnd();
}

function stateLine(page: ObserverPage): { text: string; isGood: boolean } {
  const interfaces = page.interfaces.map(({ name, xdp, tc }) =>
    xdp === "detached" && tc === "detached" ? `${plain(name)} (not there)` : plain(name)
  );
  const isObserving = page.interfaces.some(({ xdp }) => xdp !== "detached");
  const state = page.connected ? "connected" : "NOT CONNECTED to the loader";
  const where = page.connected ? [interfaces.join(", ") || "no interface"] : [];
  const counts = `${page.records} records, ${page.connections} connections`;
  return {
    text: [state, ...where, counts].join(", "),
    isGood: page.connected && isObserving,
  };
}

export function lossesLine(losses: ObserverPage["losses"]): string {
  const lost = Object.entries(losses).filter(([, count]) => count > 0)
    .map(([cause, count]) => `${plain(cause)} ${count}`);
  return `losses: ${lost.join(", ") || "none"}`;
}

/** Lines of the whole view. */
export function tableLines(page: ObserverPage, options: TableOptions): string[] {
  const { columns, rows, from, sort, isReversed, hasColour } = options;
  const paint = painter(hasColour);
  const state = stateLine(page);
  const lines = [paint(cut(state.text, columns), state.isGood ? BOLD : YELLOW), ""];
  if (page.services.length === 0) lines.push(cut("no traffic has been seen yet", columns));
  else {
    const sorted = sortRows(page.services, sort, isReversed);
    const shown = sorted.slice(from, from + rows);
    // Widths by all rows: columns must not jump while one scrolls.
    const sized = fit(sorted, columns);
    const groups = groupLine(sized).trimEnd();
    if (groups !== "") lines.push(paint(cut(groups, columns), DIM));
    lines.push(paint(cut(head(sized, options).trimEnd(), columns), BOLD));
    for (const row of shown) lines.push(rowLine(row, sized, paint));
    const hidden = sorted.length - shown.length;
    if (hidden > 0) {
      lines.push(paint(cut(`${hidden} more of ${sorted.length} services`, columns), DIM));
    }
  }
  const losses = lossesLine(page.losses);
  lines.push("", paint(cut(losses, columns), losses.endsWith("none") ? DIM : YELLOW));
  return lines;
}
