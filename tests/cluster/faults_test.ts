// Every fault does what it says, and can be taken back.

import assert from "node:assert/strict";
import { assertEquals } from "../assert.ts";
import { adminClient, type ApiClient } from "./lab/api.ts";
import { waitForNodes } from "./lab/cluster.ts";
import { until } from "./lab/command.ts";
import {
  bootNode,
  compactHistory,
  cutNetwork,
  freeze,
  kill,
  mendNetwork,
  parseTarget,
  slowNetwork,
  start,
  stop,
  thaw,
  throttlePod,
} from "./lab/faults.ts";
import { commandLineOf, isAlive, readRecord } from "./lab/process_table.ts";
import { containerProcesses, findPod } from "./lab/pods.ts";
import { probePod, toolPod } from "./manifests.ts";
import { clusterTest, type Namespace, sharedCluster, withNamespace } from "./shared.ts";

const PATIENCE = { timeoutMs: 240_000, everyMs: 100 };

async function waitUntilReady(client: ApiClient): Promise<void> {
  await until("the API server to be ready again", async () => {
    return (await client.request("GET", "/readyz")).status === 200 ? true : null;
  }, PATIENCE);
}

/** Whether the API server answers a read that goes through to etcd within two seconds. */
async function answers(client: ApiClient): Promise<boolean> {
  const late = new Promise<null>((resolve) => setTimeout(resolve, 2000, null));
  const path = "/api/v1/namespaces/default";
  const answer = client.request("GET", path).then(({ status }) => status, () => null);
  return await Promise.race([answer, late]) === 200;
}

Deno.test("a fault's target is a program, a node or a pod, and nothing else", () => {
  assertEquals(parseTarget("etcd"), { kind: "program", name: "etcd" });
  assertEquals(parseTarget("node2.kubelet"), { kind: "program", name: "node2.kubelet" });
  assertEquals(parseTarget("node12"), { kind: "node", number: 12 });
  assertEquals(parseTarget("a/b"), { kind: "pod", fullName: "a/b" });
  for (const wrong of ["", "kubelet", "node", "a/b/c", "node1.etcd"]) {
    assert.throws(() => parseTarget(wrong), /no target is named/);
  }
});

for (const program of ["etcd", "kube-apiserver"]) {
  clusterTest(`${program} can be frozen and thawed, stopped, killed and started`, async () => {
    const places = await sharedCluster();
    using client = await adminClient(places);
    const target = parseTarget(program);

    await freeze(places, target);
    assertEquals(await answers(client), false);
    await thaw(places, target);
    await waitUntilReady(client);

    for (const end of [() => stop(places, program), () => kill(places, target)]) {
      await end();
      assertEquals(isAlive(await readRecord(places.processes, program)), false);
      assertEquals(await answers(client), false);
      await start(places, program);
      await waitUntilReady(client);
    }
    // What was written before survived all of it.
    assertEquals((await client.request("GET", "/apis/gateway.networking.k8s.io/v1")).status, 200);
  });
}

interface Versioned {
  metadata: { resourceVersion: string };
}

clusterTest("after its history is compacted a list of an old version answers 410", async () => {
  const places = await sharedCluster();
  await withNamespace(places, "compaction", async ({ name }) => {
    using client = await adminClient(places);
    const base = `/api/v1/namespaces/${name}/configmaps`;
    const created = await client.request("POST", base, { metadata: { name: "c" } });
    const version = (created.body as Versioned).metadata.resourceVersion;
    const old = `${base}?resourceVersion=${version}&resourceVersionMatch=Exact`;
    for (const n of ["1", "2"]) {
      await client.request("PATCH", `${base}/c`, { data: { n } }, {
        "content-type": "application/merge-patch+json",
      });
    }
    assertEquals((await client.request("GET", old)).status, 200);
    await compactHistory(places);
    await stop(places, "kube-apiserver");
    await start(places, "kube-apiserver");
    await waitUntilReady(client);
    assertEquals((await client.request("GET", old)).status, 410);
  });
});

