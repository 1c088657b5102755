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

import { untangle } from "./calm.ts";
import type { DeferredPair, Flow, PendingRequest } from "./flow.ts";
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

/**
 * After so many requests, each sent once the response before was whole, a client is taken for one
 * that does not pipeline; only then can pairing resume after the loss of a request.
 */
const SEQUENTIAL_REQUESTS = 4;

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

/** Gives up every request that awaits its response. */
function giveUpPending(context: MatcherContext, flow: Flow, reason: UnknownReason): void {
  for (const request of flow.pending) {
    if (request.isDoubtful) context.counts.ambiguous++;
    else unknown(context, flow, reason, request.segment);
  }
  flow.pending.length = 0;
}

/** Of a doubtful request nothing is told: both may be part of a body. */
function doubt(context: MatcherContext, flow: Flow, deferred: DeferredPair): void {
  const { request, response } = deferred.exchange;
  if (deferred.isDoubtful) context.counts.ambiguous++;
  else unknown(context, flow, "evidence_missing", request, response);
  flow.owesResponse ||= deferred.needsProof;
}

/** Says of a deferred pairing what it has come to. */
export function settle(context: MatcherContext, flow: Flow, isProven: boolean): void {
  const deferred = flow.deferred;
  if (!deferred) return;
  flow.deferred = null;
  const isTrusted = isProven && flow.sequentialCount >= SEQUENTIAL_REQUESTS;
  const isUndisputed = !deferred.needsProof && flow.lostSinceRequest === 0;
  if (isTrusted || isUndisputed) {
    context.emit(deferred.exchange);
    if (deferred.needsProof) {
      flow.unseenRequests = 0;
      flow.owesResponse = false;
    }
  } else {
    doubt(context, flow, deferred);
  }
}

/** From here on nothing can be proven on this connection; the oldest request may still be. */
function tangleBehindFirst(context: MatcherContext, flow: Flow): void {
  if (flow.pending.length === 1 && flow.pending[0].isFirst) flow.isTangled = true;
  else tangle(context, flow);
}

/** From here on nothing can be proven on this connection, until it has calmed down. */
function tangle(context: MatcherContext, flow: Flow): void {
  flow.isTangled = true;
  flow.calmRequests = 0;
  const deferred = flow.deferred;
  flow.deferred = null;
  if (deferred) doubt(context, flow, deferred);
  giveUpPending(context, flow, "evidence_missing");
}

/** Ends everything that is open on a connection, which may then be used anew. */
export function abandon(context: MatcherContext, flow: Flow, reason: UnknownReason): void {
  settle(context, flow, false);
  giveUpPending(context, flow, reason);
  flow.lastRequest = null;
  flow.requestEnd = null;
  flow.lastResponse = null;
  flow.answered = null;
  flow.responseEnd = null;
  flow.lostSinceRequest = 0;
  flow.unseenRequests = 0;
  flow.followsUnseen = false;
  flow.clientFin = false;
  flow.serverFin = false;
  flow.sequentialCount = 0;
  flow.pipelines = false;
  flow.isTangled = false;
  flow.calmRequests = 0;
  flow.owesResponse = false;
}

/** Notes that `count` records of this connection never came. */
export function noteLost(context: MatcherContext, flow: Flow, count: number): void {
  context.counts.lost += count;
  flow.lostSinceRequest += count;
  if (flow.pipelines && !flow.isTangled) tangle(context, flow);
}

/**
 * Whether a segment repeats what was seen, or lies inside the message that ends at `end`. One that
 * can't belong to this connection begins another in its place.
 */
function isNothingNew(
  context: MatcherContext,
  flow: Flow,
  seq: number,
  last: RequestSegment | ResponseSegment | null,
  end: number | null,
): boolean {
  if (last && startsOver(seq, last.seq)) {
    context.counts.tupleReuses++;
    abandon(context, flow, "closed");
    return false;
  }
  if (last && distance(seq, last.seq) <= 0) {
    context.counts.retransmissions++;
    return true;
  }
  if (end === null || distance(seq, end) >= 0) return false;
  context.counts.insideBody++;
  return true;
}

