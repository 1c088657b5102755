// Turns the loader's records into segments for pairing: heads by the core, the rest as it stands.
// Takes a record where the frame decoder found it; counts what it could not read, keeps no bytes.

import type { HeadPrefixReader } from "../core/head_prefix.ts";
import { RECORD_HEADER_BYTES } from "./loader/frame_decoder.ts";
import {
  capturedLength,
  readEndpoints,
  RECORD_FIN,
  RECORD_OPAQUE_HTTP2,
  RECORD_OPAQUE_TLS,
  RECORD_REQUEST,
  RECORD_RESPONSE,
  RECORD_RST,
  recordAck,
  recordEndsConnection,
  recordKind,
  recordOrdinal,
  recordPayloadLength,
  recordSeq,
  recordTimeUs,
} from "./loader/record.ts";
import type { Pairing } from "./pairing/pairing.ts";
import { advance } from "./pairing/sequence.ts";
import type {
  HttpSegment,
  RequestSegment,
  ResponseHead,
  ResponseSegment,
} from "./pairing/types.ts";

/** Heads looked for behind the first one of a capture. */
const MAX_HEADS_BEHIND = 8;
/** `HTTP` as the bytes lie in memory. */
const HTTP_LITTLE = 0x50545448;

export class RecordReader {
  readonly #heads: HeadPrefixReader;
  readonly #pairing: Pairing;
  readonly #words = new Uint32Array(10);
  records = 0;
  /** Captures that begin like a head and are none. */
  unreadableHeads = 0;
  /** Records of a kind that this reader does not know. */
  unknownKinds = 0;

  constructor(heads: HeadPrefixReader, pairing: Pairing) {
    this.#heads = heads;
    this.#pairing = pairing;
  }

  /** `bytes` and `view` are read during the call only. */
  read(bytes: Uint8Array, view: DataView, offset: number): void {
    this.records++;
    const kind = recordKind(bytes, offset);
    readEndpoints(view, offset, this.#words);
    if (kind === RECORD_REQUEST || kind === RECORD_RESPONSE) {
      const segment = kind === RECORD_REQUEST
        ? this.#request(bytes, view, offset, 0)
        : this.#response(bytes, view, offset);
      // No head, whatever it looks like: the numbering goes on.
      if (!segment) this.unreadableHeads++;
      this.#pairing.push(this.#words, segment ?? this.#fact(view, offset, "other"));
      if (recordEndsConnection(bytes, offset)) {
        this.#pairing.push(this.#words, { ...this.#fact(view, offset, "fin"), isExtra: true });
      }
    } else if (kind === RECORD_FIN || kind === RECORD_RST) {
      const name = kind === RECORD_FIN ? "fin" : "rst";
      this.#pairing.push(this.#words, this.#fact(view, offset, name));
    } else if (kind === RECORD_OPAQUE_HTTP2 || kind === RECORD_OPAQUE_TLS) {
      this.#pairing.push(this.#words, this.#fact(view, offset, "opaque"));
    } else {
      this.unknownKinds++;
      this.#pairing.push(this.#words, this.#fact(view, offset, "unknown"));
    }
  }

  #fact<Kind extends Exclude<HttpSegment["kind"], "request" | "response">>(
    view: DataView,
    offset: number,
    kind: Kind,
  ) {
    return {
      kind,
      tsUs: recordTimeUs(view, offset),
      seq: recordSeq(view, offset),
      ack: recordAck(view, offset),
      payloadLength: recordPayloadLength(view, offset),
      ordinal: recordOrdinal(view, offset),
    };
  }

  /** The request that begins `behind` bytes into the capture, and those behind it. */
  #request(
    bytes: Uint8Array,
    view: DataView,
    offset: number,
    behind: number,
    heads = 0,
  ): RequestSegment | null {
    const left = capturedLength(view, offset) - behind;
    const head = this.#heads.read(bytes, offset + RECORD_HEADER_BYTES + behind, left);
    if (head?.kind !== "request") return null;
    const { headLength, bodyLength } = head;
    let next: RequestSegment | null = null;
    if (headLength !== null && bodyLength !== null && headLength + bodyLength < left) {
      const at = behind + headLength + bodyLength;
      if (heads < MAX_HEADS_BEHIND) next = this.#request(bytes, view, offset, at, heads + 1);
    }
    return {
      kind: "request",
      tsUs: recordTimeUs(view, offset),
      seq: advance(recordSeq(view, offset), behind),
      ack: recordAck(view, offset),
      payloadLength: Math.max(0, recordPayloadLength(view, offset) - behind),
      ordinal: recordOrdinal(view, offset),
      head,
      next,
    };
  }

  #response(bytes: Uint8Array, view: DataView, offset: number): ResponseSegment | null {
    const captured = capturedLength(view, offset);
    const head = this.#heads.read(bytes, offset + RECORD_HEADER_BYTES, captured);
    if (head?.kind !== "response") return null;
    const { headLength } = head;
    const candidates = headLength === null || headLength >= captured
      ? null
      : this.#candidates(bytes, view, offset, head);
    return this.#responseAt(view, offset, 0, head, candidates);
  }

  #responseAt(
    view: DataView,
    offset: number,
    behind: number,
    head: ResponseHead,
    candidates: readonly ResponseSegment[] | null,
  ): ResponseSegment {
    return {
      kind: "response",
      tsUs: recordTimeUs(view, offset),
      seq: advance(recordSeq(view, offset), behind),
      ack: recordAck(view, offset),
      payloadLength: Math.max(0, recordPayloadLength(view, offset) - behind),
      ordinal: recordOrdinal(view, offset),
      head,
      candidates,
    };
  }

  /** Responses that begin where the first one, or one behind it, may end: with its body, or without. */
  #candidates(
    bytes: Uint8Array,
    view: DataView,
    offset: number,
    first: ResponseHead,
  ): readonly ResponseSegment[] | null {
    const captured = capturedLength(view, offset);
    const start = offset + RECORD_HEADER_BYTES;
    const found: ResponseSegment[] = [];
    const ends = [...endsOf(first, 0)];
    for (let at = ends.shift(); at !== undefined; at = ends.shift()) {
      if (at + 8 > captured || view.getInt32(start + at, true) !== HTTP_LITTLE) continue;
      const head = this.#heads.read(bytes, start + at, captured - at);
      if (head?.kind !== "response") continue;
      found.push(this.#responseAt(view, offset, at, head, found));
      if (found.length === MAX_HEADS_BEHIND) break;
      for (const end of endsOf(head, at)) if (!ends.includes(end)) ends.push(end);
      ends.sort((left, right) => left - right);
    }
    return found.length > 0 ? found : null;
  }
}

/** Where a response that begins at `at` may end: behind its head, and behind its body. */
function endsOf({ headLength, bodyLength }: ResponseHead, at: number): number[] {
  if (headLength === null) return [];
  return bodyLength === null || bodyLength === 0
    ? [at + headLength]
    : [at + headLength, at + headLength + bodyLength];
}
