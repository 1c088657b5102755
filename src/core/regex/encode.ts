// Writes a table or a list as the bytes that layout.ts draws. Takes a Dfa or a ByteProgram, gives
// bytes, or null where a limit of layout.ts is passed.

import type { ByteProgram } from "./byte_program.ts";
import * as layout from "./layout.ts";
import type { Dfa } from "./subsets.ts";

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
export function encodeTable(table: Dfa): Uint8Array<ArrayBuffer> | null {
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
    bytes[accept + (state >> 3)] |= accepts << (state & 7);
  });
  table.next.forEach((state, index) => view.setUint16(transitions + index * 2, state, true));
  return bytes;
}

/** Null where the list would be longer than one may be. */
export function encodeList(program: ByteProgram): Uint8Array<ArrayBuffer> | null {
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
