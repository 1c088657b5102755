// Pairs responses with requests over all connections: finds the flow, restores the kernel's order,
// lets the matcher decide, and bounds what is remembered. Takes segments with both endpoints, gives
// exchanges to `onExchange`. Never reads a clock: time comes with the records and with `tick`.

import type { Flow } from "./flow.ts";
import { FlowTable } from "./flow_table.ts";
import {
  abandon,
  matchEnd,
  type MatcherContext,
  matchRequest,
  matchResponse,
  noteLost,
  settle,
} from "./matcher.ts";
import {
  DEFAULT_PAIRING_LIMITS,
  type Exchange,
  type FlowWords,
  type HttpSegment,
  newPairingCounts,
  type PairingCounts,
  type PairingLimits,
} from "./types.ts";

/** Records of one connection that may wait for an earlier one. */
const MAX_HELD = 32;

/** Of a record: source address (4 words), destination (4 words), ports, interface index. */
export type EndpointWords = Uint32Array;

export class Pairing {
  readonly counts: PairingCounts = newPairingCounts();
  readonly #limits: PairingLimits;
  readonly #flows: FlowTable;
  readonly #context: MatcherContext;
  readonly #reversed: FlowWords = new Uint32Array(10);
  /** Flows with something that falls due, in no particular order. */
  #due: Flow[] = [];

  constructor(onExchange: (exchange: Exchange) => void, limits?: Partial<PairingLimits>) {
    this.#limits = { ...DEFAULT_PAIRING_LIMITS, ...limits };
    this.#flows = new FlowTable(this.#limits.maxFlows);
    this.#context = { limits: this.#limits, counts: this.counts, emit: onExchange };
  }

  /** Connections remembered now. */
  get flowCount(): number {
    return this.#flows.size;
  }

  /** Takes one record; `words` (source, destination, source port << 16 | destination port) is read. */
  push(words: EndpointWords, segment: HttpSegment): void {
    this.#reverse(words);
    let fromClient = true;
    let flow = this.#flows.find(words);
    if (!flow) {
      flow = this.#flows.find(this.#reversed);
      if (flow) fromClient = false;
    }
    if (!flow) {
      if (segment.kind === "fin" || segment.kind === "rst" || segment.kind === "other") return;
      fromClient = segment.kind !== "response";
      flow = this.#addFlow(fromClient ? words : this.#reversed, segment.tsUs);
    }
    this.#flows.touch(flow, segment.tsUs);
    this.#inOrder(flow, fromClient, segment);
  }

  /** Lets time pass: settles what waited long enough and forgets idle connections. */
  tick(nowUs: number): void {
    const due = this.#due;
    this.#due = [];
    for (const flow of due) {
      flow.isListedDue = false;
      if (flow.held.length > 0 && nowUs - flow.heldSinceUs >= this.#limits.reorderUs) {
        this.#skipToHeld(flow);
      }
      if (flow.deferred && nowUs >= flow.deferred.deadlineUs) settle(this.#context, flow, false);
      this.#listIfDue(flow);
    }
    for (let flow = this.#flows.oldest; flow; flow = this.#flows.oldest) {
      if (nowUs - flow.lastUsedUs < this.#limits.idleUs) break;
      this.#forget(flow, "aged");
      this.counts.flowsAged++;
    }
  }

  /** Ends everything that is open, for the end of a capture. */
  flush(): void {
    for (let flow = this.#flows.oldest; flow; flow = this.#flows.oldest) {
      while (flow.held.length > 0) this.#skipToHeld(flow);
      this.#forget(flow, "aged");
    }
    this.#due = [];
  }

  #reverse(words: EndpointWords): void {
    const reversed = this.#reversed;
    for (let index = 0; index < 4; index++) {
      reversed[index] = words[index + 4];
      reversed[index + 4] = words[index];
    }
    reversed[8] = (words[8] << 16 | words[8] >>> 16) >>> 0;
    reversed[9] = words[9];
  }

  #addFlow(words: FlowWords, nowUs: number): Flow {
    if (this.#flows.isFull && this.#flows.oldest) {
      this.#forget(this.#flows.oldest, "evicted");
      this.counts.flowsEvicted++;
    }
    return this.#flows.add(words, nowUs);
  }

