// The loader's frames, made up with the truth beside them, through decoder, head reader and pairing.
// Invariants: a known exchange is a true one; nothing that is not an exchange is emitted; each is
// emitted once; each head that was read is in an exchange or in a count, and what is missing was lost.

import { assertEquals } from "../../assert.ts";
import { FrameReplay, type Replay, type ReplayOptions } from "./frame_replay.ts";

/** REPLAY_EXCHANGES=1000000 plays a million a test; REPLAY_SEED makes a run again. */
const EXCHANGES = Number(Deno.env.get("REPLAY_EXCHANGES") ?? 12_000);
const SEED = Number(Deno.env.get("REPLAY_SEED") ?? crypto.getRandomValues(new Uint32Array(1))[0]);

interface Case extends Pick<ReplayOptions, "isPlain" | "depth" | "dropEvery"> {
  readonly name: string;
  /** Of all exchanges, at least so many are known. */
  readonly leastKnown: number;
}

const CASES: readonly Case[] = [
  { name: "plain, one outstanding", isPlain: true, depth: 1, dropEvery: 0, leastKnown: 1 },
  { name: "plain, 1 in 10 lost", isPlain: true, depth: 1, dropEvery: 10, leastKnown: 0.7 },
  { name: "plain, five outstanding", isPlain: true, depth: 5, dropEvery: 0, leastKnown: 1 },
  { name: "awkward, one outstanding", isPlain: false, depth: 1, dropEvery: 0, leastKnown: 0.9 },
  { name: "awkward, 1 in 10 lost", isPlain: false, depth: 1, dropEvery: 10, leastKnown: 0.2 },
  { name: "awkward, five outstanding", isPlain: false, depth: 5, dropEvery: 0, leastKnown: 0.02 },
  { name: "awkward, five, 1 in 10 lost", isPlain: false, depth: 5, dropEvery: 10, leastKnown: 0 },
];

function assertHonest(replay: Replay): void {
  const words = JSON.stringify(replay);
  assertEquals([replay.mispaired, replay.phantoms, replay.doubled], [0, 0, 0], words);
  assertEquals(replay.headsInExchanges + replay.headsLeftOut, replay.heads, words);
  const { lost, ambiguous, unusable, late } = replay.counts;
  assertEquals(replay.unreadableHeads, unusable, words);
  assertEquals(lost <= replay.dropped, true, words);
  // An exchange that is not emitted has lost a head, or one of its heads could be part of a body.
  const excuses = replay.dropped + ambiguous + unusable + late;
  assertEquals(replay.notEmitted >= 0 && replay.notEmitted <= excuses, true, words);
}

for (const { name, leastKnown, ...options } of CASES) {
  for (const seed of [1, SEED]) {
    const title = seed === 1 ? "seed 1" : `REPLAY_SEED=${SEED}`;
    Deno.test(`replayed frames, ${name}: nothing wrong, nothing vanishes (${title})`, () => {
      const replay = new FrameReplay({ seed, exchanges: EXCHANGES, ...options }).run();
      assertHonest(replay);
      const share = replay.known / replay.exchanges;
      assertEquals(share >= leastKnown, true, `${share} known: ${JSON.stringify(replay)}`);
    });
  }
}
