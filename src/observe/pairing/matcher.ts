// Decides which response answers which request on one connection, from records in kernel order.
// Takes a flow and one segment at a time; gives exchanges through `emit`. Pure over its flow: no
// clock of its own, no table. Never emits a pairing that the evidence at hand could contradict.
//
// The rule: a response pairs with a request if and only if
//   request.ack <= response.seq < the next request's ack, and
//   response.ack >= request.seq + request.payloadLength.
// Where requests share an ack (pipelining) the ends of the messages, as their heads state them,
// tell which is which; where an end is not known, or records were lost, only what can be proven is
// paired and the rest is unknown.

import type { Flow, PendingRequest } from "./flow.ts";
import { advance, distance } from "./sequence.ts";
import type {
  EndSegment,
  Exchange,
  PairingCounts,
  PairingLimits,
  RequestSegment,
  ResponseSegment,
  UnknownReason,
} from "./types.ts";

/** Further back or ahead than this, a sequence number belongs to another connection. */
const REUSE_BACK_BYTES = 1 << 20;
const REUSE_AHEAD_BYTES = 1 << 30;

export interface MatcherContext {
  readonly limits: PairingLimits;
  readonly counts: PairingCounts;
  emit(exchange: Exchange): void;
}

function requestEndOf(segment: RequestSegment): number | null {
  const { headLength, bodyLength } = segment.head;
  if (headLength === null || bodyLength === null) return null;
  return advance(segment.seq, headLength + bodyLength);
}

/** RFC 9112 section 6.3: these have no body, whatever their fields say. */
function responseEndOf(segment: ResponseSegment, method: string | null): number | null {
  const { status, headLength, bodyLength } = segment.head;
  if (headLength === null) return null;
  const hasNoBody = status < 200 || status === 204 || status === 304 || method === "HEAD";
  if (hasNoBody) return advance(segment.seq, headLength);
  if (bodyLength === null || method === null) return null;
  return advance(segment.seq, headLength + bodyLength);
}

function startsOver(seq: number, lastSeq: number): boolean {
  const moved = distance(seq, lastSeq);
  return moved < -REUSE_BACK_BYTES || moved > REUSE_AHEAD_BYTES;
}

function unknown(
  context: MatcherContext,
  flow: Flow,
  reason: UnknownReason,
  request: RequestSegment | null,
  response: ResponseSegment | null = null,
): void {
  context.emit({ outcome: "unknown", reason, flow: flow.words, request, response });
}

/** Gives up a request that awaits its response. */
function giveUp(
  context: MatcherContext,
  flow: Flow,
  request: PendingRequest,
  reason: UnknownReason,
): void {
  if (request.isProvisional) context.counts.ambiguous++;
  else unknown(context, flow, reason, request.segment);
}

/** Says of a deferred pairing what it has come to. */
export function settle(context: MatcherContext, flow: Flow, isProven: boolean): void {
  const deferred = flow.deferred;
  if (!deferred) return;
  flow.deferred = null;
  const isUndisputed = !deferred.needsProof && flow.lostSinceRequest === 0;
  if (isProven || isUndisputed) {
    context.emit(deferred.exchange);
    if (deferred.needsProof) flow.unseenRequests = 0;
  } else {
    const { request, response } = deferred.exchange;
    unknown(context, flow, "evidence_missing", request, response);
  }
}

/** Ends everything that is open on a connection, which may then be used anew. */
export function abandon(context: MatcherContext, flow: Flow, reason: UnknownReason): void {
  settle(context, flow, false);
  for (const request of flow.pending) giveUp(context, flow, request, reason);
  flow.pending.length = 0;
  flow.lastRequest = null;
  flow.requestEnd = null;
  flow.lastResponse = null;
  flow.answered = null;
  flow.responseEnd = null;
  flow.lostSinceRequest = 0;
  flow.unseenRequests = 0;
  flow.clientFin = false;
  flow.serverFin = false;
}

/** Notes that `count` records of this connection never came. */
export function noteLost(context: MatcherContext, flow: Flow, count: number): void {
  context.counts.lost += count;
  flow.lostSinceRequest += count;
}

