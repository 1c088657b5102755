// A request, whole: bytes of the client in, decision and bytes for the endpoint out, in one call.
// Takes the client's bytes from the head's first one on. Nothing is written unless the head, its
// framing and its route are all in order, so nothing of a bad request can reach an endpoint.

import { applyForwarded, FORWARDED_TRUSTED } from "../edit/forwarded";
import { countHop, HOPS_TOO_LARGE, HOPS_USED_UP } from "../edit/max_forwards";
import { applyRequestEdits } from "../edit/request";
import {
  headMethodId,
  headVersion,
  METHOD_CONNECT,
  METHOD_OPTIONS,
  METHOD_OTHER,
  METHOD_PATCH,
  METHOD_POST,
  setHeadScheme,
} from "../head/head";
import { NO_VALUE } from "../route/layout";
import { isMisdirected } from "../route/match";
import { pickAnotherEndpoint, pickEndpoint } from "../balance/pick";
import { BODY_CHUNKED, bodyLimit } from "../http1/body";
import {
  isPersistent,
  OPTION_TE_TRAILERS,
  OPTION_UPGRADE,
  takeHopByHop,
} from "../http1/connection";
import { ERROR_HEAD_TOO_LARGE, ERROR_NO_SPACE } from "../http1/errors";
import { requestBody } from "../http1/framing";
import { readRequestHead } from "../http1/read_head";
import { EXPECTS_CONTINUE, judgeRequestFields } from "../http1/request_rules";
import {
  wireSizeBound,
  WRITE_TE_TRAILERS,
  WRITE_UPGRADE,
  writeRequestHead,
} from "../http1/write_head";
import {
  acquirePlan,
  P_BACKEND_MS,
  P_ENDPOINT,
  P_ENDPOINT_NUMBER,
  P_LABEL,
  P_MATCH,
  P_REQUEST_MS,
  P_SERVICE,
  P_STATUS,
} from "../route/plan";
import {
  OUTCOME_BAD_HOST,
  OUTCOME_BAD_TARGET,
  OUTCOME_FORWARD,
  OUTCOME_MISDIRECTED,
  OUTCOME_OVERLOAD,
  OUTCOME_PREFLIGHT,
  OUTCOME_REDIRECT,
  OUTCOME_TOO_LARGE,
  routeRequest,
} from "../route/stations";
import { retryOf } from "../route/table";
import { buildRedirect } from "../edit/redirect";
import {
  bodyOf,
  MARK_PERSISTENT,
  MARK_UPGRADE,
  peerLen,
  peerOff,
  planOf,
  REQUEST,
  requestIdLen,
  requestIdOff,
  schemeIdIn,
  serverNameOf,
  setMarks,
  setPlan,
  setRequestLine,
  setStep,
  STEP,
  STEP_BACKEND_MS,
  STEP_ENDPOINT,
  STEP_ENDPOINT_NUMBER,
  STEP_FLAGS,
  STEP_LABEL,
  STEP_METHOD,
  STEP_NEEDED,
  STEP_REQUEST_MS,
  STEP_RETRY,
  STEP_SERVICE,
  STEP_TAKEN,
  TRUST_NONE,
  trustIn,
} from "./block";
import { bodyFlags, FRAMING_ROOM, joinBody } from "./body_step";
import {
  FLAG_EXPECT,
  FLAG_IDEMPOTENT,
  FLAG_PERSISTENT,
  FLAG_UNKNOWN_LENGTH,
  FLAG_UPGRADE,
} from "./flags";
import { dropPartial, headInHand, keepPartial } from "./partial";
import { settleRequestId } from "./request_id";
import { keepForwardedFor, keepRequestText } from "./request_text";
import { freshRequestHead, LIMITS, maxBodyBytes } from "./settings";

/** The head is not whole: call again with more bytes after the same ones. */
export const REQUEST_MORE: i32 = 0;
/** OUTCOME_* plus this: what became of a head that is in order. */
export const REQUEST_DECIDED: i32 = 1;

let writeFlags: i32 = 0;
let pendingHead: usize = 0;
let pendingTaken: u32 = 0;

function tellRequest(head: usize): void {
  setStep(STEP_METHOD, headMethodId(head));
  setStep(STEP_LABEL, NO_VALUE);
  setStep(STEP_SERVICE, NO_VALUE);
}

