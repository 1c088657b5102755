// Pairs responses with requests over all connections: finds the flow, restores the kernel's order,
// lets the matcher decide, and bounds what is remembered. Takes segments with both endpoints, gives
// exchanges to `onExchange`. Never reads a clock: time comes with the records and with `tick`.

import { isDueBefore, isEarly } from "./early.ts";
import { forgetUnplaced, type MatcherContext } from "./emitting.ts";
import type { Flow } from "./flow.ts";
import { FlowTable, isFromFirst } from "./flow_table.ts";
import { matchRequest } from "./requests.ts";
import { matchResponse } from "./responses.ts";
import { abandon, distrust, matchEnd, noteLost, settle } from "./settling.ts";
import {
  DEFAULT_PAIRING_LIMITS,
  type Exchange,
  type FlowWords,
  type HttpSegment,
  newPairingCounts,
  type PairingCounts,
  type PairingLimits,
  type RequestSegment,
  type ResponseSegment,
} from "./types.ts";

/** Records of one connection that may wait for an earlier one. */
const MAX_HELD = 32;

/** Of a record: source address (4 words), destination (4 words), ports, interface index. */
export type EndpointWords = FlowWords;

export class Pairing {
  readonly counts: PairingCounts = newPairingCounts();
  readonly #limits: PairingLimits;
  readonly #flows: FlowTable;
  readonly #context: MatcherContext;
  /** Flows with something that falls due, in no particular order. */
  #due: Flow[] = [];

