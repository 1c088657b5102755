// Long-running programs of a cluster: started detached, so that they outlive whoever started them,
// and recorded in the cluster's folder, so that any later process finds, signals and restarts them.
// A recorded pid counts only together with its start time: pids come round again.

import { run, until } from "./command.ts";
import { allNetworkInodes, readKernelFile } from "./kernel_files.ts";

/** How to start a program; kept on disk, so that a fault can stop it and start it again. */
export interface ProgramSpec {
  readonly name: string;
  readonly args: readonly string[];
  readonly logPath: string;
  /** True where `args` begins with an nsenter that forks into another pid namespace. */
  readonly entersPidNamespace: boolean;
}

export interface Recorded {
  readonly spec: ProgramSpec;
  readonly pid: number;
  readonly startTicks: number;
}

const recordPath = (folder: string, name: string) => `${folder}/${name}.json`;

/** The process's start time in clock ticks since boot, or null when it is gone or a zombie. */
export function startTicksOf(pid: number): number | null {
  const stat = readKernelFile(`/proc/${pid}/stat`);
  if (stat === null) return null;
  // The name in parentheses may itself hold spaces and parentheses.
  const afterName = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  return afterName[0] === "Z" || afterName[0] === "X" ? null : Number(afterName[19]);
}

/** Starts a program detached, appending its output to its log, and records it. */
export async function startProgram(folder: string, spec: ProgramSpec): Promise<Recorded> {
  const pidPath = `${folder}/${spec.name}.pid`;
  const launch = 'echo $$ >"$1"; log=$2; shift 2; exec "$@" >>"$log" 2>&1 </dev/null';
  await run(["setsid", "--fork", "sh", "-c", launch, "sh", pidPath, spec.logPath, ...spec.args]);
  const recorded = await until(`the pid of ${spec.name}`, async () => {
    const pid = Number((await Deno.readTextFile(pidPath)).trim());
    const startTicks = pid > 0 ? startTicksOf(pid) : null;
    if (pid > 0 && startTicks === null) {
      throw new Error(`${spec.name} ended at once; see ${spec.logPath}`);
    }
    return startTicks === null ? null : { spec, pid, startTicks };
  }, { timeoutMs: 60_000, everyMs: 10 });
  await Deno.writeTextFile(recordPath(folder, spec.name), JSON.stringify(recorded));
  await Deno.remove(pidPath);
  return recorded;
}

export async function readRecord(folder: string, name: string): Promise<Recorded | null> {
  try {
    return JSON.parse(await Deno.readTextFile(recordPath(folder, name))) as Recorded;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return null;
    throw error;
  }
}

export async function listRecords(folder: string): Promise<Recorded[]> {
  const names: string[] = [];
  try {
    for await (const entry of Deno.readDir(folder)) {
      if (entry.name.endsWith(".json")) names.push(entry.name.slice(0, -".json".length));
    }
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
  const records = await Promise.all(names.sort().map((name) => readRecord(folder, name)));
  return records.filter((record) => record !== null);
}

export async function forgetRecord(folder: string, name: string): Promise<void> {
  await Deno.remove(recordPath(folder, name)).catch(() => {});
}

export function isAlive(record: Recorded | null): boolean {
  return record !== null && startTicksOf(record.pid) === record.startTicks;
}

/** The pid that does the work, in the host's numbering: where nsenter forked, that is its child. */
export function workingPid(record: Recorded): number | null {
  if (!isAlive(record)) return null;
  if (!record.spec.entersPidNamespace) return record.pid;
  return childrenOf(record.pid)[0] ?? null;
}

export function childrenOf(pid: number): number[] {
  const text = readKernelFile(`/proc/${pid}/task/${pid}/children`)?.trim() ?? "";
  return text === "" ? [] : text.split(" ").map(Number);
}

export function sendSignal(pid: number, signal: Deno.Signal): void {
  try {
    Deno.kill(pid, signal);
  } catch (error) {
    // Already gone is what every caller wants in the end.
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
}

/** Ends a program: the signal given, then SIGKILL after `graceMs`; returns once it is gone. */
export async function endProgram(
  record: Recorded,
  signal: Deno.Signal,
  graceMs = 10_000,
): Promise<void> {
  const pid = workingPid(record);
  if (pid !== null) {
    sendSignal(pid, signal);
    // A frozen process acts on nothing but SIGKILL until it runs again.
    sendSignal(pid, "SIGCONT");
  }
  const gone = () => Promise.resolve(isAlive(record) ? null : true);
  try {
    await until(`${record.spec.name} to end`, gone, { timeoutMs: graceMs, everyMs: 20 });
  } catch {
    const stubborn = workingPid(record);
    if (stubborn !== null) sendSignal(stubborn, "SIGKILL");
    await until(`${record.spec.name} to end`, gone, { timeoutMs: 60_000, everyMs: 20 });
  }
}

/** Every process whose network namespace is one of the given inodes. */
export function processesInNetworks(inodes: ReadonlySet<number>): number[] {
  return [...allNetworkInodes()].filter(([, inode]) => inodes.has(inode)).map(([pid]) => pid);
}

export function commandLineOf(pid: number): string[] {
  return (readKernelFile(`/proc/${pid}/cmdline`) ?? "").split("\0").slice(0, -1);
}

/** Resident memory in bytes, or 0 when the process is gone. */
export function residentBytesOf(pid: number): number {
  const match = /^VmRSS:\s+(\d+) kB/m.exec(readKernelFile(`/proc/${pid}/status`) ?? "");
  return match ? Number(match[1]) * 1024 : 0;
}
