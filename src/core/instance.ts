// One instance of the core: memory with a maximum, the WASI host, and the exported functions.
// A trap marks the instance as broken: it must be discarded, and says so from then on.

import { CoreExit, createWasiHost } from "./wasi.ts";

const PAGE_BYTES = 65536;
const INITIAL_PAGES = 16;
const ABI_VERSION = 1;

/** The raw ABI; addresses and outcomes are u32 numbers. core.as/index.ts is its list. */
export interface CoreExports {
  _start(): void;
  abiVersion(): number;
  memAlloc(size: number): number;
  memFree(block: number): void;
  memUsed(): number;
  adoptRoutes(block: number, size: number): number;
  routesGeneration(): number;
  adoptEndpoints(block: number, size: number): number;
  endpointsGeneration(): number;
  endpointsBase(): number;
  serviceAt(serviceId: number): number;
  endpointAt(service: number, number: number): number;
  maglevOf(service: number): number;
  buildMaglev(table: number, first: number, count: number, slots: number): number;
  entryAt(maglev: number, slot: number): number;
  reserveHealth(bytes: number): number;
  isEjected(endpointId: number): number;
  acquirePlan(): number;
  releasePlan(plan: number): void;
  plansInUse(): number;
  setMaxPlans(count: number): void;
  exchangeLimits(): number;
  readCapturedHead(
    head: number,
    capacity: number,
    buf: number,
    len: number,
    limits: number,
    summary: number,
  ): number;
  routeRequest(head: number, portGroup: number, plan: number, rand32: number): number;
  identifyFields(head: number): void;
  /** OPTION_* bits of core.as/http1/connection.ts, negative for a malformed Connection field. */
  takeHopByHop(head: number): number;
  applyForwarded(
    head: number,
    peer: number,
    peerLength: number,
    requestId: number,
    requestIdLength: number,
    flags: number,
  ): number;
  applyRequestEdits(head: number, plan: number): number;
  pickEndpoint(plan: number, keyLo: number, keyHi: number): number;
  pickAnotherEndpoint(plan: number, keyLo: number, keyHi: number): number;
  applyResponseEdits(head: number, plan: number): number;
  buildRedirect(head: number, plan: number): number;
  routesBase(): number;
  setTrace(buffer: number, size: number): void;
  traceEnded(): number;
  explainHosts(portGroup: number): void;
  explainMatch(head: number, offset: number): number;
  xxh64(at: number, length: number, seed: bigint): bigint;
}

/** The core trapped or aborted: this instance is broken, the process is not. */
export class CoreTrap extends Error {
  override readonly name = "CoreTrap";
}

export interface InstanceOptions {
  /** Most bytes of linear memory, a multiple of 64 KiB. */
  readonly maxMemoryBytes: number;
  /** What the module writes to standard output and error (its abort message). */
  readonly log?: (line: string) => void;
}

export class CoreInstance {
  readonly memory: WebAssembly.Memory;
  readonly exports: CoreExports;
  #broken: string | undefined;
  #bytes: Uint8Array;
  #view: DataView;

  constructor(module: WebAssembly.Module, options: InstanceOptions) {
    const maximum = Math.floor(options.maxMemoryBytes / PAGE_BYTES);
    this.memory = new WebAssembly.Memory({ initial: INITIAL_PAGES, maximum });
    const wasi = createWasiHost(this.memory, options.log ?? (() => {}));
    const instance = new WebAssembly.Instance(module, {
      env: { memory: this.memory },
      wasi_snapshot_preview1: wasi.imports,
    });
    this.exports = instance.exports as unknown as CoreExports;
    this.#bytes = new Uint8Array(this.memory.buffer);
    this.#view = new DataView(this.memory.buffer);
    this.exports._start?.();
    const version = this.exports.abiVersion();
    if (version !== ABI_VERSION) {
      throw new Error(
        `core.wasm has ABI ${version}, this program needs ${ABI_VERSION}: rebuild it`,
      );
    }
  }

  /** The memory as bytes, valid until the next call into the core. */
  get bytes(): Uint8Array {
    if (this.#bytes.buffer !== this.memory.buffer) this.#retake();
    return this.#bytes;
  }

  /** The memory as a view, valid until the next call into the core. */
  get view(): DataView {
    if (this.#view.buffer !== this.memory.buffer) this.#retake();
    return this.#view;
  }

  /** Runs calls into the core; a trap in them breaks the instance and is thrown as CoreTrap. */
  guard<T>(work: (core: CoreExports) => T): T {
    if (this.#broken !== undefined) throw new CoreTrap(this.#broken);
    try {
      return work(this.exports);
    } catch (error) {
      if (!(error instanceof WebAssembly.RuntimeError) && !(error instanceof CoreExit)) throw error;
      this.#broken = `the core trapped and must be discarded: ${error.message}`;
      throw new CoreTrap(this.#broken, { cause: error });
    }
  }

  #retake(): void {
    this.#bytes = new Uint8Array(this.memory.buffer);
    this.#view = new DataView(this.memory.buffer);
  }
}
