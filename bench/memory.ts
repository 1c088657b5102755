// Resident memory of the proxy with many routes loaded, one worker and no traffic, then after a
// burst of requests. Starts the proxy as the launcher does, on free ports, and reads its RSS from
// /proc. Prints a table and writes bench/results/memory.md with commit, machine and command.
// `deno task bench:memory [--routes 5000] [--rounds 3] [--dry]`

import { proxyArguments, proxyEnvironment } from "../src/cli/proxy_process.ts";
import { provenance } from "./proxy/machine.ts";

const SERVICES = 200;
const REQUESTS = 20_000;
const CONNECTIONS = 16;

interface Options {
  readonly routes: number;
  readonly rounds: number;
  readonly dry: boolean;
}

function optionsOf(args: readonly string[]): Options {
  const value = (name: string, fallback: number) => {
    const at = args.indexOf(name);
    return at < 0 ? fallback : Number(args[at + 1]);
  };
  return {
    routes: value("--routes", 5_000),
    rounds: value("--rounds", 3),
    dry: args.includes("--dry"),
  };
}

function freePort(): number {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  listener.close();
  return listener.addr.port;
}

function route(index: number): string {
  const service = `s${index % SERVICES}`;
  return `---
apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata: { name: r${index}, namespace: bench }
spec:
  parentRefs: [{ name: gate }]
  hostnames: [h${index}.example.com]
  rules:
    - matches: [{ path: { type: PathPrefix, value: /api/v${index % 7} } }]
      backendRefs: [{ name: ${service}, port: 80 }]
`;
}

function service(index: number, backendPort: number): string {
  return `---
apiVersion: v1
kind: Service
metadata: { name: s${index}, namespace: bench }
spec: { ports: [{ name: http, port: 80, protocol: TCP }] }
---
apiVersion: discovery.k8s.io/v1
kind: EndpointSlice
metadata: { name: s${index}, namespace: bench, labels: { kubernetes.io/service-name: s${index} } }
addressType: IPv4
ports: [{ name: http, port: ${backendPort}, protocol: TCP }]
endpoints: [{ addresses: [127.0.0.1], conditions: { ready: true } }]
`;
}

function configuration(routes: number, port: number, backendPort: number): string {
  const parts = [`apiVersion: gateway.networking.k8s.io/v1
kind: GatewayClass
metadata: { name: rauta }
spec: { controllerName: rauta.io/gateway-controller }
---
apiVersion: gateway.networking.k8s.io/v1
kind: Gateway
metadata: { name: gate, namespace: bench }
spec:
  gatewayClassName: rauta
  listeners: [{ name: http, protocol: HTTP, port: ${port} }]
`];
  for (let index = 0; index < SERVICES; index++) parts.push(service(index, backendPort));
  for (let index = 0; index < routes; index++) parts.push(route(index));
  return parts.join("");
}

interface Resident {
  readonly allMb: number;
  /** What is no file's: heaps, stacks, tables. */
  readonly ownMb: number;
}

/** As the kernel says. */
async function resident(pid: number): Promise<Resident> {
  // Deno itself opens what is below /proc/PID with all permissions only.
  const status = await command("cat", `/proc/${pid}/status`);
  const mb = (name: string) =>
    Number(new RegExp(`^${name}:\\s+(\\d+) kB`, "m").exec(status)?.[1] ?? NaN) / 1024;
  return { allMb: mb("VmRSS"), ownMb: mb("RssAnon") + mb("RssShmem") };
}

