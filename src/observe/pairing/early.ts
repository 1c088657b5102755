// Heads that the network brought before an earlier one of their direction. Such a head begins behind
// a gap: it waits for the head in the gap, until the other end has acknowledged the gap's bytes, or
// records were lost, or time is up. Takes a flow and a head; says what may be matched, and when.

import type { Flow } from "./flow.ts";
import { distance } from "./sequence.ts";
import type { RequestSegment, ResponseSegment } from "./types.ts";

/** What the network reorders lies within a window; a gap beyond this is something else. */
const MAX_GAP_BYTES = 1 << 20;

export interface EarlyHead {
  readonly segment: RequestSegment | ResponseSegment;
  /** When waiting began, microseconds modulo 2^32. */
  readonly since: number;
}

/** Where the next head of its direction begins, for certain; null where that is not known. */
function expectedSeq(flow: Flow, kind: "request" | "response"): number | null {
  if (kind === "request") return flow.hasRequest ? flow.requestEnd : null;
  const request = flow.firstPending;
  if (!request) return null;
  if (request.isFirst) return request.afterInterim ?? request.segment.ack;
  return flow.hasResponse ? flow.responseEnd : null;
}

/** Whether a head of its direction is still to come before this one. */
export function isEarly(flow: Flow, segment: RequestSegment | ResponseSegment): boolean {
  if (flow.isTangled || flow.lostSinceRequest > 0) return false;
  const expected = expectedSeq(flow, segment.kind);
  if (expected === null) return false;
  const gap = distance(segment.seq, expected);
  return gap > 0 && gap < MAX_GAP_BYTES;
}

/** Whether, now that `segment` comes, the head that waits has to be matched before it. */
export function isDueBefore(
  early: EarlyHead,
  segment: RequestSegment | ResponseSegment,
): boolean {
  const waiting = early.segment;
  if (waiting.kind === segment.kind) return distance(segment.seq, waiting.seq) >= 0;
  // The other end has what waits, and so all before it: nothing of that is still under way.
  return distance(segment.ack, waiting.seq) > 0;
}
