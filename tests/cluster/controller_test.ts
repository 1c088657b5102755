// RAUTA as a controller of a real API server: statuses, and what they cost. Leadership, outages,
// change and extremes have files of their own beside this one.

import { assertEquals } from "../assert.ts";
import { until } from "./lab/command.ts";
import {
  accepted,
  ADDRESS,
  attachedRoutes,
  collectionOf,
  createAll,
  programmed,
  read,
  route,
  stageClient,
  untilCode,
  withStage,
  WriteCount,
} from "./gateway_stage.ts";
import { clusterTest } from "./shared.ts";

clusterTest("a Gateway gets its address, and a settled cluster sees no write", async () => {
  await withStage("settled", async (stage) => {
    await stage.namespace.apply(route("r", "/"));
    const { status } = await programmed(stage);
    assertEquals(status?.addresses?.map(({ value }) => value), [ADDRESS]);
    await accepted(stage, "r");
    await untilCode(stage.places, "/", "302");
    await attachedRoutes(stage, 1);
    const versions = async () => [
      (await read(stage, "gateways", "web")).metadata.resourceVersion,
      (await read(stage, "httproutes", "r")).metadata.resourceVersion,
    ];
    const before = await versions();
    await new Promise((resolve) => setTimeout(resolve, 5_000));
    assertEquals(await versions(), before);
  });
});

clusterTest("1,000 routes cost a write each, and about 10 of the Gateway", async () => {
  await withStage("thousand", async (stage) => {
    await programmed(stage);
    const client = await stageClient(stage.places);
    const collection = collectionOf(stage, "httproutes");
    using ofRoutes = await WriteCount.start(client, collection);
    using ofGateways = await WriteCount.start(client, collectionOf(stage, "gateways"));
    const sinceMs = performance.now();
    const routes = Array.from({ length: 1_000 }, (_, index) => route(`r${index}`, "/"));
    await createAll(client, collection, routes);
    await attachedRoutes(stage, 1_000);
    await until("all routes to be written", () => {
      return Promise.resolve(ofRoutes.total >= 1_000 ? true : null);
    }, { timeoutMs: 240_000, everyMs: 500 });
    const seconds = (performance.now() - sinceMs) / 1_000;
    await new Promise((resolve) => setTimeout(resolve, 3_000));
    assertEquals([ofRoutes.total, ofRoutes.most], [1_000, 1]);
    // Its own status, then the counts: 1, 2, 4 and 8 seconds apart, and every 8 from then on.
    const most = Math.max(10, 6 + seconds / 8);
    assertEquals(ofGateways.total <= most, true, `${ofGateways.total} writes in ${seconds} s`);
    client.close();
  });
});
