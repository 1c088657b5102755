// Processes that are killed without warning: another writes the statuses, nobody undoes what somebody
// else wrote, and whoever comes back serves all of its configuration or nothing.

import { ApiError } from "../../src/control/provider/kubernetes/api_client.ts";
import { assertEquals } from "../assert.ts";
import { until } from "./lab/command.ts";
import {
  accepted,
  ADDRESS,
  attachedRoutes,
  collectionOf,
  createAll,
  networkService,
  PATIENCE,
  programmed,
  route,
  stageClient,
  untilCode,
  withStage,
  WriteCount,
} from "./gateway_stage.ts";
import { Backends, Traffic } from "./programs/child.ts";
import { RAUTA_NAMESPACE } from "./rauta_process.ts";
import { clusterTest } from "./shared.ts";

const LEASE = `/apis/coordination.k8s.io/v1/namespaces/${RAUTA_NAMESPACE}/leases/rauta-status`;

function routes(prefix: string, count: number): unknown[] {
  return Array.from({ length: count }, (_, index) => {
    return route(`${prefix}${index}`, `/${prefix}${index}`, { backend: "back", port: 9001 });
  });
}

clusterTest("the holder of the Lease is killed: another writes, each status once", async () => {
  await withStage("holder", async (stage) => {
    const client = await stageClient(stage.places);
    const collection = collectionOf(stage, "httproutes");
    await programmed(stage);
    await createAll(client, collection, routes("before", 20));
    await attachedRoutes(stage, 20);
    for (let index = 0; index < 20; index++) await accepted(stage, `before${index}`);
    using ofRoutes = await WriteCount.start(client, collection);
    using ofGateways = await WriteCount.start(client, collectionOf(stage, "gateways"));
    const second = await stage.start("second", 9192);
    await second.untilReady();
    await stage.rauta.kill();
    await createAll(client, collection, routes("after", 20));
    for (let index = 0; index < 20; index++) await accepted(stage, `after${index}`);
    await attachedRoutes(stage, 40);
    // The first comes back: it finds a holder and everything written.
    await stage.rauta.restart();
    await stage.rauta.untilReady();
    await createAll(client, collection, routes("both", 20));
    await attachedRoutes(stage, 60);
    for (let index = 0; index < 20; index++) await accepted(stage, `both${index}`);
    await new Promise((resolve) => setTimeout(resolve, 3_000));
    const writes = ["before", "after", "both"].map((prefix) =>
      Array.from({ length: 20 }, (_, index) => ofRoutes.of(`${prefix}${index}`))
    );
    assertEquals(writes.map((each) => [Math.min(...each), Math.max(...each)]), [
      [0, 0],
      [1, 1],
      [1, 1],
    ]);
    // Forty routes, and their count is written ever more seldom while they come, however slowly.
    assertEquals(ofGateways.total <= 20, true, `${ofGateways.total} writes of the Gateway`);
    client.close();
  });
});

clusterTest(
  "a Lease whose holder is gone, its clock years ahead, is taken; a deleted one is made again",
  async () => {
    await withStage("skew", async (stage) => {
      await programmed(stage);
      await stage.rauta.kill();
      const client = await stageClient(stage.places);
      const spec = {
        holderIdentity: "ghost",
        renewTime: "2099-01-01T00:00:00.000000Z",
        acquireTime: "2099-01-01T00:00:00.000000Z",
      };
      const contentType = "application/merge-patch+json";
      await client.json({ method: "PATCH", path: LEASE, body: { spec }, contentType });
      await stage.rauta.restart();
      await stage.rauta.untilReady();
      await createAll(client, collectionOf(stage, "httproutes"), routes("late", 1));
      await accepted(stage, "late0");

      // One that is deleted is made again, and nothing is written for that.
      using writes = await WriteCount.start(client, collectionOf(stage, "gateways"));
      await client.json({ method: "DELETE", path: LEASE });
      await until("the Lease to be there again", async () => {
        return await client.json({ method: "GET", path: LEASE }).catch((error) => {
          if (error instanceof ApiError && error.status === 404) return null;
          throw error;
        });
      }, PATIENCE);
      assertEquals(writes.total, 0);
      client.close();
    });
  },
);

clusterTest(
  "RAUTA is killed under load: it serves again all that it served, or nothing",
  async () => {
    await withStage("killed", async (stage) => {
      const { namespace, places, rauta } = stage;
      await using _backends = await Backends.start(places, [9001]);
      await namespace.apply(...networkService("back", [9001]));
      await programmed(stage);
      const client = await stageClient(places);
      await createAll(client, collectionOf(stage, "httproutes"), routes("r", 300));
      await attachedRoutes(stage, 300);
      const paths = Array.from({ length: 30 }, (_, index) => `/r${index * 10 + 9}`);
      for (const path of paths) await untilCode(places, path, "200");
      await using traffic = await Traffic.start(places, {
        address: ADDRESS,
        port: 80,
        host: "example.com",
        paths,
        connections: 4,
        pauseMs: 1,
      });
      for (let time = 0; time < 3; time++) {
        await rauta.restart();
        await rauta.untilReady();
        await untilCode(places, "/r299", "200");
      }
      const report = await traffic.end();
      // Refused while it is not there; answered, always rightly, while it is.
      assertEquals(Object.keys(report.answers), ["200"]);
      assertEquals(report.failures.length > 0, true);
      client.close();
    });
  },
);
