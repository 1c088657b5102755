// The state of a message body on the wire, and the reader that goes with it (RFC 9112 sections 6, 7).
// Takes bytes as they come, in place; says how many were used and which of them to pass on. Holds no
// bytes: each is looked at once and never copied. Decodes, or checks and forwards as it stands.
//
//   byte  field       meaning
//      0  u8 kind     BODY_*            1  u8 state      STATE_*         2  u8 digits  of a chunk size
//      4  u32 extensions  chunk extension bytes so far
//      8  u64 remaining   bytes to come, of the body or of the chunk
//     16  u64 length      the declared Content-Length, BODY_LENGTH only
//     24  u64 received    chunk sizes added up
//     32  u64 limit       largest body allowed; 0: any
//     40  u32 spanOff, len  the bytes to pass on after bodyNext

import { afterExtension, afterSize, LINE_LF, LINE_SIZE } from "./chunk_line";
import {
  ERROR_BODY_TOO_LARGE,
  ERROR_BODY_TRUNCATED,
  ERROR_CHUNK_END,
  ERROR_CHUNK_EXTENSION_TOO_LARGE,
  ERROR_CHUNK_SIZE,
  ERROR_LINE_END,
} from "./errors";
import { maxExtensionBytes } from "./limits";

/** The message ends with its head. */
export const BODY_NONE: i32 = 0;
export const BODY_LENGTH: i32 = 1;
export const BODY_CHUNKED: i32 = 2;
/** A response that ends with its connection. */
export const BODY_UNTIL_CLOSE: i32 = 3;
/** 101: from here on the bytes are another protocol's. */
export const BODY_TUNNEL: i32 = 4;

export const BODY_SIZE: u32 = 48;

/** What comes next: more body. */
export const NEXT_BODY: u32 = 0;
/** The trailer section: readTrailers from the first unused byte, then bodyFinish. */
export const NEXT_TRAILERS: u32 = 1;
/** The next message. */
export const NEXT_MESSAGE: u32 = 2;

// States up to LINE_LF are those of chunk_line.ts.
const STATE_DATA: i32 = 12;
const STATE_DATA_CR: i32 = 13;
const STATE_DATA_LF: i32 = 14;
const STATE_TRAILERS: i32 = 15;
const STATE_DONE: i32 = 16;

const MAX_SIZE_DIGITS: u8 = 16;
const MAX_SIZE: u64 = 0x7fffffffffffffff;

const CR: u32 = 0x0d;
const LF: u32 = 0x0a;

export function bodyKind(body: usize): i32 {
  return <i32> load<u8>(body);
}

/** The declared Content-Length of a BODY_LENGTH body. */
export function bodyLength(body: usize): u64 {
  return load<u64>(body, 16);
}

function bodyState(body: usize): i32 {
  return <i32> load<u8>(body, 1);
}

function setState(body: usize, state: i32): void {
  store<u8>(body, <u8> state, 1);
}

function setSpan(body: usize, from: usize, to: usize): void {
  store<u32>(body, <u32> from, 40);
  store<u32>(body, <u32> (to - from), 44);
}

/** Address of the bytes to pass on after bodyNext. */
export function bodySpanOff(body: usize): usize {
  return load<u32>(body, 40);
}

export function bodySpanLen(body: usize): u32 {
  return load<u32>(body, 44);
}

/** Begins a body of BODY_* `kind`; `length` counts for BODY_LENGTH alone. */
export function bodyStart(body: usize, kind: i32, length: u64): void {
  memory.fill(body, 0, BODY_SIZE);
  store<u8>(body, <u8> kind);
  store<u64>(body, length, 8);
  store<u64>(body, length, 16);
  const empty = kind == BODY_NONE || (kind == BODY_LENGTH && length == 0);
  if (empty) setState(body, STATE_DONE);
  else if (kind != BODY_CHUNKED) setState(body, STATE_DATA);
  else store<u64>(body, 0, 8);
}

/** Sets the largest body allowed, in bytes; 0 or ERROR_BODY_TOO_LARGE where it is known already. */
export function bodyLimit(body: usize, maxBytes: u64): i32 {
  store<u64>(body, maxBytes, 32);
  if (maxBytes == 0 || bodyKind(body) != BODY_LENGTH) return 0;
  return bodyLength(body) > maxBytes ? ERROR_BODY_TOO_LARGE : 0;
}

/** NEXT_*: what the bytes that were not used belong to. */
export function bodyNextIs(body: usize): u32 {
  const state = bodyState(body);
  if (state == STATE_DONE) return NEXT_MESSAGE;
  return state == STATE_TRAILERS ? NEXT_TRAILERS : NEXT_BODY;
}

/** Marks the trailer section as read. */
export function bodyFinish(body: usize): void {
  setState(body, STATE_DONE);
}

/** The connection ended: 0 where the body may end so, else ERROR_BODY_TRUNCATED. */
export function bodyEnd(body: usize): i32 {
  if (bodyState(body) == STATE_DONE) return 0;
  const kind = bodyKind(body);
  if (kind != BODY_UNTIL_CLOSE && kind != BODY_TUNNEL) return ERROR_BODY_TRUNCATED;
  setState(body, STATE_DONE);
  return 0;
}

