// One worker's region: counters by (a, b) and a latency histogram by label, each in an
// open-addressing map with a limit. What finds no room is counted as overflow, never lost silently.
//
//   region  byte 0 u32 magic   4 version   8 counter slots (power of two)   12 counter limit
//           16 counters used   20 histogram slots (power of two)   24 limit   28 used
//           32 u64 counts that found no counter   40 u64 durations that found no histogram
//           64 counter slots: 16 bytes each: u32 a + 1 (0: empty), u32 b, u64 count
//           then histogram slots: 1,024 bytes each: u32 label + 1 (0: empty), u32 0,
//             u64 sum in us, 124 x u64 counts
//   bucket  values below 4 us have one each; above, each power of two is cut into four

const COUNTER_SLOTS: usize = 8;
const COUNTER_LIMIT: usize = 12;
const COUNTERS_USED: usize = 16;
const HISTOGRAM_SLOTS: usize = 20;
const HISTOGRAM_LIMIT: usize = 24;
const HISTOGRAMS_USED: usize = 28;
const COUNTER_OVERFLOW: usize = 32;
const HISTOGRAM_OVERFLOW: usize = 40;
const HEADER_SIZE: usize = 64;
const COUNTER_SIZE: usize = 16;
const HISTOGRAM_SHIFT: usize = 10;
const HISTOGRAM_BUCKETS: usize = 16;

function slotHash(a: u32, b: u32): u32 {
  const hash = (a * 0x9e3779b1 ^ b) * 0x85ebca6b;
  return hash ^ (hash >>> 15);
}

function addTo(at: usize, count: u64): void {
  store<u64>(at, load<u64>(at) + count);
}

/** The counter's slot, made if need be; 0 when the limit is reached. */
function findCounter(region: usize, a: u32, b: u32): usize {
  const mask = load<u32>(region, COUNTER_SLOTS) - 1;
  const slots = region + HEADER_SIZE;
  let probe = slotHash(a, b);
  while (true) {
    const slot = slots + <usize> (probe++ & mask) * COUNTER_SIZE;
    const key = load<u32>(slot);
    if (key == a + 1 && load<u32>(slot, 4) == b) return slot;
    if (key) continue;
    const used = load<u32>(region, COUNTERS_USED);
    if (used >= load<u32>(region, COUNTER_LIMIT)) return 0;
    store<u32>(region, used + 1, COUNTERS_USED);
    store<u32>(slot, b, 4);
    atomic.store<u32>(slot, a + 1);
    return slot;
  }
}

/** The label's histogram, made if need be; 0 when the limit is reached. */
function findHistogram(region: usize, label: u32): usize {
  const mask = load<u32>(region, HISTOGRAM_SLOTS) - 1;
  const slots = region + HEADER_SIZE + <usize> load<u32>(region, COUNTER_SLOTS) * COUNTER_SIZE;
  let probe = slotHash(label, 0);
  while (true) {
    const slot = slots + (<usize> (probe++ & mask) << HISTOGRAM_SHIFT);
    const key = load<u32>(slot);
    if (key == label + 1) return slot;
    if (key) continue;
    const used = load<u32>(region, HISTOGRAMS_USED);
    if (used >= load<u32>(region, HISTOGRAM_LIMIT)) return 0;
    store<u32>(region, used + 1, HISTOGRAMS_USED);
    atomic.store<u32>(slot, label + 1);
    return slot;
  }
}

function bucketOf(value: u32): u32 {
  if (value < 4) return value;
  const exponent = 31 - clz<u32>(value);
  return ((exponent - 1) << 2) + ((value >>> (exponent - 2)) & 3);
}

/** Adds to the counter (a, b); `a` = 2^32 - 1 is nobody's and counts as overflow. */
export function addCount(region: usize, a: u32, b: u32, count: u32): void {
  const counter = a != <u32> -1 ? findCounter(region, a, b) : 0;
  if (counter) addTo(counter + 8, count);
  else addTo(region + COUNTER_OVERFLOW, count);
}

/** Counts one request under (label, methodAndStatus) and its duration in us under the label. */
export function record(region: usize, label: u32, methodAndStatus: u32, durationUs: u32): void {
  addCount(region, label, methodAndStatus, 1);
  addDuration(region, label, durationUs);
}

/** Adds a duration in us to the label's histogram; `label` = 2^32 - 1 counts as overflow. */
export function addDuration(region: usize, label: u32, durationUs: u32): void {
  const histogram = label != <u32> -1 ? findHistogram(region, label) : 0;
  if (!histogram) {
    addTo(region + HISTOGRAM_OVERFLOW, 1);
    return;
  }
  addTo(histogram + 8, durationUs);
  addTo(histogram + HISTOGRAM_BUCKETS + (<usize> bucketOf(durationUs) << 3), 1);
}
