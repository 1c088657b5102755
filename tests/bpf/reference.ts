// What the observer must say of a packet, written a second time from docs/observer_protocol.md.
// Shares nothing with the C parser; keeps the state of connections that the page describes.

export interface Observed {
  readonly kind: number;
  readonly direction: number;
  readonly ipVersion: number;
  readonly source: string; // 16 bytes as hex
  readonly destination: string;
  readonly sourcePort: number;
  readonly destinationPort: number;
  readonly sequence: number;
  readonly acknowledgement: number;
  readonly payloadBytes: number;
  readonly tcpFlags: number;
  /** The number of this record among those of its connection. */
  readonly ordinal: number;
  readonly captured: string; // hex
}

/** The counters' names, in the order of their slots. */
export const COUNTERS = [
  "packets",
  "tcp_segments",
  "http_requests",
  "http_responses",
  "closes",
  "opaque_http2",
  "opaque_tls",
  "opaque_skipped",
  "truncated",
  "fragments",
  "ring_full",
  "filtered",
  "table_full",
] as const;

export type Counter = typeof COUNTERS[number];
export type Counters = Record<Counter, number>;

interface Segment {
  readonly ipVersion: number;
  readonly source: string;
  readonly destination: string;
  readonly tcp: DataView;
  readonly payload: Uint8Array;
}

type Parsed = { what: "tcp"; segment: Segment } | { what: "other" | "fragment" | "truncated" };

interface Connection {
  http: boolean;
  opaque: boolean;
  records: number;
  readonly finished: Set<string>;
}

const METHODS = ["GET", "HEAD", "POST", "PUT", "DELETE", "CONNECT", "OPTIONS", "TRACE", "PATCH"];
const EXTENSION_UNITS = new Map([[0, 8], [43, 8], [60, 8], [51, 4]]);
const IPV4_PREFIX = "00000000000000000000ffff";

export function hex(data: Uint8Array): string {
  return data.toHex();
}

function parse(frame: Uint8Array, egress: boolean): Parsed {
  const view = new DataView(frame.buffer, frame.byteOffset, frame.length);
  let type = view.getUint16(12), at = 14;
  for (let tags = 0; tags < 2 && (type === 0x8100 || type === 0x88a8); tags++) {
    if (frame.length < at + 4) return { what: "truncated" };
    type = view.getUint16(at + 2);
    at += 4;
  }
  if (type === 0x0800) return parseIpv4(frame, view, at, egress);
  if (type === 0x86dd) return parseIpv6(frame, view, at, egress);
  return { what: "other" };
}

function parseIpv4(frame: Uint8Array, view: DataView, at: number, egress: boolean): Parsed {
  if (frame.length < at + 20) return { what: "truncated" };
  const headerBytes = (frame[at] & 15) * 4;
  if (frame[at] >> 4 !== 4 || headerBytes < 20) return { what: "truncated" };
  if ((view.getUint16(at + 6) & 0x3fff) !== 0) return { what: "fragment" };
  if (frame[at + 9] !== 6) return { what: "other" };
  const field = view.getUint16(at + 2);
  const end = field === 0 && egress ? frame.length : at + field;
  if (end < at + headerBytes) return { what: "truncated" };
  const source = IPV4_PREFIX + hex(frame.subarray(at + 12, at + 16));
  const destination = IPV4_PREFIX + hex(frame.subarray(at + 16, at + 20));
  return parseTcp(frame, { ipVersion: 4, source, destination, at: at + headerBytes, end });
}

function parseIpv6(frame: Uint8Array, view: DataView, at: number, egress: boolean): Parsed {
  if (frame.length < at + 40 || frame[at] >> 4 !== 6) return { what: "truncated" };
  const field = view.getUint16(at + 4);
  const end = field === 0 && egress ? frame.length : at + 40 + field;
  const source = hex(frame.subarray(at + 8, at + 24));
  const destination = hex(frame.subarray(at + 24, at + 40));
  let next = frame[at + 6];
  at += 40;
  for (let headers = 0; next !== 6; headers++) {
    const isFragment = next === 44;
    const unit = EXTENSION_UNITS.get(next);
    if (!isFragment && unit === undefined) return { what: "other" };
    if (frame.length < at + (isFragment ? 8 : 2)) return { what: "truncated" };
    if (isFragment && (view.getUint16(at + 2) & 0xfff9) !== 0) return { what: "fragment" };
    next = frame[at];
    at += isFragment ? 8 : unit === 4 ? (frame[at + 1] + 2) * 4 : (frame[at + 1] + 1) * 8;
    if (headers === 6) return { what: "truncated" };
  }
  return parseTcp(frame, { ipVersion: 6, source, destination, at, end });
}