  #forget(flow: Flow, reason: "aged" | "evicted"): void {
    abandon(this.#context, flow, reason);
    this.#flows.remove(flow);
  }

  /** Handles records in the kernel's numbering; one that is ahead waits for those before it. */
  #inOrder(flow: Flow, fromClient: boolean, segment: HttpSegment): void {
    const { ordinal } = segment;
    if (ordinal === 0) {
      // The kernel could not keep count: nothing can be proven on this connection.
      flow.isTangled = true;
      this.#handle(flow, fromClient, segment);
      return;
    }
    if (segment.kind === "fin" && segment.isExtra) {
      this.#extraFin(flow, fromClient, segment);
      return;
    }
    if (ordinal === 1 && flow.nextOrdinal > 1) flow.nextOrdinal = 1;
    if (ordinal < flow.nextOrdinal) {
      this.counts.late++;
      return;
    }
    if (ordinal > flow.nextOrdinal) {
      if (flow.held.length === 0) flow.heldSinceUs = segment.tsUs;
      flow.held.push({ fromClient, segment });
      flow.held.sort((left, right) => left.segment.ordinal - right.segment.ordinal);
      if (flow.held.length > MAX_HELD) this.#skipToHeld(flow);
    } else {
      flow.nextOrdinal++;
      this.#handle(flow, fromClient, segment);
      this.#drainHeld(flow);
    }
    this.#listIfDue(flow);
  }

  /** The FIN of a record: handled behind that record, which may still wait for its turn. */
  #extraFin(flow: Flow, fromClient: boolean, segment: HttpSegment): void {
    if (segment.ordinal >= flow.nextOrdinal) flow.held.push({ fromClient, segment });
    else this.#handle(flow, fromClient, segment);
  }

  #drainHeld(flow: Flow): void {
    while (flow.held.length > 0 && flow.held[0].segment.ordinal <= flow.nextOrdinal) {
      const held = flow.held.shift();
      if (!held) return;
      if (held.segment.kind === "fin" && held.segment.isExtra) {
        this.#handle(flow, held.fromClient, held.segment);
        continue;
      }
      if (held.segment.ordinal < flow.nextOrdinal) continue;
      flow.nextOrdinal++;
      this.#handle(flow, held.fromClient, held.segment);
    }
    if (flow.held.length > 0) flow.heldSinceUs = flow.held[0].segment.tsUs;
  }

  /** Gives up the records before the first one that waits. */
  #skipToHeld(flow: Flow): void {
    const next = flow.held[0].segment.ordinal;
    noteLost(this.#context, flow, next - flow.nextOrdinal);
    flow.nextOrdinal = next;
    this.#drainHeld(flow);
  }

  #handle(flow: Flow, fromClient: boolean, segment: HttpSegment): void {
    if (segment.kind === "fin" || segment.kind === "rst") {
      if (matchEnd(this.#context, flow, fromClient, segment) && flow.held.length === 0) {
        this.#flows.remove(flow);
      }
      return;
    }
    if (segment.kind === "opaque") {
      if (!flow.isOpaque) this.counts.opaqueFlows++;
      abandon(this.#context, flow, "opaque");
      flow.isOpaque = true;
      return;
    }
    if (flow.isOpaque || segment.kind === "other") return;
    if (segment.kind === "request") {
      if (fromClient) matchRequest(this.#context, flow, segment);
      else this.counts.ambiguous++;
      return;
    }
    if (fromClient) this.counts.ambiguous++;
    else matchResponse(this.#context, flow, segment);
  }

  #listIfDue(flow: Flow): void {
    if (flow.isListedDue || (flow.held.length === 0 && !flow.deferred)) return;
    flow.isListedDue = true;
    this.#due.push(flow);
  }
}
