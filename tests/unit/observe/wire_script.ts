// Makes up TCP connections that carry HTTP, byte by byte, as the kernel program would record them,
// with the truth beside every record. Deterministic by its random source. Knows every awkward case:
// pipelining, acks in the middle of a response, interim responses, chunked and unstated lengths,
// HEAD, 204 and 304, upgrades, several heads in one segment, heads longer than a capture, bodies of
// either direction whose segments begin like heads, retransmissions, reordering, wrap-around.

import { advance } from "../../../src/observe/pairing/sequence.ts";

/** What the kernel program would write, and what it really is. */
export interface WireRecord {
  readonly fromClient: boolean;
  readonly kind: "request" | "response" | "fin" | "rst";
  readonly seq: number;
  readonly ack: number;
  readonly payloadLength: number;
  readonly hasFin: boolean;
  /** At most 256 bytes, as text of one byte a character. */
  readonly captured: string;
  /** The exchange whose head this is; null for a body that only looks like one, and for ends. */
  readonly id: number | null;
  /** Not an interim (1xx) response. */
  readonly isFinal: boolean;
  /** Heads further on in the segment, captured or not. */
  readonly behind: readonly HeadBehind[];
}

export interface HeadBehind {
  readonly offset: number;
  readonly id: number;
  readonly isFinal: boolean;
}

export interface WireOptions {
  readonly exchanges: number;
  readonly firstId: number;
  /** Requests outstanding at once; 1: no pipelining. */
  readonly depth: number;
  /** No body looks like a head, every head states its body's length, no heads share a segment. */
  readonly isPlain: boolean;
  /** Every head begins a segment, lies within a capture and states its body's length. */
  readonly isShown: boolean;
  /** Whether the connection's end is seen. */
  readonly hasEnd: boolean;
}

/** A run of bytes of one direction; `text` is how it begins, the rest is filler. */
interface Piece {
  readonly text: string;
  readonly length: number;
  readonly id: number | null;
  readonly isHead: boolean;
  readonly isFinal: boolean;
}

interface Awaited {
  readonly id: number;
  readonly method: string;
  /** The server reads all of it before it answers. */
  readonly isRead: boolean;
}

const METHODS = ["GET", "GET", "GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS"];
const STATUSES = [200, 200, 200, 200, 204, 304, 404, 503];
const SEGMENT_BYTES = 1460;
const CAPTURE_BYTES = 256;
const FILLER = "x".repeat(CAPTURE_BYTES);
const LIKE_A_HEAD = /^(?:(?:GET|HEAD|POST|PUT|DELETE|CONNECT|OPTIONS|TRACE|PATCH) |HTTP\/1\.)/;
const PHANTOMS = [
  "GET /phantom HTTP/1.1\r\nHost: phantom\r\n\r\n",
  "HTTP/1.1 503 Phantom\r\nX-Id: -1\r\nContent-Length: 0\r\n\r\n",
  "GET is a verb",
  "HTTP/1.1 503 only looks like it",
];

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

export class WireScript {
  readonly #random: () => number;
  readonly #options: WireOptions;
  #clientSeq: number;
  #serverSeq: number;
  #clientAcked: number;
  #toServer: Piece[] = [];
  #toClient: Piece[][] = [];
  #awaited: Awaited[] = [];
  #isUpgraded = false;
  /** A record that the network brings one segment late. */
  #late: WireRecord | null = null;
  #before: WireRecord | null = null;
  #made: WireRecord[] = [];

  constructor(random: () => number, options: WireOptions) {
    this.#random = random;
    this.#options = options;
    // Many connections wrap: their first number is close to 2^32.
    this.#clientSeq = this.#firstSequence();
    this.#serverSeq = this.#firstSequence();
    this.#clientAcked = this.#serverSeq;
  }