async function untilReady(adminPort: number): Promise<void> {
  for (let attempt = 0; attempt < 1_200; attempt++) {
    try {
      const response = await fetch(`http://127.0.0.1:${adminPort}/readyz`);
      await response.body?.cancel();
      if (response.ok) return;
    } catch {
      // Not there yet.
    }
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  throw new Error("the proxy did not become ready within 60 s");
}

async function load(port: number, routes: number): Promise<void> {
  const client = Deno.createHttpClient({ allowHost: true, http2: false });
  let sent = 0;
  await Promise.all(Array.from({ length: CONNECTIONS }, async () => {
    while (sent < REQUESTS) {
      const index = sent++ % routes;
      const headers = { host: `h${index}.example.com` };
      const url = `http://127.0.0.1:${port}/api/v${index % 7}/x`;
      const response = await fetch(url, { headers, client } as RequestInit);
      await response.body?.cancel();
      if (response.status !== 200) throw new Error(`status ${response.status}`);
    }
  }));
  client.close();
}

interface Round {
  readonly idle: Resident;
  readonly afterLoad: Resident;
  readonly settled: Resident;
}

const sleep = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

async function round(options: Options, backendPort: number): Promise<Round> {
  const folder = await Deno.makeTempDir({ prefix: "rauta-bench-" });
  const [port, adminPort] = [freePort(), freePort()];
  await Deno.writeTextFile(
    `${folder}/all.yaml`,
    configuration(options.routes, port, backendPort),
  );
  const child = new Deno.Command(Deno.execPath(), {
    args: proxyArguments(folder),
    clearEnv: true,
    env: {
      ...proxyEnvironment(Deno.env.toObject()),
      RAUTA_WORKERS: "1",
      RAUTA_ADMIN_ADDRESS: `127.0.0.1:${adminPort}`,
      RAUTA_LOG_LEVEL: "error",
    },
    stdin: "null",
  }).spawn();
  try {
    await untilReady(adminPort);
    await sleep(3_000);
    const idle = await resident(child.pid);
    await load(port, options.routes);
    const afterLoad = await resident(child.pid);
    await sleep(5_000);
    return { idle, afterLoad, settled: await resident(child.pid) };
  } finally {
    child.kill("SIGTERM");
    await child.status;
    await Deno.remove(folder, { recursive: true });
  }
}

function spread(values: readonly number[]): string {
  const sorted = [...values].sort((a, b) => a - b);
  const shown = [sorted[Math.floor(sorted.length / 2)], sorted[0], sorted.at(-1)!];
  return shown.map((value) => value.toFixed(1)).join(" | ");
}

function row(name: string, values: readonly Resident[]): string {
  const all = values.map(({ allMb }) => allMb);
  return `| ${name} | ${spread(all)} | ${spread(values.map(({ ownMb }) => ownMb))} |`;
}

async function command(name: string, ...args: string[]): Promise<string> {
  const { stdout } = await new Deno.Command(name, { args }).output();
  return new TextDecoder().decode(stdout).trim();
}

const options = optionsOf(Deno.args);
const backend = Deno.serve(
  { hostname: "127.0.0.1", port: 0, onListen: () => {} },
  () => new Response("ok"),
);
const rounds: Round[] = [];
for (let index = 0; index < options.rounds; index++) {
  rounds.push(await round(options, backend.addr.port));
  console.error(rounds.at(-1));
}
await backend.shutdown();
const { commit, cpu, cores, kernel, loadAverage } = await provenance(
  `deno task bench:memory --routes ${options.routes} --rounds ${options.rounds}`,
);
const text = `# Resident memory, ${options.routes} routes, one worker

Commit ${commit}; ${cpu}, ${cores} cores, Linux ${kernel}, load ${loadAverage}; \
\`deno task bench:memory --routes ${options.routes} --rounds ${options.rounds}\`

MiB of the whole process, by /proc/PID/status: all that is resident, and what of it is no file's
(heaps, stacks, tables).

| | median | min | max | no file's | min | max |
|---|---|---|---|---|---|---|
${row("3 s after it was ready", rounds.map((item) => item.idle))}
${
  row(
    `after ${REQUESTS} requests over ${CONNECTIONS} connections`,
    rounds.map((item) => item.afterLoad),
  )
}
${row("5 s later", rounds.map((item) => item.settled))}
`;
console.log(text);
if (!options.dry) await Deno.writeTextFile("bench/results/memory.md", text);
