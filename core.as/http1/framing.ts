// Decides how a message's body is framed (RFC 9112 section 6.3), once its head is read, and begins it.
// Gives BODY_* or an ERROR_*. Whatever two readers could take for two different lengths is refused,
// where the RFC offers to repair it too: equal doubled lengths, length beside a coding, HTTP/1.0 coding.

import {
  fieldAt,
  fieldNameId,
  fieldValueLen,
  fieldValueOff,
  headFieldCount,
  headMethodId,
  headStatus,
  headVersion,
  METHOD_HEAD,
  METHOD_TRACE,
  VERSION_HTTP_1_0,
} from "../head/head";
import { NAME_CONTENT_LENGTH, NAME_TRANSFER_ENCODING } from "../head/names";
import {
  BODY_CHUNKED,
  BODY_LENGTH,
  BODY_NONE,
  BODY_TUNNEL,
  BODY_UNTIL_CLOSE,
  bodyLength,
  bodyStart,
} from "./body";
import { CLASS_TOKEN, isClass } from "./classes";
import {
  ERROR_CODING,
  ERROR_CODING_UNSUPPORTED,
  ERROR_CODING_VERSION,
  ERROR_CONTENT,
  ERROR_LENGTH,
  ERROR_LENGTH_AND_CODING,
  ERROR_LENGTH_DOUBLED,
} from "./errors";

/** Digits of the largest length read; 19 of them always fit u64, and the sign bit stays free. */
const MAX_LENGTH_DIGITS: u32 = 19;
const MAX_LENGTH: u64 = 0x7fffffffffffffff;

/** The value of 1*DIGIT; the largest u64 for anything else: sign, space, list, too large. */
export function lengthOf(at: usize, len: u32): u64 {
  if (len == 0 || len > MAX_LENGTH_DIGITS) return u64.MAX_VALUE;
  let value: u64 = 0;
  for (let i: usize = 0; i < <usize> len; i++) {
    const digit = <u32> load<u8>(at + i) - 0x30;
    if (digit > 9) return u64.MAX_VALUE;
    value = value * 10 + <u64> digit;
  }
  return value > MAX_LENGTH ? u64.MAX_VALUE : value;
}

/** Whether these bytes are `chunked`, in any case. */
function isChunked(at: usize, len: u32): bool {
  if (len != 7) return false;
  return (load<u32>(at) | 0x20202020) == 0x6e756863 &&
    (load<u32>(at, 3) | 0x20202020) == 0x64656b6e;
}

function skipSpace(at: usize, end: usize): usize {
  while (at < end && (load<u8>(at) == 0x20 || load<u8>(at) == 0x09)) at++;
  return at;
}

/**
 * Judges Transfer-Encoding, all its lines as one list: 0 for `chunked` alone; for other tokens before
 * one final `chunked` ERROR_CODING_UNSUPPORTED (section 6.1: 501); for the rest ERROR_CODING (section
 * 6.3: 400), to which parameters, empty members and strange spaces belong.
 */
function codingError(head: usize): i32 {
  const count = headFieldCount(head);
  let members = 0;
  let chunked = 0;
  let lastIsChunked = false;
  for (let i: u32 = 0; i < count; i++) {
    const field = fieldAt(head, i);
    if (fieldNameId(field) != NAME_TRANSFER_ENCODING) continue;
    let at = fieldValueOff(field);
    const end = at + <usize> fieldValueLen(field);
    while (true) {
      const start = skipSpace(at, end);
      at = start;
      while (at < end && isClass(<u32> load<u8>(at), CLASS_TOKEN)) at++;
      if (at == start) return ERROR_CODING;
      lastIsChunked = isChunked(start, <u32> (at - start));
      if (lastIsChunked) chunked++;
      members++;
      at = skipSpace(at, end);
      if (at == end) break;
      if (load<u8>(at) != 0x2c) return ERROR_CODING;
      at++;
    }
  }
  if (!lastIsChunked || chunked != 1) return ERROR_CODING;
  return members == 1 ? 0 : ERROR_CODING_UNSUPPORTED;
}

/** BODY_CHUNKED, BODY_LENGTH (begun), BODY_UNTIL_CLOSE where nothing is declared, or an error. */
function declaredBody(head: usize, body: usize): i32 {
  const count = headFieldCount(head);
  let lengthField: usize = 0;
  let coded = false;
  for (let i: u32 = 0; i < count; i++) {
    const field = fieldAt(head, i);
    const nameId = fieldNameId(field);
    if (nameId == NAME_TRANSFER_ENCODING) {
      coded = true;
    } else if (nameId == NAME_CONTENT_LENGTH) {
      if (lengthField != 0) return ERROR_LENGTH_DOUBLED;
      lengthField = field;
    }
  }
  if (coded) {
    if (lengthField != 0) return ERROR_LENGTH_AND_CODING;
    if (headVersion(head) == VERSION_HTTP_1_0) return ERROR_CODING_VERSION;
    const error = codingError(head);
    if (error < 0) return error;
    bodyStart(body, BODY_CHUNKED, 0);
    return BODY_CHUNKED;
  }
  if (lengthField == 0) return BODY_UNTIL_CLOSE;
  const length = lengthOf(fieldValueOff(lengthField), fieldValueLen(lengthField));
  if (length == u64.MAX_VALUE) return ERROR_LENGTH;
  bodyStart(body, BODY_LENGTH, length);
  return BODY_LENGTH;
}

/**
 * Begins the body of a request: BODY_NONE, BODY_LENGTH, BODY_CHUNKED, or an error. TRACE has no
 * content (RFC 9110 section 9.3.8).
 */
export function requestBody(head: usize, body: usize): i32 {
  const declared = declaredBody(head, body);
  if (declared == BODY_UNTIL_CLOSE) {
    bodyStart(body, BODY_NONE, 0);
    return BODY_NONE;
  }
  if (declared < 0) return declared;
  const isEmpty = declared == BODY_LENGTH && bodyLength(body) == 0;
  return headMethodId(head) == METHOD_TRACE && !isEmpty ? ERROR_CONTENT : declared;
}

/**
 * Begins the body of a response to a request of METHOD_* `methodId`: BODY_* or an error. 101 is
 * BODY_TUNNEL: whether it was asked for is for the caller to know.
 */
export function responseBody(head: usize, body: usize, methodId: u8): i32 {
  const declared = declaredBody(head, body);
  if (declared < 0) return declared;
  const status = headStatus(head);
  const empty = methodId == METHOD_HEAD || status < 200 || status == 204 || status == 304;
  let kind = declared;
  if (status == 101) kind = BODY_TUNNEL;
  else if (empty) kind = BODY_NONE;
  else if (declared != BODY_UNTIL_CLOSE) return declared;
  bodyStart(body, kind, 0);
  return kind;
}
