// The live view: asks once a second, draws, and takes keys, until it is told to end.
// An observer that goes away is said over what it said last, and asked again.

import { DEFAULT_SORT, SORT_KEYS } from "./columns.ts";
import { type ObserverPage, readObserverPage } from "./page.ts";
import { cut, tableLines } from "./table.ts";
import { type Key, Terminal } from "./terminal.ts";

const PERIOD_MS = 1_000;
/** Lines of a frame that are no services: head, blank, two of the table's head, foot. */
const OTHER_LINES = 9;

interface State {
  page: ObserverPage;
  /** Why the page is old; empty: it is not. */
  trouble: string;
  sort: string;
  isReversed: boolean;
  isPaused: boolean;
  from: number;
}

function clock(): string {
  return new Date().toTimeString().slice(0, 8);
}

/** Lines of one frame. */
export function frame(
  state: Readonly<State>,
  title: string,
  size: { readonly columns: number; readonly rows: number },
  hasColour: boolean,
): string[] {
  const { page, trouble, sort, isReversed, isPaused, from } = state;
  const { columns } = size;
  const rows = Math.max(1, size.rows - OTHER_LINES);
  const options = { columns, rows, from, sort, isReversed, hasColour };
  const keys = `q quit  s sort: ${sort}  r reverse  space ${
    isPaused ? "go on" : "pause"
  }  j k move`;
  return [
    cut(trouble === "" ? title : `${title}  NO ANSWER: ${trouble}`, columns),
    ...tableLines(page, options),
    cut(keys, columns),
  ];
}

/** Changes what is shown as a key says. */
export function press(state: State, key: Exclude<Key, "quit">): void {
  const at = SORT_KEYS.indexOf(state.sort);
  const last = Math.max(0, state.page.services.length - 1);
  if (key === "sort") state.sort = SORT_KEYS[(at + 1) % SORT_KEYS.length];
  else if (key === "sort-back") state.sort = SORT_KEYS.at(at - 1) ?? DEFAULT_SORT;
  else if (key === "reverse") state.isReversed = !state.isReversed;
  else if (key === "pause") state.isPaused = !state.isPaused;
  else if (key === "up") state.from = Math.max(0, state.from - 1);
  else if (key === "down") state.from = Math.min(last, state.from + 1);
  else state.from = 0;
}

/** Resolves when it is told to end. `first`: what the observer has said already. */
export async function showLive(
  authority: string,
  first: ObserverPage,
  sort: string,
  hasColour: boolean,
): Promise<void> {
  const state: State = {
    page: first,
    trouble: "",
    sort,
    isReversed: false,
    isPaused: false,
    from: 0,
  };
  const ended = Promise.withResolvers<void>();
  let isEnded = false;
  const draw = () => {
    const title = `observer at ${authority}, ${clock()}${state.isPaused ? ", paused" : ""}`;
    terminal.draw(frame(state, title, terminal.size, hasColour));
  };
  const terminal = new Terminal((key) => {
    if (key === "quit") {
      isEnded = true;
      ended.resolve();
      return;
    }
    press(state, key);
    draw();
  }, draw);
  terminal.open();
  try {
    draw();
    while (!isEnded) {
      await Promise.race([ended.promise, new Promise((go) => setTimeout(go, PERIOD_MS))]);
      if (isEnded || state.isPaused) continue;
      try {
        state.page = await readObserverPage(authority);
        state.trouble = "";
      } catch (error) {
        state.trouble = error instanceof Error ? error.message : String(error);
      }
      if (!isEnded) draw();
    }
  } finally {
    terminal.close();
  }
}