/** RFC 9110 section 9.2.2; an unknown method is not known to be idempotent. */
function isIdempotent(methodId: u8): bool {
  return methodId != METHOD_OTHER && methodId != METHOD_POST && methodId != METHOD_PATCH &&
    methodId != METHOD_CONNECT;
}

function tellPlan(plan: usize): void {
  setStep(STEP_LABEL, load<u32>(plan, P_LABEL));
  setStep(STEP_SERVICE, load<u32>(plan, P_SERVICE));
  setStep(STEP_REQUEST_MS, load<u32>(plan, P_REQUEST_MS));
  setStep(STEP_BACKEND_MS, load<u32>(plan, P_BACKEND_MS));
  setStep(STEP_ENDPOINT, load<u32>(plan, P_ENDPOINT));
  setStep(STEP_ENDPOINT_NUMBER, load<u32>(plan, P_ENDPOINT_NUMBER));
}

/** Reads connection options, framing and limits of a whole head: 0 or an ERROR_*. */
function settleMessage(x: usize, head: usize): i32 {
  const options = takeHopByHop(head);
  if (options < 0) return options;
  const body = bodyOf(x, REQUEST);
  const kind = requestBody(head, body);
  if (kind < 0) return kind;
  const judged = judgeRequestFields(head, body);
  if (judged < 0) return judged;
  const tooLarge = bodyLimit(body, maxBodyBytes());
  if (tooLarge < 0) return tooLarge;
  let marks: u32 = 0;
  let flags: u32 = 0;
  writeFlags = 0;
  if (isPersistent(head, options)) {
    marks |= MARK_PERSISTENT;
    flags |= FLAG_PERSISTENT;
  }
  if ((options & OPTION_UPGRADE) != 0) {
    marks |= MARK_UPGRADE;
    flags |= FLAG_UPGRADE;
    writeFlags |= WRITE_UPGRADE;
  }
  if ((options & OPTION_TE_TRAILERS) != 0) writeFlags |= WRITE_TE_TRAILERS;
  if (isIdempotent(headMethodId(head))) flags |= FLAG_IDEMPOTENT;
  if (judged == EXPECTS_CONTINUE) flags |= FLAG_EXPECT;
  if (kind == BODY_CHUNKED) flags |= FLAG_UNKNOWN_LENGTH;
  setMarks(x, marks);
  setStep(STEP_FLAGS, flags | bodyFlags(body));
  return 0;
}

/** Whether a request under TLS asks for a host of another listener than its connection was made to. */
function isElsewhere(x: usize, portGroup: u32, outcome: u32): bool {
  if (
    outcome == OUTCOME_BAD_HOST || outcome == OUTCOME_BAD_TARGET || outcome == OUTCOME_TOO_LARGE
  ) return false;
  const name = serverNameOf(x);
  return isMisdirected(portGroup, name + 4, load<u32>(name));
}

/** Routes, picks and edits: an OUTCOME_*. */
function decide(
  x: usize,
  head: usize,
  keyLo: u32,
  keyHi: u32,
  rand32: u32,
  portGroup: u32,
): u32 {
  const plan = acquirePlan();
  if (plan == 0) return OUTCOME_OVERLOAD;
  setPlan(x, plan);
  settleRequestId(x, head);
  const outcome = routeRequest(head, portGroup, plan, rand32);
  if (serverNameOf(x) != 0 && isElsewhere(x, portGroup, outcome)) {
    store<u32>(plan, NO_VALUE, P_LABEL);
    store<u32>(plan, NO_VALUE, P_SERVICE);
    return OUTCOME_MISDIRECTED;
  }
  if (outcome == OUTCOME_REDIRECT) return buildRedirect(head, plan);
  // The host answers both with the plan's status and edits; only a redirect has a Location.
  if (outcome == OUTCOME_PREFLIGHT) return OUTCOME_REDIRECT;
  if (outcome != OUTCOME_FORWARD) return outcome;
  const hops = countHop(head);
  if (hops == HOPS_TOO_LARGE) return OUTCOME_TOO_LARGE;
  if (hops == HOPS_USED_UP) return answerAsLast(head, plan);
  const picked = pickEndpoint(plan, keyLo, keyHi);
  if (picked != OUTCOME_FORWARD) return picked;
  const told = tellNextHop(x, head);
  return told == OUTCOME_FORWARD ? applyRequestEdits(head, plan) : told;
}

