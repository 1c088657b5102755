// Offsets and sizes of the route table; docs/memory_layout.md draws it, and src/core/compiler writes
// it. Numbers are little-endian u32 unless named otherwise; offsets count from the table's first
// byte, `rel` offsets from a blob's first byte. What a lookup reads lies together: a match record is
// one cache line, a node's text follows its record.

export const ROUTES_MAGIC: u32 = 0x54524152; // "RART"
export const ROUTES_VERSION: u32 = 1;
export const ROUTES_HEADER: u32 = 128;
export const CHECKSUM_FROM: u32 = 16;

// Header: magic, version, size, checksum, generation, reserved, then sections (offset, count).
export const H_SIZE: u32 = 8;
export const H_CHECKSUM: u32 = 12;
export const H_GENERATION: u32 = 16;
export const H_PORT_GROUPS: u32 = 24;
export const H_LISTENERS: u32 = 32;
export const H_HOST_SLOTS: u32 = 40;
export const H_EDGE_SLOTS: u32 = 48;
export const H_GROUPS: u32 = 56;
export const H_LISTS: u32 = 64;
export const H_INDEX_SLOTS: u32 = 72;
export const H_BLOB_OFFSETS: u32 = 80;
/** These three count bytes. */
export const H_BLOBS: u32 = 88;
export const H_NODES: u32 = 96;
export const H_STRINGS: u32 = 104;

// A scope: a port group (0 flags, 4 default listener + 1, 8 wildcard lengths: u16 least, u16 most,
// 12 port) or a listener (0 flags, 4 default root node, 8 wildcard lengths, 12 reserved).
export const SCOPE_SIZE: u32 = 16;
export const SCOPE_PRESENT: u32 = 1;
export const SCOPE_HAS_EXACT: u32 = 2;

// Host slot: 0 hash, 4 scope (24 bits) and text length (8 bits), 8 value (0: empty): listener + 1 or
// offset of a root node, 12 offset of the text.
export const HOST_SLOT_SIZE: u32 = 16;

// Node: 0 offset of the parent (its own: a root), 4 exact, 8 prefix, 12 regex candidates (see below),
// 16 u16 text length, 18 u8 flags, 19 u8 words of padding, 20 text: the segment, a root's hostname,
// padded to 4; then the padding, so that a node of at most 64 bytes lies in one cache line.
// Candidates: 0 none; bit 0 set: the offset of the only match record, + 1; else (group + 1) << 1.
export const NODE_HEADER: u32 = 20;
export const NODE_HAS_EDGES: u32 = 1;

// Edge slot: 0 hash, 4 offset of the child node (0: empty).
export const EDGE_SLOT_SIZE: u32 = 8;

// Group of candidates: 0 first plain list entry, 4 plain count, 8 first index slot,
// 12 index capacity (0: none), 16 u64 header names, 24 u64 query names (bit: name hash & 63).
export const GROUP_SIZE: u32 = 32;

// List entry: 0 rank (smaller is better), 4 offset of the match record.
export const LIST_ENTRY_SIZE: u32 = 8;

// Index slot: 0 hash, 4 count (0: empty), 8 the rank and 12 the match of a single entry, or
// 8 the first list entry of several.
export const INDEX_SLOT_SIZE: u32 = 16;

// Blob (one route), a multiple of 64: match records, then filters records, backends, conditions and
// texts, then a trailer in its last 32 bytes: 0 match count, 4 filters count, 8 filters rel,
// 12 route id rel, 16 route id length.
export const BLOB_ALIGN: u32 = 64;
export const BLOB_TRAILER: u32 = 32;

// Match: 0 rel of itself, 4 conditions rel, 8 u16 condition count, 10 u8 method id (0: any),
// 11 u8 path kind, 12 label id, 16 path rel, 20 path length, 24 filters rel + 1 (0: none),
// 28 backends rel, 32 backend count, 36 total weight, 40 request ms, 44 backend request ms (both
// NO_VALUE: the default), 48 service id of the only backend where it has no filters, else NO_VALUE,
// 52 rule number, 56 precedence, 60 retry rel + 1 (0: none).
export const MATCH_SIZE: u32 = 64;
export const PATH_EXACT: u32 = 0;
export const PATH_PREFIX: u32 = 1;
export const PATH_REGEX: u32 = 2;
export const NO_VALUE: u32 = 0xffffffff;

// Condition: 0 u8 kind, 2 u16 name length, 4 name rel, 8 name hash, 12 value rel, 16 value length,
// 20 value hash. The value of a regex kind, and the path of a regex match, is a program of regex.ts.
export const CONDITION_SIZE: u32 = 24;
export const CONDITION_HEADER: u32 = 1;
export const CONDITION_QUERY: u32 = 2;
export const CONDITION_METHOD: u32 = 3;
export const CONDITION_HEADER_REGEX: u32 = 4;
export const CONDITION_QUERY_REGEX: u32 = 5;

// Retry: 0 attempts, 4 backoff ms (NO_VALUE: the default), 8 a bit for each status from 400 on.
export const RETRY_SIZE: u32 = 36;

// Backend: 0 cumulative weight, 4 service id (NO_VALUE: invalid), 8 filters rel + 1, 12 reserved.
export const BACKEND_SIZE: u32 = 16;

// Filters: 0 request edits rel, 4 count, 8 response edits rel, 12 count,
// 16 u16 redirect status (0: none), 18 u8 scheme (SCHEME_*, 0: keep), 19 u8 path edit,
// 20 port (0: derive), 24 host rel, 28 length (0: keep), 32 path rel, 36 length,
// 40 u8 rewrite path edit, 44 host rel, 48 length (0: keep), 52 path rel, 56 length,
// 60 CORS rel + 1 (0: none).
export const FILTERS_SIZE: u32 = 64;
export const PATH_EDIT_KEEP: u32 = 0;
export const PATH_EDIT_FULL: u32 = 1;
export const PATH_EDIT_PREFIX: u32 = 2;

// Edit: 0 u8 operation, 2 u16 name length, 4 name rel, 8 value rel, 12 value length. Those of CORS may
// set what a field of the request says, and do nothing where it has none.
export const EDIT_SIZE: u32 = 16;
export const EDIT_SET: u32 = 1;
export const EDIT_ADD: u32 = 2;
export const EDIT_REMOVE: u32 = 3;
export const EDIT_SET_ORIGIN: u32 = 4;
export const EDIT_SET_METHOD: u32 = 5;
export const EDIT_SET_HEADERS: u32 = 6;

// CORS: 0 origins rel, 4 count, then edits of responses, rel and count: 8 to an origin that is allowed,
// 16 to any other request, 24 to a preflight from an origin that is allowed.
export const CORS_SIZE: u32 = 32;
// Origin: 0 u8 kind, 4 text rel, 8 length, 12 rel of what follows a wildcard, 16 length.
export const ORIGIN_SIZE: u32 = 20;
export const ORIGIN_ANY: u32 = 1;
export const ORIGIN_EXACT: u32 = 2;
export const ORIGIN_WILDCARD: u32 = 3;
