// The bytes of a compiled regular expression, read by core.as/route/regex.ts, and the limits on them.
// All numbers are little-endian. Both kinds begin with the same 16 bytes:
//
//   0  u32  magic, "RXP1"
//   4  u16  kind: 1 table (a DFA), 2 list (instructions of an NFA)
//   6  u16  count of states or instructions
//   8  u16  start state or instruction
//  10  u16  table: count of byte classes; list: 0
//  12  u32  length of the whole in bytes
//
// Table, from 16: u8[256] class of each byte; then a bit a state, whether the text may end there,
// padded to 4 bytes; then u16[count][classes], the next state. State 0 is the dead one.
// List, from 16, 8 bytes an instruction: u8 operation, u8 a, u8 b, u8 0, u16 next, u16 other.
//   1 RANGE   takes a byte from a to b, goes on at next
//   2 SPLIT   goes on at next and at other
//   3 ASSERT  goes on at next where every condition in the mask a holds
//   4 MATCH   the text matches if it ends here
//   5 FAIL    leads nowhere

export const MAGIC = 0x31505852;
export const HEADER_BYTES = 16;
export const KIND_TABLE = 1;
export const KIND_LIST = 2;

export const CLASS_MAP_BYTES = 256;
export const INSTRUCTION_BYTES = 8;

export const RANGE = 1;
export const SPLIT = 2;
export const ASSERT = 3;
export const MATCH = 4;
export const FAIL = 5;

/** Conditions of ASSERT, as RE2 numbers them. */
export const BEGIN_LINE = 1;
export const END_LINE = 2;
export const BEGIN_TEXT = 4;
export const END_TEXT = 8;
export const WORD_BOUNDARY = 16;
export const NO_WORD_BOUNDARY = 32;
export const ALL_CONDITIONS = 63;

/** The longest pattern, in UTF-16 units: the longest that a CRD allows (a header's value). */
export const MAX_PATTERN_LENGTH = 4096;
/** The longest list: each byte of a subject costs at most one visit to each instruction. */
export const MAX_LIST_INSTRUCTIONS = 256;
/** The largest table, in bytes. */
export const MAX_TABLE_BYTES = 64 * 1024;
/** The most instructions over bytes that are tried to be made a table. */
export const MAX_BYTE_INSTRUCTIONS = 8192;
/** What running needs as scratch memory: see core.as/route/regex.ts. */
export const SCRATCH_BYTES = MAX_LIST_INSTRUCTIONS * 8;

/** Where the accepting bits of a table begin, and how many bytes they take. */
export function acceptBytes(states: number): number {
  return ((states + 31) >> 5) << 2;
}

/** Where the transitions of a table begin. */
export function transitionsOffset(states: number): number {
  return HEADER_BYTES + CLASS_MAP_BYTES + acceptBytes(states);
}
