// What goes into pairing (segments that begin an HTTP message, connection ends) and what comes out
// (exchanges, each known or unknown with a reason). Times are microseconds of the kernel's
// monotonic clock; sequence numbers are TCP's, as signed 32-bit numbers (RFC 9293 section 3.4).

/** A captured TCP segment as pairing sees it. */
export interface Segment {
  readonly tsUs: number;
  readonly seq: number;
  readonly ack: number;
  readonly payloadLength: number;
  /**
   * The n-th record that the kernel attempted for this connection, from 1; a jump proves that
   * records were lost. 0: the kernel could not keep count, nothing can be proven.
   */
  readonly ordinal: number;
}

/** What the captured part of a request head tells. */
export interface RequestHead {
  readonly method: string;
  readonly target: string;
  readonly host: string;
  /** As it begins: at most 64 characters. */
  readonly userAgent: string;
  /** It asks for another protocol, or what it asks for was not captured whole. */
  readonly mayUpgrade: boolean;
  /** Bytes from the first to the end of the head; null when the capture was cut before it. */
  readonly headLength: number | null;
  /** Bytes of the body; null when the head does not tell (chunked, or cut too early). */
  readonly bodyLength: number | null;
}

/** What the captured part of a response head tells. */
export interface ResponseHead {
  readonly status: number;
  readonly headLength: number | null;
  readonly bodyLength: number | null;
}

export interface RequestSegment extends Segment {
  readonly kind: "request";
  readonly head: RequestHead;
  /** The request that begins where this one ends, where the capture holds it too. */
  readonly next: RequestSegment | null;
}

export interface ResponseSegment extends Segment {
  readonly kind: "response";
  readonly head: ResponseHead;
  /**
   * What begins like a response further on in the same capture, where this one or another of them
   * may end: whether it does is for the request's method to say.
   */
  readonly candidates: readonly ResponseSegment[] | null;
}

/** The sender will send nothing more. */
export interface FinSegment extends Segment {
  readonly kind: "fin";
  /** Of the record before it, which carried FIN as well: it has no number of its own. */
  readonly isExtra?: true;
}

/** The connection is no more. */
export interface RstSegment extends Segment {
  readonly kind: "rst";
}

export type EndSegment = FinSegment | RstSegment;

/** TLS or HTTP/2 by prior knowledge: nothing more can be read on this connection. */
export interface OpaqueSegment extends Segment {
  readonly kind: "opaque";
}

/** It began like a message and is none; the kernel numbered it. */
export interface OtherSegment extends Segment {
  readonly kind: "other";
}

/** A record of a kind that is not known; the kernel numbered it. */
export interface UnknownSegment extends Segment {
  readonly kind: "unknown";
}

export type HttpSegment =
  | RequestSegment
  | ResponseSegment
  | EndSegment
  | OpaqueSegment
  | OtherSegment
  | UnknownSegment;

/** Why nothing certain can be said of an exchange. */
export type UnknownReason =
  /** Records of the connection were lost, so that the response could be another request's. */
  | "evidence_missing"
  /** What looks like a head may be part of a body, or of whatever exchange. */
  | "ambiguous"
  /** The response began unseen: lost, or inside a segment that began with another one. */
  | "response_not_seen"
  /** A response whose request was never seen. */
  | "request_not_seen"
  /** The connection was closed (FIN) or reset (RST) before a response began. */
  | "closed"
  | "reset"
  /** No response within the age limit, or the table was full. */
  | "aged"
  | "evicted"
  /** The connection turned into something that is not HTTP/1. */
  | "opaque";

/** A connection as 10 words: client address (4), server address (4), ports, interface index. */
export type FlowWords = Uint32Array;

/** One request and its response, or what is missing of them. */
export type Exchange =
  | {
    readonly outcome: "known";
    /** Valid until the connection is forgotten. */
    readonly flow: FlowWords;
    readonly request: RequestSegment;
    readonly response: ResponseSegment;
    /** First byte of the request to first byte of the final response. */
    readonly latencyUs: number;
  }
  | {
    readonly outcome: "unknown";
    readonly reason: UnknownReason;
    readonly flow: FlowWords;
    readonly request: RequestSegment | null;
    readonly response: ResponseSegment | null;
  };

export interface PairingLimits {
  /** Connections kept; beyond it the one unused for longest is evicted. */
  readonly maxFlows: number;
  /** Unanswered requests kept for one connection; what is sent beyond them is unknown. */
  readonly maxPending: number;
  /** A connection without a record for so long is forgotten; under half an hour. */
  readonly idleUs: number;
  /** How long a record may wait for one that was numbered, or a head for one that was sent, before. */
  readonly reorderUs: number;
  /** How long a pairing that lacks full proof waits for what would refute it. */
  readonly confirmUs: number;
}

export const DEFAULT_PAIRING_LIMITS: PairingLimits = {
  maxFlows: 100_000,
  maxPending: 64,
  idleUs: 300_000_000,
  reorderUs: 100_000,
  confirmUs: 1_000_000,
};

/**
 * What pairing made of the heads that are not in an exchange, and of connections. Every head ends in
 * exactly one exchange, as its request or response, or in one of the first seven counts.
 */
export interface PairingCounts {
  retransmissions: number;
  /** Segments inside a body that only look like the start of a message. */
  insideBody: number;
  /** What may be part of a body, or of an exchange that was told of already. */
  ambiguous: number;
  /** Interim (1xx) responses. */
  interim: number;
  /** Heads on connections that have turned into something else. */
  insideTunnel: number;
  /** Heads that came after they had been given up. */
  late: number;
  /** Heads that no connection could be remembered for, and what is no head at all. */
  unusable: number;
  /** Heads behind another one in the same capture, of those above and of those in exchanges. */
  coalesced: number;
  /** Records that the kernel numbered and that never came. */
  lost: number;
  tupleReuses: number;
  opaqueFlows: number;
  flowsClosed: number;
  flowsReset: number;
  flowsAged: number;
  flowsEvicted: number;
}

export function newPairingCounts(): PairingCounts {
  return {
    retransmissions: 0,
    insideBody: 0,
    ambiguous: 0,
    interim: 0,
    insideTunnel: 0,
    late: 0,
    unusable: 0,
    coalesced: 0,
    lost: 0,
    tupleReuses: 0,
    opaqueFlows: 0,
    flowsClosed: 0,
    flowsReset: 0,
    flowsAged: 0,
    flowsEvicted: 0,
  };
}
