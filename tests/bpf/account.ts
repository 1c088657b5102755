// Compares what was captured with what the backend saw, to the request.

import { assertEquals } from "../assert.ts";
import type { CapturedRecord } from "./frames.ts";
import type { Seen } from "./lab.ts";
import type { CountersFrame } from "./loader.ts";

const REQUEST = 1, RESPONSE = 2;
const DECODER = new TextDecoder("latin1");

/** The request's number: in the path of a request, in X-Id of an answer. */
function idOf(record: CapturedRecord): string {
  const text = DECODER.decode(record.bytes);
  return (record.kind === REQUEST ? /^\w+ \/(\d+)\// : /\r\nX-Id: (\d+)\r\n/).exec(text)?.[1] ?? "";
}

interface Heads {
  readonly what: string;
  readonly records: readonly CapturedRecord[];
  readonly seen: Readonly<Record<string, string>>;
  readonly recognised: number; // by the kernel's counter
}

/**
 * Every captured head is one that was seen, byte for byte; what was seen and not captured is as
 * many as the counter says. Returns how many are missing.
 */
function accountHeads({ what, records, seen, recognised }: Heads): number {
  const captured = new Set<string>();
  for (const record of records) {
    const id = idOf(record);
    const expected = seen[id];
    const common = Math.min(expected?.length ?? 0, record.captured.length);
    assertEquals(record.captured.length, 2 * Math.min(256, record.payloadBytes), `${what} ${id}`);
    assertEquals(record.captured.slice(0, common), expected?.slice(0, common), `${what} ${id}`);
    captured.add(id);
  }
  const missing = recognised - records.length;
  assertEquals(captured.size + missing, Object.keys(seen).length, `${what}: captured and missing`);
  return missing;
}

/** Sums of one direction: what was recognised became a record or was counted as lost. */
function recognisedOf(counters: CountersFrame): number {
  return counters.kernel.reduce(
    (sum, c) => sum + c.http_requests + c.http_responses + c.closes + c.opaque_http2 + c.opaque_tls,
    0,
  );
}

/**
 * The whole account of an interface on which requests travel in direction `requests` (0 ingress).
 * The reader must have been there from the start. Returns how many records are missing in all.
 */
export function account(
  records: readonly CapturedRecord[],
  counters: CountersFrame,
  seen: Seen,
  requests: 0 | 1 = 0,
): number {
  const responses = requests === 0 ? 1 : 0;
  const missing = accountHeads({
    what: "request",
    records: records.filter((r) => r.kind === REQUEST && r.direction === requests),
    seen: seen.requests,
    recognised: counters.kernel[requests].http_requests,
  }) + accountHeads({
    what: "answer",
    records: records.filter((r) => r.kind === RESPONSE && r.direction === responses),
    seen: seen.answers,
    recognised: counters.kernel[responses].http_responses,
  });
  const lostInKernel = counters.kernel[0].ring_full + counters.kernel[1].ring_full;
  assertEquals(counters.malformed, 0);
  assertEquals(recognisedOf(counters) - lostInKernel, counters.received, "received");
  assertEquals(counters.queued + counters.dropped + counters.unread, counters.received, "queued");
  assertEquals(records.length, counters.queued, "read");
  const lost = lostInKernel + counters.dropped + counters.unread;
  assertEquals(missing <= lost, true, `${missing} heads missing, only ${lost} counted as lost`);
  return lost;
}
