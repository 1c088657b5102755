// Where an observer has its names from: the API server's Services, EndpointSlices and Pods, or files.
// An API server that is away holds nothing up.

import { createFileProvider } from "../../src/control/provider/file/file_provider.ts";
import { createKubernetesProvider } from "../../src/control/provider/kubernetes/kubernetes_provider.ts";
import type { Change } from "../../src/control/provider/provider.ts";
import { OBSERVED_KINDS } from "../../src/gatewayapi/kinds.ts";
import { proxyArguments } from "../../src/cli/proxy_process.ts";
import { assertEquals } from "../assert.ts";
import { freePort } from "../ports.ts";
import { until } from "../until.ts";
import { ApiDouble, eventually, type Json } from "./api_double.ts";

function pod(name: string, phase = "Running"): Json {
  return {
    metadata: {
      name,
      namespace: "shop",
      labels: { app: "cart" },
      annotations: { note: "long" },
      managedFields: [{}],
    },
    spec: { nodeName: "node-1", containers: [{ name: "main", image: "cart" }] },
    status: { phase, podIP: "10.1.0.5", podIPs: [{ ip: "10.1.0.5" }], conditions: [{}] },
  };
}

const podPath = (name: string) => `/api/v1/namespaces/shop/pods/${name}`;

Deno.test("three kinds are asked for, and of a Pod little is kept", async () => {
  const api = new ApiDouble();
  api.put(podPath("cart-0"), pod("cart-0"));
  api.put(podPath("job"), pod("job", "Succeeded"));
  const objects = new Map<string, Json>();
  const listed: string[] = [];
  const provider = createKubernetesProvider({ client: api.client(), kinds: OBSERVED_KINDS });
  try {
    await provider.start({
      change(changes: readonly Change[]) {
        for (const { key, object } of changes) {
          if (object === undefined) objects.delete(key);
          else objects.set(key, object);
        }
      },
      listed: (kind) => listed.push(kind),
      problems: () => {},
    });
    assertEquals(listed.sort(), ["EndpointSlice", "Pod", "Service"]);
    const paths = new Set(api.requests.map(({ path }) => path));
    assertEquals([...paths].sort(), [
      "/api/v1/pods",
      "/api/v1/services",
      "/apis/discovery.k8s.io/v1/endpointslices",
    ]);
    assertEquals([...objects.keys()], ["shop/cart-0"]);
    const { metadata: { resourceVersion: _, ...metadata }, ...kept } = objects.get("shop/cart-0");
    assertEquals({ ...kept, metadata }, {
      apiVersion: "v1",
      kind: "Pod",
      metadata: { name: "cart-0", namespace: "shop", labels: { app: "cart" } },
      spec: { nodeName: "node-1", hostNetwork: undefined },
      status: { phase: "Running", podIP: "10.1.0.5", podIPs: [{ ip: "10.1.0.5" }] },
    });
    api.put(podPath("cart-1"), pod("cart-1"));
    await eventually("the second is told", () => objects.has("shop/cart-1"));
    assertEquals("containers" in objects.get("shop/cart-1").spec, false);
    api.put(podPath("cart-1"), pod("cart-1", "Failed"));
    await eventually("one that has ended is gone", () => !objects.has("shop/cart-1"));
  } finally {
    await provider.stop();
    await api.stop();
  }
});

Deno.test("Pods in files keep their addresses", async () => {
  const path = await Deno.makeTempFile({ suffix: ".yaml" });
  await Deno.writeTextFile(
    path,
    JSON.stringify({ apiVersion: "v1", kind: "Pod", ...pod("cart-0") }),
  );
  const changes: Change[] = [];
  const problems: unknown[] = [];
  const provider = createFileProvider({ path });
  try {
    await provider.start({
      change: (some) => changes.push(...some),
      listed: () => {},
      problems: (some) => problems.push(...some),
    });
    assertEquals(problems, []);
    const [{ kind, key, object }] = changes;
    assertEquals([kind, key], ["Pod", "shop/cart-0"]);
    assertEquals((object as Json).status.podIP, "10.1.0.5");
  } finally {
    await provider.stop();
    await Deno.remove(path);
  }
});

interface Status {
  readonly ready: boolean;
  readonly source: string;
  readonly names: { readonly complete: boolean; readonly objects: number };
  readonly problems: readonly { readonly kind: string; readonly message: string }[];
}

/** An observer without a loader, as a process; `test` reads its /status. */
async function withObserver(
  server: string,
  test: (status: () => Promise<Status>) => Promise<void>,
): Promise<void> {
  const folder = await Deno.makeTempDir();
  await Deno.writeTextFile(
    `${folder}/kubeconfig`,
    JSON.stringify({
      "current-context": "a",
      contexts: [{ name: "a", context: { cluster: "a", user: "a" } }],
      clusters: [{ name: "a", cluster: { server } }],
      users: [{ name: "a", user: { token: "t" } }],
    }),
  );
  const args = proxyArguments(folder, `${folder}/no.sock`).slice(0, -2);
  const child = new Deno.Command(Deno.execPath(), {
    args,
    env: {
      KUBECONFIG: `${folder}/kubeconfig`,
      RAUTA_MODE: "observability",
      RAUTA_OBSERVER_SOCKET: `${folder}/no.sock`,
      RAUTA_ADMIN_ADDRESS: "127.0.0.1:0",
    },
    stdout: "null",
    stderr: "piped",
  }).spawn();
  try {
    const port = await adminPort(child);
    await test(async () => {
      return await (await fetch(`http://127.0.0.1:${port}/status`)).json() as Status;
    });
  } finally {
    child.kill("SIGTERM");
    await Deno.remove(folder, { recursive: true });
    assertEquals((await child.status).code, 0, "it ends well");
  }
}

async function adminPort(child: Deno.ChildProcess): Promise<number> {
  let text = "";
  const lines = child.stderr.pipeThrough(new TextDecoderStream()).getReader();
  for (let part = await lines.read(); !part.done; part = await lines.read()) {
    text += part.value;
    const port = /"address":"127\.0\.0\.1","port":(\d+)/.exec(text)?.[1];
    if (port === undefined) continue;
    void (async () => {
      while (!(await lines.read()).done);
    })();
    return Number(port);
  }
  throw new Error(`it ended: ${text}`);
}

async function untilStatus(
  what: string,
  status: () => Promise<Status>,
  check: (status: Status) => boolean,
): Promise<void> {
  await until(what, status, check);
}

Deno.test("an observer names what it sees by the cluster's objects, and follows them", async () => {
  const api = new ApiDouble();
  api.put(podPath("cart-0"), pod("cart-0"));
  try {
    await withObserver(api.client().url, async (status) => {
      await untilStatus("the Pod is known", status, ({ names }) => names.objects === 1);
      assertEquals((await status()).names.complete, true);
      api.remove(podPath("cart-0"));
      await untilStatus("it is forgotten", status, ({ names }) => names.objects === 0);
      api.forbidden.add("/api/v1/pods");
      api.breakWatches();
      await untilStatus("what is forbidden is said", status, ({ problems }) => {
        return problems.some(({ kind }) => kind === "Pod");
      });
    });
  } finally {
    await api.stop();
  }
});

Deno.test("an API server that is away holds an observer up at nothing", async () => {
  await withObserver(`http://127.0.0.1:${freePort()}`, async (status) => {
    await untilStatus("it is said", status, ({ problems }) => problems.length === 3);
    const { ready, names } = await status();
    assertEquals([ready, names.complete], [false, false]);
  });
});
