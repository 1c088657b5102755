// Replaces a request's path by the rules of HTTPPathModifier, in the head's scratch space.
// The prefix is replaced element-wise: `/foo/bar` with `/foo` -> `/xyz` or `/xyz/` is `/xyz/bar`;
// an empty result is `/`.

import { headScratch, normalPathLen, normalPathOff } from "../head/head";
import * as L from "../route/layout";

let editedOff: usize = 0;
let editedLen: u32 = 0;

export function editedPathOff(): usize {
  return editedOff;
}

export function editedPathLen(): u32 {
  return editedLen;
}

function replaceAll(head: usize, value: usize, len: u32): bool {
  if (len && load<u8>(value) == 0x2f) {
    editedOff = value;
    editedLen = len;
    return true;
  }
  const out = headScratch(head, len + 1);
  if (!out) return false;
  store<u8>(out, 0x2f);
  memory.copy(out + 1, value, len);
  editedOff = out;
  editedLen = len + 1;
  return true;
}

function replacePrefix(head: usize, match: usize, value: usize, len: u32): bool {
  const matched = load<u32>(match, 20);
  const whole = normalPathLen(head);
  const restLen = whole > matched ? whole - matched : 0;
  if (!restLen) return replaceAll(head, value, len);
  if (len && load<u8>(value + len - 1) == 0x2f) len--;
  const size = len + restLen;
  const slash: u32 = len && load<u8>(value) != 0x2f ? 1 : 0;
  const out = headScratch(head, size + slash);
  if (!out) return false;
  store<u8>(out, 0x2f);
  memory.copy(out + slash, value, len);
  memory.copy(out + slash + len, normalPathOff(head) + matched, restLen);
  editedOff = out;
  editedLen = size + slash;
  return true;
}

/** Finds the path after the edit `kind` with `value`; false when the head has no room. */
export function editPath(head: usize, match: usize, kind: u32, value: usize, len: u32): bool {
  if (kind == L.PATH_EDIT_PREFIX && <u32> load<u8>(match, 11) == L.PATH_PREFIX) {
    return replacePrefix(head, match, value, len);
  }
  if (kind != L.PATH_EDIT_KEEP) return replaceAll(head, value, len);
  editedOff = normalPathOff(head);
  editedLen = normalPathLen(head);
  return true;
}
