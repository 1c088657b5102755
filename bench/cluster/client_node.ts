// @kubernetes/client-node's informers over the same kinds: see clients.ts. The package is no
// dependency of the project: it is named by a variable, so that nobody but this program loads it.

import { createRequire } from "node:module";
import { residentMb, RESOURCES, touchRoutes } from "./client_task.ts";

const PACKAGE = "npm:@kubernetes/client-node@2.0.1";

interface KubernetesObject {
  readonly metadata: { readonly name: string; readonly namespace?: string };
}

interface Informer {
  on(event: "add" | "update" | "delete", take: (object: KubernetesObject) => void): void;
  on(event: "error", take: (error: unknown) => void): void;
  start(): Promise<void>;
}

interface CustomObjects {
  listClusterCustomObject(request: unknown): Promise<unknown>;
  patchNamespacedCustomObject(request: unknown, options: unknown): Promise<unknown>;
}

interface Core {
  listServiceForAllNamespaces(): Promise<unknown>;
  listNamespace(): Promise<unknown>;
}

interface Api<T> {
  readonly made?: T;
}

interface KubeConfig {
  loadFromFile(path: string): void;
  makeApiClient<T>(api: Api<T>): T;
}

interface ClientNode {
  readonly KubeConfig: new () => KubeConfig;
  readonly CustomObjectsApi: Api<CustomObjects>;
  readonly CoreV1Api: Api<Core>;
  makeInformer(config: KubeConfig, path: string, list: () => Promise<unknown>): Informer;
  setHeaderOptions(name: string, value: string): unknown;
}

// Under Deno undici takes streams for unreadable, and watches hang when they break: mended first.
const stream = createRequire(import.meta.url)("node:stream") as {
  isReadable(stream: unknown): boolean | null;
};
const original = stream.isReadable;
stream.isReadable = (one) => one instanceof ReadableStream ? true : original(one);

const { KubeConfig, CoreV1Api, CustomObjectsApi, makeInformer, setHeaderOptions } = await import(
  PACKAGE
) as ClientNode;
const importedMb = residentMb();
const config = new KubeConfig();
config.loadFromFile(Deno.env.get("KUBECONFIG")!);
const api = config.makeApiClient(CustomObjectsApi);
const core = config.makeApiClient(CoreV1Api);
const CORE_LISTS: Readonly<Record<string, () => Promise<unknown>>> = {
  services: () => core.listServiceForAllNamespaces(),
  namespaces: () => core.listNamespace(),
};
const known = new Map<string, KubernetesObject>();

const startedMs = performance.now();
await Promise.all(RESOURCES.map(async ({ group, version, plural }) => {
  const path = group === "" ? `/api/${version}/${plural}` : `/apis/${group}/${version}/${plural}`;
  const list = CORE_LISTS[plural] ??
    (() => api.listClusterCustomObject({ group, version, plural }));
  const informer = makeInformer(config, path, list);
  const keyOf = ({ metadata }: KubernetesObject) =>
    `${plural} ${metadata.namespace}/${metadata.name}`;
  const keep = (object: KubernetesObject) => known.set(keyOf(object), object);
  informer.on("add", keep);
  informer.on("update", keep);
  informer.on("delete", (object) => known.delete(keyOf(object)));
  informer.on("error", (error) => console.error(String(error)));
  await informer.start();
}));
const syncMs = performance.now() - startedMs;
const routes = [...known.keys()].filter((key) => key.startsWith("httproutes ")).length;
await new Promise((resolve) => setTimeout(resolve, 2_000));
const syncedMb = residentMb();
const contentType = setHeaderOptions("Content-Type", "application/merge-patch+json");
await touchRoutes(({ path, body }) => {
  const [, , group, version, , namespace, plural, name] = path.split("/");
  const request = { group, version, namespace, plural, name, body };
  return api.patchNamespacedCustomObject(request, contentType);
}, Deno.args[0]);
await new Promise((resolve) => setTimeout(resolve, 2_000));
console.log(
  JSON.stringify({ importedMb, syncMs, routes, syncedMb, changedMb: residentMb() }),
);
Deno.exit(0);
