// `deno task run` as the controller of a cluster, from outside, by a kubeconfig; the API server is a
// small one over HTTP, with the token and the files that a real one asks for.

import { assertEquals } from "../assert.ts";
import { kubeconfigFiles } from "../../src/cli/kubeconfig_files.ts";
import { ApiDouble } from "./api_double.ts";
import { freePort, until } from "./gateway_harness.ts";

const API = "/apis/gateway.networking.k8s.io/v1";
const GATEWAY = `${API}/namespaces/test/gateways/gate`;

function putObjects(api: ApiDouble, port: number): void {
  const apiVersion = "gateway.networking.k8s.io/v1";
  api.put(`${API}/gatewayclasses/rauta`, {
    apiVersion,
    kind: "GatewayClass",
    metadata: { name: "rauta", generation: 1 },
    spec: { controllerName: "rauta.io/gateway-controller" },
  });
  api.put(GATEWAY, {
    apiVersion,
    kind: "Gateway",
    metadata: { name: "gate", namespace: "test", generation: 1 },
    spec: {
      gatewayClassName: "rauta",
      listeners: [{ name: "http", protocol: "HTTP", port }],
    },
  });
  api.put(`${API}/namespaces/test/httproutes/r`, {
    apiVersion,
    kind: "HTTPRoute",
    metadata: { name: "r", namespace: "test", generation: 1 },
    spec: {
      parentRefs: [{ name: "gate" }],
      rules: [{ filters: [{ type: "RequestRedirect", requestRedirect: { statusCode: 303 } }] }],
    },
  });
}

function kubeconfig(server: string): string {
  return `
apiVersion: v1
kind: Config
current-context: here
contexts: [{ name: here, context: { cluster: c, user: u, namespace: test } }]
clusters: [{ name: c, cluster: { server: "${server}" } }]
users: [{ name: u, user: { tokenFile: token } }]
`;
}

async function withFolder(test: (folder: string) => Promise<void>): Promise<void> {
  const folder = await Deno.makeTempDir({ prefix: "rauta-test-" });
  try {
    await test(folder);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

function launch(env: Readonly<Record<string, string>>): Deno.ChildProcess {
  return new Deno.Command(Deno.execPath(), {
    args: ["task", "--quiet", "run"],
    env: { RAUTA_WORKERS: "1", ...env },
    stdin: "null",
    stdout: "null",
    stderr: "null",
  }).spawn();
}

Deno.test("run with RAUTA_MODE=ingress and KUBECONFIG serves a cluster's objects and writes statuses", async () => {
  const api = new ApiDouble();
  const port = freePort();
  putObjects(api, port);
  await withFolder(async (folder) => {
    await Deno.writeTextFile(`${folder}/config`, kubeconfig(api.url));
    await Deno.writeTextFile(`${folder}/token`, "secret");
    const child = launch({
      RAUTA_MODE: "ingress",
      KUBECONFIG: `${folder}/config`,
      RAUTA_ADMIN_ADDRESS: `127.0.0.1:${freePort()}`,
    });
    try {
      await until(
        "the Gateway is programmed",
        () => JSON.stringify(api.objects.get(GATEWAY)?.status ?? {}),
        (text) => /"reason":"Programmed","status":"True"/.test(text),
      );
      const response = await fetch(`http://127.0.0.1:${port}/`, { redirect: "manual" });
      await response.body?.cancel();
      assertEquals(response.status, 303);
      const { addresses } = api.objects.get(GATEWAY).status;
      assertEquals(addresses.map(({ value }: { value: string }) => value), ["127.0.0.1"]);
    } finally {
      child.kill("SIGTERM");
      assertEquals((await child.status).code, 0);
    }
  });
  await api.stop();
});

Deno.test("files that are named come before a kubeconfig, which is not even looked at", async () => {
  const api = new ApiDouble();
  await withFolder(async (folder) => {
    await Deno.writeTextFile(`${folder}/config`, kubeconfig(api.url));
    await Deno.writeTextFile(`${folder}/all.yaml`, "");
    const adminPort = freePort();
    const child = launch({
      RAUTA_MODE: "ingress",
      KUBECONFIG: `${folder}/config`,
      RAUTA_CONFIG: folder,
      RAUTA_ADMIN_ADDRESS: `127.0.0.1:${adminPort}`,
    });
    try {
      await until("it is ready", async () => {
        try {
          const response = await fetch(`http://127.0.0.1:${adminPort}/readyz`);
          await response.body?.cancel();
          return response.status;
        } catch {
          return 0;
        }
      }, (status) => status === 200);
    } finally {
      child.kill("SIGTERM");
      await child.status;
    }
  });
  assertEquals(api.requests, []);
  await api.stop();
});

Deno.test("a controller may read its kubeconfig and what its current context names, nothing else", () => {
  const text = `
current-context: b
contexts: [{ name: a, context: { cluster: a, user: a } }, { name: b, context: { cluster: b, user: b } }]
clusters:
  - { name: a, cluster: { server: x, certificate-authority: a.crt } }
  - { name: b, cluster: { server: y, certificate-authority: /abs/b.crt } }
users:
  - { name: a, user: { client-key: a.key } }
  - { name: b, user: { client-certificate: b.pem, client-key: sub/b.key, token: none } }
`;
  assertEquals(kubeconfigFiles("/home/me/.kube/config", text), [
    "/home/me/.kube/config",
    "/abs/b.crt",
    "/home/me/.kube/b.pem",
    "/home/me/.kube/sub/b.key",
  ]);
  for (const broken of ["", "[", "- a", "current-context: c"]) {
    assertEquals(kubeconfigFiles("/k", broken), ["/k"]);
  }
});
