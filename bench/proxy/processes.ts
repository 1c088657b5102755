// Starts programs pinned to a core and reads what the kernel says they used.
// Takes command lines, gives handles; knows nothing of proxies.

/** A running program with its descendants. */
export interface Process {
  readonly name: string;
  readonly pid: number;
  /** Ends it with SIGTERM, with SIGKILL where that takes longer than 3 s. */
  stop(): Promise<void>;
  /** What it wrote to standard error so far, for error messages. */
  errors(): string;
}

/** CPU time and memory of a process tree at one moment. */
export interface Usage {
  readonly cpuSeconds: number;
  /** VmRSS summed over the tree, MiB (pages that processes share count for each). */
  readonly rssMib: number;
}

const TICKS_A_SECOND = 100;

/** Starts `words` on `core` (a taskset list such as `1` or `0,1`). */
export function startPinned(
  name: string,
  core: string,
  words: readonly string[],
  env: Record<string, string> = {},
): Process {
  const child = new Deno.Command("taskset", {
    args: ["-c", core, ...words],
    env,
    stdin: "null",
    stdout: "null",
    stderr: "piped",
  }).spawn();
  let errors = "";
  const reading = (async () => {
    for await (const chunk of child.stderr.pipeThrough(new TextDecoderStream())) {
      errors = (errors + chunk).slice(-4000);
    }
  })();
  return {
    name,
    pid: child.pid,
    errors: () => errors,
    stop: async () => {
      const kill = (signal: Deno.Signal): void => {
        try {
          child.kill(signal);
        } catch {
          // It has ended already.
        }
      };
      kill("SIGTERM");
      const timer = setTimeout(() => kill("SIGKILL"), 3000);
      await child.status;
      clearTimeout(timer);
      await reading;
    },
  };
}

function parentOf(pid: string): { parent: number; ticks: number } | null {
  try {
    const stat = Deno.readTextFileSync(`/proc/${pid}/stat`);
    const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    return { parent: Number(fields[1]), ticks: Number(fields[11]) + Number(fields[12]) };
  } catch {
    return null;
  }
}

function rssKib(pid: number): number {
  try {
    const status = Deno.readTextFileSync(`/proc/${pid}/status`);
    return Number(/VmRSS:\s+(\d+) kB/.exec(status)?.[1] ?? 0);
  } catch {
    return 0;
  }
}

/** utime + stime and memory of `pid` and all its descendants, threads included. */
export function usageOf(pid: number): Usage {
  const all = new Map<number, { parent: number; ticks: number }>();
  for (const entry of Deno.readDirSync("/proc")) {
    if (!/^\d+$/.test(entry.name)) continue;
    const stat = parentOf(entry.name);
    if (stat) all.set(Number(entry.name), stat);
  }
  let ticks = 0;
  let memoryKib = 0;
  const open = [pid];
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    ticks += all.get(next)?.ticks ?? 0;
    memoryKib += rssKib(next);
    for (const [child, stat] of all) if (stat.parent === next) open.push(child);
  }
  return { cpuSeconds: ticks / TICKS_A_SECOND, rssMib: memoryKib / 1024 };
}

/** Waits until something answers on `port` of 127.0.0.1; an error after `timeoutMs`. */
export async function waitForPort(process: Process, port: number, timeoutMs = 15_000) {
  const end = Date.now() + timeoutMs;
  for (;;) {
    try {
      (await Deno.connect({ hostname: "127.0.0.1", port })).close();
      return;
    } catch (error) {
      if (Date.now() > end) {
        throw new Error(
          `${process.name} does not listen on ${port}: ${error}\n${process.errors()}`,
        );
      }
      await new Promise((wake) => setTimeout(wake, 50));
    }
  }
}

/** A TCP port that is free at this moment. */
export function freePort(): number {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const port = (listener.addr as Deno.NetAddr).port;
  listener.close();
  return port;
}
