// XXH64, as Envoy's Maglev uses it, so that its published tables hold for ours.
// Source: the xxHash specification, version 0.2.0, "XXH64 algorithm description".

const P1: u64 = 0x9e3779b185ebca87;
const P2: u64 = 0xc2b2ae3d27d4eb4f;
const P3: u64 = 0x165667b19e3779f9;
const P4: u64 = 0x85ebca77c2b2ae63;
const P5: u64 = 0x27d4eb2f165667c5;

function round(acc: u64, word: u64): u64 {
  return rotl<u64>(acc + word * P2, 31) * P1;
}

function mergeRound(acc: u64, lane: u64): u64 {
  return (acc ^ round(0, lane)) * P1 + P4;
}

function avalanche(hash: u64): u64 {
  hash = (hash ^ (hash >>> 33)) * P2;
  hash = (hash ^ (hash >>> 29)) * P3;
  return hash ^ (hash >>> 32);
}

export function xxh64(at: usize, len: u32, seed: u64): u64 {
  const end = at + len;
  let hash = seed + P5;
  if (len >= 32) {
    let a = seed + P1 + P2;
    let b = seed + P2;
    let c = seed;
    let d = seed - P1;
    while (at + 32 <= end) {
      a = round(a, load<u64>(at));
      b = round(b, load<u64>(at, 8));
      c = round(c, load<u64>(at, 16));
      d = round(d, load<u64>(at, 24));
      at += 32;
    }
    hash = rotl<u64>(a, 1) + rotl<u64>(b, 7) + rotl<u64>(c, 12) + rotl<u64>(d, 18);
    hash = mergeRound(mergeRound(mergeRound(mergeRound(hash, a), b), c), d);
  }
  hash += <u64> len;
  for (; at + 8 <= end; at += 8) {
    hash = rotl<u64>(hash ^ round(0, load<u64>(at)), 27) * P1 + P4;
  }
  if (at + 4 <= end) {
    hash = rotl<u64>(hash ^ (<u64> load<u32>(at) * P1), 23) * P2 + P3;
    at += 4;
  }
  for (; at < end; at++) hash = rotl<u64>(hash ^ (<u64> load<u8>(at) * P5), 11) * P1;
  return avalanche(hash);
}

/** XXH64 of the eight little-endian bytes of `word`, seed 0. */
export function xxh64OfWord(word: u64): u64 {
  return avalanche(rotl<u64>((P5 + 8) ^ round(0, word), 27) * P1 + P4);
}
