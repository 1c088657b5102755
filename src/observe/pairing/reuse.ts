// When a sequence number can't belong to the connection that a four-tuple named before, and when it
// belongs to what the other end has already. Pure.

import { distance } from "./sequence.ts";

/** Further back or ahead than this, a sequence number belongs to another connection. */
const REUSE_BACK_BYTES = 1 << 20;
const REUSE_AHEAD_BYTES = 1 << 30;

export function startsOver(seq: number, lastSeq: number): boolean {
  const moved = distance(seq, lastSeq);
  return moved < -REUSE_BACK_BYTES || moved > REUSE_AHEAD_BYTES;
}

/** Whether the other end has acknowledged the byte of this number. */
export function wasReceived(seq: number, acknowledged: number): boolean {
  const behind = distance(acknowledged, seq);
  return behind > 0 && behind <= REUSE_BACK_BYTES;
}
