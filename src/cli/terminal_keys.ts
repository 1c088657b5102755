// Ctrl-C as a key. A terminal's signal goes to every process in the foreground, also to `npx` and the
// script that it runs Deno by: they would end at once, with 130, and give the terminal back while
// exchanges are still being finished. So the launcher takes the keys itself and ends when all is done.

const CTRL_C = 0x03;
const CTRL_Z = 0x1a;
const CTRL_BACKSLASH = 0x1c;

export interface KeyActions {
  /** Ctrl-C. */
  interrupt(): void;
  /** Ctrl-\: end at once. */
  quit(): void;
}

/** What a program prints; empty where it can't. */
async function printed(name: string, ...args: string[]): Promise<string> {
  try {
    const { stdout } = await new Deno.Command(name, { args, stderr: "null" }).output();
    return new TextDecoder().decode(stdout);
  } catch {
    return "";
  }
}

/**
 * Whether this process may change the terminal's mode: one in the background would be stopped. Where
 * nobody knows, the keys are signals, as ever.
 */
async function isInForeground(): Promise<boolean> {
  if (!Deno.stdin.isTerminal()) return false;
  if (Deno.build.os !== "linux") {
    return (await printed("ps", "-o", "stat=", "-p", String(Deno.pid))).includes("+");
  }
  // proc_pid_stat(5): the process's group, and the one in the foreground of its terminal.
  const stat = await printed("cat", `/proc/${Deno.pid}/stat`);
  const [, , group, , , foreground] = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  return group !== undefined && group === foreground;
}

/** The whole job, as the shell knows it, stops; `fg` goes on. */
async function suspend(): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  Deno.addSignalListener("SIGCONT", resolve);
  Deno.stdin.setRaw(false);
  await new Deno.Command("sh", { args: ["-c", "kill -TSTP 0"] }).output();
  await promise;
  Deno.removeSignalListener("SIGCONT", resolve);
  if (await isInForeground()) Deno.stdin.setRaw(true);
}

async function follow({ interrupt, quit }: KeyActions): Promise<void> {
  const bytes = new Uint8Array(64);
  for (;;) {
    const read = await Deno.stdin.read(bytes);
    if (read === null) return;
    for (const key of bytes.subarray(0, read)) {
      if (key === CTRL_C) interrupt();
      else if (key === CTRL_BACKSLASH) quit();
      else if (key === CTRL_Z) await suspend();
    }
  }
}

/** Gives what puts the terminal back as it was; call it before the process ends. */
export async function takeKeys(actions: KeyActions): Promise<() => void> {
  if (!await isInForeground()) return () => {};
  Deno.stdin.setRaw(true);
  // A terminal that goes away is told by SIGHUP.
  follow(actions).catch(() => {});
  return () => Deno.stdin.setRaw(false);
}
