// Regular expressions of route matches: runs what src/core/regex compiles (layout drawn there, in
// layout.ts). Takes the addresses of a program and a subject, says whether the whole subject matches.
// Linear in the subject, allocates nothing, keeps nothing between calls; a program must have passed
// regexValidate before it is run.

const MAGIC: u32 = 0x31505852; // "RXP1"
const HEADER_BYTES: usize = 16;
const CLASS_MAP_BYTES: usize = 256;
const INSTRUCTION_SHIFT: usize = 3; // 8 bytes each

const KIND_TABLE: u16 = 1;
const KIND_LIST: u16 = 2;

const RANGE: u8 = 1;
const SPLIT: u8 = 2;
const ASSERT: u8 = 3;
const MATCH: u8 = 4;
const FAIL: u8 = 5;

const BEGIN_LINE: u32 = 1;
const END_LINE: u32 = 2;
const BEGIN_TEXT: u32 = 4;
const END_TEXT: u32 = 8;
const WORD_BOUNDARY: u32 = 16;
const NO_WORD_BOUNDARY: u32 = 32;
const ALL_CONDITIONS: u8 = 63;

const MAX_LIST_INSTRUCTIONS: u32 = 256;
const MAX_PROGRAM_BYTES: u32 = 64 * 1024;

/** What regexMatch needs at scratchPtr: four arrays of u16, one entry an instruction. */
export const REGEX_SCRATCH_BYTES: u32 = MAX_LIST_INSTRUCTIONS * 8;

// Scratch: the place of each instruction in the set that is being built, the two sets (of this byte
// and of the next), and the instructions that are still to be followed.
const SET_A: usize = MAX_LIST_INSTRUCTIONS * 2;
const SET_B: usize = MAX_LIST_INSTRUCTIONS * 4;
const PENDING: usize = MAX_LIST_INSTRUCTIONS * 6;

const TEXT_END: i32 = -1;

// @ts-ignore: decorator

function transitionsOffset(states: u32): usize {
  return HEADER_BYTES + CLASS_MAP_BYTES + (((states + 31) >> 5) << 2);
}

function validateTable(ptr: usize, len: u32): bool {
  const count = <u32> load<u16>(ptr, 6);
  const classes = <u32> load<u16>(ptr, 10);
  if (classes == 0 || classes > 256) return false;
  const transitions = transitionsOffset(count);
  if (<u64> len != <u64> transitions + <u64> count * classes * 2) return false;
  for (let byte: usize = 0; byte < CLASS_MAP_BYTES; byte++) {
    if (<u32> load<u8>(ptr + byte, HEADER_BYTES) >= classes) return false;
  }
  for (let at = transitions; at < len; at += 2) {
    if (<u32> load<u16>(ptr + at) >= count) return false;
  }
  return true;
}

function validateList(ptr: usize, len: u32): bool {
  const count = <u32> load<u16>(ptr, 6);
  if (count > MAX_LIST_INSTRUCTIONS || load<u16>(ptr, 10) != 0) return false;
  if (len != <u32> HEADER_BYTES + (count << <u32> INSTRUCTION_SHIFT)) return false;
  const end = ptr + len;
  for (let at = ptr + HEADER_BYTES; at < end; at += 8) {
    const operation = load<u8>(at);
    if (operation < RANGE || operation > FAIL) return false;
    if (operation == ASSERT && load<u8>(at, 1) > ALL_CONDITIONS) return false;
    if (<u32> load<u16>(at, 4) >= count || <u32> load<u16>(at, 6) >= count) return false;
  }
  return true;
}

/** Whether the bytes are a program that regexMatch can run without reading outside of them. */
export function regexValidate(ptr: usize, len: u32): bool {
  if (len < <u32> HEADER_BYTES || len > MAX_PROGRAM_BYTES) return false;
  if (load<u32>(ptr) != MAGIC || load<u32>(ptr, 12) != len) return false;
  const count = load<u16>(ptr, 6);
  if (count == 0 || load<u16>(ptr, 8) >= count) return false;
  const kind = load<u16>(ptr, 4);
  if (kind == KIND_TABLE) return validateTable(ptr, len);
  return kind == KIND_LIST && validateList(ptr, len);
}

function matchTable(programPtr: usize, subjectPtr: usize, subjectEnd: usize): bool {
  const count = <u32> load<u16>(programPtr, 6);
  const classes = <u32> load<u16>(programPtr, 10);
  const transitions = programPtr + transitionsOffset(count);
  let state = <u32> load<u16>(programPtr, 8);
  for (let at = subjectPtr; at < subjectEnd; at++) {
    const column = <u32> load<u8>(programPtr + <usize> load<u8>(at), HEADER_BYTES);
    state = <u32> load<u16>(transitions + (<usize> (state * classes + column) << 1));
    if (state == 0) return false;
  }
  const accept = load<u8>(programPtr + (state >> 3), HEADER_BYTES + CLASS_MAP_BYTES);
  return ((accept >> <u8> (state & 7)) & 1) != 0;
}

function isWordByte(byte: i32): bool {
  const letter = byte | 0x20;
  return (letter >= 0x61 && letter <= 0x7a) || (byte >= 0x30 && byte <= 0x39) || byte == 0x5f;
}

