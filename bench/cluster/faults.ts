// RAUTA while pods, the API server, rights and processes come and go, under load all the time: what
// was answered wrongly or not at all, and how soon what changed meanwhile is caught up with.

import type { ApiClient } from "../../src/control/provider/kubernetes/api_client.ts";
import { ListWatch } from "../../src/control/provider/kubernetes/list_watch.ts";
import * as faults from "../../tests/cluster/lab/faults.ts";
import { until } from "../../tests/cluster/lab/command.ts";
import { NETWORK } from "../../tests/cluster/lab/settings.ts";
import {
  ADDRESS,
  collectionOf,
  createAll,
  networkService,
  programmed,
  route,
  type Stage,
  stageClient,
  untilCode,
  withStage,
} from "../../tests/cluster/gateway_stage.ts";
import { echoService } from "../../tests/cluster/manifests.ts";
import { Backends, Relay, Traffic } from "../../tests/cluster/programs/child.ts";
import { wallMs } from "../../tests/cluster/programs/http_loop.ts";
import { grantRights, RAUTA_NAMESPACE, revokeRights } from "../../tests/cluster/rauta_process.ts";
import { sharedCluster } from "../../tests/cluster/shared.ts";
import type { Fact, Figures, Row } from "./figures.ts";

export interface Durations {
  readonly stoppedMs: number;
  readonly frozenMs: number;
  readonly withoutRightsMs: number;
  readonly rollouts: number;
  readonly kills: number;
}

const API_ADDRESS = `${NETWORK.controlPlane}:${NETWORK.apiPort}`;
const LEASE = `/apis/coordination.k8s.io/v1/namespaces/${RAUTA_NAMESPACE}/leases/rauta-status`;
const PATIENCE = { timeoutMs: 120_000, everyMs: 50 };
const BASE = { address: ADDRESS, port: 80, host: "example.com" };

const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));
const seconds = (ms: number) => `${(ms / 1000).toFixed(1)} s`;

/** What a load saw while `change` went on, as a fact: all that was not 200 is wrong. */
async function underLoad(
  stage: Stage,
  what: string,
  path: string,
  change: () => Promise<void>,
): Promise<Fact> {
  const options = { ...BASE, paths: [path], connections: 4, pauseMs: 2 };
  await using traffic = await Traffic.start(stage.places, options);
  const startedMs = performance.now();
  await change();
  const tookMs = performance.now() - startedMs;
  const { asked, answers, failures, longestMs } = await traffic.end();
  const wrong = Object.entries(answers).filter(([answer]) => answer !== "200")
    .map(([answer, count]) => `${count} x ${answer}`);
  const errors = [...wrong, ...failures.length > 0 ? [`${failures.length} unanswered`] : []];
  return {
    what,
    value: `${errors.join(", ") || "0"} errors of ${asked} requests in ${seconds(tookMs)}, ` +
      `longest ${longestMs.toFixed(0)} ms`,
  };
}

export async function measureRollouts({ rollouts }: Durations): Promise<Figures[]> {
  return [
    { ...await measurePods(rollouts, 2), title: "Pods that come and go, preStop of 2 s" },
    { ...await measurePods(rollouts), title: "Pods that come and die at once, without preStop" },
  ];
}

async function measurePods(rollouts: number, preStopSeconds?: number): Promise<Figures> {
  const facts: Fact[] = [];
  await withStage(`bench-rollout-${preStopSeconds ?? 0}`, async (stage) => {
    const { namespace } = stage;
    const objects = echoService("echo", 1, preStopSeconds);
    await namespace.apply(...objects, route("r", "/web", { backend: "echo" }));
    await namespace.waitFor("condition=Available", "deployment/echo");
    await programmed(stage);
    await untilCode(stage.places, "/web", "200");
    const scale = async (count: number) => {
      await namespace.kubectl("scale", "deployment/echo", `--replicas=${count}`);
      await namespace.kubectl("rollout", "status", "deployment/echo", "--timeout=120s");
      await pause(2_000);
    };
    for (let round = 1; round <= rollouts; round++) {
      facts.push(
        await underLoad(stage, `1 -> 10 -> 1 pods, round ${round}`, "/web", async () => {
          await scale(10);
          await scale(1);
        }),
      );
      await scale(3);
      facts.push(
        await underLoad(stage, `rolling update of 3 pods, round ${round}`, "/web", async () => {
          await namespace.kubectl("rollout", "restart", "deployment/echo");
          await namespace.kubectl("rollout", "status", "deployment/echo", "--timeout=120s");
          await pause(2_000);
        }),
      );
      await scale(1);
    }
  });
  return { title: "", rows: [], facts };
}

