// Runs compiled regular expressions (layout.ts) in TypeScript: what core.as/route/regex.ts does,
// written to be read, for tests and for tools outside the core. Linear in the subject's length.

import { conditionsBetween, TEXT_END } from "./conditions.ts";
import * as layout from "./layout.ts";

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

function isValidTable(program: Uint8Array, view: DataView): boolean {
  const count = view.getUint16(6, true);
  const classes = view.getUint16(10, true);
  const transitions = layout.transitionsOffset(count);
  if (classes === 0 || classes > 256) return false;
  if (program.length !== transitions + count * classes * 2) return false;
  for (let byte = 0; byte < 256; byte++) {
    if (program[layout.HEADER_BYTES + byte] >= classes) return false;
  }
  for (let at = transitions; at < program.length; at += 2) {
    if (view.getUint16(at, true) >= count) return false;
  }
  return true;
}

function isValidList(program: Uint8Array, view: DataView): boolean {
  const count = view.getUint16(6, true);
  if (count > layout.MAX_LIST_INSTRUCTIONS || view.getUint16(10, true) !== 0) return false;
  if (program.length !== layout.HEADER_BYTES + count * layout.INSTRUCTION_BYTES) return false;
  for (let at = layout.HEADER_BYTES; at < program.length; at += layout.INSTRUCTION_BYTES) {
    const operation = program[at];
    if (operation < layout.RANGE || operation > layout.FAIL) return false;
    if (operation === layout.ASSERT && program[at + 1] > layout.ALL_CONDITIONS) return false;
    if (view.getUint16(at + 4, true) >= count || view.getUint16(at + 6, true) >= count) {
      return false;
    }
  }
  return true;
}

/** Whether the bytes are a program that can be run without reading outside of it. */
export function isValidProgram(program: Uint8Array): boolean {
  if (program.length < layout.HEADER_BYTES || program.length > layout.MAX_TABLE_BYTES) return false;
  const view = viewOf(program);
  const count = view.getUint16(6, true);
  if (view.getUint32(0, true) !== layout.MAGIC || view.getUint32(12, true) !== program.length) {
    return false;
  }
  if (count === 0 || view.getUint16(8, true) >= count) return false;
  const kind = view.getUint16(4, true);
  if (kind === layout.KIND_TABLE) return isValidTable(program, view);
  return kind === layout.KIND_LIST && isValidList(program, view);
}

function runTable(program: Uint8Array, view: DataView, subject: Uint8Array): boolean {
  const count = view.getUint16(6, true);
  const classes = view.getUint16(10, true);
  const transitions = layout.transitionsOffset(count);
  let state = view.getUint16(8, true);
  for (const byte of subject) {
    const column = program[layout.HEADER_BYTES + byte];
    state = view.getUint16(transitions + (state * classes + column) * 2, true);
    if (state === 0) return false;
  }
  const accept = layout.HEADER_BYTES + layout.CLASS_MAP_BYTES;
  return (program[accept + (state >> 3)] >> (state & 7) & 1) === 1;
}

function runList(program: Uint8Array, view: DataView, subject: Uint8Array): boolean {
  const offset = (instruction: number) =>
    layout.HEADER_BYTES + instruction * layout.INSTRUCTION_BYTES;
  /** Adds everything that `start` leads to without taking a byte. */
  const follow = (start: number, conditions: number, into: Set<number>) => {
    const pending = [start];
    while (pending.length > 0) {
      const instruction = pending.pop()!;
      if (into.has(instruction)) continue;
      into.add(instruction);
      const at = offset(instruction);
      if (program[at] === layout.SPLIT) {
        pending.push(view.getUint16(at + 6, true), view.getUint16(at + 4, true));
      } else if (program[at] === layout.ASSERT && (program[at + 1] & ~conditions) === 0) {
        pending.push(view.getUint16(at + 4, true));
      }
    }
  };
  let current = new Set<number>();
  follow(view.getUint16(8, true), conditionsBetween(TEXT_END, subject[0] ?? TEXT_END), current);
  for (let index = 0; index < subject.length; index++) {
    const byte = subject[index];
    const conditions = conditionsBetween(byte, subject[index + 1] ?? TEXT_END);
    const reached = new Set<number>();
    for (const instruction of current) {
      const at = offset(instruction);
      if (program[at] !== layout.RANGE || byte < program[at + 1] || byte > program[at + 2]) {
        continue;
      }
      follow(view.getUint16(at + 4, true), conditions, reached);
    }
    if (reached.size === 0) return false;
    current = reached;
  }
  return [...current].some((instruction) => program[offset(instruction)] === layout.MATCH);
}

/** Whether the whole subject matches. The program must be valid. */
export function regexMatches(program: Uint8Array, subject: Uint8Array): boolean {
  const view = viewOf(program);
  return view.getUint16(4, true) === layout.KIND_TABLE
    ? runTable(program, view, subject)
    : runList(program, view, subject);
}
