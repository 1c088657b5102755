// Makes up TCP connections that carry HTTP, as an observer between both ends would see them, with
// the truth beside every segment. Deterministic by its seed. Knows every awkward case: pipelining,
// acks in the middle of a response, interim responses, chunked and unstated lengths, HEAD, 204 and
// 304, several heads in one segment, bodies that look like heads, retransmissions, wrap-around.

import { advance } from "../../../src/observe/pairing/sequence.ts";
import type { HttpSegment } from "../../../src/observe/pairing/types.ts";

/** What a record really is: exchange `id`, or null for a body that only looks like a head. */
export interface TrueRecord {
  readonly fromClient: boolean;
  readonly id: number | null;
  readonly isFinal: boolean;
  readonly segment: HttpSegment;
}

/** A small fast generator (mulberry32): uniform in [0, 1). */
export function seededRandom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 0x1_0000_0000;
  };
}

/** A run of bytes of one direction; `head` where it begins a message. */
interface Piece {
  readonly length: number;
  readonly id: number | null;
  readonly head: "request" | "response" | "request-like" | "response-like" | null;
  readonly status: number;
  readonly method: string;
  readonly headLength: number | null;
  readonly bodyLength: number | null;
}

const METHODS = ["GET", "GET", "GET", "HEAD", "POST", "POST"];
const STATUSES = [200, 200, 200, 200, 204, 304, 404, 503];
const SEGMENT_BYTES = 1460;

export interface ScriptOptions {
  readonly exchanges: number;
  readonly firstId: number;
  readonly startUs: number;
  /** Requests outstanding at once; 1: no pipelining. */
  readonly depth: number;
  /** No body looks like a head, every head states its body's length, no heads share a segment. */
  readonly isPlain: boolean;
}

export class TcpScript {
  readonly records: TrueRecord[] = [];
  readonly #random: () => number;
  readonly #options: ScriptOptions;
  #clientSeq: number;
  #serverSeq: number;
  #clientAcked: number;
  #tsUs: number;
  #ordinal = 0;
  #toServer: Piece[] = [];
  #toClient: Piece[][] = [];
  readonly #vagueIds = new Set<number>();
  #unanswered: { id: number; method: string; readyAt: number }[] = [];

  constructor(random: () => number, options: ScriptOptions) {
    this.#random = random;
    this.#options = options;
    this.#clientSeq = Math.floor(random() * 0x1_0000_0000);
    this.#serverSeq = Math.floor(random() * 0x1_0000_0000);
    this.#clientAcked = this.#serverSeq;
    this.#tsUs = options.startUs;
  }

