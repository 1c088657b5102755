// Writes heads, chunk framing and trailers for the next hop (RFC 9112) out of a canonical head. Takes an
// output range, gives the bytes written or an ERROR_*; nothing counts as written then. Framing, Host
// and Connection are the writer's own: those fields of the head are passed over. No CR, LF, NUL or other
// control byte gets out inside a name or value, whatever an edit put there.

import {
  authorityLen,
  authorityOff,
  fieldAt,
  fieldNameId,
  fieldNameLen,
  fieldNameOff,
  fieldValueLen,
  fieldValueOff,
  FLAG_HAS_QUERY,
  headFieldCount,
  headFlags,
  headSchemeId,
  headStatus,
  isRemoved,
  methodLen,
  methodOff,
  pathLen,
  pathOff,
  queryLen,
  queryOff,
  reasonLen,
  reasonOff,
  SCHEME_HTTPS,
} from "../head/head";
import {
  NAME_CONNECTION,
  NAME_CONTENT_LENGTH,
  NAME_HOST,
  NAME_TRANSFER_ENCODING,
  NAME_UPGRADE,
} from "../head/names";
import {
  BODY_CHUNKED,
  BODY_LENGTH,
  BODY_NONE,
  BODY_TUNNEL,
  BODY_UNTIL_CLOSE,
  bodyKind,
  bodyLength,
} from "./body";
import { scanToken, scanValue, scanVisible } from "./classes";
import { ERROR_NO_SPACE, ERROR_UNWRITABLE } from "./errors";
import { reasonPhraseLen, reasonPhraseOff } from "./reason";
import { putByte, putBytes, putCrlf, putDecimal, putHex } from "./write_bytes";

/** `Connection: close`. */
export const WRITE_CLOSE: i32 = 1;
/** `Connection: keep-alive`, for a peer that speaks HTTP/1.0. */
export const WRITE_KEEP_ALIVE: i32 = 2;
/** `Connection: upgrade` and the head's Upgrade field, removed as hop-by-hop or not. */
export const WRITE_UPGRADE: i32 = 4;
/** `TE: trailers`, nominated in Connection. */
export const WRITE_TE_TRAILERS: i32 = 8;
/** The target in absolute-form, for a next proxy. */
export const WRITE_ABSOLUTE: i32 = 16;
/** Transfer-Encoding: chunked whatever the body was: it is decoded and framed anew. */
export const WRITE_CHUNKED: i32 = 32;
/** No framing field: a decoded body that ends with the connection, for an HTTP/1.0 client. */
export const WRITE_UNFRAMED: i32 = 64;

/** HTTP/1.1 */
// deno-fmt-ignore
const HTTP_1_1: usize = memory.data<u8>([
  72, 84, 84, 80, 47, 49, 46, 49,
]);
const HTTP_1_1_LEN: u32 = 8;
/** Host: */
// deno-fmt-ignore
const HOST: usize = memory.data<u8>([
  72, 111, 115, 116, 58, 32,
]);
const HOST_LEN: u32 = 6;
/** Content-Length: */
// deno-fmt-ignore
const CONTENT_LENGTH: usize = memory.data<u8>([
  67, 111, 110, 116, 101, 110, 116, 45, 76, 101, 110, 103, 116, 104, 58, 32,
]);
const CONTENT_LENGTH_LEN: u32 = 16;
/** Transfer-Encoding: chunked */
// deno-fmt-ignore
const CHUNKED: usize = memory.data<u8>([
  84, 114, 97, 110, 115, 102, 101, 114, 45, 69, 110, 99, 111, 100, 105, 110, 103, 58, 32, 99, 104, 117, 110, 107,
  101, 100, 13, 10,
]);
const CHUNKED_LEN: u32 = 28;
/** Connection: */
// deno-fmt-ignore
const CONNECTION: usize = memory.data<u8>([
  67, 111, 110, 110, 101, 99, 116, 105, 111, 110, 58, 32,
]);
const CONNECTION_LEN: u32 = 12;
/** TE: trailers */
// deno-fmt-ignore
const TE_TRAILERS: usize = memory.data<u8>([
  84, 69, 58, 32, 116, 114, 97, 105, 108, 101, 114, 115, 13, 10,
]);
const TE_TRAILERS_LEN: u32 = 14;
/** close */
// deno-fmt-ignore
const CLOSE_OPTION: usize = memory.data<u8>([
  99, 108, 111, 115, 101,
]);
const CLOSE_OPTION_LEN: u32 = 5;
/** keep-alive */
// deno-fmt-ignore
const KEEP_ALIVE_OPTION: usize = memory.data<u8>([
  107, 101, 101, 112, 45, 97, 108, 105, 118, 101,
]);
const KEEP_ALIVE_OPTION_LEN: u32 = 10;
/** upgrade */
// deno-fmt-ignore
const UPGRADE_OPTION: usize = memory.data<u8>([
  117, 112, 103, 114, 97, 100, 101,
]);
const UPGRADE_OPTION_LEN: u32 = 7;
/** TE */
// deno-fmt-ignore
const TE_OPTION: usize = memory.data<u8>([
  84, 69,
]);
const TE_OPTION_LEN: u32 = 2;
/** https:// */
// deno-fmt-ignore
const HTTPS_SCHEME: usize = memory.data<u8>([
  104, 116, 116, 112, 115, 58, 47, 47,
]);
const HTTPS_SCHEME_LEN: u32 = 8;
/** http:// */
// deno-fmt-ignore
const HTTP_SCHEME: usize = memory.data<u8>([
  104, 116, 116, 112, 58, 47, 47,
]);
const HTTP_SCHEME_LEN: u32 = 7;

