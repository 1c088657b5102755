// The observer from deploy/observer on real nodes: one apply installs it, nobody in it may do more
// than needed, and what it says of a Service's traffic names Service, Pod, namespace and node.

import assert from "node:assert/strict";
import { buildImage } from "../../deploy/image/main.ts";
import type { ObserverPage } from "../../src/cli/observe/page.ts";
import type { ObserverEvent } from "../../src/observe/events/event.ts";
import { assertEquals } from "../assert.ts";
import { broken, type Schema } from "../json_schema.ts";
import { kubectl } from "./lab/api.ts";
import { attempt, insideNetwork, run, until } from "./lab/command.ts";
import { importImage, nodeNumbers } from "./lab/node.ts";
import { nodePlacesOf } from "./lab/node_config.ts";
import { containerProcesses, findPod } from "./lab/pods.ts";
import { isKernelPath, readKernelFile } from "./lab/kernel_files.ts";
import { commandLineOf } from "./lab/process_table.ts";
import { CHECKOUT, NETWORK, networkPath, nodeName, type Places } from "./lab/settings.ts";
import { PROBE_IMAGE } from "./lab/images.ts";
import { toolPod } from "./manifests.ts";
import { clusterTest, type Namespace, sharedCluster, withNamespace } from "./shared.ts";

const OBSERVERS = "rauta-observer";
const NEEDS = { programs: ["buildah", "clang", "bpftool"] };
/** Long: a busy machine takes its time, and only what never comes is waited for so long. */
const PATIENCE = { timeoutMs: 240_000, everyMs: 200 };
const NO_CAPABILITY = "0000000000000000";
/** CAP_NET_ADMIN is bit 12, CAP_BPF bit 39. */
const TWO_CAPABILITIES = "0000008000001000";

let isLoaded = false;

