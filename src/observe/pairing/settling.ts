// How what is open on a connection ends: pairings that waited for proof, requests given up, and
// connections of which nothing can be proven any more. Takes a flow, gives exchanges to the context.
// Every head that was read ends in exactly one exchange or one count.

import type { DeferredPair, Flow } from "./flow.ts";
import { advance } from "./sequence.ts";
import type {
  EndSegment,
  Exchange,
  FlowWords,
  PairingCounts,
  PairingLimits,
  RequestSegment,
  ResponseSegment,
  UnknownReason,
} from "./types.ts";

/**
 * After so many requests, each sent once the response before was whole, a client is taken for one
 * that does not pipeline; only then can pairing resume after the loss of a request.
 */
export const SEQUENTIAL_REQUESTS = 4;

export interface MatcherContext {
  readonly limits: PairingLimits;
  readonly counts: PairingCounts;
  emit(exchange: Exchange): void;
  /** A request is certain and awaits its response. */
  began(request: RequestSegment, flow: FlowWords): void;
}

export function emitUnknown(
  context: MatcherContext,
  flow: Flow,
  reason: UnknownReason,
  request: RequestSegment | null,
  response: ResponseSegment | null = null,
): void {
  context.emit({ outcome: "unknown", reason, flow: flow.words, request, response });
}

/** Gives up every request that awaits its response. */
export function giveUpPending(context: MatcherContext, flow: Flow, reason: UnknownReason): void {
  for (let request = flow.takePending(); request; request = flow.takePending()) {
    if (request.isDoubtful) context.counts.ambiguous++;
    else emitUnknown(context, flow, reason, request.segment);
  }
}

/** The response may be part of a body, and where the request is doubtful that too. */
export function doubt(context: MatcherContext, flow: Flow, deferred: DeferredPair): void {
  context.counts.ambiguous += deferred.isDoubtful ? 2 : 1;
  if (!deferred.isDoubtful) {
    emitUnknown(context, flow, "evidence_missing", deferred.exchange.request);
  }
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
  flow.isOriented = true;
  context.emit(deferred.exchange);
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
  if (flow.deferred) context.counts.ambiguous += 2;
  flow.deferred = null;
  context.counts.ambiguous += flow.pendingCount;
  while (flow.takePending());
}

/** Where records were lost, a response may be among them: that none came is not known. */
function honest(flow: Flow, reason: UnknownReason): UnknownReason {
  return flow.lostSinceRequest === 0 ? reason : "evidence_missing";
}

/** Ends everything that is open on a connection, which may then be used anew. */
export function abandon(context: MatcherContext, flow: Flow, reason: UnknownReason): void {
  settle(context, flow, false);
  giveUpPending(context, flow, honest(flow, reason));
  flow.startOver();
}

/** Notes that `count` records of this connection never came. */
export function noteLost(context: MatcherContext, flow: Flow, count: number): void {
  context.counts.lost += count;
  flow.lostSinceRequest += count;
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
