// Routes that change under traffic: what is new is served from one moment on, and what was served
// before is never missing, mixed up or refused in between.

import { assertEquals } from "../assert.ts";
import {
  accepted,
  ADDRESS,
  attachedRoutes,
  collectionOf,
  createAll,
  networkService,
  programmed,
  route,
  stageClient,
  untilCode,
  withStage,
} from "./gateway_stage.ts";
import { Backends, Traffic } from "./programs/child.ts";
import type { TrafficReport } from "./programs/traffic.ts";
import { clusterTest } from "./shared.ts";

const TRAFFIC = { address: ADDRESS, port: 80, host: "example.com", pauseMs: 0 };

/** The answers of each path, each named once for as long as it lasted, on every connection alike. */
function sequences(report: TrafficReport): Map<string, string[]> {
  const found = new Map<string, string[]>();
  for (const { path, connection, answer } of report.turns) {
    const key = `${path} on ${connection}`;
    found.set(key, [...found.get(key) ?? [], answer]);
  }
  return found;
}

clusterTest("routes added among many answer 404, then 200, and nothing else", async () => {
  await withStage("added", async (stage) => {
    const { places, namespace } = stage;
    await using _backends = await Backends.start(places, [9001]);
    await namespace.apply(...networkService("back", [9001]));
    await programmed(stage);
    const client = await stageClient(places);
    const collection = collectionOf(stage, "httproutes");
    const to = { backend: "back", port: 9001 };
    const many = Array.from({ length: 300 }, (_, index) => route(`r${index}`, `/r${index}`, to));
    await createAll(client, collection, many);
    await attachedRoutes(stage, many.length);
    const paths = Array.from({ length: 10 }, (_, index) => `/new-${index}`);
    await using traffic = await Traffic.start(places, {
      ...TRAFFIC,
      paths: [...paths, "/r7"],
      connections: 2,
    });
    for (const [index, path] of paths.entries()) {
      await createAll(client, collection, [route(`new${index}`, path, to)]);
      await untilCode(places, path, "200");
    }
    const report = await traffic.end();
    client.close();
    assertEquals(report.failures, []);
    for (const [path, answers] of sequences(report)) {
      assertEquals(answers, path.startsWith("/r7 ") ? ["200"] : ["404", "200"], path);
    }
    assertEquals(sequences(report).size, 2 * 11);
  });
});

clusterTest("a route's port and header flip 20 times under a tight client: 0 errors", async () => {
  await withStage("flipped", async (stage) => {
    const { places, namespace } = stage;
    await using _backends = await Backends.start(places, [9001, 9002]);
    const flipped = (port: number) =>
      route("r", "/", { backend: "back", port, version: `v${port}` });
    await namespace.apply(...networkService("back", [9001, 9002]), flipped(9001));
    await programmed(stage);
    await untilCode(places, "/", "200");
    const client = await stageClient(places);
    await using traffic = await Traffic.start(places, {
      ...TRAFFIC,
      paths: ["/"],
      connections: 1,
      tag: "^(.*)\n",
    });
    const path = `${collectionOf(stage, "httproutes")}/r`;
    for (let flip = 1; flip <= 20; flip++) {
      const body = flipped(flip % 2 === 0 ? 9001 : 9002);
      await client.json({
        method: "PATCH",
        path,
        body,
        contentType: "application/merge-patch+json",
      });
      // One that is overtaken by the next would be none.
      await traffic.until(`flip ${flip} to be seen`, ({ turns }) => turns > flip);
    }
    await accepted(stage, "r");
    const report = await traffic.end();
    client.close();
    assertEquals(report.failures, []);
    // Never one version's header with the other's port.
    assertEquals(Object.keys(report.answers).sort(), ["200 9001 v9001", "200 9002 v9002"]);
    assertEquals(report.turns.length, 21, JSON.stringify(report.turns.slice(0, 50)));
  });
});