/** From now until a route that is made now is served. */
async function untilServed(stage: Stage, name: string): Promise<number> {
  const startedMs = performance.now();
  await until("the API server to take a route", async () => {
    await stage.namespace.apply(route(name, `/${name}`, { backend: "back", port: 9001 }));
    return true;
  }, PATIENCE);
  await untilCode(stage.places, `/${name}`, "200");
  return performance.now() - startedMs;
}

export async function measureOutages(durations: Durations): Promise<Figures> {
  const { stoppedMs, frozenMs, withoutRightsMs } = durations;
  const places = await sharedCluster();
  await using relay = await Relay.start(places, API_ADDRESS);
  const facts: Fact[] = [];
  await withStage("bench-outage", async (stage) => {
    const { namespace } = stage;
    await using _backends = await Backends.start(places, [9001]);
    const to = { backend: "back", port: 9001 };
    await namespace.apply(...networkService("back", [9001]), route("kept", "/kept", to));
    await programmed(stage);
    await untilCode(places, "/kept", "200");
    const fault = async (
      what: string,
      begin: () => Promise<void>,
      ms: number,
      end: () => Promise<void>,
    ) => {
      const name = `after${facts.length}`;
      let attempts = 0;
      let caughtUpMs = 0;
      const fact = await underLoad(stage, what, "/kept", async () => {
        const before = await relay.command("open");
        await begin();
        await pause(ms);
        attempts = await relay.command("open") - before;
        await end();
        caughtUpMs = await untilServed(stage, name);
      });
      facts.push(fact, {
        what: `${what}: connections to the API server meanwhile`,
        value: `${attempts}`,
      }, {
        what: `${what}: from its end to a new route served`,
        value: seconds(caughtUpMs),
      });
    };
    const apiServer = faults.parseTarget("kube-apiserver");
    await fault(
      `API server stopped for ${seconds(stoppedMs)}, history compacted`,
      async () => {
        await faults.stop(places, "kube-apiserver");
        await faults.compactHistory(places);
      },
      stoppedMs,
      () => faults.start(places, "kube-apiserver"),
    );
    await fault(
      `API server frozen for ${seconds(frozenMs)}`,
      () => faults.freeze(places, apiServer),
      frozenMs,
      () => faults.thaw(places, apiServer),
    );
    await fault(
      `all rights away for ${seconds(withoutRightsMs)}, connections cut`,
      async () => {
        await revokeRights(places);
        await relay.command("cut");
      },
      withoutRightsMs,
      () => grantRights(places),
    );
    await fault(
      "connections gone deaf",
      async () => void await relay.command("deaf"),
      0,
      () => Promise.resolve(),
    );
  }, { apiAddress: `127.0.0.1:${relay.port}` });
  return { title: "The API server goes away", rows: [], facts };
}

async function holderOf(client: ApiClient): Promise<string> {
  const { spec } = await client.json<{ spec: { holderIdentity: string } }>({
    method: "GET",
    path: LEASE,
  });
  return spec.holderIdentity;
}

export async function measureLeadership({ kills }: Durations): Promise<Figures> {
  const takenMs: number[] = [];
  let writes = 0;
  await withStage("bench-lease", async (stage) => {
    await programmed(stage);
    const client = await stageClient(stage.places);
    const second = await stage.start("second", 9192);
    await second.untilReady();
    const written = new Map<string, number>();
    const stop = new AbortController();
    void new ListWatch({
      client,
      paths: [collectionOf(stage, "httproutes")],
      signal: stop.signal,
      handler: {
        replace() {},
        changes(changes) {
          for (const { type, object } of changes) {
            if (type !== "MODIFIED") continue;
            writes++;
            written.set(object.metadata.name, wallMs());
          }
        },
        missing() {},
        failed() {},
        well() {},
      },
    }).run();
    for (let kill = 0; kill < kills; kill++) {
      const isFirst = (await holderOf(client)).startsWith("bench-lease-first");
      const holder = isFirst ? stage.rauta : second;
      await pause(Math.random() * 2_000);
      const killedMs = wallMs();
      await holder.kill();
      await createAll(client, collectionOf(stage, "httproutes"), [route(`k${kill}`, `/k${kill}`)]);
      const atMs = await until("another to write", () => {
        return Promise.resolve(written.get(`k${kill}`) ?? null);
      }, PATIENCE);
      takenMs.push(atMs - killedMs);
      await holder.restart();
      await holder.untilReady();
      await pause(3_000);
    }
    stop.abort();
    client.close();
  });
  const rows: Row[] = [{
    what: "holder of the Lease killed: until another has written a status",
    unit: "ms",
    samples: takenMs,
  }];
  const value = `${writes} (one for each route that was made: ${kills})`;
  return {
    title: "Processes that are killed",
    rows,
    facts: [{ what: "status writes of routes", value }],
  };
}
