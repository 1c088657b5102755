// RAUTA as a controller of a real API server: statuses and what they cost, the Lease, and an API
// server that goes away under load.

import { ApiClient } from "../../src/control/provider/kubernetes/api_client.ts";
import { kubeconfigServer } from "../../src/control/provider/kubernetes/credentials.ts";
import { ListWatch } from "../../src/control/provider/kubernetes/list_watch.ts";
import { assertEquals } from "../assert.ts";
import { adminClient } from "./lab/api.ts";
import { attempt, insideNetwork, until } from "./lab/command.ts";
import * as faults from "./lab/faults.ts";
import { CHECKOUT, CONTROL_PLANE_NETWORK, networkPath, type Places } from "./lab/settings.ts";
import { echoService } from "./manifests.ts";
import { clusterTest, type Namespace, sharedCluster, withNamespace } from "./shared.ts";

const API = "gateway.networking.k8s.io/v1";
const ADDRESS = "10.99.200.1";
const PATIENCE = { timeoutMs: 60_000, everyMs: 100 };

interface Condition {
  readonly type: string;
  readonly status: string;
}

interface Status {
  readonly conditions?: readonly Condition[];
  readonly addresses?: readonly { readonly value: string }[];
  readonly listeners?: readonly { readonly attachedRoutes: number }[];
  readonly parents?: readonly { readonly conditions: readonly Condition[] }[];
}

interface Read {
  readonly metadata: { readonly resourceVersion: string };
  readonly status?: Status;
}

function inNetwork(places: Places, ...args: string[]): string[] {
  return insideNetwork(networkPath(places, CONTROL_PLANE_NETWORK), args);
}

/** One RAUTA in the cluster's network; ends without warning. */
function startRauta(places: Places, name: string, adminPort: number): Deno.ChildProcess {
  const [program, ...args] = inNetwork(places, Deno.execPath(), "run", "-A", "src/main.ts");
  return new Deno.Command(program, {
    args,
    cwd: CHECKOUT,
    env: {
      KUBECONFIG: places.kubeconfig,
      RAUTA_GATEWAY_CLASS: "controller-test",
      RAUTA_ADDRESS_MODE: "pool",
      RAUTA_ADDRESS_POOL: ADDRESS,
      RAUTA_WORKERS: "1",
      RAUTA_POD_NAME: name,
      RAUTA_ADMIN_ADDRESS: `127.0.0.1:${adminPort}`,
    },
    stdin: "null",
    stdout: "null",
    stderr: "null",
  }).spawn();
}

async function kill(child: Deno.ChildProcess): Promise<void> {
  child.kill("SIGKILL");
  await child.status;
}

async function withRauta(name: string, test: (at: At) => Promise<void>): Promise<void> {
  const places = await sharedCluster();
  await attempt(inNetwork(places, "ip", "addr", "add", `${ADDRESS}/32`, "dev", "br0"));
  await withNamespace(places, name, async (namespace) => {
    await namespace.apply({
      apiVersion: API,
      kind: "GatewayClass",
      metadata: { name: "controller-test" },
      spec: { controllerName: "rauta.io/gateway-controller" },
    }, {
      apiVersion: API,
      kind: "Gateway",
      metadata: { name: "web" },
      spec: {
        gatewayClassName: "controller-test",
        listeners: [{ name: "http", protocol: "HTTP", port: 80 }],
      },
    });
    const rauta = startRauta(places, "first", 9191);
    try {
      await test({ places, namespace, rauta });
    } finally {
      await kill(rauta).catch(() => {});
      await namespace.kubectl("delete", "gatewayclass", "controller-test");
    }
  });
}

interface At {
  readonly places: Places;
  readonly namespace: Namespace;
  readonly rauta: Deno.ChildProcess;
}

async function read({ places, namespace }: At, plural: string, name: string): Promise<Read> {
  using client = await adminClient(places);
  const path = `/apis/${API}/namespaces/${namespace.name}/${plural}/${name}`;
  const { status, body } = await client.request("GET", path);
  if (status !== 200) throw new Error(`${path}: ${status}`);
  return body as Read;
}

function isTrue(conditions: readonly Condition[] | undefined, type: string): boolean {
  return conditions?.some((one) => one.type === type && one.status === "True") ?? false;
}

async function programmed(at: At): Promise<Read> {
  return await until("the Gateway to be programmed", async () => {
    const gateway = await read(at, "gateways", "web");
    return isTrue(gateway.status?.conditions, "Programmed") ? gateway : null;
  }, PATIENCE);
}

function route(name: string, path: string, backend?: string): unknown {
  const matches = [{ path: { type: "PathPrefix", value: path } }];
  const rule = backend === undefined
    ? { matches, filters: [{ type: "RequestRedirect", requestRedirect: { statusCode: 302 } }] }
    : { matches, backendRefs: [{ name: backend, port: 8080 }] };
  return {
    apiVersion: API,
    kind: "HTTPRoute",
    metadata: { name },
    spec: { parentRefs: [{ name: "web" }], rules: [rule] },
  };
}

async function statusCode(places: Places, path: string): Promise<string> {
  const { stdout } = await attempt(
    inNetwork(
      places,
      ...["curl", "-s", "-m", "2", "-o", "/dev/null", "-w", "%{http_code}"],
      `http://${ADDRESS}${path}`,
    ),
  );
  return stdout;
}

