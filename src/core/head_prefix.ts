// Captured beginnings of HTTP/1 heads, read by the core's own reader (readHeadPrefix).
// Takes bytes, gives what the start line and the complete fields say; null where they say nothing.
// Never keeps the bytes and never repairs: what the core refuses is no head.

import type { CoreInstance } from "./instance.ts";

const FIELDS_OFFSET = 96;
const FIELD_BYTES = 16;
const FIELD_CAPACITY = 128;
const CAPTURE_BYTES = 1024;
const SCRATCH_BYTES = 1024;
const KIND_REQUEST = 1;
const FLAG_TRUNCATED = 8;
const FLAG_HAS_QUERY = 1;

export interface CapturedHead {
  readonly kind: "request" | "response";
  /** 0 for a request. */
  readonly status: number;
  readonly method: string;
  /** Path and query. */
  readonly target: string;
  readonly host: string;
  readonly userAgent: string;
  /** Bytes to the end of the head; null where the capture was cut before it. */
  readonly headLength: number | null;
  /** Bytes of the body as Content-Length says, 0 for a request without one; else null. */
  readonly bodyLength: number | null;
}

export class HeadPrefixReader {
  readonly #core: CoreInstance;
  readonly #head: number;
  readonly #buffer: number;
  readonly #limits: number;

  /** `core` may be shared with nothing that uses its exchanges. */
  constructor(core: CoreInstance) {
    this.#core = core;
    const fields = FIELDS_OFFSET + FIELD_CAPACITY * FIELD_BYTES;
    this.#head = core.exports.memAlloc(fields + SCRATCH_BYTES + CAPTURE_BYTES);
    if (this.#head === 0) throw new Error("the core's memory maximum is too small to start");
    this.#buffer = this.#head + fields + SCRATCH_BYTES;
    this.#limits = core.exports.exchangeLimits();
  }

  /** `length` bytes from `offset`, at most 1,024. */
  read(bytes: Uint8Array, offset: number, length: number): CapturedHead | null {
    const count = Math.min(length, CAPTURE_BYTES);
    this.#core.bytes.set(bytes.subarray(offset, offset + count), this.#buffer);
    const scratch = this.#buffer - SCRATCH_BYTES;
    const taken = this.#core.guard((core) => {
      core.headReset(this.#head, FIELD_CAPACITY, scratch, this.#buffer);
      return core.readHeadPrefix(this.#head, this.#buffer, count, this.#limits);
    });
    return taken > 0 ? this.#result(taken) : null;
  }

  #result(taken: number): CapturedHead {
    const { view } = this.#core;
    const at = this.#head;
    const flags = view.getUint32(at + 8, true);
    const isRequest = view.getUint8(at) === KIND_REQUEST;
    const isCut = (flags & FLAG_TRUNCATED) !== 0;
    const fields = this.#fields(view.getUint16(at + 6, true));
    const hasQuery = (flags & FLAG_HAS_QUERY) !== 0;
    const target = this.#span(at + 32) + (hasQuery ? `?${this.#span(at + 40)}` : "");
    const unstated = isRequest && !isCut ? 0 : null;
    return {
      kind: isRequest ? "request" : "response",
      status: isRequest ? 0 : view.getUint16(at + 2, true),
      method: isRequest ? this.#span(at + 16) : "",
      target: isRequest ? target : "",
      host: fields.host,
      userAgent: fields.userAgent,
      headLength: isCut ? null : taken,
      bodyLength: fields.isCoded ? null : fields.contentLength ?? unstated,
    };
  }

  #fields(count: number) {
    const { view } = this.#core;
    let host = "", userAgent = "", isCoded = false;
    let contentLength: number | null = null;
    for (let index = 0; index < count; index++) {
      const at = this.#head + FIELDS_OFFSET + index * FIELD_BYTES;
      const length = view.getUint16(at + 4, true);
      if (length !== 4 && length !== 10 && length !== 14 && length !== 17) continue;
      const name = this.#text(view.getUint32(at, true), length).toLowerCase();
      if (name === "host") host = this.#span(at + 8);
      else if (name === "user-agent") userAgent = this.#span(at + 8);
      else if (name === "transfer-encoding") isCoded = true;
      else if (name === "content-length") {
        const value = this.#span(at + 8);
        contentLength = /^\d{1,15}$/.test(value) ? Number(value) : null;
        if (contentLength === null) isCoded = true;
      }
    }
    return { host, userAgent, isCoded, contentLength };
  }

  #span(at: number): string {
    const { view } = this.#core;
    return this.#text(view.getUint32(at, true), view.getUint32(at + 4, true));
  }

  /** Bytes as characters, one to one. */
  #text(at: number, length: number): string {
    const { bytes } = this.#core;
    let text = "";
    for (let index = at; index < at + length; index++) text += String.fromCharCode(bytes[index]);
    return text;
  }
}
