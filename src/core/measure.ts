// Counters and latency histograms that outlive a worker: main makes the shared memory and reads it,
// each worker writes its region through measure.wasm. Plain data comes out; names are added by
// whoever reads, from the id registry. A new worker goes on in the region of the one it replaces.

import {
  BUCKET_COUNT,
  bucketTopUs,
  COUNTER_BYTES,
  COUNTER_KIND,
  COUNTER_OVERFLOW_BYTE,
  HEADER_BYTES,
  HISTOGRAM_BYTES,
  HISTOGRAM_OVERFLOW_BYTE,
  REGION,
  REGION_MAGIC,
  REGION_VERSION,
  type RegionShape,
  regionSizes,
  SERVICE_HISTOGRAM,
} from "./measure_layout.ts";

const PAGE_BYTES = 65536;
/** What measure.wasm declares as its memory's maximum (asconfig.json). */
const MAXIMUM_PAGES = 1024;
/** The first page belongs to no region: address 0 stays free. */
const RESERVED_BYTES = PAGE_BYTES;

export const DEFAULT_REGION: RegionShape = { counterLimit: 8192, histogramLimit: 2048 };

/** METHOD_* of core.as/head/head.ts, by id; 0 is every other method. */
export const METHOD_LABELS = [
  "other",
  "GET",
  "HEAD",
  "POST",
  "PUT",
  "DELETE",
  "CONNECT",
  "OPTIONS",
  "TRACE",
  "PATCH",
] as const;

/** What a worker needs to write; can be posted to it. */
export interface MeasureRegion {
  readonly memory: WebAssembly.Memory;
  /** Address of the region, in bytes. */
  readonly at: number;
}

export interface RequestCount {
  readonly labelId: number;
  readonly method: typeof METHOD_LABELS[number];
  readonly status: number;
  readonly count: number;
}

export interface UpstreamCount {
  readonly serviceId: number;
  readonly status: number;
  readonly count: number;
}

export interface FailureCount {
  /** The number that the writer gave: the reader knows its name. */
  readonly failure: number;
  readonly count: number;
}

/** Durations by bucket. */
export interface Histogram {
  readonly count: number;
  readonly sumUs: number;
  /** By bucket, not cumulative; `bucketTopUs` gives the bounds. */
  readonly buckets: readonly number[];
}

export interface Duration extends Histogram {
  readonly labelId: number;
}

/** From a request's first byte to the head of its service's response. */
export interface ServiceDuration extends Histogram {
  readonly serviceId: number;
}

export interface Measurements {
  readonly requests: readonly RequestCount[];
  readonly upstream: readonly UpstreamCount[];
  readonly failures: readonly FailureCount[];
  readonly durations: readonly Duration[];
  readonly serviceDurations: readonly ServiceDuration[];
  /** Counts and durations that found no room for a series of their own. */
  readonly overflow: { readonly counts: number; readonly durations: number };
}

export { BUCKET_COUNT, bucketTopUs };

/** Main's side: makes the memory with one region per worker, and reads them all. */
export class MeasureStore {
  readonly memory: WebAssembly.Memory;
  readonly #regionBytes: number;

