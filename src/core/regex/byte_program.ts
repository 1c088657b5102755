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

class Builder {
  readonly #instructions: (ByteInstruction | { kind: "skip"; out: number })[] = [];
  readonly #shared = new Map<string, number>();
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
  #share(instruction: ByteInstruction): number {
    const key = Object.values(instruction).join();
    const known = this.#shared.get(key);
    if (known !== undefined) return known;
    const at = this.add(instruction);
    this.#shared.set(key, at);
    return at;
  }

  /** Code that takes any of the sequences and goes on at `out`. */
  alternatives(sequences: readonly (readonly ByteRange[])[], out: number): number {
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

function fill(builder: Builder, at: number, instruction: RuneInstruction): void {
  if (instruction.kind !== "runes") {
    builder.set(at, instruction);
    return;
  }
  const sequences = merged(instruction.ranges)
    .flatMap(([first, last]) => utf8Sequences(first, last));
  if (sequences.length === 0) builder.set(at, { kind: "fail" });
  else builder.set(at, { kind: "skip", out: builder.alternatives(sequences, instruction.out) });
}

/** The same language over bytes; throws TooLarge past `limit` instructions. */
export function toByteProgram(program: RuneProgram, limit: number): ByteProgram {
  const builder = new Builder(limit);
  // One place for each code-point instruction first, so that loops have somewhere to lead to.
  for (const _ of program.instructions) builder.add({ kind: "fail" });
  program.instructions.forEach((instruction, at) => fill(builder, at, instruction));
  return builder.finish(program.start);
}
