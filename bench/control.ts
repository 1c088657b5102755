// Figures of the control plane: translating 10,000 routes, one changed among them, and the edit of a
// file of 5,000 routes to its snapshot. Prints medians and ranges and writes bench/results/control.md.
// `deno task bench:control [--dry]`: a dry run writes nothing.

import { startControl } from "../src/control/control.ts";
import { createFileProvider } from "../src/control/provider/file/file_provider.ts";
import { ObjectStore } from "../src/control/store/object_store.ts";
import { createTranslator } from "../src/control/translator/translator.ts";
import { type Kind, KINDS, type ServedObject } from "../src/gatewayapi/kinds.ts";
import type { Change } from "../src/control/provider/provider.ts";
import { provenance } from "./proxy/machine.ts";
import type { Snapshot } from "../src/ir/snapshot.ts";

const ROUTES = 10_000;
const FILE_ROUTES = 5_000;
const SERVICES = 200;

interface Figure {
  readonly name: string;
  readonly samplesMs: readonly number[];
}

const figures: Figure[] = [];

function record(name: string, samplesMs: number[]): void {
  samplesMs.sort((a, b) => a - b);
  figures.push({ name, samplesMs });
  console.log(row({ name, samplesMs }));
}

function row({ name, samplesMs }: Figure): string {
  const median = samplesMs[samplesMs.length >> 1];
  const [least, most] = [samplesMs[0], samplesMs[samplesMs.length - 1]];
  return `| ${name} | ${median.toFixed(2)} | ${least.toFixed(2)}-${
    most.toFixed(2)
  } | ${samplesMs.length} |`;
}

function timed(work: () => void): number {
  const startMs = performance.now();
  work();
  return performance.now() - startMs;
}

function gatewayText(): string {
  return `apiVersion: gateway.networking.k8s.io/v1
kind: GatewayClass
metadata: { name: rauta }
spec: { controllerName: rauta.io/gateway-controller }
---
apiVersion: gateway.networking.k8s.io/v1
kind: Gateway
metadata: { name: demo, namespace: apps }
spec:
  gatewayClassName: rauta
  listeners:
  - { name: http, port: 8080, protocol: HTTP }
`;
}

function serviceText(index: number): string {
  return `---
apiVersion: v1
kind: Service
metadata: { name: svc-${index}, namespace: apps }
spec: { ports: [{ name: http, port: 80 }] }
`;
}

function routeText(index: number, path: string): string {
  return `---
apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata:
  name: route-${index}
  namespace: apps
spec:
  parentRefs:
  - name: demo
  hostnames: [h${index % 1000}.example.com]
  rules:
  - matches:
    - path: { type: PathPrefix, value: ${path} }
    backendRefs:
    - name: svc-${index % SERVICES}
      port: 80
`;
}

function route(index: number, path: string): ServedObject {
  return {
    apiVersion: "gateway.networking.k8s.io/v1",
    kind: "HTTPRoute",
    metadata: { name: `route-${index}`, namespace: "apps" },
    spec: {
      parentRefs: [{ name: "demo" }],
      hostnames: [`h${index % 1000}.example.com`],
      rules: [{
        matches: [{ path: { type: "PathPrefix", value: path } }],
        backendRefs: [{ name: `svc-${index % SERVICES}`, port: 80 }],
      }],
    },
  };
}

function change(kind: Kind, key: string, object: unknown): Change {
  return { kind, key, object } as Change;
}

function fillStore(): ObjectStore {
  const store = new ObjectStore();
  const group = "gateway.networking.k8s.io/v1";
  const changes = [
    change("GatewayClass", "rauta", {
      apiVersion: group,
      kind: "GatewayClass",
      metadata: { name: "rauta" },
      spec: { controllerName: "rauta.io/gateway-controller" },
    }),
    change("Gateway", "apps/demo", {
      apiVersion: group,
      kind: "Gateway",
      metadata: { name: "demo", namespace: "apps" },
      spec: {
        gatewayClassName: "rauta",
        listeners: [{ name: "http", port: 8080, protocol: "HTTP" }],
      },
    }),
  ];
  for (let index = 0; index < SERVICES; index++) {
    changes.push(change("Service", `apps/svc-${index}`, {
      apiVersion: "v1",
      kind: "Service",
      metadata: { name: `svc-${index}`, namespace: "apps" },
      spec: { ports: [{ name: "http", port: 80 }] },
    }));
  }
  for (let index = 0; index < ROUTES; index++) {
    changes.push(change("HTTPRoute", `apps/route-${index}`, route(index, `/p${index}`)));
  }
  store.change(changes);
  for (const { kind } of KINDS) store.listed(kind);
  return store;
}