  /** The connection's records in the order in which the kernel numbers them. */
  *records(): Generator<WireRecord, void, void> {
    const { exchanges, firstId, depth, isShown } = this.#options;
    let next = 0;
    while (next < exchanges || this.#toClient.length > 0 || this.#toServer.length > 0) {
      const open = this.#awaited.length;
      const maySend = this.#toServer.length > 0 ||
        (next < exchanges && open < depth && !this.#isUpgraded);
      const mayAnswer = this.#toClient.length > 0 && this.#isSent(this.#awaited[0]);
      if (!maySend && !mayAnswer) break;
      if (maySend && (!mayAnswer || this.#random() < 0.6)) {
        if (this.#toServer.length === 0) {
          this.#newExchange(firstId + next++);
          const isTogether = depth > 1 && !isShown && this.#chance(0.1) && open + 1 < depth;
          if (isTogether && next < exchanges) this.#newExchange(firstId + next++);
        }
        this.#clientSends();
      } else {
        this.#serverSends();
      }
      yield* this.#take();
    }
    if (this.#isUpgraded) this.#speakFreely();
    if (this.#options.hasEnd) this.#end();
    this.#release();
    yield* this.#take();
  }

  /** How many exchanges there were: an upgrade ends them early. */
  get exchanges(): number {
    return this.#begun;
  }

  #begun = 0;

  #firstSequence(): number {
    const random = this.#random();
    return this.#random() < 0.1
      ? 0x1_0000_0000 - 1 - Math.floor(random * 20_000)
      : Math.floor(random * 0x1_0000_0000);
  }

  #chance(share: number): boolean {
    return !this.#options.isPlain && this.#random() < share;
  }

  #pick<T>(from: readonly T[]): T {
    return from[Math.floor(this.#random() * from.length)];
  }

  *#take(): Generator<WireRecord, void, void> {
    const made = this.#made;
    this.#made = [];
    yield* made;
  }

  /**
   * The server may answer a request once it has its head. A body of unstated length it reads to the
   * end first: where it does not, no observer can tell the rest of the body from a next request.
   */
  #isSent(awaited: Awaited): boolean {
    if (awaited.isRead && this.#toServer.length > 0) return false;
    return !this.#toServer.some((piece) => piece.id === awaited.id);
  }

  #newExchange(id: number): void {
    this.#begun++;
    const isUpgrade = this.#options.depth === 1 && this.#chance(0.002);
    const method = isUpgrade ? "GET" : this.#pick(METHODS);
    const hasBody = method === "POST" || method === "PUT";
    const body = hasBody ? Math.floor(this.#random() * 6000) : 0;
    const isVague = hasBody && this.#chance(0.3) && !this.#options.isShown;
    const lines = [`${method} /i/${id} HTTP/1.1`, "Host: shop.example"];
    if (isVague) lines.push("Transfer-Encoding: chunked");
    else if (hasBody) lines.push(`Content-Length: ${body}`);
    if (isUpgrade) lines.push("Connection: upgrade", "Upgrade: websocket");
    this.#pad(lines);
    const isLong = this.#pushHead(this.#toServer, lines, id, true);
    this.#pushBody(this.#toServer, body, isVague);
    this.#awaited.push({ id, method, isRead: isVague || (isLong && hasBody) });
    this.#toClient.push(isUpgrade ? this.#switching(id) : this.#response(id, method));
    this.#isUpgraded ||= isUpgrade;
  }

  /** Fields that make a head longer, now and then longer than a capture or a segment. */
  #pad(lines: string[]): void {
    if (this.#random() < 0.7) lines.push(`Accept: ${"a".repeat(this.#random() * 60)}`);
    if (this.#options.isShown) return;
    if (this.#chance(0.05)) lines.push(`Cookie: ${"c".repeat(200 + this.#random() * 300)}`);
    if (this.#chance(0.005)) lines.push(`X-Long: ${"l".repeat(1400)}`);
  }

  /** True where the head's end lies outside of a capture. */
  #pushHead(pieces: Piece[], lines: readonly string[], id: number, isFinal: boolean): boolean {
    const text = lines.join("\r\n") + "\r\n\r\n";
    const length = Math.min(text.length, SEGMENT_BYTES);
    pieces.push({ text, length, id, isHead: true, isFinal });
    if (text.length > length) this.#pushFiller(pieces, text.length - length);
    return text.length > CAPTURE_BYTES;
  }

  #pushFiller(pieces: Piece[], length: number, text = ""): void {
    if (length > 0) pieces.push({ text, length, id: null, isHead: false, isFinal: true });
  }

  #pushBody(pieces: Piece[], bytes: number, isChunked: boolean): void {
    for (let left = bytes; left > 0;) {
      const length = Math.min(left, SEGMENT_BYTES);
      if (isChunked) {
        const line = `${length.toString(16)}\r\n`;
        this.#pushFiller(pieces, line.length, line);
      }
      const phantom = this.#chance(0.2) ? this.#pick(PHANTOMS) : "";
      this.#pushFiller(pieces, length, phantom.length <= length ? phantom : "");
      if (isChunked) this.#pushFiller(pieces, 2, "\r\n");
      left -= length;
    }
    if (isChunked) this.#pushFiller(pieces, 5, "0\r\n\r\n");
  }

  #switching(id: number): Piece[] {
    const pieces: Piece[] = [];
    const lines = ["HTTP/1.1 101 Switching Protocols", `X-Id: ${id}`, "Upgrade: websocket"];
    this.#pushHead(pieces, lines, id, true);
    return pieces;
  }

  #response(id: number, method: string): Piece[] {
    const pieces: Piece[] = [];
    for (const interim of ["100 Continue", "103 Early Hints"]) {
      if (!this.#chance(0.07)) continue;
      this.#pushHead(pieces, [`HTTP/1.1 ${interim}`, `X-Id: ${id}`], id, false);
    }
    const status = this.#pick(STATUSES);
    const hasBody = method !== "HEAD" && status !== 204 && status !== 304;
    const isBig = this.#chance(0.02);
    const body = Math.floor(this.#random() * (isBig ? 200_000 : 8000));
    const isVague = this.#chance(0.3) && !this.#options.isShown;
    const lines = [`HTTP/1.1 ${status} Reason`, `X-Id: ${id}`];
    if (isVague) lines.push("Transfer-Encoding: chunked");
    else if (status !== 204) lines.push(`Content-Length: ${body}`);
    this.#pad(lines);
    this.#pushHead(pieces, lines, id, true);
    // Segments of a big body leave the machine joined (GSO): longer than any packet.
    if (hasBody && isBig && !isVague) this.#pushFiller(pieces, body);
    else if (hasBody) this.#pushBody(pieces, body, isVague);
    return pieces;
  }

  #clientSends(): void {
    const pieces = [this.#toServer.shift() as Piece];
    while (this.#toServer.length > 0) {
      const isTogether = this.#toServer[0].isHead;
      if (!isTogether && this.#random() < 0.5) break;
      pieces.push(this.#toServer.shift() as Piece);
    }
    const inFlight = (this.#serverSeq - this.#clientAcked) >>> 0;
    const isIdle = this.#awaited.length <= 1;
    const acked = isIdle ? inFlight : Math.floor(this.#random() * (inFlight + 1));
    this.#clientAcked = advance(this.#clientAcked, acked);
    this.#clientSeq = this.#segment(true, pieces, this.#clientSeq, this.#clientAcked);
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
        this.#awaited.shift();
        const mayJoin = this.#toClient.length > 0 && this.#isSent(this.#awaited[0]);
        if (!mayJoin || this.#options.isShown || !this.#chance(0.3)) break;
      }
    } while (this.#toClient.length > 0 && length < SEGMENT_BYTES && this.#random() < 0.5);
    this.#serverSeq = this.#segment(false, pieces, this.#serverSeq, this.#clientSeq);
  }

  /** One segment; gives the number behind it. */
  #segment(
    fromClient: boolean,
    pieces: readonly Piece[],
    seq: number,
    ack: number,
    hasFin = false,
  ): number {
    let length = 0, captured = "";
    const behind: HeadBehind[] = [];
    for (const piece of pieces) {
      if (length > 0 && piece.isHead && piece.id !== null) {
        behind.push({ offset: length, id: piece.id, isFinal: piece.isFinal });
      }
      if (length === captured.length && captured.length < CAPTURE_BYTES) {
        captured += piece.text.slice(0, piece.length);
        captured += FILLER.slice(0, Math.max(0, piece.length - piece.text.length));
      }
      length += piece.length;
    }
    const [{ id, isHead, isFinal }] = pieces;
    this.#push({
      fromClient,
      kind: captured.startsWith("HTTP") ? "response" : "request",
      seq,
      ack,
      payloadLength: length,
      hasFin,
      captured: captured.slice(0, CAPTURE_BYTES),
      id: isHead ? id : null,
      isFinal,
      behind,
    });
    return advance(seq, length);
  }

  /** What the network makes of a segment: repeated, late, or as it is. */
  #push(record: WireRecord): void {
    const isFact = record.kind === "fin" || record.kind === "rst";
    if (!isFact && !LIKE_A_HEAD.test(record.captured)) return;
    const late = this.#late;
    this.#late = null;
    if (late && late.fromClient !== record.fromClient) this.#made.push(late);
    if (!isFact && !late && this.#chance(0.01)) {
      this.#late = record;
      return;
    }
    this.#made.push(record);
    if (late && late.fromClient === record.fromClient) this.#made.push(late);
    if (this.#random() < 0.02) this.#made.push(record);
    const again = this.#before;
    if (!isFact && again && again.fromClient === record.fromClient && this.#chance(0.01)) {
      this.#made.push(again);
    }
    if (!isFact) this.#before = record;
  }

  #release(): void {
    if (this.#late) this.#made.push(this.#late);
    this.#late = null;
  }

  /** After an upgrade both ends send what they like. */
  #speakFreely(): void {
    for (const phantom of PHANTOMS) {
      const piece = {
        text: phantom,
        length: phantom.length,
        id: null,
        isHead: false,
        isFinal: true,
      };
      const fromClient = this.#random() < 0.5;
      if (fromClient) {
        this.#clientSeq = this.#segment(true, [piece], this.#clientSeq, this.#serverSeq);
      } else this.#serverSeq = this.#segment(false, [piece], this.#serverSeq, this.#clientSeq);
    }
  }

  #end(): void {
    this.#release();
    const kind = this.#random() < 0.8 ? "fin" : "rst";
    for (const fromClient of kind === "fin" ? [true, false] : [true]) {
      const [seq, ack] = fromClient
        ? [this.#clientSeq, this.#serverSeq]
        : [this.#serverSeq, this.#clientSeq];
      const rest = {
        payloadLength: 0,
        hasFin: false,
        captured: "",
        id: null,
        isFinal: true,
        behind: [],
      };
      this.#push({ fromClient, kind, seq, ack, ...rest });
    }
  }
}
