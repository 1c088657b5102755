// Makes a table (DFA) of instructions over bytes by the subset construction, then the smallest one.
// Takes a ByteProgram, gives states over byte classes, or null where the table would be too large or
// the program has conditions that a table of this kind can't hold (line and word boundaries).

import type { ByteProgram } from "./byte_program.ts";
import { BEGIN_TEXT, END_TEXT } from "./layout.ts";

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
const TEXT_CONDITIONS = BEGIN_TEXT | END_TEXT;

/** Bytes that no instruction tells apart fall into one class. */
function byteClasses(program: ByteProgram): { classOf: Uint8Array; samples: number[] } {
  const begins = new Set([0]);
  for (const instruction of program.instructions) {
    if (instruction.kind !== "range") continue;
    begins.add(instruction.low);
    begins.add(instruction.high + 1);
  }
  const samples = [...begins].filter((byte) => byte < 256).sort((a, b) => a - b);
  const classOf = new Uint8Array(256);
  for (let index = 0; index < samples.length; index++) classOf.fill(index, samples[index]);
  return { classOf, samples };
}

/** What the construction may still spend is counted here, so that no pattern takes long. */
class Closure {
  readonly #program: ByteProgram;
  #steps: number;

  constructor(program: ByteProgram, maxSteps: number) {
    this.#program = program;
    this.#steps = maxSteps;
  }

  /** Whether that much work is left; takes it. */
  spend(steps: number): boolean {
    this.#steps -= steps;
    return this.#steps >= 0;
  }

  /**
   * The instructions that the given ones lead to without taking a byte, sorted; null when the work
   * is used up. `END_TEXT` waits in the set unless it is given.
   */
  of(starts: readonly number[], conditions: number): number[] | null {
    const seen = new Set<number>();
    const found: number[] = [];
    const pending = [...starts];
    while (pending.length > 0) {
      const at = pending.pop()!;
      if (seen.has(at)) continue;
      if (!this.spend(1)) return null;
      seen.add(at);
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
  readonly members: readonly number[];
  readonly isFirst: boolean;
}

/** Builds subsets until there are no new ones; null past a limit. */
function subsets(program: ByteProgram, samples: readonly number[], limits: TableLimits) {
  const closure = new Closure(program, limits.maxSteps);
  const known = new Map<string, number>();
  const states: Subset[] = [];
  const add = (members: readonly number[], isFirst: boolean): number => {
    const key = `${isFirst}${members.join()}`;
    let state = known.get(key);
    if (state === undefined) {
      known.set(key, state = states.length);
      states.push({ members, isFirst });
    }
    return state;
  };
  const dead = add([], false);
  const first = closure.of([program.start], BEGIN_TEXT);
  if (!first) return null;
  const start = add(first, true);
  const next: number[][] = [];
  const accepting: boolean[] = [];
  for (let state = 0; state < states.length; state++) {
    if (states.length > limits.maxStates) return null;
    const { members, isFirst } = states[state];
    if (!closure.spend(members.length * samples.length)) return null;
    const row: number[] = [];
    for (const byte of samples) {
      const outs: number[] = [];
      for (const member of members) {
        const instruction = program.instructions[member];
        if (instruction.kind !== "range") continue;
        if (instruction.low <= byte && byte <= instruction.high) outs.push(instruction.out);
      }
      const reached = outs.length === 0 ? [] : closure.of(outs, 0);
      if (!reached) return null;
      row.push(reached.length === 0 ? dead : add(reached, false));
    }
    const atEnd = closure.of(members, END_TEXT | (isFirst ? BEGIN_TEXT : 0));
    if (!atEnd) return null;
    next.push(row);
    accepting.push(atEnd.some((member) => program.instructions[member].kind === "match"));
  }
  return { next, accepting, start };
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

/**
 * Moore's refinement: states are one while no text tells them apart. It takes as many rounds as the
 * longest text that is needed for that; past MAX_ROUNDS the states stay as they are, which is right
 * as well, only larger.
 */
function equivalent(next: readonly number[][], accepting: readonly boolean[]): number[] {
  let { groups, count } = groupBy(accepting.map(String));
  for (let round = 0; round < MAX_ROUNDS; round++) {
    const keys = next.map((row, state) =>
      `${groups[state]}:${row.map((target) => groups[target]).join()}`
    );
    const refined = groupBy(keys);
    if (refined.count === count) return refined.groups;
    ({ groups, count } = refined);
  }
  return next.map((_, state) => state);
}

/** The smallest table for the program, or null. */
export function determinize(program: ByteProgram, limits: TableLimits): Table | null {
  const unfit = program.instructions.some((instruction) =>
    instruction.kind === "assert" && (instruction.mask & ~TEXT_CONDITIONS) !== 0
  );
  if (unfit) return null;
  const { classOf, samples } = byteClasses(program);
  const built = subsets(program, samples, limits);
  if (!built) return null;
  // State 0 comes first and so stays number 0: the dead state, with all that are as dead.
  const groups = equivalent(built.next, built.accepting);
  const count = Math.max(...groups) + 1;
  const rows: number[][] = new Array(count);
  const accepting: boolean[] = new Array(count);
  groups.forEach((group, state) => {
    rows[group] = built.next[state].map((target) => groups[target]);
    accepting[group] = built.accepting[state];
  });
  const columns = groupBy(samples.map((_, column) => rows.map((row) => row[column]).join()));
  const next = new Uint16Array(count * columns.count);
  rows.forEach((row, state) =>
    row.forEach((target, column) => {
      next[state * columns.count + columns.groups[column]] = target;
    })
  );
  return {
    classOf: classOf.map((column) => columns.groups[column]),
    classCount: columns.count,
    next,
    accepting,
    start: groups[built.start],
  };
}
