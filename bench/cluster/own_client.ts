// RAUTA's own list and watch with nothing behind it but a map: see clients.ts.

import { ApiClient } from "../../src/control/provider/kubernetes/api_client.ts";
import { kubeconfigServer } from "../../src/control/provider/kubernetes/credentials.ts";
import { type ApiObject, ListWatch } from "../../src/control/provider/kubernetes/list_watch.ts";
import { residentMb, RESOURCES, touchRoutes } from "./client_task.ts";

const importedMb = residentMb();
const client = new ApiClient(await kubeconfigServer(Deno.env.get("KUBECONFIG")!));
const stop = new AbortController();
const known = new Map<string, ApiObject>();
const startedMs = performance.now();
await Promise.all(RESOURCES.map(({ group, version, plural }) => {
  const { promise, resolve } = Promise.withResolvers<void>();
  const path = group === "" ? `/api/${version}/${plural}` : `/apis/${group}/${version}/${plural}`;
  const keyOf = ({ metadata }: ApiObject) => `${plural} ${metadata.namespace}/${metadata.name}`;
  void new ListWatch({
    client,
    paths: [path],
    signal: stop.signal,
    handler: {
      replace(objects) {
        for (const object of objects) known.set(keyOf(object), object);
        resolve();
      },
      changes(list) {
        for (const { type, object } of list) {
          if (type === "DELETED") known.delete(keyOf(object));
          else known.set(keyOf(object), object);
        }
      },
      missing: resolve,
      failed: (error) => console.error(error.message),
      well() {},
    },
  }).run();
  return promise;
}));
const syncMs = performance.now() - startedMs;
const routes = [...known.keys()].filter((key) => key.startsWith("httproutes ")).length;
await new Promise((resolve) => setTimeout(resolve, 2_000));
const syncedMb = residentMb();
await touchRoutes((request) => client.json(request), Deno.args[0]);
await new Promise((resolve) => setTimeout(resolve, 2_000));
console.log(
  JSON.stringify({ importedMb, syncMs, routes, syncedMb, changedMb: residentMb() }),
);
Deno.exit(0);
