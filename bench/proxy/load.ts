// One measurement: wrk against a port while the proxy's CPU time is read before and after.
// Takes a cell (what is asked) and a target, gives one sample; never judges it.

import { type Process, usageOf } from "./processes.ts";

/** What is asked of every proxy. */
export interface Cell {
  readonly name: string;
  readonly title: string;
  readonly path: string;
  readonly connections: number;
  readonly threads: number;
  readonly seconds: number;
  readonly requestBodyBytes: number;
  /** What the response body holds, to turn requests into bytes. */
  readonly responseBytes: number;
}

/** One round of one cell against one proxy. */
export interface Sample {
  readonly requests: number;
  readonly requestsPerSecond: number;
  readonly cpuMicrosPerRequest: number;
  readonly cpuSecondsPerGib: number;
  readonly p50Micros: number;
  readonly p99Micros: number;
  readonly errors: number;
  readonly rssMib: number;
}

/** A proxy under test. */
export interface Target {
  readonly name: string;
  readonly process: Process;
  readonly port: number;
}

export interface LoadGenerator {
  readonly words: readonly string[];
  readonly core: string;
  readonly scriptFolder: string;
  readonly host: string;
}

const REPORT = `
done = function(summary, latency, requests)
  local e = summary.errors
  io.write(string.format('REPORT {"requests":%d,"micros":%d,"p50":%d,"p99":%d,"errors":%d}\\n',
    summary.requests, summary.duration, latency:percentile(50), latency:percentile(99),
    e.connect + e.read + e.write + e.status + e.timeout))
end
`;

interface Report {
  readonly requests: number;
  readonly micros: number;
  readonly p50: number;
  readonly p99: number;
  readonly errors: number;
}

async function runWrk(load: LoadGenerator, cell: Cell, port: number, seconds: number) {
  const script = `${load.scriptFolder}/${cell.name}.lua`;
  const body = cell.requestBodyBytes > 0
    ? `wrk.method = "POST"\nwrk.body = string.rep("x", ${cell.requestBodyBytes})\n`
    : "";
  await Deno.writeTextFile(script, `wrk.headers["Host"] = "${load.host}"\n${body}${REPORT}`);
  const output = await new Deno.Command("taskset", {
    args: [
      "-c",
      load.core,
      ...load.words,
      `-t${cell.threads}`,
      `-c${cell.connections}`,
      `-d${seconds}s`,
      "--timeout",
      "20s",
      "-s",
      script,
      `http://127.0.0.1:${port}${cell.path}`,
    ],
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
  }).output();
  const text = new TextDecoder().decode(output.stdout);
  const json = /REPORT (\{.*\})/.exec(text)?.[1];
  if (!json) {
    throw new Error(`wrk gave no report:\n${text}${new TextDecoder().decode(output.stderr)}`);
  }
  return JSON.parse(json) as Report;
}

/** Warms the target for `warmSeconds`, then measures the cell once. */
export async function measure(
  load: LoadGenerator,
  cell: Cell,
  target: Target,
  warmSeconds: number,
): Promise<Sample> {
  if (warmSeconds > 0) await runWrk(load, cell, target.port, warmSeconds);
  const before = usageOf(target.process.pid);
  const report = await runWrk(load, cell, target.port, cell.seconds);
  const after = usageOf(target.process.pid);
  const cpuSeconds = after.cpuSeconds - before.cpuSeconds;
  const gib = report.requests * Math.max(cell.responseBytes, cell.requestBodyBytes) / 2 ** 30;
  return {
    requests: report.requests,
    requestsPerSecond: report.requests / (report.micros / 1e6),
    cpuMicrosPerRequest: cpuSeconds * 1e6 / report.requests,
    cpuSecondsPerGib: cpuSeconds / gib,
    p50Micros: report.p50,
    p99Micros: report.p99,
    errors: report.errors,
    rssMib: after.rssMib,
  };
}
