// The observer as a whole: records from the loader's socket, heads by the core, pairing, services,
// events. Takes compiled modules, a socket and an index; gives events, views and counts.
// What can't be known is counted as unknown, never guessed.

import { HeadPrefixReader } from "../core/head_prefix.ts";
import { CoreInstance } from "../core/instance.ts";
import { SketchPool } from "../core/sketches.ts";
import type { Logger } from "../logging/logging.ts";
import type { ObserverEvent } from "./events/event.ts";
import type {
  ClockPair,
  FrameHandler,
  LoaderCounters,
  ObservedInterface,
} from "./loader/frame_decoder.ts";
import { LoaderClient } from "./loader/loader_client.ts";
import {
  capturedLength,
  readEndpoints,
  readSegment,
  RECORD_FIN,
  RECORD_OPAQUE_HTTP2,
  RECORD_REQUEST,
  RECORD_RESPONSE,
  RECORD_RST,
  recordEndsConnection,
  recordKind,
} from "./loader/record.ts";
import { RECORD_HEADER_BYTES } from "./loader/frame_decoder.ts";
import { Pairing } from "./pairing/pairing.ts";
import type { Exchange, HttpSegment } from "./pairing/types.ts";
import type { ServiceIndex } from "./services/service_index.ts";
import { ServiceTable, type TableThresholds } from "./services/service_table.ts";
import { EventLog } from "./sinks/event_log.ts";

const CORE_MEMORY_BYTES = 4 << 20;
const TICK_MS = 100;

export interface ObserverOptions {
  readonly coreModule: WebAssembly.Module;
  readonly measureModule: WebAssembly.Module;
  readonly socketPath: string;
  readonly index: ServiceIndex;
  readonly thresholds: TableThresholds;
  readonly onEvent: (event: ObserverEvent) => void;
  /** Every exchange as it is concluded. */
  readonly onExchange?: (exchange: Exchange) => void;
  readonly log: Logger;
}

/** Everything that was not turned into knowledge, by cause; values only grow. */
export interface ObserverLosses {
  ring_full: number;
  reader_slow: number;
  unread: number;
  malformed: number;
  unreadable_head: number;
  disconnects: number;
  [cause: string]: number;
}

export class Observer {
  readonly events = new EventLog();
  readonly services: ServiceTable;
  readonly #client: LoaderClient;
  readonly #heads: HeadPrefixReader;
  readonly #pairing: Pairing;
  readonly #words = new Uint32Array(10);
  #clock: ClockPair = { monotonicUs: 0, realtimeMs: 0 };
  #counters: LoaderCounters | null = null;
  #timer: ReturnType<typeof setInterval> | undefined;
  #secondMs = Math.ceil(Date.now() / 1000) * 1000;
  #lostBefore = 0;
  #unreadableHeads = 0;
  /** Losses of loaders that are gone. */
  readonly #past = { ring_full: 0, reader_slow: 0, unread: 0, malformed: 0 };
  /** As the loader's newest hello states them. */
  interfaces: readonly ObservedInterface[] = [];
  records = 0;

