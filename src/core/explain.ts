// Why a request goes where it goes: the decision of the core itself with its tracing on, decoded with
// the snapshot that its tables were made of. Takes a loaded core, gives plain data. Decides nothing:
// what it adds is words, and the order of those that were beaten, which the tests hold to the core's.

import type { HttpMatch, HttpRoute, HttpRule, Listener, Snapshot } from "../ir/snapshot.ts";
import { HEADER, MATCH_SIZE } from "./compiler/layout.ts";
import type { Decision, RequestInput } from "./decision.ts";
import type { GatewayCore } from "./gateway_core.ts";
import type { IdRegistry } from "./ids.ts";
import { beats, type Contender, describeFailure, describeMatch } from "./explain_words.ts";

/** TRACE_* of core.as/route/trace.ts. */
const TRACE = { listener: 1, host: 2, tried: 3, matched: 4, backend: 5, slot: 6 } as const;
const BLOB_TRAILER = 32;
const NODE_TEXT = 20;

export interface TraceEvent {
  readonly kind: number;
  readonly a: number;
  readonly b: number;
  readonly c: number;
}

/** One match of one rule, as the request met it. */
export interface MatchExplanation {
  readonly route: string;
  /** From 0, as in `spec.rules[0].matches[0]`. */
  readonly rule: number;
  readonly ruleName: string;
  readonly match: number;
  /** The hostname by which its route takes the request. */
  readonly host: string;
  readonly states: string;
  /** The lookup tried it; else its index or its order spared it. */
  readonly tried: boolean;
  readonly outcome: "won" | "beaten" | "failed";
  /** The first condition that fails, or why another one won. */
  readonly why: string;
}

export interface BackendExplanation {
  readonly to: string;
  readonly weight: number;
  readonly drawn: boolean;
}

export interface BalanceExplanation {
  readonly service: string;
  readonly endpoint: string;
  readonly endpoints: number;
  /** 0: one endpoint, no table. */
  readonly slots: number;
  /** The slot of the key first, then those that ejected endpoints made it pass over. */
  readonly visited: readonly { readonly slot: number; readonly endpoint: string }[];
}

export interface Explanation {
  readonly listener?: string;
  /** Hostnames of the listener's routes that take the request, the most specific first. */
  readonly hosts: readonly string[];
  /** Routes of the listener that are for other hosts. */
  readonly routesForOtherHosts: number;
  /** The winner first, then those it beats by rank, then those that fail, in the order of routes. */
  readonly matches: readonly MatchExplanation[];
  /** The core's winner is the first of all that match; false would be a fault of ours. */
  readonly winnerLeads: boolean;
  readonly filters: HttpRule["filters"];
  readonly backends: readonly BackendExplanation[];
  /** Of the weights' sum, where the draw fell. */
  readonly draw?: { readonly point: number; readonly total: number };
  readonly balance?: BalanceExplanation;
  readonly decision: Decision;
}

interface Attached {
  readonly route: HttpRoute;
  readonly host: string;
  readonly hostRank: number;
}

export class Explainer {
  /** Route id -> address of its blob, for the table of `#generation`. */
  #blobs = new Map<string, number>();
  #generation = -1;

  constructor(readonly core: GatewayCore, readonly ids: IdRegistry) {}

  /** `snapshot` must be what the core's tables were compiled from. Holds no plan afterwards. */
  explain(snapshot: Snapshot, input: RequestInput): Explanation {
    const { decision, events } = this.core.traceRequest(input);
    if (decision.kind === "forward") this.core.releasePlan(decision.plan);
    const event = (kind: number) => events.find((each) => each.kind === kind);
    const listener = listenerOf(snapshot, event(TRACE.listener));
    const nothing = {
      hosts: [],
      routesForOtherHosts: 0,
      matches: [],
      winnerLeads: false,
      filters: {},
      backends: [],
    };
    if (!listener) return { ...nothing, decision };
    const winner = event(TRACE.matched)?.a;
    const tried = new Set(events.filter(({ kind }) => kind === TRACE.tried).map(({ a }) => a));
    const found = this.#contenders(listener, input, winner, tried);
    const won = found.contenders.find(({ offset }) => offset === winner);
    const rule = won?.route.rules[won.rule];
    const drawn = event(TRACE.backend);
    return {
      listener: listener.id,
      hosts: found.hosts.map((host) => host === "" ? "any host" : host),
      routesForOtherHosts: found.others,
      matches: found.matches,
      winnerLeads: won !== undefined && won === found.contenders[0],
      filters: rule?.filters ?? {},
      backends: (rule?.backends ?? []).map(({ target, weight }, index) => ({
        to: target.kind === "service" ? target.service : `invalid: ${target.reason}`,
        weight,
        drawn: rule!.backends.length === 1 ? weight > 0 : drawn?.a === index,
      })),
      ...(drawn ? { draw: { point: drawn.b, total: drawn.c } } : {}),
      ...this.#balance(decision, events),
      decision,
    };
  }

