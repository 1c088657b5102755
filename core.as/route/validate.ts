// Checks a route table before anything reads it: every offset, count, index and order.
// Takes the table's address and size, gives 0 or a REFUSED_* code. What passes can be looked up
// without a trap, a read outside the table or an endless loop, whatever its bytes say.

import { memAlloc, memFree } from "../memory/alloc";
import { checksum } from "../memory/checksum";
import { matchCount, validateBlob } from "./validate_blob";
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
export const REFUSED_BLOB: u32 = 14;
export const REFUSED_NO_MEMORY: u32 = 17;

let table: usize = 0;
let size: u32 = 0;
/** While a table is checked: where match records and nodes begin, one bit each. */
let matchBits: usize = 0;
let nodeBits: usize = 0;

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

function sectionsFit(): bool {
  return sectionFits(L.H_PORT_GROUPS, L.SCOPE_SIZE) && sectionFits(L.H_LISTENERS, L.SCOPE_SIZE) &&
    sectionFits(L.H_HOST_SLOTS, L.HOST_SLOT_SIZE) &&
    sectionFits(L.H_EDGE_SLOTS, L.EDGE_SLOT_SIZE) && sectionFits(L.H_GROUPS, L.GROUP_SIZE) &&
    sectionFits(L.H_LISTS, L.LIST_ENTRY_SIZE) &&
    sectionFits(L.H_INDEX_SLOTS, L.INDEX_SLOT_SIZE) && sectionFits(L.H_BLOB_OFFSETS, 4) &&
    sectionFits(L.H_BLOBS, 1) && sectionFits(L.H_NODES, 1) && sectionFits(L.H_STRINGS, 1) &&
    isPowerOfTwo(countOf(L.H_HOST_SLOTS)) && isPowerOfTwo(countOf(L.H_EDGE_SLOTS));
}

/** Marks that a record begins at `offset` of a section in which records begin every `1 << shift`. */
function mark(bits: usize, offset: u32, shift: u32): void {
  const bit = offset >>> shift;
  const at = bits + (bit >>> 3);
  store<u8>(at, <u8> (<u32> load<u8>(at) | (<u32> 1 << (bit & 7))));
}

/** Whether `mark` was called for the offset; `bytes` is the section's size. */
function isMarked(bits: usize, offset: u32, shift: u32, bytes: u32): bool {
  if (offset >= bytes || offset & ((<u32> 1 << shift) - 1)) return false;
  const bit = offset >>> shift;
  return (load<u8>(bits + (bit >>> 3)) >>> (bit & 7)) & 1 ? true : false;
}

function isMatch(offset: u32): bool {
  return isMarked(matchBits, offset - load<u32>(table + L.H_BLOBS), 6, countOf(L.H_BLOBS));
}

function isNode(offset: u32): bool {
  return isMarked(nodeBits, offset - load<u32>(table + L.H_NODES), 2, countOf(L.H_NODES));
}

/** Candidates of a node: none, one match, or a group. */
function candidatesValid(value: u32): bool {
  if (value & 1) return isMatch(value - 1);
  return value >>> 1 <= countOf(L.H_GROUPS);
}

function scopesValid(): bool {
  const listeners = countOf(L.H_LISTENERS);
  let at = sectionAt(L.H_PORT_GROUPS);
  for (let i: u32 = countOf(L.H_PORT_GROUPS); i > 0; i--, at += L.SCOPE_SIZE) {
    if (load<u32>(at, 4) > listeners || load<u32>(at, 12) > 65535) return false;
  }
  at = sectionAt(L.H_LISTENERS);
  for (let i: u32 = listeners; i > 0; i--, at += L.SCOPE_SIZE) {
    const root = load<u32>(at, 4);
    if (root && !isNode(root)) return false;
  }
  return true;
}

/** Scopes are 2 x port group or 2 x listener + 1; a free slot must be left to end a search. */
function hostsValid(): bool {
  const listeners = countOf(L.H_LISTENERS);
  let free: u32 = 0;
  let at = sectionAt(L.H_HOST_SLOTS);
  for (let i: u32 = countOf(L.H_HOST_SLOTS); i > 0; i--, at += L.HOST_SLOT_SIZE) {
    const value = load<u32>(at, 8);
    if (!value) {
      free++;
      continue;
    }
    const isRoot = load<u32>(at, 4) & 1;
    if (isRoot ? !isNode(value) : value > listeners) return false;
    if (<u64> load<u32>(at, 12) + (load<u32>(at, 4) >>> 24) > <u64> size) return false;
  }
  return free != 0;
}