/** Room for what the writers add to the head's own bytes. */
const ADDED_BYTES: u32 = 192;

/** Upper bound of the bytes that a head takes when written. */
export function wireSizeBound(head: usize): u32 {
  let size = ADDED_BYTES + methodLen(head) + pathLen(head) + queryLen(head) +
    authorityLen(head) * 2 +
    reasonLen(head);
  const count = headFieldCount(head);
  for (let i: u32 = 0; i < count; i++) {
    const field = fieldAt(head, i);
    size += fieldNameLen(field) + fieldValueLen(field) + 4;
  }
  return size;
}

function isToken(at: usize, len: u32): bool {
  const end = at + <usize> len;
  return len != 0 && scanToken(at, end) == end;
}

function isValue(at: usize, len: u32): bool {
  const end = at + <usize> len;
  return scanValue(at, end) == end;
}

function isVisible(at: usize, len: u32): bool {
  const end = at + <usize> len;
  return scanVisible(at, end) == end;
}

/** Writes `name: value` CRLF; 0 where either must not get out. */
function putField(out: usize, field: usize): usize {
  const name = fieldNameOff(field);
  const nameLen = fieldNameLen(field);
  const value = fieldValueOff(field);
  const valueLen = fieldValueLen(field);
  if (!isToken(name, nameLen) || !isValue(value, valueLen)) return 0;
  out = putBytes(out, name, nameLen);
  store<u16>(out, 0x203a);
  out = putBytes(out + 2, value, valueLen);
  return putCrlf(out);
}

/** Whether the writers bring this field themselves. */
function isOwn(nameId: u8, isRequest: bool): bool {
  switch (nameId) {
    case NAME_CONTENT_LENGTH:
    case NAME_TRANSFER_ENCODING:
    case NAME_CONNECTION:
    case NAME_UPGRADE:
      return true;
    case NAME_HOST:
      return isRequest;
    default:
      return false;
  }
}

/** Writes the fields in their order; 0 where one must not get out. */
function putFields(out: usize, head: usize, isRequest: bool): usize {
  const count = headFieldCount(head);
  for (let i: u32 = 0; i < count; i++) {
    const field = fieldAt(head, i);
    if (isRemoved(field) || isOwn(fieldNameId(field), isRequest)) continue;
    out = putField(out, field);
    if (out == 0) return 0;
  }
  return out;
}

/** Writes the fields of one name, removed ones too; 0 where one must not get out. */
function putNamed(out: usize, head: usize, nameId: u8): usize {
  const count = headFieldCount(head);
  for (let i: u32 = 0; i < count; i++) {
    const field = fieldAt(head, i);
    if (fieldNameId(field) != nameId) continue;
    out = putField(out, field);
    if (out == 0) return 0;
  }
  return out;
}

