// One canonical head in core memory, written from strings and read back as strings.
// Layout: core.as/head/head.ts. Belongs to one GatewayCore; every use overwrites the one before.

import type { FieldList } from "./decision.ts";
import type { CoreInstance } from "./instance.ts";

const FIELDS_OFFSET = 96;
const FIELD_SIZE = 16;
const CAPACITY = 512;
const TEXT_BYTES = 128 * 1024;
const SCRATCH_BYTES = 64 * 1024;
const FIELD_REMOVED = 1;

const KIND_REQUEST = 1;
const KIND_RESPONSE = 3;
const FLAG_HAS_QUERY = 1;
const METHODS = ["GET", "HEAD", "POST", "PUT", "DELETE", "CONNECT", "OPTIONS", "TRACE", "PATCH"];

export interface RequestHead {
  readonly method: string;
  readonly scheme: "http" | "https";
  readonly authority: string;
  readonly path: string;
  /** Without `?`; undefined: the target has none. */
  readonly query?: string;
  readonly fields: Readonly<FieldList>;
}

export class HeadArea {
  /** The head's address. */
  readonly at: number;
  readonly #core: CoreInstance;
  #textEnd = 0;
  #input: Readonly<FieldList> = [];
  #inputOffsets = new Uint32Array(CAPACITY);

  constructor(core: CoreInstance) {
    this.#core = core;
    const size = FIELDS_OFFSET + CAPACITY * FIELD_SIZE + TEXT_BYTES + SCRATCH_BYTES;
    this.at = core.exports.memAlloc(size);
    if (this.at === 0) throw new Error("the core's memory maximum is too small to start");
  }

  get #textStart(): number {
    return this.at + FIELDS_OFFSET + CAPACITY * FIELD_SIZE;
  }

  /** False when it does not fit or holds characters that are no bytes. */
  writeRequest(head: RequestHead): boolean {
    this.#reset(KIND_REQUEST);
    const { view } = this.#core;
    const methodId = METHODS.indexOf(head.method) + 1;
    view.setUint8(this.at + 4, methodId);
    view.setUint8(this.at + 5, head.scheme === "https" ? 2 : 1);
    if (head.query !== undefined) view.setUint32(this.at + 8, FLAG_HAS_QUERY, true);
    return this.#writeSpan(16, head.method) && this.#writeSpan(24, head.authority) &&
      this.#writeSpan(32, head.path) && this.#writeSpan(40, head.query ?? "") &&
      this.#writeFields(head.fields);
  }

  writeResponse(status: number, fields: Readonly<FieldList>): boolean {
    this.#reset(KIND_RESPONSE);
    this.#core.view.setUint16(this.at + 2, status, true);
    return this.#writeFields(fields);
  }

  /** Writes a text beside the head for a station that takes a span; null when it does not fit. */
  writeExtra(text: string): { at: number; length: number } | null {
    const at = this.#textEnd;
    return this.#writeText(text) ? { at, length: text.length } : null;
  }

  /** The span whose offset and length lie at byte `field` of the head. */
  readSpan(field: number): string {
    const { view } = this.#core;
    return this.readText(
      view.getUint32(this.at + field, true),
      view.getUint32(this.at + field + 4, true),
    );
  }

  get hasQuery(): boolean {
    return (this.#core.view.getUint32(this.at + 8, true) & FLAG_HAS_QUERY) !== 0;
  }

  /** Bytes as characters, one to one. */
  readText(at: number, length: number): string {
    const bytes = this.#core.bytes;
    let text = "";
    for (let i = at; i < at + length; i++) text += String.fromCharCode(bytes[i]);
    return text;
  }

  /** Every field that was not removed, in order. */
  readFields(): FieldList {
    const { view } = this.#core;
    const count = view.getUint16(this.at + 6, true);
    const fields: FieldList = [];
    for (let i = 0; i < count; i++) {
      const at = this.at + FIELDS_OFFSET + i * FIELD_SIZE;
      if (view.getUint8(at + 7) & FIELD_REMOVED) continue;
      const valueAt = view.getUint32(at + 8, true);
      if (i < this.#input.length && this.#inputOffsets[i] === valueAt) {
        fields.push([this.#input[i][0], this.#input[i][1]]);
        continue;
      }
      const name = this.readText(view.getUint32(at, true), view.getUint16(at + 4, true));
      fields.push([name, this.readText(valueAt, view.getUint32(at + 12, true))]);
    }
    return fields;
  }

  #reset(kind: number): void {
    this.#core.bytes.fill(0, this.at, this.at + FIELDS_OFFSET);
    const { view } = this.#core;
    view.setUint8(this.at, kind);
    view.setUint8(this.at + 1, 0x11);
    view.setUint32(this.at + 12, CAPACITY, true);
    const scratch = this.#textStart + TEXT_BYTES;
    view.setUint32(this.at + 72, scratch, true);
    view.setUint32(this.at + 76, scratch + SCRATCH_BYTES, true);
    this.#textEnd = this.#textStart;
    this.#input = [];
  }

  /** Writes a text at `#textEnd`; false when it does not fit or is no byte string. */
  #writeText(text: string): boolean {
    const start = this.#textEnd;
    if (start + text.length > this.#textStart + TEXT_BYTES) return false;
    const bytes = this.#core.bytes;
    let all = 0;
    for (let i = 0; i < text.length; i++) {
      const code = text.charCodeAt(i);
      all |= code;
      bytes[start + i] = code;
    }
    this.#textEnd += text.length;
    return all <= 0xff;
  }

  #writeSpan(field: number, text: string): boolean {
    const { view } = this.#core;
    view.setUint32(this.at + field, this.#textEnd, true);
    view.setUint32(this.at + field + 4, text.length, true);
    return this.#writeText(text);
  }

  #writeFields(fields: Readonly<FieldList>): boolean {
    if (fields.length > CAPACITY) return false;
    const { view } = this.#core;
    for (let i = 0; i < fields.length; i++) {
      const [name, value] = fields[i];
      const at = this.at + FIELDS_OFFSET + i * FIELD_SIZE;
      if (name.length > 65535) return false;
      view.setUint32(at, this.#textEnd, true);
      view.setUint16(at + 4, name.length, true);
      view.setUint16(at + 6, 0, true);
      if (!this.#writeText(name)) return false;
      this.#inputOffsets[i] = this.#textEnd;
      view.setUint32(at + 8, this.#textEnd, true);
      view.setUint32(at + 12, value.length, true);
      if (!this.#writeText(value)) return false;
    }
    view.setUint16(this.at + 6, fields.length, true);
    this.#input = fields;
    return true;
  }
}
