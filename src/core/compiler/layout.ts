// Offsets and sizes of the route table on the compiler's side: core.as/route/layout.ts says what
// each record holds, and docs/memory_layout.md draws it. The core refuses what does not fit.

export const ROUTES_MAGIC = 0x54524152;
export const ROUTES_VERSION = 1;
export const ROUTES_HEADER = 128;
export const CHECKSUM_FROM = 16;

/** Byte offsets of the header's fields. */
export const HEADER = {
  magic: 0,
  version: 4,
  size: 8,
  checksum: 12,
  generation: 16,
  portGroups: 24,
  listeners: 32,
  hostSlots: 40,
  edgeSlots: 48,
  groups: 56,
  lists: 64,
  indexSlots: 72,
  blobOffsets: 80,
  blobs: 88,
  nodes: 96,
  strings: 104,
} as const;

export const SCOPE_SIZE = 16;
export const SCOPE_PRESENT = 1;
export const SCOPE_HAS_EXACT = 2;
export const HOST_SLOT_SIZE = 16;
export const NODE_HEADER = 20;
export const NODE_HAS_EDGES = 1;
export const EDGE_SLOT_SIZE = 8;
export const GROUP_SIZE = 32;
export const LIST_ENTRY_SIZE = 8;
export const INDEX_SLOT_SIZE = 16;
export const BLOB_ALIGN = 64;
export const BLOB_TRAILER = 32;
export const MATCH_SIZE = 64;
export const CONDITION_SIZE = 24;
export const BACKEND_SIZE = 16;
export const RETRY_SIZE = 36;
/** The status of the first bit in a retry record. */
export const RETRY_FIRST_STATUS = 400;
export const FILTERS_SIZE = 64;
export const EDIT_SIZE = 16;
export const CORS_SIZE = 32;
export const ORIGIN_SIZE = 20;
export const NO_VALUE = 0xffffffff;

export const PATH_KIND = { exact: 0, prefix: 1, regex: 2 } as const;
export const CONDITION = { header: 1, query: 2, method: 3 } as const;
/** Kinds whose value is a program of src/core/regex. */
export const REGEX_CONDITION = { header: 4, query: 5 } as const;
export const EDIT = { set: 1, add: 2, remove: 3, origin: 4, method: 5, headers: 6 } as const;
export const ORIGIN_KIND = { any: 1, exact: 2, wildcard: 3 } as const;
export const PATH_EDIT = { keep: 0, full: 1, prefix: 2 } as const;
export const SCHEME = { keep: 0, http: 1, https: 2 } as const;

/** METHOD_* of core.as/head/head.ts. */
export const METHOD_IDS: ReadonlyMap<string, number> = new Map([
  ["GET", 1],
  ["HEAD", 2],
  ["POST", 3],
  ["PUT", 4],
  ["DELETE", 5],
  ["CONNECT", 6],
  ["OPTIONS", 7],
  ["TRACE", 8],
  ["PATCH", 9],
]);
