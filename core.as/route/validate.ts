// Checks a route table before anything reads it: every offset, count, index and order.
// Takes the table's address and size, gives 0 or a REFUSED_* code. What passes can be looked up
// without a trap, a read outside the table or an endless loop, whatever its bytes say.

import { checksum } from "../memory/checksum";
import { validateBlob } from "./validate_blob";
import * as L from "./layout";

export const REFUSED_SIZE: u32 = 1;
export const REFUSED_MAGIC: u32 = 2;
export const REFUSED_VERSION: u32 = 3;
export const REFUSED_CHECKSUM: u32 = 4;
export const REFUSED_SECTION: u32 = 5;
export const REFUSED_SCOPE: u32 = 6;
export const REFUSED_HOST: u32 = 7;
export const REFUSED_NODE: u32 = 8;
export const REFUSED_EDGE: u32 = 9;
export const REFUSED_GROUP: u32 = 10;
export const REFUSED_CANDIDATE: u32 = 11;
export const REFUSED_BLOB: u32 = 14;

let table: usize = 0;
let size: u32 = 0;

/** Whether a section of `count` entries of `entry` bytes lies behind the header and in the table. */
function sectionFits(header: u32, entry: u32): bool {
  const offset = load<u32>(table + header);
  const bytes = <u64> load<u32>(table + header, 4) * entry;
  return (offset & 3) == 0 && offset >= L.ROUTES_HEADER && <u64> offset + bytes <= <u64> size;
}

function sectionAt(header: u32): usize {
  return table + load<u32>(table + header);
}

function countOf(header: u32): u32 {
  return load<u32>(table + header, 4);
}

function isPowerOfTwo(count: u32): bool {
  return count != 0 && (count & (count - 1)) == 0;
}

function stringFits(offset: u32, len: u32): bool {
  const start = load<u32>(table + L.H_STRINGS);
  const end = <u64> start + countOf(L.H_STRINGS);
  return offset >= start && <u64> offset + len <= end;
}

function sectionsFit(): bool {
  return sectionFits(L.H_PORT_GROUPS, L.SCOPE_SIZE) && sectionFits(L.H_LISTENERS, L.SCOPE_SIZE) &&
    sectionFits(L.H_HOST_SLOTS, L.HOST_SLOT_SIZE) && sectionFits(L.H_NODES, L.NODE_SIZE) &&
    sectionFits(L.H_EDGE_SLOTS, L.EDGE_SLOT_SIZE) && sectionFits(L.H_GROUPS, L.GROUP_SIZE) &&
    sectionFits(L.H_CANDIDATES, L.CANDIDATE_SIZE) && sectionFits(L.H_LISTS, 4) &&
    sectionFits(L.H_INDEX_SLOTS, L.INDEX_SLOT_SIZE) && sectionFits(L.H_BLOB_OFFSETS, 4) &&
    sectionFits(L.H_BLOBS, 1) && sectionFits(L.H_STRINGS, 1) &&
    isPowerOfTwo(countOf(L.H_HOST_SLOTS)) && isPowerOfTwo(countOf(L.H_EDGE_SLOTS));
}

function scopesValid(): bool {
  const listeners = countOf(L.H_LISTENERS);
  let at = sectionAt(L.H_PORT_GROUPS);
  for (let i: u32 = countOf(L.H_PORT_GROUPS); i > 0; i--, at += L.SCOPE_SIZE) {
    if (load<u32>(at, 4) > listeners || load<u32>(at, 12) > 65535) return false;
  }
  const nodes = countOf(L.H_NODES);
  at = sectionAt(L.H_LISTENERS);
  for (let i: u32 = listeners; i > 0; i--, at += L.SCOPE_SIZE) {
    if (load<u32>(at, 4) >= nodes) return false;
  }
  return true;
}

/** Scopes are 2 x port group or 2 x listener + 1; a free slot must be left to end a search. */
function hostsValid(): bool {
  const listeners = countOf(L.H_LISTENERS);
  const nodes = countOf(L.H_NODES);
  let free: u32 = 0;
  let at = sectionAt(L.H_HOST_SLOTS);
  for (let i: u32 = countOf(L.H_HOST_SLOTS); i > 0; i--, at += L.HOST_SLOT_SIZE) {
    const value = load<u32>(at, 8);
    if (!value) {
      free++;
      continue;
    }
    const isRoot = load<u32>(at, 4) & 1;
    if (isRoot ? value >= nodes : value > listeners) return false;
    if (!stringFits(load<u32>(at, 12), load<u32>(at, 16))) return false;
  }
  return free != 0;
}

function nodesValid(): bool {
  const groups = countOf(L.H_GROUPS);
  const count = countOf(L.H_NODES);
  if (count == 0) return false;
  let at = sectionAt(L.H_NODES);
  for (let i: u32 = 0; i < count; i++, at += L.NODE_SIZE) {
    if (load<u32>(at) > groups || load<u32>(at, 4) > groups || load<u32>(at, 8) > groups) {
      return false;
    }
    const end = <u64> load<u32>(at, 12) + load<u16>(at, 16);
    if (end > <u64> size) return false;
  }
  return true;
}