  /** Plays the connection to its end and returns its records in the kernel's order. */
  run(): readonly TrueRecord[] {
    const { exchanges, firstId, depth } = this.#options;
    let next = 0;
    while (next < exchanges || this.#toClient.length > 0 || this.#toServer.length > 0) {
      const open = this.#unanswered.length;
      const maySend = this.#toServer.length > 0 || (next < exchanges && open < depth);
      const mayAnswer = this.#toClient.length > 0 &&
        (this.#toServer.length === 0 || this.#isSent(this.#unanswered[0].id));
      if (maySend && (!mayAnswer || this.#random() < 0.6)) {
        if (this.#toServer.length === 0) {
          this.#newExchange(firstId + next);
          next++;
          const together = !this.#options.isPlain && depth > 1 && this.#random() < 0.1;
          if (together && next < exchanges && open + 1 < depth) {
            this.#newExchange(firstId + next);
            next++;
          }
        }
        this.#clientSends();
      } else {
        this.#serverSends();
      }
    }
    this.#end();
    return this.records;
  }

  /**
   * The server may answer a request once it has its head. A body of unstated length it reads to the
   * end first: where it does not, no observer can tell the rest of the body from a next request.
   */
  #isSent(id: number): boolean {
    if (this.#vagueIds.has(id) && this.#toServer.length > 0) return false;
    return !this.#toServer.some((piece) => piece.id === id && piece.head === "request");
  }

  #chance(share: number): boolean {
    return !this.#options.isPlain && this.#random() < share;
  }

  #newExchange(id: number): void {
    const method = METHODS[Math.floor(this.#random() * METHODS.length)];
    const headLength = 60 + Math.floor(this.#random() * 180);
    const isLong = this.#chance(0.05);
    const body = method === "POST" ? Math.floor(this.#random() * 6000) : 0;
    const isVague = method === "POST" && this.#chance(0.3);
    this.#toServer.push({
      length: headLength + (isLong ? 300 : 0),
      id,
      head: "request",
      status: 0,
      method,
      headLength: isLong ? null : headLength,
      bodyLength: isVague || (isLong && method === "POST") ? null : body,
    });
    if (isVague || (isLong && method === "POST")) this.#vagueIds.add(id);
    this.#pushBody(this.#toServer, body, "request-like");
    this.#unanswered.push({ id, method, readyAt: 0 });
    this.#toClient.push(this.#response(id, method));
  }

  #pushBody(pieces: Piece[], bytes: number, like: "request-like" | "response-like"): void {
    let left = bytes;
    while (left > 0) {
      const length = Math.min(left, SEGMENT_BYTES);
      pieces.push({
        length,
        id: null,
        head: length > 100 && this.#chance(0.2) ? like : null,
        status: 503,
        method: "GET",
        headLength: 80,
        bodyLength: 0,
      });
      left -= length;
    }
  }

  #response(id: number, method: string): Piece[] {
    const pieces: Piece[] = [];
    const base = { id, method, head: "response" as const };
    if (this.#chance(0.1)) {
      pieces.push({ ...base, length: 30, status: 100, headLength: 30, bodyLength: 0 });
    }
    const status = STATUSES[Math.floor(this.#random() * STATUSES.length)];
    const hasBody = method !== "HEAD" && status !== 204 && status !== 304;
    const body = Math.floor(this.#random() * 8000);
    const headLength = 80 + Math.floor(this.#random() * 160);
    const isVague = this.#chance(0.3);
    pieces.push({
      ...base,
      length: headLength,
      status,
      headLength: this.#chance(0.05) ? null : headLength,
      bodyLength: isVague ? null : body,
    });
    if (hasBody) this.#pushBody(pieces, body, "response-like");
    return pieces;
  }

  #clientSends(): void {
    const pieces = [this.#toServer.shift() as Piece];
    const joins = this.#toServer.length > 0 && this.#toServer[0].head === "request";
    if (joins) pieces.push(this.#toServer.shift() as Piece);
    else if (this.#toServer.length > 0 && this.#random() < 0.5) {
      pieces.push(this.#toServer.shift() as Piece);
    }
    const inFlight = (this.#serverSeq - this.#clientAcked) >>> 0;
    const isIdle = this.#unanswered.length <= 1;
    const acked = isIdle ? inFlight : Math.floor(this.#random() * (inFlight + 1));
    this.#clientAcked = advance(this.#clientAcked, acked);
    const length = pieces.reduce((sum, piece) => sum + piece.length, 0);
    this.#record(true, pieces[0], length, this.#clientSeq, this.#clientAcked);
    this.#clientSeq = advance(this.#clientSeq, length);
  }

  #serverSends(): void {
    const pieces: Piece[] = [];
    let length = 0;
    do {
      const response = this.#toClient[0];
      const piece = response.shift() as Piece;
      pieces.push(piece);
      length += piece.length;
      if (response.length === 0) {
        this.#toClient.shift();
        this.#unanswered.shift();
        const mayJoin = this.#toClient.length > 0 && this.#isSent(this.#unanswered[0].id);
        if (!mayJoin || !this.#chance(0.3)) break;
      }
    } while (this.#toClient.length > 0 && length < SEGMENT_BYTES && this.#random() < 0.5);
    this.#record(false, pieces[0], length, this.#serverSeq, this.#clientSeq);
    this.#serverSeq = advance(this.#serverSeq, length);
  }

  #record(fromClient: boolean, piece: Piece, length: number, seq: number, ack: number): void {
    this.#tsUs += 20 + Math.floor(this.#random() * 400);
    if (!piece.head) return;
    this.#ordinal++;
    const base = { tsUs: this.#tsUs, seq, ack, payloadLength: length, ordinal: this.#ordinal };
    const { headLength, bodyLength, method, status } = piece;
    const segment: HttpSegment = fromClient
      ? {
        kind: "request",
        ...base,
        head: { method, target: `/${piece.id}`, host: "h", userAgent: "", headLength, bodyLength },
      }
      : { kind: "response", ...base, head: { status, headLength, bodyLength } };
    const id = piece.head === "request" || piece.head === "response" ? piece.id : null;
    const isFinal = status >= 200;
    this.records.push({ fromClient, id, isFinal, segment });
    if (this.#random() < 0.02) {
      this.#ordinal++;
      this.#tsUs += 5;
      const again = { ...segment, ordinal: this.#ordinal, tsUs: this.#tsUs };
      this.records.push({ fromClient, id, isFinal, segment: again });
    }
  }

  #end(): void {
    const kind = this.#random() < 0.8 ? "fin" : "rst";
    for (const fromClient of kind === "fin" ? [true, false] : [true]) {
      this.#ordinal++;
      this.#tsUs += 50;
      const [seq, ack] = fromClient
        ? [this.#clientSeq, this.#serverSeq]
        : [this.#serverSeq, this.#clientSeq];
      const base = { tsUs: this.#tsUs, seq, ack, payloadLength: 0, ordinal: this.#ordinal };
      this.records.push({ fromClient, id: null, isFinal: false, segment: { kind, ...base } });
    }
  }
}
