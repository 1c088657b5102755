// Reads the captured beginning of a head and sums up what an observer wants of it, in one call.
// Takes a head with room for its fields, bytes and limits; fills a summary and gives the bytes of the
// lines taken, 0 or an ERROR_* where it is no head. Keeps nothing; offsets point into the bytes.
//
//   byte  field           meaning
//      0  u8  kind        KIND_*
//      1  u8  methodId    METHOD_*, 0 for a response
//      2  u16 status      0 for a request
//      4  u32 flags       CAPTURED_*
//      8  u32 headLength  bytes to the end of the head, where it is whole
//     12  u32 reserved
//     16  f64 bodyLength  bytes of the body, where CAPTURED_BODY_KNOWN
//     24  u32 off, len    target: path and query
//     32  u32 off, len    host
//     40  u32 off, len    method
//     48  u32 off, len    user agent

import {
  fieldAt,
  fieldNameId,
  fieldValueLen,
  fieldValueOff,
  FLAG_HAS_QUERY,
  FLAG_TRUNCATED,
  headFieldCount,
  headFlags,
  headKind,
  headMethodId,
  headReset,
  headStatus,
  KIND_REQUEST,
  methodLen,
  methodOff,
  pathLen,
  pathOff,
  queryLen,
  queryOff,
} from "../head/head";
import {
  NAME_CONTENT_LENGTH,
  NAME_HOST,
  NAME_TRANSFER_ENCODING,
  NAME_UPGRADE,
  NAME_USER_AGENT,
} from "../head/names";
import { lengthOf } from "./framing";
import { readHeadPrefix } from "./read_head";

/** The end of the head was not captured. */
const CAPTURED_CUT: u32 = 1;
const CAPTURED_BODY_KNOWN: u32 = 2;
/** There is an Upgrade field: what follows may be another protocol. */
const CAPTURED_UPGRADE: u32 = 4;

const CR_LF: u16 = 0x0a0d;
const UNKNOWN: i64 = -1;
/** Digits of a chunk's size that are read: a captured one is small. */
const MAX_SIZE_DIGITS: u32 = 4;

function hexDigit(byte: u32): i32 {
  if (byte - 0x30 <= 9) return <i32> (byte - 0x30);
  const lower = (byte | 0x20) - 0x61;
  return lower <= 5 ? <i32> lower + 10 : -1;
}

/**
 * Bytes of a chunked body that lies wholly in what was captured, else UNKNOWN: also for extensions
 * and trailers, which such small bodies do not have.
 */
function chunkedLength(start: usize, end: usize): i64 {
  let at = start;
  while (at < end) {
    let size: u32 = 0;
    let digits: u32 = 0;
    while (at < end && digits < MAX_SIZE_DIGITS) {
      const digit = hexDigit(<u32> load<u8>(at));
      if (digit < 0) break;
      size = (size << 4) | <u32> digit;
      digits++;
      at++;
    }
    if (digits == 0 || at + 2 > end || load<u16>(at) != CR_LF) return UNKNOWN;
    at += 2 + <usize> size;
    if (at + 2 > end || load<u16>(at) != CR_LF) return UNKNOWN;
    at += 2;
    if (size == 0) return <i64> (at - start);
  }
  return UNKNOWN;
}

/** The length that the fields state, UNKNOWN where they do not, or not clearly. */
function statedLength(head: usize, out: usize, isRequest: bool, bodyAt: usize, end: usize): i64 {
  const count = headFieldCount(head);
  let flags = load<u32>(out, 4);
  let lengths = 0;
  let isCoded = false;
  let length = isRequest && (flags & CAPTURED_CUT) == 0 ? <i64> 0 : UNKNOWN;
  for (let i: u32 = 0; i < count; i++) {
    const field = fieldAt(head, i);
    const at = fieldValueOff(field);
    const len = fieldValueLen(field);
    const nameId = fieldNameId(field);
    if (nameId == NAME_HOST) {
      store<u32>(out, <u32> at, 32);
      store<u32>(out, len, 36);
    } else if (nameId == NAME_USER_AGENT) {
      store<u32>(out, <u32> at, 48);
      store<u32>(out, len, 52);
    } else if (nameId == NAME_UPGRADE) {
      flags |= CAPTURED_UPGRADE;
    } else if (nameId == NAME_TRANSFER_ENCODING) {
      isCoded = true;
    } else if (nameId == NAME_CONTENT_LENGTH) {
      lengths++;
      const value = lengthOf(at, len);
      length = value > 0xffffffffffff ? UNKNOWN : <i64> value;
    }
  }
  store<u32>(out, flags, 4);
  if (lengths > 1 || (lengths == 1 && isCoded)) return UNKNOWN;
  if (!isCoded) return length;
  return (flags & CAPTURED_CUT) == 0 ? chunkedLength(bodyAt, end) : UNKNOWN;
}

export function readCapturedHead(
  head: usize,
  capacity: u32,
  buf: usize,
  len: u32,
  limits: usize,
  out: usize,
): i32 {
  headReset(head, capacity, out, out);
  const taken = readHeadPrefix(head, buf, len, limits);
  if (taken <= 0) return taken;
  memory.fill(out, 0, 56);
  const isRequest = headKind(head) == KIND_REQUEST;
  const isCut = (headFlags(head) & FLAG_TRUNCATED) != 0;
  store<u8>(out, headKind(head));
  store<u8>(out, headMethodId(head), 1);
  store<u16>(out, <u16> headStatus(head), 2);
  store<u32>(out, isCut ? CAPTURED_CUT : 0, 4);
  store<u32>(out, <u32> taken, 8);
  const end = buf + <usize> len;
  const length = statedLength(head, out, isRequest, buf + <usize> taken, end);
  if (length != UNKNOWN) {
    store<u32>(out, load<u32>(out, 4) | CAPTURED_BODY_KNOWN, 4);
    store<f64>(out, <f64> length, 16);
  }
  if (isRequest) {
    const hasQuery = (headFlags(head) & FLAG_HAS_QUERY) != 0;
    const targetEnd = hasQuery
      ? queryOff(head) + <usize> queryLen(head)
      : pathOff(head) + <usize> pathLen(head);
    store<u32>(out, <u32> pathOff(head), 24);
    store<u32>(out, <u32> (targetEnd - pathOff(head)), 28);
    store<u32>(out, <u32> methodOff(head), 40);
    store<u32>(out, methodLen(head), 44);
  }
  return taken;
}
