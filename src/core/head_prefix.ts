// Captured beginnings of HTTP/1 heads, read by the core's own reader (core.as/http1/captured.ts).
// Takes bytes, gives what the start line and the complete fields say; null where they say nothing.
// Never keeps the bytes and never repairs: what the core refuses is no head.

import { CoreInstance } from "./instance.ts";
import { METHOD_LABELS } from "./measure.ts";
import { CoreExit } from "./wasi.ts";
import { TextCache } from "./text_cache.ts";

const FIELDS_OFFSET = 96;
const FIELD_BYTES = 16;
const FIELD_CAPACITY = 128;
const SUMMARY_BYTES = 56;
const USER_AGENT_BYTES = 64;
const CAPTURE_BYTES = 1024;
const CORE_MEMORY_BYTES = 4 << 20;
const KIND_REQUEST = 1;
const CAPTURED_CUT = 1;
const CAPTURED_BODY_KNOWN = 2;
const CAPTURED_UPGRADE = 4;

export interface CapturedRequestHead {
  readonly kind: "request";
  readonly method: string;
  /** Path and query. */
  readonly target: string;
  readonly host: string;
  /** As it begins: at most 64 characters. */
  readonly userAgent: string;
  /** What follows may be another protocol. */
  readonly mayUpgrade: boolean;
  /** Bytes to the end of the head; null where the capture was cut before it. */
  readonly headLength: number | null;
  /** Bytes of the body as the head says, 0 for a request without one; else null. */
  readonly bodyLength: number | null;
}

export interface CapturedResponseHead {
  readonly kind: "response";
  readonly status: number;
  readonly headLength: number | null;
  readonly bodyLength: number | null;
}

export type CapturedHead = CapturedRequestHead | CapturedResponseHead;

export class HeadPrefixReader {
  readonly #module: WebAssembly.Module;
  readonly #texts = new TextCache();
  #core!: CoreInstance;
  #head = 0;
  #summary = 0;
  #buffer = 0;
  #limits = 0;
  /** Instances that a head has broken: each time another one took its place. */
  traps = 0;

  /** `module` is the compiled core.wasm. */
  constructor(module: WebAssembly.Module) {
    this.#module = module;
    this.#start();
  }

  /** A buffer in the core's own memory: heads in it are read where they lie, without a copy. */
  allocate(sizeBytes: number): Uint8Array {
    const at = this.#core.exports.memAlloc(sizeBytes);
    if (at === 0) throw new Error(`the core has no room for a buffer of ${sizeBytes} bytes`);
    return this.#core.bytes.subarray(at, at + sizeBytes);
  }

  /** `length` bytes from `offset`, at most 1,024; null where they begin no head. */
  read(bytes: Uint8Array, offset: number, length: number): CapturedHead | null {
    const count = Math.min(length, CAPTURE_BYTES);
    const core = this.#core;
    let at = bytes.byteOffset + offset;
    if (bytes.buffer !== core.memory.buffer) {
      core.bytes.set(bytes.subarray(offset, offset + count), this.#buffer);
      at = this.#buffer;
    }
    try {
      const taken = core.exports.readCapturedHead(
        this.#head,
        FIELD_CAPACITY,
        at,
        count,
        this.#limits,
        this.#summary,
      );
      return taken > 0 ? this.#result(core.bytes, core.view) : null;
    } catch (error) {
      if (!(error instanceof WebAssembly.RuntimeError) && !(error instanceof CoreExit)) throw error;
      this.traps++;
      this.#start();
      return null;
    }
  }

  #start(): void {
    const core = new CoreInstance(this.#module, { maxMemoryBytes: CORE_MEMORY_BYTES });
    const fields = FIELDS_OFFSET + FIELD_CAPACITY * FIELD_BYTES;
    this.#core = core;
    this.#head = core.exports.memAlloc(fields + SUMMARY_BYTES + CAPTURE_BYTES);
    if (this.#head === 0) throw new Error("the core's memory maximum is too small to start");
    this.#summary = this.#head + fields;
    this.#buffer = this.#summary + SUMMARY_BYTES;
    this.#limits = core.exports.exchangeLimits();
  }

  #result(bytes: Uint8Array, view: DataView): CapturedHead {
    const at = this.#summary;
    const flags = view.getUint32(at + 4, true);
    const headLength = (flags & CAPTURED_CUT) === 0 ? view.getUint32(at + 8, true) : null;
    const isStated = (flags & CAPTURED_BODY_KNOWN) !== 0;
    const bodyLength = isStated ? view.getFloat64(at + 16, true) : null;
    if (bytes[at] !== KIND_REQUEST) {
      return { kind: "response", status: view.getUint16(at + 2, true), headLength, bodyLength };
    }
    const methodId = bytes[at + 1];
    return {
      kind: "request",
      method: methodId > 0 ? METHOD_LABELS[methodId]! : this.#text(bytes, view, at + 40),
      target: this.#text(bytes, view, at + 24),
      host: this.#text(bytes, view, at + 32),
      userAgent: this.#text(bytes, view, at + 48, USER_AGENT_BYTES),
      mayUpgrade: (flags & CAPTURED_UPGRADE) !== 0 || (flags & CAPTURED_CUT) !== 0,
      headLength,
      bodyLength,
    };
  }

  #text(bytes: Uint8Array, view: DataView, at: number, most = CAPTURE_BYTES): string {
    const length = Math.min(most, view.getUint32(at + 4, true));
    return length === 0 ? "" : this.#texts.get(bytes, view.getUint32(at, true), length);
  }
}
