// A quantile sketch with a relative error under 1%: log-linear buckets, 64 to each power of two.
// A bucket is at most 1/64 of its values wide and answers with its middle: 0.8% off at most.
// Values are u32 in any unit. Written and read by one thread.
//
//   sketch  byte 0 u64 count   8 u64 sum   16 u32 least   20 u32 greatest   24 1,728 x u32 counts

const BUCKETS: u32 = 1728;
const HEADER: usize = 24;

export function sketchBytes(): u32 {
  return <u32> HEADER + (BUCKETS << 2);
}

export function sketchReset(sketch: usize): void {
  memory.fill(sketch, 0, sketchBytes());
  store<u32>(sketch, 0xffffffff, 16);
}

function bucketOf(value: u32): u32 {
  if (value < 64) return value;
  const exponent = 31 - clz<u32>(value);
  return ((exponent - 5) << 6) + ((value >>> (exponent - 6)) & 63);
}

/** The middle of a bucket. */
function middleOf(bucket: u32): f64 {
  if (bucket < 64) return bucket;
  const shift = (bucket >>> 6) - 1;
  const low = <f64> (<u64> (64 + (bucket & 63)) << shift);
  return low + <f64> ((<u64> 1 << shift) - 1) / 2;
}

export function sketchAdd(sketch: usize, value: u32): void {
  store<u64>(sketch, load<u64>(sketch) + 1);
  store<u64>(sketch, load<u64>(sketch, 8) + value, 8);
  if (value < load<u32>(sketch, 16)) store<u32>(sketch, value, 16);
  if (value > load<u32>(sketch, 20)) store<u32>(sketch, value, 20);
  const at = sketch + HEADER + (<usize> bucketOf(value) << 2);
  store<u32>(at, load<u32>(at) + 1);
}

/** Adds what `from` holds to `to`. */
export function sketchMerge(to: usize, from: usize): void {
  store<u64>(to, load<u64>(to) + load<u64>(from));
  store<u64>(to, load<u64>(to, 8) + load<u64>(from, 8), 8);
  store<u32>(to, min(load<u32>(to, 16), load<u32>(from, 16)), 16);
  store<u32>(to, max(load<u32>(to, 20), load<u32>(from, 20)), 20);
  for (let at = HEADER; at < <usize> sketchBytes(); at += 16) {
    v128.store(to + at, i32x4.add(v128.load(to + at), v128.load(from + at)));
  }
}

/** The value below which a share `q` of the values lies; NaN for an empty sketch. */
export function sketchQuantile(sketch: usize, q: f64): f64 {
  const count = load<u64>(sketch);
  if (!count) return NaN;
  const rank = <u64> (max(0.0, min(1.0, q)) * <f64> (count - 1));
  let seen: u64 = 0;
  for (let bucket: u32 = 0; bucket < BUCKETS; bucket++) {
    seen += load<u32>(sketch + HEADER + (<usize> bucket << 2));
    if (seen > rank) {
      const least = <f64> load<u32>(sketch, 16);
      const greatest = <f64> load<u32>(sketch, 20);
      return max(least, min(greatest, middleOf(bucket)));
    }
  }
  return <f64> load<u32>(sketch, 20);
}
