// What pairing tells of: known exchanges, unknown ones, and heads that may be none. Takes a flow and
// what was decided, gives exchanges to the context. An exchange is told once: of its request, or of
// its response where no request was told that it may answer.

import type { Flow } from "./flow.ts";
import { requestEndOf } from "./message_ends.ts";
import { distance } from "./sequence.ts";
import type {
  Exchange,
  FlowWords,
  PairingCounts,
  PairingLimits,
  RequestSegment,
  ResponseSegment,
  UnknownReason,
} from "./types.ts";

export interface MatcherContext {
  readonly limits: PairingLimits;
  readonly counts: PairingCounts;
  emit(exchange: Exchange): void;
  /** A request is certain and awaits its response. */
  began(request: RequestSegment, flow: FlowWords): void;
}

/** A certain exchange also shows which end is the client. */
export function emitKnown(
  context: MatcherContext,
  flow: Flow,
  exchange: Extract<Exchange, { outcome: "known" }>,
): void {
  flow.isOriented = true;
  emitUnplaced(context, flow);
  context.emit(exchange);
}

export function emitUnknown(
  context: MatcherContext,
  flow: Flow,
  reason: UnknownReason,
  request: RequestSegment | null,
  response: ResponseSegment | null = null,
): void {
  if (request) {
    flow.owedResponses++;
    flow.owedAck = request.ack;
    flow.owedEnd = requestEndOf(request);
  } else if (flow.owedResponses < 0) flow.owedResponses++;
  // Its first head may be a body's that the network brought before the request's, which was lost.
  const isUncertain = reason === "evidence_missing" && !flow.isOriented &&
    (flow.isTangled || flow.lostSinceRequest > 0);
  const said = isUncertain ? "ambiguous" : reason;
  context.emit({ outcome: "unknown", reason: said, flow: flow.words, request, response });
}

/** A client that waits for each response has begun to receive one: what it was owed is the past. */
export function noteReceived(flow: Flow, ack: number): void {
  if (flow.pipelines || distance(ack, flow.owedAck) <= 0) return;
  flow.owedResponses = 0;
  flow.owedEnd = null;
}

/** A lost request's response will come, a response that is owed and lost will not. */
export function noteNeverSeen(flow: Flow, records: number): void {
  flow.owedResponses -= records;
}

/** It may be a request, or part of a body. */
export function emitDoubtfulRequest(
  context: MatcherContext,
  flow: Flow,
  segment: RequestSegment,
): void {
  if (!isPlaced(flow)) {
    context.counts.ambiguous++;
    return;
  }
  emitUnplaced(context, flow);
  emitUnknown(context, flow, "ambiguous", segment);
}

/** It may be a response, to whichever request, or part of a body. */
export function emitDoubtfulResponse(
  context: MatcherContext,
  flow: Flow,
  segment: ResponseSegment,
): void {
  const isInterim = segment.head.status < 200 && segment.head.status !== 101;
  if (isInterim) context.counts.ambiguous++;
  else if (takeOwed(flow, segment)) context.counts.ambiguous++;
  else if (isPlaced(flow)) emitUnknown(context, flow, "ambiguous", null, segment);
  else if (flow.unplaced) context.counts.ambiguous++;
  else flow.unplaced = segment;
}

/** Whether it may answer a request that was told: then its exchange was. */
function takeOwed(flow: Flow, segment: ResponseSegment): boolean {
  const { owedEnd } = flow;
  if (!flow.pipelines && owedEnd !== null) {
    // To a client that waits for each response the server answers what it has received last.
    const beyond = distance(segment.ack, owedEnd);
    flow.owedResponses = 0;
    flow.owedEnd = null;
    // A FIN counts as a byte.
    return beyond <= 1;
  }
  if (flow.owedResponses <= 0) return false;
  flow.owedResponses--;
  return true;
}

/** Heads of both kinds have shown which end is the client: a body's would have to agree in both. */
function isPlaced(flow: Flow): boolean {
  return flow.isOriented || (flow.hasRequest && flow.hasResponse);
}

function emitUnplaced(context: MatcherContext, flow: Flow): void {
  const { unplaced } = flow;
  flow.unplaced = null;
  if (unplaced) emitUnknown(context, flow, "ambiguous", null, unplaced);
}

/** It was never certain whose it is. */
export function forgetUnplaced(context: MatcherContext, flow: Flow): void {
  if (flow.unplaced) context.counts.ambiguous++;
  flow.unplaced = null;
}
