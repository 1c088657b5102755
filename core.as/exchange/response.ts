// A response, whole: bytes of the endpoint in, bytes for the client out, in one call. Also the answers
// that RAUTA gives itself. An endpoint's head is read as strictly as a client's; what is wrong with it
// is an ERROR_*, and nothing of it goes out.

import { applyResponseEdits } from "../edit/response";
import {
  addField,
  fieldAt,
  fieldNameId,
  headFieldCount,
  headKind,
  headStatus,
  isRemoved,
  KIND_INFORMATIONAL,
  KIND_RESPONSE,
  METHOD_HEAD,
  setHeadKind,
  setHeadStatus,
  VERSION_HTTP_1_0,
  VERSION_HTTP_1_1,
} from "../head/head";
import {
  NAME_CONTENT_TYPE,
  NAME_DATE,
  NAME_LOCATION,
  NAME_X_REQUEST_ID,
  nameIdLen,
  nameIdOff,
} from "../head/names";
import {
  BODY_CHUNKED,
  BODY_LENGTH,
  BODY_NONE,
  BODY_TUNNEL,
  BODY_UNTIL_CLOSE,
  bodyNextIs,
  bodyStart,
  NEXT_MESSAGE,
} from "../http1/body";
import { isPersistent, OPTION_UPGRADE, takeHopByHop } from "../http1/connection";
import { ERROR_HEAD_TOO_LARGE, ERROR_NO_SPACE, ERROR_STATUS_LINE } from "../http1/errors";
import { responseBody } from "../http1/framing";
import { readResponseHead } from "../http1/read_head";
import {
  wireSizeBound,
  WRITE_CHUNKED,
  WRITE_CLOSE,
  WRITE_KEEP_ALIVE,
  WRITE_UNFRAMED,
  WRITE_UPGRADE,
  writeResponseHead,
} from "../http1/write_head";
import { putBytes } from "../http1/write_bytes";
import { P_LOCATION, P_LOCATION_LEN, P_STATUS } from "../route/plan";
import { OUTCOME_FORWARD } from "../route/stations";
import {
  bodyOf,
  MARK_CHUNKED,
  MARK_DECODED,
  MARK_PERSISTENT,
  MARK_UPGRADE,
  marksOf,
  methodIdIn,
  planOf,
  REQUEST,
  requestIdLen,
  requestIdOff,
  RESPONSE,
  setMarks,
  setOutput,
  setStep,
  STEP_FLAGS,
  STEP_NEEDED,
  STEP_OUT_LEN,
  STEP_STATUS,
  STEP_TAKEN,
  versionIn,
} from "./block";
import { bodyFlags, FRAMING_ROOM, joinBody } from "./body_step";
import {
  FLAG_DONE,
  FLAG_INFORMATIONAL,
  FLAG_PERSISTENT,
  FLAG_TUNNEL,
  FLAG_UNKNOWN_LENGTH,
  FLAG_UPSTREAM_PERSISTENT,
} from "./flags";
import { dropPartial, headInHand, keepPartial } from "./partial";
import { DATE, DATE_LEN, freshResponseHead, LIMITS } from "./settings";

export const RESPONSE_MORE: i32 = 0;
export const RESPONSE_HEAD: i32 = 1;

/** The client's connection must not carry another request after this response. */
export const RESPOND_CLOSE: u32 = 1;

// deno-fmt-ignore
const TEXT_PLAIN: usize = memory.data<u8>([
  0x74, 0x65, 0x78, 0x74, 0x2f, 0x70, 0x6c, 0x61, 0x69, 0x6e, 0x3b, 0x20, 0x63, 0x68, 0x61, 0x72,
  0x73, 0x65, 0x74, 0x3d, 0x75, 0x74, 0x66, 0x2d, 0x38,
]);
const TEXT_PLAIN_LEN: u32 = 25;

function add(head: usize, nameId: u8, value: usize, len: u32): bool {
  return addField(head, nameId, nameIdOff(nameId), nameIdLen(nameId), value, len);
}

/**
 * Adds what a response may lack: Date (RFC 9110 section 6.6.1) and the id of its request; false where
 * the head has no room left.
 */
function addOwnFields(x: usize, head: usize): bool {
  const count = headFieldCount(head);
  let hasDate = false;
  let hasId = requestIdLen(x) == 0;
  for (let i: u32 = 0; i < count; i++) {
    const field = fieldAt(head, i);
    if (isRemoved(field)) continue;
    const nameId = fieldNameId(field);
    if (nameId == NAME_DATE) hasDate = true;
    else if (nameId == NAME_X_REQUEST_ID) hasId = true;
  }
  if (!hasDate && !add(head, NAME_DATE, DATE, DATE_LEN)) return false;
  return hasId || add(head, NAME_X_REQUEST_ID, requestIdOff(x), requestIdLen(x));
}

