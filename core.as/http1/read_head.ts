// Reads message heads and trailer sections (RFC 9112 sections 2 to 5) into a canonical head.
// Takes a head after headReset and the bytes so far, always from the message's first byte; gives the
// bytes that the head takes (> 0), 0 when it needs more, or an ERROR_*. Reads nothing past `len` and
// copies nothing. However the bytes arrive, lines and values are not read again: the head's reserved
// bytes 80 to 95 remember where the last call stopped (and begin anew where the buffer has moved).
//
//   byte  field          meaning
//     80  u32 lineStart  offset in the buffer of the first line that was not taken yet
//     84  u32 searched   offset up to which that line is known to hold no control byte
//     88  u32 base       the buffer's address in the last call
//     92  u8  started    1 once the start line was taken

import {
  addField,
  addHeadFlags,
  authorityLen,
  authorityOff,
  fieldAt,
  fieldNameId,
  fieldValueLen,
  fieldValueOff,
  FLAG_ABSOLUTE_FORM,
  FLAG_TRUNCATED,
  headFieldCount,
  headFlags,
  headMethodId,
  headVersion,
  KIND_REQUEST,
  KIND_RESPONSE,
  KIND_TRAILERS,
  markRemoved,
  METHOD_CONNECT,
  setAuthority,
  setFieldValue,
  setHeadKind,
  VERSION_HTTP_1_0,
  VERSION_HTTP_1_1,
} from "../head/head";
import { NAME_HOST, nameIdOf } from "../head/names";
import { scanToken, scanValue } from "./classes";
import {
  ERROR_CONNECT,
  ERROR_FIELD_NAME,
  ERROR_FIELD_VALUE,
  ERROR_HEAD_TOO_LARGE,
  ERROR_HOST,
  ERROR_HOST_DOUBLED,
  ERROR_HOST_MISSING,
  ERROR_LINE_END,
  ERROR_LINE_FOLDING,
  ERROR_TOO_MANY_FIELDS,
  ERROR_TRAILER,
  ERROR_TRAILERS_TOO_LARGE,
} from "./errors";
import { isAuthority } from "./host";
import { maxFields, maxHeadBytes, maxTrailerBytes, maxTrailerFields } from "./limits";
import { readRequestLine, readStatusLine } from "./start_line";
import { knownNameOf } from "./names_alike";
import { TRAILER_DROPPED, TRAILER_REFUSED, trailerRule } from "./trailer_rules";

/** Empty lines ignored before a request-line; RFC 9112 section 2.2 asks for at least one. */
const MAX_EMPTY_LINES: usize = 4;
/** Longest field name; an incomplete one is looked at again by every call. */
const MAX_NAME_BYTES: u32 = 1024;

const CR: u8 = 0x0d;
const LF: u8 = 0x0a;
const SP: u8 = 0x20;
const HTAB: u8 = 0x09;

function lineStart(head: usize): usize {
  return load<u32>(head, 80);
}

function setLineStart(head: usize, offset: usize): void {
  store<u32>(head, <u32> offset, 80);
}

function searched(head: usize): usize {
  return load<u32>(head, 84);
}

function setSearched(head: usize, offset: usize): void {
  store<u32>(head, <u32> offset, 84);
}

function isStarted(head: usize): bool {
  return load<u8>(head, 92) != 0;
}

/** Forgets what was read where the bytes have moved; the scratch space stays as it is. */
function resumeAt(head: usize, buf: usize): void {
  const base = load<u32>(head, 88);
  if (base == <u32> buf) return;
  if (base != 0) {
    memory.fill(head, 0, 12);
    memory.fill(head + 16, 0, 56);
    memory.fill(head + 80, 0, 16);
  }
  store<u32>(head, <u32> buf, 88);
}

/** The offset of the first byte that is not of an empty line, or ERROR_LINE_END. */
function skipEmptyLines(buf: usize, at: usize, end: usize): i32 {
  while (at < end && load<u8>(at) == CR && at + 1 < end) {
    if (load<u8>(at, 1) != LF) return ERROR_LINE_END;
    at += 2;
    if (at - buf > MAX_EMPTY_LINES * 2) return ERROR_LINE_END;
  }
  if (at < end && load<u8>(at) == LF) return ERROR_LINE_END;
  return <i32> (at - buf);
}