function benchTranslator(): void {
  const store = fillStore();
  const objects = store.objects();
  const whole: number[] = [];
  for (let round = 0; round < 7; round++) {
    whole.push(timed(() => createTranslator().translate(objects)));
  }
  record("whole translation, 10,000 routes", whole);

  const translator = createTranslator();
  translator.translate(objects);
  const changed: number[] = [];
  const endpoints: number[] = [];
  for (let round = 0; round < 60; round++) {
    const index = (round * 7919) % ROUTES;
    changed.push(timed(() => {
      store.change([
        change("HTTPRoute", `apps/route-${index}`, route(index, `/changed-${round}`)),
      ]);
      translator.translate(store.objects());
    }));
    endpoints.push(timed(() => {
      store.change([change("EndpointSlice", "apps/slice", {
        apiVersion: "discovery.k8s.io/v1",
        kind: "EndpointSlice",
        metadata: {
          name: "slice",
          namespace: "apps",
          labels: { "kubernetes.io/service-name": "svc-1" },
        },
        addressType: "IPv4",
        ports: [{ name: "http", port: 8080 }],
        endpoints: [{ addresses: [`10.0.0.${round + 1}`] }],
      })]);
      translator.translate(store.objects());
    }));
  }
  record("one route changed among 10,000: change to snapshot", changed);
  record("one endpoint changed beside 10,000 routes: change to snapshot", endpoints);
  const programmed = { listeners: new Set<string>(), unbound: new Map<string, string>() };
  const statuses: number[] = [];
  for (let round = 0; round < 20; round++) {
    const translation = translator.translate(store.objects());
    statuses.push(timed(() => translation.statuses(programmed)));
  }
  record("statuses of 10,000 unchanged routes", statuses);
}

async function benchFile(routes: number, rounds: number): Promise<void> {
  const folder = await Deno.makeTempDir();
  const path = `${folder}/routes.yaml`;
  const head = gatewayText() +
    Array.from({ length: SERVICES }, (_, index) => serviceText(index)).join("");
  const documents = Array.from({ length: routes }, (_, index) => routeText(index, `/p${index}`));
  await Deno.writeTextFile(path, head + documents.join(""));
  let next: (snapshot: Snapshot) => void = () => {};
  const startMs = performance.now();
  const control = startControl({
    provider: createFileProvider({ path }),
    apply: (snapshot) => {
      next(snapshot);
      return Promise.resolve({ kind: "applied" });
    },
    onStatuses() {},
    onProblems(problems) {
      if (problems.length > 0) throw new Error(problems[0].message);
    },
  });
  let longestMs = 0;
  let lastMs = performance.now();
  const pulse = setInterval(() => {
    longestMs = Math.max(longestMs, performance.now() - lastMs);
    lastMs = performance.now();
  }, 1);
  await control.started;
  record(`${routes} routes in one file: start to first snapshot`, [performance.now() - startMs]);
  record(`${routes} routes in one file: longest stall of the event loop at start`, [longestMs]);
  await new Promise((resolve) => setTimeout(resolve, 200));
  longestMs = 0;
  const edits: number[] = [];
  for (let round = 0; round < rounds; round++) {
    const index = (round * 7919) % routes;
    documents[index] = routeText(index, `/edited-${round}`);
    const text = head + documents.join("");
    const seen = new Promise((resolve) => next = resolve);
    await Deno.writeTextFile(path, text);
    const writtenMs = performance.now();
    await seen;
    edits.push(performance.now() - writtenMs);
    await new Promise((resolve) => setTimeout(resolve, 60));
  }
  clearInterval(pulse);
  record(`${routes} routes in one file: edit of one to snapshot`, edits);
  record(`${routes} routes in one file: longest stall of the event loop by edits`, [longestMs]);
  await control.stop();
  await Deno.remove(folder, { recursive: true });
}

async function writeResults(): Promise<void> {
  const { commit, cpu, cores, kernel, loadAverage } = await provenance("deno task bench:control");
  const text = `# Control plane

Commit ${commit}; ${cpu}, ${cores} cores, Linux ${kernel}, load ${loadAverage}; \
Deno ${Deno.version.deno}; \`deno task bench:control\`.

| what | median ms | range | samples |
|---|---|---|---|
${figures.map(row).join("\n")}

RSS at the end: ${(Deno.memoryUsage().rss / 1e6).toFixed(0)} MB (with the benchmark's own data).
`;
  await Deno.mkdir("bench/results", { recursive: true });
  await Deno.writeTextFile("bench/results/control.md", text);
}

await benchFile(10, 20);
await benchFile(FILE_ROUTES, 20);
benchTranslator();
if (!Deno.args.includes("--dry")) await writeResults();
