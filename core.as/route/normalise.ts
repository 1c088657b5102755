// The path of a request in its one normal form: what is matched is what is forwarded.
// Rules (docs/path_normalisation.md): percent-encoded unreserved bytes decoded, other escapes in
// upper case, empty segments merged, dot segments removed, a climb above the root refused; `%2F`
// and `%5C` stay. Takes the head's path, sets its normalised path; never changes the raw one.

import {
  FLAG_ASTERISK_FORM,
  headFlags,
  headScratch,
  pathLen,
  pathOff,
  queryLen,
  queryOff,
  setNormalPath,
} from "../head/head";
import { hexValue } from "../memory/bytes";

export const PATH_OK: u32 = 0;
export const PATH_MALFORMED: u32 = 1;
export const PATH_NO_ROOM: u32 = 2;

const SLASH: u32 = 0x2f;
const ROOT: usize = memory.data<u8>([0x2f]);
const DOT: u32 = 0x2e;

// Bytes that a path may not hold as they are, plus `%`: controls, space, `"`, `#`, `<`, `>`, `\`, `^`,
// backtick, `{`, `}`, DEL and what is beyond ASCII (the codec's rule too: what browsers escape). A
// byte is one of them when the marks of its high and of its low half have a bit in common.
// deno-fmt-ignore
const HIGH_MARKS: usize = memory.data<u8>([
  0x20, 0x20, 0x01, 0x02, 0, 0x04, 0x08, 0x10, 0x20, 0x20, 0x20, 0x20, 0x20, 0x20, 0x20, 0x20,
]);
// deno-fmt-ignore
const LOW_MARKS: usize = memory.data<u8>([
  0x29, 0x20, 0x21, 0x21, 0x20, 0x21, 0x20, 0x20, 0x20, 0x20, 0x20, 0x30, 0x26, 0x30, 0x26, 0x30,
]);

function isSpecial(byte: u32): bool {
  return (load<u8>(HIGH_MARKS + (byte >>> 4)) & load<u8>(LOW_MARKS + (byte & 15))) != 0;
}

function isUnreserved(byte: u32): bool {
  return (byte | 0x20) - 97 < 26 || byte - 48 < 10 || byte == 0x2d || byte == DOT ||
    byte == 0x5f || byte == 0x7e;
}

/** Whether 16 bytes at `at` hold nothing that needs more than a look; reads 17 bytes. */
function isPlain16(at: usize): bool {
  const bytes = v128.load(at);
  const next = v128.load(at, 1);
  const high = i8x16.swizzle(v128.load(HIGH_MARKS), i8x16.shr_u(bytes, 4));
  const low = i8x16.swizzle(v128.load(LOW_MARKS), v128.and(bytes, i8x16.splat(15)));
  const afterSlash = v128.and(
    i8x16.eq(bytes, i8x16.splat(0x2f)),
    v128.or(i8x16.eq(next, i8x16.splat(0x2f)), i8x16.eq(next, i8x16.splat(0x2e))),
  );
  return !v128.any_true(v128.or(v128.and(high, low), afterSlash));
}

/** Whether the path is in normal form already: the common case, which copies nothing. */
function isNormal(at: usize, len: u32): bool {
  const end = at + len;
  while (at + 17 <= end) {
    if (!isPlain16(at)) return false;
    at += 16;
  }
  let afterSlash = false;
  while (at < end) {
    const byte: u32 = load<u8>(at);
    if (isSpecial(byte)) return false;
    if (afterSlash && (byte == SLASH || byte == DOT)) return false;
    afterSlash = byte == SLASH;
    at++;
  }
  return true;
}

function upperHex(byte: u32): u8 {
  return <u8> (byte >= 97 ? byte - 32 : byte);
}

/** NUL, LF and CR end a string or a line for whoever decodes the path and writes it elsewhere. */
function isLineBreaker(byte: u32): bool {
  return byte == 0 || byte == 0x0a || byte == 0x0d;
}

let segmentEnd: usize = 0;
/** Copies one segment from `from`, decoding; gives where the output ends, 0 when malformed. */
function copySegment(from: usize, end: usize, to: usize): usize {
  while (from < end) {
    const byte: u32 = load<u8>(from);
    if (byte == SLASH) break;
    if (byte == 0x25) {
      if (end - from < 3) return 0;
      const high = hexValue(load<u8>(from, 1));
      const low = hexValue(load<u8>(from, 2));
      if (high == 255 || low == 255) return 0;
      const value = (high << 4) | low;
      if (isLineBreaker(value)) return 0;
      if (isUnreserved(value)) {
        store<u8>(to, <u8> value);
        to++;
      } else {
        store<u8>(to, 0x25);
        store<u8>(to, upperHex(load<u8>(from, 1)), 1);
        store<u8>(to, upperHex(load<u8>(from, 2)), 2);
        to += 3;
      }
      from += 3;
      continue;
    }
    if (isSpecial(byte)) return 0;
    store<u8>(to, <u8> byte);
    to++;
    from++;
  }
  segmentEnd = from;
  return to;
}

/** Writes the normal form at `out` (room for `len` bytes); gives its length, 0 when refused. */
function rewriteNormal(at: usize, len: u32, out: usize): u32 {
  const end = at + len;
  let to = out;
  while (at < end) {
    store<u8>(to, <u8> SLASH);
    const segment = to + 1;
    to = copySegment(at + 1, end, segment);
    if (!to) return 0;
    at = segmentEnd;
    const isLast = at >= end;
    const segmentLen = to - segment;
    const isDot = segmentLen == 1 && load<u8>(segment) == <u8> DOT;
    const isUp = segmentLen == 2 && load<u16>(segment) == 0x2e2e;
    if (segmentLen && !isDot && !isUp) continue;
    to = segment - 1;
    if (isUp) {
      if (to == out) return 0;
      to--;
      while (load<u8>(to) != <u8> SLASH) to--;
    }
    if (isLast) {
      store<u8>(to, <u8> SLASH);
      to++;
    }
  }
  return <u32> (to - out);
}

/** Controls, space, `"`, `#`, `<`, `>`, DEL and what is beyond ASCII. */
function isForbiddenInQuery(byte: u32): bool {
  return byte <= 0x20 || byte >= 0x7f || byte == 0x22 || byte == 0x23 || byte == 0x3c ||
    byte == 0x3e;
}

function queryValid(at: usize, len: u32): bool {
  for (const end = at + len; at < end; at++) {
    if (isForbiddenInQuery(load<u8>(at))) return false;
  }
  return true;
}

/**
 * Normalises the head's path: PATH_OK, or why the request is to be refused. `OPTIONS *` asks about
 * the host as a whole (RFC 9112 section 3.2.4) and is matched as its root.
 */
export function normalisePath(head: usize): u32 {
  if (headFlags(head) & FLAG_ASTERISK_FORM) {
    setNormalPath(head, ROOT, 1);
    return PATH_OK;
  }
  const at = pathOff(head);
  const len = pathLen(head);
  if (len == 0 || load<u8>(at) != <u8> SLASH) return PATH_MALFORMED;
  if (!queryValid(queryOff(head), queryLen(head))) return PATH_MALFORMED;
  if (isNormal(at, len)) {
    setNormalPath(head, at, len);
    return PATH_OK;
  }
  const out = headScratch(head, len + 1);
  if (!out) return PATH_NO_ROOM;
  const normalLen = rewriteNormal(at, len, out);
  if (!normalLen) return PATH_MALFORMED;
  setNormalPath(head, out, normalLen);
  return PATH_OK;
}
