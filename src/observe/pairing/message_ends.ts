// Where messages end in their streams, as their heads state it; null where they do not say.
// Takes segments, gives sequence numbers. Pure.

import { advance } from "./sequence.ts";
import type { RequestSegment, ResponseSegment } from "./types.ts";

export function payloadEndOf(segment: RequestSegment | ResponseSegment): number {
  return advance(segment.seq, segment.payloadLength);
}

export function requestEndOf(segment: RequestSegment): number | null {
  const { headLength, bodyLength } = segment.head;
  if (headLength === null || bodyLength === null) return null;
  return advance(segment.seq, headLength + bodyLength);
}

/**
 * RFC 9112 section 6.3: some have no body, whatever their fields say. `method` of the request, null
 * where that is not known.
 */
export function responseEndOf(segment: ResponseSegment, method: string | null): number | null {
  const { status, headLength, bodyLength } = segment.head;
  if (headLength === null) return null;
  const hasNoBody = status < 200 || status === 204 || status === 304 || method === "HEAD";
  if (hasNoBody) return advance(segment.seq, headLength);
  if (bodyLength === null || method === null) return null;
  return advance(segment.seq, headLength + bodyLength);
}