  #contenders(
    listener: Listener,
    input: RequestInput,
    winner: number | undefined,
    tried: ReadonlySet<number>,
  ) {
    return this.core.examineRequest(input, (core) => {
      const base = core.base;
      const hosts = core.hosts.map((root) => {
        const text = core.text(base + root + NODE_TEXT, core.u16(base + root + 16));
        return text.startsWith(".") ? `*${text}` : text;
      });
      const attached = attachedTo(listener, hosts);
      const blobs = this.#blobsOf(core);
      const contenders: Contender[] = [];
      const failed: MatchExplanation[] = [];
      for (const { route, host, hostRank } of attached) {
        const blob = blobs.get(route.id);
        if (blob === undefined) continue;
        for (const { rule, match, index, content } of matchesOf(route)) {
          const offset = blob - base + index * MATCH_SIZE;
          const verdict = core.verdict(offset);
          const one = { route, rule, match, host, hostRank, content, offset };
          if (verdict === 0) contenders.push(one);
          else {
            failed.push(explainOne(one, "failed", describeFailure(content, verdict), tried));
          }
        }
      }
      contenders.sort((a, b) => beats(a, b).order);
      const best = contenders.find(({ offset }) => offset === winner);
      const second = contenders.find(({ offset }) => offset !== winner);
      const won = !best ? [] : [explainOne(
        best,
        "won",
        second ? `beats the runner-up: ${beats(best, second).why}` : "nothing else matches",
        tried,
      )];
      const beaten = contenders.filter((one) => one !== best).map((one) =>
        explainOne(one, "beaten", best ? beats(best, one).why : "", tried)
      );
      const others = new Set(listener.routes).size - attached.length;
      return { hosts, others, contenders, matches: [...won, ...beaten, ...failed] };
    });
  }

  #blobsOf(core: CoreReader): ReadonlyMap<string, number> {
    if (this.#generation === this.core.routesGeneration) return this.#blobs;
    const { base } = core;
    const list = base + core.u32(base + HEADER.blobOffsets);
    const count = core.u32(base + HEADER.blobOffsets + 4);
    const end = core.u32(base + HEADER.blobs) + core.u32(base + HEADER.blobs + 4);
    const blobs = new Map<string, number>();
    for (let i = 0; i < count; i++) {
      const blob = base + core.u32(list + i * 4);
      const next = base + (i + 1 < count ? core.u32(list + i * 4 + 4) : end);
      const trailer = next - BLOB_TRAILER;
      blobs.set(core.text(blob + core.u32(trailer + 12), core.u32(trailer + 16)), blob);
    }
    this.#blobs = blobs;
    this.#generation = this.core.routesGeneration;
    return blobs;
  }

  #balance(
    decision: Decision,
    events: readonly TraceEvent[],
  ): { balance?: BalanceExplanation } {
    if (decision.kind !== "forward") return {};
    const { serviceId, endpointIndex } = decision;
    const name = (index: number) => {
      const endpoint = this.core.endpoint(serviceId, index);
      if (!endpoint) return "";
      const { address, port } = endpoint;
      return address.includes(":") ? `[${address}]:${port}` : `${address}:${port}`;
    };
    const slots = events.filter(({ kind }) => kind === TRACE.slot);
    return {
      balance: {
        service: this.ids.services.nameOf(serviceId) ?? "",
        endpoint: name(endpointIndex),
        endpoints: this.core.service(serviceId)?.endpointCount ?? 0,
        slots: slots[0]?.b ?? 0,
        visited: slots.map(({ a, c }) => ({ slot: a, endpoint: name(c) })),
      },
    };
  }
}

/** A core whose head holds a request that was matched, for reading. */
export interface CoreReader {
  readonly base: number;
  /** Offsets of the root nodes that take the host, the most specific first. */
  readonly hosts: readonly number[];
  /** 0, or what of the match at the offset fails first. */
  verdict(offset: number): number;
  u16(at: number): number;
  u32(at: number): number;
  text(at: number, length: number): string;
}

function listenerOf(snapshot: Snapshot, event: TraceEvent | undefined): Listener | undefined {
  const routed = snapshot.listeners.filter(({ protocol }) =>
    protocol === "HTTP" || protocol === "HTTPS"
  );
  return event && routed[event.a];
}

/** Routes with the most specific of their hostnames that takes the request. */
function attachedTo(listener: Listener, hosts: readonly string[]): Attached[] {
  return listener.routes.flatMap(({ route, hostnames }) => {
    const hostRank = hosts.findIndex((host) => hostnames.includes(host));
    return hostRank < 0 ? [] : [{ route, host: hosts[hostRank], hostRank }];
  });
}

/** Matches in the order of their records. */
function* matchesOf(
  route: HttpRoute,
): Generator<{ rule: number; match: number; index: number; content: HttpMatch }> {
  let index = 0;
  for (const [rule, { matches }] of route.rules.entries()) {
    for (const [match, content] of matches.entries()) {
      yield { rule, match, index: index++, content };
    }
  }
}

function explainOne(
  { route, rule, match, host, content, offset }: Contender,
  outcome: MatchExplanation["outcome"],
  why: string,
  tried: ReadonlySet<number>,
): MatchExplanation {
  return {
    route: route.id,
    rule,
    ruleName: route.rules[rule].name,
    match,
    host: host === "" ? "any host" : host,
    states: describeMatch(content),
    tried: tried.has(offset),
    outcome,
    why,
  };
}
