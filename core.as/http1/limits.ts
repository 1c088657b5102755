// The limits that the readers keep: a block of u32 in memory, set by the host, shared by all readers.
//
//   byte  field                meaning
//      0  maxHeadBytes         start line, fields and the empty line; beyond it 431
//      4  maxFields            beyond it 431
//      8  maxTargetBytes       beyond it 414
//     12  maxExtensionBytes    chunk extensions of one body together; beyond it 400
//     16  maxTrailerBytes      trailer section with its empty line; beyond it 431
//     20  maxTrailerFields     beyond it 431

export const LIMITS_SIZE: u32 = 24;

/** Fills a block with the defaults. */
export function setDefaultLimits(limits: usize): void {
  store<u32>(limits, 65536);
  store<u32>(limits, 100, 4);
  store<u32>(limits, 16384, 8);
  store<u32>(limits, 16384, 12);
  store<u32>(limits, 8192, 16);
  store<u32>(limits, 32, 20);
}

export function maxHeadBytes(limits: usize): u32 {
  return load<u32>(limits);
}

export function maxFields(limits: usize): u32 {
  return load<u32>(limits, 4);
}

export function maxTargetBytes(limits: usize): u32 {
  return load<u32>(limits, 8);
}

export function maxExtensionBytes(limits: usize): u32 {
  return load<u32>(limits, 12);
}

export function maxTrailerBytes(limits: usize): u32 {
  return load<u32>(limits, 16);
}

export function maxTrailerFields(limits: usize): u32 {
  return load<u32>(limits, 20);
}
