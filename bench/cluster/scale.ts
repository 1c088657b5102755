// RAUTA with 10, 3,000 and 5,000 routes: change while it serves, memory, and how soon it is back.

import { run } from "../../tests/cluster/lab/command.ts";
import { CHECKOUT } from "../../tests/cluster/lab/settings.ts";
import {
  ADDRESS,
  attachedRoutes,
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
import { Backends, inNetwork, Traffic } from "../../tests/cluster/programs/child.ts";
import { LAB_PERMISSIONS } from "../../tests/suites.ts";
import { compareClients } from "./clients.ts";
import type { Figures, Row } from "./figures.ts";
import type { Inside, InsideFigures } from "./inside_change.ts";

const MEBIBYTE = 2 ** 20;

export interface Scale {
  readonly changeRoutes: number;
  readonly mostRoutes: number;
  readonly added: number;
  readonly flips: number;
  readonly restarts: number;
}

const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

class Routes {
  #made = 0;
  /** Routes of the stage that were made by others. */
  others = 0;

  constructor(readonly stage: Stage) {}

  /** Until there are so many, all of them attached and written. */
  async reach(count: number): Promise<void> {
    const objects = Array.from({ length: count - this.#made }, (_, index) => {
      const number = this.#made + index;
      return route(`r${number}`, `/r${number}`, { backend: "back", port: 9001 });
    });
    const client = await stageClient(this.stage.places);
    await createAll(client, collectionOf(this.stage, "httproutes"), objects);
    client.close();
    this.#made = count;
    await attachedRoutes(this.stage, count + this.others);
    await untilCode(this.stage.places, `/r${count - 1}`, "200");
  }
}

async function measureChange(stage: Stage, scale: Scale): Promise<InsideFigures> {
  const inside: Inside = {
    kubeconfig: stage.places.kubeconfig,
    collection: collectionOf(stage, "httproutes"),
    address: ADDRESS,
    added: scale.added,
    flips: scale.flips,
  };
  const output = await run(
    inNetwork(
      stage.places,
      ...[Deno.execPath(), "run", ...LAB_PERMISSIONS, "--quiet", "bench/cluster/inside_change.ts"],
      JSON.stringify(inside),
    ),
    { cwd: CHECKOUT },
  );
  return JSON.parse(output.trim().split("\n").at(-1)!) as InsideFigures;
}

/** Restarts RAUTA under load: how long it was away, and how much memory it has then. */
async function measureRestarts(stage: Stage, routes: number, times: number): Promise<Row[]> {
  const awayMs: number[] = [];
  const residentMb: number[] = [];
  for (let time = 0; time < times; time++) {
    await using traffic = await Traffic.start(stage.places, {
      address: ADDRESS,
      port: 80,
      host: "example.com",
      paths: [`/r${routes - 1}`],
      connections: 1,
      pauseMs: 1,
    });
    await stage.rauta.restart();
    await stage.rauta.untilReady();
    await pause(5_000);
    residentMb.push(stage.rauta.residentBytes / MEBIBYTE);
    const { answers, failures } = await traffic.end();
    if (Object.keys(answers).join() !== "200") {
      throw new Error(`answers: ${JSON.stringify(answers)}`);
    }
    awayMs.push(failures.at(-1)!.atMs - failures[0].atMs);
  }
  return [
    { what: `${routes} routes: killed and restarted, away for`, unit: "ms", samples: awayMs },
    { what: `${routes} routes: resident 5 s after a start`, unit: "MiB", samples: residentMb },
  ];
}

export async function measureScale(scale: Scale): Promise<Figures[]> {
  const found: Figures[] = [];
  await withStage("bench-scale", async (stage) => {
    const { namespace, places, rauta } = stage;
    await using _backends = await Backends.start(places, [9001, 9002]);
    await namespace.apply(...networkService("back", [9001, 9002]));
    await programmed(stage);
    const routes = new Routes(stage);
    const rows: Row[] = [];
    await routes.reach(10);
    rows.push(...await measureRestarts(stage, 10, scale.restarts));

    await pause(16_000);
    await routes.reach(scale.changeRoutes);
    await pause(10_000);
    const change = await measureChange(stage, scale);
    const { changeRoutes } = scale;
    found.push({
      title: `One route among ${changeRoutes}`,
      rows: [
        { what: "added: watch event to first 200", unit: "ms", samples: change.addedFromEventMs },
        { what: "added: API answer to first 200", unit: "ms", samples: change.addedFromAnswerMs },
        {
          what: "port and header flipped: API answer to first answer of the new version",
          unit: "ms",
          samples: change.flippedFromAnswerMs,
        },
      ],
      facts: [
        { what: "answers other than 404 and then 200", value: `${change.addedWrong}` },
        {
          what: "wrong, mixed or missing answers of the tight client while flipped",
          value: `${change.flipWrong} of ${change.flipAsked}`,
        },
      ],
    });

    routes.others = scale.added + 1;
    const startedMs = performance.now();
    await routes.reach(scale.mostRoutes - routes.others);
    const reachedSeconds = (performance.now() - startedMs) / 1000;
    const settledMb = rauta.residentBytes / MEBIBYTE;
    rows.push(...await measureRestarts(stage, scale.mostRoutes - routes.others, scale.restarts));
    found.push({
      title: "Memory and restarts, one worker",
      rows,
      facts: [
        {
          what: `resident once ${scale.mostRoutes} routes had been made and their statuses written`,
          value: `${settledMb.toFixed(0)} MiB`,
        },
        {
          what: `from ${changeRoutes} to ${scale.mostRoutes} routes, all served and counted after`,
          value: `${reachedSeconds.toFixed(0)} s`,
        },
      ],
    });
    found.push(await compareClients(stage));
  });
  return found;
}
