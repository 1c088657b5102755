// Compiles a regular expression in RE2 syntax to the bytes that the core runs (layout.ts).
// Takes a pattern, gives a program or a refusal with its reason. The whole text must match, as Envoy
// and the other implementations of the Gateway API do it. Time and size are bounded.

import { type ByteProgram, toByteProgram, TooLarge } from "./byte_program.ts";
import { encodeList, encodeTable } from "./encode.ts";
import { MAX_BYTE_INSTRUCTIONS, MAX_PATTERN_LENGTH } from "./layout.ts";
import { minimize } from "./minimize.ts";
import { compileRunes, type RuneProgram } from "./rune_program.ts";
import { subsetsOf } from "./subsets.ts";

export type CompiledRegex =
  | { readonly ok: true; readonly program: Uint8Array<ArrayBuffer> }
  | {
    readonly ok: false;
    readonly reason: "invalid" | "too_large";
    /** What is wrong with the pattern and what to do, for a person. */
    readonly message: string;
  };

export interface RegexOptions {
  readonly caseInsensitive?: boolean;
}

const TABLE_LIMITS = { maxStates: 2048, maxSteps: 1_500_000 };

function tooLarge(): CompiledRegex {
  return {
    ok: false,
    reason: "too_large",
    message: "the regular expression is too large once compiled: write fewer and smaller " +
      "repetitions ({n,m}), alternatives or Unicode classes, or split it into several matches",
  };
}

function parse(pattern: string, options: RegexOptions): RuneProgram | CompiledRegex {
  try {
    return compileRunes(pattern, options.caseInsensitive ?? false);
  } catch (error) {
    const words = error instanceof Error ? error.message : String(error);
    return {
      ok: false,
      reason: "invalid",
      message: `${words.replace(/^error parsing regexp: /, "").slice(0, 300)}: write RE2 syntax ` +
        "(no back references and no lookaround)",
    };
  }
}

/**
 * Compiles `pattern`. The program matches a text as a whole: RE2's FullMatch, Envoy's safe_regex.
 * A table where one of at most MAX_TABLE_BYTES can be made, else a list of at most
 * MAX_LIST_INSTRUCTIONS, else a refusal.
 */
export function compileRegex(pattern: string, options: RegexOptions = {}): CompiledRegex {
  const id = `${options.caseInsensitive ?? false} ${pattern}`;
  const known = recent.get(id);
  if (known !== undefined) return known;
  const compiled = compileAfresh(pattern, options);
  remember(id, compiled);
  return compiled;
}

/** What is wrong with a pattern and what to do, or undefined where the core can run it. */
export function regexFault(pattern: string): string | undefined {
  const compiled = compileRegex(pattern);
  return compiled.ok ? undefined : compiled.message;
}

/**
 * What was compiled last, the oldest first: a pattern is judged first and compiled into the table
 * afterwards, and many routes have the same. Programs are never written to.
 */
const recent = new Map<string, CompiledRegex>();
let recentBytes = 0;
/** While a configuration is judged and its table made: some 15,000 everyday patterns. */
const MAX_RECENT_BYTES = 32 * 1024 * 1024;
/** From one configuration to the next. */
const KEPT_RECENT_BYTES = 1024 * 1024;

function sizeOf(id: string, compiled: CompiledRegex): number {
  return 2 * id.length + (compiled.ok ? compiled.program.length : 2 * compiled.message.length) +
    256;
}

function remember(id: string, compiled: CompiledRegex): void {
  recent.set(id, compiled);
  recentBytes += sizeOf(id, compiled);
  forgetDownTo(MAX_RECENT_BYTES);
}

/** Lets go of the oldest. */
function forgetDownTo(bytes: number): void {
  for (const [oldest, value] of recent) {
    if (recentBytes <= bytes) return;
    recent.delete(oldest);
    recentBytes -= sizeOf(oldest, value);
  }
}

/** Once a table is made its programs are in it: few of them are worth keeping. */
export function forgetCompiled(): void {
  forgetDownTo(KEPT_RECENT_BYTES);
}

/** As `compileRegex`, whatever was compiled before. */
export function compileAfresh(pattern: string, options: RegexOptions = {}): CompiledRegex {
  if (pattern.length > MAX_PATTERN_LENGTH) {
    return {
      ok: false,
      reason: "too_large",
      message: `the regular expression is ${pattern.length} characters long: write at most ` +
        `${MAX_PATTERN_LENGTH}`,
    };
  }
  const parsed = parse(pattern, options);
  if ("ok" in parsed) return parsed;
  let bytes: ByteProgram;
  try {
    bytes = toByteProgram(parsed, MAX_BYTE_INSTRUCTIONS);
  } catch (error) {
    if (error instanceof TooLarge) return tooLarge();
    throw error;
  }
  const states = subsetsOf(bytes, TABLE_LIMITS);
  const program = (states && encodeTable(minimize(states))) ?? encodeList(bytes);
  return program ? { ok: true, program } : tooLarge();
}