function hexValue(byte: u32): i32 {
  if (byte - 0x30 < 10) return <i32> (byte - 0x30);
  const lower = byte | 0x20;
  return lower - 0x61 < 6 ? <i32> (lower - 0x61 + 10) : -1;
}

/** A byte where the chunk size is; the next state or an error. */
function takeSizeByte(body: usize, byte: u32): i32 {
  const value = hexValue(byte);
  const digits = load<u8>(body, 2);
  if (value < 0) return digits == 0 ? ERROR_CHUNK_SIZE : afterSize(byte);
  const size = load<u64>(body, 8);
  if (digits == MAX_SIZE_DIGITS || size > MAX_SIZE >> 4) return ERROR_CHUNK_SIZE;
  store<u8>(body, digits + 1, 2);
  store<u64>(body, (size << 4) | <u64> value, 8);
  return LINE_SIZE;
}

/** The chunk's line is complete; the next state or an error. */
function beginChunk(body: usize): i32 {
  const size = load<u64>(body, 8);
  store<u8>(body, 0, 2);
  if (size == 0) return STATE_TRAILERS;
  const received = load<u64>(body, 24) + size;
  const limit = load<u64>(body, 32);
  if (received > MAX_SIZE || (limit != 0 && received > limit)) return ERROR_BODY_TOO_LARGE;
  store<u64>(body, received, 24);
  return STATE_DATA;
}

/** The state after a byte of chunked framing that is neither data nor trailers, or an error. */
function takeFramingByte(body: usize, state: i32, byte: u32): i32 {
  if (state == LINE_SIZE) return takeSizeByte(body, byte);
  if (state == LINE_LF) return byte == LF ? beginChunk(body) : ERROR_LINE_END;
  if (state == STATE_DATA_CR) return byte == CR ? STATE_DATA_LF : ERROR_CHUNK_END;
  if (state == STATE_DATA_LF) return byte == LF ? LINE_SIZE : ERROR_CHUNK_END;
  return afterExtension(state, byte);
}

/** Whether a byte that led to `next` belongs to an extension, and so is never passed on. */
function isExtension(next: i32): bool {
  return next > LINE_SIZE && next < LINE_LF;
}

function nextChunked(body: usize, buf: usize, end: usize, limits: usize, verbatim: bool): i32 {
  let at = buf;
  let from = buf;
  let state = bodyState(body);
  while (at < end) {
    if (state == STATE_DATA) {
      const remaining = load<u64>(body, 8);
      const size = <usize> min<u64>(remaining, <u64> (end - at));
      store<u64>(body, remaining - <u64> size, 8);
      if (remaining == <u64> size) state = STATE_DATA_CR;
      at += size;
      if (verbatim) continue;
      setState(body, state);
      setSpan(body, at - size, at);
      return <i32> (at - buf);
    }
    const byte = <u32> load<u8>(at);
    if (state >= STATE_TRAILERS) {
      if (state == STATE_DONE || byte != CR || at + 1 == end) break;
      if (load<u8>(at, 1) != <u8> LF) return ERROR_LINE_END;
      state = STATE_DONE;
      at += 2;
      break;
    }
    const next = takeFramingByte(body, state, byte);
    if (next < 0) return next;
    if (isExtension(next)) {
      if (verbatim && at > from) break; // the span ends; this byte is seen again
      const extensions = load<u32>(body, 4) + 1;
      if (extensions > maxExtensionBytes(limits)) return ERROR_CHUNK_EXTENSION_TOO_LARGE;
      store<u32>(body, extensions, 4);
      from = at + 1;
    }
    state = next;
    at++;
  }
  setState(body, state);
  setSpan(body, from, verbatim ? at : from);
  return <i32> (at - buf);
}

/**
 * Takes the next bytes: those used (0: what is there belongs to trailers or the next message), or an
 * ERROR_*; of a refused call nothing may be passed on. The span is what to pass on: decoded, the
 * data of at most one chunk a call; `verbatim`, the bytes as they stand without extensions, as far as
 * they reach. Call again until nothing is left or bodyNextIs says that something else begins.
 */
export function bodyNext(
  body: usize,
  buf: usize,
  len: u32,
  limits: usize,
  verbatim: bool,
): i32 {
  const kind = bodyKind(body);
  if (kind == BODY_CHUNKED) return nextChunked(body, buf, buf + <usize> len, limits, verbatim);
  let size = bodyState(body) == STATE_DONE ? 0 : len;
  if (kind == BODY_LENGTH) {
    const remaining = load<u64>(body, 8);
    size = <u32> min<u64>(remaining, <u64> size);
    store<u64>(body, remaining - <u64> size, 8);
    if (remaining == <u64> size) setState(body, STATE_DONE);
  }
  setSpan(body, buf, buf + <usize> size);
  return <i32> size;
}
