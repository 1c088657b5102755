// Maglev tables: "Maglev: A Fast and Reliable Software Network Load Balancer" (NSDI 2016), 3.4.
// Each endpoint has a permutation of the slots, offset and skip from XXH64 of its key text
// (seeds 0 and 1); endpoints take turns, by weight, until every slot is taken. Endpoints must come
// sorted by key bytes, so that every node builds the same table.
//
//   table  byte 0 u32 slots M   4 u32 bytes per entry (1 or 2)   8 u64 hash of the endpoints
//          16 entries: numbers of endpoints inside the service

import { memAlloc, memFree } from "../memory/alloc";
import * as E from "./layout";
import { xxh64 } from "./xxh64";

export const MAGLEV_HEADER: u32 = 16;
/** The ladder: few rungs, because crossing one moves nearly every key. */
export const SMALL_TABLE: u32 = 4093;
export const LARGE_TABLE: u32 = 65537;
export const SMALL_TABLE_ENDPOINTS: u32 = 40;

// Per endpoint while building: 0 current slot, 4 skip, 8 weight, 16 f64 target.
const BUILD_SIZE: u32 = 24;

export function slotsFor(endpoints: u32): u32 {
  return endpoints <= SMALL_TABLE_ENDPOINTS ? SMALL_TABLE : LARGE_TABLE;
}

export function entryAt(maglev: usize, slot: u32): u32 {
  const entries = maglev + MAGLEV_HEADER;
  if (load<u32>(maglev, 4) == 1) return load<u8>(entries + slot);
  return load<u16>(entries + (slot << 1));
}

function startPermutations(work: usize, table: usize, first: usize, count: u32, slots: u32): u32 {
  let heaviest: u32 = 0;
  for (let i: u32 = 0; i < count; i++, work += BUILD_SIZE, first += E.ENDPOINT_SIZE) {
    const key = table + load<u32>(first, 4);
    const len = <u32> load<u16>(first, 8);
    const weight = load<u32>(first, 12);
    store<u32>(work, <u32> (xxh64(key, len, 0) % slots));
    store<u32>(work, <u32> (xxh64(key, len, 1) % (slots - 1)) + 1, 4);
    store<u32>(work, weight, 8);
    store<u64>(work, 0, 16);
    if (weight > heaviest) heaviest = weight;
  }
  return heaviest;
}

function isTaken(taken: usize, slot: u32): bool {
  return (load<u8>(taken + (slot >>> 3)) >>> (slot & 7)) & 1 ? true : false;
}

/**
 * Lets endpoints take slots in turn until all `slots` are taken. In pass n an endpoint of weight w
 * takes one when n x w has reached its target, which then grows by the largest weight.
 */
function fill(maglev: usize, work: usize, taken: usize, count: u32, heaviest: u32): void {
  const slots = load<u32>(maglev);
  const isWide = load<u32>(maglev, 4) == 2;
  const entries = maglev + MAGLEV_HEADER;
  let left = slots;
  for (let pass: u64 = 1; left > 0; pass++) {
    let state = work;
    for (let i: u32 = 0; i < count && left > 0; i++, state += BUILD_SIZE) {
      const target = load<u64>(state, 16);
      if (pass * load<u32>(state, 8) < target) continue;
      store<u64>(state, target + heaviest, 16);
      let slot = load<u32>(state);
      const skip = load<u32>(state, 4);
      while (isTaken(taken, slot)) {
        slot += skip;
        if (slot >= slots) slot -= slots;
      }
      const byte = taken + (slot >>> 3);
      store<u8>(byte, <u8> (<u32> load<u8>(byte) | (<u32> 1 << (slot & 7))));
      if (isWide) store<u16>(entries + (slot << 1), <u16> i);
      else store<u8>(entries + slot, <u8> i);
      slot += skip;
      store<u32>(state, slot >= slots ? slot - slots : slot);
      left--;
    }
  }
}

/**
 * Builds a table of `slots` (a prime) entries over `count` endpoint records at `first`, whose key
 * offsets count from `table`. Weights are at least 1. 0 when no memory is left.
 */
export function buildMaglev(table: usize, first: usize, count: u32, slots: u32): usize {
  const entryBytes: u32 = count <= 256 ? 1 : 2;
  const maglev = memAlloc(MAGLEV_HEADER + slots * entryBytes);
  const takenBytes = (slots + 63) >>> 6 << 3;
  const work = maglev ? memAlloc(takenBytes + count * BUILD_SIZE) : 0;
  if (!work) {
    memFree(maglev);
    return 0;
  }
  memory.fill(work, 0, takenBytes);
  store<u32>(maglev, slots);
  store<u32>(maglev, entryBytes, 4);
  const states = work + takenBytes;
  const heaviest = startPermutations(states, table, first, count, slots);
  fill(maglev, states, work, count, heaviest);
  memFree(work);
  return maglev;
}
