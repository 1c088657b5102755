// Bodies between their heads: bytes of one side in, bytes for the other side out, in place.
// Takes a direction and a range; leaves the output in the same range (or just before it, where a
// chunk's line is added) and says in the step block what was used and what comes next. Never copies
// a byte that need not move.

import {
  BODY_CHUNKED,
  BODY_UNTIL_CLOSE,
  bodyEnd,
  bodyFinish,
  bodyKind,
  bodyNext,
  bodyNextIs,
  bodySpanLen,
  bodySpanOff,
  NEXT_BODY,
  NEXT_MESSAGE,
  NEXT_TRAILERS,
} from "../http1/body";
import { ERROR_BODY_TRUNCATED } from "../http1/errors";
import { readTrailers } from "../http1/read_head";
import { CHUNK_LINE_BYTES, writeChunkLine, writeTrailers } from "../http1/write_head";
import {
  bodyOf,
  MARK_CHUNKED,
  MARK_DECODED,
  marksOf,
  RESPONSE,
  setOutput,
  setStep,
  STEP,
  STEP_FLAGS,
  STEP_OUT,
  STEP_OUT_LEN,
  STEP_TAKEN,
} from "./block";
import { FLAG_DONE, FLAG_TRAILERS } from "./flags";
import { freshResponseHead, LIMITS } from "./settings";

/** Room that the host leaves before and after a body's bytes for framing. */
export const FRAMING_ROOM: u32 = 32;
/** A body that is copied behind its head, up to this much of it. */
const MAX_COPIED: u32 = 65536;
/** A body of so many bytes is worth moving its head instead of itself. */
const MIN_IN_PLACE: u32 = 512;

function isVerbatim(x: usize, direction: u32): bool {
  return direction != RESPONSE || (marksOf(x) & MARK_DECODED) == 0;
}

/** FLAG_* of what comes after the bytes used so far. */
export function bodyFlags(body: usize): u32 {
  const next = bodyNextIs(body);
  if (next == NEXT_MESSAGE) return FLAG_DONE;
  return next == NEXT_TRAILERS ? FLAG_TRAILERS : 0;
}

/** Passes chunked bytes on, moved together where extensions or framing are left out. */
function stepChunked(body: usize, buf: usize, len: u32, out: usize, verbatim: bool): i32 {
  let at = buf;
  let left = len;
  let to = out;
  while (left > 0) {
    const used = bodyNext(body, at, left, LIMITS, verbatim);
    if (used < 0) return used;
    if (used == 0) break;
    const spanLen = bodySpanLen(body);
    if (to != bodySpanOff(body)) memory.copy(to, bodySpanOff(body), spanLen);
    to += spanLen;
    at += <usize> used;
    left -= <u32> used;
    if (bodyNextIs(body) != NEXT_BODY) break;
  }
  setOutput(out, <u32> (to - out));
  return <i32> (len - left);
}

/** Frames bytes of unknown end as one chunk: the line goes before them, CRLF after. */
function stepUntilClose(buf: usize, len: u32, chunked: bool): i32 {
  setOutput(buf, len);
  if (!chunked || len == 0) return <i32> len;
  const line = buf - CHUNK_LINE_BYTES;
  const lineLen = writeChunkLine(line, len);
  const start = buf - <usize> lineLen;
  memory.copy(start, line, lineLen);
  store<u16>(buf + <usize> len, 0x0a0d);
  setOutput(start, lineLen + len + 2);
  return <i32> len;
}

/** Runs a body over a range into `out`, which may be the range itself or lie before it. */
export function bodyInto(x: usize, direction: u32, buf: usize, len: u32, out: usize): i32 {
  const body = bodyOf(x, direction);
  if (bodyKind(body) == BODY_CHUNKED) {
    return stepChunked(body, buf, len, out, isVerbatim(x, direction));
  }
  const used = bodyNext(body, buf, len, LIMITS, true);
  if (bodyKind(body) != BODY_UNTIL_CLOSE) {
    if (out != buf) memory.copy(out, buf, <usize> used);
    setOutput(out, <u32> used);
    return used;
  }
  const chunked = (marksOf(x) & MARK_CHUNKED) != 0;
  if (out == buf) return stepUntilClose(buf, <u32> used, chunked);
  const data = chunked ? out + CHUNK_LINE_BYTES : out;
  memory.copy(data, buf, <usize> used);
  stepUntilClose(data, <u32> used, chunked);
  const start: usize = load<u32>(STEP + STEP_OUT);
  if (start != out) memory.copy(out, start, load<u32>(STEP + STEP_OUT_LEN));
  setStep(STEP_OUT, <u32> out);
  return used;
}

