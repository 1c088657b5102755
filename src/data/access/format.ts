// The access log, main side: an entry and the names of its ids become one line of JSON or text.
// Everything that a client sent is escaped, so that it can neither forge a line nor reach a terminal.
// Names are made into bytes once; nothing else is kept between two lines.

import { type LineBuffer, MOST_ESCAPED } from "./line_buffer.ts";
import { FAILURE_REASONS, type FailureReason } from "../rescue.ts";
import type { AccessEntry } from "./record.ts";

export interface AccessNames {
  /** Route and pattern of a label. */
  label(id: number): { readonly route: string; readonly pattern: string } | undefined;
  /** `address:port` of an endpoint. */
  endpoint(id: number): string | undefined;
}

export interface AccessFormat {
  /** More bytes than the line of `entry` takes. */
  bound(entry: AccessEntry): number;
  /** Writes the line and its end; there is room for `bound`. */
  line(entry: AccessEntry, into: LineBuffer): void;
}

const encoder = new TextEncoder();
const bytesOf = (text: string): Uint8Array => encoder.encode(text);

const NONE = new Uint8Array();
/** Of a line's own words and numbers. */
const FRAME_BYTES = 512;
/** Names that are kept as bytes; routes and endpoints come and go. */
const MOST_NAMES = 8_192;

const DAY_MS = 86_400_000;

/** Bytes made of what ids name, each once. */
class Names {
  readonly #known = new Map<number, Uint8Array>();

  constructor(readonly make: (id: number) => string) {}

  of(id: number): Uint8Array {
    if (id < 0) return NONE;
    let bytes = this.#known.get(id);
    if (bytes === undefined) {
      if (this.#known.size >= MOST_NAMES) this.#known.clear();
      bytes = bytesOf(this.make(id));
      this.#known.set(id, bytes);
    }
    return bytes;
  }
}

/** Names, reasons and the time of day, which both formats have; each in the format's own words. */
abstract class Format implements AccessFormat {
  protected readonly labels: Names;
  protected readonly endpoints: Names;
  readonly #reasons: ReadonlyMap<FailureReason, Uint8Array>;

  constructor(names: AccessNames) {
    this.labels = new Names((id) => {
      const label = names.label(id);
      return label === undefined ? "" : this.labelText(label.route, label.pattern);
    });
    this.endpoints = new Names((id) => {
      const endpoint = names.endpoint(id);
      return endpoint === undefined ? "" : this.endpointText(endpoint);
    });
    const reasons = FAILURE_REASONS.map((reason) => [reason, bytesOf(this.reasonText(reason))]);
    this.#reasons = new Map(reasons as [FailureReason, Uint8Array][]);
  }

  bound(entry: AccessEntry): number {
    const text = entry.clientEnd - entry.methodAt;
    const names = this.labels.of(entry.labelId).length + this.endpoints.of(entry.endpointId).length;
    return FRAME_BYTES + names + text * MOST_ESCAPED;
  }

  protected reason(reason: FailureReason | undefined): Uint8Array {
    return reason === undefined ? NONE : this.#reasons.get(reason)!;
  }

  abstract line(entry: AccessEntry, into: LineBuffer): void;
  protected abstract reasonText(reason: FailureReason): string;
  protected abstract labelText(route: string, pattern: string): string;
  protected abstract endpointText(endpoint: string): string;
}

const JSON_FIELDS = {
  time: bytesOf('{"time":"'),
  peer: bytesOf('","peer":"'),
  method: bytesOf('","method":"'),
  host: bytesOf('","host":"'),
  target: bytesOf('","target":"'),
  status: bytesOf('","status":'),
  connect: bytesOf(',"connect_ms":'),
  firstByte: bytesOf(',"first_byte_ms":'),
  duration: bytesOf(',"duration_ms":'),
  bytesIn: bytesOf(',"bytes_in":'),
  bytesOut: bytesOf(',"bytes_out":'),
  requestId: bytesOf(',"request_id":"'),
  endQuote: bytesOf('"'),
  end: bytesOf("}\n"),
};

export class JsonFormat extends Format {
  #second = NaN;
  /** `2026-01-02T03:04:05.` of that second. */
  #secondText: Uint8Array = NONE;