/** What the writer says of the client's connection. */
function connectionFlags(x: usize, persistent: bool): i32 {
  if (!persistent) return WRITE_CLOSE;
  return versionIn(x) == VERSION_HTTP_1_0 ? WRITE_KEEP_ALIVE : 0;
}

/** A 1xx head: passed on, but to HTTP/1.0 clients (RFC 9110 section 15.2). */
function informational(x: usize, head: usize, taken: u32, out: usize, capacity: u32): i32 {
  setStep(STEP_STATUS, headStatus(head));
  setStep(STEP_FLAGS, FLAG_INFORMATIONAL);
  setStep(STEP_TAKEN, taken);
  setOutput(out, 0);
  if (takeHopByHop(head) < 0) return ERROR_STATUS_LINE;
  if (versionIn(x) == VERSION_HTTP_1_0) return RESPONSE_HEAD;
  const body = bodyOf(x, RESPONSE);
  bodyStart(body, BODY_NONE, 0);
  const written = writeResponseHead(head, body, out, capacity, 0);
  if (written < 0) return written;
  setStep(STEP_OUT_LEN, <u32> written);
  return RESPONSE_HEAD;
}

/**
 * 101: only where it was asked for by a request that is whole, or what is left of that would be taken
 * for the new protocol; from then on no HTTP (RFC 9110 section 15.2.2).
 */
function tunnel(x: usize, head: usize, taken: u32, out: usize, capacity: u32): i32 {
  const options = takeHopByHop(head);
  const asked = (marksOf(x) & MARK_UPGRADE) != 0 && bodyNextIs(bodyOf(x, REQUEST)) == NEXT_MESSAGE;
  if (!asked || options < 0 || (options & OPTION_UPGRADE) == 0) return ERROR_STATUS_LINE;
  const edited = applyResponseEdits(head, planOf(x));
  if (edited != OUTCOME_FORWARD || !addOwnFields(x, head)) return ERROR_HEAD_TOO_LARGE;
  const body = bodyOf(x, RESPONSE);
  bodyStart(body, BODY_TUNNEL, 0);
  const written = writeResponseHead(head, body, out, capacity, WRITE_UPGRADE);
  if (written < 0) return written;
  setStep(STEP_STATUS, 101);
  setStep(STEP_FLAGS, FLAG_TUNNEL);
  setStep(STEP_TAKEN, taken);
  setOutput(out, <u32> written);
  return RESPONSE_HEAD;
}

/** How the body is framed for this client; sets marks, gives WRITE_* flags. */
function framingFlags(x: usize, kind: i32): i32 {
  const old = versionIn(x) == VERSION_HTTP_1_0;
  let marks = marksOf(x) & ~(MARK_DECODED | MARK_CHUNKED);
  let flags = 0;
  if (kind == BODY_CHUNKED && old) {
    marks = (marks | MARK_DECODED) & ~MARK_PERSISTENT;
    flags = WRITE_UNFRAMED;
  } else if (kind == BODY_UNTIL_CLOSE) {
    if (old) marks &= ~MARK_PERSISTENT;
    else {
      marks |= MARK_CHUNKED;
      flags = WRITE_CHUNKED;
    }
  }
  setMarks(x, marks);
  return flags;
}

/** The final head and what came of the body with it. */
function finalHead(
  x: usize,
  head: usize,
  buf: usize,
  len: u32,
  taken: u32,
  room: u32,
  out: usize,
  capacity: u32,
  close: bool,
): i32 {
  const body = bodyOf(x, RESPONSE);
  const kind = responseBody(head, body, methodIdIn(x));
  if (kind < 0) return kind;
  const options = takeHopByHop(head);
  if (options < 0) return options;
  const reusable = kind != BODY_UNTIL_CLOSE && isPersistent(head, options);
  const edited = applyResponseEdits(head, planOf(x));
  if (edited != OUTCOME_FORWARD || !addOwnFields(x, head)) return ERROR_HEAD_TOO_LARGE;
  const framing = framingFlags(x, kind);
  const persistent = !close && (marksOf(x) & MARK_PERSISTENT) != 0;
  const flags = framing | connectionFlags(x, persistent);
  const written = writeResponseHead(head, body, out, capacity, flags);
  if (written < 0) return written;
  const start = buf + <usize> taken;
  const rest = len - taken;
  const used = joinBody(x, RESPONSE, start, rest, buf - room, out, <u32> written, capacity);
  if (used < 0) return used;
  setStep(STEP_TAKEN, taken + <u32> used);
  setStep(STEP_STATUS, headStatus(head));
  const unknown = kind == BODY_CHUNKED || kind == BODY_UNTIL_CLOSE ? FLAG_UNKNOWN_LENGTH : 0;
  setStep(
    STEP_FLAGS,
    bodyFlags(body) | unknown | (persistent ? FLAG_PERSISTENT : 0) |
      (reusable ? FLAG_UPSTREAM_PERSISTENT : 0),
  );
  return RESPONSE_HEAD;
}

