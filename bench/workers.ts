// From one worker to two: what the second one brings. Writes bench/results/workers.md.
// `--rounds N` (5), `--seconds N` (4), `--dry` writes nothing. Two cores are enough: in the first cell
// nearly all of the work is the worker's own, so that the load generator leaves both cores to it;
// the second is a proxied request, whose CPU time must not grow with the second worker.

import { parseArgs } from "node:util";
import { proxyArguments } from "../src/cli/proxy_process.ts";
import { backendConfig, BENCH_HOST, rautaObjects } from "./proxy/configs.ts";
import { type Cell, measure, type Sample } from "./proxy/load.ts";
import { provenance } from "./proxy/machine.ts";
import { installPeers, type Peers } from "./proxy/peers.ts";
import { freePort, type Process, startPinned, waitForPort } from "./proxy/processes.ts";
import { spreadOf, writeSpread } from "./proxy/statistics.ts";

const RESULT = "bench/results/workers.md";
const COMMAND = "deno task bench:workers";
const ALL_CORES = "0,1";
const WARM_SECONDS = 1;
/** Rules whose expression reads the whole path and does not match. */
const EXPRESSIONS = 48;
const PATH = `/x/${"a".repeat(1_500)}`;

function cell(name: string, title: string, path: string, seconds: number): Cell {
  return {
    name,
    title,
    path,
    seconds,
    connections: 64,
    threads: 1,
    requestBodyBytes: 0,
    responseBytes: 64,
  };
}

/** Expressions that all read the path, before a redirect that takes it. */
function expressionObjects(): string {
  const rule = (value: string, filters: unknown[]): unknown => ({
    matches: [{ path: { type: "RegularExpression", value } }],
    filters,
  });
  const redirect = [{
    type: "RequestRedirect",
    requestRedirect: { hostname: "elsewhere.example.com", statusCode: 302 },
  }];
  const documents: unknown[] = [];
  for (let first = 0; first < EXPRESSIONS; first += 8) {
    const rules = Array.from(
      { length: 8 },
      (_, index) => rule(`/x/(a|b)*c${first + index}`, redirect),
    );
    documents.push(routeOf(`expressions-${first}`, rules));
  }
  documents.push(routeOf("taken", [{
    matches: [{ path: { type: "PathPrefix", value: "/x" } }],
    filters: redirect,
  }]));
  return documents.map((document) => JSON.stringify(document)).join("\n---\n");
}

function routeOf(name: string, rules: readonly unknown[]): unknown {
  return {
    apiVersion: "gateway.networking.k8s.io/v1",
    kind: "HTTPRoute",
    metadata: { name, namespace: "bench" },
    spec: { parentRefs: [{ name: "bench" }], hostnames: [BENCH_HOST], rules },
  };
}

async function startRauta(folder: string, backend: number, workers: number) {
  const port = freePort();
  const path = `${folder}/objects-${workers}.yaml`;
  const objects = `${rautaObjects(port, [backend], 0)}---\n${expressionObjects()}\n`;
  await Deno.writeTextFile(path, objects);
  const words = [Deno.execPath(), ...proxyArguments(path)];
  const process = startPinned(`${workers} workers`, ALL_CORES, words, {
    RAUTA_ADMIN_ADDRESS: `127.0.0.1:${freePort()}`,
    RAUTA_WORKERS: String(workers),
    RAUTA_ACCESS_LOG: "off",
    RAUTA_LOG_LEVEL: "warning",
  });
  await waitForPort(process, port);
  return { name: `${workers} workers`, process, port };
}

async function startBackend(folder: string, peers: Peers): Promise<[Process, number]> {
  const port = freePort();
  const path = `${folder}/backend.conf`;
  await Deno.writeTextFile(path, backendConfig(folder, [port]));
  const process = startPinned("backend", ALL_CORES, [...peers.nginx, "-c", path, "-p", folder]);
  await waitForPort(process, port);
  return [process, port];
}

