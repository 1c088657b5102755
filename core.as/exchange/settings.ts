// What all exchanges of an instance share: limits, working heads, the Date, the seed of request ids.
// Set up once by the host before the first exchange; the Date again whenever a second has passed.

import { headReset, headSize } from "../head/head";
import { maxFields, maxHeadBytes, setDefaultLimits } from "../http1/limits";
import { memAlloc, memFree } from "../memory/alloc";

/** The limits of the readers (http1/limits.ts). */
export const LIMITS: usize = memory.data(32);
/** `Tue, 15 Nov 1994 08:12:31 GMT` (RFC 9110 section 5.6.7). */
export const DATE: usize = memory.data(32);
export const DATE_LEN: u32 = 29;

/** Fields that edits and forwarding may add to a head beside the sender's own. */
const ADDED_FIELDS: u32 = 160;
/** Scratch space of an edit beyond the head's own bytes. */
const ADDED_BYTES: u32 = 65536;

let capacity: u32 = 0;
let scratch: usize = 0;
let scratchSize: u32 = 0;
let requestHead: usize = 0;
let responseHead: usize = 0;
let maxBody: u64 = 0;
let seedA: u64 = 0;
let seedB: u64 = 0;
let made: u64 = 0;

/** Where the host writes the limits before `setUpExchanges`; filled with the defaults. */
export function exchangeLimits(): usize {
  setDefaultLimits(LIMITS);
  return LIMITS;
}

export function exchangeDate(): usize {
  return DATE;
}

/** Makes the working heads by the limits; false when no memory is left. `seed*`: 128 random bits. */
export function setUpExchanges(
  maxBodyBytes: f64,
  seed0: u32,
  seed1: u32,
  seed2: u32,
  seed3: u32,
): bool {
  maxBody = <u64> maxBodyBytes;
  seedA = <u64> seed0 << 32 | <u64> seed1;
  seedB = <u64> seed2 << 32 | <u64> seed3;
  capacity = maxFields(LIMITS) + ADDED_FIELDS;
  scratchSize = maxHeadBytes(LIMITS) + ADDED_BYTES;
  requestHead = memAlloc(<u32> headSize(capacity));
  responseHead = memAlloc(<u32> headSize(capacity));
  scratch = memAlloc(scratchSize);
  return requestHead != 0 && responseHead != 0 && scratch != 0;
}

export function maxBodyBytes(): u64 {
  return maxBody;
}

/** The working head for requests, empty, with all of the scratch space. */
export function freshRequestHead(): usize {
  headReset(requestHead, capacity, scratch, scratch + scratchSize);
  return requestHead;
}

/** The working head for responses; takes the scratch space from whatever had it. */
export function freshResponseHead(): usize {
  headReset(responseHead, capacity, scratch, scratch + scratchSize);
  return responseHead;
}

/** Moves a head that is not whole yet to a block of its own; 0 when no memory is left. */
export function keepHead(head: usize): usize {
  const size = <u32> headSize(capacity);
  const own = memAlloc(size);
  if (own) memory.copy(own, head, size);
  return own;
}

export function dropHead(head: usize): void {
  memFree(head);
}

export function idSeedA(): u64 {
  return seedA;
}

export function idSeedB(): u64 {
  return seedB;
}

/** Counts the ids made by this instance. */
export function nextIdNumber(): u64 {
  return made++;
}