/** A segment that begins with a request line. */
export function matchRequest(context: MatcherContext, flow: Flow, segment: RequestSegment): void {
  const last = flow.lastRequest;
  if (last && startsOver(segment.seq, last.seq)) {
    context.counts.tupleReuses++;
    abandon(context, flow, "closed");
  } else if (last && distance(segment.seq, last.seq) <= 0) {
    context.counts.retransmissions++;
    return;
  } else if (flow.requestEnd !== null && distance(segment.seq, flow.requestEnd) < 0) {
    context.counts.insideBody++;
    return;
  }
  const isAfterVagueBody = flow.lastRequest !== null && flow.requestEnd === null;
  if (isAfterVagueBody && couldBeBody(flow, segment)) {
    context.counts.ambiguous++;
    return;
  }
  const previous = segment.seq === flow.requestEnd ? flow.lastRequest : null;
  closeWindowsBefore(context, flow, segment, previous !== null);
  if (previous === null) {
    const atLeast = flow.requestEnd === null ? 0 : 1;
    flow.unseenRequests += Math.max(atLeast, flow.lostSinceRequest);
  }
  flow.lostSinceRequest = 0;
  flow.pending.push({
    segment,
    isFirst: flow.pending.length === 0,
    previous,
    isProvisional: isAfterVagueBody,
    afterInterim: null,
    hasVagueInterim: false,
  });
  flow.lastRequest = segment;
  // What may be part of a body says nothing about where a request ends.
  flow.requestEnd = isAfterVagueBody ? null : requestEndOf(segment);
  const payloadEnd = advance(segment.seq, segment.payloadLength);
  if (flow.requestEnd !== null && distance(payloadEnd, flow.requestEnd) > 0) {
    flow.requestEnd = null;
    flow.unseenRequests = Infinity;
  }
  if (flow.pending.length > context.limits.maxPending) {
    const oldest = flow.pending.shift();
    if (oldest) giveUp(context, flow, oldest, "evicted");
    flow.unseenRequests = Infinity;
  }
}

/** The client may still be sending the body of its last request: it has not been answered. */
function couldBeBody(flow: Flow, segment: RequestSegment): boolean {
  const last = flow.pending.at(-1);
  if (!last || last.isProvisional || last.segment !== flow.lastRequest) return false;
  return distance(segment.ack, last.afterInterim ?? last.segment.ack) <= 0;
}

/** The first byte at which the final response of the oldest request can begin. */
function earliestStart(flow: Flow, request: PendingRequest): number {
  if (request.afterInterim !== null) return request.afterInterim;
  const { ack } = request.segment;
  if (flow.responseEnd === null || !followsAnswered(flow, request)) return ack;
  return distance(flow.responseEnd, ack) > 0 ? flow.responseEnd : ack;
}

function followsAnswered(flow: Flow, request: PendingRequest): boolean {
  return request.previous !== null && request.previous === flow.answered;
}

/** The client has acknowledged bytes past an older request's ack: its response began unseen. */
function closeWindowsBefore(
  context: MatcherContext,
  flow: Flow,
  segment: RequestSegment,
  isContiguous: boolean,
): void {
  const end = flow.deferred?.responseEnd ?? null;
  const isNext = isContiguous && flow.lostSinceRequest === 0;
  settle(context, flow, isNext && end !== null && segment.ack === end);
  while (flow.pending.length > 0) {
    const oldest = flow.pending[0];
    if (distance(segment.ack, earliestStart(flow, oldest)) <= 0) return;
    giveUp(context, flow, oldest, "response_not_seen");
    flow.pending.shift();
  }
}

