// What a segment that begins with a request line is on its connection: a request, one seen before,
// or part of a body; and what it tells of the exchanges before it. Takes segments in kernel order,
// changes the flow. A request that can't be told from a body's bytes is unknown: `ambiguous`.

import { untangle } from "./calm.ts";
import { emitDoubtfulRequest, emitUnknown, type MatcherContext, noteReceived } from "./emitting.ts";
import { type Flow, NO_REQUEST } from "./flow.ts";
import { payloadEndOf, requestEndOf } from "./message_ends.ts";
import { startsOver, wasReceived } from "./reuse.ts";
import { distance } from "./sequence.ts";
import {
  abandon,
  distrust,
  giveUpPending,
  isProvenBy,
  SEQUENTIAL_REQUESTS,
  settle,
  tangleBehind,
} from "./settling.ts";
import type { RequestSegment } from "./types.ts";

/** A segment that begins with a request line, and the requests behind it that were captured too. */
export function matchRequest(context: MatcherContext, flow: Flow, segment: RequestSegment): void {
  matchOne(context, flow, segment);
  let { next } = segment;
  while (next && flow.requestEnd === next.seq) {
    context.counts.coalesced++;
    matchOne(context, flow, next);
    next = next.next;
  }
}

function matchOne(context: MatcherContext, flow: Flow, segment: RequestSegment): void {
  if (flow.hasRequest && isNothingNew(context, flow, segment)) return;
  if (flow.hasResponse && wasReceived(segment.seq, flow.responseAck)) {
    // Sent again: the first time it was lost on its way here, and the server had it all the same.
    context.counts.retransmissions++;
    return;
  }
  noteReceived(flow, segment.ack);
  if (flow.isTangled) untangle(flow, segment);
  if (flow.isTangled) {
    matchTangled(context, flow, segment);
    return;
  }
  if (couldBeBody(flow)) {
    emitDoubtfulRequest(context, flow, segment);
    if (flow.lostSinceRequest > 0) {
      // Nothing is certain again before the client has been seen to wait for its responses.
      noteTangled(flow, segment);
      tangleBehind(flow);
      return;
    }
    if (flow.sequentialCount >= SEQUENTIAL_REQUESTS) return;
    // Should it be a request after all, its response is still to come.
    flow.unseenRequests++;
    flow.sequentialCount >>= 1;
    if (flow.pipelines) tangleBehind(flow);
    return;
  }
  const previous = segment.seq === flow.requestEnd ? flow.requestSerial : NO_REQUEST;
  const mayBeBody = previous === NO_REQUEST && mayFollowUnseen(flow, segment);
  settleByRequest(context, flow, segment, previous);
  notePipelining(flow, segment, previous);
  const isSure = previous === NO_REQUEST ? !mayBeBody : flow.isRequestSure;
  noteRequest(flow, segment, isSure);
  const isFollowed = flow.requestEnd !== null &&
    distance(payloadEndOf(segment), flow.requestEnd) > 0;
  const isFollowedUnseen = isFollowed && segment.next?.seq !== flow.requestEnd;
  if (isFollowed) flow.pipelines = true;
  // Another request begins within this segment, and who knows how many more.
  if (isFollowedUnseen) flow.requestEnd = null;
  if (!isSure && flow.requestEnd === null) {
    emitDoubtfulRequest(context, flow, segment);
    tangleBehind(flow);
    return;
  }
  if (flow.isTangled) {
    giveUp(context, flow, segment, isSure);
    return;
  }
  flow.addPending({
    segment,
    serial: flow.requestSerial,
    isFirst: flow.pendingCount === 0,
    followsUnseen: flow.unseenRequests > 0,
    previous,
    isDoubtful: !isSure,
    afterInterim: null,
    hasVagueInterim: false,
    next: null,
  });
  if (isSure) context.began(segment, flow.words);
  if (isFollowedUnseen || flow.pendingCount > context.limits.maxPending) tangleBehind(flow);
}

/** On a connection that has not calmed: unknown where it is certainly a request. */
function matchTangled(context: MatcherContext, flow: Flow, segment: RequestSegment): void {
  noteTangled(flow, segment);
  giveUp(context, flow, segment, flow.isRequestSure);
}

/** Remembers a request without a place among those that await their responses. */
function noteTangled(flow: Flow, segment: RequestSegment): void {
  noteRequest(flow, segment, segment.seq === flow.requestEnd && flow.isRequestSure);
  const isFollowed = flow.requestEnd !== null &&
    distance(payloadEndOf(segment), flow.requestEnd) > 0;
  if (isFollowed && segment.next?.seq !== flow.requestEnd) flow.requestEnd = null;
}

function giveUp(
  context: MatcherContext,
  flow: Flow,
  segment: RequestSegment,
  isSure: boolean,
): void {
  if (isSure) emitUnknown(context, flow, "evidence_missing", segment);
  else emitDoubtfulRequest(context, flow, segment);
}

