// The observer as a whole: records from the loader's socket, heads by the core, pairing, services,
// events. Takes compiled modules, a socket and an index; gives events, views and counts.
// What can't be known is counted as unknown, never guessed. Time is the packets' own.

import { HeadPrefixReader } from "../core/head_prefix.ts";
import { SketchPool } from "../core/sketches.ts";
import type { Logger } from "../logging/logging.ts";
import type { ObserverEvent } from "./events/event.ts";
import {
  type ClockPair,
  DECODER_BUFFER_BYTES,
  type FrameHandler,
  type LoaderCounters,
  type ObservedInterface,
} from "./loader/frame_decoder.ts";
import { LoaderClient } from "./loader/loader_client.ts";
import { recordTimeUs } from "./loader/record.ts";
import { Pairing } from "./pairing/pairing.ts";
import type { Exchange } from "./pairing/types.ts";
import { RecordClock } from "./record_clock.ts";
import { RecordReader } from "./record_reader.ts";
import type { ServiceIndex } from "./services/service_index.ts";
import { type RouteOf, ServiceTable, type TableThresholds } from "./services/service_table.ts";
import { EventLog } from "./sinks/event_log.ts";

const TICK_MS = 100;

export interface ObserverOptions {
  readonly coreModule: WebAssembly.Module;
  readonly measureModule: WebAssembly.Module;
  readonly socketPath: string;
  readonly index: ServiceIndex;
  readonly thresholds: TableThresholds;
  readonly onEvent: (event: ObserverEvent) => void;
  /** Default: no route is known. */
  readonly routeOf?: RouteOf;
  /** Every exchange as it is concluded. */
  readonly onExchange?: (exchange: Exchange) => void;
  readonly log: Logger;
}

/** Everything that was not turned into knowledge, by cause; values only grow. */
export interface ObserverLosses {
  ring_full: number;
  table_full: number;
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
  readonly #reader: RecordReader;
  readonly #pairing: Pairing;
  readonly #clock = new RecordClock();
  #counters: LoaderCounters | null = null;
  #timer: ReturnType<typeof setInterval> | undefined;
  /** The end of the second that exchanges are being added to, wall time. */
  #secondMs = Math.ceil(Date.now() / 1000) * 1000;
  #lostBefore = 0;
  #lostTold = 0;
  /** The loader that is connected now has. */
  #saidHello = false;
  /** Losses of loaders that are gone. */
  readonly #past = { ring_full: 0, table_full: 0, reader_slow: 0, unread: 0, malformed: 0 };
  /** As the loader's newest hello states them. */
  interfaces: readonly ObservedInterface[] = [];