/** A segment that begins with a request line. */
export function matchRequest(context: MatcherContext, flow: Flow, segment: RequestSegment): void {
  if (isNothingNew(context, flow, segment.seq, flow.lastRequest, flow.requestEnd)) return;
  if (couldBeBody(flow)) {
    context.counts.ambiguous++;
    if (flow.isTangled || flow.sequentialCount >= SEQUENTIAL_REQUESTS) return;
    // Should it be a request after all, its response is still to come.
    flow.unseenRequests++;
    flow.sequentialCount >>= 1;
    if (flow.pipelines) tangle(context, flow);
    return;
  }
  if (flow.isTangled) untangle(flow, segment);
  const previous = segment.seq === flow.requestEnd ? flow.lastRequest : null;
  const isDoubtful = previous === null && mayFollowUnseen(flow, segment);
  settleByRequest(context, flow, segment, previous);
  notePipelining(context, flow, segment, previous);
  flow.lastRequest = segment;
  flow.requestEnd = requestEndOf(segment);
  flow.lostSinceRequest = 0;
  flow.followsUnseen = false;
  const isFollowed = flow.requestEnd !== null &&
    distance(advance(segment.seq, segment.payloadLength), flow.requestEnd) > 0;
  if (isFollowed) {
    // Another request begins within this segment, and who knows how many more.
    flow.requestEnd = null;
    flow.pipelines = true;
  }
  if (isDoubtful && flow.requestEnd === null) {
    context.counts.ambiguous++;
    tangle(context, flow);
    return;
  }
  if (flow.isTangled) {
    if (isDoubtful) context.counts.ambiguous++;
    else unknown(context, flow, "evidence_missing", segment);
    return;
  }
  flow.pending.push({
    segment,
    isFirst: flow.pending.length === 0,
    followsUnseen: flow.unseenRequests > 0,
    previous,
    isDoubtful,
    afterInterim: null,
    hasVagueInterim: false,
  });
  if (isFollowed || flow.pending.length > context.limits.maxPending) {
    tangleBehindFirst(context, flow);
  }
}

/**
 * After a head that does not state its body's length, a segment of that body may begin like a
 * request. It is taken for a request only once the one before it has been answered.
 */
function couldBeBody(flow: Flow): boolean {
  if (flow.lastRequest === null || flow.requestEnd !== null) return false;
  return flow.isTangled || flow.lostSinceRequest > 0 || flow.pending.length > 0;
}

/** Whether another request may lie between the last one that was seen and this segment. */
function mayFollowUnseen(flow: Flow, segment: RequestSegment): boolean {
  if (flow.followsUnseen || flow.lostSinceRequest > 0 || flow.requestEnd !== null) return true;
  if (flow.lastRequest === null) return false;
  const isAllAnswered = flow.lastResponse !== null && segment.seq === flow.lastResponse.ack;
  return !isAllAnswered || flow.sequentialCount < SEQUENTIAL_REQUESTS;
}

/** A new request settles the deferred pairing and closes the windows of those before it. */
function settleByRequest(
  context: MatcherContext,
  flow: Flow,
  segment: RequestSegment,
  previous: RequestSegment | null,
): void {
  settle(context, flow, previous !== null && isProvenBy(flow, segment.seq, segment.ack));
  if (flow.isTangled || flow.pipelines) return;
  const [oldest] = flow.pending;
  if (!oldest || distance(segment.ack, oldest.afterInterim ?? oldest.segment.ack) <= 0) return;
  // The client has received bytes of a response of which the beginning was not seen: it was lost,
  // or the bytes belong to an older response, after which this one is still to come.
  if (flow.lostSinceRequest === 0) flow.pipelines = true;
  else {
    if (flow.sequentialCount < SEQUENTIAL_REQUESTS) {
      flow.unseenRequests++;
      flow.owesResponse = true;
    }
    giveUpPending(context, flow, "response_not_seen");
  }
}

/** The client goes on exactly where the deferred request and its response end. */
function isProvenBy(flow: Flow, clientSeq: number, serverSeq: number): boolean {
  return flow.lostSinceRequest === 0 && clientSeq === flow.deferred?.requestEnd &&
    serverSeq === flow.deferred.responseEnd;
}