clusterTest("a Gateway gets its address, and a settled cluster sees no write", async () => {
  await withRauta("settled", async (at) => {
    await at.namespace.apply(route("r", "/"));
    const { status } = await programmed(at);
    assertEquals(status?.addresses?.map(({ value }) => value), [ADDRESS]);
    await until("the route to be accepted", async () => {
      const { status } = await read(at, "httproutes", "r");
      return isTrue(status?.parents?.[0]?.conditions, "Accepted") ? true : null;
    }, PATIENCE);
    assertEquals(await statusCode(at.places, "/"), "302");
    await until("the route to be counted", async () => {
      const { status } = await read(at, "gateways", "web");
      return status?.listeners?.[0].attachedRoutes === 1 ? true : null;
    }, PATIENCE);
    const versions = async () => [
      (await read(at, "gateways", "web")).metadata.resourceVersion,
      (await read(at, "httproutes", "r")).metadata.resourceVersion,
    ];
    const before = await versions();
    await new Promise((resolve) => setTimeout(resolve, 5_000));
    assertEquals(await versions(), before);
  });
});

clusterTest("1,000 routes cost a write each, and at most 10 of the Gateway", async () => {
  await withRauta("thousand", async (at) => {
    await programmed(at);
    const client = new ApiClient(await kubeconfigServer(at.places.hostKubeconfig));
    const stop = new AbortController();
    const writes = { gateways: 0, httproutes: 0 };
    for (const plural of ["gateways", "httproutes"] as const) {
      void new ListWatch({
        client,
        paths: [`/apis/${API}/namespaces/${at.namespace.name}/${plural}`],
        signal: stop.signal,
        handler: {
          replace() {},
          changes: (changes) => {
            writes[plural] += changes.filter(({ type }) => type === "MODIFIED").length;
          },
          missing() {},
          failed() {},
          well() {},
        },
      }).run();
    }
    try {
      for (let start = 0; start < 1_000; start += 250) {
        await at.namespace.apply(
          ...Array.from({ length: 250 }, (_, index) => route(`r${start + index}`, "/")),
        );
      }
      await until("all routes to be counted", async () => {
        const { status } = await read(at, "gateways", "web");
        return status?.listeners?.[0].attachedRoutes === 1_000 ? true : null;
      }, { timeoutMs: 120_000, everyMs: 500 });
      await until("all routes to be written", () => {
        return Promise.resolve(writes.httproutes >= 1_000 ? true : null);
      }, { timeoutMs: 120_000, everyMs: 500 });
      await new Promise((resolve) => setTimeout(resolve, 3_000));
      assertEquals(writes.httproutes, 1_000);
      assertEquals(writes.gateways <= 10, true, `${writes.gateways} writes of the Gateway`);
    } finally {
      stop.abort();
      client.close();
    }
  });
});

clusterTest("the holder of the Lease is killed, and another writes", async () => {
  await withRauta("lease", async (at) => {
    await programmed(at);
    const second = startRauta(at.places, "second", 9192);
    try {
      await kill(at.rauta);
      await at.namespace.apply(route("late", "/late"));
      await until("the other to write", async () => {
        const { status } = await read(at, "httproutes", "late");
        return isTrue(status?.parents?.[0]?.conditions, "Accepted") ? true : null;
      }, PATIENCE);
    } finally {
      await kill(second).catch(() => {});
    }
  });
});

/** Asks again and again until it is told to end; gives how often, and every answer but 200. */
const LOAD = `
  let asked = 0; const bad = []; let ended = false;
  Deno.addSignalListener("SIGTERM", () => { ended = true; });
  while (!ended) {
    asked++;
    try {
      const response = await fetch("http://${ADDRESS}/web");
      await response.body?.cancel();
      if (response.status !== 200) bad.push(response.status);
    } catch (error) { bad.push(String(error)); }
  }
  console.log(JSON.stringify({ asked, bad }));
`;

clusterTest("the API server stops and comes back with compacted history: 0 errors", async () => {
  await withRauta("outage", async (at) => {
    const { namespace, places } = at;
    await namespace.apply(...echoService("echo", 1), route("r", "/web", "echo"));
    await namespace.waitFor("condition=Available", "deployment/echo");
    await programmed(at);
    await until("the backend to answer", async () => {
      return await statusCode(places, "/web") === "200" ? true : null;
    }, PATIENCE);
    const [program, ...args] = inNetwork(places, Deno.execPath(), "eval", LOAD);
    const load = new Deno.Command(program, { args, stdin: "null", stdout: "piped" }).spawn();
    await faults.stop(places, "kube-apiserver");
    await new Promise((resolve) => setTimeout(resolve, 5_000));
    await faults.compactHistory(places);
    await faults.start(places, "kube-apiserver");
    await until("the API server to answer", async () => {
      await namespace.kubectl("get", "httproutes");
      return true;
    }, PATIENCE);
    await namespace.apply(route("new", "/new"));
    await until("what is new to be served", async () => {
      return await statusCode(places, "/new") === "302" ? true : null;
    }, PATIENCE);
    load.kill("SIGTERM");
    const { stdout } = await load.output();
    const { asked, bad } = JSON.parse(new TextDecoder().decode(stdout));
    assertEquals(bad, []);
    assertEquals(asked > 100, true, `only ${asked} requests`);
  });
});
