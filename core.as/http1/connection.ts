// What a head says about its own connection (RFC 9110 section 7.6.1, RFC 9112 section 9): options,
// hop-by-hop fields, upgrade. Takes a head that was read; marks fields FIELD_REMOVED and
// gives bits. The writers put in what the next hop needs instead.

import {
  fieldAt,
  fieldNameId,
  fieldNameLen,
  fieldNameOff,
  fieldValueLen,
  fieldValueOff,
  headFieldCount,
  headKind,
  headVersion,
  KIND_REQUEST,
  markRemoved,
  VERSION_HTTP_1_0,
} from "../head/head";
import {
  NAME_CONNECTION,
  NAME_CONTENT_LENGTH,
  NAME_FORWARDED,
  NAME_HOST,
  NAME_HTTP2_SETTINGS,
  NAME_KEEP_ALIVE,
  NAME_PROXY_CONNECTION,
  NAME_TE,
  NAME_TRANSFER_ENCODING,
  NAME_UNKNOWN,
  NAME_UPGRADE,
  NAME_VIA,
  NAME_X_FORWARDED_FOR,
  NAME_X_FORWARDED_HOST,
  NAME_X_FORWARDED_PORT,
  NAME_X_FORWARDED_PROTO,
  NAME_X_REAL_IP,
  NAME_X_REQUEST_ID,
  nameIdOf,
} from "../head/names";
import { ERROR_FIELD_VALUE } from "./errors";
import { lists, memberEnd, memberStart, sameText, tokenEnd } from "./lists";

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
const H2: usize = memory.data<u8>([0x68, 0x32]);
const H2C: usize = memory.data<u8>([0x68, 0x32, 0x63]);
const HTTP: usize = memory.data<u8>([0x68, 0x74, 0x74, 0x70]);
const TLS: usize = memory.data<u8>([0x74, 0x6c, 0x73]);
const TRAILERS: usize = memory.data<u8>([0x74, 0x72, 0x61, 0x69, 0x6c, 0x65, 0x72, 0x73]);
/**
 * Whether a field is for every recipient and so no option (RFC 9110 section 7.6.1): framing, Host, and
 * what one hop tells the next about the client. Naming them has only ever served to have a proxy take
 * them away.
 */
function isEndToEnd(nameId: u8): bool {
  switch (nameId) {
    case NAME_HOST:
    case NAME_CONTENT_LENGTH:
    case NAME_TRANSFER_ENCODING:
    case NAME_FORWARDED:
    case NAME_X_FORWARDED_FOR:
    case NAME_X_FORWARDED_HOST:
    case NAME_X_FORWARDED_PORT:
    case NAME_X_FORWARDED_PROTO:
    case NAME_X_REAL_IP:
    case NAME_X_REQUEST_ID:
    case NAME_VIA:
      return true;
    default:
      return false;
  }
}

/** Removes the fields that a Connection option names. */
function removeNamed(head: usize, nameId: u8, name: usize, len: u32): void {
  const count = headFieldCount(head);
  for (let i: u32 = 0; i < count; i++) {
    const field = fieldAt(head, i);
    if (fieldNameId(field) != nameId) continue;
    if (nameId != NAME_UNKNOWN) markRemoved(field);
    else if (fieldNameLen(field) == len && sameText(fieldNameOff(field), name, len)) {
      markRemoved(field);
    }
  }
}

/**
 * Reads one Connection field: OPTION_* bits and, from bit 8 on, how many options; ERROR_FIELD_VALUE
 * for what is no list of tokens, has more than `budget`, or, in a request, names a field that is for
 * every recipient; in a response such a name is passed over.
 */
function readOptions(head: usize, field: usize, budget: i32): i32 {
  let options = 0;
  let at = fieldValueOff(field);
  const end = at + <usize> fieldValueLen(field);
  while ((at = memberStart(at, end)) < end) {
    const stop = tokenEnd(at, end);
    const next = memberEnd(stop, end);
    const len = <u32> (stop - at);
    if (len == 0 || next == 0 || options >> 8 == budget) return ERROR_FIELD_VALUE;
    const nameId = nameIdOf(at, len);
    if (len == 5 && sameText(at, CLOSE, 5)) options |= OPTION_CLOSE;
    else if (nameId == NAME_KEEP_ALIVE) options |= OPTION_KEEP_ALIVE;
    else if (nameId == NAME_UPGRADE) options |= OPTION_UPGRADE;
    else if (!isEndToEnd(nameId)) removeNamed(head, nameId, at, len);
    else if (headKind(head) == KIND_REQUEST) return ERROR_FIELD_VALUE;
    options += 1 << 8;
    at = next;
  }
  return options;
}

/** Whether Upgrade offers a protocol that carries HTTP requests: h2c, h2, HTTP/x, TLS (RFC 2817). */
function asksForHttp(field: usize): bool {
  return lists(field, H2C, 3) || lists(field, H2, 2) || lists(field, HTTP, 4) ||
    lists(field, TLS, 3);
}

/**
 * Marks every hop-by-hop field as removed and gives OPTION_* bits, or ERROR_FIELD_VALUE where
 * Connection is malformed. An upgrade to another HTTP or to TLS is never honoured: its tunnel would
 * carry requests past every rule (and HTTP/2 has no such upgrade any more, RFC 9113 section 3.1).
 */
export function takeHopByHop(head: usize): i32 {
  let options = 0;
  let upgrades = 0;
  let http = false;
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
        if (asksForHttp(field)) http = true;
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
    markRemoved(field);
  }
  const mayUpgrade = upgrades == 1 && !http && headVersion(head) != VERSION_HTTP_1_0;
  return mayUpgrade ? options : options & ~OPTION_UPGRADE;
}

/** Whether the connection may carry another message after this one (RFC 9112 section 9.3). */
export function isPersistent(head: usize, options: i32): bool {
  if ((options & OPTION_CLOSE) != 0) return false;
  return headVersion(head) != VERSION_HTTP_1_0 || (options & OPTION_KEEP_ALIVE) != 0;
}
