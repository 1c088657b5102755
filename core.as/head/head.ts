// The canonical head: one layout in linear memory for a message head, whatever the protocol.
// The HTTP/1 and HTTP/2 readers and the host fill it, matching and editing read and change it, the
// writers serialise it. Offsets are absolute addresses; nothing here copies or owns bytes.
//
//   byte  field           meaning
//      0  u8  kind        1 request, 2 informational, 3 response, 4 trailers
//      1  u8  version     0x10 HTTP/1.0, 0x11 HTTP/1.1, 0x20 HTTP/2
//      2  u16 status      responses, else 0
//      4  u8  methodId    METHOD_*; 0: another method, see method
//      5  u8  schemeId    0 unknown, 1 http, 2 https
//      6  u16 fieldCount  entries in the field table, removed ones included
//      8  u32 flags       FLAG_*
//     12  u32 capacity    entries that the field table can hold
//     16  u32 off, len    method        24  authority     32  path (raw, without query)
//     40  u32 off, len    query (without `?`; FLAG_HAS_QUERY tells an empty one from none)
//     48  u32 off, len    :protocol     56  reason phrase 64  normalised path
//     72  u32 scratch     next free byte for values that edits make
//     76  u32 scratchEnd  first byte past the scratch space
//     80  16 bytes        reserved, zero
//     96  field table: 16 bytes each
//           0 u32 nameOff   4 u16 nameLen   6 u8 nameId (NAME_*, 0 unknown)   7 u8 FIELD_* flags
//           8 u32 valueOff 12 u32 valueLen

export const KIND_REQUEST: u8 = 1;
export const KIND_INFORMATIONAL: u8 = 2;
export const KIND_RESPONSE: u8 = 3;
export const KIND_TRAILERS: u8 = 4;

export const VERSION_HTTP_1_0: u8 = 0x10;
export const VERSION_HTTP_1_1: u8 = 0x11;
export const VERSION_HTTP_2: u8 = 0x20;

export const METHOD_OTHER: u8 = 0;
export const METHOD_GET: u8 = 1;
export const METHOD_HEAD: u8 = 2;
export const METHOD_POST: u8 = 3;
export const METHOD_PUT: u8 = 4;
export const METHOD_DELETE: u8 = 5;
export const METHOD_CONNECT: u8 = 6;
export const METHOD_OPTIONS: u8 = 7;
export const METHOD_TRACE: u8 = 8;
export const METHOD_PATCH: u8 = 9;

export const SCHEME_UNKNOWN: u8 = 0;
export const SCHEME_HTTP: u8 = 1;
export const SCHEME_HTTPS: u8 = 2;

/** The target had a `?`, even if nothing follows it. */
export const FLAG_HAS_QUERY: u32 = 1;
/** The request target was in absolute-form (RFC 9112 section 3.2.2). */
export const FLAG_ABSOLUTE_FORM: u32 = 2;
/** The request target was `*` (RFC 9112 section 3.2.4). */
export const FLAG_ASTERISK_FORM: u32 = 4;
/** Only a prefix of the head was there: start line and the complete fields (captured packets). */
export const FLAG_TRUNCATED: u32 = 8;

/** Taken out by an edit or as hop-by-hop; writers and matchers pass it over. */
export const FIELD_REMOVED: u8 = 1;
/** Never to be indexed by HPACK (RFC 7541 section 7.1.3). */
export const FIELD_NEVER_INDEXED: u8 = 2;

export const HEAD_FIELDS_OFFSET: usize = 96;
export const FIELD_SIZE: usize = 16;

const METHOD: usize = 16;
const AUTHORITY: usize = 24;
const PATH: usize = 32;
const QUERY: usize = 40;
const PROTOCOL: usize = 48;
const REASON: usize = 56;
const NORMAL_PATH: usize = 64;

/** Bytes that a head with room for `capacity` fields takes. */
// @ts-ignore: decorator

