// Makes a table (DFA) of instructions over bytes by the subset construction, then the smallest one.
// Takes a ByteProgram, gives states over byte classes, or null where the table would be too large.
// Conditions between bytes wait in a state until the next byte is seen, and are decided then.

import type { ByteProgram } from "./byte_program.ts";
import { CONDITION_EDGES, conditionsBetween, representative, TEXT_END } from "./conditions.ts";

export interface Table {
  /** Class of each byte. */
  readonly classOf: Uint8Array;
  readonly classCount: number;
  /** Next state by state * classCount + class; state 0 is dead. */
  readonly next: Uint16Array;
  readonly accepting: readonly boolean[];
  readonly start: number;
}

export interface TableLimits {
  readonly maxStates: number;
  /** Instructions looked at over the whole construction. */
  readonly maxSteps: number;
}

const MAX_ROUNDS = 64;
/** The state without members comes first. */
const DEAD = 0;

/** Bytes that neither an instruction nor a condition tells apart fall into one class. */
function byteClasses(program: ByteProgram): { classOf: Uint8Array; samples: number[] } {
  const begins = new Set([0]);
  for (const instruction of program.instructions) {
    if (instruction.kind === "assert") { for (const edge of CONDITION_EDGES) begins.add(edge); }
    if (instruction.kind !== "range") continue;
    begins.add(instruction.low);
    begins.add(instruction.high + 1);
  }
  const samples = [...begins].filter((byte) => byte < 256).sort((a, b) => a - b);
  const classOf = new Uint8Array(256);
  for (let index = 0; index < samples.length; index++) classOf.fill(index, samples[index]);
  return { classOf, samples };
}

/** A string for a list of numbers under 65,536 that equals another's only where the lists do. */
function keyOf(numbers: readonly number[]): string {
  return numbers.length < 4096 ? String.fromCharCode(...numbers) : numbers.join();
}

/** What the construction may still spend is counted here, so that no pattern takes long. */
class Closure {
  readonly #program: ByteProgram;
  /** The number of the call that saw each instruction last. */
  readonly #seen: Uint32Array;
  #call = 0;
  #steps: number;

  constructor(program: ByteProgram, maxSteps: number) {
    this.#program = program;
    this.#seen = new Uint32Array(program.instructions.length);
    this.#steps = maxSteps;
  }

  /** Whether that much work is left; takes it. */
  spend(steps: number): boolean {
    this.#steps -= steps;
    return this.#steps >= 0;
  }

  /**
   * The instructions that the given ones lead to without taking a byte, sorted; null when the work
   * is used up. An assertion that doesn't hold under the conditions stays in the set.
   */
  of(starts: readonly number[], conditions: number): number[] | null {
    const seen = this.#seen;
    const call = ++this.#call;
    const found: number[] = [];
    const pending = [...starts];
    while (pending.length > 0) {
      const at = pending.pop()!;
      if (seen[at] === call) continue;
      if (!this.spend(1)) return null;
      seen[at] = call;
      const instruction = this.#program.instructions[at];
      if (instruction.kind === "split") pending.push(instruction.other, instruction.out);
      else if (instruction.kind === "assert") {
        if ((instruction.mask & ~conditions) === 0) pending.push(instruction.out);
        else found.push(at);
      } else if (instruction.kind !== "fail") found.push(at);
    }
    return found.sort((a, b) => a - b);
  }
}

interface Subset {
  /** Before any condition is decided. */
  readonly members: readonly number[];
  /** The byte before, as far as conditions can tell; TEXT_END at the text's beginning. */
  readonly before: number;
}

interface Dfa {
  readonly next: number[][];
  readonly accepting: boolean[];
  readonly start: number;
}

/** The subset construction; `build` gives null past a limit. */
class Subsets {
  readonly #program: ByteProgram;
  readonly #closure: Closure;
  readonly #conditional: boolean;
  readonly #known = new Map<string, number>();
  readonly #states: Subset[] = [];

  constructor(program: ByteProgram, maxSteps: number) {
    this.#program = program;
    this.#closure = new Closure(program, maxSteps);
    this.#conditional = program.instructions.some(({ kind }) => kind === "assert");
  }

