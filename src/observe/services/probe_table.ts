// The probes under way and what became of them, by probed target. Takes requests as they are seen,
// exchanges as they are concluded, and how far all is told; gives what the processor says. A probe is
// late only where nothing was lost or unread that could have been its response. Bounded; what finds no
// place is counted.

import type { EventDraft } from "../events/event.ts";
import type { Exchange, FlowWords, RequestSegment } from "../pairing/types.ts";
import {
  HEALTH_CHECK_INITIAL,
  type HealthCheckState,
  type HealthCheckThresholds,
  isProbe,
  type ProbeOutcome,
  stepHealthCheck,
} from "../processors/health_check.ts";

const MAX_TARGETS = 5_000;
const MAX_AWAITED = 5_000;
/** As long as a response that was read may wait for what would refute it (PairingLimits.confirmUs). */
const SETTLED_MS = 1_000;

/** Whom a probe asked: part of its target's key. */
export interface Probed {
  /** Its service, address and port. */
  readonly place: string;
  readonly path: string;
}

export interface AwaitedProbe {
  readonly request: RequestSegment;
  /** Of its connection, which may be forgotten meanwhile. */
  readonly words: FlowWords;
  readonly probed: Probed;
  readonly deadlineMs: number;
  isJudged: boolean;
}

export interface LateProbe {
  readonly awaited: AwaitedProbe;
  readonly events: readonly EventDraft[];
}

export class ProbeTable {
  readonly #thresholds: HealthCheckThresholds;
  readonly #states = new Map<string, HealthCheckState>();
  readonly #awaited = new Map<RequestSegment, AwaitedProbe>();
  /** Probes that found no place. */
  overflow = 0;

  constructor(thresholds: HealthCheckThresholds) {
    this.#thresholds = thresholds;
  }

  isProbe({ head }: RequestSegment): boolean {
    return isProbe(head.userAgent, head.target, this.#thresholds);
  }

  /** Whether probes of a place fail now. */
  isFailing(place: string): boolean {
    for (const [key, { isFailing }] of this.#states) {
      if (isFailing && key.startsWith(`${place} `)) return true;
    }
    return false;
  }

  /** A probe was sent; `atMs` is its wall time. */
  began(request: RequestSegment, words: FlowWords, probed: Probed, atMs: number): void {
    if (this.#awaited.size >= MAX_AWAITED) {
      this.overflow++;
      return;
    }
    const deadlineMs = atMs + this.#thresholds.answerMs;
    const awaited = { request, words: words.slice(), probed, deadlineMs, isJudged: false };
    this.#awaited.set(request, awaited);
  }

  /** A probe's exchange is over: what there is to say of it. */
  concluded(exchange: Exchange, probed: Probed): readonly EventDraft[] {
    if (!exchange.request) return [];
    const awaited = this.#awaited.get(exchange.request);
    this.#awaited.delete(exchange.request);
    const outcome = outcomeOf(exchange, this.#thresholds);
    if (!outcome || awaited?.isJudged) return [];
    // The newest probe decides: what an older one is still to come to is of the past.
    for (const other of this.#awaited.values()) {
      const isOlder = other.request.tsUs < exchange.request.tsUs;
      if (isOlder && keyOf(other.probed) === keyOf(probed)) other.isJudged = true;
    }
    return this.#step(probed, outcome);
  }

  /** All that was seen up to this wall time was read, but for so many records that were lost. */
  told(atMs: number, lostRecords: number): readonly LateProbe[] {
    const late: LateProbe[] = [];
    for (const awaited of this.#awaited.values()) {
      // Its response may be among what was lost: nothing can be said before its connection ends.
      if (lostRecords > 0) awaited.isJudged = true;
      if (awaited.isJudged || atMs < awaited.deadlineMs + SETTLED_MS) continue;
      awaited.isJudged = true;
      const waitedMs = this.#thresholds.answerMs;
      late.push({ awaited, events: this.#step(awaited.probed, { kind: "late", waitedMs }) });
    }
    return late;
  }

  #step(probed: Probed, outcome: ProbeOutcome): readonly EventDraft[] {
    const key = keyOf(probed);
    const state = this.#states.get(key);
    if (!state && this.#states.size >= MAX_TARGETS) {
      this.overflow++;
      return [];
    }
    const step = stepHealthCheck(state ?? HEALTH_CHECK_INITIAL, outcome, this.#thresholds);
    this.#states.set(key, step.state);
    return step.events;
  }
}

function keyOf({ place, path }: Probed): string {
  return `${place} ${path}`;
}

/** Null where nothing is known of the probe's fate. */
function outcomeOf(exchange: Exchange, thresholds: HealthCheckThresholds): ProbeOutcome | null {
  if (exchange.outcome === "known") {
    const { status } = exchange.response.head;
    return { kind: "answered", status, latencyMs: exchange.latencyUs / 1000 };
  }
  if (exchange.reason === "reset") return { kind: "refused" };
  if (exchange.reason === "closed" || exchange.reason === "aged") {
    return { kind: "late", waitedMs: thresholds.answerMs };
  }
  return null;
}
