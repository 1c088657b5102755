// Hears that files changed and calls back when it is quiet again: not in the middle of a write, since
// half a file would read as a file without its second half. Renames, truncate-and-write and swaps of
// symbolic links all end in one call.

export interface WatchTarget {
  readonly path: string;
  readonly recursive: boolean;
  /** Part of the target's identity: a replaced folder is a new target. */
  readonly identity: string;
}

export interface FileWatcher {
  /** Watches these and nothing else from now on. */
  retarget(targets: readonly WatchTarget[]): void;
  /** Something is going on that the next call will tell of. */
  readonly busy: boolean;
  close(): void;
}

/** Quiet for this long means that a burst of events is over. */
const QUIET_MS = 12;
/** A file that somebody has written to and not closed is waited for, but not for ever. */
const MAX_WAIT_MS = 400;
/**
 * Closing a Deno.FsWatcher takes effect a little later, by path: a new watch on the same path, opened
 * at once, would be closed with it.
 */
const REOPEN_MS = 100;

interface Watched {
  readonly id: string;
  readonly path: string;
  readonly events: Deno.FsWatcher;
}

export function watchFiles(
  isRelevant: (path: string) => boolean,
  onQuiet: (paths: ReadonlySet<string>) => void,
): FileWatcher {
  let watched: Watched[] = [];
  let changed = new Set<string>();
  const beingWritten = new Set<string>();
  let timer: ReturnType<typeof setTimeout> | undefined;
  let firstAtMs = 0;
  let wanted: ReadonlyMap<string, WatchTarget> = new Map();
  let reopening: ReturnType<typeof setTimeout> | undefined;

  function settle(): void {
    timer = undefined;
    if (beingWritten.size > 0 && performance.now() - firstAtMs < MAX_WAIT_MS) {
      timer = setTimeout(settle, QUIET_MS);
      return;
    }
    const paths = changed;
    changed = new Set();
    beingWritten.clear();
    onQuiet(paths);
  }

  function note({ kind, paths }: Deno.FsEvent): void {
    const relevant = paths.filter(isRelevant);
    if (relevant.length === 0) return;
    for (const path of relevant) {
      changed.add(path);
      // inotify: a write is told as `modify`, closing after a write as `access`.
      if (kind === "modify") beingWritten.add(path);
      else beingWritten.delete(path);
    }
    if (timer === undefined) firstAtMs = performance.now();
    else clearTimeout(timer);
    timer = setTimeout(settle, QUIET_MS);
  }

  async function follow(events: Deno.FsWatcher): Promise<void> {
    for await (const event of events) note(event);
  }

  function open(target: WatchTarget, id: string): Watched | undefined {
    try {
      const events = Deno.watchFs(target.path, { recursive: target.recursive });
      follow(events);
      return { id, path: target.path, events };
    } catch {
      // Gone in this moment: the provider's periodic look finds what comes in its place.
      return undefined;
    }
  }

  /** Opens what is wanted and not watched, but for paths whose old watch is still being closed. */
  function openMissing(closing: ReadonlySet<string>): void {
    for (const [id, target] of wanted) {
      if (closing.has(target.path) || watched.some((one) => one.id === id)) continue;
      const opened = open(target, id);
      if (opened !== undefined) watched.push(opened);
    }
  }

  return {
    get busy() {
      return timer !== undefined;
    },
    retarget(targets) {
      wanted = new Map(
        targets.map((target) => [`${target.path} ${target.recursive} ${target.identity}`, target]),
      );
      const unwanted = watched.filter(({ id }) => !wanted.has(id));
      for (const { events } of unwanted) events.close();
      watched = watched.filter(({ id }) => wanted.has(id));
      const closing = new Set(unwanted.map(({ path }) => path));
      openMissing(closing);
      if (closing.size === 0 || reopening !== undefined) return;
      reopening = setTimeout(() => {
        reopening = undefined;
        openMissing(new Set());
        // What happened in between was seen by nobody.
        onQuiet(new Set());
      }, REOPEN_MS);
    },
    close() {
      clearTimeout(timer);
      clearTimeout(reopening);
      timer = reopening = undefined;
      wanted = new Map();
      for (const { events } of watched) events.close();
      watched = [];
    },
  };
}
