// Heads that are not whole yet: each direction of an exchange has at most one, in a block of its own.
// The working heads are shared by all exchanges and so can't be left half read.

import { ERROR_HEAD_TOO_LARGE } from "../http1/errors";
import { partialHead, setPartialHead } from "./block";
import { dropHead, keepHead } from "./settings";

/** The head to read on with: the direction's own, or else `fresh`. */
export function headInHand(x: usize, direction: u32, fresh: usize): usize {
  const kept = partialHead(x, direction);
  return kept != 0 ? kept : fresh;
}

/** Keeps a head that needs more bytes: 0, or ERROR_HEAD_TOO_LARGE where there is no memory for it. */
export function keepPartial(x: usize, direction: u32, head: usize): i32 {
  if (partialHead(x, direction) != 0) return 0;
  const own = keepHead(head);
  if (own == 0) return ERROR_HEAD_TOO_LARGE;
  setPartialHead(x, direction, own);
  return 0;
}

/** Forgets the direction's own head, if there is one. */
export function dropPartial(x: usize, direction: u32): void {
  dropHead(partialHead(x, direction));
  setPartialHead(x, direction, 0);
}