/** A segment that begins with `HTTP/1.`. */
export function matchResponse(
  context: MatcherContext,
  flow: Flow,
  segment: ResponseSegment,
): void {
  const last = flow.lastResponse;
  if (last && startsOver(segment.seq, last.seq)) {
    context.counts.tupleReuses++;
    abandon(context, flow, "closed");
  } else if (last && distance(segment.seq, last.seq) <= 0) {
    context.counts.retransmissions++;
    return;
  } else if (flow.responseEnd !== null && distance(segment.seq, flow.responseEnd) < 0) {
    context.counts.insideBody++;
    return;
  }
  settleBeforeResponse(context, flow, segment);
  dropClosedWindows(context, flow, segment);
  const request = flow.pending.at(0);
  if (!request || !isInWindow(request, segment)) {
    matchUnseen(context, flow, segment);
    return;
  }
  const isSole = flow.pending.length === 1 && flow.lostSinceRequest === 0;
  if (request.isProvisional && !isSole) {
    matchProvisional(context, flow, segment);
    return;
  }
  const isAtStart = request.afterInterim !== null
    ? segment.seq === request.afterInterim
    : segment.seq === request.segment.ack && request.isFirst;
  const isChained = flow.responseEnd !== null && segment.seq === flow.responseEnd &&
    followsAnswered(flow, request) && request.afterInterim === null;
  const isCertain = !request.hasVagueInterim && (isAtStart || isChained);
  if (isCertain) confirmRequest(flow, request);
  if (segment.head.status < 200 && segment.head.status !== 101) {
    noteInterim(context, flow, request, segment, isCertain);
    return;
  }
  flow.pending.shift();
  if (isCertain) pair(context, flow, request, segment);
  else if (request.isProvisional) context.counts.ambiguous++;
  else unknown(context, flow, "evidence_missing", request.segment, segment);
  noteResponse(context, flow, segment, isCertain ? request.segment : null);
  if (isCertain && becomesOpaque(request, segment)) {
    settle(context, flow, true);
    for (const later of flow.pending) giveUp(context, flow, later, "opaque");
    flow.pending.length = 0;
    flow.isOpaque = true;
    context.counts.opaqueFlows++;
  }
}

/** A response to it makes a request of what could have been part of a body. */
function confirmRequest(flow: Flow, request: PendingRequest): void {
  if (!request.isProvisional) return;
  request.isProvisional = false;
  if (flow.lastRequest === request.segment) flow.requestEnd = requestEndOf(request.segment);
}

/** One of several segments is the request that this answers, the others are parts of bodies. */
function matchProvisional(context: MatcherContext, flow: Flow, segment: ResponseSegment): void {
  while (flow.pending.length > 0 && isInWindow(flow.pending[0], segment)) {
    flow.pending.shift();
    context.counts.ambiguous++;
  }
  unknown(context, flow, "evidence_missing", null, segment);
  noteResponse(context, flow, segment, null);
}

function becomesOpaque(request: PendingRequest, segment: ResponseSegment): boolean {
  const { status } = segment.head;
  const isTunnel = request.segment.head.method === "CONNECT" && status >= 200 && status < 300;
  return status === 101 || isTunnel;
}

function isInWindow(request: PendingRequest, segment: ResponseSegment): boolean {
  const sent = advance(request.segment.seq, request.segment.payloadLength);
  return distance(segment.seq, request.segment.ack) >= 0 && distance(segment.ack, sent) >= 0;
}

/** A later request acknowledged bytes up to this response: the ones before it are answered. */
function dropClosedWindows(context: MatcherContext, flow: Flow, segment: ResponseSegment): void {
  while (flow.pending.length > 1) {
    const [oldest, next] = flow.pending;
    const windowMoved = distance(next.segment.ack, earliestStart(flow, oldest)) > 0;
    if (!windowMoved || distance(segment.seq, next.segment.ack) < 0) return;
    giveUp(context, flow, oldest, "response_not_seen");
    flow.pending.shift();
  }
}

/** A response that answers none of the requests that were seen. */
function matchUnseen(context: MatcherContext, flow: Flow, segment: ResponseSegment): void {
  const missing = flow.unseenRequests + flow.lostSinceRequest;
  const isAtEnd = flow.responseEnd === null
    ? flow.lastResponse === null
    : segment.seq === flow.responseEnd;
  if (missing === 0 || !isAtEnd) {
    context.counts.ambiguous++;
    return;
  }
  if (segment.head.status >= 200) {
    unknown(context, flow, "request_not_seen", null, segment);
    if (flow.lostSinceRequest > 0) flow.lostSinceRequest--;
    else flow.unseenRequests--;
  }
  noteResponse(context, flow, segment, null);
}