async function loadImage(places: Places): Promise<void> {
  if (isLoaded) return;
  const folder = await Deno.makeTempDir({ prefix: "rauta-observer-test-" });
  try {
    await buildImage(folder);
    for (const number of await nodeNumbers(places)) {
      await importImage(places, nodePlacesOf(places, number), `${folder}/rauta.tar`);
    }
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
  isLoaded = true;
}

/** Applies a kustomization, waits until it is rolled out, and takes it away when the test is over. */
async function withDeployed(
  kustomization: string,
  [namespace, daemonSet]: readonly [string, string],
  test: (places: Places) => Promise<void>,
): Promise<void> {
  const places = await sharedCluster();
  await loadImage(places);
  const folder = `${CHECKOUT}/deploy/${kustomization}`;
  try {
    await kubectl(places, ["apply", "--validate=strict", `--kustomize=${folder}`]);
    await rolledOut(places, namespace, daemonSet);
    await test(places);
  } finally {
    // Pods are gone when this is: two loaders do not fit on one interface.
    await kubectl(places, ["delete", `--kustomize=${folder}`, "--ignore-not-found", "--wait"]);
  }
}

async function rolledOut(places: Places, namespace: string, daemonSet: string): Promise<void> {
  const rollout = ["rollout", "status", `daemonset/${daemonSet}`, "--timeout=240s"];
  await kubectl(places, [`--namespace=${namespace}`, ...rollout]);
}

/** A page of the admin server on a node, as somebody on that node reads it. */
async function page(places: Places, node: number, path: string, port = 9091): Promise<string> {
  const curl = ["curl", "-sS", "-m", "60", `http://127.0.0.1:${port}${path}`];
  return await run(insideNetwork(networkPath(places, nodeName(node)), curl));
}

/** What /events of node1 replays; it would go on for ever. */
async function eventStream(places: Places): Promise<string> {
  const curl = ["curl", "-sN", "-m", "2", "http://127.0.0.1:9091/events"];
  return (await attempt(insideNetwork(networkPath(places, nodeName(1)), curl))).stdout;
}

/** One pod on node1 behind a Service, ready once it answers; it is probed after `delaySeconds`. */
async function startCart(
  namespace: Namespace,
  readyPath: string,
  delaySeconds = 0,
): Promise<string> {
  const labels = { app: "cart" };
  const probe = {
    httpGet: { path: readyPath, port: 8080 },
    periodSeconds: 1,
    initialDelaySeconds: delaySeconds,
  };
  await namespace.apply(
    {
      apiVersion: "v1",
      kind: "Pod",
      metadata: { name: "cart-0", labels },
      spec: {
        nodeName: nodeName(1),
        terminationGracePeriodSeconds: 1,
        containers: [{
          name: "main",
          image: PROBE_IMAGE,
          args: ["serve", ":8080"],
          readinessProbe: probe,
        }],
      },
    },
    {
      apiVersion: "v1",
      kind: "Service",
      metadata: { name: "cart" },
      spec: { selector: labels, ports: [{ port: 80, targetPort: 8080 }] },
    },
  );
  return await namespace.kubectl("get", "service/cart", "--output=jsonpath={.spec.clusterIP}");
}

/** From node2 by way of the Service: kube-proxy's way, over both nodes' interfaces. */
async function load(places: Places, url: string, seconds: number): Promise<Record<string, number>> {
  const script = `${CHECKOUT}/tests/cluster/load.ts`;
  const deno = [Deno.execPath(), "run", "--quiet", "--no-config", "--allow-net", script];
  const inside = insideNetwork(networkPath(places, nodeName(2)), [
    ...deno,
    url,
    "100",
    `${seconds}`,
  ]);
  return JSON.parse(await run(inside));
}

/** Until kube-proxy leads to the pod; gives how many were sent until one was answered. */
async function reachable(places: Places, url: string): Promise<number> {
  const curl = ["curl", "-sSf", "-m", "30", "-o", "/dev/null", url];
  let sent = 0;
  await until("the Service to be reachable", async () => {
    sent++;
    await run(insideNetwork(networkPath(places, nodeName(2)), curl));
    return true;
  }, PATIENCE);
  return sent;
}

async function podOn(places: Places, node: number): Promise<string> {
  return await kubectl(places, [
    `--namespace=${OBSERVERS}`,
    ...["get", "pods", `--field-selector=spec.nodeName=${nodeName(node)}`],
    "--output=jsonpath={.items[0].metadata.name}",
  ]);
}

/** The events that the observer on a node has written, each held against the schema. */
async function eventsOn(places: Places, node: number): Promise<ObserverEvent[]> {
  const schema = JSON.parse(
    await Deno.readTextFile(`${CHECKOUT}/docs/observer_event.schema.json`),
  ) as Schema;
  const name = await podOn(places, node);
  const log = await kubectl(places, [
    `--namespace=${OBSERVERS}`,
    "logs",
    name,
    "--container=rauta",
  ]);
  const events = log.split("\n").filter((line) => line.includes('"k8s_context"'))
    .map((line) => JSON.parse(line) as ObserverEvent);
  for (const event of events) assertEquals(broken(schema, event, "event"), []);
  return events;
}

async function waitForEvent(places: Places, kind: string): Promise<ObserverEvent> {
  return await until(`the event ${kind}`, async () => {
    const events = await eventsOn(places, 1);
    return events.find(({ type, subtype }) => `${type} ${subtype}` === kind) ?? null;
  }, PATIENCE);
}

/** Sends requests until the event is there: how many seconds it takes depends on the machine. */
async function loadUntil(places: Places, url: string, kind: string): Promise<ObserverEvent> {
  return await until(`the event ${kind} while ${url} is asked`, async () => {
    await load(places, url, 6);
    const events = await eventsOn(places, 1);
    return events.find(({ type, subtype }) => `${type} ${subtype}` === kind) ?? null;
  }, PATIENCE);
}

function statusOf(pid: number): ReadonlyMap<string, string> {
  const lines = (readKernelFile(`/proc/${pid}/status`) ?? "").split("\n");
  return new Map(lines.map((line) => line.split(/:\s+/) as [string, string]));
}

clusterTest(
  "one apply installs an observer whose parts may do no more than they need",
  async () => {
    await withDeployed("observer", [OBSERVERS, OBSERVERS], async (places) => {
      const pod = await findPod(places, `${OBSERVERS}/${await podOn(places, 1)}`);
      const pids = await containerProcesses(pod);
      const pidOf = (program: string) => {
        const pid = pids.find((pid) => commandLineOf(pid)[0] === program);
        assert.ok(pid !== undefined, `${program} runs`);
        return pid;
      };
      const processOf = (program: string) => statusOf(pidOf(program));
      const shown = (status: ReadonlyMap<string, string>) =>
        ["CapEff", "CapPrm", "CapBnd", "NoNewPrivs", "Seccomp"].map((name) => status.get(name));
      const loader = processOf("/usr/bin/rauta-loader");
      assertEquals(shown(loader), [...Array(3).fill(TWO_CAPABILITIES), "1", "2"]);
      const rauta = processOf("/usr/bin/deno");
      assertEquals(shown(rauta), [...Array(3).fill(NO_CAPABILITY), "1", "2"]);
      assertEquals(rauta.get("Uid")?.split("\t")[0], "10001");
      // The token of the service account is where it is used, and nowhere else.
      const token = (pid: number) =>
        isKernelPath(`/proc/${pid}/root/var/run/secrets/kubernetes.io/serviceaccount/token`);
      const [loaderPid, rautaPid] = ["/usr/bin/rauta-loader", "/usr/bin/deno"].map(pidOf);
      assertEquals([await token(loaderPid), await token(rautaPid)], [false, true]);
      const onNode = `${pod.node.root}/kubelet/seccomp/rauta/rauta-loader.json`;
      const profile = `${CHECKOUT}/deploy/observer/loader/rauta-loader.json`;
      assertEquals(await Deno.readTextFile(onNode), await Deno.readTextFile(profile));
      const can = async (verb: string, what: string) => {
        const as = `--as=system:serviceaccount:${OBSERVERS}:${OBSERVERS}`;
        const asked = ["auth", "can-i", verb, what, "--all-namespaces", as];
        return (await kubectl(places, asked).catch(() => "no")).trim();
      };
      assertEquals([await can("watch", "pods"), await can("list", "endpointslices")], [
        "yes",
        "yes",
      ]);
      for (const what of ["secrets", "configmaps"]) assertEquals(await can("get", what), "no");
      assertEquals([await can("delete", "pods"), await can("get", "pods")], ["no", "no"]);
      Deno.kill(loaderPid, "SIGKILL");
      const back = await until("another loader to be read", async () => {
        const { connected, losses } = JSON.parse(await page(places, 1, "/observer"));
        return connected && losses.disconnects > 0 ? losses : null;
      }, PATIENCE);
      assertEquals(back.protocol_error, 0);
    });
  },
  NEEDS,
);

clusterTest("traffic to a Service is counted and judged under its names", async () => {
  await withDeployed("observer", [OBSERVERS, OBSERVERS], async (places) => {
    await withNamespace(places, "watched", async (namespace) => {
      const address = await startCart(namespace, "/healthz");
      await namespace.waitFor("condition=Ready", "pod/cart-0");
      const before = await reachable(places, `http://${address}/items`);
      const usual = await load(places, `http://${address}/items`, 15);
      assertEquals(Object.keys(usual), ["200"]);
      // With the one that found the Service reachable; each is known or unknown, and counted.
      const expected = usual["200"] + 1;
      const counted = await until("all of it to be counted", async () => {
        const metrics = await page(places, 1, "/metrics");
        const label = 'rauta_observer_requests_total{service="watched/cart",';
        const counts = metrics.split("\n").filter((line) => line.startsWith(label))
          .map((line) => Number(line.split(" ").at(-1)));
        const sum = counts.reduce((sum, count) => sum + count, 0);
        return sum >= expected ? sum : null;
      }, PATIENCE);
      // Those that found it reachable too late for themselves may have been answered all the same.
      assert.ok(counted < expected + before, `${counted} for ${expected} after ${before}`);
      // The sender's node sees the same exchanges, under the same names.
      const other = JSON.parse(await page(places, 2, "/observer"));
      const names = other.services.map(({ service }: { service: string }) => service);
      assert.ok(names.includes("watched/cart"), names.join());

      const failing = await loadUntil(places, `http://${address}/status/50{n}`, "ErrorRate onset");
      assertEquals(failing.k8s_context, {
        service: "watched/cart",
        namespace: "watched",
        pod_name: "cart-0",
        node_name: "node1",
        labels: { app: "cart" },
      });
      assertEquals([failing.http_data.pod_name, failing.http_data.namespace], [
        "cart-0",
        "watched",
      ]);
      assertEquals(failing.http_data.server_port, 8080);
      await loadUntil(places, `http://${address}/items`, "ErrorRate recovery");

      // Slow beside what this machine made of the usual, as busy as it was.
      const { services } = JSON.parse(await page(places, 1, "/observer")) as ObserverPage;
      const cart = services.find(({ service }) => service === "watched/cart");
      const delayMs = Math.ceil(Math.max(200, 5 * (cart?.kernel?.baselineP99Ms ?? NaN)));
      await load(places, `http://${address}/delay/${delayMs}`, 1);
      const slow = await waitForEvent(places, "SlowResponse onset");
      assertEquals(slow.k8s_context.service, "watched/cart");
      assert.match(await eventStream(places), /"type":"SlowResponse"/);
    });
  });
}, NEEDS);

clusterTest(
  "a probe of the kubelet that fails is noticed where pods' traffic is observed",
  async () => {
    await withDeployed("observer", [OBSERVERS, OBSERVERS], async (places) => {
      await withNamespace(places, "probed", async (namespace) => {
        // The kubelet's probes stay on the node: they pass its bridge to the pods, which is not there
        // before the first of them: the loader waits for it, and its pod is not ready before.
        await namespace.apply(toolPod("tool1", nodeName(1)), toolPod("tool2", nodeName(2)));
        const env = ["set", "env", `daemonset/${OBSERVERS}`, "--containers=loader"];
        await kubectl(places, [`--namespace=${OBSERVERS}`, ...env, "RAUTA_INTERFACE=cni0"]);
        await rolledOut(places, OBSERVERS, OBSERVERS);
        await until("the observer to know the cluster's objects", async () => {
          return JSON.parse(await page(places, 1, "/status")).names.complete ? true : null;
        }, PATIENCE);
        // An event has the names that are known when it happens: by then those of this pod are.
        await startCart(namespace, "/status/500", 20);
        const { k8s_context, http_data } = await waitForEvent(places, "HealthCheck onset");
        assertEquals([k8s_context.namespace, k8s_context.pod_name], ["probed", "cart-0"]);
        assertEquals([http_data.path, http_data.status_code], ["/status/500", 500]);
      });
    });
  },
  NEEDS,
);

clusterTest(
  "the runtime's own seccomp profile does as well, and nothing of the node is mounted",
  async () => {
    const overlay = "observer/runtime-default";
    await withDeployed(overlay, [OBSERVERS, OBSERVERS], async (places) => {
      const pods = JSON.parse(
        await kubectl(places, [`--namespace=${OBSERVERS}`, "get", "pods", "--output=json"]),
      );
      for (const { spec } of pods.items) {
        assertEquals(spec.initContainers ?? [], []);
        const volumes: Record<string, unknown>[] = spec.volumes;
        assertEquals(volumes.filter((volume) => "hostPath" in volume), []);
      }
      assertEquals(JSON.parse(await page(places, 1, "/observer")).connected, true);
    });
  },
  NEEDS,
);

/** A Gateway on every node's port 8088, and a route to the pod of startCart. */
function gatewayTo(service: string): unknown[] {
  const apiVersion = "gateway.networking.k8s.io/v1";
  return [
    {
      apiVersion,
      kind: "Gateway",
      metadata: { name: "web" },
      spec: {
        gatewayClassName: "rauta",
        listeners: [{ name: "http", protocol: "HTTP", port: 8088 }],
      },
    },
    {
      apiVersion,
      kind: "HTTPRoute",
      metadata: { name: "cart" },
      spec: {
        parentRefs: [{ name: "web" }],
        rules: [{ backendRefs: [{ name: service, port: 80 }] }],
      },
    },
  ];
}

clusterTest("a gateway with the loader beside it shows both views of a Service", async () => {
  await withDeployed("observer/gateway", ["rauta-system", "rauta"], async (places) => {
    await withNamespace(places, "joined", async (namespace) => {
      await startCart(namespace, "/healthz");
      await namespace.apply(...gatewayTo("cart"));
      await namespace.waitFor("condition=Ready", "pod/cart-0");
      // The gateway on node2, whose way to the pod on node1 is the interface that is observed.
      const url = `http://${NETWORK.node(2)}:8088/items`;
      await reachable(places, url);
      // Each figure covers its own last seconds, in which a busy machine may change.
      await until("the kernel's figure and the proxy's, which is no less", async () => {
        assertEquals(Object.keys(await load(places, url, 6)), ["200"]);
        const { services } = JSON.parse(await page(places, 2, "/observer", 9090)) as ObserverPage;
        const row = services.find(({ service }) => service === "joined/cart");
        return (row?.kernel?.p50Ms ?? NaN) <= (row?.proxy?.p50AtMostMs ?? NaN) ? row : null;
      }, PATIENCE);
    });
  });
}, NEEDS);