export function headSize(capacity: u32): usize {
  return HEAD_FIELDS_OFFSET + <usize> capacity * FIELD_SIZE;
}

/** Clears a head; `scratch` to `scratchEnd` is the space in which edits build new values. */
export function headReset(head: usize, capacity: u32, scratch: usize, scratchEnd: usize): void {
  memory.fill(head, 0, HEAD_FIELDS_OFFSET);
  store<u32>(head, capacity, 12);
  store<u32>(head, <u32> scratch, 72);
  store<u32>(head, <u32> scratchEnd, 76);
}

// @ts-ignore: decorator

export function headKind(head: usize): u8 {
  return load<u8>(head);
}

// @ts-ignore: decorator

export function setHeadKind(head: usize, kind: u8, version: u8): void {
  store<u8>(head, kind);
  store<u8>(head, version, 1);
}

// @ts-ignore: decorator

export function headVersion(head: usize): u8 {
  return load<u8>(head, 1);
}

// @ts-ignore: decorator

export function headStatus(head: usize): u32 {
  return <u32> load<u16>(head, 2);
}

// @ts-ignore: decorator

export function setHeadStatus(head: usize, status: u32): void {
  store<u16>(head, <u16> status, 2);
}

// @ts-ignore: decorator

export function headMethodId(head: usize): u8 {
  return load<u8>(head, 4);
}

// @ts-ignore: decorator

export function setHeadMethod(head: usize, id: u8, off: usize, len: u32): void {
  store<u8>(head, id, 4);
  setSpan(head, METHOD, off, len);
}

// @ts-ignore: decorator

export function headSchemeId(head: usize): u8 {
  return load<u8>(head, 5);
}

// @ts-ignore: decorator

export function setHeadScheme(head: usize, id: u8): void {
  store<u8>(head, id, 5);
}

// @ts-ignore: decorator

export function headFieldCount(head: usize): u32 {
  return <u32> load<u16>(head, 6);
}

// @ts-ignore: decorator

export function headFlags(head: usize): u32 {
  return load<u32>(head, 8);
}

// @ts-ignore: decorator

export function addHeadFlags(head: usize, flags: u32): void {
  store<u32>(head, load<u32>(head, 8) | flags, 8);
}

// @ts-ignore: decorator

function setSpan(head: usize, at: usize, off: usize, len: u32): void {
  store<u32>(head + at, <u32> off);
  store<u32>(head + at, len, 4);
}

// @ts-ignore: decorator

export function methodOff(head: usize): usize {
  return load<u32>(head, METHOD);
}

// @ts-ignore: decorator

export function methodLen(head: usize): u32 {
  return load<u32>(head, METHOD + 4);
}

// @ts-ignore: decorator

export function authorityOff(head: usize): usize {
  return load<u32>(head, AUTHORITY);
}

// @ts-ignore: decorator

export function authorityLen(head: usize): u32 {
  return load<u32>(head, AUTHORITY + 4);
}

// @ts-ignore: decorator

export function setAuthority(head: usize, off: usize, len: u32): void {
  setSpan(head, AUTHORITY, off, len);
}

// @ts-ignore: decorator

export function pathOff(head: usize): usize {
  return load<u32>(head, PATH);
}

// @ts-ignore: decorator

export function pathLen(head: usize): u32 {
  return load<u32>(head, PATH + 4);
}

// @ts-ignore: decorator

export function setPath(head: usize, off: usize, len: u32): void {
  setSpan(head, PATH, off, len);
}

// @ts-ignore: decorator

export function queryOff(head: usize): usize {
  return load<u32>(head, QUERY);
}

// @ts-ignore: decorator

export function queryLen(head: usize): u32 {
  return load<u32>(head, QUERY + 4);
}

// @ts-ignore: decorator

export function setQuery(head: usize, off: usize, len: u32): void {
  setSpan(head, QUERY, off, len);
}

// @ts-ignore: decorator