/** Reads one field line; the bytes it takes, 0 when the range ends first, or an error. */
function readField(head: usize, at: usize, end: usize, fieldLimit: u32): i32 {
  const nameEnd = scanToken(at, end);
  const nameLen = <u32> (nameEnd - at);
  if (nameLen > MAX_NAME_BYTES) return ERROR_HEAD_TOO_LARGE;
  if (nameEnd == end) return 0;
  if (nameLen == 0 || load<u8>(nameEnd) != 0x3a) {
    const first = load<u8>(at);
    if (first == SP || first == HTAB) return ERROR_LINE_FOLDING;
    return first == LF ? ERROR_LINE_END : ERROR_FIELD_NAME;
  }
  let value = nameEnd + 1;
  while (value < end && (load<u8>(value) == SP || load<u8>(value) == HTAB)) value++;
  const stop = scanValue(value, end);
  if (stop == end) return 0;
  if (load<u8>(stop) != CR) return load<u8>(stop) == LF ? ERROR_LINE_END : ERROR_FIELD_VALUE;
  if (stop + 1 == end) return 0;
  if (load<u8>(stop, 1) != LF) return ERROR_LINE_END;
  let valueEnd = stop;
  while (valueEnd > value && (load<u8>(valueEnd - 1) == SP || load<u8>(valueEnd - 1) == HTAB)) {
    valueEnd--;
  }
  if (headFieldCount(head) >= fieldLimit) return ERROR_TOO_MANY_FIELDS;
  const nameId = nameIdOf(at, nameLen);
  if (!addField(head, nameId, at, nameLen, value, <u32> (valueEnd - value))) {
    return ERROR_TOO_MANY_FIELDS;
  }
  return <i32> (stop + 2 - at);
}

/** Notes where to go on, and says that more is needed. */
function pauseAt(head: usize, buf: usize, line: usize, open: usize): i32 {
  setLineStart(head, line - buf);
  setSearched(head, open - buf);
  return 0;
}

/** Up to where an incomplete field line can be passed over next time: its value, without a last CR. */
function searchedField(line: usize, end: usize): usize {
  if (scanToken(line, end) == end) return line;
  return load<u8>(end - 1) == CR ? end - 1 : end;
}

/** Reads lines from where the last call stopped to the empty one. */
function readLines(
  head: usize,
  buf: usize,
  end: usize,
  kind: u8,
  limits: usize,
): i32 {
  let line = buf + lineStart(head);
  if (!isStarted(head)) {
    if (kind == KIND_REQUEST) {
      const skipped = skipEmptyLines(buf, line, end);
      if (skipped < 0) return skipped;
      line = buf + <usize> skipped;
      if (line == end || load<u8>(line) == CR) return pauseAt(head, buf, line, line);
    }
    const taken = kind == KIND_REQUEST
      ? readRequestLine(head, line, end, limits)
      : readStatusLine(head, line, end);
    if (taken < 0) return taken;
    if (taken == 0) return pauseAt(head, buf, line, line);
    line += <usize> taken;
    store<u8>(head, 1, 92);
  }
  const fieldLimit = kind == KIND_TRAILERS ? maxTrailerFields(limits) : maxFields(limits);
  while (line < end) {
    if (load<u8>(line) == CR) {
      if (line + 1 == end) break;
      return load<u8>(line, 1) == LF ? <i32> (line + 2 - buf) : ERROR_LINE_END;
    }
    const taken = readField(head, line, end, fieldLimit);
    if (taken < 0) return taken;
    if (taken == 0) break;
    line += <usize> taken;
  }
  return pauseAt(head, buf, line, searchedField(line, end));
}

/** Bytes of the whole section; 0 when it needs more; an error when it can't end in `maxBytes`. */
function readSection(
  head: usize,
  buf: usize,
  len: u32,
  kind: u8,
  maxBytes: u32,
  limits: usize,
): i32 {
  resumeAt(head, buf);
  const end = buf + <usize> min<u32>(len, maxBytes);
  const from = buf + searched(head);
  if (len < maxBytes && from > buf + lineStart(head) && from <= end) {
    if (scanValue(from, end) == end) {
      setSearched(head, end - buf);
      return 0;
    }
  }
  const taken = readLines(head, buf, end, kind, limits);
  if (taken != 0 || len < maxBytes) return taken;
  return kind == KIND_TRAILERS ? ERROR_TRAILERS_TOO_LARGE : ERROR_HEAD_TOO_LARGE;
}