/** Nodes lie back to back; a parent comes before its children, so that no walk comes back. */
function nodesValid(): bool {
  const start = load<u32>(table + L.H_NODES);
  const bytes = countOf(L.H_NODES);
  let offset: u32 = 0;
  while (offset < bytes) {
    if (bytes - offset < L.NODE_HEADER) return false;
    const at = table + start + offset;
    const padding = <u32> load<u8>(at, 19) << 2;
    const length = ((L.NODE_HEADER + load<u16>(at, 16) + 3) & ~3) + padding;
    if (length > bytes - offset) return false;
    mark(nodeBits, offset, 2);
    const parent = load<u32>(at);
    if (parent > start + offset || !isNode(parent)) return false;
    if (!candidatesValid(load<u32>(at, 4)) || !candidatesValid(load<u32>(at, 8))) return false;
    if (!candidatesValid(load<u32>(at, 12))) return false;
    offset += length;
  }
  return true;
}

function edgesValid(): bool {
  let free: u32 = 0;
  let at = sectionAt(L.H_EDGE_SLOTS);
  for (let i: u32 = countOf(L.H_EDGE_SLOTS); i > 0; i--, at += L.EDGE_SLOT_SIZE) {
    const child = load<u32>(at, 4);
    if (!child) free++;
    else if (!isNode(child)) return false;
  }
  return free != 0;
}

/** Entries of a list come by ascending rank: the best first. */
function listValid(first: u32, count: u32): bool {
  if (<u64> first + count > <u64> countOf(L.H_LISTS)) return false;
  let at = sectionAt(L.H_LISTS) + <usize> first * L.LIST_ENTRY_SIZE;
  let least: u32 = 0;
  for (let i: u32 = 0; i < count; i++, at += L.LIST_ENTRY_SIZE) {
    const rank = load<u32>(at);
    if (rank < least || rank == L.NO_VALUE || !isMatch(load<u32>(at, 4))) return false;
    least = rank + 1;
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
      const count = load<u32>(slot, 4);
      if (!count) {
        free++;
      } else if (count == 1) {
        if (load<u32>(slot, 8) == L.NO_VALUE || !isMatch(load<u32>(slot, 12))) return false;
      } else {
        if (load<u32>(slot, 8) != nextList || !listValid(nextList, count)) return false;
        nextList += count;
      }
    }
    if (!free) return false;
    nextSlot += capacity;
  }
  return true;
}

/** Blobs lie back to back and fill their section; notes where match records begin. */
function blobsValid(): bool {
  const start = load<u32>(table + L.H_BLOBS);
  const end = start + countOf(L.H_BLOBS);
  const count = countOf(L.H_BLOB_OFFSETS);
  let at = sectionAt(L.H_BLOB_OFFSETS);
  let next = start;
  for (let i: u32 = 0; i < count; i++, at += 4) {
    const offset = load<u32>(at);
    const after = i + 1 < count ? load<u32>(at, 4) : end;
    if (offset != next || after < offset || after > end) return false;
    if (!validateBlob(table + offset, after - offset)) return false;
    const matches = matchCount(table + offset, after - offset);
    for (let k: u32 = 0; k < matches; k++) mark(matchBits, offset - start + k * L.MATCH_SIZE, 6);
    next = after;
  }
  return next == end;
}

function contentValid(): u32 {
  if (load<u32>(table + L.H_BLOBS) % L.BLOB_ALIGN != 0) return REFUSED_SECTION;
  if (!blobsValid()) return REFUSED_BLOB;
  if (!nodesValid()) return REFUSED_NODE;
  if (!scopesValid()) return REFUSED_SCOPE;
  if (!hostsValid()) return REFUSED_HOST;
  if (!edgesValid()) return REFUSED_EDGE;
  return groupsValid() ? 0 : REFUSED_GROUP;
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
  const matchBytes = (countOf(L.H_BLOBS) >>> 9) + 1;
  const nodeBytes = (countOf(L.H_NODES) >>> 5) + 1;
  matchBits = memAlloc(matchBytes + nodeBytes);
  if (!matchBits) return REFUSED_NO_MEMORY;
  nodeBits = matchBits + matchBytes;
  memory.fill(matchBits, 0, matchBytes + nodeBytes);
  const refused = contentValid();
  memFree(matchBits);
  return refused;
}