/** Requests that overlap are told apart only while the ends of all messages are known. */
function notePipelining(
  context: MatcherContext,
  flow: Flow,
  segment: RequestSegment,
  previous: RequestSegment | null,
): void {
  const { lastRequest, lastResponse, responseEnd } = flow;
  const isMidResponse = lastResponse !== null &&
    distance(segment.ack, responseEnd ?? advance(lastResponse.seq, lastResponse.payloadLength)) < 0;
  if (flow.pending.length > 0 || isMidResponse) flow.pipelines = true;
  else if (previous !== null || lastResponse?.ack === segment.seq) flow.sequentialCount++;
  if (lastRequest !== null && previous === null) {
    const atLeast = flow.requestEnd === null ? 0 : 1;
    flow.unseenRequests += Math.max(atLeast, flow.lostSinceRequest);
  } else if (lastRequest === null) {
    flow.unseenRequests += flow.lostSinceRequest;
  }
  if (!flow.pipelines || flow.isTangled) return;
  const isVague = lastRequest !== null && previous === null;
  const endsUnknown = lastResponse !== null && responseEnd === null;
  if (isVague || endsUnknown || flow.unseenRequests > 0) tangle(context, flow);
}

/** A segment that begins with `HTTP/1.`. */
export function matchResponse(
  context: MatcherContext,
  flow: Flow,
  segment: ResponseSegment,
): void {
  if (isNothingNew(context, flow, segment.seq, flow.lastResponse, flow.responseEnd)) return;
  settleByResponse(context, flow, segment);
  if (flow.isTangled && flow.pending.length === 0) {
    context.counts.ambiguous++;
    // For calm alone: whose response it is does not matter.
    flow.lastResponse = segment;
    flow.responseEnd = responseEndOf(segment, flow.lastRequest?.head.method ?? null);
    return;
  }
  const request = flow.pending.at(0);
  if (!request || !isInWindow(request, segment)) {
    matchUnseen(context, flow, segment);
  } else if (!isCertain(flow, request, segment)) {
    matchUncertain(context, flow, segment);
  } else if (segment.head.status < 200 && segment.head.status !== 101) {
    noteInterim(context, flow, request, segment);
  } else {
    flow.pending.shift();
    pair(context, flow, request, segment);
    const isSure = flow.deferred === null || !flow.deferred.needsProof;
    noteResponse(context, flow, segment, isSure ? request.segment : null);
    if (becomesOpaque(request, segment)) {
      settle(context, flow, true);
      giveUpPending(context, flow, "opaque");
      flow.isOpaque = true;
      context.counts.opaqueFlows++;
    }
  }
}

function isInWindow(request: PendingRequest, segment: ResponseSegment): boolean {
  const sent = advance(request.segment.seq, request.segment.payloadLength);
  return distance(segment.seq, request.segment.ack) >= 0 && distance(segment.ack, sent) >= 0;
}

/** Whether nothing but the response to `request` can begin here. */
function isCertain(flow: Flow, request: PendingRequest, segment: ResponseSegment): boolean {
  if (request.hasVagueInterim) return false;
  if (request.afterInterim !== null) return segment.seq === request.afterInterim;
  if (segment.seq === request.segment.ack && request.isFirst) return true;
  return request.previous !== null && request.previous === flow.answered &&
    segment.seq === flow.responseEnd;
}

function becomesOpaque(request: PendingRequest, segment: ResponseSegment): boolean {
  const { status } = segment.head;
  const isTunnel = request.segment.head.method === "CONNECT" && status >= 200 && status < 300;
  return status === 101 || isTunnel;
}

/**
 * A second response before the next request. Where it begins at the first one's end and a request
 * awaits it, both are what they seem; otherwise one of the two is not.
 */
function settleByResponse(context: MatcherContext, flow: Flow, segment: ResponseSegment): void {
  const deferred = flow.deferred;
  if (!deferred) return;
  const isNext = deferred.responseEnd === segment.seq && flow.pending.length > 0;
  if (isNext && !deferred.needsProof) {
    settle(context, flow, true);
    return;
  }
  flow.deferred = null;
  doubt(context, flow, deferred);
}