/**
 * A second response before the next request. Where it begins at the first one's end and a request
 * awaits it, both are what they seem; otherwise one of the two is not.
 */
function settleBeforeResponse(
  context: MatcherContext,
  flow: Flow,
  segment: ResponseSegment,
): void {
  const deferred = flow.deferred;
  if (!deferred) return;
  const isNext = deferred.responseEnd === segment.seq && flow.pending.length > 0;
  if (isNext && !deferred.needsProof) {
    settle(context, flow, true);
    return;
  }
  flow.deferred = null;
  const { request, response } = deferred.exchange;
  unknown(context, flow, "evidence_missing", request, response);
}

function noteInterim(
  context: MatcherContext,
  flow: Flow,
  request: PendingRequest,
  segment: ResponseSegment,
  isCertain: boolean,
): void {
  const end = responseEndOf(segment, request.segment.head.method);
  if (isCertain && end !== null) request.afterInterim = end;
  else request.hasVagueInterim = true;
  noteResponse(context, flow, segment, isCertain ? request.segment : null);
  flow.answered = null;
}

function pair(
  context: MatcherContext,
  flow: Flow,
  request: PendingRequest,
  response: ResponseSegment,
): void {
  const exchange: Exchange = {
    outcome: "known",
    flow: flow.words,
    request: request.segment,
    response,
    latencyUs: response.tsUs - request.segment.tsUs,
  };
  const needsProof = flow.unseenRequests > 0;
  const followsVagueEnd = flow.lastResponse !== null && flow.responseEnd === null &&
    request.afterInterim === null;
  if (!needsProof && !followsVagueEnd) {
    context.emit(exchange);
    return;
  }
  flow.deferred = {
    exchange,
    responseEnd: responseEndOf(response, request.segment.head.method),
    needsProof,
    deadlineUs: response.tsUs + context.limits.confirmUs,
  };
}

/** Remembers a response and finds the one that may hide behind it in the same segment. */
function noteResponse(
  context: MatcherContext,
  flow: Flow,
  segment: ResponseSegment,
  request: RequestSegment | null,
): void {
  flow.lastResponse = segment;
  flow.answered = request;
  flow.responseEnd = responseEndOf(segment, request ? request.head.method : null);
  if (flow.responseEnd === null) return;
  const payloadEnd = advance(segment.seq, segment.payloadLength);
  if (distance(payloadEnd, flow.responseEnd) <= 0) return;
  flow.responseEnd = null;
  flow.answered = null;
  const hidden = flow.pending.shift();
  if (hidden) giveUp(context, flow, hidden, "response_not_seen");
  else if (flow.unseenRequests > 0) flow.unseenRequests--;
}

/** A FIN or RST; true when the connection is over and can be forgotten. */
export function matchEnd(
  context: MatcherContext,
  flow: Flow,
  fromClient: boolean,
  segment: EndSegment,
): boolean {
  if (flow.deferred) {
    const { responseEnd } = flow.deferred;
    const at = fromClient ? segment.ack : advance(segment.seq, segment.payloadLength);
    const reached = responseEnd !== null && distance(at, responseEnd);
    settle(context, flow, flow.lostSinceRequest === 0 && (reached === 0 || reached === 1));
  }
  if (segment.kind === "rst") {
    abandon(context, flow, "reset");
    context.counts.flowsReset++;
    return true;
  }
  if (fromClient) {
    flow.clientFin = true;
  } else {
    flow.serverFin = true;
    for (const request of flow.pending) giveUp(context, flow, request, "closed");
    flow.pending.length = 0;
  }
  if (!flow.clientFin || !flow.serverFin) return false;
  abandon(context, flow, "closed");
  context.counts.flowsClosed++;
  return true;
}
