// The stage of the tests that put RAUTA through change and faults: a namespace with a GatewayClass
// and a Gateway, a RAUTA that serves it, and the questions that such tests ask of the API server.
// Takes a test, gives it the stage, and takes everything away again.

import { ApiClient, ApiError } from "../../src/control/provider/kubernetes/api_client.ts";
import { kubeconfigServer } from "../../src/control/provider/kubernetes/credentials.ts";
import { ListWatch, type WatchChange } from "../../src/control/provider/kubernetes/list_watch.ts";
import { adminClient } from "./lab/api.ts";
import { attempt, until } from "./lab/command.ts";
import { NETWORK, type Places } from "./lab/settings.ts";
import { inNetwork } from "./programs/child.ts";
import { Rauta, rautaKubeconfig } from "./rauta_process.ts";
import { type Namespace, sharedCluster, withNamespace } from "./shared.ts";

export const API = "gateway.networking.k8s.io/v1";
export const ADDRESS = "10.99.200.1";
export const GATEWAY_CLASS = "controller-test";
const CONTROLLER_NAME = "rauta.io/gateway-controller";
/** Far longer than anything takes on a machine that has ten times as much to do as it can. */
export const PATIENCE = { timeoutMs: 240_000, everyMs: 100 };

export interface Condition {
  readonly type: string;
  readonly status: string;
  readonly reason: string;
}

export interface Status {
  readonly conditions?: readonly Condition[];
  readonly addresses?: readonly { readonly value: string }[];
  readonly listeners?: readonly {
    readonly name: string;
    readonly attachedRoutes: number;
    readonly conditions: readonly Condition[];
  }[];
  readonly parents?: readonly { readonly conditions: readonly Condition[] }[];
}

export interface Read {
  readonly metadata: { readonly resourceVersion: string };
  readonly status?: Status;
}

export interface Stage {
  readonly places: Places;
  readonly namespace: Namespace;
  readonly rauta: Rauta;
  /** Starts one more, or the first with other surroundings. */
  start(name: string, adminPort: number, kubeconfig?: string): Promise<Rauta>;
}

export interface StageOptions {
  readonly gateway?: unknown;
  /** The API server as RAUTA reaches it, HOST:PORT. */
  readonly apiAddress?: string;
  readonly env?: Readonly<Record<string, string>>;
}

function gatewayClass(): unknown {
  return {
    apiVersion: API,
    kind: "GatewayClass",
    metadata: { name: GATEWAY_CLASS },
    spec: { controllerName: CONTROLLER_NAME },
  };
}

/** `from`: namespaces whose routes the listeners take; the Gateway's own unless stated. */
export function gateway(listeners: readonly object[], from: "Same" | "All" = "Same"): unknown {
  const allowedRoutes = { namespaces: { from } };
  return {
    apiVersion: API,
    kind: "Gateway",
    metadata: { name: "web" },
    spec: {
      gatewayClassName: GATEWAY_CLASS,
      listeners: listeners.map((listener) => ({ ...listener, allowedRoutes })),
    },
  };
}

export const HTTP_LISTENER = { name: "http", protocol: "HTTP", port: 80 };

export async function withStage(
  name: string,
  test: (stage: Stage) => Promise<void>,
  options: StageOptions = {},
): Promise<void> {
  const places = await sharedCluster();
  await attempt(inNetwork(places, "ip", "addr", "add", `${ADDRESS}/32`, "dev", "br0"));
  const kubeconfig = await rautaKubeconfig(places, options.apiAddress);
  const started: Rauta[] = [];
  const start = (podName: string, adminPort: number, path = kubeconfig) => {
    const rauta = Rauta.start(places, {
      name: `${name}-${podName}`,
      adminPort,
      kubeconfig: path,
      gatewayClass: GATEWAY_CLASS,
      addressPool: ADDRESS,
      ...(options.env === undefined ? {} : { env: options.env }),
    });
    started.push(rauta);
    return Promise.resolve(rauta);
  };
  await withNamespace(places, name, async (namespace) => {
    await namespace.apply(gatewayClass(), options.gateway ?? gateway([HTTP_LISTENER]));
    const rauta = await start("first", 9191);
    try {
      await test({ places, namespace, rauta, start });
    } finally {
      for (const each of started) await each.end();
      await namespace.kubectl("delete", "gatewayclass", GATEWAY_CLASS);
    }
  });
}

export async function read(stage: Stage, plural: string, name: string): Promise<Read> {
  using client = await adminClient(stage.places);
  const path = `/apis/${API}/namespaces/${stage.namespace.name}/${plural}/${name}`;
  const { status, body } = await client.request("GET", path);
  if (status !== 200) throw new Error(`${path}: ${status}`);
  return body as Read;
}

export function isTrue(conditions: readonly Condition[] | undefined, type: string): boolean {
  return conditions?.some((one) => one.type === type && one.status === "True") ?? false;
}

export async function programmed(stage: Stage): Promise<Read> {
  return await until("the Gateway to be programmed", async () => {
    const gateway = await read(stage, "gateways", "web");
    return isTrue(gateway.status?.conditions, "Programmed") ? gateway : null;
  }, PATIENCE);
}

