// The loader's frames, made up with the truth beside them, through decoder, head reader and pairing.
// Invariants: a known exchange is a true one; what is told of without saying that it may be none is an
// exchange, and is told of once; each head that was read is in an exchange or in a count; known and
// unknown are all exchanges that were seen.

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
  const { lost, unusable } = replay.counts;
  assertEquals(replay.unreadableHeads, unusable, words);
  assertEquals(lost <= replay.dropped, true, words);
}

/** Known and unknown, but for what was told of twice, are all that was seen. */
function assertWhole(replay: Replay, mostAstray: number): void {
  const words = JSON.stringify(replay);
  const { known, unknown, exchanges, unread, missed, twice } = replay;
  assertEquals(known + unknown, exchanges - unread - missed, words);
  assertEquals(unread <= replay.dropped + replay.counts.coalesced, true, words);
  const most = mostAstray * exchanges;
  assertEquals([missed <= most, twice <= most], [true, true], words);
}

for (const { name, leastKnown, mostAstray, ...options } of REPLAY_CASES) {
  for (const seed of [1, SEED]) {
    const title = seed === 1 ? "seed 1" : `REPLAY_SEED=${SEED}`;
    Deno.test(`replayed frames, ${name}: nothing wrong, nothing vanishes (${title})`, () => {
      const replay = new FrameReplay({ seed, exchanges: EXCHANGES, ...options }).run();
      assertHonest(replay);
      assertWhole(replay, mostAstray);
      const share = replay.known / replay.exchanges;
      assertEquals(share >= leastKnown, true, `${share} known: ${JSON.stringify(replay)}`);
    });
  }
}
