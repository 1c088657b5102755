// The subset construction: states of a DFA from sets of instructions over bytes. Takes a ByteProgram,
// gives rows of next states over byte classes, or null where that would be too many or too much work.
// Conditions between bytes wait in a state until the next byte is seen, and are decided then.

import type { ByteProgram } from "./byte_program.ts";
import { CONDITION_EDGES, conditionsBetween, representative, TEXT_END } from "./conditions.ts";

/** States over classes of bytes; state 0 is dead. */
export interface Dfa {
  /** Class of each byte. */
  readonly classOf: Uint8Array;
  readonly classCount: number;
  /** Next state by state * classCount + class. */
  readonly next: Int32Array;
  /** 1 where the text may end in the state. */
  readonly accepting: Uint8Array;
  readonly start: number;
}

export interface TableLimits {
  readonly maxStates: number;
  /** Instructions looked at over the whole construction. */
  readonly maxSteps: number;
}

/** A string for a list of numbers under 65,536 that equals another's only where the lists do. */
function keyOf(numbers: readonly number[]): string {
  if (numbers.length === 1) return String.fromCharCode(numbers[0]);
  return numbers.length < 4096 ? String.fromCharCode(...numbers) : numbers.join();
}

function equal(a: readonly number[], b: readonly number[]): boolean {
  if (a.length !== b.length) return false;
  for (let at = 0; at < a.length; at++) if (a[at] !== b[at]) return false;
  return true;
}

/** Bytes that neither an instruction nor a condition tells apart fall into one class. */
function byteClasses({ instructions }: ByteProgram): { classOf: Uint8Array; samples: number[] } {
  const begins = new Uint8Array(257);
  begins[0] = 1;
  for (const instruction of instructions) {
    if (instruction.kind === "assert") { for (const edge of CONDITION_EDGES) begins[edge] = 1; }
    if (instruction.kind !== "range") continue;
    begins[instruction.low] = begins[instruction.high + 1] = 1;
  }
  const classOf = new Uint8Array(256);
  const samples: number[] = [];
  for (let byte = 0; byte < 256; byte++) {
    if (begins[byte] === 1) samples.push(byte);
    classOf[byte] = samples.length - 1;
  }
  return { classOf, samples };
}

function grown(words: Int32Array): Int32Array<ArrayBuffer> {
  const larger = new Int32Array(words.length * 2);
  larger.set(words);
  return larger;
}

interface Subset {
  /** Before any condition is decided. */
  readonly members: readonly number[];
  /** The byte before, as far as conditions can tell; TEXT_END at the text's beginning. */
  readonly before: number;
}

class Subsets {
  readonly #program: ByteProgram;
  readonly #conditional: boolean;
  readonly #classOf: Uint8Array;
  /** One byte of each class. */
  readonly #samples: readonly number[];
  /** Where each class leads from the state in hand, in instructions; those outside of `#touched` nowhere. */
  readonly #outs: number[][];
  #touched = { first: 0, last: -1 };
  readonly #known = new Map<string, number>();
  readonly #states: Subset[] = [];
  /** The number of the closure that saw each instruction last. */
  readonly #seen: Uint32Array;
  #closures = 0;
  #steps: number;

  constructor(program: ByteProgram, maxSteps: number) {
    this.#program = program;
    this.#conditional = program.instructions.some(({ kind }) => kind === "assert");
    const { classOf, samples } = byteClasses(program);
    this.#classOf = classOf;
    this.#samples = samples;
    this.#outs = samples.map(() => []);
    this.#seen = new Uint32Array(program.instructions.length);
    this.#steps = maxSteps;
  }

  /**
   * The instructions that the given ones lead to without taking a byte, sorted; null when the work
   * is used up. An assertion that doesn't hold under the conditions stays in the set.
   */
  #closure(starts: readonly number[], conditions: number): number[] | null {
    const { instructions } = this.#program;
    const seen = this.#seen;
    const call = ++this.#closures;
    const found: number[] = [];
    const pending = starts.slice();
    while (pending.length > 0) {
      const at = pending.pop()!;
      if (seen[at] === call) continue;
      if (--this.#steps < 0) return null;
      seen[at] = call;
      const instruction = instructions[at];
      if (instruction.kind === "range") found.push(at);
      else if (instruction.kind === "split") pending.push(instruction.other, instruction.out);
      else if (instruction.kind === "assert") {
        if ((instruction.mask & ~conditions) === 0) pending.push(instruction.out);
        else found.push(at);
      } else if (instruction.kind === "match") found.push(at);
    }
    return found.length > 1 ? found.sort((a, b) => a - b) : found;
  }