  #add(members: readonly number[], byteBefore: number): number {
    const before = this.#conditional && members.length > 0 ? representative(byteBefore) : 0;
    const key = `${before}:${keyOf(members)}`;
    let state = this.#known.get(key);
    if (state === undefined) {
      this.#known.set(key, state = this.#states.length);
      this.#states.push({ members, before });
    }
    return state;
  }

  /** The members once the byte after is known. */
  #decide({ members, before }: Subset, after: number): readonly number[] | null {
    if (!this.#conditional) return members;
    return this.#closure.of(members, conditionsBetween(before, after));
  }

  /** The next state, or null. `taken` keeps what the state's other bytes have led to. */
  #step(subset: Subset, byte: number, taken: Map<string, number>): number | null {
    const decided = this.#decide(subset, byte);
    if (!decided || !this.#closure.spend(decided.length)) return null;
    const outs: number[] = [];
    for (const member of decided) {
      const instruction = this.#program.instructions[member];
      if (instruction.kind !== "range") continue;
      if (instruction.low <= byte && byte <= instruction.high) outs.push(instruction.out);
    }
    if (outs.length === 0) return DEAD;
    const key = keyOf(this.#conditional ? [representative(byte), ...outs] : outs);
    const known = taken.get(key);
    if (known !== undefined) return known;
    const reached = this.#closure.of(outs, 0);
    if (!reached) return null;
    const target = this.#add(reached, byte);
    taken.set(key, target);
    return target;
  }

  build(samples: readonly number[], maxStates: number): Dfa | null {
    this.#add([], 0);
    const first = this.#closure.of([this.#program.start], 0);
    if (!first) return null;
    const start = this.#add(first, TEXT_END);
    const next: number[][] = [];
    const accepting: boolean[] = [];
    for (let state = 0; state < this.#states.length; state++) {
      if (this.#states.length > maxStates) return null;
      const subset = this.#states[state];
      const row: number[] = [];
      const taken = new Map<string, number>();
      for (const byte of samples) {
        const target = this.#step(subset, byte, taken);
        if (target === null) return null;
        row.push(target);
      }
      const atEnd = this.#decide(subset, TEXT_END);
      if (!atEnd) return null;
      next.push(row);
      accepting.push(atEnd.some((member) => this.#program.instructions[member].kind === "match"));
    }
    return { next, accepting, start };
  }
}

/** Numbers equal keys alike, in order of appearance. */
function groupBy(keys: readonly string[]): { groups: number[]; count: number } {
  const numbers = new Map<string, number>();
  const groups = keys.map((key) => {
    let number = numbers.get(key);
    if (number === undefined) numbers.set(key, number = numbers.size);
    return number;
  });
  return { groups, count: numbers.size };
}

/** How many bytes each state is from an accepting one; -1 where none can be reached. */
function distances(next: readonly number[][], accepting: readonly boolean[]): number[] {
  const before: number[][] = next.map(() => []);
  next.forEach((row, state) => {
    for (const target of row) before[target].push(state);
  });
  const found: number[] = accepting.map((isAccepting) => isAccepting ? 0 : -1);
  const queue = accepting.flatMap((isAccepting, state) => isAccepting ? [state] : []);
  for (let at = 0; at < queue.length; at++) {
    for (const state of before[queue[at]]) {
      if (found[state] >= 0) continue;
      found[state] = found[queue[at]] + 1;
      queue.push(state);
    }
  }
  return found;
}

/**
 * Moore's refinement: states are one while no text tells them apart. States at different distances
 * from acceptance are told apart by a shortest text, so it begins there: long chains, which repetitions
 * make, then take a round or two instead of one for each link. Past MAX_ROUNDS the states stay as they
 * are, which is right as well, only larger.
 */
function equivalent(next: readonly number[][], accepting: readonly boolean[]): number[] {
  let { groups, count } = groupBy(distances(next, accepting).map(String));
  for (let round = 0; round < MAX_ROUNDS; round++) {
    const keys = next.map((row, state) =>
      keyOf([groups[state], ...row.map((target) => groups[target])])
    );
    const refined = groupBy(keys);
    if (refined.count === count) return refined.groups;
    ({ groups, count } = refined);
  }
  return next.map((_, state) => state);
}

/** Puts classes together that lead to the same states from everywhere. */
function mergeColumns(rows: readonly (readonly number[])[], classOf: Uint8Array) {
  const columns = groupBy(rows[0].map((_, column) => keyOf(rows.map((row) => row[column]))));
  const firsts = Array.from({ length: columns.count }, (_, group) => columns.groups.indexOf(group));
  return {
    rows: rows.map((row) => firsts.map((column) => row[column])),
    classOf: classOf.map((column) => columns.groups[column]),
  };
}

/** The smallest table for the program, or null. */
export function determinize(program: ByteProgram, limits: TableLimits): Table | null {
  const { classOf, samples } = byteClasses(program);
  const built = new Subsets(program, limits.maxSteps).build(samples, limits.maxStates);
  if (!built) return null;
  const narrow = mergeColumns(built.next, classOf);
  // State 0 comes first and so stays number 0: the dead state, with all that are as dead.
  const groups = equivalent(narrow.rows, built.accepting);
  const count = Math.max(...groups) + 1;
  const rows: number[][] = new Array(count);
  const accepting: boolean[] = new Array(count);
  groups.forEach((group, state) => {
    rows[group] ??= narrow.rows[state].map((target) => groups[target]);
    accepting[group] = built.accepting[state];
  });
  const merged = mergeColumns(rows, narrow.classOf);
  return {
    classOf: merged.classOf,
    classCount: merged.rows[0].length,
    next: Uint16Array.from(merged.rows.flat()),
    accepting,
    start: groups[built.start],
  };
}
