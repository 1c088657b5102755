// Where things lie in a region of the shared counters; core.as/measure/region.ts draws it.

export const REGION_MAGIC = 0x4d524152; // "RARM"
export const REGION_VERSION = 1;
export const HEADER_BYTES = 64;
export const COUNTER_BYTES = 16;
export const HISTOGRAM_BYTES = 1024;
export const BUCKET_COUNT = 124;

/** Word offsets of a region's header. */
export const REGION = {
  magic: 0,
  version: 1,
  counterSlots: 2,
  counterLimit: 3,
  countersUsed: 4,
  histogramSlots: 5,
  histogramLimit: 6,
  histogramsUsed: 7,
} as const;
export const COUNTER_OVERFLOW_BYTE = 32;
export const HISTOGRAM_OVERFLOW_BYTE = 40;

/** A histogram's label is a request's label, or with this bit a service. */
export const SERVICE_HISTOGRAM = 0x8000_0000;

/** The second word of a counter's key: what is counted, in the top byte. */
export const COUNTER_KIND = { request: 0, upstream: 1, failure: 2 } as const;

/** Largest value of bucket `index`, in us. */
export function bucketTopUs(index: number): number {
  if (index < 4) return index;
  const shift = (index >>> 2) - 1;
  return (4 + (index & 3) + 1) * 2 ** shift - 1;
}

function slotsFor(limit: number): number {
  let slots = 4;
  while (slots < limit * 1.5) slots *= 2;
  return slots;
}

export interface RegionShape {
  readonly counterLimit: number;
  readonly histogramLimit: number;
}

export interface RegionSizes {
  readonly counterSlots: number;
  readonly histogramSlots: number;
  readonly bytes: number;
}

export function regionSizes(shape: RegionShape): RegionSizes {
  const counterSlots = slotsFor(shape.counterLimit);
  const histogramSlots = slotsFor(shape.histogramLimit);
  const bytes = HEADER_BYTES + counterSlots * COUNTER_BYTES + histogramSlots * HISTOGRAM_BYTES;
  return { counterSlots, histogramSlots, bytes };
}