  /** `onRequest` is told of each certain request while its response is still to come. */
  constructor(
    onExchange: (exchange: Exchange) => void,
    limits?: Partial<PairingLimits>,
    onRequest: MatcherContext["began"] = () => {},
  ) {
    this.#limits = { ...DEFAULT_PAIRING_LIMITS, ...limits };
    this.#flows = new FlowTable(this.#limits.maxFlows);
    this.#context = {
      limits: this.#limits,
      counts: this.counts,
      emit: onExchange,
      began: onRequest,
    };
  }

  /** Connections remembered now. */
  get flowCount(): number {
    return this.#flows.size;
  }

  /** Takes one record; `words` (source, destination, source port << 16 | destination port) is read. */
  push(words: EndpointWords, segment: HttpSegment): void {
    let flow = this.#flows.find(words);
    if (!flow) {
      const { kind } = segment;
      if (kind === "fin" || kind === "rst" || kind === "unknown") return;
      flow = this.#addFlow(words, kind !== "response", segment.tsUs);
    } else this.#flows.touch(flow, segment.tsUs);
    this.#inOrder(flow, isFromFirst(flow, words), segment);
  }

  /** Lets time pass: settles what waited long enough and forgets idle connections. */
  tick(nowUs: number): void {
    const due = this.#due;
    this.#due = [];
    for (const flow of due) {
      flow.isListedDue = false;
      if (flow.held && (nowUs - flow.heldSince | 0) >= this.#limits.reorderUs) {
        this.#skipToHeld(flow);
      }
      if (flow.early && (nowUs - flow.early.since | 0) >= this.#limits.reorderUs) {
        this.#releaseEarly(flow);
      }
      if (flow.deferred && nowUs >= flow.deferred.deadlineUs) settle(this.#context, flow, false);
      this.#finish(flow);
    }
    for (let flow = this.#flows.oldest; flow; flow = this.#flows.oldest) {
      if ((nowUs - flow.lastUsed | 0) < this.#limits.idleUs) break;
      this.#forget(flow, "aged");
      this.counts.flowsAged++;
    }
  }

  /** Ends everything that is open: nobody tells any more what would have come of it. */
  flush(): void {
    for (let flow = this.#flows.oldest; flow; flow = this.#flows.oldest) {
      this.#forget(flow, "evidence_missing");
    }
    this.#due = [];
  }

  #addFlow(words: FlowWords, fromClient: boolean, nowUs: number): Flow {
    if (this.#flows.isFull && this.#flows.oldest) {
      this.#forget(this.#flows.oldest, "evicted");
      this.counts.flowsEvicted++;
    }
    return this.#flows.add(words, fromClient, nowUs);
  }

  #forget(flow: Flow, reason: "aged" | "evicted" | "evidence_missing"): void {
    while (flow.held) this.#skipToHeld(flow);
    this.#releaseEarly(flow);
    abandon(this.#context, flow, reason);
    this.#flows.remove(flow);
  }

  /** Handles records in the kernel's numbering; one that is ahead waits for those before it. */
  #inOrder(flow: Flow, fromFirst: boolean, segment: HttpSegment): void {
    const { ordinal } = segment;
    if (ordinal === 0) {
      // The kernel could not keep count: nothing can be proven on this connection.
      flow.isTangled = true;
      this.#handle(flow, fromFirst, segment);
      return;
    }
    if (segment.kind === "fin" && segment.isExtra) {
      // Handled behind its own record, which may still wait for its turn.
      if (ordinal >= flow.nextOrdinal) this.#hold(flow, fromFirst, segment);
      else this.#handle(flow, fromFirst, segment);
      this.#finish(flow);
      return;
    }
    if (this.#isRenumbered(flow, segment)) this.#restart(flow);
    else if (ordinal < flow.nextOrdinal) {
      this.#late(segment);
      return;
    }
    if (ordinal === flow.nextOrdinal) {
      flow.nextOrdinal++;
      this.#handle(flow, fromFirst, segment);
      this.#drainHeld(flow);
    } else {
      this.#hold(flow, fromFirst, segment);
    }
    this.#finish(flow);
  }

  /**
   * A lower number at a time later than any record waits is of another numbering. The kernel numbers
   * and times a record in two steps, between which a processor may be taken away: no less will do.
   */
  #isRenumbered(flow: Flow, segment: HttpSegment): boolean {
    const waiting = flow.held?.[flow.held.length - 1].segment;
    if (waiting && segment.ordinal < waiting.ordinal) {
      return segment.tsUs - waiting.tsUs > this.#limits.reorderUs;
    }
    if (segment.ordinal >= flow.nextOrdinal) return false;
    return (segment.tsUs - flow.lastHandled | 0) > this.#limits.reorderUs;
  }

  #late(segment: HttpSegment): void {
    const isHead = segment.kind === "request" || segment.kind === "response";
    if (isHead) this.counts.late++;
    else if (segment.kind === "other") this.counts.unusable++;
  }

  /** The kernel numbers anew: this is another connection, or one that the kernel had forgotten. */
  #restart(flow: Flow): void {
    while (flow.held) this.#skipToHeld(flow);
    this.#releaseEarly(flow);
    abandon(this.#context, flow, "evidence_missing");
    flow.nextOrdinal = 1;
    this.counts.tupleReuses++;
  }

  #hold(flow: Flow, fromFirst: boolean, segment: HttpSegment): void {
    if (!flow.held) flow.heldSince = segment.tsUs | 0;
    const held = flow.held ??= [];
    let at = held.length;
    while (at > 0 && held[at - 1].segment.ordinal > segment.ordinal) at--;
    held.splice(at, 0, { fromFirst, segment });
    if (held.length > MAX_HELD) this.#skipToHeld(flow);
  }

  #drainHeld(flow: Flow): void {
    const { held } = flow;
    if (!held) return;
    let taken = 0;
    for (; taken < held.length; taken++) {
      const { fromFirst, segment } = held[taken];
      if (segment.ordinal > flow.nextOrdinal) break;
      const isExtra = segment.kind === "fin" && segment.isExtra;
      if (segment.ordinal === flow.nextOrdinal) flow.nextOrdinal++;
      else if (!isExtra) {
        this.#late(segment);
        continue;
      }
      this.#handle(flow, fromFirst, segment);
    }
    held.splice(0, taken);
    if (held.length === 0) flow.held = null;
    else if (taken > 0) flow.heldSince = held[0].segment.tsUs | 0;
  }

  /** Gives up the records before the first one that waits. */
  #skipToHeld(flow: Flow): void {
    if (!flow.held) return;
    const next = flow.held[0].segment.ordinal;
    if (next > flow.nextOrdinal) {
      this.#releaseEarly(flow);
      noteLost(this.#context, flow, next - flow.nextOrdinal);
      flow.nextOrdinal = next;
    }
    this.#drainHeld(flow);
  }

  #handle(flow: Flow, fromFirst: boolean, segment: HttpSegment): void {
    const fromClient = fromFirst !== flow.isFlipped;
    if ((segment.tsUs - flow.lastHandled | 0) > 0) flow.lastHandled = segment.tsUs | 0;
    switch (segment.kind) {
      case "request":
        if (flow.isOpaque) this.counts.insideTunnel++;
        else if (fromClient) this.#head(flow, segment);
        else if (flow.isOriented) this.counts.ambiguous++;
        else this.#turn(flow, segment);
        return;
      case "response":
        if (flow.isOpaque) this.counts.insideTunnel++;
        else if (fromClient) this.counts.ambiguous++;
        else this.#head(flow, segment);
        return;
      case "opaque":
        this.#releaseEarly(flow);
        if (!flow.isOpaque) this.counts.opaqueFlows++;
        abandon(this.#context, flow, "opaque");
        flow.isOpaque = true;
        return;
      case "other":
        this.counts.unusable++;
        if (!flow.hasRequest) flow.isUnanchored = true;
        return;
      case "unknown":
        return;
      default:
        this.#releaseEarly(flow);
        if (matchEnd(this.#context, flow, fromClient, segment)) flow.isOver = true;
    }
  }

  /** A head of the right direction: at once, or in the order of the direction's bytes. */
  #head(flow: Flow, segment: RequestSegment | ResponseSegment): void {
    if (flow.early && isDueBefore(flow.early, segment)) this.#releaseEarly(flow);
    if (!flow.early && isEarly(flow, segment)) {
      flow.early = { segment, since: segment.tsUs | 0 };
      return;
    }
    this.#match(flow, segment);
    if (flow.early && !isEarly(flow, flow.early.segment)) this.#releaseEarly(flow);
  }

  #releaseEarly(flow: Flow): void {
    const { early } = flow;
    flow.early = null;
    if (early) this.#match(flow, early.segment);
  }

  #match(flow: Flow, segment: RequestSegment | ResponseSegment): void {
    if (segment.kind === "request") matchRequest(this.#context, flow, segment);
    else matchResponse(this.#context, flow, segment);
  }

  /** A connection whose first records were not seen may run the other way round. */
  #turn(flow: Flow, segment: RequestSegment): void {
    this.#releaseEarly(flow);
    distrust(this.#context, flow);
    forgetUnplaced(this.#context, flow);
    this.#flows.turn(flow);
    flow.startOver();
    flow.isTangled = flow.isUnanchored = true;
    matchRequest(this.#context, flow, segment);
  }

  /** What comes behind every record: forgets a connection that is over, notes what falls due. */
  #finish(flow: Flow): void {
    if (flow.isOver && !flow.held) {
      this.#flows.remove(flow);
      return;
    }
    if (flow.isListedDue || (!flow.held && !flow.early && !flow.deferred)) return;
    flow.isListedDue = true;
    this.#due.push(flow);
  }
}
