// What route regular expressions match, and that the TypeScript runner and the core agree.

import { RE2JS } from "re2js";
import { assertEquals } from "../../assert.ts";
import { compileRegex, forgetCompiled } from "../../../src/core/regex/compile.ts";
import { KIND_LIST, KIND_TABLE, MAX_PATTERN_LENGTH } from "../../../src/core/regex/layout.ts";
import { isValidProgram, regexMatches } from "../../../src/core/regex/run.ts";
import { coreMatches, coreValidates } from "./core.ts";

const encoder = new TextEncoder();

interface Case {
  readonly pattern: string;
  readonly yes: readonly string[];
  readonly no: readonly string[];
  readonly kind?: number;
  readonly caseInsensitive?: boolean;
}

const CASES: readonly Case[] = [
  { pattern: "/foo", yes: ["/foo"], no: ["/foo/", "x/foo", "/fo", ""] },
  { pattern: "/v[0-9]+/users", yes: ["/v1/users", "/v42/users"], no: ["/v/users", "/v1/users/7"] },
  { pattern: "a|ab", yes: ["a", "ab"], no: ["b", "aba"] },
  { pattern: "", yes: [""], no: ["a"] },
  { pattern: ".*", yes: ["", "abc", "é", "😀"], no: ["a\nb"] },
  { pattern: "(?s).*", yes: ["a\nb"], no: [] },
  { pattern: "^/a$", yes: ["/a"], no: ["/a\n", "b/a"] },
  { pattern: "\\A/a\\z", yes: ["/a"], no: ["/a\n"] },
  { pattern: "^$", yes: [""], no: ["a"] },
  { pattern: "$^", yes: [""], no: ["a"] },
  { pattern: "(?m)a$\n^b", yes: ["a\nb"], no: ["ab"] },
  { pattern: "\\bfoo\\b.*", yes: ["foo", "foo bar", "foo-"], no: ["foobar"], kind: KIND_TABLE },
  { pattern: "foo\\B.*", yes: ["foobar"], no: ["foo", "foo bar"], kind: KIND_TABLE },
  { pattern: "é\\bx", yes: ["éx"], no: ["ex"], kind: KIND_TABLE },
  { pattern: "é", yes: ["é"], no: ["e", "è", "\u0065\u0301"] },
  { pattern: "[à-ü]+", yes: ["éèü"], no: ["e", "ý"] },
  { pattern: "[^a]", yes: ["b", "é", "😀", "\u{10ffff}"], no: ["a", "bb", ""] },
  { pattern: ".", yes: ["a", "é", "€", "😀"], no: ["ab", "\n", ""] },
  { pattern: "(?i)Straße", yes: ["straße", "STRAßE", "straẞe"], no: ["strasse"] },
  { pattern: "(?i)k", yes: ["k", "K", "\u212a"], no: ["j"] },
  { pattern: "(?i)s", yes: ["s", "S", "\u017f"], no: [] },
  { pattern: "(?i)σ", yes: ["σ", "Σ", "ς"], no: ["s"] },
  { pattern: "k", caseInsensitive: true, yes: ["K"], no: [] },
  { pattern: "a{2,4}", yes: ["aa", "aaa", "aaaa"], no: ["a", "aaaaa"] },
  { pattern: "(?:ab){0}", yes: [""], no: ["ab"] },
  { pattern: "[[:alpha:]][[:digit:]]\\w\\s", yes: ["a1_ "], no: ["11_ ", "a1é "] },
  { pattern: "\\pL+", yes: ["aé漢ß"], no: ["1", "a1", ""], kind: KIND_TABLE },
  { pattern: "\\p{Greek}+", yes: ["αβγ"], no: ["abc"] },
  { pattern: "[^\\x00-\\x{10FFFF}]", yes: [], no: ["", "a"] },
  { pattern: "\\Qa.b\\E", yes: ["a.b"], no: ["axb"] },
  { pattern: "(a*)*", yes: ["", "aaa"], no: ["b"] },
  { pattern: "(|a)+b", yes: ["b", "aab"], no: ["a"] },
  { pattern: "(a|b)*a(a|b){12}", yes: ["abbbbbbbbbbbb"], no: ["bbbb"], kind: KIND_LIST },
  {
    pattern: "(?:\\b(a|b)*a(a|b){12}\\b\\s?)+",
    yes: ["abbbbbbbbbbbb", "abbbbbbbbbbbb bbabbbbbbbbbbbb"],
    no: ["bbbb", "abbbbbbbbbbbbbbabbbb bb"],
    kind: KIND_LIST,
  },
  { pattern: "(x+x+)+y", yes: ["xxxxxxy"], no: ["x".repeat(40)], kind: KIND_TABLE },
];

