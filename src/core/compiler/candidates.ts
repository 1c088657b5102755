// Candidates: one (rule, match) each, under one node of one host. Collected in the order of routes
// (age, name), then grouped, ranked by precedence, and indexed by the rarest condition of each.

import type { Fragment, IndexKey } from "./fragment.ts";
import { IntList, powerOfTwoFor } from "./trie.ts";

/** A group this small is tried one by one: an index would cost more than it saves. */
const PLAIN_GROUP_SIZE = 4;

/** What the table says of one group; see core.as/route/layout.ts. */
export interface GroupRecords {
  /** 8 words per group. */
  readonly groups: IntList;
  readonly lists: IntList;
  /** 3 words per slot. */
  readonly indexSlots: IntList;
}

export class Candidates {
  readonly #group = new IntList();
  readonly #fragment = new IntList();
  readonly #match = new IntList();
  #groupCount = 0;
  /** Candidate numbers by rank, group after group. */
  readonly order = new IntList();
  readonly #starts = new IntList();

  reset(): void {
    this.#group.length = 0;
    this.#fragment.length = 0;
    this.#match.length = 0;
    this.#groupCount = 0;
  }

  get count(): number {
    return this.#group.length;
  }

  get groupCount(): number {
    return this.#groupCount;
  }

  /** Adds a candidate to the group that `list` holds for `node`, making the group if need be. */
  add(list: IntList, node: number, fragment: number, match: number): void {
    let group = list.data[node];
    if (group === 0) list.data[node] = group = ++this.#groupCount;
    this.#group.push(group - 1);
    this.#fragment.push(fragment);
    this.#match.push(match);
  }

  fragmentOf(candidate: number): number {
    return this.#fragment.data[candidate];
  }

  matchOf(candidate: number): number {
    return this.#match.data[candidate];
  }

  /** Ranks all candidates and lays out groups, lists and indexes. */
  layOut(fragments: readonly Fragment[], records: GroupRecords): void {
    this.#sortByGroup();
    records.groups.resize(0);
    records.groups.resize(this.#groupCount * 8);
    records.lists.length = 0;
    records.indexSlots.length = 0;
    for (let group = 0; group < this.#groupCount; group++) {
      const first = this.#starts.data[group];
      const end = this.#starts.data[group + 1];
      if (end - first > 1) this.#rank(first, end, fragments);
      if (end - first <= PLAIN_GROUP_SIZE) this.#layOutPlain(group, first, end, records);
      else this.#layOutIndexed(group, first, end, fragments, records);
    }
  }

  /** Counting sort: stable, so that routes stay in their order inside a group. */
  #sortByGroup(): void {
    const { data: group, length } = this.#group;
    this.#starts.length = 0;
    this.#starts.resize(this.#groupCount + 1);
    const starts = this.#starts.data;
    for (let i = 0; i < length; i++) starts[group[i] + 1]++;
    for (let i = 1; i <= this.#groupCount; i++) starts[i] += starts[i - 1];
    this.order.resize(length);
    const next = starts.slice(0, this.#groupCount);
    for (let i = 0; i < length; i++) this.order.data[next[group[i]]++] = i;
  }

  #rank(first: number, end: number, fragments: readonly Fragment[]): void {
    const order = this.order.data;
    const precedence = (candidate: number) =>
      fragments[this.#fragment.data[candidate]].matches[this.#match.data[candidate]].precedence;
    let isRanked = true;
    let last = precedence(order[first]);
    for (let i = first + 1; i < end && isRanked; i++) {
      const next = precedence(order[i]);
      isRanked = next <= last;
      last = next;
    }
    if (isRanked) return;
    order.subarray(first, end).sort((a, b) => precedence(b) - precedence(a) || a - b);
  }

  #layOutPlain(group: number, first: number, end: number, records: GroupRecords): void {
    const record = group * 8;
    records.groups.data[record] = records.lists.length;
    records.groups.data[record + 1] = end - first;
    for (let rank = first; rank < end; rank++) records.lists.push(rank);
  }

  #layOutIndexed(
    group: number,
    first: number,
    end: number,
    fragments: readonly Fragment[],
    records: GroupRecords,
  ): void {
    const keysOf = (rank: number): readonly IndexKey[] => {
      const candidate = this.order.data[rank];
      return fragments[this.#fragment.data[candidate]].matches[this.#match.data[candidate]].keys;
    };
    const uses = new Map<number, number>();
    for (let rank = first; rank < end; rank++) {
      for (const key of keysOf(rank)) uses.set(key.hash, (uses.get(key.hash) ?? 0) + 1);
    }
    const { groups, lists } = records;
    const record = group * 8;
    groups.data[record] = lists.length;
    const buckets = new Map<number, number[]>();
    for (let rank = first; rank < end; rank++) {
      const key = rarest(keysOf(rank), uses);
      if (!key) {
        lists.push(rank);
        continue;
      }
      addName(groups, record + (key.kind === "header" ? 4 : 6), key.nameHash);
      const bucket = buckets.get(key.hash);
      if (bucket) bucket.push(rank);
      else buckets.set(key.hash, [rank]);
    }
    groups.data[record + 1] = lists.length - groups.data[record];
    if (buckets.size > 0) layOutIndex(record, buckets, records);
  }
}

function rarest(keys: readonly IndexKey[], uses: Map<number, number>): IndexKey | undefined {
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

function layOutIndex(record: number, buckets: Map<number, number[]>, records: GroupRecords): void {
  const { groups, lists, indexSlots } = records;
  const capacity = powerOfTwoFor(buckets.size);
  const firstWord = indexSlots.length;
  groups.data[record + 2] = firstWord / 3;
  groups.data[record + 3] = capacity;
  indexSlots.resize(firstWord + capacity * 3);
  const placed: (number[] | undefined)[] = new Array(capacity);
  for (const [hash, bucket] of buckets) {
    let slot = hash & (capacity - 1);
    while (placed[slot]) slot = (slot + 1) & (capacity - 1);
    placed[slot] = bucket;
    indexSlots.data[firstWord + slot * 3] = hash;
  }
  for (let slot = 0; slot < capacity; slot++) {
    const bucket = placed[slot];
    if (!bucket) continue;
    indexSlots.data[firstWord + slot * 3 + 1] = lists.length;
    indexSlots.data[firstWord + slot * 3 + 2] = bucket.length;
    for (const rank of bucket) lists.push(rank);
  }
}
