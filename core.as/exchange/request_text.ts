// What the access log tells of a request, copied: the head's own bytes are written over, or read into
// again, before its exchange is over. Kept only where the host has asked for it, and only until
// endExchange; a request for which no memory is left has none.
//
//   byte  0 u32 methodLen   4 u32 hostLen   8 u32 targetLen   12 u32 forwardedForLen
//        16 method, host, target and X-Forwarded-For, one after the other

import {
  authorityLen,
  authorityOff,
  fieldAt,
  fieldNameId,
  fieldValueLen,
  fieldValueOff,
  FLAG_HAS_QUERY,
  headFieldCount,
  headFlags,
  isRemoved,
  methodLen,
  methodOff,
  pathLen,
  pathOff,
  queryLen,
} from "../head/head";
import { NAME_X_FORWARDED_FOR } from "../head/names";
import { memAlloc, memFree } from "../memory/alloc";
import { setTextOf, textOf } from "./block";

const BYTES_AT: u32 = 16;

let isWanted: bool = false;

/** From now on requests leave their text. */
export function keepRequestTexts(wanted: bool): void {
  isWanted = wanted;
}

/** Keeps method, host and target as the client sent them; before anything is edited. */
export function keepRequestText(x: usize, head: usize): void {
  if (!isWanted) return;
  const method = methodLen(head);
  const host = authorityLen(head);
  const target = pathLen(head) + ((headFlags(head) & FLAG_HAS_QUERY) != 0 ? queryLen(head) + 1 : 0);
  const text = memAlloc(BYTES_AT + method + host + target);
  setTextOf(x, text);
  if (text == 0) return;
  store<u32>(text, method);
  store<u32>(text, host, 4);
  store<u32>(text, target, 8);
  store<u32>(text, 0, 12);
  const at = text + BYTES_AT;
  memory.copy(at, methodOff(head), method);
  memory.copy(at + method, authorityOff(head), host);
  memory.copy(at + method + host, pathOff(head), target);
}

/** Keeps X-Forwarded-For too, with the peer at its end: it says who the client is. */
export function keepForwardedFor(x: usize, head: usize): void {
  const text = textOf(x);
  if (text == 0) return;
  const count = headFieldCount(head);
  for (let i: u32 = 0; i < count; i++) {
    const field = fieldAt(head, i);
    if (fieldNameId(field) != NAME_X_FORWARDED_FOR || isRemoved(field)) continue;
    const len = fieldValueLen(field);
    const before = BYTES_AT + load<u32>(text) + load<u32>(text, 4) + load<u32>(text, 8);
    const longer = memAlloc(before + len);
    if (longer == 0) return;
    memory.copy(longer, text, before);
    memory.copy(longer + before, fieldValueOff(field), len);
    store<u32>(longer, len, 12);
    setTextOf(x, longer);
    memFree(text);
    return;
  }
}
