// The checksum of a table: four lanes of u32 words, so that SIMD takes 16 bytes a step.
// src/core/compiler/checksum.ts computes the same. Finds damage, not malice: validation does that.

const PRIME: u32 = 0x9e3779b1;

/** Over `len` bytes, a multiple of 4. */
export function checksum(at: usize, len: u32): u32 {
  const end = at + len;
  let lanes = i32x4(1, 2, 3, 4);
  const prime = i32x4.splat(<i32> PRIME);
  while (at + 16 <= end) {
    lanes = i32x4.mul(v128.xor(lanes, v128.load(at)), prime);
    lanes = v128.xor(lanes, i32x4.shr_u(lanes, 15));
    at += 16;
  }
  let sum: u32 = len;
  while (at < end) {
    sum = (sum ^ load<u32>(at)) * PRIME;
    sum ^= sum >>> 15;
    at += 4;
  }
  sum = rotl<u32>(sum, 5) ^ i32x4.extract_lane(lanes, 0);
  sum = rotl<u32>(sum * PRIME, 5) ^ i32x4.extract_lane(lanes, 1);
  sum = rotl<u32>(sum * PRIME, 5) ^ i32x4.extract_lane(lanes, 2);
  sum = rotl<u32>(sum * PRIME, 5) ^ i32x4.extract_lane(lanes, 3);
  return sum;
}
