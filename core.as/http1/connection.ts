// What a head says about its own connection (RFC 9110 section 7.6.1, RFC 9112 section 9): options,
// hop-by-hop fields, upgrade, expectation. Takes a head that was read; marks fields FIELD_REMOVED and
// gives bits. The writers put in what the next hop needs instead.

import {
  FIELD_REMOVED,
  fieldAt,
  fieldFlags,
  fieldNameId,
  fieldNameLen,
  fieldNameOff,
  fieldValueLen,
  fieldValueOff,
  headFieldCount,
  headVersion,
  setFieldFlags,
  VERSION_HTTP_1_0,
} from "../head/head";
import {
  NAME_CONNECTION,
  NAME_CONTENT_LENGTH,
  NAME_EXPECT,
  NAME_HOST,
  NAME_HTTP2_SETTINGS,
  NAME_KEEP_ALIVE,
  NAME_PROXY_CONNECTION,
  NAME_TE,
  NAME_TRANSFER_ENCODING,
  NAME_UNKNOWN,
  NAME_UPGRADE,
  nameIdOf,
} from "../head/names";
import { CLASS_TOKEN, isClass } from "./classes";
import { ERROR_FIELD_VALUE } from "./errors";

/** `Connection: close`. */
export const OPTION_CLOSE: i32 = 1;
/** `Connection: keep-alive`. */
export const OPTION_KEEP_ALIVE: i32 = 2;
/** `Connection: upgrade` beside an Upgrade field that may be honoured. */
export const OPTION_UPGRADE: i32 = 4;
/** `TE: trailers`. */
export const OPTION_TE_TRAILERS: i32 = 8;

/** Most options read in one head: each is compared with every field. */
const MAX_OPTIONS: i32 = 32;

const CLOSE: usize = memory.data<u8>([0x63, 0x6c, 0x6f, 0x73, 0x65]);
const H2C: usize = memory.data<u8>([0x68, 0x32, 0x63]);
const TRAILERS: usize = memory.data<u8>([0x74, 0x72, 0x61, 0x69, 0x6c, 0x65, 0x72, 0x73]);
// deno-fmt-ignore
const CONTINUE: usize = memory.data<u8>([
  0x31, 0x30, 0x30, 0x2d, 0x63, 0x6f, 0x6e, 0x74, 0x69, 0x6e, 0x75, 0x65,
]);

function lower(byte: u32): u32 {
  return byte - 0x41 < 26 ? byte | 0x20 : byte;
}

function sameText(a: usize, b: usize, len: u32): bool {
  for (let i: usize = 0; i < <usize> len; i++) {
    if (lower(<u32> load<u8>(a + i)) != lower(<u32> load<u8>(b + i))) return false;
  }
  return true;
}

const COMMA: u8 = 0x2c;

function isSeparator(byte: u8): bool {
  return byte == COMMA || byte == 0x20 || byte == 0x09;
}

/** The next list member at or after `at`: its first byte, or `end`. */
function memberStart(at: usize, end: usize): usize {
  while (at < end && isSeparator(load<u8>(at))) at++;
  return at;
}

/** The end of the token that begins at `at`; `at` itself where none does. */
function tokenEnd(at: usize, end: usize): usize {
  while (at < end && isClass(<u32> load<u8>(at), CLASS_TOKEN)) at++;
  return at;
}

/** Past the space behind a member. */
function memberEnd(at: usize, end: usize): usize {
  while (at < end && (load<u8>(at) == 0x20 || load<u8>(at) == 0x09)) at++;
  return at;
}

/** Whether a comma-separated list has `text` as a member's first token, in any case. */
function lists(field: usize, text: usize, len: u32): bool {
  let at = fieldValueOff(field);
  const end = at + <usize> fieldValueLen(field);
  while ((at = memberStart(at, end)) < end) {
    const stop = tokenEnd(at, end);
    if (<u32> (stop - at) == len && sameText(at, text, len)) return true;
    at = stop;
    while (at < end && load<u8>(at) != COMMA) at++;
  }
  return false;
}

function remove(field: usize): void {
  setFieldFlags(field, fieldFlags(field) | FIELD_REMOVED);
}

