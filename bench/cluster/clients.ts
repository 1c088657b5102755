// RAUTA's own list and watch beside @kubernetes/client-node's informers: the same kinds, the same
// cluster, a fresh process each. Memory, connections, and time until all is known.

import { attempt, run } from "../../tests/cluster/lab/command.ts";
import { CHECKOUT } from "../../tests/cluster/lab/settings.ts";
import type { Stage } from "../../tests/cluster/gateway_stage.ts";
import { inNetwork } from "../../tests/cluster/programs/child.ts";
import { LAB_PERMISSIONS } from "../../tests/suites.ts";
import { CHANGES } from "./client_task.ts";
import type { Figures } from "./figures.ts";

export interface ClientFigures {
  readonly importedMb: number;
  readonly syncMs: number;
  readonly routes: number;
  readonly syncedMb: number;
  readonly changedMb: number;
}

const ROUNDS = 3;
const CONTENDERS = {
  "own list and watch": ["bench/cluster/own_client.ts"],
  "@kubernetes/client-node 2.0.1": ["bench/cluster/client_node.ts"],
} as const;

/** Established connections of a process to the API server. */
async function connectionsOf(stage: Stage, pid: number): Promise<number> {
  const { stdout } = await attempt(
    inNetwork(stage.places, "ss", "-tnpH", "state", "established", "dport", "=", ":6443"),
  );
  return stdout.split("\n").filter((line) => line.includes(`pid=${pid},`)).length;
}

async function oneRound(
  stage: Stage,
  script: readonly string[],
): Promise<ClientFigures & { connections: number }> {
  // Not part of the project's own dependencies, and so not of its lock file.
  const [program, ...args] = inNetwork(
    stage.places,
    ...[
      Deno.execPath(),
      "run",
      ...LAB_PERMISSIONS,
      "--quiet",
      "--no-lock",
      "--node-modules-dir=none",
    ],
    ...["--v8-flags=--max-semi-space-size=2", ...script, stage.namespace.name],
  );
  const child = new Deno.Command(program, {
    args,
    cwd: CHECKOUT,
    env: { KUBECONFIG: stage.places.kubeconfig },
    stdin: "null",
    stdout: "piped",
    stderr: "inherit",
  }).spawn();
  // What it does at the end is to wait for a second, connections open.
  const output = child.output();
  let connections = 0;
  const watch = setInterval(async () => {
    connections = Math.max(connections, await connectionsOf(stage, child.pid).catch(() => 0));
  }, 500);
  const { stdout } = await output;
  clearInterval(watch);
  const text = new TextDecoder().decode(stdout).trim().split("\n").at(-1) ?? "";
  return { ...JSON.parse(text) as ClientFigures, connections };
}

export async function compareClients(stage: Stage): Promise<Figures> {
  // Downloads what is missing, outside of the cluster's network, which has no way out.
  await run([
    ...[Deno.execPath(), "cache", "--quiet", "--no-lock", "--node-modules-dir=none"],
    "npm:@kubernetes/client-node@2.0.1",
  ], { cwd: CHECKOUT });
  const rows: Figures["rows"][number][] = [];
  const found = new Map<string, Awaited<ReturnType<typeof oneRound>>[]>();
  for (let round = 0; round < ROUNDS; round++) {
    for (const [name, script] of Object.entries(CONTENDERS)) {
      found.set(name, [...found.get(name) ?? [], await oneRound(stage, script)]);
    }
  }
  let routes = 0;
  for (const [name, rounds] of found) {
    routes = rounds[0].routes;
    const row = (what: string, unit: string, of: (one: typeof rounds[number]) => number) =>
      rows.push({ what: `${name}: ${what}`, unit, samples: rounds.map(of) });
    row("modules loaded, resident", "MiB", ({ importedMb }) => importedMb);
    row("until all is known", "ms", ({ syncMs }) => syncMs);
    row("all known, resident", "MiB", ({ syncedMb }) => syncedMb);
    row(`after ${CHANGES} patches, resident`, "MiB", ({ changedMb }) => changedMb);
    row("connections", "", ({ connections }) => connections);
  }
  return {
    title: `Clients of the API server, ${routes} HTTPRoutes and six other kinds`,
    rows,
    facts: [],
  };
}
