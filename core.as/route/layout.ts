// Offsets and sizes of the route table; docs/memory_layout.md draws it, and
// src/core/compiler/layout.ts writes it. All numbers are little-endian u32 unless named otherwise,
// all section offsets count from the table's first byte, all `rel` offsets from a blob's first byte.

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
export const H_NODES: u32 = 48;
export const H_EDGE_SLOTS: u32 = 56;
export const H_GROUPS: u32 = 64;
export const H_CANDIDATES: u32 = 72;
export const H_LISTS: u32 = 80;
export const H_INDEX_SLOTS: u32 = 88;
export const H_BLOB_OFFSETS: u32 = 96;
/** Offset and size in bytes of the blobs, then of the strings. */
export const H_BLOBS: u32 = 104;
export const H_STRINGS: u32 = 112;

// A scope: a port group (0 flags, 4 default listener + 1, 8 wildcard lengths, 12 port) or a listener
// (0 flags, 4 default root node, 8 wildcard lengths, 12 reserved).
export const SCOPE_SIZE: u32 = 16;
export const SCOPE_PRESENT: u32 = 1;
export const SCOPE_HAS_EXACT: u32 = 2;

// Host slot: 0 hash, 4 scope, 8 value (0: empty), 12 string offset, 16 string length.
export const HOST_SLOT_SIZE: u32 = 20;

// Trie node: 0 exact group + 1, 4 prefix group + 1, 8 regex group + 1, 12 segment offset,
// 16 u16 segment length, 18 u16 flags.
export const NODE_SIZE: u32 = 20;
export const NODE_HAS_EDGES: u32 = 1;

// Edge slot: 0 hash, 4 parent, 8 child (0: empty).
export const EDGE_SLOT_SIZE: u32 = 12;

// Group of candidates: 0 first plain entry in the lists, 4 plain count, 8 first index slot,
// 12 index capacity (0: none), 16 u64 header names, 24 u64 query names (bit: name hash & 63).
export const GROUP_SIZE: u32 = 32;

// Candidate: 0 blob index, 4 match index, 8 address of the match record from the table's first byte.
export const CANDIDATE_SIZE: u32 = 12;

// Index slot: 0 hash, 4 first entry in the lists, 8 count (0: empty).
export const INDEX_SLOT_SIZE: u32 = 12;

// Blob (one route): 0 size, 4 rule count, 8 match count, 12 filters count, 16 rel and 20 length of
// the route id, 24 reserved; then match records, rule records, filters records, and the rest.
export const BLOB_HEADER: u32 = 32;

// Match: 0 rel of itself, 4 rule index, 8 conditions rel, 12 u16 condition count, 14 u8 method id
// (0: any), 15 u8 path kind, 16 label id, 20 path rel, 24 path length, 28 precedence.
export const MATCH_SIZE: u32 = 32;
export const PATH_EXACT: u32 = 0;
export const PATH_PREFIX: u32 = 1;
export const PATH_REGEX: u32 = 2;

// Condition: 0 u8 kind, 2 u16 name length, 4 name rel, 8 name hash, 12 value rel, 16 value length,
// 20 value hash. The value of a regex kind, and the path of a regex match, is a program of regex.ts.
export const CONDITION_SIZE: u32 = 24;
export const CONDITION_HEADER: u32 = 1;
export const CONDITION_QUERY: u32 = 2;
export const CONDITION_METHOD: u32 = 3;
export const CONDITION_HEADER_REGEX: u32 = 4;
export const CONDITION_QUERY_REGEX: u32 = 5;

// Rule: 0 backends rel, 4 backend count, 8 total weight, 12 request ms, 16 backend request ms
// (both NO_VALUE: the default), 20 filters index + 1, 24 rule number, 28 reserved.
export const RULE_SIZE: u32 = 32;
export const NO_VALUE: u32 = 0xffffffff;

// Backend: 0 cumulative weight, 4 service id (NO_VALUE: invalid), 8 filters index + 1, 12 reserved.
export const BACKEND_SIZE: u32 = 16;

// Filters: 0 request edits rel, 4 count, 8 response edits rel, 12 count,
// 16 u16 redirect status (0: none), 18 u8 scheme (SCHEME_*, 0: keep), 19 u8 path edit,
// 20 port (0: derive), 24 host rel, 28 length (0: keep), 32 path rel, 36 length,
// 40 u8 rewrite path edit, 44 host rel, 48 length (0: keep), 52 path rel, 56 length, 60 reserved.
export const FILTERS_SIZE: u32 = 64;
export const PATH_EDIT_KEEP: u32 = 0;
export const PATH_EDIT_FULL: u32 = 1;
export const PATH_EDIT_PREFIX: u32 = 2;

// Edit: 0 u8 operation, 2 u16 name length, 4 name rel, 8 value rel, 12 value length.
export const EDIT_SIZE: u32 = 16;
export const EDIT_SET: u32 = 1;
export const EDIT_ADD: u32 = 2;
export const EDIT_REMOVE: u32 = 3;
