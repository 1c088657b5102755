// The smallest DFA that takes the same texts: states and byte classes that nothing tells apart become
// one. Takes and gives a Dfa (subsets.ts). Time is bounded; what is left over is right, only larger.

import type { Dfa } from "./subsets.ts";

const MAX_ROUNDS = 64;

interface Groups {
  /** The group of each item, numbered in order of appearance. */
  readonly of: Int32Array;
  readonly count: number;
}

/** Which of `count` items of `width` words are equal; the items lie one after the other. */
function groupEqual(words: Int32Array, count: number, width: number): Groups {
  const of = new Int32Array(count);
  const firsts: number[] = [];
  let slots = 16;
  while (slots < count * 2) slots *= 2;
  /** The group that a hash leads to, plus one. */
  const table = new Int32Array(slots);
  for (let item = 0, from = 0; item < count; item++, from += width) {
    let hash = 0;
    for (let at = from; at < from + width; at++) hash = Math.imul(hash ^ words[at], 0x9e3779b1);
    let slot = (hash ^ (hash >>> 15)) & (slots - 1);
    for (;; slot = (slot + 1) & (slots - 1)) {
      const group = table[slot] - 1;
      if (group < 0) {
        firsts.push(item);
        table[slot] = firsts.length;
        of[item] = firsts.length - 1;
        break;
      }
      if (isSame(words, firsts[group] * width, from, width)) {
        of[item] = group;
        break;
      }
    }
  }
  return { of, count: firsts.length };
}

function isSame(words: Int32Array, left: number, right: number, width: number): boolean {
  for (let at = 0; at < width; at++) if (words[left + at] !== words[right + at]) return false;
  return true;
}

/** The first item of each group. */
function firstsOf({ of, count }: Groups): Int32Array {
  const firsts = new Int32Array(count);
  for (let item = of.length - 1; item >= 0; item--) firsts[of[item]] = item;
  return firsts;
}

/** Puts classes together that lead to the same states from everywhere. */
function mergeClasses(dfa: Dfa): Dfa {
  const { next, classCount } = dfa;
  const states = dfa.accepting.length;
  const columns = new Int32Array(next.length);
  for (let state = 0, at = 0; state < states; state++) {
    for (let column = 0; column < classCount; column++) {
      columns[column * states + state] = next[at++];
    }
  }
  const groups = groupEqual(columns, classCount, states);
  if (groups.count === classCount) return dfa;
  const narrow = new Int32Array(states * groups.count);
  firstsOf(groups).forEach((column, group) => {
    for (let state = 0; state < states; state++) {
      narrow[state * groups.count + group] = columns[column * states + state];
    }
  });
  const classOf = dfa.classOf.map((column) => groups.of[column]);
  return { ...dfa, classOf, classCount: groups.count, next: narrow };
}

/** How many bytes each state is from an accepting one; -1 where none can be reached. */
function distances({ next, accepting, classCount }: Dfa): Int32Array {
  const states = accepting.length;
  // The states that lead to each: those of state s are sources[from[s]] to sources[from[s + 1]].
  const from = new Int32Array(states + 2);
  for (const target of next) from[target + 2]++;
  for (let state = 2; state < from.length; state++) from[state] += from[state - 1];
  const sources = new Int32Array(next.length);
  for (let state = 0, at = 0; state < states; state++) {
    for (const end = at + classCount; at < end; at++) sources[from[next[at] + 1]++] = state;
  }
  const found = new Int32Array(states).fill(-1);
  const queue: number[] = [];
  accepting.forEach((accepts, state) => {
    if (accepts === 0) return;
    found[state] = 0;
    queue.push(state);
  });
  for (let head = 0; head < queue.length; head++) {
    const target = queue[head];
    for (let at = from[target]; at < from[target + 1]; at++) {
      if (found[sources[at]] >= 0) continue;
      found[sources[at]] = found[target] + 1;
      queue.push(sources[at]);
    }
  }
  return found;
}

/**
 * Moore's refinement: states are one while no text tells them apart. States at different distances
 * from acceptance are told apart by a shortest text, so it begins there: long chains, which repetitions
 * make, then take a round or two instead of one for each link. Undefined past MAX_ROUNDS.
 */
function equivalent(dfa: Dfa): Groups | undefined {
  const { next, classCount } = dfa;
  const states = dfa.accepting.length;
  let groups = groupEqual(distances(dfa), states, 1);
  const width = classCount + 1;
  const words = new Int32Array(states * width);
  for (let round = 0; round < MAX_ROUNDS; round++) {
    if (groups.count === states) return groups;
    for (let state = 0, at = 0, word = 0; state < states; state++) {
      words[word++] = groups.of[state];
      for (const end = at + classCount; at < end; at++) words[word++] = groups.of[next[at]];
    }
    const refined = groupEqual(words, states, width);
    if (refined.count === groups.count) return refined;
    groups = refined;
  }
  return undefined;
}

function mergeStates(dfa: Dfa): Dfa {
  const { classCount, accepting, next } = dfa;
  const groups = equivalent(dfa);
  // State 0 comes first and so stays number 0: the dead state, with all that are as dead.
  if (!groups || groups.count === accepting.length) return dfa;
  const rows = new Int32Array(groups.count * classCount);
  const accepts = new Uint8Array(groups.count);
  firstsOf(groups).forEach((state, group) => {
    accepts[group] = accepting[state];
    for (let column = 0; column < classCount; column++) {
      rows[group * classCount + column] = groups.of[next[state * classCount + column]];
    }
  });
  return { ...dfa, next: rows, accepting: accepts, start: groups.of[dfa.start] };
}

export function minimize(dfa: Dfa): Dfa {
  const merged = mergeStates(mergeClasses(dfa));
  return merged.accepting.length === dfa.accepting.length ? merged : mergeClasses(merged);
}
