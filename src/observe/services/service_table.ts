// All services that were seen, by name: exchanges go in, events come out once a second.
// Bounded: beyond MAX_SERVICES further ones share the name `other`, and are counted.

import type { SketchPool } from "../../core/sketches.ts";
import type { EventDraft, HttpData, ObserverEvent, RouteQuestion } from "../events/event.ts";
import type { Exchange, FlowWords, RequestSegment } from "../pairing/types.ts";
import type { HealthCheckThresholds } from "../processors/health_check.ts";
import { clientAddress, serverAddress, serverPort } from "./addresses.ts";
import { ProbeTable } from "./probe_table.ts";
import { ObservedService, type ServiceThresholds, type ServiceView } from "./service.ts";
import type { ServiceIndex, Target } from "./service_index.ts";

const MAX_SERVICES = 500;
/** Addresses whose names are kept. */
const MAX_NAMES = 10_000;

export interface TableThresholds extends ServiceThresholds {
  readonly probes: HealthCheckThresholds;
}

/** Gives `namespace/name` of a request's route, null where that is not known. */
export type RouteOf = (question: RouteQuestion) => string | null;

interface Entry {
  readonly service: ObservedService;
  /** What stands for the next event: the last exchange, a slow or failed one before others. */
  sample: Exchange | null;
  /** Of that exchange: its connection may be forgotten before the second ends. */
  readonly words: FlowWords;
  target: Target | null;
  isSampleBad: boolean;
}

export class ServiceTable {
  readonly #pool: SketchPool;
  readonly #index: ServiceIndex;
  readonly #thresholds: TableThresholds;
  readonly #emit: (event: ObserverEvent) => void;
  readonly #routeOf: RouteOf;
  readonly #entries = new Map<string, Entry>();
  /** By address and port. */
  readonly #names = new Map<string, Map<number, string>>();
  readonly #probes: ProbeTable;
  #servicesOverflow = 0;

  constructor(
    pool: SketchPool,
    index: ServiceIndex,
    thresholds: TableThresholds,
    emit: (event: ObserverEvent) => void,
    routeOf: RouteOf = () => null,
  ) {
    this.#pool = pool;
    this.#index = index;
    this.#thresholds = thresholds;
    this.#emit = emit;
    this.#probes = new ProbeTable(thresholds.probes);
    this.#routeOf = routeOf;
  }