function putOption(out: usize, first: usize, option: usize, len: u32): usize {
  if (out != first) {
    store<u16>(out, 0x202c);
    out += 2;
  }
  return putBytes(out, option, len);
}

/** Writes Connection where anything is to be said, with the fields that it brings. */
function putConnection(out: usize, head: usize, flags: i32): usize {
  const said = WRITE_CLOSE | WRITE_KEEP_ALIVE | WRITE_UPGRADE | WRITE_TE_TRAILERS;
  if ((flags & said) == 0) return out;
  out = putBytes(out, CONNECTION, CONNECTION_LEN);
  const first = out;
  if ((flags & WRITE_CLOSE) != 0) out = putOption(out, first, CLOSE_OPTION, CLOSE_OPTION_LEN);
  else if ((flags & WRITE_KEEP_ALIVE) != 0) {
    out = putOption(out, first, KEEP_ALIVE_OPTION, KEEP_ALIVE_OPTION_LEN);
  }
  if ((flags & WRITE_UPGRADE) != 0) out = putOption(out, first, UPGRADE_OPTION, UPGRADE_OPTION_LEN);
  if ((flags & WRITE_TE_TRAILERS) != 0) out = putOption(out, first, TE_OPTION, TE_OPTION_LEN);
  out = putCrlf(out);
  if ((flags & WRITE_TE_TRAILERS) != 0) out = putBytes(out, TE_TRAILERS, TE_TRAILERS_LEN);
  return (flags & WRITE_UPGRADE) != 0 ? putNamed(out, head, NAME_UPGRADE) : out;
}

/** Writes Content-Length or Transfer-Encoding, as the body and the flags ask. */
function putFraming(out: usize, body: usize, flags: i32): usize {
  const kind = bodyKind(body);
  if ((flags & WRITE_UNFRAMED) != 0 || kind == BODY_NONE || kind == BODY_TUNNEL) return out;
  if (kind == BODY_CHUNKED || (flags & WRITE_CHUNKED) != 0) {
    return putBytes(out, CHUNKED, CHUNKED_LEN);
  }
  if (kind != BODY_LENGTH) return out;
  out = putBytes(out, CONTENT_LENGTH, CONTENT_LENGTH_LEN);
  return putCrlf(putDecimal(out, bodyLength(body)));
}

/** Writes target and space; 0 where it must not get out. */
function putTarget(out: usize, head: usize, flags: i32): usize {
  const pathBytes = pathLen(head);
  if (pathBytes == 0 || !isVisible(pathOff(head), pathBytes)) return 0;
  const asterisk = pathBytes == 1 && load<u8>(pathOff(head)) == 0x2a;
  if ((flags & WRITE_ABSOLUTE) != 0) {
    if (authorityLen(head) == 0) return 0;
    const secure = headSchemeId(head) == SCHEME_HTTPS;
    out = secure
      ? putBytes(out, HTTPS_SCHEME, HTTPS_SCHEME_LEN)
      : putBytes(out, HTTP_SCHEME, HTTP_SCHEME_LEN);
    out = putBytes(out, authorityOff(head), authorityLen(head));
    if (asterisk) return putByte(out, 0x20);
  } else if (!asterisk && load<u8>(pathOff(head)) != 0x2f) {
    return 0;
  }
  out = putBytes(out, pathOff(head), pathBytes);
  if ((headFlags(head) & FLAG_HAS_QUERY) != 0) {
    if (!isVisible(queryOff(head), queryLen(head))) return 0;
    out = putByte(out, 0x3f);
    out = putBytes(out, queryOff(head), queryLen(head));
  }
  return putByte(out, 0x20);
}

/**
 * Writes a request head with its empty line, as HTTP/1.1; bytes, or ERROR_NO_SPACE, ERROR_UNWRITABLE.
 * Host comes first, from the authority: empty where an HTTP/1.0 client sent none and nobody set one.
 */
