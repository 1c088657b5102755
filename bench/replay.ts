// A million made-up exchanges of each kind as the loader's frames, through decoder, head reader and
// pairing, compared with the truth beside them. Takes [--exchanges N] [--seed N]; writes
// bench/results/replay.md; exits 1 where anything is mispaired, made up, told twice or vanished.

import { FrameReplay } from "../tests/unit/observe/frame_replay.ts";
import { liesOf, REPLAY_CASES } from "../tests/unit/observe/replay_cases.ts";

function option(name: string, otherwise: number): number {
  const at = Deno.args.indexOf(`--${name}`);
  return at < 0 ? otherwise : Number(Deno.args[at + 1]);
}

const exchanges = option("exchanges", 1_000_000);
const seed = option("seed", crypto.getRandomValues(new Uint32Array(1))[0]);
const rows: string[] = [];
let lies = 0;
for (const { name, ...options } of REPLAY_CASES) {
  const replay = new FrameReplay({ seed, exchanges, ...options }).run();
  lies += liesOf(replay);
  const share = (100 * replay.known / replay.exchanges).toFixed(1);
  const cells = [
    name,
    replay.exchanges,
    `${replay.known} (${share}%)`,
    replay.unknown,
    replay.unread,
    replay.missed,
    replay.twice,
    replay.lookalikes,
    replay.mispaired,
    replay.phantoms,
    replay.doubled,
    replay.heads - replay.headsInExchanges - replay.headsLeftOut,
    replay.dropped,
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

Known, unknown, unseen and missed are all exchanges. Unseen: no head of theirs began a segment that was
read. Missed: one did, and was taken for part of another exchange. Twice, and alike: unknown exchanges
beside these that say that they may be none (\`ambiguous\`): told of a second time, or of a body that
looks like a head. Mispaired, phantom, doubled: what is told of for certain and is not so. Vanished:
heads that were read and are neither in an exchange nor in a count. \`All shown\`: every head begins a
segment, lies within a capture and states its body's length.

| case | exchanges | known | unknown | unseen | missed | twice | alike | mispaired | phantom | doubled | vanished | records lost |
| ---- | --------: | ----: | ------: | -----: | -----: | ----: | ----: | --------: | ------: | ------: | -------: | -----------: |
${rows.join("\n")}
`,
);
if (lies > 0) {
  console.error(`${lies} exchanges or heads are wrong: --seed ${seed} makes them again`);
  Deno.exit(1);
}