  constructor(options: ObserverOptions) {
    const heads = new HeadPrefixReader(options.coreModule);
    const pool = new SketchPool(options.measureModule);
    this.services = new ServiceTable(pool, options.index, options.thresholds, (event) => {
      this.events.add(event);
      options.onEvent(event);
    }, options.routeOf);
    this.#pairing = new Pairing(
      (exchange) => {
        this.#exchange(exchange);
        options.onExchange?.(exchange);
      },
      {},
      (request, words) => this.services.began(request, words, this.wallMs(request.tsUs)),
    );
    this.#reader = new RecordReader(heads, this.#pairing);
    this.#client = new LoaderClient({
      path: options.socketPath,
      buffer: heads.allocate(DECODER_BUFFER_BYTES),
      handler: this.#handler(),
      onDisconnect: () => this.#disconnected(),
      log: options.log,
    });
  }

  get isConnected(): boolean {
    return this.#client.isConnected;
  }

  /** Wall time up to which the loader has told everything, ms since the epoch. */
  get toldMs(): number {
    return this.#clock.toldMs;
  }

  /** Wall time of a record's time, ms since the epoch. */
  wallMs(tsUs: number): number {
    return this.#clock.wallMs(tsUs);
  }

  /** Records read from the loader. */
  get records(): number {
    return this.#reader.records;
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
      table_full: past.table_full + now.table_full,
      reader_slow: past.reader_slow + now.reader_slow,
      unread: past.unread + now.unread,
      malformed: past.malformed + now.malformed,
      unreadable_head: this.#reader.unreadableHeads,
      disconnects: this.#client.disconnects,
      protocol_error: this.#client.protocolErrors,
      unknown_kind: this.#reader.unknownKinds,
      record_lost: counts.lost,
      record_late: counts.late,
      ambiguous: counts.ambiguous,
      inside_tunnel: counts.insideTunnel,
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
        if (!this.#saidHello) this.#begin(hello.clock);
        this.interfaces = hello.interfaces;
      },
      record: (bytes, view, offset) => {
        this.#clock.read(recordTimeUs(view, offset));
        this.#reader.read(bytes, view, offset);
      },
      counters: (counters) => this.#count(counters),
      bye: () => {},
    };
  }

  /** Seconds go on where this loader begins, which may be read late. */
  #begin(clock: ClockPair): void {
    this.#saidHello = true;
    this.#clock.start(clock);
    this.#secondMs = Math.min(this.#secondMs, Math.floor(clock.realtimeMs / 1000 + 1) * 1000);
  }

  #exchange(exchange: Exchange): void {
    this.#endReadSeconds();
    const segment = exchange.response ?? exchange.request;
    this.services.add(exchange, this.wallMs(segment?.tsUs ?? this.#clock.latestUs));
  }

  /** Lets time pass up to what was read; without a loader there is nothing to read. */
  #tick(): void {
    if (!this.isConnected) this.#endSeconds(Date.now());
    else if (this.#clock.latestUs > 0) {
      this.#pairing.tick(this.#clock.latestUs);
      this.#endReadSeconds();
    }
  }

  #endReadSeconds(): void {
    const readMs = this.#clock.latestMsFrom(this.#secondMs);
    if (readMs !== null) this.#endSeconds(readMs);
  }

  #endSeconds(nowMs: number): void {
    // A process that slept does not make up for every second that it missed.
    if (nowMs - this.#secondMs > 10_000) this.#secondMs = Math.floor(nowMs / 1000) * 1000;
    for (; nowMs >= this.#secondMs; this.#secondMs += 1000) {
      const lost = this.#lost();
      this.services.second(this.#secondMs, lost - this.#lostBefore);
      this.#lostBefore = lost;
    }
  }

  #lost(): number {
    const { ring_full, reader_slow } = this.losses();
    return ring_full + reader_slow;
  }

  #lossesOfLoader() {
    const counters = this.#counters;
    if (!counters) return { ring_full: 0, table_full: 0, reader_slow: 0, unread: 0, malformed: 0 };
    return {
      ring_full: ringFullOf(counters),
      table_full: counters.ingress.tableFull + counters.egress.tableFull,
      reader_slow: counters.readerDropped,
      unread: counters.recordsUnread,
      malformed: counters.recordsMalformed,
    };
  }

  #count(counters: LoaderCounters): void {
    const before = this.#counters;
    const isOther = before !== null && (counters.recordsReceived < before.recordsReceived ||
      counters.recordsUnread < before.recordsUnread ||
      ringFullOf(counters) < ringFullOf(before));
    if (isOther) {
      // Another loader, which counts from 0.
      const { ring_full, table_full, unread, malformed } = this.#lossesOfLoader();
      this.#past.ring_full += ring_full;
      this.#past.table_full += table_full;
      this.#past.unread += unread;
      this.#past.malformed += malformed;
    }
    this.#clock.tell(counters.clock);
    this.#counters = counters;
    this.#tick();
    const lost = this.#lost();
    this.services.told(this.#clock.toldMs, lost - this.#lostTold);
    this.#lostTold = lost;
  }

  #disconnected(): void {
    this.#saidHello = false;
    if (this.#counters) {
      this.#past.reader_slow += this.#counters.readerDropped;
      this.#counters = { ...this.#counters, readerDropped: 0 };
    }
    this.#pairing.flush();
  }
}

function ringFullOf({ ingress, egress }: LoaderCounters): number {
  return ingress.ringFull + egress.ringFull;
}
