// Field values and query parameters as matchers see them.
// Repeated fields count as one, their values joined by ", " in order (RFC 9110 section 5.2).
// A query parameter counts once, by its first appearance; names and values are percent-decoded and
// `+` is a space. Nothing is copied but into one buffer that hashing needs.

import {
  fieldAt,
  fieldNameLen,
  fieldNameOff,
  fieldValueLen,
  fieldValueOff,
  headFieldCount,
  isRemoved,
  queryLen,
  queryOff,
} from "../head/head";
import { equalBytes, equalNames, hash32, hexValue } from "../memory/bytes";

/** Longest value that an exact matcher can state (Gateway API: 4,096 characters), in bytes. */
export const MAX_VALUE: u32 = 16384;
const BUFFER: usize = memory.data(16384);

function isNamed(field: usize, name: usize, nameLen: u32): bool {
  return fieldNameLen(field) == nameLen && !isRemoved(field) &&
    equalNames(fieldNameOff(field), name, nameLen);
}

/** The index of the next field with this name from `from` on, or the field count. */
export function findField(head: usize, name: usize, nameLen: u32, from: u32): u32 {
  const count = headFieldCount(head);
  for (let i = from; i < count; i++) {
    if (isNamed(fieldAt(head, i), name, nameLen)) return i;
  }
  return count;
}

/** Whether the field's value, joined with those of its repetitions, is `value`. */
export function headerEquals(
  head: usize,
  name: usize,
  nameLen: u32,
  value: usize,
  valueLen: u32,
): bool {
  const count = headFieldCount(head);
  let index = findField(head, name, nameLen, 0);
  if (index == count) return false;
  let at: u32 = 0;
  while (true) {
    const field = fieldAt(head, index);
    const len = fieldValueLen(field);
    if (len > valueLen - at || !equalBytes(fieldValueOff(field), value + at, len)) return false;
    at += len;
    index = findField(head, name, nameLen, index + 1);
    if (index == count) return at == valueLen;
    if (valueLen - at < 2 || load<u16>(value + at) != 0x202c) return false;
    at += 2;
  }
}

let spanOff: usize = 0;
let spanLen: u32 = 0;

export function foundOff(): usize {
  return spanOff;
}

export function foundLen(): u32 {
  return spanLen;
}

/** Finds the joined value of the field at `index`, the first of its name; false when too long. */
export function joinedValue(head: usize, index: u32): bool {
  const first = fieldAt(head, index);
  const name = fieldNameOff(first);
  const nameLen = fieldNameLen(first);
  const count = headFieldCount(head);
  spanOff = fieldValueOff(first);
  spanLen = fieldValueLen(first);
  let next = findField(head, name, nameLen, index + 1);
  if (next == count) return true;
  if (spanLen > MAX_VALUE) return false;
  memory.copy(BUFFER, spanOff, spanLen);
  let at = spanLen;
  while (next != count) {
    const field = fieldAt(head, next);
    const len = fieldValueLen(field);
    if (len > MAX_VALUE || at + 2 + len > MAX_VALUE) return false;
    store<u16>(BUFFER + at, 0x202c);
    memory.copy(BUFFER + at + 2, fieldValueOff(field), len);
    at += 2 + len;
    next = findField(head, name, nameLen, next + 1);
  }
  spanOff = BUFFER;
  spanLen = at;
  return true;
}

/** Finds the joined value of a field by name; false where there is none or it is too long. */
export function findHeader(head: usize, name: usize, nameLen: u32): bool {
  const index = findField(head, name, nameLen, 0);
  return index < headFieldCount(head) && joinedValue(head, index);
}

// Query parameters: `readParameter` steps through `name=value` pairs.
let parameterName: usize = 0;
let parameterNameLen: u32 = 0;
let parameterValue: usize = 0;
let parameterValueLen: u32 = 0;

export function parameterNameOff(): usize {
  return parameterName;
}

export function parameterNameLength(): u32 {
  return parameterNameLen;
}

export function parameterValueOff(): usize {
  return parameterValue;
}

