// The arena: blocks of linear memory for tables, plans, Maglev tables and buffers.
// Boundary tags, bins by power of two, neighbours merged when freed. Takes and gives addresses.
// Never traps when memory is full: `memAlloc` answers 0. Only this file grows the memory, so the
// stub runtime's own heap (which nothing here uses) keeps the pages the instance started with.
//
//   chunk (8 before a 64 line)  byte 0  u32 size in bytes with this header, bit 0: in use
//                               byte 4  u32 size of the chunk before, 0 for a region's first
//                               byte 8  payload; in a free chunk u32 next, u32 previous of its bin
//   A region ends with a chunk of size 0 in use.

const HEADER: u32 = 8;
/** Blocks begin on a cache line, and sizes are whole lines. */
const LINE: u32 = 64;
const USED: u32 = 1;
const PAGE: u32 = 65536;
const MAX_BLOCK: u32 = 0x3fff0000;
/** How many chunks of the request's own bin are looked at before a larger bin is taken. */
const FIT_TRIES: u32 = 16;

const BINS: usize = memory.data(32 * 4);
let binMap: u32 = 0;
let regionEnd: u32 = 0;
let usedBytes: u32 = 0;

function chunkSize(chunk: u32): u32 {
  return load<u32>(chunk) & ~USED;
}

function binOf(size: u32): u32 {
  return 31 - clz(size);
}

function link(chunk: u32, size: u32): void {
  const bin = binOf(size);
  const slot = <u32> BINS + (bin << 2);
  const first = load<u32>(slot);
  store<u32>(chunk, size);
  store<u32>(chunk, first, 8);
  store<u32>(chunk, 0, 12);
  if (first) store<u32>(first, chunk, 12);
  store<u32>(slot, chunk);
  store<u32>(chunk + size, size, 4);
  binMap |= <u32> 1 << bin;
}

function unlink(chunk: u32): void {
  const bin = binOf(chunkSize(chunk));
  const next = load<u32>(chunk, 8);
  const previous = load<u32>(chunk, 12);
  if (next) store<u32>(next, previous, 12);
  if (previous) {
    store<u32>(previous, next, 8);
  } else {
    store<u32>(<u32> BINS + (bin << 2), next);
    if (!next) binMap &= ~(<u32> 1 << bin);
  }
}

/** Adds at least `size` bytes as one free chunk; false when the memory has reached its maximum. */
function grow(size: u32): bool {
  const pages = (size + 2 * LINE + PAGE - 1) / PAGE;
  const before = memory.grow(pages);
  if (before < 0) return false;
  const start = <u32> before * PAGE;
  const end = start + pages * PAGE;
  let chunk = start + LINE - HEADER;
  let previousSize: u32 = 0;
  if (start == regionEnd) {
    chunk = start - HEADER;
    previousSize = load<u32>(chunk, 4);
  }
  store<u32>(chunk, 0);
  store<u32>(chunk, previousSize, 4);
  const whole = end - HEADER - chunk;
  store<u32>(end - HEADER, USED);
  store<u32>(end - HEADER, whole, 4);
  regionEnd = end;
  release(chunk, whole);
  return true;
}

/** Makes a chunk free and merges it with free neighbours. */
function release(chunk: u32, size: u32): void {
  const next = chunk + size;
  const nextWord = load<u32>(next);
  if (!(nextWord & USED)) {
    unlink(next);
    size += nextWord;
  }
  const previousSize = load<u32>(chunk, 4);
  if (previousSize && !(load<u32>(chunk - previousSize) & USED)) {
    chunk -= previousSize;
    unlink(chunk);
    size += previousSize;
  }
  link(chunk, size);
}

function findFit(need: u32): u32 {
  const bin = binOf(need);
  let chunk = load<u32>(<u32> BINS + (bin << 2));
  for (let i: u32 = 0; chunk && i < FIT_TRIES; i++) {
    if (chunkSize(chunk) >= need) return chunk;
    chunk = load<u32>(chunk, 8);
  }
  const larger = bin == 31 ? 0 : binMap & (<u32> -1 << (bin + 1));
  return larger ? load<u32>(<u32> BINS + (ctz(larger) << 2)) : 0;
}

/** A block of `size` bytes, on a cache line, not cleared; 0 when there is no room. */
export function memAlloc(size: u32): usize {
  if (size > MAX_BLOCK) return 0;
  const need = (size + HEADER + LINE - 1) & ~(LINE - 1);
  let chunk = findFit(need);
  if (!chunk) {
    if (!grow(need)) return 0;
    chunk = findFit(need);
    if (!chunk) return 0;
  }
  unlink(chunk);
  const size0 = chunkSize(chunk);
  if (size0 - need >= LINE) {
    store<u32>(chunk, need | USED);
    store<u32>(chunk + need, need, 4);
    link(chunk + need, size0 - need);
    usedBytes += need;
  } else {
    store<u32>(chunk, size0 | USED);
    usedBytes += size0;
  }
  return chunk + HEADER;
}

/** Gives a block back; 0 is allowed. */
export function memFree(block: usize): void {
  if (!block) return;
  const chunk = <u32> block - HEADER;
  const size = chunkSize(chunk);
  usedBytes -= size;
  release(chunk, size);
}

/** Bytes handed out at the moment, headers included. */
export function memUsed(): u32 {
  return usedBytes;
}