for (const { pattern, yes, no, kind, caseInsensitive } of CASES) {
  const name = caseInsensitive ? `${pattern} in any case` : pattern;
  Deno.test(`regular expression ${JSON.stringify(name)}`, () => {
    const compiled = compileRegex(pattern, { caseInsensitive });
    if (!compiled.ok) throw new Error(compiled.message);
    const { program } = compiled;
    assertEquals([isValidProgram(program), coreValidates(program)], [true, true]);
    if (kind !== undefined) assertEquals(new DataView(program.buffer).getUint16(4, true), kind);
    for (const text of [...yes, ...no]) {
      const subject = encoder.encode(text);
      const expected = yes.includes(text);
      assertEquals(RE2JS.compile(pattern, caseInsensitive ? 1 : 0).matches(text), expected, text);
      assertEquals(regexMatches(program, subject), expected, text);
      assertEquals(coreMatches(program, subject), expected, text);
    }
  });
}

Deno.test("bytes that are no UTF-8 match no character, as in Envoy's RE2", () => {
  for (const pattern of [".*", "(?s).*", "[^a]*", "\\b.*"]) {
    const compiled = compileRegex(pattern);
    if (!compiled.ok) throw new Error(compiled.message);
    const broken = [[0x80], [0xc3], [0xc0, 0x80], [0xed, 0xa0, 0x80], [0xf4, 0x90, 0x80, 0x80], [
      0xff,
    ]];
    for (const bytes of broken) {
      const subject = Uint8Array.from([0x62, ...bytes]);
      assertEquals(regexMatches(compiled.program, subject), false);
      assertEquals(coreMatches(compiled.program, subject), false);
    }
  }
});

const REFUSED: readonly (readonly [pattern: string, reason: string, message: RegExp])[] = [
  ["(", "invalid", /missing closing \).*write RE2 syntax/],
  ["[a", "invalid", /missing closing \]/],
  ["a**", "invalid", /invalid nested repetition operator/],
  ["(?=a)", "invalid", /no back references and no lookaround/],
  ["(?<=a)b", "invalid", /invalid/],
  ["(a)\\1", "invalid", /invalid escape sequence/],
  ["a{1001}", "invalid", /invalid repeat count/],
  ["(a{1000}){1000}", "invalid", /invalid repeat count/],
  ["\\", "invalid", /trailing backslash/],
  [".{1000}", "too_large", /write fewer and smaller repetitions/],
  ["\\pL{50}", "too_large", /write fewer and smaller repetitions/],
  ["a".repeat(MAX_PATTERN_LENGTH + 1), "too_large", /4097 characters long: write at most 4096/],
];

for (const [pattern, reason, message] of REFUSED) {
  Deno.test(`regular expression refused: ${pattern.slice(0, 20)}`, () => {
    const compiled = compileRegex(pattern);
    if (compiled.ok) throw new Error("was accepted");
    assertEquals(compiled.reason, reason);
    assertEquals(message.test(compiled.message), true, compiled.message);
  });
}

Deno.test("a pattern that was compiled is not compiled again, in either case", () => {
  const first = compileRegex("again[0-9]");
  assertEquals(compileRegex("again[0-9]") === first, true);
  assertEquals(compileRegex("again[0-9]", { caseInsensitive: true }) === first, false);
  const refused = compileRegex("(");
  assertEquals([refused.ok, compileRegex("(") === refused], [false, true]);
});

Deno.test("patterns of a large configuration are compiled once, and let go once its table is made", () => {
  // Some 12 MB of programs, judged one after the other and then compiled into a table in that order.
  const patterns = Array.from(
    { length: 6000 },
    (_, number) => `/api/v[0-9]+/service-${number}/users/[0-9a-f-]{36}`,
  );
  const judged = patterns.map((pattern) => compileRegex(pattern));
  assertEquals(patterns.every((pattern, at) => compileRegex(pattern) === judged[at]), true);
  forgetCompiled();
  assertEquals(compileRegex(patterns[5999]) === judged[5999], true, "the last ones stay");
  assertEquals(compileRegex(patterns[0]) === judged[0], false, "the first ones are let go");
});
