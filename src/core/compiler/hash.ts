// The hashes of core.as/memory/bytes.ts on the compiler's side: MurmurHash3 x86 32-bit.
// Takes bytes, gives unsigned 32-bit numbers.

const C1 = 0xcc9e2d51 | 0;
const C2 = 0x1b873593;

function scramble(word: number): number {
  const k = Math.imul(word, C1);
  return Math.imul((k << 15) | (k >>> 17), C2);
}

/** The last mixing step of MurmurHash3. */
export function mix32(hash: number): number {
  let h = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return (h ^ (h >>> 16)) >>> 0;
}

function hashFolded(bytes: Uint8Array, seed: number, fold: number): number {
  const whole = bytes.length & ~3;
  let hash = seed | 0;
  for (let i = 0; i < whole; i += 4) {
    const word = bytes[i] | (bytes[i + 1] << 8) | (bytes[i + 2] << 16) | (bytes[i + 3] << 24);
    const h = hash ^ scramble(word | fold);
    hash = (Math.imul((h << 13) | (h >>> 19), 5) + 0xe6546b64) | 0;
  }
  let tail = 0;
  for (let i = bytes.length - 1; i >= whole; i--) tail = (tail << 8) | bytes[i] | (fold & 0xff);
  if (bytes.length > whole) hash ^= scramble(tail);
  return mix32(hash ^ bytes.length);
}

export function hash32(bytes: Uint8Array, seed: number): number {
  return hashFolded(bytes, seed, 0);
}

/** Of a field name, with bit 5 of every byte set, so that case does not count. */
export function hashName(bytes: Uint8Array): number {
  return hashFolded(bytes, 0, 0x20202020);
}

/** Joins a hash with the number of what it belongs to (a parent node, a scope). */
export function joinHash(hash: number, owner: number): number {
  return mix32(hash ^ Math.imul(owner, 0x9e3779b1));
}
