// Pods that come and go under traffic: every request is answered 200, and none goes to a pod that
// its EndpointSlice no longer calls ready.

import { assertEquals } from "../assert.ts";
import { until } from "./lab/command.ts";
import {
  ADDRESS,
  PATIENCE,
  programmed,
  route,
  type Stage,
  untilCode,
  withStage,
} from "./gateway_stage.ts";
import { echoService } from "./manifests.ts";
import { Traffic } from "./programs/child.ts";
import { clusterTest } from "./shared.ts";

const TRAFFIC = {
  address: ADDRESS,
  port: 80,
  host: "example.com",
  paths: ["/web"],
  connections: 4,
  pauseMs: 5,
  tag: '"pod": *"([^"]+)"',
};

/** Pods that serve on for a while when they are told to end, as those of a careful owner do. */
async function echo(stage: Stage, replicas: number, preStopSeconds = 2): Promise<void> {
  const { namespace, places } = stage;
  const objects = echoService("echo", replicas, preStopSeconds);
  await namespace.apply(...objects, route("r", "/web", { backend: "echo" }));
  await namespace.waitFor("condition=Available", "deployment/echo");
  await programmed(stage);
  await untilCode(places, "/web", "200");
}

async function readyCount(stage: Stage, count: number): Promise<void> {
  const key = `${stage.namespace.name}/echo:8080`;
  await until(`${count} endpoints to be served`, async () => {
    return (await stage.rauta.readyEndpoints(key)).length === count ? true : null;
  }, PATIENCE);
}

/** Every answer was a pod's, with status 200, and no request went without one. */
function assertFlawless(report: Awaited<ReturnType<Traffic["end"]>>): void {
  assertEquals(report.failures, []);
  const wrong = Object.entries(report.answers).filter(([answer]) => !/^200 echo-/.test(answer));
  assertEquals(wrong, []);
}

clusterTest("1 -> 10 -> 1 pods under load: 0 errors", async () => {
  await withStage("scaled", async (stage) => {
    const { namespace } = stage;
    await echo(stage, 1);
    await using traffic = await Traffic.start(stage.places, TRAFFIC);
    await namespace.kubectl("scale", "deployment/echo", "--replicas=10");
    await readyCount(stage, 10);
    await traffic.until("every pod to have answered", ({ answers }) => answers.length >= 10);
    await namespace.kubectl("scale", "deployment/echo", "--replicas=1");
    await readyCount(stage, 1);
    await namespace.kubectl(
      "wait",
      "--timeout=240s",
      "--for=jsonpath={.status.replicas}=1",
      "deployment/echo",
    );
    const report = await traffic.end();
    assertFlawless(report);
    assertEquals(Object.keys(report.answers).length, 10, "every pod answered");
  });
});

clusterTest("a rolling update under load: 0 errors, and the old pods are left", async () => {
  await withStage("rolled", async (stage) => {
    const { namespace } = stage;
    await echo(stage, 3);
    await using traffic = await Traffic.start(stage.places, TRAFFIC);
    await traffic.until("every pod to have answered", ({ answers }) => answers.length >= 3);
    await namespace.kubectl("rollout", "restart", "deployment/echo");
    await namespace.kubectl("rollout", "status", "deployment/echo", "--timeout=300s");
    await readyCount(stage, 3);
    await traffic.until("every new pod, too", ({ answers }) => answers.length >= 6);
    const report = await traffic.end();
    assertFlawless(report);
    assertEquals(Object.keys(report.answers).length, 6, "old and new pods answered");
  });
});

/** Names of the pods that are being deleted. */
async function leavingPods({ namespace }: Stage): Promise<string[]> {
  const lines = await namespace.kubectl(
    ...["get", "pods", "--selector=app=echo", "--no-headers"],
    "--output=custom-columns=NAME:.metadata.name,DELETED:.metadata.deletionTimestamp",
  );
  return lines.trim().split("\n").map((line) => line.split(/ +/))
    .filter(([, deleted]) => deleted !== "<none>").map(([name]) => name);
}

clusterTest("a pod that is terminating gets no request, though it serves on", async () => {
  await withStage("leaving", async (stage) => {
    const { namespace, places } = stage;
    await echo(stage, 2, 240);
    await readyCount(stage, 2);
    await namespace.kubectl("scale", "deployment/echo", "--replicas=1");
    await readyCount(stage, 1);
    const leaving = await leavingPods(stage);
    assertEquals(leaving.length, 1);
    await using traffic = await Traffic.start(places, TRAFFIC);
    await new Promise((resolve) => setTimeout(resolve, 1_000));
    const report = await traffic.end();
    assertFlawless(report);
    assertEquals(Object.keys(report.answers).includes(`200 ${leaving[0]}`), false);

    // Alone it is better than nothing: serving counts where no endpoint is ready.
    await namespace.kubectl("scale", "deployment/echo", "--replicas=0");
    await until("both to be leaving", async () => {
      return (await leavingPods(stage)).length === 2 ? true : null;
    }, PATIENCE);
    await using last = await Traffic.start(places, TRAFFIC);
    await new Promise((resolve) => setTimeout(resolve, 500));
    assertFlawless(await last.end());
    await namespace.kubectl("delete", "pods", "--all", "--force", "--grace-period=0");
  });
});
