// What is replayed against the observer, and how much of it must at least be known.

import type { ReplayOptions } from "./frame_replay.ts";

export interface ReplayCase extends Pick<ReplayOptions, "isPlain" | "depth" | "dropEvery" | "isShown"> {
  readonly name: string;
  /** Of all exchanges, at least so many are known. */
  readonly leastKnown: number;
}

export const REPLAY_CASES: readonly ReplayCase[] = [
  { name: "plain, one outstanding", isPlain: true, depth: 1, dropEvery: 0, leastKnown: 1 },
  { name: "plain, 1 in 10 lost", isPlain: true, depth: 1, dropEvery: 10, leastKnown: 0.7 },
  { name: "plain, five outstanding", isPlain: true, depth: 5, dropEvery: 0, leastKnown: 1 },
  { name: "awkward, one outstanding", isPlain: false, depth: 1, dropEvery: 0, leastKnown: 0.94 },
  { name: "awkward, 1 in 10 lost", isPlain: false, depth: 1, dropEvery: 10, leastKnown: 0.45 },
  {
    name: "awkward, five outstanding, all shown",
    isPlain: false,
    isShown: true,
    depth: 5,
    dropEvery: 0,
    leastKnown: 0.9,
  },
  { name: "awkward, five outstanding", isPlain: false, depth: 5, dropEvery: 0, leastKnown: 0.02 },
  { name: "awkward, five, 1 in 10 lost", isPlain: false, depth: 5, dropEvery: 10, leastKnown: 0 },
];
