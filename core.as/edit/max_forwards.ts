// Max-Forwards of OPTIONS and TRACE (RFC 9110 section 7.6.2): counted down at every intermediary, and at
// zero answered instead of forwarded. Takes a request head; the new value lies in its scratch space.

import {
  fieldAt,
  fieldNameId,
  fieldValueLen,
  fieldValueOff,
  headFieldCount,
  headMethodId,
  headScratch,
  isRemoved,
  METHOD_OPTIONS,
  METHOD_TRACE,
  setFieldValue,
} from "../head/head";
import { NAME_MAX_FORWARDS } from "../head/names";
import { lengthOf } from "../http1/framing";
import { putDecimal } from "../http1/write_bytes";

/** Digits of the largest number that is counted. */
const MAX_DIGITS: u32 = 20;

/** There is none, or it was counted down. */
export const HOPS_LEFT: u32 = 0;
/** This is the last hop that may see the request. */
export const HOPS_USED_UP: u32 = 1;
/** The head's scratch space is full. */
export const HOPS_TOO_LARGE: u32 = 2;

/** HOPS_*. A value that is no number says nothing and is passed on as it is. */
export function countHop(head: usize): u32 {
  const methodId = headMethodId(head);
  if (methodId != METHOD_OPTIONS && methodId != METHOD_TRACE) return HOPS_LEFT;
  const count = headFieldCount(head);
  for (let i: u32 = 0; i < count; i++) {
    const field = fieldAt(head, i);
    if (fieldNameId(field) != NAME_MAX_FORWARDS || isRemoved(field)) continue;
    const hops = lengthOf(fieldValueOff(field), fieldValueLen(field));
    if (hops == u64.MAX_VALUE) continue;
    if (hops == 0) return HOPS_USED_UP;
    const value = headScratch(head, MAX_DIGITS);
    if (value == 0) return HOPS_TOO_LARGE;
    setFieldValue(field, value, <u32> (putDecimal(value, hops - 1) - value));
  }
  return HOPS_LEFT;
}
