// Reads a request-line or a status-line (RFC 9112 sections 3 and 4) at the front of a range.
// Gives the bytes taken with their CRLF, 0 when the range ends first, or an ERROR_*.
// Exactly one space between the parts: the lenient parsing of section 3 is not offered.

import {
  KIND_INFORMATIONAL,
  KIND_REQUEST,
  KIND_RESPONSE,
  METHOD_OTHER,
  setHeadKind,
  setHeadMethod,
  setHeadStatus,
  setReason,
  VERSION_HTTP_1_0,
  VERSION_HTTP_1_1,
} from "../head/head";
import { isKnownMethodInOtherCase, methodIdOf } from "../head/methods";
import { scanToken, scanValue, scanVisible } from "./classes";
import {
  ERROR_LINE_END,
  ERROR_METHOD,
  ERROR_METHOD_CASE,
  ERROR_METHOD_TOO_LONG,
  ERROR_STATUS_LINE,
  ERROR_TARGET,
  ERROR_TARGET_TOO_LONG,
  ERROR_VERSION,
  ERROR_VERSION_UNSUPPORTED,
} from "./errors";
import { maxTargetBytes } from "./limits";
import { readTarget } from "./target";

/** Longest method read; RFC 9112 section 3 asks for 501 beyond what is implemented. */
const MAX_METHOD_BYTES: usize = 32;
/** A longer token is no method of anybody: what sends it speaks something else. */
const MAX_TOKEN_BYTES: usize = 256;
/** Bytes of `HTTP/x.y`. */
export const VERSION_BYTES: usize = 8;
const HTTP_SLASH: usize = memory.data<u8>([0x48, 0x54, 0x54, 0x50, 0x2f]);

const CR: u8 = 0x0d;
const LF: u8 = 0x0a;
const SP: u8 = 0x20;

function isDigit(byte: u32): bool {
  return byte - 0x30 < 10;
}

/** Whether the (perhaps incomplete) bytes can be `HTTP/x.y`; case-sensitive (section 2.3). */
function canBeVersion(at: usize, end: usize): bool {
  const len = min<usize>(end - at, VERSION_BYTES);
  for (let i: usize = 0; i < len; i++) {
    const byte = load<u8>(at + i);
    if (i < 5) {
      if (byte != load<u8>(HTTP_SLASH + i)) return false;
    } else if (i == 6) {
      if (byte != 0x2e) return false;
    } else if (!isDigit(<u32> byte)) return false;
  }
  return true;
}

/** VERSION_* of a complete `HTTP/x.y`; 1.2 and up are read as 1.1 (RFC 9110 section 2.5); else 0. */
function versionOf(at: usize): u8 {
  if (load<u8>(at, 5) != 0x31) return 0;
  return load<u8>(at, 7) == 0x30 ? VERSION_HTTP_1_0 : VERSION_HTTP_1_1;
}

/** 0: the line's CRLF is not all there; 2: it is; otherwise an error, `other` for another byte. */
function lineEnd(at: usize, end: usize, other: i32): i32 {
  if (at == end) return 0;
  const byte = load<u8>(at);
  if (byte == LF) return ERROR_LINE_END;
  if (byte != CR) return other;
  if (at + 1 == end) return 0;
  return load<u8>(at, 1) == LF ? 2 : ERROR_LINE_END;
}

export function readRequestLine(head: usize, at: usize, end: usize, limits: usize): i32 {
  const methodEnd = scanToken(at, end);
  const methodBytes = methodEnd - at;
  if (methodBytes > MAX_TOKEN_BYTES) return ERROR_METHOD;
  if (methodEnd == end) return 0;
  if (methodBytes == 0 || load<u8>(methodEnd) != SP) return ERROR_METHOD;
  if (methodBytes > MAX_METHOD_BYTES) return ERROR_METHOD_TOO_LONG;
  const methodId = methodIdOf(at, <u32> methodBytes);
  if (methodId == METHOD_OTHER && isKnownMethodInOtherCase(at, <u32> methodBytes)) {
    return ERROR_METHOD_CASE;
  }

  const target = methodEnd + 1;
  const targetEnd = scanVisible(target, end);
  if (targetEnd - target > <usize> maxTargetBytes(limits)) return ERROR_TARGET_TOO_LONG;
  if (targetEnd == end) return 0;
  const after = load<u8>(targetEnd);
  if (after == CR || after == LF) return ERROR_VERSION; // HTTP/0.9, or a line cut short
  if (after != SP) return ERROR_TARGET;
  setHeadMethod(head, methodId, at, <u32> methodBytes);
  if (!readTarget(head, target, <u32> (targetEnd - target))) return ERROR_TARGET;

  const version = targetEnd + 1;
  if (!canBeVersion(version, end)) return ERROR_VERSION;
  const versionEnd = version + VERSION_BYTES;
  if (versionEnd > end) return 0;
  const ending = lineEnd(versionEnd, end, ERROR_VERSION);
  if (ending <= 0) return ending;
  const versionId = versionOf(version);
  if (versionId == 0) return ERROR_VERSION_UNSUPPORTED;
  setHeadKind(head, KIND_REQUEST, versionId);
  return <i32> (versionEnd + 2 - at);
}

export function readStatusLine(head: usize, at: usize, end: usize): i32 {
  if (!canBeVersion(at, end)) return ERROR_STATUS_LINE;
  let status: u32 = 0;
  for (let i: usize = VERSION_BYTES; i < VERSION_BYTES + 4; i++) {
    if (at + i >= end) return 0;
    const byte = <u32> load<u8>(at + i);
    if (i == VERSION_BYTES) {
      if (byte != <u32> SP) return ERROR_STATUS_LINE;
    } else {
      if (!isDigit(byte)) return ERROR_STATUS_LINE;
      status = status * 10 + (byte - 0x30);
    }
  }
  if (status < 100 || status > 599) return ERROR_STATUS_LINE;

  // The space before an absent reason is required of senders; those that forget it are many.
  let reason = at + VERSION_BYTES + 4;
  if (reason == end) return 0;
  let reasonEnd = reason;
  if (load<u8>(reason) == SP) reasonEnd = scanValue(++reason, end);
  const ending = lineEnd(reasonEnd, end, ERROR_STATUS_LINE);
  if (ending <= 0) return ending;
  const versionId = versionOf(at);
  if (versionId == 0) return ERROR_VERSION_UNSUPPORTED;
  setHeadKind(head, status < 200 ? KIND_INFORMATIONAL : KIND_RESPONSE, versionId);
  setHeadStatus(head, status);
  setReason(head, reason, <u32> (reasonEnd - reason));
  return <i32> (reasonEnd + 2 - at);
}
