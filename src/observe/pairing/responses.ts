// Decides which request a segment that begins with `HTTP/1.` answers, on one connection, from records
// in kernel order. Takes a flow and one segment at a time; gives exchanges through the context. Pure
// over its flow: no clock, no table. Never emits a pairing that the evidence could contradict.
//
// The rule: a response pairs with a request if and only if
//   request.ack <= response.seq < the next request's ack, and
//   response.ack >= request.seq + request.payloadLength.
// Where requests share an ack (pipelining) the ends of the messages, as their heads state them,
// tell which is which; where an end is not known, or records were lost, only what can be proven is
// paired and the rest is unknown.

import {
  emitDoubtfulRequest,
  emitDoubtfulResponse,
  emitKnown,
  emitUnknown,
  type MatcherContext,
} from "./emitting.ts";
import { type Flow, NO_REQUEST, type PendingRequest } from "./flow.ts";
import { payloadEndOf, requestEndOf, responseEndOf } from "./message_ends.ts";
import { startsOver } from "./reuse.ts";
import { distance } from "./sequence.ts";
import { abandon, doubt, giveUpPending, SEQUENTIAL_REQUESTS, settle, tangle } from "./settling.ts";
import type { Exchange, ResponseSegment } from "./types.ts";

/** A segment that begins with `HTTP/1.`, and the responses behind it that were captured too. */
export function matchResponse(
  context: MatcherContext,
  flow: Flow,
  segment: ResponseSegment,
): void {
  matchOne(context, flow, segment);
  if (!segment.candidates) return;
  for (const candidate of segment.candidates) {
    if (candidate.seq !== flow.responseEnd || flow.isOpaque) continue;
    context.counts.coalesced++;
    matchOne(context, flow, candidate);
  }
}

function matchOne(context: MatcherContext, flow: Flow, segment: ResponseSegment): void {
  if (flow.hasResponse && isNothingNew(context, flow, segment)) return;
  settleByResponse(context, flow, segment);
  const request = flow.firstPending;
  if (flow.isTangled && !request) {
    emitDoubtfulResponse(context, flow, segment);
    if (segment.head.status === 101 && flow.requestMayUpgrade) {
      turnOpaque(context, flow);
      return;
    }
    // For calm alone: whose response it is does not matter.
    note(flow, segment);
    flow.responseEnd = responseEndOf(segment, flow.hasRequest ? flow.requestMethod : null);
    return;
  }
  if (!request || !isInWindow(request, segment)) {
    matchUnseen(context, flow, segment);
  } else if (!isCertain(flow, request, segment)) {
    matchUncertain(context, flow, segment);
  } else if (segment.head.status < 200 && segment.head.status !== 101) {
    noteInterim(context, flow, request, segment);
  } else {
    flow.takePending();
    pair(context, flow, request, segment);
    const isSure = flow.deferred === null || !flow.deferred.needsProof;
    if (isSure && request.serial === flow.requestSerial) noteNoUpgrade(flow, request);
    noteResponse(context, flow, segment, isSure ? request : null);
    if (becomesOpaque(request, segment)) turnOpaque(context, flow);
  }
}

/**
 * Whether a segment repeats what was seen, or lies inside the last response. One that can't belong to
 * this connection begins another in its place.
 */
function isNothingNew(context: MatcherContext, flow: Flow, segment: ResponseSegment): boolean {
  if (startsOver(segment.seq, flow.responseSeq)) {
    context.counts.tupleReuses++;
    abandon(context, flow, "evidence_missing");
    return false;
  }
  if (distance(segment.seq, flow.responseSeq) <= 0) {
    context.counts.retransmissions++;
    return true;
  }
  if (flow.responseEnd === null || distance(segment.seq, flow.responseEnd) >= 0) return false;
  context.counts.insideBody++;
  return true;
}

function isInWindow(request: PendingRequest, segment: ResponseSegment): boolean {
  return distance(segment.seq, request.segment.ack) >= 0 &&
    distance(segment.ack, payloadEndOf(request.segment)) >= 0;
}

/** Whether nothing but the response to `request` can begin here. */
function isCertain(flow: Flow, request: PendingRequest, segment: ResponseSegment): boolean {
  if (request.hasVagueInterim) return false;
  if (request.afterInterim !== null) return segment.seq === request.afterInterim;
  if (segment.seq === request.segment.ack && request.isFirst) {
    // Of a connection's first two requests the second may come first, and the first be lost.
    return flow.hasResponse || !flow.lostBeforeResponse;
  }
  return request.previous !== NO_REQUEST && request.previous === flow.answered &&
    segment.seq === flow.responseEnd;
}

function turnOpaque(context: MatcherContext, flow: Flow): void {
  settle(context, flow, true);
  giveUpPending(context, flow, "opaque");
  flow.isOpaque = true;
  context.counts.opaqueFlows++;
}

