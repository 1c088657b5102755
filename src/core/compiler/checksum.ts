// The checksum of core.as/memory/checksum.ts on the compiler's side.

const PRIME = 0x9e3779b1 | 0;

function rotate5(word: number): number {
  return (word << 5) | (word >>> 27);
}

/** Over the words of `table` from byte `fromByte` (a multiple of 4) to the end. */
export function checksum(table: Uint32Array, fromByte: number): number {
  let a = 1, b = 2, c = 3, d = 4;
  let at = fromByte >>> 2;
  const end = table.length;
  for (; at + 4 <= end; at += 4) {
    a = Math.imul(a ^ table[at], PRIME);
    b = Math.imul(b ^ table[at + 1], PRIME);
    c = Math.imul(c ^ table[at + 2], PRIME);
    d = Math.imul(d ^ table[at + 3], PRIME);
    a ^= a >>> 15;
    b ^= b >>> 15;
    c ^= c >>> 15;
    d ^= d >>> 15;
  }
  let sum = (end - (fromByte >>> 2)) * 4;
  for (; at < end; at++) {
    sum = Math.imul(sum ^ table[at], PRIME);
    sum ^= sum >>> 15;
  }
  sum = rotate5(sum) ^ a;
  sum = rotate5(Math.imul(sum, PRIME)) ^ b;
  sum = rotate5(Math.imul(sum, PRIME)) ^ c;
  return (rotate5(Math.imul(sum, PRIME)) ^ d) >>> 0;
}