/**
 * Settles the authority: 0 or an error. Exactly one valid Host (RFC 9112 section 3.2), none needed
 * in HTTP/1.0. With an absolute target its authority wins and replaces Host (section 3.2.2).
 */
function settleAuthority(head: usize): i32 {
  if (headMethodId(head) == METHOD_CONNECT) return ERROR_CONNECT;
  const count = headFieldCount(head);
  let host: usize = 0;
  for (let i: u32 = 0; i < count; i++) {
    const field = fieldAt(head, i);
    if (fieldNameId(field) != NAME_HOST) continue;
    if (host != 0) return ERROR_HOST_DOUBLED;
    host = field;
  }
  if (host == 0) return headVersion(head) == VERSION_HTTP_1_0 ? 0 : ERROR_HOST_MISSING;
  if (!isAuthority(fieldValueOff(host), fieldValueLen(host))) return ERROR_HOST;
  if ((headFlags(head) & FLAG_ABSOLUTE_FORM) != 0) {
    setFieldValue(host, authorityOff(head), authorityLen(head));
  } else {
    setAuthority(head, fieldValueOff(host), fieldValueLen(host));
  }
  return 0;
}

/** Reads a request head; empty lines before it count as its bytes. */
export function readRequestHead(head: usize, buf: usize, len: u32, limits: usize): i32 {
  const taken = readSection(head, buf, len, KIND_REQUEST, maxHeadBytes(limits), limits);
  if (taken <= 0) return taken;
  const error = settleAuthority(head);
  return error < 0 ? error : taken;
}

/** Reads a response head; 1xx gets KIND_INFORMATIONAL. */
export function readResponseHead(head: usize, buf: usize, len: u32, limits: usize): i32 {
  return readSection(head, buf, len, KIND_RESPONSE, maxHeadBytes(limits), limits);
}

/**
 * Reads a trailer section with its empty line, from the byte after the last chunk's line. Fields that
 * may not be trailers are dropped (FIELD_REMOVED) or refused, see trailer_rules.ts.
 */
export function readTrailers(head: usize, buf: usize, len: u32, limits: usize): i32 {
  resumeAt(head, buf);
  store<u8>(head, 1, 92);
  setHeadKind(head, KIND_TRAILERS, VERSION_HTTP_1_1);
  const taken = readSection(head, buf, len, KIND_TRAILERS, maxTrailerBytes(limits), limits);
  if (taken <= 0) return taken;
  const count = headFieldCount(head);
  for (let i: u32 = 0; i < count; i++) {
    const field = fieldAt(head, i);
    const rule = trailerRule(knownNameOf(field));
    if (rule == TRAILER_REFUSED) return ERROR_TRAILER;
    if (rule == TRAILER_DROPPED) markRemoved(field);
  }
  return taken;
}

/**
 * Reads what a captured packet holds of a head, request or response by its first bytes. Gives the
 * bytes of the lines taken; where the head's end is missing sets FLAG_TRUNCATED and keeps the start
 * line and the complete fields; 0 when not even the start line is whole. Call it once for a head.
 */
export function readHeadPrefix(head: usize, buf: usize, len: u32, limits: usize): i32 {
  const isResponse = len >= 5 && load<u32>(buf) == 0x50545448 && load<u8>(buf, 4) == 0x2f;
  const kind = isResponse ? KIND_RESPONSE : KIND_REQUEST;
  const taken = readSection(head, buf, len, kind, maxHeadBytes(limits), limits);
  const cut = taken == 0 || taken == ERROR_HEAD_TOO_LARGE;
  if (!cut || !isStarted(head)) {
    if (taken <= 0 || isResponse) return cut ? 0 : taken;
    const error = settleAuthority(head);
    return error < 0 ? error : taken;
  }
  addHeadFlags(head, FLAG_TRUNCATED);
  return <i32> lineStart(head);
}