function parseTcp(
  frame: Uint8Array,
  ip: { ipVersion: number; source: string; destination: string; at: number; end: number },
): Parsed {
  if (frame.length < ip.at + 20 || ip.end > frame.length) return { what: "truncated" };
  const tcp = new DataView(frame.buffer, frame.byteOffset + ip.at, 20);
  const headerBytes = (tcp.getUint8(12) >> 4) * 4;
  if (headerBytes < 20 || ip.at + headerBytes > ip.end) return { what: "truncated" };
  const { ipVersion, source, destination } = ip;
  const payload = frame.subarray(ip.at + headerBytes, ip.end);
  return { what: "tcp", segment: { ipVersion, source, destination, tcp, payload } };
}

function looksLike(payload: Uint8Array): number {
  const start = String.fromCharCode(...payload.subarray(0, 8));
  if (METHODS.some((method) => start.startsWith(`${method} `))) return 1;
  if (start.startsWith("HTTP/1.")) return 2;
  if (start === "PRI * HT") return 5;
  const [type, major, minor, , , message, length] = payload;
  if (type === 22 && major === 3 && minor <= 4 && message === 1 && length === 0) return 6;
  return 0;
}

/** The observer as the page describes it, for one interface. */
export class Reference {
  readonly counters: [Counters, Counters] = [emptyCounters(), emptyCounters()];
  readonly #connections = new Map<string, Connection>();

  constructor(private readonly ports: readonly number[] = []) {}

  /** What is recorded of a packet; null where nothing is. */
  observe(frame: Uint8Array, direction: 0 | 1): Observed | null {
    const count = this.counters[direction];
    count.packets++;
    const parsed = parse(frame, direction === 1);
    if (parsed.what === "other") return null;
    if (parsed.what !== "tcp") {
      count[parsed.what === "fragment" ? "fragments" : "truncated"]++;
      return null;
    }
    count.tcp_segments++;
    const { tcp, payload, source, destination, ipVersion } = parsed.segment;
    const sourcePort = tcp.getUint16(0), destinationPort = tcp.getUint16(2);
    if (
      this.ports.length > 0 && !this.ports.includes(sourcePort) &&
      !this.ports.includes(destinationPort)
    ) {
      count.filtered++;
      return null;
    }
    const ends = [`${source}:${sourcePort}`, `${destination}:${destinationPort}`];
    const tcpFlags = tcp.getUint8(13);
    const { kind, ordinal } = this.#decide(looksLike(payload), tcpFlags, ends, count);
    if (kind === 0) return null;
    return {
      kind,
      direction,
      ipVersion,
      source,
      destination,
      sourcePort,
      destinationPort,
      sequence: tcp.getUint32(4),
      acknowledgement: tcp.getUint32(8),
      payloadBytes: payload.length,
      tcpFlags,
      ordinal,
      captured: kind <= 2 ? hex(payload.subarray(0, 256)) : "",
    };
  }

  #decide(
    looks: number,
    tcpFlags: number,
    ends: readonly string[],
    count: Counters,
  ): { kind: number; ordinal: number } {
    const key = [...ends].sort().join(" ");
    let kind = looks;
    let ordinal = 0;
    if ((tcpFlags & 0x12) === 0x02) this.#connections.delete(key);
    if (looks !== 0) {
      const known = this.#connections.get(key) ??
        { http: false, opaque: false, records: 0, finished: new Set<string>() };
      this.#connections.set(key, known);
      if (known.opaque) {
        if (looks <= 2) count.opaque_skipped++;
        kind = 0;
      } else if (looks <= 2) known.http = true;
      else known.opaque = true;
      if (kind !== 0) ordinal = ++known.records;
    }
    if ((tcpFlags & 0x05) !== 0) {
      const closing = this.#connections.get(key);
      if (closing?.http && kind === 0) {
        kind = (tcpFlags & 0x04) !== 0 ? 4 : 3;
        ordinal = ++closing.records;
      }
      closing?.finished.add(ends[0]);
      if ((tcpFlags & 0x04) !== 0 || closing?.finished.size === 2) this.#connections.delete(key);
    }
    if (kind === 1) count.http_requests++;
    if (kind === 2) count.http_responses++;
    if (kind === 3 || kind === 4) count.closes++;
    if (kind === 5) count.opaque_http2++;
    if (kind === 6) count.opaque_tls++;
    return { kind, ordinal };
  }
}

export function emptyCounters(): Counters {
  return Object.fromEntries(COUNTERS.map((name) => [name, 0])) as Counters;
}
