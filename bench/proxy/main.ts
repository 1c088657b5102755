// `deno task bench:proxy [--quick] [--cell NAME] [--rounds N] [--out FOLDER]`: RAUTA against nginx,
// HAProxy and Envoy, in turn, on one core each. Installs the peers on its first run; a whole run
// takes under 15 minutes, `--quick` (two short rounds, no single figures) under 3.

import { Contestants, LOAD_CORE, PROXY_CORE, type RautaSetup } from "./contestants.ts";
import { BENCH_HOST } from "./configs.ts";
import { type Cell, type LoadGenerator, measure, type Sample, type Target } from "./load.ts";
import { provenance } from "./machine.ts";
import { installPeers } from "./peers.ts";
import { type CellResult, type Figure, writeResults } from "./report.ts";
import { usageOf } from "./processes.ts";

interface Options {
  readonly quick: boolean;
  readonly only: string | undefined;
  readonly rounds: number;
  readonly seconds: number;
  readonly out: string;
}

const IDLE_CONNECTIONS = 10_000;
/** The name of that figure for `--cell`. */
const IDLE = "idle";
const MANY_ROUTES = 10_000;

function readOptions(args: readonly string[]): Options {
  const valueOf = (name: string): string | undefined => {
    const at = args.indexOf(name);
    return at < 0 ? undefined : args[at + 1];
  };
  const quick = args.includes("--quick");
  return {
    quick,
    only: valueOf("--cell"),
    rounds: Number(valueOf("--rounds") ?? (quick ? 2 : 5)),
    seconds: quick ? 2 : 4,
    out: valueOf("--out") ?? "bench/results",
  };
}

function cellsOf(seconds: number): Cell[] {
  const base = { connections: 64, threads: 1, seconds, requestBodyBytes: 0, responseBytes: 64 };
  const large = 64 * 2 ** 20;
  return [
    { ...base, name: "get-64", title: "GET 64 B, keep-alive, 64 connections", path: "/" },
    {
      ...base,
      name: "get-16k",
      title: "GET 16 KiB, 64 connections",
      path: "/16k",
      responseBytes: 16_384,
    },
    {
      ...base,
      name: "post-16k",
      title: "POST 16 KiB, 64 connections",
      path: "/",
      requestBodyBytes: 16_384,
    },
    {
      ...base,
      name: "stream-64m",
      title: "GET 64 MiB, 4 connections",
      path: "/64m",
      connections: 4,
      responseBytes: large,
    },
  ];
}

function c400(seconds: number): Cell {
  return {
    name: "c400",
    title: `GET 64 B, wrk -t2 -c400 -d${seconds}s`,
    path: "/",
    connections: 400,
    threads: 2,
    seconds,
    requestBodyBytes: 0,
    responseBytes: 64,
  };
}

const plain: RautaSetup = {
  name: "RAUTA",
  extraRoutes: 0,
  env: {},
  workers: 1,
  core: PROXY_CORE,
};

async function inTurn(
  load: LoadGenerator,
  cell: Cell,
  targets: readonly Target[],
  rounds: number,
): Promise<CellResult> {
  const samples = new Map<string, Sample[]>(targets.map((target) => [target.name, []]));
  for (let round = 0; round < rounds; round++) {
    for (const target of targets) {
      const sample = await measure(load, cell, target, round === 0 ? 1 : 0);
      samples.get(target.name)!.push(sample);
      const cpu = sample.cpuMicrosPerRequest.toFixed(1);
      console.log(`${cell.name} round ${round + 1} ${target.name}: ${cpu} CPU us/request`);
    }
  }
  return { cell, rounds: [...samples].map(([proxy, list]) => ({ proxy, samples: list })) };
}

