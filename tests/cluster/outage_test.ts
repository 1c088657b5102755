// The API server stops, freezes, forgets, refuses and is cut off under load: what is served is
// served on without an error, and what changed meanwhile is caught up with afterwards.

import { assertEquals } from "../assert.ts";
import { until } from "./lab/command.ts";
import * as faults from "./lab/faults.ts";
import { NETWORK } from "./lab/settings.ts";
import {
  accepted,
  ADDRESS,
  networkService,
  PATIENCE,
  programmed,
  route,
  type Stage,
  untilCode,
  withStage,
} from "./gateway_stage.ts";
import { Backends, Relay, Traffic } from "./programs/child.ts";
import { grantRights, revokeRights } from "./rauta_process.ts";
import { clusterTest, sharedCluster } from "./shared.ts";

const API_SERVER = faults.parseTarget("kube-apiserver");
const API_ADDRESS = `${NETWORK.controlPlane}:${NETWORK.apiPort}`;
const TRAFFIC = {
  address: ADDRESS,
  port: 80,
  host: "example.com",
  paths: ["/kept"],
  connections: 2,
  pauseMs: 2,
};

const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

/** Routes `kept` and `gone` are served; runs the fault under load on `kept`, which never fails. */
async function underLoad(stage: Stage, fault: () => Promise<void>): Promise<void> {
  const { namespace, places } = stage;
  const to = { backend: "back", port: 9001 };
  await using _backends = await Backends.start(places, [9001]);
  await namespace.apply(
    ...networkService("back", [9001]),
    route("kept", "/kept", to),
    route("gone", "/gone", to),
  );
  await programmed(stage);
  await untilCode(places, "/kept", "200");
  await untilCode(places, "/gone", "200");
  await using traffic = await Traffic.start(places, TRAFFIC);
  await fault();
  const report = await traffic.end();
  assertEquals(report.failures, []);
  assertEquals(Object.keys(report.answers), ["200"]);
}

async function apiAnswers({ namespace }: Stage): Promise<void> {
  await until("the API server to answer", async () => {
    await namespace.kubectl("get", "httproutes");
    return true;
  }, PATIENCE);
}

/** What is deleted and made now is served and written, and nothing of it is lost. */
async function catchesUp(stage: Stage): Promise<void> {
  const { namespace, places } = stage;
  await namespace.apply(route("new", "/new", { backend: "back", port: 9001 }));
  await untilCode(places, "/new", "200");
  await accepted(stage, "new");
}

clusterTest("the API server stops and comes back with compacted history: 0 errors", async () => {
  await withStage("stopped", async (stage) => {
    const { namespace, places } = stage;
    await underLoad(stage, async () => {
      // What RAUTA has not seen when its watches break can't be resumed from: it has to list.
      stage.rauta.signal("SIGSTOP");
      await namespace.kubectl("delete", "httproute", "gone");
      await faults.stop(places, "kube-apiserver");
      await faults.compactHistory(places);
      stage.rauta.signal("SIGCONT");
      await pause(5_000);
      await faults.start(places, "kube-apiserver");
      await apiAnswers(stage);
      await catchesUp(stage);
      await untilCode(places, "/gone", "404");
    });
  });
});

clusterTest("the API server is frozen and thaws: 0 errors", async () => {
  await withStage("frozen", async (stage) => {
    const { namespace, places } = stage;
    await underLoad(stage, async () => {
      await faults.freeze(places, API_SERVER);
      await pause(15_000);
      await faults.thaw(places, API_SERVER);
      await apiAnswers(stage);
      await namespace.kubectl("delete", "httproute", "gone");
      await untilCode(places, "/gone", "404");
      await catchesUp(stage);
    });
  });
});

clusterTest("rights are taken away and given back: 0 errors", async () => {
  const places = await sharedCluster();
  await using relay = await Relay.start(places, API_ADDRESS);
  await withStage("rights", async (stage) => {
    const { namespace, rauta } = stage;
    await underLoad(stage, async () => {
      await revokeRights(places);
      // Watches that are open go on; new ones are refused.
      await relay.command("cut");
      await until("RAUTA to say what it may not", async () => {
        const { problems } = await rauta.status();
        return problems.some(({ kind }) => kind === "HTTPRoute") ? true : null;
      }, PATIENCE);
      await namespace.kubectl("delete", "httproute", "gone");
      await pause(1_000);
      await grantRights(places);
      await untilCode(places, "/gone", "404");
      await catchesUp(stage);
      await until("nothing to be wrong", async () => {
        return (await rauta.status()).problems.length === 0 ? true : null;
      }, PATIENCE);
    });
  }, { apiAddress: `127.0.0.1:${relay.port}` });
});

clusterTest("a network that goes deaf is left for a new connection, without a storm", async () => {
  const places = await sharedCluster();
  await using relay = await Relay.start(places, API_ADDRESS);
  await withStage("deaf", async (stage) => {
    await underLoad(stage, async () => {
      await relay.command("deaf");
      await catchesUp(stage);
      const before = await relay.command("refuse");
      await pause(10_000);
      const attempts = await relay.command("open") - before;
      await stage.namespace.kubectl("delete", "httproute", "gone");
      await untilCode(places, "/gone", "404");
      // Ten watches and a Lease: without backoff it would be thousands.
      assertEquals(attempts > 0 && attempts < 150, true, `${attempts} connections in 10 s`);
    });
  }, { apiAddress: `127.0.0.1:${relay.port}` });
});