  constructor(options: ObserverOptions) {
    const core = new CoreInstance(options.coreModule, { maxMemoryBytes: CORE_MEMORY_BYTES });
    this.#heads = new HeadPrefixReader(core);
    const pool = new SketchPool(options.measureModule);
    this.services = new ServiceTable(pool, options.index, options.thresholds, (event) => {
      this.events.add(event);
      options.onEvent(event);
    });
    this.#pairing = new Pairing((exchange) => {
      this.#exchange(exchange);
      options.onExchange?.(exchange);
    });
    this.#client = new LoaderClient({
      path: options.socketPath,
      handler: this.#handler(),
      onDisconnect: () => this.#disconnected(),
      log: options.log,
    });
  }

  get isConnected(): boolean {
    return this.#client.isConnected;
  }

  get connections(): number {
    return this.#pairing.flowCount;
  }

  get pairingCounts(): Pairing["counts"] {
    return this.#pairing.counts;
  }

  losses(): ObserverLosses {
    const now = this.#lossesOfLoader();
    const past = this.#past;
    const { counts } = this.#pairing;
    return {
      ring_full: past.ring_full + now.ring_full,
      reader_slow: past.reader_slow + now.reader_slow,
      unread: past.unread + now.unread,
      malformed: past.malformed + now.malformed,
      unreadable_head: this.#unreadableHeads,
      disconnects: this.#client.disconnects,
      record_lost: counts.lost,
      record_late: counts.late,
      ambiguous: counts.ambiguous,
      connection_aged: counts.flowsAged,
      connection_evicted: counts.flowsEvicted,
      opaque: counts.opaqueFlows,
      service_overflow: this.services.overflow.services,
      probe_overflow: this.services.overflow.probes,
    };
  }

  start(): void {
    this.#client.start();
    this.#timer = setInterval(() => this.#tick(), TICK_MS);
  }

  async stop(): Promise<void> {
    clearInterval(this.#timer);
    await this.#client.stop();
  }

  #handler(): FrameHandler {
    return {
      hello: (hello) => {
        this.#clock = hello.clock;
        this.interfaces = hello.interfaces;
      },
      record: (bytes, view, offset) => this.#record(bytes, view, offset),
      counters: (counters) => this.#count(counters),
      bye: () => {},
    };
  }

  #record(bytes: Uint8Array, view: DataView, offset: number): void {
    this.records++;
    const kind = recordKind(bytes, offset);
    const base = readSegment(view, offset);
    readEndpoints(view, offset, this.#words);
    if (kind === RECORD_REQUEST || kind === RECORD_RESPONSE) {
      const at = offset + RECORD_HEADER_BYTES;
      const head = this.#heads.read(bytes, at, capturedLength(view, offset));
      const expected = kind === RECORD_REQUEST ? "request" : "response";
      if (head?.kind === expected) {
        const segment = { kind: expected, ...base, head } as HttpSegment;
        this.#pairing.push(this.#words, segment);
      } else {
        // No head, whatever it looks like: the numbering goes on.
        this.#unreadableHeads++;
        this.#pairing.push(this.#words, { kind: "other", ...base });
      }
      if (recordEndsConnection(bytes, offset)) {
        this.#pairing.push(this.#words, { kind: "fin", ...base, isExtra: true });
      }
    } else if (kind === RECORD_FIN || kind === RECORD_RST) {
      this.#pairing.push(this.#words, { kind: kind === RECORD_FIN ? "fin" : "rst", ...base });
    } else if (kind >= RECORD_OPAQUE_HTTP2) {
      this.#pairing.push(this.#words, { kind: "opaque", ...base });
    }
  }

  #exchange(exchange: Exchange): void {
    const segment = exchange.response ?? exchange.request;
    this.services.add(exchange, this.#wallMs(segment?.tsUs ?? this.#nowUs()));
  }

  #wallMs(tsUs: number): number {
    return this.#clock.realtimeMs + (tsUs - this.#clock.monotonicUs) / 1000;
  }

  #nowUs(): number {
    return this.#clock.monotonicUs + (Date.now() - this.#clock.realtimeMs) * 1000;
  }

  #tick(): void {
    if (this.#clock.monotonicUs > 0) this.#pairing.tick(this.#nowUs());
    const nowMs = Date.now();
    // A process that slept does not make up for every second that it missed.
    if (nowMs - this.#secondMs > 10_000) this.#secondMs = Math.floor(nowMs / 1000) * 1000;
    for (; nowMs >= this.#secondMs; this.#secondMs += 1000) {
      const { ring_full, reader_slow } = this.losses();
      const lost = ring_full + reader_slow;
      this.services.second(this.#secondMs, lost - this.#lostBefore);
      this.#lostBefore = lost;
    }
  }

  #lossesOfLoader() {
    const counters = this.#counters;
    if (!counters) return { ring_full: 0, reader_slow: 0, unread: 0, malformed: 0 };
    return {
      ring_full: counters.ingress.ringFull + counters.egress.ringFull,
      reader_slow: counters.readerDropped,
      unread: counters.recordsUnread,
      malformed: counters.recordsMalformed,
    };
  }

  #count(counters: LoaderCounters): void {
    const before = this.#counters;
    if (before && counters.recordsReceived < before.recordsReceived) {
      // Another loader, which counts from 0.
      const { ring_full, unread, malformed } = this.#lossesOfLoader();
      this.#past.ring_full += ring_full;
      this.#past.unread += unread;
      this.#past.malformed += malformed;
    }
    this.#clock = counters.clock;
    this.#counters = counters;
  }

  #disconnected(): void {
    if (this.#counters) {
      this.#past.reader_slow += this.#counters.readerDropped;
      this.#counters = { ...this.#counters, readerDropped: 0 };
    }
    this.#pairing.flush();
  }
}
