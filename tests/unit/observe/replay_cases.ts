// What is replayed against the observer: how much of it must at least be known, and how far at most the
// number of exchanges that were told of may be from the truth.

import type { Replay, ReplayOptions } from "./frame_replay.ts";

export interface ReplayCase
  extends Pick<ReplayOptions, "isPlain" | "depth" | "dropEvery" | "isShown"> {
  readonly name: string;
  /** Of all exchanges, at least so many are known. */
  readonly leastKnown: number;
  /**
   * Of all exchanges, so many at most are missed although a head of theirs was read, and so many told
   * of twice: both can only be where what looks like a head may be none, or whose it is is not known.
   */
  readonly mostAstray: number;
}

export const REPLAY_CASES: readonly ReplayCase[] = [
  {
    name: "plain, one outstanding",
    isPlain: true,
    depth: 1,
    dropEvery: 0,
    leastKnown: 1,
    mostAstray: 0,
  },
  {
    name: "plain, 1 in 10 lost",
    isPlain: true,
    depth: 1,
    dropEvery: 10,
    leastKnown: 0.7,
    mostAstray: 0.005,
  },
  {
    name: "plain, five outstanding",
    isPlain: true,
    depth: 5,
    dropEvery: 0,
    leastKnown: 1,
    mostAstray: 0,
  },
  {
    name: "awkward, one outstanding",
    isPlain: false,
    depth: 1,
    dropEvery: 0,
    leastKnown: 0.94,
    mostAstray: 0.005,
  },
  {
    name: "awkward, 1 in 10 lost",
    isPlain: false,
    depth: 1,
    dropEvery: 10,
    leastKnown: 0.45,
    mostAstray: 0.02,
  },
  {
    name: "awkward, five outstanding, all shown",
    isPlain: false,
    isShown: true,
    depth: 5,
    dropEvery: 0,
    leastKnown: 0.95,
    mostAstray: 0.02,
  },
  {
    name: "awkward, five outstanding",
    isPlain: false,
    depth: 5,
    dropEvery: 0,
    leastKnown: 0.03,
    mostAstray: 0.03,
  },
  {
    name: "awkward, five, 1 in 10 lost",
    isPlain: false,
    depth: 5,
    dropEvery: 10,
    leastKnown: 0,
    mostAstray: 0.2,
  },
];

/** Exchanges and heads about which the observer told something that is not so. */
export function liesOf(replay: Replay): number {
  const { mispaired, phantoms, doubled, heads, headsInExchanges, headsLeftOut } = replay;
  return mispaired + phantoms + doubled + Math.abs(heads - headsInExchanges - headsLeftOut);
}
