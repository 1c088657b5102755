// `deno task bench:regex [--rounds N]`: what a regular expression costs to compile and to match, the
// hostile ones among them, in the core and beside it. Prints a Markdown page and writes it to
// bench/results/regex.md. Under a minute.

import { RE2JS } from "re2js";
import { compileAfresh } from "../../src/core/regex/compile.ts";
import { KIND_TABLE, SCRATCH_BYTES } from "../../src/core/regex/layout.ts";
import { instantiate } from "../../tests/wasm/compile.ts";
import { provenance } from "../proxy/machine.ts";
import { spreadOf, writeSpread } from "../proxy/statistics.ts";

const RESULT = "bench/results/regex.md";
const PROGRAM = 0x10000;
const SCRATCH = 0x30000;
const SUBJECT = 0x40000;
const LONG_BYTES = 64 * 1024;
/** V8 compiles the module anew while it runs, which takes its time on a busy machine. */
const WARM_UP_MS = 2000;

const roundsAt = Deno.args.indexOf("--rounds");
const rounds = roundsAt < 0 ? 5 : Number(Deno.args[roundsAt + 1]);
const { memory, call } = await instantiate("core.as/route/regex.ts", 32);
if (SCRATCH + SCRATCH_BYTES > SUBJECT) throw new Error("scratch runs into the subject");
const encoder = new TextEncoder();

interface Loaded {
  readonly kind: "table" | "list";
  readonly bytes: number;
  readonly match: () => number;
}

function load(pattern: string, subject: string): Loaded {
  const compiled = compileAfresh(pattern);
  if (!compiled.ok) throw new Error(`${pattern}: ${compiled.message}`);
  const { program } = compiled;
  new Uint8Array(memory.buffer, PROGRAM).set(program);
  const bytes = encoder.encode(subject);
  new Uint8Array(memory.buffer, SUBJECT).set(bytes);
  const kind = new DataView(program.buffer).getUint16(4, true) === KIND_TABLE ? "table" : "list";
  const match = () => call.regexMatch(PROGRAM, program.length, SUBJECT, bytes.length, SCRATCH);
  return { kind, bytes: program.length, match };
}

/** Nanoseconds a call, over rounds of about 20 ms. */
function nanoseconds(work: () => unknown): number[] {
  let repeats = 1;
  for (;;) {
    const startMs = performance.now();
    for (let index = 0; index < repeats; index++) work();
    if (performance.now() - startMs > 20 || repeats > 1e7) break;
    repeats *= 2;
  }
  return Array.from({ length: rounds }, () => {
    const startMs = performance.now();
    for (let index = 0; index < repeats; index++) work();
    return (performance.now() - startMs) * 1e6 / repeats;
  });
}

const EVERYDAY: readonly (readonly [pattern: string, subject: string])[] = [
  ["/api/v[0-9]+/users/[0-9a-f-]{36}", "/api/v2/users/123e4567-e89b-12d3-a456-426614174000"],
  ["/(?:cart|checkout|orders)(?:/.*)?", "/checkout/step/2/confirm"],
  ["(?i)mozilla/5\\.0 \\(.*(iphone|android).*", "Mozilla/5.0 (Linux; Android 14; Pixel 8) Gecko"],
  [".*\\bcanary\\b.*", "group=a; canary; region=eu"],
];

const warmUp = load(EVERYDAY[0][0], EVERYDAY[0][1]);
for (const startMs = performance.now(); performance.now() - startMs < WARM_UP_MS;) warmUp.match();

const everyday = EVERYDAY.map(([pattern, subject]) => {
  const loaded = load(pattern, subject);
  if (loaded.match() === 0) throw new Error(`${pattern} should match`);
  const core = spreadOf(nanoseconds(loaded.match));
  const oracle = RE2JS.compile(pattern);
  const re2js = spreadOf(nanoseconds(() => oracle.matches(subject)));
  return `| \`${pattern.replaceAll("|", "\\|")}\` | ${loaded.kind}, ${loaded.bytes} B | ` +
    `${writeSpread(core, 0)} | ${writeSpread(re2js, 0)} |`;
});

