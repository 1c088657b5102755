// What a step says to the host beside numbers: bits of the step block's flags word.

/** The direction's message is complete: nothing of it is to come. */
export const FLAG_DONE: u32 = 1;
/** A trailer section follows; trailersStep reads it. */
export const FLAG_TRAILERS: u32 = 2;
/** The request may be sent again (RFC 9110 section 9.2.2). */
export const FLAG_IDEMPOTENT: u32 = 4;
/** The request waits for 100 (Continue). */
export const FLAG_EXPECT: u32 = 8;
/** The client's connection can carry another request. */
export const FLAG_PERSISTENT: u32 = 16;
/** The upstream's connection can carry another request. */
export const FLAG_UPSTREAM_PERSISTENT: u32 = 32;
/** 101: both connections are a tunnel from here on. */
export const FLAG_TUNNEL: u32 = 64;
/** 1xx other than 101: another head follows. */
export const FLAG_INFORMATIONAL: u32 = 128;
/** The request asks for another protocol. */
export const FLAG_UPGRADE: u32 = 256;
/** The body has no declared length: chunked, or until the connection ends. */
export const FLAG_UNKNOWN_LENGTH: u32 = 512;