/** Whether `tool` gets an answer from the pod's address within a second. */
async function reaches(namespace: Namespace, address: string): Promise<boolean> {
  const url = `http://${address}:8080/healthz`;
  return await namespace.kubectl(
    ...["exec", "tool", "--", "/probe", "fetch", "-timeout-ms", "1000", url],
  ).then((answer) => answer.includes("200 OK"), () => false);
}

/** It may be slow on a busy machine; that it is never reached needs no patience. */
async function untilReached(namespace: Namespace, address: string): Promise<void> {
  await until(`${address} to be reached`, async () => {
    return await reaches(namespace, address) ? true : null;
  }, PATIENCE);
}

async function serverAndTool(namespace: Namespace): Promise<string> {
  await namespace.apply(
    probePod("server", ["serve", ":8080"], { nodeName: "node2" }),
    toolPod("tool", "node1"),
  );
  await namespace.waitFor("condition=Ready", "pod/server", "pod/tool");
  return await namespace.kubectl("get", "pod", "server", "--output=jsonpath={.status.podIP}");
}

clusterTest("a pod whose network is cut can't be reached until it is mended", async () => {
  const places = await sharedCluster();
  await withNamespace(places, "cut", async (namespace) => {
    const address = await serverAndTool(namespace);
    const target = parseTarget("cut/server");
    await untilReached(namespace, address);
    await cutNetwork(places, target);
    assertEquals(await reaches(namespace, address), false);
    await mendNetwork(places, target);
    await untilReached(namespace, address);
  });
});

clusterTest(
  "a frozen pod accepts and does not answer; a slow or starved one still does",
  async () => {
    const places = await sharedCluster();
    await withNamespace(places, "slow", async (namespace) => {
      const address = await serverAndTool(namespace);
      const target = parseTarget("slow/server");
      await freeze(places, target);
      assertEquals(await reaches(namespace, address), false);
      await thaw(places, target);
      await untilReached(namespace, address);
      await slowNetwork(places, target, 64);
      await throttlePod(places, "slow/server", 10);
      await untilReached(namespace, address);
      await mendNetwork(places, target);
      await throttlePod(places, "slow/server", null);
      await untilReached(namespace, address);
    });
  },
);

clusterTest("what a pod ran is killed with SIGKILL and started again by its kubelet", async () => {
  const places = await sharedCluster();
  await withNamespace(places, "killed", async (namespace) => {
    await serverAndTool(namespace);
    const before = await containerProcesses(await findPod(places, "killed/server"));
    assertEquals(before.map(commandLineOf), [["/probe", "serve", ":8080"]]);
    await kill(places, parseTarget("killed/server"));
    const status = "{.status.containerStatuses[0]";
    await namespace.waitFor(`jsonpath=${status}.restartCount}=1`, "pod/server");
    await namespace.waitFor("condition=Ready", "pod/server");
    const ended = await namespace.kubectl(
      ...["get", "pod", "server", `--output=jsonpath=${status}.lastState.terminated.exitCode}`],
    );
    assertEquals(ended, "137");
  });
});

clusterTest("a kubelet can be stopped and started; its pods serve on meanwhile", async () => {
  const places = await sharedCluster();
  await withNamespace(places, "kubelet", async (namespace) => {
    const address = await serverAndTool(namespace);
    await stop(places, "node2.kubelet");
    await untilReached(namespace, address);
    await start(places, "node2.kubelet");
    await until("the kubelet to answer", async () => {
      return (await namespace.kubectl("exec", "server", "--", "/probe", "cat", "/proc/1/comm"))
        .trim();
    }, PATIENCE);
  });
});

clusterTest("a node that was killed boots again and runs its pods", async () => {
  const places = await sharedCluster();
  await withNamespace(places, "boot", async (namespace) => {
    const address = await serverAndTool(namespace);
    await kill(places, parseTarget("node2"));
    assertEquals(await reaches(namespace, address), false);
    await bootNode(places, 2);
    await waitForNodes(places, [1, 2]);
    // Its address may be another one: the sandbox is new.
    await until("the pod to be reachable", async () => {
      const now = await namespace.kubectl(
        ...["get", "pod", "server", "--output=jsonpath={.status.podIP}"],
      );
      return await reaches(namespace, now) ? true : null;
    }, PATIENCE);
  });
});
