// The loader's frames, made up with the truth beside them, through decoder, head reader and pairing.
// Invariants: a known exchange is a true one; nothing that is not an exchange is emitted; each is
// emitted once; each head that was read is in an exchange or in a count, and what is missing was lost.

import { assertEquals } from "../../assert.ts";
import { FrameReplay, type Replay } from "./frame_replay.ts";
import { REPLAY_CASES } from "./replay_cases.ts";

/** REPLAY_EXCHANGES=1000000 plays a million a test; REPLAY_SEED plays others. */
const EXCHANGES = Number(Deno.env.get("REPLAY_EXCHANGES") ?? 12_000);
const SEED = Number(Deno.env.get("REPLAY_SEED") ?? 2);

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

for (const { name, leastKnown, ...options } of REPLAY_CASES) {
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