export function protocolOff(head: usize): usize {
  return load<u32>(head, PROTOCOL);
}

// @ts-ignore: decorator

export function protocolLen(head: usize): u32 {
  return load<u32>(head, PROTOCOL + 4);
}

// @ts-ignore: decorator

export function setProtocol(head: usize, off: usize, len: u32): void {
  setSpan(head, PROTOCOL, off, len);
}

// @ts-ignore: decorator

export function reasonOff(head: usize): usize {
  return load<u32>(head, REASON);
}

// @ts-ignore: decorator

export function reasonLen(head: usize): u32 {
  return load<u32>(head, REASON + 4);
}

// @ts-ignore: decorator

export function setReason(head: usize, off: usize, len: u32): void {
  setSpan(head, REASON, off, len);
}

// @ts-ignore: decorator

export function normalPathOff(head: usize): usize {
  return load<u32>(head, NORMAL_PATH);
}

// @ts-ignore: decorator

export function normalPathLen(head: usize): u32 {
  return load<u32>(head, NORMAL_PATH + 4);
}

// @ts-ignore: decorator

export function setNormalPath(head: usize, off: usize, len: u32): void {
  setSpan(head, NORMAL_PATH, off, len);
}

/** Takes `size` bytes of the scratch space; 0 when it is used up. */
export function headScratch(head: usize, size: u32): usize {
  const at: usize = load<u32>(head, 72);
  const end: usize = load<u32>(head, 76);
  if (end - at < <usize> size) return 0;
  store<u32>(head, <u32> (at + size), 72);
  return at;
}

/** The address of field `index`'s entry. */
// @ts-ignore: decorator

export function fieldAt(head: usize, index: u32): usize {
  return head + HEAD_FIELDS_OFFSET + <usize> index * FIELD_SIZE;
}

/** Appends a field; false when the table is full. */
export function addField(
  head: usize,
  nameId: u8,
  nameOff: usize,
  nameLen: u32,
  valueOff: usize,
  valueLen: u32,
): bool {
  const count = headFieldCount(head);
  if (count >= load<u32>(head, 12)) return false;
  const field = fieldAt(head, count);
  store<u32>(field, <u32> nameOff);
  store<u16>(field, <u16> nameLen, 4);
  store<u8>(field, nameId, 6);
  store<u8>(field, 0, 7);
  store<u32>(field, <u32> valueOff, 8);
  store<u32>(field, valueLen, 12);
  store<u16>(head, <u16> (count + 1), 6);
  return true;
}

// @ts-ignore: decorator

export function fieldNameOff(field: usize): usize {
  return load<u32>(field);
}

// @ts-ignore: decorator

export function fieldNameLen(field: usize): u32 {
  return <u32> load<u16>(field, 4);
}

// @ts-ignore: decorator

export function fieldNameId(field: usize): u8 {
  return load<u8>(field, 6);
}

// @ts-ignore: decorator

export function fieldFlags(field: usize): u8 {
  return load<u8>(field, 7);
}

// @ts-ignore: decorator

export function setFieldFlags(field: usize, flags: u8): void {
  store<u8>(field, flags, 7);
}

/** Marks a field so that nobody finds or writes it. */
export function markRemoved(field: usize): void {
  setFieldFlags(field, fieldFlags(field) | FIELD_REMOVED);
}

// @ts-ignore: decorator

export function isRemoved(field: usize): bool {
  return (load<u8>(field, 7) & FIELD_REMOVED) != 0;
}

// @ts-ignore: decorator

export function fieldValueOff(field: usize): usize {
  return load<u32>(field, 8);
}

// @ts-ignore: decorator

export function fieldValueLen(field: usize): u32 {
  return load<u32>(field, 12);
}

// @ts-ignore: decorator

export function setFieldValue(field: usize, off: usize, len: u32): void {
  store<u32>(field, <u32> off, 8);
  store<u32>(field, len, 12);
}