/** Its end was not certain as long as the connection might change its protocol. */
function noteNoUpgrade(flow: Flow, request: PendingRequest): void {
  if (!request.segment.head.mayUpgrade) return;
  const end = requestEndOf(request.segment);
  if (end !== null && distance(payloadEndOf(request.segment), end) <= 0) flow.requestEnd = end;
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
  const isNext = deferred.responseEnd === segment.seq && flow.pendingCount > 0;
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
  const isFirst = !flow.hasResponse;
  const isAtEnd = isFirst || segment.seq === flow.responseEnd;
  if (missing === 0 || !isAtEnd || flow.pendingCount > 0) {
    if (flow.pendingCount > 0) tangle(context, flow);
    emitDoubtfulResponse(context, flow, segment);
    return;
  }
  if (segment.head.status < 200) context.counts.interim++;
  else {
    // It may be part of a body, or the answer to a request that was given up with another response.
    const mayBeTold = isFirst || flow.owesResponse || flow.owedResponses > 0;
    if (mayBeTold) emitDoubtfulResponse(context, flow, segment);
    else emitUnknown(context, flow, "request_not_seen", null, segment);
    flow.followsUnseen = true;
    if (flow.lostSinceRequest > 0) flow.lostSinceRequest--;
    else flow.unseenRequests--;
  }
  noteResponse(context, flow, segment, null);
  if (segment.head.status === 101 && !isFirst) turnOpaque(context, flow);
}

/** It may answer the oldest request, or another one, or be part of a body. */
function matchUncertain(context: MatcherContext, flow: Flow, segment: ResponseSegment): void {
  const isInterim = segment.head.status < 200;
  if (flow.pipelines || flow.lostSinceRequest === 0 || isInterim) {
    tangle(context, flow);
    emitDoubtfulResponse(context, flow, segment);
    return;
  }
  // The responses of those given up may still come, unless the client is one that waits for them.
  if (flow.sequentialCount < SEQUENTIAL_REQUESTS) flow.unseenRequests += flow.pendingCount;
  giveUpPending(context, flow, "response_not_seen");
  emitDoubtfulResponse(context, flow, segment);
  flow.owesResponse = true;
  noteResponse(context, flow, segment, null);
}

function noteInterim(
  context: MatcherContext,
  flow: Flow,
  request: PendingRequest,
  segment: ResponseSegment,
): void {
  context.counts.interim++;
  const end = responseEndOf(segment, request.segment.head.method);
  if (end === null) request.hasVagueInterim = true;
  else request.afterInterim = end;
  noteResponse(context, flow, segment, request);
  flow.answered = NO_REQUEST;
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
  const runsOver = responseEnd !== null && distance(payloadEndOf(response), responseEnd) > 0;
  if (runsOver && flow.pendingCount === 0) {
    // Bytes behind its end that nobody asked for: not what it seems, or others were not seen.
    if (request.isDoubtful) emitDoubtfulRequest(context, flow, request.segment);
    else emitUnknown(context, flow, "evidence_missing", request.segment);
    emitDoubtfulResponse(context, flow, response);
    flow.isTangled = true;
    return;
  }
  const needsProof = request.followsUnseen;
  const followsKnownEnd = !flow.hasResponse || response.seq === flow.responseEnd;
  if (!needsProof && !request.isDoubtful && followsKnownEnd) {
    emitKnown(context, flow, exchange);
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

function note(flow: Flow, segment: ResponseSegment): void {
  flow.hasResponse = true;
  flow.responseSeq = segment.seq;
  flow.responseAck = segment.ack;
  flow.responsePayloadEnd = payloadEndOf(segment);
}

/** Remembers a response and finds the one that may hide behind it in the same segment. */
function noteResponse(
  context: MatcherContext,
  flow: Flow,
  segment: ResponseSegment,
  request: PendingRequest | null,
): void {
  note(flow, segment);
  flow.answered = request ? request.serial : NO_REQUEST;
  flow.responseEnd = responseEndOf(segment, request ? request.segment.head.method : null);
  if (flow.responseEnd === null) {
    if (flow.firstPending && flow.firstPending !== request) tangle(context, flow);
    return;
  }
  if (distance(flow.responsePayloadEnd, flow.responseEnd) <= 0) return;
  if (segment.candidates?.some(({ seq }) => seq === flow.responseEnd)) return;
  flow.responseEnd = null;
  flow.answered = NO_REQUEST;
  const hidden = flow.takePending();
  if (hidden?.isDoubtful) emitDoubtfulRequest(context, flow, hidden.segment);
  else if (hidden) {
    emitUnknown(context, flow, "response_not_seen", hidden.segment);
    flow.owesResponse = true;
  }
  if (flow.pendingCount > 0) tangle(context, flow);
}
