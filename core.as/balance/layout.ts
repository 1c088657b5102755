// Offsets and sizes of the endpoint table; docs/memory_layout.md draws it, and
// src/core/compiler/endpoints.ts writes it. Little-endian u32 unless named otherwise.

export const ENDPOINTS_MAGIC: u32 = 0x50454152; // "RAEP"
export const ENDPOINTS_VERSION: u32 = 1;
export const ENDPOINTS_HEADER: u32 = 64;

// Header: magic, version, size, checksum, generation, reserved, then sections (offset, count).
export const E_SLOTS: u32 = 24;
export const E_SERVICES: u32 = 32;
export const E_ENDPOINTS: u32 = 40;
export const E_STRINGS: u32 = 48;

// Slot: 0 service id, 4 service number + 1 (0: empty).
export const SERVICE_SLOT_SIZE: u32 = 8;

// Service: 0 id, 4 u16 port, 6 u8 protocol (0 http1, 1 h2c, 2 websocket), 8 first endpoint,
// 12 endpoint count, 16 u64 hash of its endpoints (keys and weights), 24 reserved.
export const SERVICE_SIZE: u32 = 32;

// Endpoint: 0 id, 4 key offset, 8 u16 key length, 10 u16 port, 12 weight.
export const ENDPOINT_SIZE: u32 = 16;
/** Ids are bit numbers of the health bitmap: more than this is damage. */
export const MAX_ENDPOINT_ID: u32 = 1 << 26;
/** The number of endpoints of one service that a Maglev table of 16-bit entries can name. */
export const MAX_SERVICE_ENDPOINTS: u32 = 65535;
/** Bounds the work of building a table: slots x heaviest weight, in the worst case. */
export const MAX_WEIGHT: u32 = 1000;