  /** Throws RangeError when the regions do not fit into the memory that measure.wasm allows. */
  constructor(readonly workers: number, readonly shape: RegionShape = DEFAULT_REGION) {
    const sizes = regionSizes(shape);
    this.#regionBytes = Math.ceil(sizes.bytes / PAGE_BYTES) * PAGE_BYTES;
    const pages = (RESERVED_BYTES + this.#regionBytes * workers) / PAGE_BYTES;
    if (pages > MAXIMUM_PAGES) {
      throw new RangeError(
        `${workers} workers with ${shape.counterLimit} counters and ${shape.histogramLimit} ` +
          `histograms each need ${pages * PAGE_BYTES} bytes: at most ` +
          `${MAXIMUM_PAGES * PAGE_BYTES} can be had; lower a limit`,
      );
    }
    this.memory = new WebAssembly.Memory({ initial: pages, maximum: MAXIMUM_PAGES, shared: true });
    for (let worker = 0; worker < workers; worker++) {
      const words = new Uint32Array(this.memory.buffer, this.region(worker).at, 8);
      words[REGION.magic] = REGION_MAGIC;
      words[REGION.version] = REGION_VERSION;
      words[REGION.counterSlots] = sizes.counterSlots;
      words[REGION.counterLimit] = shape.counterLimit;
      words[REGION.histogramSlots] = sizes.histogramSlots;
      words[REGION.histogramLimit] = shape.histogramLimit;
    }
  }

  /** The region of worker number `worker`; a replacement gets the same one. */
  region(worker: number): MeasureRegion {
    return { memory: this.memory, at: RESERVED_BYTES + worker * this.#regionBytes };
  }

  /** The sums over all regions, at this moment. */
  read(): Measurements {
    const counters = new Map<string, { a: number; b: number; count: number }>();
    const durations = new Map<number, { sumUs: number; buckets: number[] }>();
    const overflow = { counts: 0, durations: 0 };
    for (let worker = 0; worker < this.workers; worker++) {
      const view = new DataView(this.memory.buffer, this.region(worker).at, this.#regionBytes);
      overflow.counts += readCount(view, COUNTER_OVERFLOW_BYTE);
      overflow.durations += readCount(view, HISTOGRAM_OVERFLOW_BYTE);
      readCounters(view, counters);
      readDurations(view, durations);
    }
    return { ...byKind([...counters.values()]), ...byLabel(durations), overflow };
  }
}

/** A count as a number: exact up to 2^53. */
function readCount(view: DataView, at: number): number {
  return Number(view.getBigUint64(at, true));
}

function readCounters(
  view: DataView,
  into: Map<string, { a: number; b: number; count: number }>,
): void {
  const slots = view.getUint32(REGION.counterSlots * 4, true);
  for (let slot = 0; slot < slots; slot++) {
    const at = HEADER_BYTES + slot * COUNTER_BYTES;
    const key = view.getUint32(at, true);
    if (key === 0) continue;
    const b = view.getUint32(at + 4, true);
    const name = `${key} ${b}`;
    const count = readCount(view, at + 8);
    const known = into.get(name);
    if (known) known.count += count;
    else into.set(name, { a: key - 1, b, count });
  }
}

function readDurations(
  view: DataView,
  into: Map<number, { sumUs: number; buckets: number[] }>,
): void {
  const first = HEADER_BYTES + view.getUint32(REGION.counterSlots * 4, true) * COUNTER_BYTES;
  const slots = view.getUint32(REGION.histogramSlots * 4, true);
  for (let slot = 0; slot < slots; slot++) {
    const at = first + slot * HISTOGRAM_BYTES;
    const key = view.getUint32(at, true);
    if (key === 0) continue;
    let known = into.get(key - 1);
    if (!known) {
      known = { sumUs: 0, buckets: new Array<number>(BUCKET_COUNT).fill(0) };
      into.set(key - 1, known);
    }
    known.sumUs += readCount(view, at + 8);
    for (let i = 0; i < BUCKET_COUNT; i++) {
      known.buckets[i] += readCount(view, at + 16 + i * 8);
    }
  }
}

function byLabel(
  durations: ReadonlyMap<number, { sumUs: number; buckets: number[] }>,
): Pick<Measurements, "durations" | "serviceDurations"> {
  const ofRequests: Duration[] = [];
  const ofServices: ServiceDuration[] = [];
  for (const [label, { sumUs, buckets }] of [...durations].sort(([a], [b]) => a - b)) {
    const count = buckets.reduce((sum, count) => sum + count, 0);
    if (label < SERVICE_HISTOGRAM) ofRequests.push({ labelId: label, count, sumUs, buckets });
    else ofServices.push({ serviceId: label - SERVICE_HISTOGRAM, count, sumUs, buckets });
  }
  return { durations: ofRequests, serviceDurations: ofServices };
}

function byKind(
  counters: { a: number; b: number; count: number }[],
): Pick<Measurements, "requests" | "upstream" | "failures"> {
  counters.sort((x, y) => x.a - y.a || x.b - y.b);
  const requests: RequestCount[] = [];
  const upstream: UpstreamCount[] = [];
  const failures: FailureCount[] = [];
  for (const { a, b, count } of counters) {
    const kind = b >>> 24;
    const status = b & 0xffff;
    if (kind === COUNTER_KIND.request) {
      const method = METHOD_LABELS[(b >>> 16) & 0xff] ?? "other";
      requests.push({ labelId: a, method, status, count });
    } else if (kind === COUNTER_KIND.upstream) upstream.push({ serviceId: a, status, count });
    else if (kind === COUNTER_KIND.failure) failures.push({ failure: a, count });
  }
  return { requests, upstream, failures };
}

interface MeasureExports {
  _start?(): void;
  measureVersion(): number;
  record(region: number, label: number, methodAndStatus: number, durationUs: number): void;
  addCount(region: number, a: number, b: number, count: number): void;
  addDuration(region: number, label: number, durationUs: number): void;
}

const METHOD_NUMBERS = new Map<string, number>(METHOD_LABELS.map((name, id) => [name, id]));

/** A worker's side: one call per request, nothing allocated. */
export class MeasureWriter {
  readonly #exports: MeasureExports;
  readonly #at: number;

  /** `module` is the compiled measure.wasm. */
  constructor(module: WebAssembly.Module, region: MeasureRegion) {
    const instance = new WebAssembly.Instance(module, { env: { memory: region.memory } });
    this.#exports = instance.exports as unknown as MeasureExports;
    this.#exports._start?.();
    this.#at = region.at;
  }

  /** METHOD_* id of a method name, 0 for one without. */
  static methodId(method: string): number {
    return METHOD_NUMBERS.get(method) ?? 0;
  }

  /** One answered request. Durations from 2^32 us (71 minutes) on count as the longest. */
  request(labelId: number, methodId: number, status: number, durationUs: number): void {
    const us = durationUs < 0xffffffff ? durationUs : 0xffffffff;
    this.#exports.record(this.#at, labelId, (methodId << 16) | status, us);
  }

  /** One answer of an upstream. */
  upstream(serviceId: number, status: number): void {
    this.#exports.addCount(this.#at, serviceId, (COUNTER_KIND.upstream << 24) | status, 1);
  }

  /** How long a service took to begin its answer. */
  serviceDuration(serviceId: number, durationUs: number): void {
    const us = durationUs < 0xffffffff ? durationUs : 0xffffffff;
    this.#exports.addDuration(this.#at, (serviceId | SERVICE_HISTOGRAM) >>> 0, us);
  }

  /** One failure, by a number of the caller's choosing. */
  failure(failure: number): void {
    this.#exports.addCount(this.#at, failure, COUNTER_KIND.failure << 24, 1);
  }
}