function rangeText(values: readonly number[], digits: number): string {
  return writeSpread(spreadOf(values), digits);
}

const { values } = parseArgs({
  args: Deno.args,
  options: {
    rounds: { type: "string", default: "5" },
    seconds: { type: "string", default: "4" },
    dry: { type: "boolean", default: false },
  },
});
const seconds = Number(values.seconds);
const cells = [
  cell("own", "a redirect behind 48 regular expressions over a path of 1.5 KB", PATH, seconds),
  cell("proxied", "a proxied GET of 64 B", "/", seconds),
];
const peers = await installPeers();
const folder = await Deno.makeTempDir({ prefix: "rauta-workers-" });
const running: Process[] = [];
const samples = new Map<string, Sample[]>();
const from = await provenance(COMMAND);
try {
  const [backend, backendPort] = await startBackend(folder, peers);
  running.push(backend);
  const load = { words: peers.wrk, core: ALL_CORES, scriptFolder: folder, host: BENCH_HOST };
  for (let round = 0; round < Number(values.rounds); round++) {
    for (const workers of [1, 2]) {
      const target = await startRauta(folder, backendPort, workers);
      for (const each of cells) {
        const sample = await measure(load, each, target, WARM_SECONDS);
        const key = `${each.name} ${workers}`;
        samples.set(key, [...(samples.get(key) ?? []), sample]);
        console.log(`round ${round + 1}, ${workers} workers, ${each.title}:`, sample);
      }
      await target.process.stop();
    }
  }
} finally {
  await Promise.all(running.map((process) => process.stop()));
  await Deno.remove(folder, { recursive: true });
}

const rows = cells.flatMap((each) =>
  [1, 2].map((workers) => {
    const own = samples.get(`${each.name} ${workers}`)!;
    return `| ${each.title} | ${workers} | ` +
      `${rangeText(own.map((sample) => sample.requestsPerSecond), 0)} | ` +
      `${rangeText(own.map((sample) => sample.cpuMicrosPerRequest), 1)} | ` +
      `${own.reduce((sum, sample) => sum + sample.errors, 0)} |`;
  })
);
const ratios = (name: string, of: (sample: Sample) => number): number[] =>
  samples.get(`${name} 1`)!.map((one, round) => of(samples.get(`${name} 2`)![round]!) / of(one));
const gained = ratios("own", (sample) => sample.requestsPerSecond);
const capacity = (name: string): number[] =>
  ratios(name, (sample) => 1 / sample.cpuMicrosPerRequest).map((ratio) => 2 * ratio);
const page = `# One worker and two

On a machine with two cores a load generator takes a good part of them from a proxy, so what the
second worker brings is measured in two ways, ${values.rounds} rounds in turn, each with fresh processes,
64 connections, nothing pinned apart:

- Throughput where the load generator leaves room: a redirect of RAUTA's own, behind
  ${EXPRESSIONS} regular expressions that read a path of 1.5 KB and do not match. Nearly all of its cost is
  the worker's. **Two workers answer ${rangeText(gained, 2)} times as many** (aim: 1.8).
- What the same CPU time would answer: twice the CPU time of a request with one worker, by that with
  two. 2 means that workers do not stand in each other's way; other programs on the machine change
  it less than they change throughput. The redirect: ${rangeText(capacity("own"), 2)}, a
  proxied GET, for which generator and endpoint take their share of the cores:
  ${rangeText(capacity("proxied"), 2)}.

${from.date}, commit ${from.commit}, ${from.cpu}, ${from.cores} cores, kernel ${from.kernel}, Deno
${from.deno}, load average ${from.loadAverage}. Made by \`${from.command}\`.

| request | workers | requests/s | CPU us a request | errors |
| --- | ---: | ---: | ---: | ---: |
${rows.join("\n")}
`;
if (!values.dry) await Deno.writeTextFile(RESULT, page);
console.log(page);
