// What a person sees with kubectl: statuses and Events of a controller that runs outside the cluster,
// as `deno task run` starts it from a kubeconfig.

import { assertEquals } from "../assert.ts";
import { insideNetwork, until } from "./lab/command.ts";
import { CHECKOUT, CONTROL_PLANE_NETWORK, networkPath, type Places } from "./lab/settings.ts";
import { clusterTest, type Namespace, sharedCluster, withNamespace } from "./shared.ts";

const API = "gateway.networking.k8s.io/v1";
const CLASS = "describe-test";
const PATIENCE = { timeoutMs: 240_000, everyMs: 200 };

function startController(places: Places): Deno.ChildProcess {
  const network = networkPath(places, CONTROL_PLANE_NETWORK);
  const command = [Deno.execPath(), "task", "--quiet", "run"];
  const [program, ...args] = insideNetwork(network, command);
  return new Deno.Command(program, {
    args,
    cwd: CHECKOUT,
    env: {
      RAUTA_MODE: "ingress",
      KUBECONFIG: places.kubeconfig,
      RAUTA_GATEWAY_CLASS: CLASS,
      RAUTA_WORKERS: "1",
      RAUTA_ADMIN_ADDRESS: "127.0.0.1:9193",
    },
    stdin: "null",
    stdout: "null",
    stderr: "null",
  }).spawn();
}

/** A Gateway whose certificate is missing, and a route whose backend is. */
const OBJECTS: readonly unknown[] = [
  {
    apiVersion: API,
    kind: "Gateway",
    metadata: { name: "web" },
    spec: {
      gatewayClassName: CLASS,
      listeners: [
        { name: "http", protocol: "HTTP", port: 18_080 },
        {
          name: "https",
          protocol: "HTTPS",
          port: 18_443,
          tls: { certificateRefs: [{ name: "missing" }] },
        },
      ],
    },
  },
  {
    apiVersion: API,
    kind: "HTTPRoute",
    metadata: { name: "route" },
    spec: {
      parentRefs: [{ name: "web" }],
      rules: [{ backendRefs: [{ name: "nobody", port: 80 }] }],
    },
  },
];

interface EventList {
  readonly items: readonly { readonly reason: string; readonly message: string }[];
}

async function eventsOf(namespace: Namespace): Promise<EventList["items"]> {
  const field = "--field-selector=source=rauta";
  const text = await namespace.kubectl("get", "events", field, "--output=json");
  return (JSON.parse(text) as EventList).items;
}

/** The part of `kubectl describe` from its line `Events:` on. */
async function describedEvents(namespace: Namespace, object: string): Promise<string> {
  const text = await namespace.kubectl("describe", object);
  const at = text.indexOf("\nEvents:");
  return at < 0 ? "" : text.slice(at);
}

clusterTest("kubectl describe shows what is wrong, each thing once", async () => {
  const places = await sharedCluster();
  await withNamespace(places, "describe", async (namespace) => {
    await namespace.apply({
      apiVersion: API,
      kind: "GatewayClass",
      metadata: { name: CLASS },
      spec: { controllerName: "rauta.io/gateway-controller" },
    }, ...OBJECTS);
    const controller = startController(places);
    try {
      await until("the Gateway's Event to be described", async () => {
        const text = await describedEvents(namespace, "gateway/web");
        return text.includes("Warning  InvalidCertificateRef") &&
            text.includes("Secret describe/missing does not exist")
          ? true
          : null;
      }, PATIENCE);
      await until("the route's Event to be described", async () => {
        const text = await describedEvents(namespace, "httproute/route");
        return text.includes("Warning  BackendNotFound") ? true : null;
      }, PATIENCE);
      const before = await eventsOf(namespace);
      assertEquals(
        before.map(({ message }) => message).sort(),
        [
          ...new Set(before.map(({ message }) => message)),
        ].sort(),
      );
      // Written anew, with nothing mended: nothing is said twice.
      await namespace.kubectl("label", "gateway/web", "httproute/route", "touched=yes");
      await namespace.kubectl(
        ...["patch", "httproute/route", "--type=json", "--patch"],
        '[{"op":"add","path":"/spec/hostnames","value":["a.example"]}]',
      );
      await until("the new generation to be observed", async () => {
        const text = await namespace.kubectl("get", "httproute/route", "--output=json");
        const { metadata, status } = JSON.parse(text);
        const [parent] = status.parents;
        const seen = parent.conditions.every(
          (one: { observedGeneration: number }) => one.observedGeneration === metadata.generation,
        );
        return metadata.generation > 1 && seen ? true : null;
      }, PATIENCE);
      assertEquals((await eventsOf(namespace)).length, before.length);
    } finally {
      controller.kill("SIGTERM");
      await controller.status;
      await namespace.kubectl("delete", "gatewayclass", CLASS);
    }
  });
});