/**
 * The endpoint's next bytes, from a head's first one on: RESPONSE_MORE, RESPONSE_HEAD, or an ERROR_*
 * (ERROR_NO_SPACE: call again with STEP_NEEDED bytes; anything else is a malformed response).
 * The output is at STEP_OUT: in `out`, or where the body lies, for which `room` bytes before `buf` may
 * be overwritten. With FLAG_INFORMATIONAL in STEP_FLAGS another head follows, with FLAG_TUNNEL no more HTTP.
 */
export function responseStep(
  x: usize,
  buf: usize,
  len: u32,
  room: u32,
  out: usize,
  capacity: u32,
  close: u32,
): i32 {
  const head = headInHand(x, RESPONSE, freshResponseHead());
  const read = readResponseHead(head, buf, len, LIMITS);
  if (read == 0) return keepPartial(x, RESPONSE, head);
  if (read < 0) {
    dropPartial(x, RESPONSE);
    return read;
  }
  const taken = <u32> read;
  let result: i32 = 0;
  if (headStatus(head) == 101) result = tunnel(x, head, taken, out, capacity);
  else if (headKind(head) == KIND_INFORMATIONAL) {
    result = informational(x, head, taken, out, capacity);
  } else {result = finalHead(
      x,
      head,
      buf,
      len,
      taken,
      room,
      out,
      capacity,
      (close & RESPOND_CLOSE) != 0,
    );}
  // Edits and Date are in by now: this is what a second call, which begins anew, has to bring.
  if (result == ERROR_NO_SPACE) setStep(STEP_NEEDED, wireSizeBound(head) + FRAMING_ROOM);
  dropPartial(x, RESPONSE);
  return result;
}

/**
 * An answer of RAUTA's own: bytes in `out`, or an ERROR_*. Status 0 is the plan's redirect, with its
 * Location and its response edits.
 */
export function respondStep(
  x: usize,
  status: u32,
  text: usize,
  textLen: u32,
  out: usize,
  capacity: u32,
  close: u32,
): i32 {
  const plan = planOf(x);
  let location: usize = 0;
  let locationLen: u32 = 0;
  const isPlanned = status == 0;
  if (isPlanned) {
    status = load<u32>(plan, P_STATUS);
    location = load<u32>(plan, P_LOCATION);
    locationLen = load<u32>(plan, P_LOCATION_LEN);
  }
  const head = freshResponseHead();
  setHeadKind(head, KIND_RESPONSE, VERSION_HTTP_1_1);
  setHeadStatus(head, status);
  if (location != 0) add(head, NAME_LOCATION, location, locationLen);
  if (textLen != 0) add(head, NAME_CONTENT_TYPE, TEXT_PLAIN, TEXT_PLAIN_LEN);
  addOwnFields(x, head);
  if (isPlanned) applyResponseEdits(head, plan);
  const body = bodyOf(x, RESPONSE);
  bodyStart(body, BODY_LENGTH, textLen);
  const persistent = (close & RESPOND_CLOSE) == 0 && (marksOf(x) & MARK_PERSISTENT) != 0;
  if (wireSizeBound(head) + textLen > capacity) return ERROR_NO_SPACE;
  const written = writeResponseHead(head, body, out, capacity, connectionFlags(x, persistent));
  if (written < 0) return written;
  let end = out + <usize> written;
  if (methodIdIn(x) != METHOD_HEAD) end = putBytes(end, text, textLen);
  setStep(STEP_STATUS, status);
  setStep(STEP_FLAGS, FLAG_DONE | (persistent ? FLAG_PERSISTENT : 0));
  setOutput(out, <u32> (end - out));
  return <i32> (end - out);
}
