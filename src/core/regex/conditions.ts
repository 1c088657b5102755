// The zero-width conditions of RE2 between two bytes: ends of text and lines, word boundaries (ASCII,
// as in RE2). Takes the bytes before and after, gives a mask of layout.ts's conditions.

import {
  BEGIN_LINE,
  BEGIN_TEXT,
  END_LINE,
  END_TEXT,
  NO_WORD_BOUNDARY,
  WORD_BOUNDARY,
} from "./layout.ts";

/** Stands for either end of the text in place of a byte. */
export const TEXT_END = -1;
const NEWLINE = 0x0a;

export function isWordByte(byte: number): boolean {
  return (byte >= 0x30 && byte <= 0x39) || (byte >= 0x41 && byte <= 0x5a) || byte === 0x5f ||
    (byte >= 0x61 && byte <= 0x7a);
}

/** What holds between two bytes, or a byte and an end of the text. */
export function conditionsBetween(before: number, after: number): number {
  let conditions = 0;
  if (before === TEXT_END) conditions |= BEGIN_TEXT | BEGIN_LINE;
  if (before === NEWLINE) conditions |= BEGIN_LINE;
  if (after === TEXT_END) conditions |= END_TEXT | END_LINE;
  if (after === NEWLINE) conditions |= END_LINE;
  const boundary = isWordByte(before) !== isWordByte(after);
  return conditions | (boundary ? WORD_BOUNDARY : NO_WORD_BOUNDARY);
}

/** Where runs of bytes begin that the conditions tell apart: words' bytes and the line feed. */
export const CONDITION_EDGES = [
  NEWLINE,
  NEWLINE + 1,
  0x30,
  0x3a,
  0x41,
  0x5b,
  0x5f,
  0x60,
  0x61,
  0x7b,
];

/** One byte that stands for all that the conditions can't tell apart as the byte before. */
export function representative(byte: number): number {
  if (byte === TEXT_END || byte === NEWLINE) return byte;
  return isWordByte(byte) ? 0x61 : 0;
}
