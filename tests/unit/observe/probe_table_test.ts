// What becomes of probes: answered, late, refused, and those of which nothing is known.

import { assertEquals } from "../../assert.ts";
import type {
  Exchange,
  RequestSegment,
  UnknownReason,
} from "../../../src/observe/pairing/types.ts";
import { HEALTH_CHECK_THRESHOLDS } from "../../../src/observe/processors/health_check.ts";
import { ProbeTable } from "../../../src/observe/services/probe_table.ts";

const WORDS = new Uint32Array([0, 0, 0xffff, 1, 0, 0, 0xffff, 2, (40000 << 16) | 80, 1]);
const PROBED = { place: "shop/cart 10.0.0.2 80", path: "/healthz" };
const BASE = { tsUs: 0, seq: 0, ack: 0, payloadLength: 1, ordinal: 1 };
const LENGTHS = { headLength: 50, bodyLength: 0 };

function probe(tsUs: number): RequestSegment {
  const head = { method: "GET", target: "/healthz", host: "a", mayUpgrade: false, ...LENGTHS };
  return {
    kind: "request",
    ...BASE,
    tsUs,
    head: { ...head, userAgent: "kube-probe/1.34" },
    next: null,
  };
}

function answered(request: RequestSegment, status: number, latencyUs: number): Exchange {
  const head = { status, ...LENGTHS };
  const response = { kind: "response", ...BASE, head, candidates: null } as const;
  return { outcome: "known", flow: WORDS, request, response, latencyUs };
}

function unanswered(request: RequestSegment, reason: UnknownReason): Exchange {
  return { outcome: "unknown", reason, flow: WORDS, request, response: null };
}

/** Plays second by second; a step gives what it heard. */
class Play {
  readonly table = new ProbeTable(HEALTH_CHECK_THRESHOLDS);
  readonly said: string[] = [];
  #nowMs = 0;

  begin(): RequestSegment {
    const request = probe(this.#nowMs * 1000);
    assertEquals(this.table.isProbe(request), true);
    this.table.began(request, WORDS, PROBED, this.#nowMs);
    return request;
  }

  conclude(exchange: Exchange): void {
    for (const event of this.table.concluded(exchange, PROBED)) this.said.push(event.message);
  }

  pass(seconds: number, lostRecords = 0): void {
    for (let second = 0; second < seconds; second++) {
      this.#nowMs += 1000;
      for (const { events } of this.table.told(this.#nowMs, lostRecords)) {
        for (const event of events) this.said.push(event.message);
      }
    }
  }
}

Deno.test("a probe that hangs is told of before its prober or its server gives up, and once", () => {
  const play = new Play();
  const request = play.begin();
  play.pass(1);
  assertEquals(play.said, []);
  play.pass(30);
  assertEquals(play.said, ["health probe fails: no answer within 1000 ms"]);
  assertEquals(play.table.isFailing("shop/cart"), true);
  play.conclude(unanswered(request, "aged"));
  const next = play.begin();
  play.conclude(answered(next, 200, 3000));
  assertEquals(play.said.slice(1), ["health probe succeeds again: status 200 after 3 ms"]);
  assertEquals(play.table.isFailing("shop/cart"), false);
});

Deno.test("an answer that comes too late does not end the failing", () => {
  const play = new Play();
  const request = play.begin();
  play.pass(3);
  play.conclude(answered(request, 200, 2_900_000));
  play.pass(3);
  assertEquals(play.said, ["health probe fails: no answer within 1000 ms"]);
});

Deno.test("an older probe that hangs says nothing once a newer one was answered", () => {
  const play = new Play();
  const older = play.begin();
  play.pass(1);
  play.conclude(answered(play.begin(), 200, 1000));
  play.pass(10);
  play.conclude(unanswered(older, "closed"));
  assertEquals(play.said, []);
});

Deno.test("where records were lost the answer may be among them: no event", () => {
  const play = new Play();
  const request = play.begin();
  play.pass(1, 3);
  play.pass(10);
  play.conclude(unanswered(request, "evidence_missing"));
  assertEquals(play.said, []);
});

Deno.test("a probe whose connection is reset or closed has failed", () => {
  for (const [reason, words] of [["reset", "the connection was reset"], ["closed", "no answer"]]) {
    const play = new Play();
    play.conclude(unanswered(play.begin(), reason as UnknownReason));
    assertEquals([play.said.length, play.said[0].includes(words)], [1, true], play.said[0]);
  }
});

Deno.test("probes under way are bounded, and counted beyond", () => {
  const play = new Play();
  for (let count = 0; count < 5_003; count++) play.begin();
  assertEquals(play.table.overflow, 3);
});
