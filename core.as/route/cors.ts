// The CORS filter (HTTPCORSFilter, Fetch standard section 3.2): which response edits a request calls for,
// and whether it is a preflight, which is answered here. Reads the head, edits nothing.

import {
  fieldAt,
  fieldValueLen,
  fieldValueOff,
  headFieldCount,
  headMethodId,
  METHOD_OPTIONS,
} from "../head/head";
import { equalNames } from "../memory/bytes";
import { findField } from "./fields";
import * as L from "./layout";

/** "origin" */
const ORIGIN: usize = memory.data<u8>([0x6f, 0x72, 0x69, 0x67, 0x69, 0x6e]);
const ORIGIN_LEN: u32 = 6;
/** "access-control-request-method" */
// deno-fmt-ignore
const METHOD: usize = memory.data<u8>([
  0x61, 0x63, 0x63, 0x65, 0x73, 0x73, 0x2d, 0x63, 0x6f, 0x6e, 0x74, 0x72, 0x6f, 0x6c, 0x2d, 0x72,
  0x65, 0x71, 0x75, 0x65, 0x73, 0x74, 0x2d, 0x6d, 0x65, 0x74, 0x68, 0x6f, 0x64,
]);
const METHOD_LEN: u32 = 29;
/** "access-control-request-headers" */
// deno-fmt-ignore
const HEADERS: usize = memory.data<u8>([
  0x61, 0x63, 0x63, 0x65, 0x73, 0x73, 0x2d, 0x63, 0x6f, 0x6e, 0x74, 0x72, 0x6f, 0x6c, 0x2d, 0x72,
  0x65, 0x71, 0x75, 0x65, 0x73, 0x74, 0x2d, 0x68, 0x65, 0x61, 0x64, 0x65, 0x72, 0x73,
]);
const HEADERS_LEN: u32 = 30;

/** "80" and ":443", as little-endian numbers. */
const PORT_80: u32 = 0x3038;
const COLON_443: u32 = 0x3334343a;

let valueAt: usize = 0;
let valueSize: u32 = 0;

/** Finds the field's value where there is exactly one. */
function findSole(head: usize, name: usize, nameLen: u32): bool {
  const count = headFieldCount(head);
  const index = findField(head, name, nameLen, 0);
  if (index == count || findField(head, name, nameLen, index + 1) != count) return false;
  const field = fieldAt(head, index);
  valueAt = fieldValueOff(field);
  valueSize = fieldValueLen(field);
  return valueSize != 0;
}

/** Finds what an edit of CORS is to set; false where the request does not say it. */
export function findRequestValue(head: usize, operation: u32): bool {
  if (operation == L.EDIT_SET_ORIGIN) return findSole(head, ORIGIN, ORIGIN_LEN);
  if (operation == L.EDIT_SET_METHOD) return findSole(head, METHOD, METHOD_LEN);
  return findSole(head, HEADERS, HEADERS_LEN);
}

export function requestValueOff(): usize {
  return valueAt;
}

export function requestValueLen(): u32 {
  return valueSize;
}

/** What a wildcard stands for: a part of a host name, with any number of dots. */
function isHostPart(at: usize, len: u32): bool {
  for (let i: u32 = 0; i < len; i++) {
    const byte: u32 = load<u8>(at + i);
    const isName = (byte | 0x20) - 97 < 26 || byte - 48 < 10 || byte == 0x2d || byte == 0x5f;
    if (!isName && byte != 0x2e) return false;
  }
  return len > 0;
}

/** Whether the origin in `valueAt` is one of a record's; schemes and hosts match in any case. */
function originMatches(record: usize, blob: usize): bool {
  const kind = <u32> load<u8>(record);
  if (kind == L.ORIGIN_ANY) return true;
  const text = blob + load<u32>(record, 4);
  const textLen = load<u32>(record, 8);
  if (kind == L.ORIGIN_EXACT) return textLen == valueSize && equalNames(valueAt, text, textLen);
  const rest = blob + load<u32>(record, 12);
  const restLen = load<u32>(record, 16);
  if (<u64> textLen + restLen >= <u64> valueSize) return false;
  const part = valueSize - textLen - restLen;
  return equalNames(valueAt, text, textLen) &&
    equalNames(valueAt + textLen + part, rest, restLen) && isHostPart(valueAt + textLen, part);
}

/** The length of an origin without its scheme's own port, which is understood where none is stated. */
function lengthWithoutOwnPort(at: usize, len: u32): u32 {
  if (len < 10) return len;
  // "http:" or "https:": the record's scheme is compared afterwards.
  if (load<u8>(at + 4) == 0x3a) {
    return load<u8>(at + len - 3) == 0x3a && load<u16>(at + len - 2) == PORT_80 ? len - 3 : len;
  }
  const isOwn = load<u32>(at + len - 4) == COLON_443;
  return isOwn ? len - 4 : len;
}

function isAllowed(head: usize, cors: usize, blob: usize): bool {
  if (!findSole(head, ORIGIN, ORIGIN_LEN)) return false;
  valueSize = lengthWithoutOwnPort(valueAt, valueSize);
  let record = blob + load<u32>(cors);
  for (let count = load<u32>(cors, 4); count > 0; count--, record += L.ORIGIN_SIZE) {
    if (originMatches(record, blob)) return true;
  }
  return false;
}

/** A preflight is OPTIONS with an Origin that asks for a method. */
function asksFirst(head: usize): bool {
  return headMethodId(head) == METHOD_OPTIONS && findSole(head, METHOD, METHOD_LEN) &&
    findField(head, ORIGIN, ORIGIN_LEN, 0) != headFieldCount(head);
}

let editsRel: u32 = 0;
let editsCount: u32 = 0;

/** The edits that the last `judgeCors` found, as rel and count in the blob. */
export function corsEditsRel(): u32 {
  return editsRel;
}

export function corsEditsCount(): u32 {
  return editsCount;
}

/** Finds the response edits of a request; true where it is a preflight. `cors`: 0 for none. */
export function judgeCors(head: usize, cors: usize, blob: usize): bool {
  editsCount = 0;
  if (!cors) return false;
  const isPreflight = asksFirst(head);
  const list: usize = isAllowed(head, cors, blob) ? (isPreflight ? 24 : 8) : 16;
  editsRel = load<u32>(cors + list);
  editsCount = load<u32>(cors + list, 4);
  return isPreflight;
}
