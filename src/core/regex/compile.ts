// Compiles a regular expression in RE2 syntax to the bytes that the core runs (layout.ts).
// Takes a pattern, gives a program or a refusal with its reason. The whole text must match, as Envoy
// and the other implementations of the Gateway API do it. Time and size are bounded.

import { type ByteProgram, toByteProgram, TooLarge } from "./byte_program.ts";
import { determinize, type Table } from "./determinize.ts";
import * as layout from "./layout.ts";
import { compileRunes, type RuneProgram } from "./rune_program.ts";

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

const TABLE_LIMITS = { maxStates: 2048, maxSteps: 2_000_000 };

function writeHeader(
  view: DataView,
  parts: { kind: number; count: number; start: number; classes: number },
): void {
  view.setUint32(0, layout.MAGIC, true);
  view.setUint16(4, parts.kind, true);
  view.setUint16(6, parts.count, true);
  view.setUint16(8, parts.start, true);
  view.setUint16(10, parts.classes, true);
  view.setUint32(12, view.byteLength, true);
}

/** Null where it would be larger than a table may be. */
function writeTable(table: Table): Uint8Array<ArrayBuffer> | null {
  const count = table.accepting.length;
  const transitions = layout.transitionsOffset(count);
  const length = transitions + table.next.length * 2;
  if (length > layout.MAX_TABLE_BYTES) return null;
  const bytes = new Uint8Array(length);
  const view = new DataView(bytes.buffer);
  const { start, classCount: classes } = table;
  writeHeader(view, { kind: layout.KIND_TABLE, count, start, classes });
  bytes.set(table.classOf, layout.HEADER_BYTES);
  const accept = layout.HEADER_BYTES + layout.CLASS_MAP_BYTES;
  table.accepting.forEach((accepts, state) => {
    if (accepts) bytes[accept + (state >> 3)] |= 1 << (state & 7);
  });
  table.next.forEach((state, index) => view.setUint16(transitions + index * 2, state, true));
  return bytes;
}

/** Null where the list would be longer than one may be. */
function writeList(program: ByteProgram): Uint8Array<ArrayBuffer> | null {
  const { instructions, start } = program;
  if (instructions.length > layout.MAX_LIST_INSTRUCTIONS) return null;
  const bytes = new Uint8Array(
    layout.HEADER_BYTES + instructions.length * layout.INSTRUCTION_BYTES,
  );
  const view = new DataView(bytes.buffer);
  writeHeader(view, { kind: layout.KIND_LIST, count: instructions.length, start, classes: 0 });
  instructions.forEach((instruction, index) => {
    const at = layout.HEADER_BYTES + index * layout.INSTRUCTION_BYTES;
    const write = (operation: number, a = 0, b = 0, next = 0, other = 0) => {
      bytes.set([operation, a, b, 0], at);
      view.setUint16(at + 4, next, true);
      view.setUint16(at + 6, other, true);
    };
    if (instruction.kind === "range") {
      write(layout.RANGE, instruction.low, instruction.high, instruction.out);
    } else if (instruction.kind === "split") {
      write(layout.SPLIT, 0, 0, instruction.out, instruction.other);
    } else if (instruction.kind === "assert") {
      write(layout.ASSERT, instruction.mask, 0, instruction.out);
    } else write(instruction.kind === "match" ? layout.MATCH : layout.FAIL);
  });
  return bytes;
}

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
  if (pattern.length > layout.MAX_PATTERN_LENGTH) {
    return {
      ok: false,
      reason: "too_large",
      message: `the regular expression is ${pattern.length} characters long: write at most ` +
        `${layout.MAX_PATTERN_LENGTH}`,
    };
  }
  const parsed = parse(pattern, options);
  if ("ok" in parsed) return parsed;
  let bytes: ByteProgram;
  try {
    bytes = toByteProgram(parsed, layout.MAX_BYTE_INSTRUCTIONS);
  } catch (error) {
    if (error instanceof TooLarge) return tooLarge();
    throw error;
  }
  const table = determinize(bytes, TABLE_LIMITS);
  const program = (table && writeTable(table)) ?? writeList(bytes);
  return program ? { ok: true, program } : tooLarge();
}
