// Drives the HTTP/1 codec in Wasm the way a connection does: bytes in, in pieces of a chosen size;
// messages as plain data out, and what a proxy would write for them. Each piece lies between poisoned
// bytes that would change the answer if they were read. For tests, fuzz and bench.

import { instantiate, type WasmModule } from "./compile.ts";

export type Kind = "request" | "response";

/** BODY_* of core.as/http1/body.ts. */
export const BODY_KINDS = ["none", "length", "chunked", "until close", "tunnel"] as const;

/** WRITE_* of core.as/http1/write_head.ts. */
export const WRITE = {
  close: 1,
  keepAlive: 2,
  upgrade: 4,
  teTrailers: 8,
  absolute: 16,
  chunked: 32,
  unframed: 64,
} as const;

export interface Field {
  readonly name: string;
  readonly value: string;
}

export interface Head {
  readonly kind: number;
  readonly version: number;
  readonly status: number;
  readonly methodId: number;
  readonly schemeId: number;
  readonly flags: number;
  readonly method: string;
  readonly authority: string;
  readonly path: string;
  readonly query: string;
  readonly reason: string;
  readonly fields: readonly Field[];
}

export type Outcome =
  | { readonly type: "message"; readonly message: Message }
  | { readonly type: "incomplete" }
  | { readonly type: "refused"; readonly error: number; readonly status: number };

export interface Message {
  readonly head: Head;
  readonly body: typeof BODY_KINDS[number];
  readonly options: number;
  readonly persistent: boolean;
  /** The body's data; empty where chunked bytes are forwarded as they stand. */
  readonly data: string;
  readonly trailers: readonly Field[];
  /** Bytes that the message took; what is beyond belongs to the next one. */
  readonly taken: number;
  /** What a proxy writes to the next hop: head, body, trailers. */
  readonly forwarded: string;
}

export interface Feed {
  /** Bytes that arrive at a time; 0: all at once. */
  readonly pieceBytes: number;
  /** Forward chunked bytes as they stand instead of decoding and framing them anew. */
  readonly verbatim: boolean;
  /** The connection ends after the last byte. */
  readonly closed: boolean;
  /** METHOD_* of the request that a response answers. */
  readonly methodId: number;
}

export const WHOLE: Feed = { pieceBytes: 0, verbatim: false, closed: false, methodId: 1 };

const LIMITS = 0x10000;
const HEAD = 0x11000;
const TRAILERS = 0x13000;
const BODY = 0x15000;
const SCRATCH = 0x16000;
const OUT = 0x80000;
const OUT_BYTES = 0x40000;
const INPUT = 0x100000;
const GUARD_BYTES = 64;
const CAPACITY = 100;

const POISONS = ["\r\n\r\n", "0\r\n\r\n", "a: b\r\n", "\0\n\x7f "];

export function toBytes(text: string): Uint8Array {
  const bytes = new Uint8Array(text.length);
  for (let i = 0; i < text.length; i++) bytes[i] = text.charCodeAt(i);
  return bytes;
}

export class Codec {
  #wasm: WasmModule;
  #bytes: Uint8Array;
  #view: DataView;

  private constructor(wasm: WasmModule) {
    this.#wasm = wasm;
    this.#bytes = new Uint8Array(wasm.memory.buffer);
    this.#view = new DataView(wasm.memory.buffer);
    wasm.call.setDefaultLimits(LIMITS);
  }

  static async load(): Promise<Codec> {
    return new Codec(await instantiate("core.as/http1/testing.ts"));
  }

  get call(): WasmModule["call"] {
    return this.#wasm.call;
  }

  /** Sets limits by their place in core.as/http1/limits.ts. */
  setLimits(limits: Partial<Record<0 | 4 | 8 | 12 | 16 | 20, number>> = {}): void {
    this.call.setDefaultLimits(LIMITS);
    for (const [at, value] of Object.entries(limits)) {
      this.#view.setUint32(LIMITS + Number(at), value, true);
    }
  }

  text(off: number, len: number): string {
    let text = "";
    for (let i = 0; i < len; i++) text += String.fromCharCode(this.#bytes[off + i]);
    return text;
  }

  /** Puts text where a test may point at it; gives its address. */
  put(text: string, at = INPUT): number {
    this.#bytes.set(toBytes(text), at);
    return at;
  }

  #span(head: number, at: number): string {
    return this.text(
      this.#view.getUint32(head + at, true),
      this.#view.getUint32(head + at + 4, true),
    );
  }

