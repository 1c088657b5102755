// When a connection of which too much is missing may be paired again. Takes a flow and its next
// request; changes the flow alone and emits nothing.

import { type Flow, NO_REQUEST } from "./flow.ts";
import { distance } from "./sequence.ts";
import type { RequestSegment } from "./types.ts";

/**
 * So many requests in a row, each sent exactly where the one before and its response end: a client
 * that waits for its responses, whatever there was before.
 */
const CALM_REQUESTS = 4;

/** Lets a connection be paired again once it has proven calm. */
export function untangle(flow: Flow, segment: RequestSegment): void {
  const isAdjoining = flow.hasResponse && !flow.firstPending && !flow.hasPipelined &&
    flow.responseAck === segment.seq &&
    (flow.requestEnd === null || flow.requestEnd === segment.seq) &&
    (flow.responseEnd === null
      ? distance(segment.ack, flow.responsePayloadEnd) >= 0
      : flow.responseEnd === segment.ack);
  flow.calmRequests = isAdjoining && flow.lostSinceRequest === 0 ? flow.calmRequests + 1 : 0;
  if (flow.calmRequests < CALM_REQUESTS) return;
  flow.isTangled = false;
  flow.isRequestSure = true;
  flow.pipelines = false;
  flow.unseenRequests = 0;
  flow.followsUnseen = false;
  flow.calmRequests = 0;
  flow.sequentialCount = CALM_REQUESTS;
  flow.answered = NO_REQUEST;
}