/** What holds between two bytes; TEXT_END stands for either end of the text. */
function conditionsBetween(before: i32, after: i32): u32 {
  let conditions: u32 = 0;
  if (before == TEXT_END) conditions |= BEGIN_TEXT | BEGIN_LINE;
  if (before == 0x0a) conditions |= BEGIN_LINE;
  if (after == TEXT_END) conditions |= END_TEXT | END_LINE;
  if (after == 0x0a) conditions |= END_LINE;
  const boundary = (before != TEXT_END && isWordByte(before)) !=
    (after != TEXT_END && isWordByte(after));
  return conditions | (boundary ? WORD_BOUNDARY : NO_WORD_BOUNDARY);
}

/**
 * Puts an instruction into the set and on the pile of those to follow, unless it is in the set.
 * Gives the set's new size: what `place` says counts only where the set agrees, so that nothing
 * needs to be cleared between bytes.
 */
// @ts-ignore: decorator

function enter(scratch: usize, set: usize, size: u32, instruction: u32): u32 {
  const place = <u32> load<u16>(scratch + (instruction << 1));
  if (place < size && <u32> load<u16>(set + (place << 1)) == instruction) return size;
  store<u16>(scratch + (instruction << 1), <u16> size);
  store<u16>(set + (size << 1), <u16> instruction);
  return size + 1;
}

/** Adds to the set everything that `start` leads to without taking a byte; gives its new size. */
function follow(
  programPtr: usize,
  scratch: usize,
  set: usize,
  size: u32,
  start: u32,
  conditions: u32,
): u32 {
  let grown = enter(scratch, set, size, start);
  if (grown == size) return size;
  const pending = scratch + PENDING;
  let depth: u32 = 1;
  store<u16>(pending, <u16> start);
  while (depth > 0) {
    depth--;
    const instruction = <usize> load<u16>(pending + (depth << 1));
    const at = programPtr + (instruction << INSTRUCTION_SHIFT);
    const operation = load<u8>(at, HEADER_BYTES);
    if (operation == SPLIT) {
      const other = <u32> load<u16>(at, HEADER_BYTES + 6);
      const before = grown;
      grown = enter(scratch, set, grown, other);
      if (grown != before) store<u16>(pending + (depth++ << 1), <u16> other);
    } else if (operation != ASSERT || (<u32> load<u8>(at, HEADER_BYTES + 1) & ~conditions) != 0) {
      continue;
    }
    const next = <u32> load<u16>(at, HEADER_BYTES + 4);
    const before = grown;
    grown = enter(scratch, set, grown, next);
    if (grown != before) store<u16>(pending + (depth++ << 1), <u16> next);
  }
  return grown;
}

function matchList(
  programPtr: usize,
  subjectPtr: usize,
  subjectEnd: usize,
  scratch: usize,
): bool {
  let current = scratch + SET_A;
  let reached = scratch + SET_B;
  const start = <u32> load<u16>(programPtr, 8);
  const first: i32 = subjectPtr < subjectEnd ? <i32> load<u8>(subjectPtr) : TEXT_END;
  let size = follow(programPtr, scratch, current, 0, start, conditionsBetween(TEXT_END, first));
  for (let at = subjectPtr; at < subjectEnd; at++) {
    const byte = <i32> load<u8>(at);
    const after: i32 = at + 1 < subjectEnd ? <i32> load<u8>(at, 1) : TEXT_END;
    const conditions = conditionsBetween(byte, after);
    let grown: u32 = 0;
    for (let index: u32 = 0; index < size; index++) {
      const instruction = programPtr +
        (<usize> load<u16>(current + (index << 1)) << INSTRUCTION_SHIFT);
      if (load<u8>(instruction, HEADER_BYTES) != RANGE) continue;
      if (byte < <i32> load<u8>(instruction, HEADER_BYTES + 1)) continue;
      if (byte > <i32> load<u8>(instruction, HEADER_BYTES + 2)) continue;
      const next = <u32> load<u16>(instruction, HEADER_BYTES + 4);
      grown = follow(programPtr, scratch, reached, grown, next, conditions);
    }
    if (grown == 0) return false;
    size = grown;
    const spare = current;
    current = reached;
    reached = spare;
  }
  for (let index: u32 = 0; index < size; index++) {
    const instruction = programPtr +
      (<usize> load<u16>(current + (index << 1)) << INSTRUCTION_SHIFT);
    if (load<u8>(instruction, HEADER_BYTES) == MATCH) return true;
  }
  return false;
}

/**
 * Whether the whole subject matches the program. The program has passed regexValidate; scratchPtr
 * has REGEX_SCRATCH_BYTES that are this call's alone, in any state.
 */
export function regexMatch(
  programPtr: usize,
  programLen: u32,
  subjectPtr: usize,
  subjectLen: u32,
  scratchPtr: usize,
): bool {
  if (programLen < <u32> HEADER_BYTES) return false;
  const subjectEnd = subjectPtr + subjectLen;
  return load<u16>(programPtr, 4) == KIND_TABLE
    ? matchTable(programPtr, subjectPtr, subjectEnd)
    : matchList(programPtr, subjectPtr, subjectEnd, scratchPtr);
}