  line(entry: AccessEntry, into: LineBuffer): void {
    const { bytes } = entry;
    into.put(JSON_FIELDS.time);
    this.#time(entry.atMs, into);
    into.put(JSON_FIELDS.peer);
    into.escaped(bytes, entry.clientAt, entry.clientEnd, "json");
    into.put(JSON_FIELDS.method);
    into.escaped(bytes, entry.methodAt, entry.hostAt, "json");
    into.put(JSON_FIELDS.host);
    into.escaped(bytes, entry.hostAt, entry.targetAt, "json");
    into.put(JSON_FIELDS.target);
    into.escaped(bytes, entry.targetAt, entry.targetEnd, "json");
    into.put(JSON_FIELDS.status);
    into.integer(entry.status);
    if (entry.connectMs >= 0) duration(JSON_FIELDS.connect, entry.connectMs, into);
    if (entry.firstByteMs >= 0) duration(JSON_FIELDS.firstByte, entry.firstByteMs, into);
    duration(JSON_FIELDS.duration, entry.totalMs, into);
    into.put(JSON_FIELDS.bytesIn);
    into.integer(entry.bytesIn);
    into.put(JSON_FIELDS.bytesOut);
    into.integer(entry.bytesOut);
    into.put(JSON_FIELDS.requestId);
    into.escaped(bytes, entry.idAt, entry.idEnd, "json");
    into.put(JSON_FIELDS.endQuote);
    into.put(this.labels.of(entry.labelId));
    into.put(this.endpoints.of(entry.endpointId));
    into.put(this.reason(entry.reason));
    into.put(JSON_FIELDS.end);
  }

  protected labelText(route: string, pattern: string): string {
    return `,"route":${JSON.stringify(route)},"pattern":${JSON.stringify(pattern)}`;
  }

  protected endpointText(endpoint: string): string {
    return `,"endpoint":${JSON.stringify(endpoint)}`;
  }

  protected reasonText(reason: FailureReason): string {
    return `,"reason":"${reason}"`;
  }

  /** Many lines are of the same second. */
  #time(atMs: number, into: LineBuffer): void {
    const ms = Math.floor(atMs);
    const second = Math.floor(ms / 1000);
    if (second !== this.#second) {
      this.#second = second;
      this.#secondText = bytesOf(new Date(second * 1000).toISOString().slice(0, -4));
    }
    into.put(this.#secondText);
    into.padded(ms - second * 1000, 3);
    into.byte(0x5a);
  }
}

function duration(name: Uint8Array, ms: number, into: LineBuffer): void {
  into.put(name);
  into.milliseconds(ms);
}

const TEXT_MS = bytesOf(" ms ");
const COLON = 0x3a;
const SPACE = 0x20;
const NEW_LINE = 0x0a;

export class TextFormat extends Format {
  line(entry: AccessEntry, into: LineBuffer): void {
    const { bytes } = entry;
    const ofDay = Math.floor((entry.atMs % DAY_MS) / 1000);
    into.padded(Math.floor(ofDay / 3600), 2);
    into.byte(COLON);
    into.padded(Math.floor(ofDay / 60) % 60, 2);
    into.byte(COLON);
    into.padded(ofDay % 60, 2);
    into.byte(SPACE);
    into.integer(entry.status);
    into.byte(SPACE);
    into.tenths(entry.totalMs);
    into.put(TEXT_MS);
    into.escaped(bytes, entry.methodAt, entry.hostAt, "terminal");
    into.byte(SPACE);
    into.escaped(bytes, entry.hostAt, entry.targetEnd, "terminal");
    into.put(this.endpoints.of(entry.endpointId));
    into.put(this.labels.of(entry.labelId));
    into.put(this.reason(entry.reason));
    into.byte(NEW_LINE);
  }

  protected labelText(route: string, pattern: string): string {
    return ` [${route} ${pattern}]`;
  }

  protected endpointText(endpoint: string): string {
    return ` -> ${endpoint}`;
  }

  protected reasonText(reason: FailureReason): string {
    return ` (${reason})`;
  }
}
