// RAUTA as a controller under change, faults and scale, on a real cluster of this machine (root, Go
// and what docs/testing.md names). Writes bench/results/cluster.md. About 15 minutes; --quick takes
// shorter outages and fewer rounds, --only NAME (scale, rollouts, outages, leadership) one part of
// it, --dry writes nothing, --keep leaves the cluster running.

import { buildCore } from "../../src/cli/build_core.ts";
import { down } from "../../tests/cluster/lab/cluster.ts";
import { TEST_CLUSTER } from "../../tests/cluster/shared.ts";
import { provenance } from "../proxy/machine.ts";
import { type Durations, measureLeadership, measureOutages, measureRollouts } from "./faults.ts";
import { type Figures, markdown } from "./figures.ts";
import { measureScale, type Scale } from "./scale.ts";

const FULL: Durations & Scale = {
  changeRoutes: 3_000,
  mostRoutes: 5_000,
  added: 30,
  flips: 20,
  restarts: 3,
  stoppedMs: 120_000,
  frozenMs: 60_000,
  withoutRightsMs: 30_000,
  rollouts: 3,
  kills: 5,
};

const QUICK: Durations & Scale = {
  ...FULL,
  added: 10,
  restarts: 1,
  stoppedMs: 15_000,
  frozenMs: 15_000,
  withoutRightsMs: 5_000,
  rollouts: 1,
  kills: 2,
};

const isQuick = Deno.args.includes("--quick");
const settings = isQuick ? QUICK : FULL;
const PARTS: Readonly<Record<string, () => Promise<Figures | Figures[]>>> = {
  scale: () => measureScale(settings),
  rollouts: () => measureRollouts(settings),
  outages: () => measureOutages(settings),
  leadership: () => measureLeadership(settings),
};

const onlyAt = Deno.args.indexOf("--only");
const only = onlyAt < 0 ? undefined : Deno.args[onlyAt + 1];
if (only !== undefined && !(only in PARTS)) {
  console.error(`--only takes one of ${Object.keys(PARTS).join(", ")}`);
  Deno.exit(2);
}
await buildCore();
const sections: string[] = [];
try {
  for (const [name, part] of Object.entries(PARTS)) {
    if (only !== undefined && only !== name) continue;
    for (const figures of [await part()].flat()) {
      sections.push(markdown(figures));
      console.log(`${sections.at(-1)}\n`);
    }
  }
} finally {
  if (!Deno.args.includes("--keep")) await down(TEST_CLUSTER);
}
if (!Deno.args.includes("--dry") && only === undefined) {
  const command = `deno task bench:cluster${isQuick ? " --quick" : ""}`;
  const { date, commit, cpu, cores, kernel, deno, loadAverage } = await provenance(command);
  await Deno.writeTextFile(
    "bench/results/cluster.md",
    `# RAUTA in a cluster: change, faults, scale

Commit ${commit}, ${date}; ${cpu}, ${cores} cores, Linux ${kernel}, load ${loadAverage}; Deno \
${deno}; \`${command}\`.

Everything shares these cores: etcd, the API server, two nodes, RAUTA with one worker, the load and
the backends. RAUTA runs with its service account's rights and its image's flags.

${sections.join("\n\n")}
`,
  );
}
Deno.exit(0);
