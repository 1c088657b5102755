// Turns instructions over code points into instructions over UTF-8 bytes, with common prefixes and
// suffixes of encodings shared. Takes a RuneProgram, gives a ByteProgram of bounded size.

import type { RuneInstruction, RuneProgram } from "./rune_program.ts";
import { type ByteRange, utf8Sequences } from "./utf8_ranges.ts";

export type ByteInstruction =
  | { readonly kind: "range"; readonly low: number; readonly high: number; readonly out: number }
  | { readonly kind: "split"; readonly out: number; readonly other: number }
  | { readonly kind: "assert"; readonly mask: number; readonly out: number }
  | { readonly kind: "match" }
  | { readonly kind: "fail" };

export interface ByteProgram {
  readonly instructions: readonly ByteInstruction[];
  readonly start: number;
}

/** Thrown when a program outgrows its limit; the compiler turns it into a refusal. */
export class TooLarge extends Error {}

type Shared = Extract<ByteInstruction, { kind: "range" | "split" }>;

/** A number of 33 bits: an instruction's place has 16 of them, since a program is far shorter. */
function keyOf(instruction: Shared): number {
  return instruction.kind === "range"
    ? (instruction.low * 256 + instruction.high) * 0x10000 + instruction.out
    : 0x100000000 + instruction.out * 0x10000 + instruction.other;
}

class Builder {
  readonly #instructions: (ByteInstruction | { kind: "skip"; out: number })[] = [];
  readonly #shared = new Map<number, number>();
  readonly #limit: number;

  constructor(limit: number) {
    this.#limit = limit;
  }

  add(instruction: ByteInstruction | { kind: "skip"; out: number }): number {
    if (this.#instructions.length >= this.#limit) throw new TooLarge();
    this.#instructions.push(instruction);
    return this.#instructions.length - 1;
  }

  set(at: number, instruction: ByteInstruction | { kind: "skip"; out: number }): void {
    this.#instructions[at] = instruction;
  }

  /** One instruction for all that are equal. */
  #share(instruction: Shared): number {
    const key = keyOf(instruction);
    const known = this.#shared.get(key);
    if (known !== undefined) return known;
    const at = this.add(instruction);
    this.#shared.set(key, at);
    return at;
  }

  /** Code that takes any of the sequences and goes on at `out`. */
  alternatives(sequences: readonly (readonly ByteRange[])[], out: number): number {
    if (sequences.length === 1 && sequences[0].length === 1) {
      return this.#share({ kind: "range", ...sequences[0][0], out });
    }
    const heads: { low: number; high: number; out: number }[] = [];
    for (let at = 0; at < sequences.length;) {
      const { low, high } = sequences[at][0];
      let end = at;
      while (end < sequences.length && sequences[end][0].low === low) end++;
      const tails = sequences.slice(at, end).map((sequence) => sequence.slice(1));
      const next = tails[0].length === 0 ? out : this.alternatives(tails, out);
      const last = heads[heads.length - 1];
      if (last && last.out === next && last.high === low - 1) last.high = high;
      else heads.push({ low, high, out: next });
      at = end;
    }
    const ranges = heads.map((head) => this.#share({ kind: "range", ...head }));
    return ranges.reduceRight((other, range) => this.#share({ kind: "split", out: range, other }));
  }

  finish(start: number): ByteProgram {
    return compact(this.#instructions, start);
  }
}

/** Drops instructions that only lead on, and what can't be reached. */
function compact(
  all: readonly (ByteInstruction | { kind: "skip"; out: number })[],
  start: number,
): ByteProgram {
  const target = (at: number): number => {
    // A loop of skips alone takes nothing and matches nothing: it can't come out of a pattern.
    for (let steps = 0; steps <= all.length; steps++) {
      const instruction = all[at];
      if (instruction.kind !== "skip") return at;
      at = instruction.out;
    }
    throw new TooLarge();
  };
  const order: number[] = [];
  const numbers = new Map<number, number>();
  const number = (at: number): number => {
    const real = target(at);
    let known = numbers.get(real);
    if (known === undefined) {
      numbers.set(real, known = order.length);
      order.push(real);
    }
    return known;
  };
  number(start);
  const instructions: ByteInstruction[] = [];
  for (let at = 0; at < order.length; at++) {
    const instruction = all[order[at]] as ByteInstruction;
    if (instruction.kind === "match" || instruction.kind === "fail") instructions.push(instruction);
    else if (instruction.kind === "split") {
      const out = number(instruction.out);
      instructions.push({ kind: "split", out, other: number(instruction.other) });
    } else instructions.push({ ...instruction, out: number(instruction.out) });
  }
  return { instructions, start: 0 };
}

/** Sorted, without overlaps and gaps of nothing: neighbours become one range. */
function merged(ranges: readonly (readonly [number, number])[]): [number, number][] {
  const out: [number, number][] = [];
  for (const [first, last] of [...ranges].sort((a, b) => a[0] - b[0])) {
    const previous = out[out.length - 1];
    if (previous && first <= previous[1] + 1) previous[1] = Math.max(previous[1], last);
    else out.push([first, last]);
  }
  return out;
}

const LAST_ASCII = 0x7f;

type Ranges = readonly (readonly [number, number])[];

/** The sequences of each class of one program: patterns say the same class again and again. */
class Sequences {
  readonly #known = new Map<string, readonly (readonly ByteRange[])[]>();

  of(ranges: Ranges): readonly (readonly ByteRange[])[] {
    // Most are a letter each: they are made faster than remembered.
    if (ranges.length === 1 && ranges[0][1] <= LAST_ASCII) {
      return [[{ low: ranges[0][0], high: ranges[0][1] }]];
    }
    const key = ranges.join();
    let known = this.#known.get(key);
    if (known === undefined) {
      known = merged(ranges).flatMap(([first, last]) => utf8Sequences(first, last));
      this.#known.set(key, known);
    }
    return known;
  }
}

function fill(
  { builder, sequences }: { builder: Builder; sequences: Sequences },
  at: number,
  instruction: RuneInstruction,
): void {
  if (instruction.kind !== "runes") {
    builder.set(at, instruction);
    return;
  }
  const { ranges, out } = instruction;
  const found = sequences.of(ranges);
  if (found.length === 0) builder.set(at, { kind: "fail" });
  else builder.set(at, { kind: "skip", out: builder.alternatives(found, out) });
}

/** The same language over bytes; throws TooLarge past `limit` instructions. */
export function toByteProgram(program: RuneProgram, limit: number): ByteProgram {
  const builder = new Builder(limit);
  // One place for each code-point instruction first, so that loops have somewhere to lead to.
  for (const _ of program.instructions) builder.add({ kind: "fail" });
  const into = { builder, sequences: new Sequences() };
  program.instructions.forEach((instruction, at) => fill(into, at, instruction));
  return builder.finish(program.start);
}
