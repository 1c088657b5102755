// One change through the real control loop, translator, compiler, publisher and worker: from the
// watch event (or the write of a file) to the table acknowledged. Start-up is not counted.
// Prints medians and ranges and writes bench/results/change.md: `deno task bench:change [--dry]`.

import type { ApplyResult } from "../src/control/control.ts";
import { type Control, startControl } from "../src/control/control.ts";
import { createFileProvider } from "../src/control/provider/file/file_provider.ts";
import type { Change, Provider, ProviderSink } from "../src/control/provider/provider.ts";
import { IdRegistry } from "../src/core/ids.ts";
import { MeasureStore } from "../src/core/measure.ts";
import { DataPlane } from "../src/data/data_plane.ts";
import { DEFAULT_LIMITS, DEFAULT_TIMEOUTS } from "../src/data/settings.ts";
import { createBudgetMemory } from "../src/data/upstream/budget.ts";
import { KINDS } from "../src/gatewayapi/kinds.ts";
import { TablePublisher } from "../src/composition/table_publisher.ts";
import { provenance } from "./proxy/machine.ts";

const SERVICES = 200;
const GROUP = "gateway.networking.k8s.io/v1";
/** Lets one change's work settle before the next is timed. */
const PAUSE_MS = 60;

type Plain = Readonly<Record<string, unknown>>;

const rows: string[] = [];

function record(name: string, samplesMs: number[]): void {
  samplesMs.sort((a, b) => a - b);
  const at = (share: number) =>
    samplesMs[Math.min(samplesMs.length - 1, Math.floor(samplesMs.length * share))]!.toFixed(2);
  const row = `| ${name} | ${at(0.5)} | ${at(0.9)} | ${at(0)}-${at(1)} | ${samplesMs.length} |`;
  rows.push(row);
  console.log(row);
}

function pause(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
}

function freePort(): number {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  listener.close();
  return listener.addr.port;
}

function route(index: number, path: string): Plain {
  return {
    apiVersion: GROUP,
    kind: "HTTPRoute",
    metadata: { name: `r${index}`, namespace: "bench" },
    spec: {
      parentRefs: [{ name: "gate" }],
      hostnames: [`h${index % 1000}.example.com`],
      rules: [{
        matches: [{ path: { type: "PathPrefix", value: path } }],
        backendRefs: [{ name: `s${index % SERVICES}`, port: 80 }],
      }],
    },
  };
}

/** Everything but the routes: a class, a Gateway, Services with one endpoint each. */
function surroundings(port: number): Plain[] {
  const objects: Plain[] = [
    {
      apiVersion: GROUP,
      kind: "GatewayClass",
      metadata: { name: "rauta" },
      spec: { controllerName: "rauta.io/gateway-controller" },
    },
    {
      apiVersion: GROUP,
      kind: "Gateway",
      metadata: { name: "gate", namespace: "bench" },
      spec: { gatewayClassName: "rauta", listeners: [{ name: "http", protocol: "HTTP", port }] },
    },
  ];
  for (let index = 0; index < SERVICES; index++) {
    const name = `s${index}`;
    objects.push({
      apiVersion: "v1",
      kind: "Service",
      metadata: { name, namespace: "bench" },
      spec: { ports: [{ name: "http", port: 80, protocol: "TCP" }] },
    }, {
      apiVersion: "discovery.k8s.io/v1",
      kind: "EndpointSlice",
      metadata: { name, namespace: "bench", labels: { "kubernetes.io/service-name": name } },
      addressType: "IPv4",
      ports: [{ name: "http", port: 8080, protocol: "TCP" }],
      endpoints: [{ addresses: ["10.0.0.1"], conditions: { ready: true } }],
    });
  }
  return objects;
}

function changeOf(object: Plain): Change {
  const { name, namespace } = object.metadata as { name: string; namespace?: string };
  const key = namespace === undefined ? name : `${namespace}/${name}`;
  return { kind: object.kind, key, object } as unknown as Change;
}

/** Delivers what it is told, as a watch would. */
class TestedProvider implements Provider {
  readonly description = "objects of the benchmark";
  #sink: ProviderSink | undefined;

  constructor(readonly objects: readonly Plain[]) {}

  start(sink: ProviderSink): Promise<void> {
    this.#sink = sink;
    sink.change(this.objects.map(changeOf));
    for (const { kind } of KINDS) sink.listed(kind);
    return Promise.resolve();
  }

  deliver(object: Plain): void {
    this.#sink?.change([changeOf(object)]);
  }

  stop(): Promise<void> {
    return Promise.resolve();
  }
}

interface Stage {
  readonly control: Control;
  readonly publisher: TablePublisher;
  /** The time, by performance.now(), at which the next table is acknowledged. */
  acknowledged(): Promise<number>;
  stop(): Promise<void>;
}

async function compile(name: string): Promise<WebAssembly.Module> {
  return await WebAssembly.compile(
    await Deno.readFile(new URL(`../build/${name}.wasm`, import.meta.url)),
  );
}

