// The host of a request: checked, without port and trailing dot, in lower case, in a buffer.
// Grammar: RFC 9112 section 3.2 (Host = uri-host [":" port]) with RFC 3986 section 3.2.2, held to
// unreserved characters (docs/decisions/072) and without user information.

import { authorityLen, authorityOff } from "../head/head";
import { hexValue, lowerByte } from "../memory/bytes";

const MAX_HOST: u32 = 255;
const HOST: usize = memory.data(256);
let length: u32 = 0;

/** The host that `readHost` took last. */
export function hostOff(): usize {
  return HOST;
}

export function hostLen(): u32 {
  return length;
}

/** Length of the authority's host part as written, brackets included; what follows is the port. */
export function hostPartLen(at: usize, len: u32): u32 {
  let end: u32 = 0;
  if (len && load<u8>(at) == 0x5b) {
    while (end < len && load<u8>(at + end) != 0x5d) end++;
    return end < len ? end + 1 : len;
  }
  while (end < len && load<u8>(at + end) != 0x3a) end++;
  return end;
}

function portValid(at: usize, len: u32): bool {
  if (len == 0) return true;
  if (load<u8>(at) != 0x3a || len > 6) return false;
  let port: u32 = 0;
  for (let i: u32 = 1; i < len; i++) {
    const digit = <u32> load<u8>(at + i) - 48;
    if (digit > 9) return false;
    port = port * 10 + digit;
  }
  return port < 65536;
}

/** unreserved, the dot aside: the codec's rule too. */
function isNameByte(byte: u32): bool {
  return (byte | 0x20) - 97 < 26 || byte - 48 < 10 || byte == 0x2d || byte == 0x5f || byte == 0x7e;
}

function readBracketed(at: usize, len: u32): bool {
  if (len < 4 || load<u8>(at + len - 1) != 0x5d) return false;
  store<u8>(HOST, 0x5b);
  for (let i: u32 = 1; i < len - 1; i++) {
    const byte: u32 = load<u8>(at + i);
    if (hexValue(byte) == 255 && byte != 0x3a && byte != 0x2e) return false;
    store<u8>(HOST + i, <u8> lowerByte(byte));
  }
  store<u8>(HOST + len - 1, 0x5d);
  length = len;
  return true;
}

/** Takes the host out of the head's authority; false where it is malformed (to be answered 400). */
export function readHost(head: usize): bool {
  length = 0;
  const len = authorityLen(head);
  if (!len) return true;
  const at = authorityOff(head);
  let end = hostPartLen(at, len);
  if (end == 0 || !portValid(at + end, len - end)) return false;
  if (end > MAX_HOST) return false;
  if (load<u8>(at) == 0x5b) return readBracketed(at, end);
  if (load<u8>(at + end - 1) == 0x2e) end--;
  if (end == 0) return false;
  let previousDot = true;
  for (let i: u32 = 0; i < end; i++) {
    const byte: u32 = load<u8>(at + i);
    if (byte == 0x2e) {
      if (previousDot) return false;
      previousDot = true;
    } else {
      if (!isNameByte(byte)) return false;
      previousDot = false;
    }
    store<u8>(HOST + i, <u8> lowerByte(byte));
  }
  if (previousDot) return false;
  length = end;
  return true;
}
