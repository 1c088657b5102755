// Says where and from what a result was measured: commit, machine, kernel, command.
// `cat` reads /proc: to this program itself Deno opens it with all permissions only.

import { run } from "./peers.ts";

export interface Provenance {
  readonly date: string;
  readonly commit: string;
  readonly command: string;
  readonly cpu: string;
  readonly cores: number;
  readonly kernel: string;
  readonly deno: string;
  readonly loadAverage: string;
}

export async function provenance(command: string): Promise<Provenance> {
  const head = (await run(["git", "rev-parse", "--short=12", "HEAD"])).trim();
  const dirty = (await run(["git", "status", "--porcelain", "--", "src", "core.as"])).trim() !== "";
  const cpuinfo = await run(["cat", "/proc/cpuinfo"]);
  const version = await run(["cat", "/proc/version"]);
  return {
    date: new Date().toISOString().slice(0, 16),
    commit: dirty ? `${head} (with uncommitted changes)` : head,
    command,
    cpu: /model name\s*: (.*)/.exec(cpuinfo)?.[1] ?? "unknown",
    cores: navigator.hardwareConcurrency,
    kernel: /version (\S+)/.exec(version)?.[1] ?? "unknown",
    deno: Deno.version.deno,
    loadAverage: (await run(["cat", "/proc/loadavg"])).split(" ").slice(0, 3).join(" "),
  };
}
