// Invariants: on every pattern that compiles and every text, the core, the TypeScript runner and
// re2js's full match say the same; bytes that pass validation are run without a trap and without a
// write outside of scratch; both validators agree; no pattern makes the compiler throw.

import { RE2JS } from "re2js";
import { assertEquals } from "../../assert.ts";
import fc from "../../property.ts";
import { toByteProgram } from "../../../src/core/regex/byte_program.ts";
import { compileRegex } from "../../../src/core/regex/compile.ts";
import { encodeList } from "../../../src/core/regex/encode.ts";
import {
  HEADER_BYTES,
  INSTRUCTION_BYTES,
  KIND_LIST,
  MAGIC,
} from "../../../src/core/regex/layout.ts";
import { compileRunes } from "../../../src/core/regex/rune_program.ts";
import { isValidProgram, regexMatches } from "../../../src/core/regex/run.ts";
import { coreMatches, coreValidates } from "./core.ts";

const encoder = new TextEncoder();

const atom = fc.constantFrom(
  "a",
  "b",
  "/",
  "é",
  "😀",
  ".",
  "\\d",
  "\\w",
  "\\W",
  "\\s",
  "[ab]",
  "[^a]",
  "[a-f0-9]",
  "[à-ü]",
  "[^/]",
  "\\b",
  "\\B",
  "^",
  "$",
  "(?i:k)",
  "(?s:.)",
  "(?m:^)",
  "(?m:$)",
  "(?i:é)",
  "\\n",
  "",
);
const repeat = fc.constantFrom("", "", "", "*", "+", "?", "*?", "{2}", "{1,3}", "{0,2}", "{2,}");

const { pattern } = fc.letrec<{ pattern: string }>((tie) => ({
  pattern: fc.oneof(
    { maxDepth: 4, withCrossShrink: true },
    fc.tuple(atom, repeat).map(([text, times]) => text === "" ? "" : `(?:${text})${times}`),
    fc.tuple(tie("pattern"), tie("pattern")).map(([a, b]) => `${a}${b}`),
    fc.tuple(tie("pattern"), tie("pattern")).map(([a, b]) => `(${a}|${b})`),
    fc.tuple(tie("pattern"), repeat).map(([a, times]) => `(?:${a})${times}`),
  ),
}));

const letters = fc.constantFrom(
  "a",
  "b",
  "f",
  "0",
  "_",
  "/",
  " ",
  "\n",
  "k",
  "K",
  "\u212a",
  "é",
  "É",
  "😀",
);
const text = fc.oneof(
  fc.array(letters, { maxLength: 12 }).map((parts) => parts.join("")),
  fc.string({ unit: "binary", maxLength: 8 }).map((one) => one.toWellFormed()),
);

Deno.test("core, runner and re2js agree on random patterns and texts", () => {
  fc.assert(
    fc.property(pattern, fc.array(text, { minLength: 1, maxLength: 6 }), (source, texts) => {
      const compiled = compileRegex(source);
      if (!compiled.ok) return;
      // Both forms, whichever the compiler chose.
      const list = encodeList(toByteProgram(compileRunes(source, false), 4096));
      const programs = list ? [compiled.program, list] : [compiled.program];
      for (const program of programs) {
        assertEquals([isValidProgram(program), coreValidates(program)], [true, true]);
      }
      const oracle = RE2JS.compile(source);
      for (const one of texts) {
        const expected = oracle.matches(one);
        const subject = encoder.encode(one);
        for (const program of programs) {
          assertEquals(regexMatches(program, subject), expected, `${source} on ${one}`);
          assertEquals(coreMatches(program, subject), expected, `${source} on ${one}`);
        }
      }
    }),
    { numRuns: 1500 },
  );
});

Deno.test("any text as a pattern is compiled or refused", () => {
  const source = fc.oneof(
    fc.string({ maxLength: 40 }),
    fc.string({ unit: "binary", maxLength: 20 }),
    fc.array(fc.constantFrom(..."()[]{}|*+?.\\^$a1,-:<>=!PiQE"), { maxLength: 24 })
      .map((parts) => parts.join("")),
  );
  fc.assert(
    fc.property(source, (one) => {
      const compiled = compileRegex(one);
      if (compiled.ok) assertEquals(coreValidates(compiled.program), true);
      else assertEquals(compiled.message.length > 0, true);
    }),
    { numRuns: 2000 },
  );
});

const samples = [
  "/foo/[a-z]+",
  "(?m:^)(a|b)*a(a|b){12}\\b.*",
  "(a|b)*a(a|b){12}",
  ".*",
  "(?i)straße",
]
  .map((source) => compileRegex(source))
  .flatMap((compiled) => compiled.ok ? [compiled.program] : []);

const damaged = fc.record({
  sample: fc.nat(samples.length - 1),
  edits: fc.array(fc.record({ at: fc.nat(), value: fc.nat(255) }), { minLength: 1, maxLength: 6 }),
  cut: fc.option(fc.nat(), { nil: undefined }),
}).map(({ sample, edits, cut }) => {
  const program = samples[sample].slice();
  for (const { at, value } of edits) program[at % program.length] = value;
  return cut === undefined ? program : program.slice(0, cut % (program.length + 1));
});

/** A list whose header is right and whose instructions are anything. */
const arbitraryList = fc.array(
  fc.tuple(fc.integer({ min: 1, max: 5 }), fc.nat(63), fc.nat(255), fc.nat(), fc.nat()),
  { minLength: 1, maxLength: 40 },
).map((rows) => {
  const program = new Uint8Array(HEADER_BYTES + rows.length * INSTRUCTION_BYTES);
  const view = new DataView(program.buffer);
  view.setUint32(0, MAGIC, true);
  view.setUint16(4, KIND_LIST, true);
  view.setUint16(6, rows.length, true);
  view.setUint32(12, program.length, true);
  rows.forEach(([operation, a, b, next, other], index) => {
    const at = HEADER_BYTES + index * INSTRUCTION_BYTES;
    program.set([operation, a, b, 0], at);
    view.setUint16(at + 4, next % rows.length, true);
    view.setUint16(at + 6, other % rows.length, true);
  });
  return program;
});

Deno.test("damaged and made-up programs are refused or run safely, the same by both", () => {
  const bytes = fc.oneof(damaged, arbitraryList, fc.uint8Array({ maxLength: 400 }));
  fc.assert(
    fc.property(bytes, fc.uint8Array({ maxLength: 24 }), (program, subject) => {
      const valid = isValidProgram(program);
      assertEquals(coreValidates(program), valid);
      if (valid) assertEquals(coreMatches(program, subject), regexMatches(program, subject));
    }),
    { numRuns: 5000 },
  );
});
