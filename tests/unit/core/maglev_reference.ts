// Maglev tables computed independently of the core: XXH64 over BigInt and the filling that Envoy's
// tables were made with. Slow and plain on purpose: the core's tables are compared with these.

const MASK = (1n << 64n) - 1n;
const P1 = 0x9e3779b185ebca87n;
const P2 = 0xc2b2ae3d27d4eb4fn;
const P3 = 0x165667b19e3779f9n;
const P4 = 0x85ebca77c2b2ae63n;
const P5 = 0x27d4eb2f165667c5n;

const rotate = (x: bigint, n: bigint) => ((x << n) | (x >> (64n - n))) & MASK;
const round = (acc: bigint, word: bigint) => (rotate((acc + word * P2) & MASK, 31n) * P1) & MASK;

function word(bytes: Uint8Array, at: number, length: number): bigint {
  let value = 0n;
  for (let i = length - 1; i >= 0; i--) value = (value << 8n) | BigInt(bytes[at + i]);
  return value;
}

export function xxh64(bytes: Uint8Array, seed: bigint): bigint {
  let at = 0;
  let hash: bigint;
  if (bytes.length >= 32) {
    const lanes = [seed + P1 + P2, seed + P2, seed, seed - P1].map((lane) => lane & MASK);
    for (; at + 32 <= bytes.length; at += 32) {
      for (let i = 0; i < 4; i++) lanes[i] = round(lanes[i], word(bytes, at + i * 8, 8));
    }
    const turns = [1n, 7n, 12n, 18n];
    hash = lanes.reduce((sum, lane, i) => (sum + rotate(lane, turns[i])) & MASK, 0n);
    for (const lane of lanes) hash = ((hash ^ round(0n, lane)) * P1 + P4) & MASK;
  } else hash = (seed + P5) & MASK;
  hash = (hash + BigInt(bytes.length)) & MASK;
  for (; at + 8 <= bytes.length; at += 8) {
    hash = (rotate(hash ^ round(0n, word(bytes, at, 8)), 27n) * P1 + P4) & MASK;
  }
  if (at + 4 <= bytes.length) {
    hash = (rotate(hash ^ ((word(bytes, at, 4) * P1) & MASK), 23n) * P2 + P3) & MASK;
    at += 4;
  }
  for (; at < bytes.length; at++) {
    hash = (rotate(hash ^ ((BigInt(bytes[at]) * P5) & MASK), 11n) * P1) & MASK;
  }
  hash = ((hash ^ (hash >> 33n)) * P2) & MASK;
  hash = ((hash ^ (hash >> 29n)) * P3) & MASK;
  return hash ^ (hash >> 32n);
}

export interface Backend {
  readonly key: string;
  readonly weight: number;
}

/** Slots as numbers of backends; the backends must be sorted by the bytes of their keys. */
export function referenceTable(backends: readonly Backend[], slots: number): number[] {
  const encoder = new TextEncoder();
  const heaviest = Math.max(...backends.map(({ weight }) => weight));
  const states = backends.map(({ key, weight }) => {
    const bytes = encoder.encode(key);
    return {
      offset: Number(xxh64(bytes, 0n) % BigInt(slots)),
      skip: Number(xxh64(bytes, 1n) % BigInt(slots - 1)) + 1,
      weight,
      next: 0,
      target: 0,
    };
  });
  const table = new Array<number>(slots).fill(-1);
  let filled = 0;
  for (let pass = 1; filled < slots; pass++) {
    for (const [index, state] of states.entries()) {
      if (filled === slots || pass * state.weight < state.target) continue;
      state.target += heaviest;
      let slot: number;
      do slot = (state.offset + state.skip * state.next++) % slots; while (table[slot] !== -1);
      table[slot] = index;
      filled++;
    }
  }
  return table;
}