  #add(members: readonly number[], byteBefore: number): number {
    const before = this.#conditional && members.length > 0 ? representative(byteBefore) : 0;
    const key = this.#conditional ? `${before}:${keyOf(members)}` : keyOf(members);
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
    return this.#closure(members, conditionsBetween(before, after));
  }

  /** Notes where members lead in the classes from `first` to `last`. Whether work is left. */
  #lead(members: readonly number[], first: number, last: number): boolean {
    for (const member of members) {
      const instruction = this.#program.instructions[member];
      this.#steps--;
      if (instruction.kind !== "range") continue;
      const to = Math.min(this.#classOf[instruction.high], last);
      const from = Math.max(this.#classOf[instruction.low], first);
      if (from > to) continue;
      if (from < this.#touched.first) this.#touched.first = from;
      if (to > this.#touched.last) this.#touched.last = to;
      for (let column = from; column <= to; column++) this.#outs[column].push(instruction.out);
      this.#steps -= to - from;
    }
    return this.#steps >= 0;
  }

  /** Fills `#outs` for one state. */
  #leadAll(subset: Subset): boolean {
    const samples = this.#samples;
    const touched = this.#touched;
    for (let column = touched.first; column <= touched.last; column++) {
      this.#outs[column].length = 0;
    }
    touched.first = samples.length;
    touched.last = -1;
    if (!this.#conditional) return this.#lead(subset.members, 0, samples.length - 1);
    for (let first = 0; first < samples.length;) {
      // Neighbours under the same conditions are decided once.
      const conditions = conditionsBetween(subset.before, samples[first]);
      let last = first;
      while (
        last + 1 < samples.length &&
        conditionsBetween(subset.before, samples[last + 1]) === conditions
      ) last++;
      const decided = this.#closure(subset.members, conditions);
      if (!decided || !this.#lead(decided, first, last)) return false;
      first = last + 1;
    }
    return true;
  }

  /** The state that a class leads to, or null. `taken` keeps what the state's others have led to. */
  #target(column: number, taken: Map<string, number>): number | null {
    const outs = this.#outs[column];
    const before = this.#conditional ? representative(this.#samples[column]) : 0;
    const key = this.#conditional ? keyOf([before, ...outs]) : keyOf(outs);
    const known = taken.get(key);
    if (known !== undefined) return known;
    const reached = this.#closure(outs, 0);
    if (!reached) return null;
    const target = this.#add(reached, this.#samples[column]);
    taken.set(key, target);
    return target;
  }

  /** Writes where the state leads into `next`, which is 0 there, from `at`; false past a limit. */
  #writeRow(state: number, next: Int32Array, at: number): boolean {
    if (!this.#leadAll(this.#states[state])) return false;
    const { first, last } = this.#touched;
    const taken = new Map<string, number>();
    for (let column = first; column <= last; column++) {
      const outs = this.#outs[column];
      if (outs.length === 0) continue;
      // Most classes lead where their neighbour leads.
      if (!this.#conditional && column > first && equal(outs, this.#outs[column - 1])) {
        next[at + column] = next[at + column - 1];
        continue;
      }
      const target = this.#target(column, taken);
      if (target === null) return false;
      next[at + column] = target;
    }
    return true;
  }

  #accepts(members: readonly number[]): number {
    const { instructions } = this.#program;
    return members.some((member) => instructions[member].kind === "match") ? 1 : 0;
  }

  build(maxStates: number): Dfa | null {
    // State 0 is the one without members: it is dead, and what a row holds where nothing is written.
    this.#add([], 0);
    const first = this.#closure([this.#program.start], 0);
    if (!first) return null;
    const start = this.#add(first, TEXT_END);
    const width = this.#samples.length;
    let next = new Int32Array(64 * width);
    const accepting: number[] = [];
    for (let state = 0; state < this.#states.length; state++) {
      if (this.#states.length > maxStates) return null;
      if ((state + 1) * width > next.length) next = grown(next);
      if (!this.#writeRow(state, next, state * width)) return null;
      const atEnd = this.#decide(this.#states[state], TEXT_END);
      if (!atEnd) return null;
      accepting.push(this.#accepts(atEnd));
    }
    return {
      classOf: this.#classOf,
      classCount: this.#samples.length,
      next: next.slice(0, accepting.length * width),
      accepting: Uint8Array.from(accepting),
      start,
    };
  }
}

/** A DFA for the program; null past a limit. */
export function subsetsOf(program: ByteProgram, limits: TableLimits): Dfa | null {
  return new Subsets(program, limits.maxSteps).build(limits.maxStates);
}