/** What 10,000 idle keep-alive connections add to the memory of a fresh process. */
async function measureIdle(contestants: Contestants): Promise<Figure> {
  const target = await contestants.startRauta({ ...plain, name: "RAUTA idle" });
  // By then the process has given back what starting needed.
  await new Promise((wake) => setTimeout(wake, 3000));
  const before = usageOf(target.process.pid).ownMib;
  const holder = new Deno.Command("taskset", {
    args: [
      "-c",
      LOAD_CORE,
      Deno.execPath(),
      "run",
      "--quiet",
      "--allow-net=127.0.0.1",
      "bench/proxy/idle.ts",
      String(target.port),
      String(IDLE_CONNECTIONS),
    ],
    stdin: "null",
    stdout: "piped",
    stderr: "inherit",
  }).spawn();
  try {
    const reader = holder.stdout.getReader();
    const said = await reader.read();
    if (said.done) throw new Error("the program that holds idle connections ended early");
    await new Promise((wake) => setTimeout(wake, 1000));
    const after = usageOf(target.process.pid).ownMib;
    await reader.cancel();
    const kib = (after - before) * 1024 / IDLE_CONNECTIONS;
    return {
      name: "An idle connection",
      value: `${kib.toFixed(1)} KiB`,
      how: `${before.toFixed(0)} MiB that are no file's before, ${after.toFixed(0)} MiB with ` +
        `${IDLE_CONNECTIONS} connections, each after one request`,
    };
  } finally {
    try {
      holder.kill("SIGTERM");
    } catch {
      // It has ended already.
    }
    await holder.status;
    await contestants.stop(target);
  }
}

async function measureC400(
  load: LoadGenerator,
  contestants: Contestants,
  extraRoutes: number,
  accessLog: "off" | "json",
  seconds: number,
): Promise<Figure> {
  const name = `RAUTA ${extraRoutes + 1} routes, log ${accessLog}`;
  const env = { RAUTA_ACCESS_LOG: accessLog };
  const target = await contestants.startRauta({ ...plain, name, extraRoutes, env });
  const cell = c400(seconds);
  const sample = await measure({ ...load, core: `${LOAD_CORE},${PROXY_CORE}` }, cell, target, 1);
  await contestants.stop(target);
  return {
    name: `${cell.title}, ${extraRoutes + 1} routes, access log ${accessLog}`,
    value: `${sample.requestsPerSecond.toFixed(0)} requests/s, p99 ${
      (sample.p99Micros / 1000).toFixed(1)
    } ms, RSS ${sample.rssMib.toFixed(0)} MiB, ${sample.errors} errors`,
    how: "one worker, wrk free to use both cores",
  };
}

async function main(options: Options): Promise<void> {
  const peers = await installPeers();
  const folder = await Deno.makeTempDir({ prefix: "rauta-bench-" });
  const contestants = new Contestants(folder, peers);
  const load: LoadGenerator = {
    words: peers.wrk,
    core: LOAD_CORE,
    scriptFolder: folder,
    host: BENCH_HOST,
  };
  const cells: CellResult[] = [];
  const figures: Figure[] = [];
  try {
    await contestants.startBackends();
    const targets = [
      await contestants.startNginx(),
      await contestants.startHaproxy(),
      await contestants.startEnvoy(),
      await contestants.startRauta(plain),
      await contestants.startRauta({
        ...plain,
        name: "RAUTA, access log",
        env: { RAUTA_ACCESS_LOG: "json" },
      }),
    ];
    for (const cell of cellsOf(options.seconds)) {
      if (options.only !== undefined && options.only !== cell.name) continue;
      cells.push(await inTurn(load, cell, targets, options.rounds));
    }
    if (!options.quick && options.only === undefined) {
      for (const target of targets) await contestants.stop(target);
      for (const extraRoutes of [0, MANY_ROUTES]) {
        for (const accessLog of ["off", "json"] as const) {
          figures.push(await measureC400(load, contestants, extraRoutes, accessLog, 30));
        }
      }
    }
    if (!options.quick && (options.only === undefined || options.only === IDLE)) {
      figures.push(await measureIdle(contestants));
    }
  } finally {
    await contestants.stopAll();
    await Deno.remove(folder, { recursive: true });
  }
  await writeResults(options.out, {
    provenance: await provenance(["deno task bench:proxy", ...Deno.args].join(" ")),
    versions: peers.versions,
    rounds: options.rounds,
    cells,
    figures,
  });
  console.log(await Deno.readTextFile(`${options.out}/proxy.md`));
}

await main(readOptions(Deno.args));
