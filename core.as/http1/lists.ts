// Comma-separated lists of tokens in field values (RFC 9110 section 5.6.1), as far as this codec asks
// them anything. Takes addresses, gives addresses or answers; changes nothing.

import { fieldValueLen, fieldValueOff } from "../head/head";
import { CLASS_TOKEN, isClass } from "./classes";

const COMMA: u8 = 0x2c;

function lower(byte: u32): u32 {
  return byte - 0x41 < 26 ? byte | 0x20 : byte;
}

/** Whether two texts of one length are the same but for the case of their letters. */
export function sameText(a: usize, b: usize, len: u32): bool {
  for (let i: usize = 0; i < <usize> len; i++) {
    if (lower(<u32> load<u8>(a + i)) != lower(<u32> load<u8>(b + i))) return false;
  }
  return true;
}

function isSpace(byte: u8): bool {
  return byte == 0x20 || byte == 0x09;
}

/** The next list member at or after `at`: its first byte, or `end`. */
export function memberStart(at: usize, end: usize): usize {
  while (at < end && (load<u8>(at) == COMMA || isSpace(load<u8>(at)))) at++;
  return at;
}

/** The end of the token that begins at `at`; `at` itself where none does. */
export function tokenEnd(at: usize, end: usize): usize {
  while (at < end && isClass(<u32> load<u8>(at), CLASS_TOKEN)) at++;
  return at;
}

/** Past the space behind a token: where the member ends if it is no more than that; else 0. */
export function memberEnd(at: usize, end: usize): usize {
  while (at < end && isSpace(load<u8>(at))) at++;
  return at < end && load<u8>(at) != COMMA ? 0 : at;
}

/** Whether the field's list has `text` as a member's first token, in any case. */
export function lists(field: usize, text: usize, len: u32): bool {
  let at = fieldValueOff(field);
  const end = at + <usize> fieldValueLen(field);
  while ((at = memberStart(at, end)) < end) {
    const stop = tokenEnd(at, end);
    if (<u32> (stop - at) == len && sameText(at, text, len)) return true;
    at = stop;
    while (at < end && load<u8>(at) != COMMA) at++;
  }
  return false;
}

/** Whether every member of the field's list is `text`, in any case, and nothing else. */
export function listsOnly(field: usize, text: usize, len: u32): bool {
  let at = fieldValueOff(field);
  const end = at + <usize> fieldValueLen(field);
  while ((at = memberStart(at, end)) < end) {
    const stop = tokenEnd(at, end);
    if (<u32> (stop - at) != len || !sameText(at, text, len)) return false;
    at = memberEnd(stop, end);
    if (at == 0) return false;
  }
  return true;
}
