// A gateway for tests: a real one, in this process, over YAML in a folder of its own, with real
// backends. Everything listens on 127.0.0.1, at ports of tests/ports.ts or that the kernel gave.

import { type Config, readConfig } from "../../src/config.ts";
import { Gateway } from "../../src/composition/gateway.ts";
import { BoundedWriter } from "../../src/logging/bounded_writer.ts";
import { closeLogging, setUpLogging } from "../../src/logging/logging.ts";
import { replaceFile } from "./replace_file.ts";

export { freePort } from "../ports.ts";
export { until } from "../until.ts";

/** Keeps the text that is written to it. */
export class TextSink {
  text = "";
  write(bytes: Uint8Array): Promise<number> {
    this.text += new TextDecoder().decode(bytes);
    return Promise.resolve(bytes.length);
  }
}

export interface RouteText {
  readonly name: string;
  readonly hostname?: string;
  readonly rules: string;
}

export function gatewayYaml(port: number, name = "gate"): string {
  return `
apiVersion: gateway.networking.k8s.io/v1
kind: GatewayClass
metadata: { name: rauta }
spec: { controllerName: rauta.io/gateway-controller }
---
apiVersion: gateway.networking.k8s.io/v1
kind: Gateway
metadata: { name: ${name}, namespace: test }
spec:
  gatewayClassName: rauta
  listeners: [{ name: http, protocol: HTTP, port: ${port} }]
`;
}

/** `rules` is YAML in flow style, such as `[{ backendRefs: [{ name: a, port: 80 }] }]`. */
export function routeYaml({ name, hostname, rules }: RouteText): string {
  return `
---
apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata: { name: ${name}, namespace: test }
spec:
  parentRefs: [{ name: gate }]
${hostname === undefined ? "" : `  hostnames: ["${hostname}"]`}
  rules: ${rules}
`;
}

export function serviceYaml(name: string, ports: readonly number[]): string {
  const slices = ports.map((port) => `
---
apiVersion: discovery.k8s.io/v1
kind: EndpointSlice
metadata: { name: ${name}-${port}, namespace: test, labels: { kubernetes.io/service-name: ${name} } }
addressType: IPv4
ports: [{ name: http, port: ${port}, protocol: TCP }]
endpoints: [{ addresses: ["127.0.0.1"], conditions: { ready: true } }]
`);
  return `
---
apiVersion: v1
kind: Service
metadata: { name: ${name}, namespace: test }
spec: { ports: [{ name: http, port: 80, protocol: TCP }] }
${slices.join("")}`;
}

export interface Backend {
  readonly port: number;
  close(): Promise<void>;
}

export function startBackend(handler: (request: Request) => Response | Promise<Response>): Backend {
  const server = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen: () => {}, handler });
  return { port: server.addr.port, close: () => server.shutdown() };
}

/** Answers with what it received. */
export function startEcho(name: string): Backend {
  return startBackend(async (request) =>
    Response.json({
      name,
      method: request.method,
      url: request.url,
      host: request.headers.get("host"),
      headers: Object.fromEntries(request.headers),
      body: await request.text(),
    })
  );
}

/** The front of gateways whose test states none: the suite runs once for each. */
export const FRONT = Deno.env.get("RAUTA_TEST_FRONT") ?? "wire";

export interface TestGateway {
  readonly port: number;
  readonly front: string;
  readonly adminPort: number;
  readonly folder: string;
  readonly log: TextSink;
  readonly access: TextSink;
  /** Puts a file of the configuration there as a whole: nobody sees it empty or half written. */
  edit(file: string, text: string): Promise<void>;
  status(): Promise<Status>;
  metrics(): Promise<string>;
  fetch(path: string, init?: RequestInit): Promise<Response>;
  stop(drainMs?: number): Promise<number>;
}

/** The members of /status that tests read. */
export interface Status {
  readonly ready: boolean;
  readonly lastGoodGeneration: number;
  readonly table: { readonly generation: number };
  readonly workers: { readonly live: number; readonly restarts: number };
  readonly problems: readonly {
    readonly file: string;
    readonly line: number;
    readonly field: string;
    readonly message: string;
    readonly fix: string;
  }[];
  readonly unbound: Readonly<Record<string, string>>;
}

export async function startGateway(
  port: number,
  files: Readonly<Record<string, string>>,
  env: Readonly<Record<string, string>> = {},
  workerUrl?: URL,
): Promise<TestGateway> {
  const folder = await Deno.makeTempDir({ prefix: "rauta-test-" });
  for (const [name, text] of Object.entries(files)) {
    await Deno.writeTextFile(`${folder}/${name}`, text);
  }
  const [log, access] = [new TextSink(), new TextSink()];
  const writers = { log: new BoundedWriter(log), access };
  setUpLogging({ level: "info", human: false, writer: writers.log });
  const gateway = await Gateway.start(testConfig(folder, env), writers, workerUrl);
  const admin = `http://127.0.0.1:${gateway.adminPort}`;
  return {
    port,
    front: env.RAUTA_FRONT ?? FRONT,
    adminPort: gateway.adminPort,
    folder,
    log,
    access,
    edit: (file, text) => replaceFile(`${folder}/${file}`, text),
    status: async () => await (await fetch(`${admin}/status`)).json(),
    metrics: async () => await (await fetch(`${admin}/metrics`)).text(),
    fetch: (path, init) => fetch(`http://127.0.0.1:${port}${path}`, init),
    async stop(drainMs = 5_000) {
      const unfinished = await gateway.stop(drainMs);
      closeLogging();
      await Deno.remove(folder, { recursive: true });
      return unfinished;
    },
  };
}

function testConfig(folder: string, env: Readonly<Record<string, string>>): Config {
  const all: Record<string, string> = {
    RAUTA_ADMIN_ADDRESS: "127.0.0.1:0",
    RAUTA_WORKERS: "2",
    RAUTA_ACCESS_LOG: "json",
    RAUTA_FRONT: FRONT,
    ...env,
  };
  const result = readConfig({
    args: ["--config", folder],
    env: (name) => all[name],
    cores: 2,
    isTerminal: false,
  });
  if (result.kind === "invalid") throw new Error(result.problems.join("; "));
  return result.config;
}