  #fields(head: number): Field[] {
    const count = this.#view.getUint16(head + 6, true);
    const fields: Field[] = [];
    for (let i = 0; i < count; i++) {
      const field = head + 96 + i * 16;
      if ((this.#bytes[field + 7] & 1) !== 0) continue;
      const nameLen = this.#view.getUint16(field + 4, true);
      const name = this.text(this.#view.getUint32(field, true), nameLen);
      fields.push({ name, value: this.#span(field, 8) });
    }
    return fields;
  }

  #head(): Head {
    const bytes = this.#bytes;
    return {
      kind: bytes[HEAD],
      version: bytes[HEAD + 1],
      status: this.#view.getUint16(HEAD + 2, true),
      methodId: bytes[HEAD + 4],
      schemeId: bytes[HEAD + 5],
      flags: this.#view.getUint32(HEAD + 8, true),
      method: this.#span(HEAD, 16),
      authority: this.#span(HEAD, 24),
      path: this.#span(HEAD, 32),
      query: this.#span(HEAD, 40),
      reason: this.#span(HEAD, 56),
      fields: this.#fields(HEAD),
    };
  }

  #reset(head: number): void {
    this.call.headReset(head, CAPACITY, SCRATCH, SCRATCH + 0x1000);
  }

  /** Lays out the first `len` bytes of the input with poison before and after. */
  #show(input: Uint8Array, from: number, len: number): number {
    const poison = POISONS[len % POISONS.length];
    for (let i = 0; i < GUARD_BYTES; i++) {
      const byte = poison.charCodeAt(i % poison.length);
      this.#bytes[INPUT - 1 - i] = byte;
      this.#bytes[INPUT + len + i] = byte;
    }
    this.#bytes.set(input.subarray(from, from + len), INPUT);
    return INPUT;
  }

  /** Calls `read` with ever more bytes until it answers other than "more". */
  #gather(
    input: Uint8Array,
    from: number,
    pieceBytes: number,
    read: (at: number, len: number) => number,
  ): number {
    const left = input.length - from;
    const step = pieceBytes === 0 ? Math.max(left, 1) : pieceBytes;
    for (let len = Math.min(step, left);; len = Math.min(len + step, left)) {
      const taken = read(this.#show(input, from, len), len);
      if (taken !== 0 || len === left) return taken;
    }
  }

  #refused(error: number): Outcome {
    return { type: "refused", error, status: this.call.errorStatus(error) };
  }

  /** Reads one head alone; heads as they are before hop-by-hop fields are taken. */
  readHead(reader: string, input: string, pieceBytes = 0): { taken: number; head: Head } {
    this.#reset(HEAD);
    const taken = this.#gather(
      toBytes(input),
      0,
      pieceBytes,
      (at, len) => this.call[reader](HEAD, at, len, LIMITS),
    );
    return { taken, head: this.#head() };
  }

  /** Writes the head read last. */
  writeHead(kind: Kind, flags: number, capacity = OUT_BYTES): string | number {
    const write = kind === "request" ? this.call.writeRequestHead : this.call.writeResponseHead;
    const size = write(HEAD, BODY, OUT, capacity, flags);
    return size < 0 ? size : this.text(OUT, size);
  }

  /** Marks hop-by-hop fields in the head read last. */
  takeHopByHop(): number {
    return this.call.takeHopByHop(HEAD);
  }

  isPersistent(options: number): boolean {
    return this.call.isPersistent(HEAD, options) !== 0;
  }

  /** Begins the body of the head read last and judges its fields: EXPECTS_CONTINUE, 0 or an error. */
  judgeFields(): number {
    const kind = this.call.requestBody(HEAD, BODY);
    return kind < 0 ? kind : this.call.judgeRequestFields(HEAD, BODY);
  }

  startBody(kind: number, length: bigint): void {
    this.call.bodyStart(BODY, kind, length);
  }

  startRequestBody(): number {
    return this.call.requestBody(HEAD, BODY);
  }

  limitBody(maxBytes: bigint): number {
    return this.call.bodyLimit(BODY, maxBytes);
  }

  headAddress(): number {
    return HEAD;
  }

  /** Reads one message from the input's front, and writes it on as a proxy does. */
  read(kind: Kind, text: string, feed: Feed = WHOLE): Outcome {
    const input = toBytes(text);
    const { call } = this;
    const reader = kind === "request" ? call.readRequestHead : call.readResponseHead;
    this.#reset(HEAD);
    const headBytes = this.#gather(
      input,
      0,
      feed.pieceBytes,
      (at, len) => reader(HEAD, at, len, LIMITS),
    );
    if (headBytes === 0) return { type: "incomplete" };
    if (headBytes < 0) return this.#refused(headBytes);
    // The head's spans point at the input: keep what is asked of it before the body overwrites that.
    this.#show(input, 0, headBytes);
    const head = this.#head();
    const bodyKind = kind === "request"
      ? call.requestBody(HEAD, BODY)
      : call.responseBody(HEAD, BODY, feed.methodId);
    if (bodyKind < 0) return this.#refused(bodyKind);
    const options = call.takeHopByHop(HEAD);
    if (options < 0) return this.#refused(options);
    const judged = kind === "request" ? call.judgeRequestFields(HEAD, BODY) : 0;
    if (judged < 0) return this.#refused(judged);
    const persistent = call.isPersistent(HEAD, options) !== 0;
    const written = this.writeHead(kind, (options & 12) | (persistent ? 0 : WRITE.close));
    if (typeof written === "number") return this.#refused(written);

