// TCP sequence numbers: arithmetic modulo 2^32 (RFC 9293 section 3.4). They are kept as signed 32-bit
// numbers throughout, which the engine stores without a box.

/** How far `a` is past `b`, from -2^31 to 2^31 - 1. */
export function distance(a: number, b: number): number {
  return (a - b) | 0;
}

/** `seq` moved on by `bytes`; bodies over 4 GiB wrap as TCP does. */
export function advance(seq: number, bytes: number): number {
  return (seq + bytes % 0x1_0000_0000) | 0;
}
