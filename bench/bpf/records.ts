// CPU time of the loader for one record, from ring buffer to socket.

import { Lab } from "../../tests/bpf/lab.ts";
import { Loader } from "../../tests/bpf/loader.ts";
import { type Figure, figure } from "../core/figures.ts";

const REQUESTS = 15_000;

/** Nanoseconds that the threads of a process have run. */
export async function cpuNs(pid: number): Promise<number> {
  // By a command: reading below /proc itself would take every permission.
  const args = ["-c", `cat /proc/${pid}/task/*/schedstat`];
  const { stdout } = await new Deno.Command("sh", { args, stderr: "null" }).output();
  let sum = 0;
  for (const line of new TextDecoder().decode(stdout).trim().split("\n")) {
    sum += Number(line.split(" ")[0]);
  }
  return sum;
}

export async function recordCost(rounds: number): Promise<Figure[]> {
  await using lab = await Lab.create();
  const loader = new Loader(lab);
  const reader = await loader.connect();
  await reader.hello();
  const server = await lab.startServer();
  const costsUs: number[] = [];
  for (let round = 0; round < rounds; round++) {
    const beforeNs = await cpuNs(loader.pid), before = reader.records.length;
    await lab.send({ requests: REQUESTS, ratePerSecond: 5000 });
    await reader.settledCounters();
    const records = reader.records.length - before;
    costsUs.push((await cpuNs(loader.pid) - beforeNs) / records / 1000);
  }
  await server.seen();
  await loader.stop();
  return [figure("CPU a record", "us", costsUs)];
}