/** A child's number is greater than its parent's, so that no walk comes back. */
function edgesValid(): bool {
  const nodes = countOf(L.H_NODES);
  let free: u32 = 0;
  let at = sectionAt(L.H_EDGE_SLOTS);
  for (let i: u32 = countOf(L.H_EDGE_SLOTS); i > 0; i--, at += L.EDGE_SLOT_SIZE) {
    const child = load<u32>(at, 8);
    if (!child) free++;
    else if (child >= nodes || load<u32>(at, 4) >= child) return false;
  }
  return free != 0;
}

/** Entries of a list are candidate numbers in ascending order: the best rank comes first. */
function listValid(first: u32, count: u32): bool {
  if (<u64> first + count > <u64> countOf(L.H_LISTS)) return false;
  const candidates = countOf(L.H_CANDIDATES);
  let at = sectionAt(L.H_LISTS) + (<usize> first << 2);
  let least: u32 = 0;
  for (let i: u32 = 0; i < count; i++, at += 4) {
    const candidate = load<u32>(at);
    if (candidate < least || candidate >= candidates) return false;
    least = candidate + 1;
  }
  return true;
}

/** Lists follow each other without overlap, so that checking them all reads each entry once. */
function groupsValid(): bool {
  let at = sectionAt(L.H_GROUPS);
  const indexSlots = countOf(L.H_INDEX_SLOTS);
  let nextList: u32 = 0;
  let nextSlot: u32 = 0;
  for (let i: u32 = countOf(L.H_GROUPS); i > 0; i--, at += L.GROUP_SIZE) {
    if (load<u32>(at) != nextList || !listValid(nextList, load<u32>(at, 4))) return false;
    nextList += load<u32>(at, 4);
    const capacity = load<u32>(at, 12);
    if (!capacity) continue;
    if (!isPowerOfTwo(capacity) || load<u32>(at, 8) != nextSlot) return false;
    if (<u64> nextSlot + capacity > <u64> indexSlots) return false;
    let free: u32 = 0;
    let slot = sectionAt(L.H_INDEX_SLOTS) + <usize> nextSlot * L.INDEX_SLOT_SIZE;
    for (let k: u32 = 0; k < capacity; k++, slot += L.INDEX_SLOT_SIZE) {
      const count = load<u32>(slot, 8);
      if (!count) {
        free++;
        continue;
      }
      if (load<u32>(slot, 4) != nextList || !listValid(nextList, count)) return false;
      nextList += count;
    }
    if (!free) return false;
    nextSlot += capacity;
  }
  return true;
}

/** Blobs lie back to back and fill their section. */
function blobsValid(): bool {
  const start = load<u32>(table + L.H_BLOBS);
  const end = start + countOf(L.H_BLOBS);
  let next = start;
  let at = sectionAt(L.H_BLOB_OFFSETS);
  for (let i: u32 = countOf(L.H_BLOB_OFFSETS); i > 0; i--, at += 4) {
    if (load<u32>(at) != next) return false;
    const room = end - next;
    if (room < L.BLOB_HEADER) return false;
    const blobSize = load<u32>(table + next);
    if (blobSize > room || !validateBlob(table + next, blobSize)) return false;
    next += blobSize;
  }
  return next == end;
}

function candidatesValid(): bool {
  const blobs = countOf(L.H_BLOB_OFFSETS);
  const blobOffsets = sectionAt(L.H_BLOB_OFFSETS);
  let at = sectionAt(L.H_CANDIDATES);
  for (let i: u32 = countOf(L.H_CANDIDATES); i > 0; i--, at += L.CANDIDATE_SIZE) {
    const blob = load<u32>(at);
    if (blob >= blobs) return false;
    const offset = load<u32>(blobOffsets + (blob << 2));
    const match = load<u32>(at, 4);
    if (match >= load<u32>(table + offset, 8)) return false;
    if (load<u32>(at, 8) != offset + L.BLOB_HEADER + match * L.MATCH_SIZE) return false;
  }
  return true;
}

/** 0, or why the `len` bytes at `at` are no route table. */
export function validateRoutes(at: usize, len: u32): u32 {
  table = at;
  size = len;
  if (len < L.ROUTES_HEADER || len & 3 || load<u32>(at, L.H_SIZE) != len) return REFUSED_SIZE;
  if (load<u32>(at) != L.ROUTES_MAGIC) return REFUSED_MAGIC;
  if (load<u32>(at, 4) != L.ROUTES_VERSION) return REFUSED_VERSION;
  const sum = checksum(at + L.CHECKSUM_FROM, len - L.CHECKSUM_FROM);
  if (sum != load<u32>(at, L.H_CHECKSUM)) return REFUSED_CHECKSUM;
  if (!sectionsFit()) return REFUSED_SECTION;
  if (!scopesValid()) return REFUSED_SCOPE;
  if (!hostsValid()) return REFUSED_HOST;
  if (!nodesValid()) return REFUSED_NODE;
  if (!edgesValid()) return REFUSED_EDGE;
  if (!blobsValid()) return REFUSED_BLOB;
  if (!candidatesValid()) return REFUSED_CANDIDATE;
  if (!groupsValid()) return REFUSED_GROUP;
  return 0;
}