    const rest = this.#readBody(input, headBytes, feed);
    if (rest === null) return { type: "incomplete" };
    if (typeof rest === "number") return this.#refused(rest);
    const message: Message = {
      head,
      body: BODY_KINDS[bodyKind],
      options,
      persistent,
      data: rest.data,
      trailers: rest.trailers,
      taken: rest.taken,
      forwarded: written + rest.forwarded,
    };
    return { type: "message", message };
  }

  /**
   * Reads with the input's last byte the last of memory, where reading on would trap: a head, and the
   * same bytes as a body of chunks and as trailers.
   */
  checkAtMemoryEnd(kind: Kind, text: string, methodId: number): void {
    const input = toBytes(text);
    const { call } = this;
    const at = this.#bytes.length - input.length;
    this.#bytes.set(input, at);
    const reader = kind === "request" ? call.readRequestHead : call.readResponseHead;
    this.#reset(HEAD);
    const headBytes = reader(HEAD, at, input.length, LIMITS);
    this.#reset(TRAILERS);
    call.readHeadPrefix(TRAILERS, at, input.length, LIMITS);
    this.#reset(TRAILERS);
    call.readTrailers(TRAILERS, at, input.length, LIMITS);
    call.bodyStart(BODY, 2, 0n);
    call.bodyNext(BODY, at, input.length, LIMITS, 1);
    if (headBytes <= 0) return;
    const bodyKind = kind === "request"
      ? call.requestBody(HEAD, BODY)
      : call.responseBody(HEAD, BODY, methodId);
    if (bodyKind < 0 || call.takeHopByHop(HEAD) < 0) return;
    this.writeHead(kind, 0);
    let used = headBytes;
    while (used < input.length && call.bodyNextIs(BODY) === 0) {
      const taken = call.bodyNext(BODY, at + used, input.length - used, LIMITS, 0);
      if (taken <= 0) return;
      used += taken;
    }
    this.#reset(TRAILERS);
    if (call.bodyNextIs(BODY) === 1) {
      call.readTrailers(TRAILERS, at + used, input.length - used, LIMITS);
    }
  }

  #readBody(
    input: Uint8Array,
    from: number,
    feed: Feed,
  ): { data: string; trailers: Field[]; taken: number; forwarded: string } | number | null {
    const { call } = this;
    const chunked = call.bodyKind(BODY) === 2;
    const verbatim = chunked && feed.verbatim ? 1 : 0;
    const step = feed.pieceBytes === 0 ? Math.max(input.length, 1) : feed.pieceBytes;
    let at = from;
    let data = "";
    let forwarded = "";
    while (call.bodyNextIs(BODY) === 0 && at < input.length) {
      const len = Math.min(step, input.length - at);
      const address = this.#show(input, at, len);
      let used = 0;
      while (used < len) {
        const taken = call.bodyNext(BODY, address + used, len - used, LIMITS, verbatim);
        if (taken < 0) return taken;
        const span = this.text(call.bodySpanOff(BODY), call.bodySpanLen(BODY));
        if (verbatim === 0) data += span;
        forwarded += this.#frame(span, chunked && verbatim === 0);
        used += taken;
        if (taken === 0 || call.bodyNextIs(BODY) !== 0) break;
      }
      at += used;
    }
    let trailers: Field[] = [];
    const ownLastChunk = chunked && verbatim === 0 ? 1 : 0;
    if (call.bodyNextIs(BODY) === 1) {
      this.#reset(TRAILERS);
      const taken = this.#gather(
        input,
        at,
        feed.pieceBytes,
        (address, len) => call.readTrailers(TRAILERS, address, len, LIMITS),
      );
      if (taken === 0) return null;
      if (taken < 0) return taken;
      at += taken;
      trailers = this.#fields(TRAILERS);
      const size = call.writeTrailers(TRAILERS, OUT, OUT_BYTES, ownLastChunk);
      if (size < 0) return size;
      forwarded += this.text(OUT, size);
      call.bodyFinish(BODY);
    } else if (ownLastChunk === 1 && call.bodyNextIs(BODY) === 2) {
      forwarded += this.text(OUT, call.writeTrailers(0, OUT, OUT_BYTES, 1));
    }
    if (call.bodyNextIs(BODY) !== 2) {
      if (!feed.closed) {
        return call.bodyKind(BODY) >= 3 ? { data, trailers, taken: at, forwarded } : null;
      }
      const error = call.bodyEnd(BODY);
      if (error < 0) return error;
    }
    return { data, trailers, taken: at, forwarded };
  }

  #frame(span: string, anew: boolean): string {
    if (!anew || span === "") return span;
    const size = this.call.writeChunkLine(OUT, BigInt(span.length));
    return this.text(OUT, size) + span + "\r\n";
  }
}