function noteRequest(flow: Flow, segment: RequestSegment, isSure: boolean): void {
  flow.isRequestSure = isSure;
  flow.requestSerial = flow.requestSerial % 0x3fff_ffff + 1;
  flow.requestSeq = segment.seq;
  flow.requestMethod = segment.head.method;
  flow.requestMayUpgrade = segment.head.mayUpgrade;
  // Behind a request for an upgrade nothing is certain until its response refuses that.
  flow.requestEnd = segment.head.mayUpgrade ? null : requestEndOf(segment);
  flow.lostSinceRequest = 0;
  flow.followsUnseen = false;
}

/**
 * Whether a segment repeats what was seen, or lies inside the last request. One that can't belong to
 * this connection begins another in its place.
 */
function isNothingNew(context: MatcherContext, flow: Flow, segment: RequestSegment): boolean {
  if (startsOver(segment.seq, flow.requestSeq)) {
    context.counts.tupleReuses++;
    abandon(context, flow, "evidence_missing");
    return false;
  }
  if (distance(segment.seq, flow.requestSeq) <= 0) {
    if (wasSeen(flow, segment)) context.counts.retransmissions++;
    else {
      // It was sent before what was seen: what was taken for a request may be part of its body.
      emitDoubtfulRequest(context, flow, segment);
      distrust(context, flow);
    }
    return true;
  }
  if (flow.requestEnd === null || distance(segment.seq, flow.requestEnd) >= 0) return false;
  context.counts.insideBody++;
  return true;
}

/** A segment no further than the last request: whether its bytes had come to the server before. */
function wasSeen(flow: Flow, segment: RequestSegment): boolean {
  if (segment.seq === flow.requestSeq) return true;
  if (flow.hasResponse && distance(flow.responseAck, segment.seq) > 0) return true;
  for (let request = flow.firstPending; request; request = request.next) {
    if (request.segment.seq === segment.seq) return true;
  }
  return flow.deferred !== null &&
    distance(flow.deferred.exchange.request.seq, segment.seq) >= 0;
}

/**
 * After a head that does not state its body's length, a segment of that body may begin like a
 * request. It is taken for a request only once the one before it has been answered.
 */
function couldBeBody(flow: Flow): boolean {
  if (!flow.hasRequest || flow.requestEnd !== null) return false;
  return flow.lostSinceRequest > 0 || flow.pendingCount > 0;
}

/** Whether another request may lie between the last one that was seen and this segment. */
function mayFollowUnseen(flow: Flow, segment: RequestSegment): boolean {
  if (flow.followsUnseen || flow.lostSinceRequest > 0 || flow.requestEnd !== null) return true;
  if (!flow.hasRequest) return flow.isUnanchored;
  const isAllAnswered = flow.hasResponse && segment.seq === flow.responseAck;
  return !isAllAnswered || flow.sequentialCount < SEQUENTIAL_REQUESTS;
}

/** A new request settles the deferred pairing and closes the windows of those before it. */
function settleByRequest(
  context: MatcherContext,
  flow: Flow,
  segment: RequestSegment,
  previous: number,
): void {
  settle(context, flow, previous !== NO_REQUEST && isProvenBy(flow, segment.seq, segment.ack));
  if (flow.pipelines) return;
  const oldest = flow.firstPending;
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

/** Requests that overlap are told apart only while the ends of all messages are known. */
function notePipelining(flow: Flow, segment: RequestSegment, previous: number): void {
  const { responseEnd, hasResponse, hasRequest } = flow;
  const isMidResponse = hasResponse &&
    distance(segment.ack, responseEnd ?? flow.responsePayloadEnd) < 0;
  const last = flow.lastPending;
  if (last && previous !== NO_REQUEST && flow.isRequestSure) {
    flow.hasPipelined ||= distance(segment.ack, last.segment.ack) <= 0;
  }
  if (last || isMidResponse) flow.pipelines = true;
  else if (previous !== NO_REQUEST || (hasResponse && flow.responseAck === segment.seq)) {
    if (flow.sequentialCount < 0x3fff_ffff) flow.sequentialCount++;
  }
  if (hasRequest && previous === NO_REQUEST) {
    const atLeast = flow.requestEnd === null ? 0 : 1;
    flow.unseenRequests += Math.max(atLeast, flow.lostSinceRequest);
  } else if (!hasRequest) {
    flow.unseenRequests += flow.lostSinceRequest;
  }
  if (!flow.pipelines) return;
  const isVague = hasRequest && previous === NO_REQUEST;
  const endsUnknown = hasResponse && responseEnd === null;
  if (isVague || endsUnknown || flow.unseenRequests > 0) tangleBehind(flow);
}