/** Removes the fields that a Connection option names; framing and Host are not its to take. */
function removeNamed(head: usize, name: usize, len: u32): void {
  const nameId = nameIdOf(name, len);
  if (nameId == NAME_HOST || nameId == NAME_CONTENT_LENGTH) return;
  if (nameId == NAME_TRANSFER_ENCODING) return;
  const count = headFieldCount(head);
  for (let i: u32 = 0; i < count; i++) {
    const field = fieldAt(head, i);
    if (fieldNameId(field) != nameId) continue;
    if (nameId != NAME_UNKNOWN) remove(field);
    else if (fieldNameLen(field) == len && sameText(fieldNameOff(field), name, len)) remove(field);
  }
}

/**
 * Reads one Connection field: OPTION_* bits and, from bit 8 on, how many options; ERROR_FIELD_VALUE
 * for what is no list of tokens or has more than `budget`.
 */
function readOptions(head: usize, field: usize, budget: i32): i32 {
  let options = 0;
  let at = fieldValueOff(field);
  const end = at + <usize> fieldValueLen(field);
  while ((at = memberStart(at, end)) < end) {
    const stop = tokenEnd(at, end);
    const next = memberEnd(stop, end);
    const len = <u32> (stop - at);
    if (len == 0 || options >> 8 == budget) return ERROR_FIELD_VALUE;
    if (next < end && load<u8>(next) != COMMA) return ERROR_FIELD_VALUE;
    const nameId = nameIdOf(at, len);
    if (len == 5 && sameText(at, CLOSE, 5)) options |= OPTION_CLOSE;
    else if (nameId == NAME_KEEP_ALIVE) options |= OPTION_KEEP_ALIVE;
    else if (nameId == NAME_UPGRADE) options |= OPTION_UPGRADE;
    else removeNamed(head, at, len);
    options += 1 << 8;
    at = next;
  }
  return options;
}

/**
 * Marks every hop-by-hop field as removed and gives OPTION_* bits, or ERROR_FIELD_VALUE where
 * Connection is no list of tokens or has too many. Upgrade to h2c is never honoured: its tunnel would
 * carry requests past every rule (and HTTP/2 has no such upgrade any more, RFC 9113 section 3.1).
 */
export function takeHopByHop(head: usize): i32 {
  let options = 0;
  let upgrades = 0;
  let h2c = false;
  let left = MAX_OPTIONS;
  const count = headFieldCount(head);
  for (let i: u32 = 0; i < count; i++) {
    const field = fieldAt(head, i);
    switch (fieldNameId(field)) {
      case NAME_CONNECTION: {
        const read = readOptions(head, field, left);
        if (read < 0) return read;
        left -= read >> 8;
        options |= read & 0xff;
        break;
      }
      case NAME_UPGRADE:
        upgrades++;
        if (lists(field, H2C, 3)) h2c = true;
        break;
      case NAME_TE:
        if (lists(field, TRAILERS, 8)) options |= OPTION_TE_TRAILERS;
        break;
      case NAME_KEEP_ALIVE:
      case NAME_PROXY_CONNECTION:
      case NAME_HTTP2_SETTINGS:
        break;
      default:
        continue;
    }
    remove(field);
  }
  const mayUpgrade = upgrades == 1 && !h2c && headVersion(head) != VERSION_HTTP_1_0;
  return mayUpgrade ? options : options & ~OPTION_UPGRADE;
}

/** Whether the connection may carry another message after this one (RFC 9112 section 9.3). */
export function isPersistent(head: usize, options: i32): bool {
  if ((options & OPTION_CLOSE) != 0) return false;
  return headVersion(head) != VERSION_HTTP_1_0 || (options & OPTION_KEEP_ALIVE) != 0;
}

/** Whether the request waits for 100 (Continue); never in HTTP/1.0 (RFC 9110 section 10.1.1). */
export function expectsContinue(head: usize): bool {
  if (headVersion(head) == VERSION_HTTP_1_0) return false;
  const count = headFieldCount(head);
  for (let i: u32 = 0; i < count; i++) {
    const field = fieldAt(head, i);
    if (fieldNameId(field) == NAME_EXPECT && lists(field, CONTINUE, 12)) return true;
  }
  return false;
}