/** Subjects that drive a backtracking engine mad, 64 KiB long; none matches. */
const HOSTILE: readonly (readonly [pattern: string, unit: string, end: string])[] = [
  ["(x+x+)+y", "x", "!"],
  ["(a|a)*b", "a", "!"],
  ["([a-z]+)*\\d", "a", "!"],
  ["(.*)*(.*)*(.*)*é", "a", "!"],
  ["[ab]*a[ab]{240}c", "ab", "!"],
  ["(?:a?[ab]?){30}[ab]{60}[ab]*a[ab]{20}c", "ab", "!"],
  ["(?:(?:a?b?){40}[ab]*a[ab]{12})*c", "ab", "!"],
];

const hostile = HOSTILE.map(([pattern, unit, end]) => {
  const subject = unit.repeat(LONG_BYTES / unit.length - 1) + end;
  const loaded = load(pattern, subject);
  if (loaded.match() !== 0) throw new Error(`${pattern} should not match`);
  const spread = spreadOf(nanoseconds(loaded.match).map((ns) => ns / 1e6));
  return `| \`${pattern.replaceAll("|", "\\|")}\` | ${loaded.kind}, ${loaded.bytes} B | ` +
    `${writeSpread(spread, 2)} |`;
});

const COMPILED: readonly (readonly [name: string, pattern: string])[] = [
  ["an everyday path", EVERYDAY[0][0]],
  ["`\\pL+`", "\\pL+"],
  ["`.{250}`", ".{250}"],
  ["`(a|b)*a(a|b){12}`", "(a|b)*a(a|b){12}"],
  ["`(a|b)*a(a|b){200}`, a table of 2^200 states if there were one", "(a|b)*a(a|b){200}"],
  ["`((a{0,9}){0,9}){0,9}`", "((a{0,9}){0,9}){0,9}"],
  ["`\\pL{50}`", "\\pL{50}"],
  ["3,681 folded letters", `(?i)${"éàüöñçšžőę".repeat(409)}`],
  ["1,300 alternatives", Array.from({ length: 1300 }, (_, index) => index.toString(36)).join("|")],
  ["900 nested groups", "(".repeat(900) + "a" + ")*".repeat(900)],
  ["1,365 stars", "a*".repeat(1365)],
];

const compiling = COMPILED.map(([name, pattern]) => {
  const outcome = compileAfresh(pattern);
  const times = Array.from({ length: rounds }, () => {
    const startMs = performance.now();
    compileAfresh(pattern);
    return performance.now() - startMs;
  });
  const what = outcome.ok ? `${outcome.program.length} B` : `refused, ${outcome.reason}`;
  return `| ${name.replaceAll("|", "\\|")} | ${what} | ${writeSpread(spreadOf(times), 1)} |`;
});

const from = await provenance("deno task bench:regex");
const page = [
  "# Regular expressions",
  "",
  `${from.date}, commit ${from.commit}, ${from.cpu}, ${from.cores} cores, Linux ${from.kernel}, ` +
  `Deno ${from.deno}, load ${from.loadAverage}; \`${from.command}\`, ${rounds} rounds, ` +
  "median [range].",
  "",
  "| everyday pattern | program | core, ns a match | re2js, ns a match |",
  "|---|---|---|---|",
  ...everyday,
  "",
  "| hostile pattern, 64 KiB of hostile subject | program | core, ms a match |",
  "|---|---|---|",
  ...hostile,
  "",
  "| compiling | outcome | ms |",
  "|---|---|---|",
  ...compiling,
  "",
].join("\n");
await Deno.mkdir("bench/results", { recursive: true });
await Deno.writeTextFile(RESULT, page);
console.log(page);
