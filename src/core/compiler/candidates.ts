// Candidates: one (rule, match) each, under one node of one host. Collected in the order of routes
// (age, name), then grouped, ranked by precedence, and indexed by the rarest condition of each.
// A node with one candidate needs no group.

import { DIGEST, type Fragments } from "./fragments.ts";
import { IntList, powerOfTwoFor } from "./int_list.ts";
import { MATCH_SIZE } from "./layout.ts";

/** A group this small is tried one by one: an index would cost more than it saves. */
const PLAIN_GROUP_SIZE = 4;
const HEADER_KEY = 0;

/** A condition by which a candidate can be found; see IndexKey. */
interface Key {
  readonly kind: number;
  readonly nameHash: number;
  readonly hash: number;
}

export class Candidates {
  /** By candidate: its route, the number of its match, and where the match's digest lies. */
  readonly #routes = new IntList();
  readonly #matches = new IntList();
  readonly #digests = new IntList();
  /** The candidates of each group. */
  readonly #groups: number[][] = [];
  /** 8 words per group, 2 per list entry, 4 per index slot: core.as/route/layout.ts. */
  readonly groups = new IntList();
  readonly lists = new IntList();
  readonly indexSlots = new IntList();

  constructor(readonly fragments: Fragments) {}

  reset(): void {
    this.#routes.length = this.#matches.length = this.#digests.length = 0;
    this.#groups.length = 0;
  }

  /**
   * Adds match number `match` of a route, whose digest lies at `digest`, to those that `list` holds for
   * `node`: 0 for none, n > 0 for the single candidate n - 1, -n for group n - 1.
   */
  add(list: IntList, node: number, route: number, match: number, digest: number): void {
    const candidate = this.#routes.length;
    this.#routes.push(route);
    this.#matches.push(match);
    this.#digests.push(digest);
    const held = list.data[node];
    if (held === 0) {
      list.data[node] = candidate + 1;
    } else if (held > 0) {
      this.#groups.push([held - 1, candidate]);
      list.data[node] = -this.#groups.length;
    } else this.#groups[-held - 1].push(candidate);
  }

  /** What a node record says of the candidates that a list holds for it. */
  reference(held: number): number {
    if (held === 0) return 0;
    if (held < 0) return -held << 1;
    return this.#offsetOf(held - 1) + 1;
  }

  /** Ranks all groups and lays out groups, lists and indexes; routes must have their offsets. */
  layOut(): void {
    this.groups.resize(0);
    this.groups.resize(this.#groups.length * 8);
    this.lists.length = 0;
    this.indexSlots.length = 0;
    this.#groups.forEach((group, index) => this.#layOutGroup(index * 8, group));
  }

  #offsetOf(candidate: number): number {
    const route = this.#routes.data[candidate];
    return this.fragments.offsets.data[route] + this.#matches.data[candidate] * MATCH_SIZE;
  }

  #precedenceOf(candidate: number): number {
    return this.fragments.digests.data[this.#digests.data[candidate] + DIGEST.precedence];
  }

  #keysOf(candidate: number): Key[] {
    const digests = this.fragments.digests.data;
    const digest = this.#digests.data[candidate];
    const keys: Key[] = [];
    let at = digest + DIGEST.size + digests[digest + DIGEST.segments];
    for (let left = digests[digest + DIGEST.keys]; left > 0; left--, at += DIGEST.keySize) {
      keys.push({ kind: digests[at], nameHash: digests[at + 1], hash: digests[at + 2] });
    }
    return keys;
  }

  /** The highest precedence first; equal ones stay in the order of routes. */
  #ranked(candidates: readonly number[]): number[] {
    return [...candidates].sort((a, b) => this.#precedenceOf(b) - this.#precedenceOf(a) || a - b);
  }

  #layOutGroup(record: number, candidates: readonly number[]): void {
    const { groups, lists } = this;
    groups.data[record] = lists.length / 2;
    const isIndexed = candidates.length > PLAIN_GROUP_SIZE;
    const keys = new Map(isIndexed ? candidates.map((each) => [each, this.#keysOf(each)]) : []);
    const uses = usesOf(keys.values());
    const buckets = new Map<number, number[]>();
    this.#ranked(candidates).forEach((candidate, rank) => {
      const key = rarest(keys.get(candidate) ?? [], uses);
      const offset = this.#offsetOf(candidate);
      if (!key) {
        lists.push(rank);
        lists.push(offset);
        return;
      }
      addName(groups, record + (key.kind === HEADER_KEY ? 4 : 6), key.nameHash);
      const bucket = buckets.get(key.hash);
      if (bucket) bucket.push(rank, offset);
      else buckets.set(key.hash, [rank, offset]);
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

function usesOf(all: Iterable<readonly Key[]>): Map<number, number> {
  const uses = new Map<number, number>();
  for (const keys of all) {
    for (const { hash } of keys) uses.set(hash, (uses.get(hash) ?? 0) + 1);
  }
  return uses;
}

function rarest(keys: readonly Key[], uses: ReadonlyMap<number, number>): Key | undefined {
  let best: Key | undefined;
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
