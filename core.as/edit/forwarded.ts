// What a proxy tells the next hop about the client: X-Forwarded-For, -Proto, -Host, x-request-id.
// Takes a request head before its filters are applied (a filter may overrule) and the spans that the
// host gives; they must stay until the head is written. Makes values in the head's scratch space.

import {
  authorityLen,
  authorityOff,
  fieldAt,
  fieldValueLen,
  fieldValueOff,
  headFieldCount,
  headSchemeId,
  headScratch,
  SCHEME_HTTPS,
} from "../head/head";
import {
  NAME_X_FORWARDED_FOR,
  NAME_X_FORWARDED_HOST,
  NAME_X_FORWARDED_PROTO,
  NAME_X_REQUEST_ID,
  nameIdLen,
  nameIdOff,
} from "../head/names";
import { findField } from "../route/fields";
import { OUTCOME_FORWARD, OUTCOME_TOO_LARGE } from "../route/stations";
import { setField } from "./headers";

/** The peer is a trusted proxy: what it says of scheme and host is kept. */
export const FORWARDED_TRUSTED: u32 = 1;

export const MAX_REQUEST_ID: u32 = 128;
const HTTP: usize = memory.data<u8>([0x68, 0x74, 0x74, 0x70, 0x73]); // "https"

function findKnown(head: usize, id: u8, from: u32): u32 {
  return findField(head, nameIdOff(id), nameIdLen(id), from);
}

function isPresent(head: usize, id: u8): bool {
  return findKnown(head, id, 0) < headFieldCount(head);
}

function setKnown(head: usize, id: u8, value: usize, len: u32): bool {
  return setField(head, nameIdOff(id), nameIdLen(id), value, len);
}

/** Appends the peer to what X-Forwarded-For says already, as one field. */
function appendPeer(head: usize, peer: usize, peerLen: u32): bool {
  const count = headFieldCount(head);
  let size: u32 = peerLen;
  let index = findKnown(head, NAME_X_FORWARDED_FOR, 0);
  if (index == count) return setKnown(head, NAME_X_FORWARDED_FOR, peer, peerLen);
  for (let i = index; i < count; i = findKnown(head, NAME_X_FORWARDED_FOR, i + 1)) {
    size += fieldValueLen(fieldAt(head, i)) + 2;
  }
  const value = headScratch(head, size);
  if (!value) return false;
  let out = value;
  for (; index < count; index = findKnown(head, NAME_X_FORWARDED_FOR, index + 1)) {
    const field = fieldAt(head, index);
    memory.copy(out, fieldValueOff(field), fieldValueLen(field));
    out += fieldValueLen(field);
    store<u16>(out, 0x202c);
    out += 2;
  }
  memory.copy(out, peer, peerLen);
  return setKnown(head, NAME_X_FORWARDED_FOR, value, size);
}

/**
 * The request's own id, where it has one field of 1 to 128 letters, digits and `-._~+/=:@` (what may
 * go into logs as it is); else 0.
 */
export function requestIdField(head: usize): usize {
  const count = headFieldCount(head);
  const index = findKnown(head, NAME_X_REQUEST_ID, 0);
  if (index == count || findKnown(head, NAME_X_REQUEST_ID, index + 1) != count) return 0;
  const field = fieldAt(head, index);
  const len = fieldValueLen(field);
  if (len == 0 || len > MAX_REQUEST_ID) return 0;
  const at = fieldValueOff(field);
  for (let i: u32 = 0; i < len; i++) {
    const byte: u32 = load<u8>(at + i);
    const isPlain = (byte | 0x20) - 97 < 26 || byte - 0x2d < 14 || byte == 0x5f || byte == 0x7e ||
      byte == 0x2b || byte == 0x3d || byte == 0x40;
    if (!isPlain) return 0;
  }
  return field;
}

/** Writes the fields; the request's own well-formed id is kept, else `requestId` is set. */
export function applyForwarded(
  head: usize,
  peer: usize,
  peerLen: u32,
  requestId: usize,
  requestIdLen: u32,
  flags: u32,
): u32 {
  const isTrusted = (flags & FORWARDED_TRUSTED) != 0;
  if (!appendPeer(head, peer, peerLen)) return OUTCOME_TOO_LARGE;
  if (!isTrusted || !isPresent(head, NAME_X_FORWARDED_PROTO)) {
    const len: u32 = headSchemeId(head) == SCHEME_HTTPS ? 5 : 4;
    if (!setKnown(head, NAME_X_FORWARDED_PROTO, HTTP, len)) return OUTCOME_TOO_LARGE;
  }
  if (!isTrusted || !isPresent(head, NAME_X_FORWARDED_HOST)) {
    const done = setKnown(head, NAME_X_FORWARDED_HOST, authorityOff(head), authorityLen(head));
    if (!done) return OUTCOME_TOO_LARGE;
  }
  if (requestIdField(head)) return OUTCOME_FORWARD;
  const done = setKnown(head, NAME_X_REQUEST_ID, requestId, requestIdLen);
  return done ? OUTCOME_FORWARD : OUTCOME_TOO_LARGE;
}
