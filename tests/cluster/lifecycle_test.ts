// A cluster's life: found by a second `up`, alone beside others, and gone without a trace.

import assert from "node:assert/strict";
import { assertEquals } from "../assert.ts";
import { LAB_PERMISSIONS } from "../suites.ts";
import { adminClient, administrator } from "./lab/api.ts";
import { down, leftovers, listClusters, status, up } from "./lab/cluster.ts";
import { attempt, until } from "./lab/command.ts";
import { CHECKOUT, placesOf } from "./lab/settings.ts";
import { clusterTest, SECOND_CLUSTER as SECOND, sharedCluster, TEST_CLUSTER } from "./shared.ts";

/** Names of the host's own network links: a cluster must not add any. */
async function hostLinks(): Promise<string> {
  return (await attempt(["ip", "-brief", "link", "show"])).stdout;
}

clusterTest("a second `up` finds the cluster that runs and leaves it as it is", async () => {
  await sharedCluster();
  const before = await status(TEST_CLUSTER);
  await sharedCluster();
  const pids = (found: typeof before) => found?.programs.map(({ name, pid }) => [name, pid]);
  assertEquals(pids(await status(TEST_CLUSTER)), pids(before));
  assert.ok(before?.running, "the shared cluster runs");
});

clusterTest("two clusters at once have objects of their own, and one can go alone", async () => {
  const first = await sharedCluster();
  const links = await hostLinks();
  const second = await up(SECOND, { nodes: 1 });
  try {
    assertEquals(await hostLinks(), links);
    using ofFirst = await adminClient(first);
    using ofSecond = await adminClient(second);
    const created = await ofSecond.request("POST", "/api/v1/namespaces", {
      metadata: { name: "only-in-second" },
    });
    assertEquals(created.status, 201);
    const path = "/api/v1/namespaces/only-in-second";
    assertEquals((await ofSecond.request("GET", path)).status, 200);
    assertEquals((await ofFirst.request("GET", path)).status, 404);
  } finally {
    await down(SECOND);
  }
  assertEquals(await leftovers(placesOf(SECOND)), []);
  assertEquals(await hostLinks(), links);
  assert.ok((await status(TEST_CLUSTER))?.running, "the other cluster still runs");
});

/** Starts `cluster:up` in a process of its own and kills it with SIGKILL once `when` holds. */
async function killUpWhen(when: () => Promise<true | null>): Promise<void> {
  const child = new Deno.Command(Deno.execPath(), {
    args: [
      "run",
      ...LAB_PERMISSIONS,
      "tests/cluster/lab/cli.ts",
      "up",
      "--nodes",
      "1",
      "--name",
      SECOND,
    ],
    cwd: CHECKOUT,
    stdin: "null",
    stdout: "null",
    stderr: "null",
  }).spawn();
  try {
    await until("the moment to kill `up`", when, { timeoutMs: 240_000, everyMs: 20 });
  } finally {
    child.kill("SIGKILL");
    await child.status;
  }
}

const places = placesOf(SECOND);
const recorded = (name: string) => async () =>
  await Deno.stat(`${places.processes}/${name}.json`).then(() => true as const, () => null);

for (const moment of ["etcd", "gate", "node1.init", "node1.containerd", "node1.kubelet"]) {
  clusterTest(
    `down leaves nothing when \`up\` was killed just after ${moment} started`,
    async () => {
      await killUpWhen(recorded(moment));
      assert.ok((await leftovers(places)).length > 0, "the killed start left something to remove");
      assertEquals(await down(SECOND), true);
      assertEquals(await leftovers(places), []);
    },
  );
}

clusterTest("an `up` that was killed half-way is made afresh by the next one", async () => {
  await killUpWhen(recorded("kube-apiserver"));
  await up(SECOND, { nodes: 0 });
  try {
    assert.ok((await status(SECOND))?.running, "the cluster runs");
    using client = await adminClient(places);
    assertEquals((await client.request("GET", "/readyz")).status, 200);
  } finally {
    await down(SECOND);
  }
});

clusterTest("down of a cluster that does not exist says so", async () => {
  assertEquals(await down(SECOND), false);
  assert.ok(!(await listClusters()).includes(SECOND), "no folder was made");
});

clusterTest("the administrator's files are readable by their owner alone", async () => {
  const shared = await sharedCluster();
  await administrator(shared);
  for (const path of [shared.kubeconfig, shared.hostKubeconfig, `${shared.pki}/ca.key`]) {
    assertEquals(((await Deno.stat(path)).mode ?? 0) & 0o077, 0, path);
  }
});
