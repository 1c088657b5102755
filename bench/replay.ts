// A million made-up exchanges of each kind as the loader's frames, through decoder, head reader and
// pairing, compared with the truth beside them. Takes [--exchanges N] [--seed N]; writes
// bench/results/replay.md; exits 1 where anything is mispaired, made up, told twice or vanished.

import { FrameReplay, type Replay } from "../tests/unit/observe/frame_replay.ts";
import { REPLAY_CASES } from "../tests/unit/observe/replay_cases.ts";

function option(name: string, otherwise: number): number {
  const at = Deno.args.indexOf(`--${name}`);
  return at < 0 ? otherwise : Number(Deno.args[at + 1]);
}

function vanished(replay: Replay): number {
  return replay.heads - replay.headsInExchanges - replay.headsLeftOut;
}

const exchanges = option("exchanges", 1_000_000);
const seed = option("seed", crypto.getRandomValues(new Uint32Array(1))[0]);
const rows: string[] = [];
let lies = 0;
for (const { name, ...options } of REPLAY_CASES) {
  const replay = new FrameReplay({ seed, exchanges, ...options }).run();
  const { known, unknown, mispaired, phantoms, doubled, dropped, counts } = replay;
  lies += mispaired + phantoms + doubled + Math.abs(vanished(replay));
  const share = (100 * known / replay.exchanges).toFixed(1);
  const cells = [
    name,
    replay.exchanges,
    `${known} (${share}%)`,
    unknown,
    replay.notEmitted,
    mispaired,
    phantoms,
    doubled,
    vanished(replay),
    dropped,
    counts.ambiguous,
    counts.coalesced,
  ];
  rows.push(`| ${cells.join(" | ")} |`);
  console.log(rows.at(-1));
}
const { stdout } = await new Deno.Command("git", { args: ["rev-parse", "--short", "HEAD"] })
  .output();
const commit = new TextDecoder().decode(stdout).trim();
await Deno.writeTextFile(
  "bench/results/replay.md",
  `# Replayed frames

\`deno task bench:replay -- --seed ${seed} --exchanges ${exchanges}\`, commit ${commit}.

Not emitted: exchanges of which no head was left that could not have been part of a body, or none at
all. Vanished: heads that were read and are neither in an exchange nor in a count.

| case | exchanges | known | unknown | not emitted | mispaired | phantom | doubled | vanished | records lost | heads ambiguous | heads behind others |
| ---- | --------: | ----: | ------: | ----------: | --------: | ------: | ------: | -------: | -----------: | --------------: | ------------------: |
${rows.join("\n")}
`,
);
if (lies > 0) {
  console.error(`${lies} exchanges or heads are wrong: --seed ${seed} makes them again`);
  Deno.exit(1);
}