/** Max-Forwards is used up: OPTIONS is answered here (RFC 9110 section 9.3.7), TRACE is not offered. */
function answerAsLast(head: usize, plan: usize): u32 {
  store<u32>(plan, headMethodId(head) == METHOD_OPTIONS ? 200 : 501, P_STATUS);
  return OUTCOME_REDIRECT;
}

/** X-Forwarded-* and x-request-id. */
function tellNextHop(x: usize, head: usize): u32 {
  const trusted = trustIn(x) != TRUST_NONE;
  const outcome = applyForwarded(
    head,
    peerOff(x),
    peerLen(x),
    requestIdOff(x),
    requestIdLen(x),
    trusted ? FORWARDED_TRUSTED : 0,
  );
  if (trusted) keepForwardedFor(x, head);
  return outcome;
}

/**
 * The client's next bytes. Gives REQUEST_MORE, an ERROR_* (answer errorStatus and close), or
 * REQUEST_DECIDED + OUTCOME_*. With OUTCOME_FORWARD the endpoint's bytes are at STEP_OUT: the head and
 * as much of the body as came with it, in `out` or where the body lies (`room` bytes before `buf`,
 * and the head itself, may be overwritten for that); ERROR_NO_SPACE then asks for requestWrite with
 * STEP_NEEDED bytes. `portGroup` is the binding's, `key*` and `rand32` as in pickEndpoint and routeRequest.
 */
export function requestStep(
  x: usize,
  buf: usize,
  len: u32,
  room: u32,
  out: usize,
  capacity: u32,
  keyLo: u32,
  keyHi: u32,
  rand32: u32,
  portGroup: u32,
): i32 {
  const head = headInHand(x, REQUEST, freshRequestHead());
  const taken = readRequestHead(head, buf, len, LIMITS);
  if (taken == 0) return keepPartial(x, REQUEST, head);
  if (taken < 0) {
    dropPartial(x, REQUEST);
    return taken;
  }
  setRequestLine(x, headMethodId(head), headVersion(head));
  setHeadScheme(head, schemeIdIn(x));
  tellRequest(head);
  keepRequestText(x, head);
  setStep(STEP_TAKEN, <u32> taken);
  const error = settleMessage(x, head);
  if (error < 0) {
    dropPartial(x, REQUEST);
    return error;
  }
  const outcome = decide(x, head, keyLo, keyHi, rand32, portGroup);
  if (planOf(x) != 0) tellPlan(planOf(x));
  setStep(STEP_RETRY, 0);
  if (outcome != OUTCOME_FORWARD) {
    dropPartial(x, REQUEST);
    return REQUEST_DECIDED + <i32> outcome;
  }
  setStep(STEP_RETRY, <u32> retryOf(load<u32>(planOf(x), P_MATCH)));
  pendingHead = head;
  pendingTaken = <u32> taken;
  return requestWrite(x, buf, len, room, out, capacity);
}

/** Writes what the last requestStep decided; for a second try with more room, at once after it. */
export function requestWrite(
  x: usize,
  buf: usize,
  len: u32,
  room: u32,
  out: usize,
  capacity: u32,
): i32 {
  const body = bodyOf(x, REQUEST);
  const rest = len - pendingTaken;
  const needed = wireSizeBound(pendingHead) + FRAMING_ROOM;
  setStep(STEP_NEEDED, needed);
  if (needed > capacity) return ERROR_NO_SPACE;
  const written = writeRequestHead(pendingHead, body, out, capacity, writeFlags);
  dropPartial(x, REQUEST);
  if (written < 0) return written;
  const start = buf + <usize> pendingTaken;
  const used = joinBody(x, REQUEST, start, rest, buf - room, out, <u32> written, capacity);
  if (used < 0) return used;
  setStep(STEP_TAKEN, pendingTaken + <u32> used);
  setStep(STEP_FLAGS, load<u32>(STEP + STEP_FLAGS) | bodyFlags(body));
  return REQUEST_DECIDED + <i32> OUTCOME_FORWARD;
}

/** Picks again for a retry, another endpoint where there is one: REQUEST_DECIDED + OUTCOME_*. */
export function requestPickAgain(x: usize, keyLo: u32, keyHi: u32): i32 {
  const plan = planOf(x);
  if (plan == 0) return REQUEST_DECIDED + <i32> OUTCOME_BAD_TARGET;
  const outcome = pickAnotherEndpoint(plan, keyLo, keyHi);
  tellPlan(plan);
  return REQUEST_DECIDED + <i32> outcome;
}
