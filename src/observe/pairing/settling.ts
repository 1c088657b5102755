// How what is open on a connection ends: pairings that waited for proof, requests given up, and
// connections of which nothing can be proven any more. Takes a flow, gives exchanges to the context.
// Every head that was read ends in exactly one exchange or one count.

import {
  emitDoubtfulRequest,
  emitDoubtfulResponse,
  emitKnown,
  emitUnknown,
  forgetUnplaced,
  type MatcherContext,
  noteNeverSeen,
} from "./emitting.ts";
import type { DeferredPair, Flow } from "./flow.ts";
import { advance } from "./sequence.ts";
import type { EndSegment, UnknownReason } from "./types.ts";

/**
 * After so many requests, each sent once the response before was whole, a client is taken for one
 * that does not pipeline; only then can pairing resume after the loss of a request.
 */
export const SEQUENTIAL_REQUESTS = 4;

/** Gives up every request that awaits its response. */
export function giveUpPending(context: MatcherContext, flow: Flow, reason: UnknownReason): void {
  for (let request = flow.takePending(); request; request = flow.takePending()) {
    if (request.isDoubtful) emitDoubtfulRequest(context, flow, request.segment);
    else emitUnknown(context, flow, reason, request.segment);
  }
}

/** The response may be part of a body, and where the request is doubtful that too. */
export function doubt(context: MatcherContext, flow: Flow, deferred: DeferredPair): void {
  const { request, response } = deferred.exchange;
  if (deferred.isDoubtful) emitDoubtfulRequest(context, flow, request);
  else emitUnknown(context, flow, "evidence_missing", request);
  emitDoubtfulResponse(context, flow, response);
  flow.owesResponse ||= deferred.needsProof;
}

/** Says of a deferred pairing what it has come to. */
export function settle(context: MatcherContext, flow: Flow, isProven: boolean): void {
  const deferred = flow.deferred;
  if (!deferred) return;
  flow.deferred = null;
  const isTrusted = isProven && flow.sequentialCount >= SEQUENTIAL_REQUESTS;
  const isUndisputed = !deferred.needsProof && flow.lostSinceRequest === 0;
  if (!isTrusted && !isUndisputed) {
    doubt(context, flow, deferred);
    return;
  }
  emitKnown(context, flow, deferred.exchange);
  if (deferred.needsProof) {
    flow.isRequestSure = true;
    flow.unseenRequests = 0;
    flow.owesResponse = false;
  }
}

/** The client goes on exactly where the deferred request and its response end. */
export function isProvenBy(flow: Flow, clientSeq: number, serverSeq: number): boolean {
  return flow.lostSinceRequest === 0 && clientSeq === flow.deferred?.requestEnd &&
    serverSeq === flow.deferred.responseEnd;
}

/** Of what follows nothing can be proven; requests that were seen before may still be answered. */
export function tangleBehind(flow: Flow): void {
  flow.isTangled = true;
  flow.calmRequests = 0;
}

/** From here on nothing can be proven on this connection, until it has calmed down. */
export function tangle(context: MatcherContext, flow: Flow): void {
  flow.isTangled = true;
  flow.calmRequests = 0;
  const deferred = flow.deferred;
  flow.deferred = null;
  if (deferred) doubt(context, flow, deferred);
  giveUpPending(context, flow, "evidence_missing");
}

/** As `tangle`, where even the requests that were seen may be none. */
export function distrust(context: MatcherContext, flow: Flow): void {
  flow.isTangled = true;
  flow.calmRequests = 0;
  const { deferred } = flow;
  flow.deferred = null;
  if (deferred) {
    emitDoubtfulRequest(context, flow, deferred.exchange.request);
    emitDoubtfulResponse(context, flow, deferred.exchange.response);
  }
  for (let request = flow.takePending(); request; request = flow.takePending()) {
    emitDoubtfulRequest(context, flow, request.segment);
  }
}

/** Where records were lost, a response may be among them: that none came is not known. */
function honest(flow: Flow, reason: UnknownReason): UnknownReason {
  return flow.lostSinceRequest === 0 ? reason : "evidence_missing";
}

/** Ends everything that is open on a connection, which may then be used anew. */
export function abandon(context: MatcherContext, flow: Flow, reason: UnknownReason): void {
  settle(context, flow, false);
  giveUpPending(context, flow, honest(flow, reason));
  forgetUnplaced(context, flow);
  flow.startOver();
}

/** Notes that `count` records of this connection never came. */
export function noteLost(context: MatcherContext, flow: Flow, count: number): void {
  context.counts.lost += count;
  flow.lostSinceRequest += count;
  noteNeverSeen(flow, count);
  if (!flow.hasResponse) flow.lostBeforeResponse = true;
  if (flow.pipelines && !flow.isTangled) tangleBehind(flow);
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
    giveUpPending(context, flow, honest(flow, "closed"));
  }
  if (!flow.clientFin || !flow.serverFin) return false;
  abandon(context, flow, "closed");
  context.counts.flowsClosed++;
  return true;
}
