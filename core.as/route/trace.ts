// What a lookup looks at, written down for `explain`: events in a buffer that the host gives. In
// traffic there is none (`traceAt` is 0) and each place that would write costs one test.
// An event is 16 bytes: 0 u32 kind (TRACE_*)   4, 8, 12 three words that the kind names.

/** Where the next event goes; 0: nothing is traced. */
export let traceAt: usize = 0;
let traceEnd: usize = 0;

/** 4 number of the listener that takes the host. */
export const TRACE_LISTENER: u32 = 1;
/** 4 offset of the root node whose hostname takes the host, the most specific first. */
export const TRACE_HOST: u32 = 2;
/** 4 offset of a match record that was tried   8 what failed, as `failedOf` says. */
export const TRACE_TRIED: u32 = 3;
/** 4 offset of the match record that won. */
export const TRACE_MATCHED: u32 = 4;
/** 4 number of the backend that was drawn   8 the point in its rule's weights   12 their sum. */
export const TRACE_BACKEND: u32 = 5;
/** 4 Maglev slot   8 number of slots   12 number of the endpoint that it names. */
export const TRACE_SLOT: u32 = 6;

const EVENT_SIZE: u32 = 16;

/** Traces into `size` bytes at `buffer` from now on; (0, 0) ends it. */
export function setTrace(buffer: usize, size: u32): void {
  traceAt = buffer;
  traceEnd = buffer + size;
}

/** Where the last event ended: what lies between the buffer and here was written. */
export function traceEnded(): usize {
  return traceAt;
}

/** Writes an event; what finds no room is left out. */
export function note(kind: u32, a: u32, b: u32, c: u32): void {
  if (traceAt + EVENT_SIZE > traceEnd) return;
  store<u32>(traceAt, kind);
  store<u32>(traceAt, a, 4);
  store<u32>(traceAt, b, 8);
  store<u32>(traceAt, c, 12);
  traceAt += EVENT_SIZE;
}