/**
 * Puts a head that was written to `out` (of `capacity` bytes) and the body bytes that came with it
 * together: the head before the body where it lies, if there is room between `floor` and the body, else
 * the body behind the head, as far as there is room. Gives the body bytes used or an ERROR_*.
 */
export function joinBody(
  x: usize,
  direction: u32,
  buf: usize,
  rest: u32,
  floor: usize,
  out: usize,
  written: u32,
  capacity: u32,
): i32 {
  setOutput(out, written);
  if (rest == 0) return 0;
  if (rest >= MIN_IN_PLACE && floor + written + CHUNK_LINE_BYTES <= buf) {
    const used = bodyInto(x, direction, buf, rest, buf);
    if (used < 0) return used;
    const start = <usize> load<u32>(STEP + STEP_OUT) - written;
    memory.copy(start, out, written);
    setOutput(start, load<u32>(STEP + STEP_OUT_LEN) + written);
    return used;
  }
  if (rest > MAX_COPIED || written + rest + FRAMING_ROOM > capacity) return 0;
  const used = bodyInto(x, direction, buf, rest, out + <usize> written);
  if (used < 0) return used;
  setOutput(out, load<u32>(STEP + STEP_OUT_LEN) + written);
  return used;
}

/**
 * The next bytes of a body, in place: bytes used, or an ERROR_*. FRAMING_ROOM bytes before and after
 * the range may be overwritten. STEP_OUT, STEP_OUT_LEN: what to pass on; STEP_FLAGS: FLAG_DONE,
 * FLAG_TRAILERS (call trailersStep with what was not used).
 */
export function bodyStep(x: usize, direction: u32, buf: usize, len: u32): i32 {
  const used = bodyInto(x, direction, buf, len, buf);
  if (used < 0) return used;
  setStep(STEP_TAKEN, <u32> used);
  setStep(STEP_FLAGS, bodyFlags(bodyOf(x, direction)));
  return used;
}

/** The trailer section: bytes used (0: more is needed), or an ERROR_*; output into `out`. */
export function trailersStep(
  x: usize,
  direction: u32,
  buf: usize,
  len: u32,
  out: usize,
  capacity: u32,
): i32 {
  const head = freshResponseHead();
  const used = readTrailers(head, buf, len, LIMITS);
  setOutput(out, 0);
  setStep(STEP_FLAGS, 0);
  if (used <= 0) return used;
  if (isVerbatim(x, direction)) {
    const written = writeTrailers(head, out, capacity, false);
    if (written < 0) return written;
    setStep(STEP_OUT_LEN, <u32> written);
  }
  bodyFinish(bodyOf(x, direction));
  setStep(STEP_TAKEN, <u32> used);
  setStep(STEP_FLAGS, FLAG_DONE);
  return used;
}

/**
 * The sender's connection ended: 0 where the body may end so, else ERROR_BODY_TRUNCATED. Where the
 * body was framed anew its last chunk goes to `out` (5 bytes).
 */
export function bodyEnded(x: usize, direction: u32, out: usize, capacity: u32): i32 {
  const body = bodyOf(x, direction);
  const was = bodyNextIs(body);
  setOutput(out, 0);
  const error = bodyEnd(body);
  if (error < 0) return error;
  if (was == NEXT_MESSAGE || direction != RESPONSE || (marksOf(x) & MARK_CHUNKED) == 0) return 0;
  const written = writeTrailers(0, out, capacity, true);
  if (written < 0) return ERROR_BODY_TRUNCATED;
  setStep(STEP_OUT_LEN, <u32> written);
  return 0;
}
