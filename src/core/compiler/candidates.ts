// Candidates: one (rule, match) each, under one node of one host. Collected in the order of routes
// (age, name), then grouped, ranked by precedence, and indexed by the rarest condition of each.
// A node with one candidate needs no group.

import type { Fragment, IndexKey, MatchDigest } from "./fragment.ts";
import { IntList, powerOfTwoFor } from "./int_list.ts";
import { MATCH_SIZE } from "./layout.ts";

/** A group this small is tried one by one: an index would cost more than it saves. */
const PLAIN_GROUP_SIZE = 4;

interface Group {
  readonly fragments: Fragment[];
  readonly matches: number[];
}

export class Candidates {
  /** First (and often only) candidate by number: its fragment and match. */
  readonly #fragments: Fragment[] = [];
  readonly #matches = new IntList();
  readonly #groups: Group[] = [];
  /** 8 words per group, 2 per list entry, 4 per index slot: core.as/route/layout.ts. */
  readonly groups = new IntList();
  readonly lists = new IntList();
  readonly indexSlots = new IntList();

  reset(): void {
    this.#fragments.length = 0;
    this.#matches.length = 0;
    this.#groups.length = 0;
  }

  /**
   * Adds a candidate to those that `list` holds for `node`: 0 for none, n > 0 for the single
   * candidate n - 1, -n for group n - 1.
   */
  add(list: IntList, node: number, fragment: Fragment, match: number): void {
    const held = list.data[node];
    if (held === 0) {
      this.#fragments.push(fragment);
      this.#matches.push(match);
      list.data[node] = this.#fragments.length;
      return;
    }
    let group: Group;
    if (held > 0) {
      group = {
        fragments: [this.#fragments[held - 1]],
        matches: [this.#matches.data[held - 1]],
      };
      this.#groups.push(group);
      list.data[node] = -this.#groups.length;
    } else group = this.#groups[-held - 1];
    group.fragments.push(fragment);
    group.matches.push(match);
  }

  /** What a node record says of the candidates that a list holds for it. */
  reference(held: number): number {
    if (held === 0) return 0;
    if (held < 0) return -held << 1;
    const match = this.#matches.data[held - 1];
    return this.#fragments[held - 1].offset + match * MATCH_SIZE + 1;
  }

  /** Ranks all groups and lays out groups, lists and indexes; fragments must have their offsets. */
  layOut(): void {
    this.groups.resize(0);
    this.groups.resize(this.#groups.length * 8);
    this.lists.length = 0;
    this.indexSlots.length = 0;
    this.#groups.forEach((group, index) => this.#layOutGroup(index * 8, group));
  }

  #layOutGroup(record: number, { fragments, matches }: Group): void {
    const digests = fragments.map((fragment, i) => fragment.matches[matches[i]]);
    const offsets = fragments.map((fragment, i) => fragment.offset + matches[i] * MATCH_SIZE);
    const order = byPrecedence(digests);
    const { groups, lists } = this;
    groups.data[record] = lists.length / 2;
    const uses = order.length > PLAIN_GROUP_SIZE ? usesOf(digests) : undefined;
    const buckets = new Map<number, number[]>();
    order.forEach((candidate, rank) => {
      const key = uses && rarest(digests[candidate].keys, uses);
      if (!key) {
        lists.push(rank);
        lists.push(offsets[candidate]);
        return;
      }
      addName(groups, record + (key.kind === "header" ? 4 : 6), key.nameHash);
      const bucket = buckets.get(key.hash);
      if (bucket) bucket.push(rank, offsets[candidate]);
      else buckets.set(key.hash, [rank, offsets[candidate]]);
    });
    groups.data[record + 1] = lists.length / 2 - groups.data[record];
    if (buckets.size > 0) this.#layOutIndex(record, buckets);
  }

  /** Buckets hold (rank, offset) pairs. */
  #layOutIndex(record: number, buckets: ReadonlyMap<number, number[]>): void {
    const { groups, lists, indexSlots } = this;
    const capacity = powerOfTwoFor(buckets.size);
    const firstWord = indexSlots.length;
    groups.data[record + 2] = firstWord / 4;
    groups.data[record + 3] = capacity;
    indexSlots.resize(firstWord + capacity * 4);
    const placed: (number[] | undefined)[] = new Array(capacity);
    for (const [hash, bucket] of buckets) {
      let slot = hash & (capacity - 1);
      while (placed[slot]) slot = (slot + 1) & (capacity - 1);
      placed[slot] = bucket;
      indexSlots.data[firstWord + slot * 4] = hash;
    }
    for (let slot = 0; slot < capacity; slot++) {
      const bucket = placed[slot];
      if (!bucket) continue;
      const at = firstWord + slot * 4;
      indexSlots.data[at + 1] = bucket.length / 2;
      if (bucket.length === 2) {
        indexSlots.data[at + 2] = bucket[0];
        indexSlots.data[at + 3] = bucket[1];
        continue;
      }
      indexSlots.data[at + 2] = lists.length / 2;
      for (const word of bucket) lists.push(word);
    }
  }
}

/** Candidate numbers, the highest precedence first; equal ones stay in the order of routes. */
function byPrecedence(digests: readonly MatchDigest[]): number[] {
  const order = digests.map((_, i) => i);
  return order.sort((a, b) => digests[b].precedence - digests[a].precedence || a - b);
}

function usesOf(digests: readonly MatchDigest[]): Map<number, number> {
  const uses = new Map<number, number>();
  for (const { keys } of digests) {
    for (const { hash } of keys) uses.set(hash, (uses.get(hash) ?? 0) + 1);
  }
  return uses;
}

function rarest(
  keys: readonly IndexKey[],
  uses: ReadonlyMap<number, number>,
): IndexKey | undefined {
  let best: IndexKey | undefined;
  let least = Infinity;
  for (const key of keys) {
    const count = uses.get(key.hash)!;
    if (count < least) {
      least = count;
      best = key;
    }
  }
  return best;
}

/** Sets bit (name hash & 63) in the two words at `word`. */
function addName(groups: IntList, word: number, nameHash: number): void {
  const bit = nameHash & 63;
  groups.data[word + (bit >>> 5)] |= 1 << (bit & 31);
}
