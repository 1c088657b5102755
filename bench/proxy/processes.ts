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
  /** The part of it that is no file's: programs are mapped, and come and go. */
  readonly ownMib: number;
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

/** What a shell's command prints; reading below /proc itself would take every permission. */
function printed(command: string): string {
  const { stdout } = new Deno.Command("sh", { args: ["-c", command], stderr: "null" }).outputSync();
  return new TextDecoder().decode(stdout);
}

interface Stat {
  readonly parent: number;
  readonly ticks: number;
}

/** Every process by pid (proc_pid_stat(5)); a name may hold spaces and parentheses. */
function allProcesses(): Map<number, Stat> {
  const all = new Map<number, Stat>();
  for (const stat of printed("cat /proc/[0-9]*/stat").split("\n")) {
    const pid = Number.parseInt(stat);
    if (Number.isNaN(pid)) continue;
    const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    all.set(pid, { parent: Number(fields[1]), ticks: Number(fields[11]) + Number(fields[12]) });
  }
  return all;
}

/** utime + stime and memory of `pid` and all its descendants, threads included. */
export function usageOf(pid: number): Usage {
  const all = allProcesses();
  const family: number[] = [];
  let ticks = 0;
  const open = [pid];
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    family.push(next);
    ticks += all.get(next)?.ticks ?? 0;
    for (const [child, stat] of all) if (stat.parent === next) open.push(child);
  }
  const statuses = printed(`cat ${family.map((one) => `/proc/${one}/status`).join(" ")}`);
  let [memoryKib, ownKib] = [0, 0];
  for (const [, kib] of statuses.matchAll(/^VmRSS:\s+(\d+) kB/gm)) memoryKib += Number(kib);
  for (const [, kib] of statuses.matchAll(/^Rss(?:Anon|Shmem):\s+(\d+) kB/gm)) {
    ownKib += Number(kib);
  }
  return {
    cpuSeconds: ticks / TICKS_A_SECOND,
    rssMib: memoryKib / 1024,
    ownMib: ownKib / 1024,
  };
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
