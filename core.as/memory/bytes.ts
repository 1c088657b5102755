// Bytes compared, folded and hashed where they lie. Takes addresses and lengths, allocates nothing.
// The hash is MurmurHash3 x86 32-bit; src/core/compiler/hash.ts computes the same one.

const C1: u32 = 0xcc9e2d51;
const C2: u32 = 0x1b873593;
/** Bit 5 of four bytes: sets ASCII letters to lower case, and conflates a few other bytes. */
const LOWER4: u32 = 0x20202020;

function scramble(word: u32): u32 {
  return rotl<u32>(word * C1, 15) * C2;
}

function tailWord(at: usize, count: u32): u32 {
  let word: u32 = load<u8>(at);
  if (count > 1) word |= <u32> load<u8>(at, 1) << 8;
  if (count > 2) word |= <u32> load<u8>(at, 2) << 16;
  return word;
}

/** The last mixing step of MurmurHash3. */
export function mix32(hash: u32): u32 {
  hash = (hash ^ (hash >>> 16)) * 0x85ebca6b;
  hash = (hash ^ (hash >>> 13)) * 0xc2b2ae35;
  return hash ^ (hash >>> 16);
}

export function hash32(at: usize, len: u32, seed: u32): u32 {
  let hash = seed;
  const whole = at + (len & ~3);
  while (at < whole) {
    hash = rotl<u32>(hash ^ scramble(load<u32>(at)), 13) * 5 + 0xe6546b64;
    at += 4;
  }
  const rest = len & 3;
  if (rest) hash ^= scramble(tailWord(at, rest));
  return mix32(hash ^ len);
}

/** The hash of a field name with bit 5 of every byte set, so that case does not count. */
export function hashName(at: usize, len: u32): u32 {
  let hash: u32 = 0;
  const whole = at + (len & ~3);
  while (at < whole) {
    hash = rotl<u32>(hash ^ scramble(load<u32>(at) | LOWER4), 13) * 5 + 0xe6546b64;
    at += 4;
  }
  const rest = len & 3;
  if (rest) hash ^= scramble((tailWord(at, rest) | LOWER4) & ((<u32> 1 << (rest << 3)) - 1));
  return mix32(hash ^ len);
}

/** Joins a hash with the number of what it belongs to (a parent node, a scope). */
export function joinHash(hash: u32, owner: u32): u32 {
  return mix32(hash ^ (owner * 0x9e3779b1));
}

export function equalBytes(a: usize, b: usize, len: u32): bool {
  const end = a + len;
  while (a + 8 <= end) {
    if (load<u64>(a) != load<u64>(b)) return false;
    a += 8;
    b += 8;
  }
  while (a < end) {
    if (load<u8>(a) != load<u8>(b)) return false;
    a++;
    b++;
  }
  return true;
}

export function lowerByte(byte: u32): u32 {
  return byte - 65 < 26 ? byte | 0x20 : byte;
}

/** Field names are equal when they differ in the case of ASCII letters only (RFC 9110 5.1). */
export function equalNames(a: usize, b: usize, len: u32): bool {
  for (let i: u32 = 0; i < len; i++) {
    const x: u32 = load<u8>(a + i);
    const y: u32 = load<u8>(b + i);
    if (x != y && lowerByte(x) != lowerByte(y)) return false;
  }
  return true;
}

/** The value of a hexadecimal digit, or 255. */
export function hexValue(byte: u32): u32 {
  if (byte - 48 < 10) return byte - 48;
  const lower = byte | 0x20;
  return lower - 97 < 6 ? lower - 87 : 255;
}