async function start(provider: Provider): Promise<Stage> {
  const ids = new IdRegistry();
  const plane = await DataPlane.start({
    workers: 1,
    start: {
      front: "wire",
      coreModule: await compile("core"),
      measureModule: await compile("measure"),
      noLabelId: ids.labels.idOf("", ""),
      timesServices: false,
      workers: 1,
      trustedProxies: { kind: "none" },
      budgets: createBudgetMemory(),
      timeouts: DEFAULT_TIMEOUTS,
      limits: DEFAULT_LIMITS,
    },
    access: undefined,
    regions: new MeasureStore(1),
    log: { info() {}, warn() {}, error: (message, fields) => console.error(message, fields) },
  });
  const publisher = new TablePublisher({ plane, ids, bindAddress: "127.0.0.1" });
  let waiting: ((atMs: number) => void) | undefined;
  const control = startControl({
    provider,
    apply: async (snapshot): Promise<ApplyResult> => {
      const result = await publisher.apply(snapshot);
      if (result.kind === "refused") throw new Error(result.reason);
      waiting?.(performance.now());
      return result;
    },
    onStatuses() {},
    onProblems(problems) {
      if (problems.length > 0) throw new Error(problems[0]!.message);
    },
  });
  await control.started;
  if (control.state().lastGoodGeneration !== 1) throw new Error("nothing was served");
  return {
    control,
    publisher,
    acknowledged: () => new Promise((resolve) => waiting = resolve),
    async stop() {
      await control.stop();
      plane.stop();
    },
  };
}

async function benchWatch(routes: number, rounds: number): Promise<void> {
  const objects = surroundings(freePort());
  for (let index = 0; index < routes; index++) objects.push(route(index, `/p${index}`));
  const provider = new TestedProvider(objects);
  const stage = await start(provider);
  const [total, compiled, published, swapped]: number[][] = [[], [], [], []];
  const warmUp = 20;
  for (let round = 0; round < warmUp + rounds; round++) {
    await pause();
    const index = (round * 7919) % routes;
    const acknowledged = stage.acknowledged();
    const startMs = performance.now();
    provider.deliver(route(index, `/changed-${round}`));
    const endMs = await acknowledged;
    await pause();
    if (round < warmUp) continue;
    const { compileMs, publishMs, slowestSwapUs } = stage.publisher.served!;
    total!.push(endMs - startMs);
    compiled!.push(compileMs);
    published!.push(publishMs);
    swapped!.push(slowestSwapUs / 1000);
  }
  const name = `one route changed among ${routes}`;
  record(`${name}: watch event to table acknowledged`, total!);
  record(`${name}: of it, compiling`, compiled!);
  record(`${name}: of it, publishing`, published!);
  record(`${name}: of it, the swap in the worker`, swapped!);
  await stage.stop();
}

function documents(objects: readonly Plain[]): string[] {
  return objects.map((object) => `---\n${yaml(object, 0)}`);
}

/** Block style, as people write it; scalars as JSON, which YAML takes. */
function yaml(value: unknown, depth: number): string {
  const indent = "  ".repeat(depth);
  if (Array.isArray(value)) {
    return value.map((item) => `${indent}- ${yaml(item, depth + 1).trimStart()}`).join("");
  }
  if (typeof value === "object" && value !== null) {
    return Object.entries(value).map(([key, item]) =>
      typeof item === "object" && item !== null
        ? `${indent}${key}:\n${yaml(item, depth + 1)}`
        : `${indent}${key}: ${JSON.stringify(item)}\n`
    ).join("");
  }
  return `${indent}${JSON.stringify(value)}\n`;
}

async function benchFile(routes: number, rounds: number): Promise<void> {
  const folder = await Deno.makeTempDir({ prefix: "rauta-bench-" });
  const path = `${folder}/routes.yaml`;
  const head = documents(surroundings(freePort())).join("");
  const texts = documents(Array.from({ length: routes }, (_, index) => route(index, `/p${index}`)));
  await Deno.writeTextFile(path, head + texts.join(""));
  const stage = await start(createFileProvider({ path }));
  const samplesMs: number[] = [];
  for (let round = 0; round < rounds; round++) {
    await pause();
    const index = (round * 7919) % routes;
    texts[index] = documents([route(index, `/edited-${round}`)])[0]!;
    const acknowledged = stage.acknowledged();
    await Deno.writeTextFile(path, head + texts.join(""));
    const writtenMs = performance.now();
    samplesMs.push(await acknowledged - writtenMs);
  }
  record(`a file of ${routes} routes: edit of one to table acknowledged`, samplesMs);
  await stage.stop();
  await Deno.remove(folder, { recursive: true });
}

await benchWatch(10_000, 60);
await benchFile(10, 20);
await benchFile(5_000, 20);
if (!Deno.args.includes("--dry")) {
  const { commit, cpu, cores, kernel, loadAverage } = await provenance("deno task bench:change");
  await Deno.writeTextFile(
    "bench/results/change.md",
    `# One change, end to end

Commit ${commit}; ${cpu}, ${cores} cores, Linux ${kernel}, load ${loadAverage}; \
Deno ${Deno.version.deno}; \`deno task bench:change\`.

Control loop, translator, compiler, publisher and one worker of the wire front. Milliseconds; the
start and 20 changes to warm up are not counted.

| what | median | 90 of 100 | range | samples |
|---|---|---|---|---|
${rows.join("\n")}
`,
  );
}
Deno.exit(0);