  /** Exchanges and probes that found no place of their own. */
  get overflow(): { readonly services: number; readonly probes: number } {
    return { services: this.#servicesOverflow, probes: this.#probes.overflow };
  }

  /** A request was seen at this wall time; its response is still to come. */
  began(request: RequestSegment, words: FlowWords, atMs: number): void {
    if (!this.#probes.isProbe(request)) return;
    const target = this.#index.find(serverAddress(words), serverPort(words));
    this.#probes.began(request, words, this.#probed(request, words, target), atMs);
  }

  /** `atMs`: wall time of the exchange. */
  add(exchange: Exchange, atMs: number): void {
    const address = serverAddress(exchange.flow);
    const port = serverPort(exchange.flow);
    const target = this.#index.find(address, port);
    const entry = this.#entry(target?.service ?? this.#nameOf(address, port), target);
    let isBad = false;
    if (exchange.outcome === "known") {
      isBad = entry.service.known(exchange.response.head.status, exchange.latencyUs);
    } else entry.service.unknown();
    // What may be no exchange at all stands for nothing.
    const isDoubtful = exchange.outcome === "unknown" && exchange.reason === "ambiguous";
    if (!isDoubtful && (isBad || !entry.isSampleBad)) {
      entry.sample = exchange;
      entry.words.set(exchange.flow);
      entry.target = target;
      entry.isSampleBad = isBad;
    }
    const { request } = exchange;
    if (!request || !this.#probes.isProbe(request)) return;
    const { name } = entry.service;
    const probed = this.#probed(request, exchange.flow, target);
    for (const draft of this.#probes.concluded(exchange, probed)) {
      this.#event(draft, atMs, name, this.#data(exchange, exchange.flow, target, name), target);
    }
  }

  /** Ends a second. */
  second(endMs: number, lostRecords: number): void {
    for (const entry of this.#entries.values()) {
      for (const draft of entry.service.second(endMs, lostRecords)) {
        const { sample, words, target, service: { name } } = entry;
        const data = sample ? this.#data(sample, words, target, name) : NO_DATA;
        this.#event(draft, endMs, name, data, target);
      }
      entry.isSampleBad = false;
    }
  }

  /**
   * Everything up to this wall time has been read, with so many records lost since the last time:
   * which probes are late.
   */
  told(atMs: number, lostRecords: number): void {
    for (const { awaited, events } of this.#probes.told(atMs, lostRecords)) {
      const { request, words } = awaited;
      const target = this.#index.find(serverAddress(words), serverPort(words));
      const name = this.#serviceOf(words, target);
      const exchange = { outcome: "unknown", reason: "aged", flow: words, request } as const;
      const data = this.#data({ ...exchange, response: null }, words, target, name);
      for (const draft of events) this.#event(draft, atMs, name, data, target);
    }
  }

  views(): ServiceView[] {
    return [...this.#entries.values()].map(({ service }) => {
      const view = service.view();
      const isFailing = this.#probes.isFailing(service.name);
      return isFailing ? { ...view, open: [...view.open, "HealthCheck"] } : view;
    });
  }

  get services(): Iterable<ObservedService> {
    return [...this.#entries.values()].map(({ service }) => service);
  }

  /** `words`: of the exchange's connection. */
  #data(exchange: Exchange, words: FlowWords, target: Target | null, service: string): HttpData {
    const { request } = exchange;
    const { method = "", host = "", target: path = "" } = request?.head ?? {};
    const isKnown = exchange.outcome === "known";
    const serverPortNumber = serverPort(words);
    return {
      method,
      path: path.replace(/\?.*$/s, ""),
      route: request
        ? this.#routeOf({ method, host, path, serverPort: serverPortNumber, service })
        : null,
      status_code: isKnown ? exchange.response.head.status : null,
      latency_ms: isKnown ? exchange.latencyUs / 1000 : null,
      server_ip: serverAddress(words),
      server_port: serverPortNumber,
      client_ip: clientAddress(words),
      pod_name: target?.podName ?? null,
      namespace: target?.namespace ?? null,
    };
  }

  #serviceOf(words: FlowWords, target: Target | null): string {
    return target?.service ?? this.#nameOf(serverAddress(words), serverPort(words));
  }

  #probed({ head }: RequestSegment, words: FlowWords, target: Target | null) {
    const service = this.#serviceOf(words, target);
    return { place: `${service} ${serverAddress(words)} ${serverPort(words)}`, path: head.target };
  }

  /** The name of a service that no object speaks of, made once. */
  #nameOf(address: string, port: number): string {
    let names = this.#names.get(address);
    if (!names) {
      if (this.#names.size >= MAX_NAMES) this.#names.clear();
      this.#names.set(address, names = new Map());
    }
    let name = names.get(port);
    if (name === undefined) names.set(port, name = `${shown(address)}:${port}`);
    return name;
  }

  #entry(name: string, target: Target | null): Entry {
    const known = this.#entries.get(name);
    if (known) return known;
    if (this.#entries.size >= MAX_SERVICES && name !== "other") {
      this.#servicesOverflow++;
      return this.#entry("other", null);
    }
    const entry = {
      service: new ObservedService(name, this.#pool, this.#thresholds),
      sample: null,
      words: new Uint32Array(10),
      target,
      isSampleBad: false,
    };
    this.#entries.set(name, entry);
    return entry;
  }

  #event(
    draft: EventDraft,
    atMs: number,
    service: string,
    data: HttpData,
    target: Target | null,
  ): void {
    this.#emit({
      id: crypto.randomUUID(),
      time: new Date(atMs).toISOString(),
      ...draft,
      http_data: data,
      k8s_context: {
        service,
        namespace: target?.namespace ?? null,
        pod_name: target?.podName ?? null,
        node_name: target?.nodeName ?? null,
        labels: target?.labels ?? {},
      },
    });
  }
}

const NO_DATA: HttpData = {
  method: "",
  path: "",
  route: null,
  status_code: null,
  latency_ms: null,
  server_ip: "",
  server_port: 0,
  client_ip: "",
  pod_name: null,
  namespace: null,
};

function shown(address: string): string {
  return address.includes(":") ? `[${address}]` : address;
}