export function writeRequestHead(
  head: usize,
  body: usize,
  out: usize,
  capacity: u32,
  flags: i32,
): i32 {
  if (wireSizeBound(head) > capacity) return ERROR_NO_SPACE;
  if (!isToken(methodOff(head), methodLen(head))) return ERROR_UNWRITABLE;
  if (!isVisible(authorityOff(head), authorityLen(head))) return ERROR_UNWRITABLE;
  let at = putBytes(out, methodOff(head), methodLen(head));
  at = putTarget(putByte(at, 0x20), head, flags);
  if (at == 0) return ERROR_UNWRITABLE;
  at = putCrlf(putBytes(at, HTTP_1_1, HTTP_1_1_LEN));
  at = putBytes(at, HOST, HOST_LEN);
  at = putCrlf(putBytes(at, authorityOff(head), authorityLen(head)));
  at = putFields(at, head, true);
  if (at == 0) return ERROR_UNWRITABLE;
  at = putConnection(putFraming(at, body, flags), head, flags);
  if (at == 0) return ERROR_UNWRITABLE;
  return <i32> (putCrlf(at) - out);
}

/** Whether a response without content may still tell the length that it would have had. */
function tellsLength(head: usize, body: usize): bool {
  const status = headStatus(head);
  return bodyKind(body) == BODY_NONE && status >= 200 && status != 204;
}

/**
 * Writes a response head with its empty line, as HTTP/1.1; bytes, or ERROR_NO_SPACE, ERROR_UNWRITABLE.
 * An answer to HEAD and a 304 keep their Content-Length (RFC 9110 section 8.6); 1xx and 204 have none.
 * A body that ends with the connection gets `close`, unless WRITE_CHUNKED frames it.
 */
export function writeResponseHead(
  head: usize,
  body: usize,
  out: usize,
  capacity: u32,
  flags: i32,
): i32 {
  if (wireSizeBound(head) > capacity) return ERROR_NO_SPACE;
  const status = headStatus(head);
  if (status < 100 || status > 999) return ERROR_UNWRITABLE;
  let at = putByte(putBytes(out, HTTP_1_1, HTTP_1_1_LEN), 0x20);
  at = putByte(putDecimal(at, <u64> status), 0x20);
  if (reasonLen(head) != 0) {
    if (!isValue(reasonOff(head), reasonLen(head))) return ERROR_UNWRITABLE;
    at = putBytes(at, reasonOff(head), reasonLen(head));
  } else {
    at = putBytes(at, reasonPhraseOff(status), reasonPhraseLen(status));
  }
  at = putFields(putCrlf(at), head, false);
  if (at == 0) return ERROR_UNWRITABLE;
  if (tellsLength(head, body)) at = putNamed(at, head, NAME_CONTENT_LENGTH);
  if (at == 0) return ERROR_UNWRITABLE;
  const endsWithConnection = (flags & WRITE_UNFRAMED) != 0 ||
    (bodyKind(body) == BODY_UNTIL_CLOSE && (flags & WRITE_CHUNKED) == 0);
  at = putFraming(at, body, flags);
  at = putConnection(at, head, endsWithConnection ? flags | WRITE_CLOSE : flags);
  if (at == 0) return ERROR_UNWRITABLE;
  return <i32> (putCrlf(at) - out);
}

/** Bytes that writeChunkLine takes at most. */
export const CHUNK_LINE_BYTES: u32 = 18;

/** Writes a chunk's size and CRLF; `size` is not 0. CRLF is due after the data too. */
export function writeChunkLine(out: usize, size: u64): u32 {
  return <u32> (putCrlf(putHex(out, size)) - out);
}

/**
 * Writes a trailer section with its empty line, after `0` CRLF where `lastChunk`; bytes, or
 * ERROR_NO_SPACE, ERROR_UNWRITABLE. `trailers` may be 0: none.
 */
export function writeTrailers(
  trailers: usize,
  out: usize,
  capacity: u32,
  lastChunk: bool,
): i32 {
  const bound: u32 = trailers == 0 ? 5 : wireSizeBound(trailers);
  if (bound > capacity) return ERROR_NO_SPACE;
  let at = lastChunk ? putCrlf(putByte(out, 0x30)) : out;
  if (trailers != 0) at = putFields(at, trailers, true);
  if (at == 0) return ERROR_UNWRITABLE;
  return <i32> (putCrlf(at) - out);
}