/** A response that answers none of the requests that were seen. */
function matchUnseen(context: MatcherContext, flow: Flow, segment: ResponseSegment): void {
  const missing = flow.unseenRequests + flow.lostSinceRequest;
  const isAtEnd = flow.responseEnd === null
    ? flow.lastResponse === null
    : segment.seq === flow.responseEnd;
  if (missing === 0 || !isAtEnd || flow.pending.length > 0) {
    context.counts.ambiguous++;
    if (flow.pending.length > 0) tangle(context, flow);
    return;
  }
  if (segment.head.status >= 200) {
    // It may be the answer to a request that was given up with another response.
    if (flow.owesResponse) context.counts.ambiguous++;
    else unknown(context, flow, "request_not_seen", null, segment);
    flow.followsUnseen = true;
    if (flow.lostSinceRequest > 0) flow.lostSinceRequest--;
    else flow.unseenRequests--;
  }
  noteResponse(context, flow, segment, null);
}

/** It may answer the oldest request, or another one, or be part of a body. */
function matchUncertain(
  context: MatcherContext,
  flow: Flow,
  segment: ResponseSegment,
): void {
  if (flow.pipelines || flow.lostSinceRequest === 0) {
    context.counts.ambiguous++;
    tangle(context, flow);
    return;
  }
  giveUpPending(context, flow, "response_not_seen");
  flow.owesResponse = true;
  noteResponse(context, flow, segment, null);
}

function noteInterim(
  context: MatcherContext,
  flow: Flow,
  request: PendingRequest,
  segment: ResponseSegment,
): void {
  const end = responseEndOf(segment, request.segment.head.method);
  if (end === null) request.hasVagueInterim = true;
  else request.afterInterim = end;
  noteResponse(context, flow, segment, request.segment);
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
  const responseEnd = responseEndOf(response, request.segment.head.method);
  const payloadEnd = advance(response.seq, response.payloadLength);
  const runsOver = responseEnd !== null && distance(payloadEnd, responseEnd) > 0;
  if (runsOver && flow.pending.length === 0) {
    // Bytes behind its end that nobody asked for: not what it seems, or others were not seen.
    if (request.isDoubtful) context.counts.ambiguous++;
    else unknown(context, flow, "evidence_missing", request.segment, response);
    flow.isTangled = true;
    return;
  }
  const needsProof = request.followsUnseen;
  const followsKnownEnd = flow.lastResponse === null || response.seq === flow.responseEnd;
  if (!needsProof && !request.isDoubtful && followsKnownEnd) {
    context.emit(exchange);
    return;
  }
  flow.deferred = {
    exchange,
    requestEnd: requestEndOf(request.segment),
    responseEnd,
    needsProof: needsProof || request.isDoubtful,
    isDoubtful: request.isDoubtful,
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
  if (flow.responseEnd === null) {
    if (flow.pending.length > 0 && flow.pending[0].segment !== request) tangle(context, flow);
    return;
  }
  const payloadEnd = advance(segment.seq, segment.payloadLength);
  if (distance(payloadEnd, flow.responseEnd) <= 0) return;
  flow.responseEnd = null;
  flow.answered = null;
  const hidden = flow.pending.shift();
  if (hidden && !hidden.isDoubtful) {
    unknown(context, flow, "response_not_seen", hidden.segment);
    flow.owesResponse = true;
  }
  if (flow.pending.length > 0) tangle(context, flow);
}

/** A FIN or RST; true when the connection is over and can be forgotten. */
export function matchEnd(
  context: MatcherContext,
  flow: Flow,
  fromClient: boolean,
  segment: EndSegment,
): boolean {
  const { ack } = segment;
  const seq = advance(segment.seq, segment.payloadLength);
  settle(context, flow, fromClient ? isProvenBy(flow, seq, ack) : isProvenBy(flow, ack, seq));
  if (segment.kind === "rst") {
    abandon(context, flow, "reset");
    context.counts.flowsReset++;
    return true;
  }
  if (fromClient) {
    flow.clientFin = true;
  } else {
    flow.serverFin = true;
    giveUpPending(context, flow, "closed");
  }
  if (!flow.clientFin || !flow.serverFin) return false;
  abandon(context, flow, "closed");
  context.counts.flowsClosed++;
  return true;
}
