// The instructions over code points that re2js compiles a pattern to: the one place that looks into
// that package, whose version is pinned. Takes a pattern in RE2 syntax, gives plain instructions or
// the parser's own words. Never runs the pattern.

import { RE2JS } from "re2js";

export type RuneInstruction =
  | { readonly kind: "split"; readonly out: number; readonly other: number }
  | { readonly kind: "skip"; readonly out: number }
  | { readonly kind: "assert"; readonly mask: number; readonly out: number }
  | {
    readonly kind: "runes";
    readonly ranges: readonly (readonly [number, number])[];
    readonly out: number;
  }
  | { readonly kind: "match" }
  | { readonly kind: "fail" };

export interface RuneProgram {
  readonly instructions: readonly RuneInstruction[];
  readonly start: number;
}

/** re2js's operation codes (its class Inst). */
const ALT = 1;
const ALT_MATCH = 2;
const CAPTURE = 3;
const EMPTY_WIDTH = 4;
const FAIL = 5;
const MATCH = 6;
const NOP = 7;
const RUNE = 8;
const RUNE_ANY_NOT_NEWLINE = 11;

const FOLD_CASE = 1;

interface PackageInstruction {
  readonly op: number;
  readonly out: number;
  readonly arg: number;
  readonly runes: ArrayLike<number>;
  matchRune(rune: number): boolean;
}

/** Code points that have another case, all that folding can lead to; made when first needed. */
let cased: number[] | undefined;

function casedCodePoints(): number[] {
  if (cased) return cased;
  cased = [];
  for (let rune = 0x80; rune <= 0x1e943; rune++) {
    if (rune === 0xd800) rune = 0xe000;
    const text = String.fromCodePoint(rune);
    if (text.toLowerCase() !== text || text.toUpperCase() !== text) cased.push(rune);
  }
  return cased;
}

/** What was found of folded code points: there are some 2,800 that have another case. */
const folds = new Map<number, [number, number][]>();

/** Every code point that one folded code point matches. */
function foldedRanges(instruction: PackageInstruction): [number, number][] {
  const known = folds.get(instruction.runes[0]);
  if (known) return known;
  const ranges: [number, number][] = [];
  for (let rune = 0; rune < 0x80; rune++) {
    if (instruction.matchRune(rune)) ranges.push([rune, rune]);
  }
  for (const rune of casedCodePoints()) {
    if (instruction.matchRune(rune)) ranges.push([rune, rune]);
  }
  folds.set(instruction.runes[0], ranges);
  return ranges;
}

function rangesOf(instruction: PackageInstruction): [number, number][] {
  const { runes, arg } = instruction;
  if (runes.length === 1) {
    return (arg & FOLD_CASE) === 0 ? [[runes[0], runes[0]]] : foldedRanges(instruction);
  }
  const ranges: [number, number][] = [];
  for (let at = 0; at + 1 < runes.length; at += 2) ranges.push([runes[at], runes[at + 1]]);
  return ranges;
}

function translate(instruction: PackageInstruction): RuneInstruction {
  const { op, out, arg } = instruction;
  if (op === ALT || op === ALT_MATCH) return { kind: "split", out, other: arg };
  if (op === CAPTURE || op === NOP) return { kind: "skip", out };
  if (op === EMPTY_WIDTH) return { kind: "assert", mask: arg, out };
  if (op === MATCH) return { kind: "match" };
  if (op === FAIL) return { kind: "fail" };
  if (op >= RUNE && op <= RUNE_ANY_NOT_NEWLINE) {
    return { kind: "runes", ranges: rangesOf(instruction), out };
  }
  throw new Error(`re2js compiled the pattern to an operation that is unknown here (${op})`);
}

/** Parses and compiles; throws the parser's error for a pattern that isn't RE2 syntax. */
export function compileRunes(pattern: string, caseInsensitive: boolean): RuneProgram {
  const flags = caseInsensitive ? RE2JS.CASE_INSENSITIVE : 0;
  const { inst, start } = RE2JS.compile(pattern, flags).re2Input.prog as {
    inst: PackageInstruction[];
    start: number;
  };
  return { instructions: inst.map(translate), start };
}