export async function accepted(
  stage: Stage,
  route: string,
  timeoutMs = PATIENCE.timeoutMs,
): Promise<void> {
  await until(`route ${route} to be accepted`, async () => {
    const { status } = await read(stage, "httproutes", route);
    return isTrue(status?.parents?.[0]?.conditions, "Accepted") ? true : null;
  }, { ...PATIENCE, timeoutMs });
}

export async function attachedRoutes(stage: Stage, count: number): Promise<void> {
  await until(`${count} routes to be counted`, async () => {
    const { status } = await read(stage, "gateways", "web");
    return status?.listeners?.[0].attachedRoutes === count ? true : null;
  }, { ...PATIENCE, everyMs: 250 });
}

export interface RouteOptions {
  readonly backend?: string;
  readonly port?: number;
  /** Set as the request's x-version field. */
  readonly version?: string;
}

/** A route of path `path`: to a Service, or, where none is named, a redirect that needs none. */
export function route(name: string, path: string, options: RouteOptions = {}): unknown {
  const { backend, port = 8080, version } = options;
  const matches = [{ path: { type: "PathPrefix", value: path } }];
  const filters = version === undefined ? [] : [{
    type: "RequestHeaderModifier",
    requestHeaderModifier: { set: [{ name: "x-version", value: version }] },
  }];
  const rule = backend === undefined
    ? { matches, filters: [{ type: "RequestRedirect", requestRedirect: { statusCode: 302 } }] }
    : { matches, filters, backendRefs: [{ name: backend, port }] };
  return {
    apiVersion: API,
    kind: "HTTPRoute",
    metadata: { name },
    spec: { parentRefs: [{ name: "web" }], rules: [rule] },
  };
}

/** A Service whose endpoints are programs of the control plane's network, a port for each. */
export function networkService(name: string, ports: readonly number[]): unknown[] {
  const named = ports.map((port) => ({ name: `p${port}`, port, protocol: "TCP" }));
  return [
    { apiVersion: "v1", kind: "Service", metadata: { name }, spec: { ports: named } },
    {
      apiVersion: "discovery.k8s.io/v1",
      kind: "EndpointSlice",
      metadata: { name, labels: { "kubernetes.io/service-name": name } },
      addressType: "IPv4",
      ports: named,
      endpoints: [{ addresses: [NETWORK.controlPlane], conditions: { ready: true } }],
    },
  ];
}

/** The status that a path is answered with; `000` where nothing answers. */
export async function statusCode(places: Places, path: string): Promise<string> {
  const url = `http://${ADDRESS}${path}`;
  const { stdout } = await attempt(
    inNetwork(places, "curl", "-s", "-m", "10", "-o", "/dev/null", "-w", "%{http_code}", url),
  );
  return stdout;
}

export async function untilCode(places: Places, path: string, code: string): Promise<void> {
  await until(`${path} to be answered ${code}`, async () => {
    const now = await statusCode(places, path);
    if (now !== code) throw new Error(`it is ${now}`);
    return true;
  }, PATIENCE);
}

/** The administrator's way to the API server that RAUTA's own client takes. */
export async function stageClient(places: Places): Promise<ApiClient> {
  return new ApiClient(await kubeconfigServer(places.hostKubeconfig));
}

/** Creates objects of one kind in the stage's namespace, `width` at a time. */
export async function createAll(
  client: ApiClient,
  collection: string,
  objects: readonly unknown[],
  width = 16,
): Promise<void> {
  let next = 0;
  await Promise.all(Array.from({ length: width }, async () => {
    while (next < objects.length) {
      const body = objects[next++];
      try {
        await client.json({ method: "POST", path: collection, body });
      } catch (error) {
        if (!(error instanceof ApiError) || error.status !== 409) throw error;
      }
    }
  }));
}

export function collectionOf(stage: Stage, plural: string): string {
  return `/apis/${API}/namespaces/${stage.namespace.name}/${plural}`;
}

/** Counts the writes of a collection's objects until it is disposed of; its own creation is none. */
export class WriteCount implements Disposable {
  readonly #stop = new AbortController();
  readonly #byName = new Map<string, number>();

  private constructor(client: ApiClient, path: string, listed: () => void) {
    void new ListWatch({
      client,
      paths: [path],
      signal: this.#stop.signal,
      handler: {
        replace: listed,
        changes: (changes) => changes.forEach((change) => this.#take(change)),
        missing() {},
        failed() {},
        well() {},
      },
    }).run();
  }

  /** Resolves when every write from then on is counted. */
  static async start(client: ApiClient, path: string): Promise<WriteCount> {
    const { promise, resolve } = Promise.withResolvers<void>();
    const count = new WriteCount(client, path, resolve);
    await promise;
    return count;
  }

  #take({ type, object }: WatchChange): void {
    if (type !== "MODIFIED") return;
    const { name } = object.metadata;
    this.#byName.set(name, this.of(name) + 1);
  }

  of(name: string): number {
    return this.#byName.get(name) ?? 0;
  }

  get total(): number {
    return [...this.#byName.values()].reduce((sum, count) => sum + count, 0);
  }

  get most(): number {
    return Math.max(0, ...this.#byName.values());
  }

  [Symbol.dispose](): void {
    this.#stop.abort();
  }
}