export function parameterValueLength(): u32 {
  return parameterValueLen;
}

/** Reads the parameter that starts at `at`; gives where the next one starts, past `end` at the end. */
export function readParameter(at: usize, end: usize): usize {
  parameterName = at;
  while (at < end && load<u8>(at) != 0x3d && load<u8>(at) != 0x26) at++;
  parameterNameLen = <u32> (at - parameterName);
  parameterValue = at;
  parameterValueLen = 0;
  if (at < end && load<u8>(at) == 0x3d) {
    at++;
    parameterValue = at;
    while (at < end && load<u8>(at) != 0x26) at++;
    parameterValueLen = <u32> (at - parameterValue);
  }
  return at + 1;
}

let decodedStep: usize = 0;
/** The decoded byte at `at`; `decodedStep` says how many bytes it took. */
function decodedByte(at: usize, end: usize): u32 {
  const byte: u32 = load<u8>(at);
  decodedStep = 1;
  if (byte == 0x2b) return 0x20;
  if (byte != 0x25 || end - at < 3) return byte;
  const high = hexValue(load<u8>(at, 1));
  const low = hexValue(load<u8>(at, 2));
  if (high == 255 || low == 255) return byte;
  decodedStep = 3;
  return (high << 4) | low;
}

/** Whether the encoded text decodes to `want`. */
export function decodedEquals(at: usize, len: u32, want: usize, wantLen: u32): bool {
  if (len < wantLen) return false;
  const end = at + len;
  let i: u32 = 0;
  while (at < end) {
    if (i == wantLen || decodedByte(at, end) != <u32> load<u8>(want + i)) return false;
    at += decodedStep;
    i++;
  }
  return i == wantLen;
}

function isEncoded(at: usize, len: u32): bool {
  for (const end = at + len; at < end; at++) {
    const byte: u32 = load<u8>(at);
    if (byte == 0x25 || byte == 0x2b) return true;
  }
  return false;
}

/** Decodes into the buffer if need be and sets the found span; false when too long. */
export function decodeSpan(at: usize, len: u32): bool {
  spanOff = at;
  spanLen = len;
  if (!isEncoded(at, len)) return true;
  if (len > MAX_VALUE) return false;
  const end = at + len;
  let i: u32 = 0;
  while (at < end) {
    store<u8>(BUFFER + i, <u8> decodedByte(at, end));
    at += decodedStep;
    i++;
  }
  spanOff = BUFFER;
  spanLen = i;
  return true;
}

/** The hash of the decoded text; texts that are too long hash as they are. */
export function decodedHash(at: usize, len: u32): u32 {
  return decodeSpan(at, len) ? hash32(spanOff, spanLen, 0) : hash32(at, len, 0);
}

/**
 * Parameters from this one on are not looked at: a query of thousands must not make matching slow.
 * Who hides a parameter behind so many others could as well leave it out.
 */
export const MAX_PARAMETERS: u32 = 128;

/** Steps to the first parameter with the decoded name `name`; false where there is none. */
function seekParameter(head: usize, name: usize, nameLen: u32): bool {
  let at = queryOff(head);
  const end = at + queryLen(head);
  for (let i: u32 = 0; i < MAX_PARAMETERS && at < end; i++) {
    at = readParameter(at, end);
    if (decodedEquals(parameterName, parameterNameLen, name, nameLen)) return true;
  }
  return false;
}

/** Whether the first parameter with the decoded name `name` has the decoded value `value`. */
export function queryEquals(
  head: usize,
  name: usize,
  nameLen: u32,
  value: usize,
  valueLen: u32,
): bool {
  return seekParameter(head, name, nameLen) &&
    decodedEquals(parameterValue, parameterValueLen, value, valueLen);
}

/** Finds the decoded value of a parameter; false where there is none or it is too long. */
export function findQuery(head: usize, name: usize, nameLen: u32): bool {
  return seekParameter(head, name, nameLen) && decodeSpan(parameterValue, parameterValueLen);
}
