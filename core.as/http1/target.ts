// Reads a request target (RFC 9112 section 3.2) into a head: origin-form, absolute-form, `*`, and the
// authority-form of CONNECT. Refuses what the grammar does: fragments, spaces, controls, non-ASCII,
// broken escapes in the path. Never changes a byte: normalising is done elsewhere.

import {
  addHeadFlags,
  FLAG_ABSOLUTE_FORM,
  FLAG_ASTERISK_FORM,
  FLAG_HAS_QUERY,
  headMethodId,
  METHOD_CONNECT,
  METHOD_OPTIONS,
  SCHEME_HTTP,
  SCHEME_HTTPS,
  setAuthority,
  setHeadScheme,
  setPath,
  setQuery,
} from "../head/head";
import { CLASS_HEX, isClass, scanPath, scanQuery } from "./classes";
import { isAuthority } from "./host";

const SLASH: usize = memory.data<u8>([0x2f]);
const ASTERISK: usize = memory.data<u8>([0x2a]);

/** Reads `path [ "?" query ]`; both may be empty here. */
function readPath(head: usize, at: usize, end: usize): bool {
  let next = at;
  while (true) {
    next = scanPath(next, end);
    if (next == end || load<u8>(next) == 0x3f) break;
    if (load<u8>(next) != 0x25 || next + 2 >= end) return false;
    if (!isClass(<u32> load<u8>(next, 1), CLASS_HEX)) return false;
    if (!isClass(<u32> load<u8>(next, 2), CLASS_HEX)) return false;
    next += 3;
  }
  setPath(head, at, <u32> (next - at));
  if (next == end) return true;
  const query = next + 1;
  next = query;
  while (true) {
    next = scanQuery(next, end);
    if (next == end) break;
    if (load<u8>(next) != 0x25) return false;
    next++;
  }
  setQuery(head, query, <u32> (end - query));
  addHeadFlags(head, FLAG_HAS_QUERY);
  return true;
}

/** Length of `http://` or `https://` in any case; 0 for other schemes. Sets the scheme. */
function readScheme(head: usize, at: usize, len: u32): u32 {
  if (len < 7 || (load<u32>(at) | 0x20202020) != 0x70747468) return 0;
  let next: u32 = 4;
  let scheme = SCHEME_HTTP;
  if ((load<u8>(at, 4) | 0x20) == 0x73) {
    scheme = SCHEME_HTTPS;
    next = 5;
  }
  if (len < next + 3) return 0;
  if (load<u8>(at + <usize> next) != 0x3a || load<u16>(at + <usize> next, 1) != 0x2f2f) return 0;
  setHeadScheme(head, scheme);
  return next + 3;
}

function setAsterisk(head: usize): void {
  setPath(head, ASTERISK, 1);
  addHeadFlags(head, FLAG_ASTERISK_FORM);
}

/** Reads an absolute-form target (RFC 9112 section 3.2.2). */
function readAbsolute(head: usize, at: usize, end: usize): bool {
  const schemeLen = readScheme(head, at, <u32> (end - at));
  if (schemeLen == 0) return false;
  const authority = at + <usize> schemeLen;
  let path = authority;
  while (path < end && load<u8>(path) != 0x2f && load<u8>(path) != 0x3f) path++;
  if (!isAuthority(authority, <u32> (path - authority))) return false;
  setAuthority(head, authority, <u32> (path - authority));
  addHeadFlags(head, FLAG_ABSOLUTE_FORM);
  if (path == end && headMethodId(head) == METHOD_OPTIONS) {
    setAsterisk(head); // section 3.2.4: the last proxy sends `*` where there is no path and no query
    return true;
  }
  if (path == end || load<u8>(path) == 0x3f) {
    if (!readPath(head, path, end)) return false;
    setPath(head, SLASH, 1); // RFC 9110 section 4.2.3: an empty path is `/`
    return true;
  }
  return readPath(head, path, end);
}

/** Reads a whole target; false when it is malformed. The method must be in the head already. */
export function readTarget(head: usize, at: usize, len: u32): bool {
  if (len == 0) return false;
  const end = at + <usize> len;
  const methodId = headMethodId(head);
  if (methodId == METHOD_CONNECT) {
    if (!isAuthority(at, len)) return false;
    setAuthority(head, at, len);
    return true;
  }
  const first = load<u8>(at);
  if (first == 0x2f) return readPath(head, at, end);
  if (first != 0x2a) return readAbsolute(head, at, end);
  if (len != 1 || methodId != METHOD_OPTIONS) return false;
  setAsterisk(head);
  return true;
}
