// What is remembered of one TCP connection between its records: plain state, no decisions.
// Made by the flow table, changed by pairing only. Kept small, since there are a hundred thousand:
// every number but the ordinal's is a signed 32-bit one, times are microseconds modulo 2^32, and
// what only open exchanges need hangs off it.

import type { EarlyHead } from "./early.ts";
import type { Exchange, FlowWords, HttpSegment, RequestSegment, ResponseSegment } from "./types.ts";

/** No request: serial numbers of a flow's requests begin at 1. */
export const NO_REQUEST = 0;

/** A request that awaits its final response. */
export interface PendingRequest {
  readonly segment: RequestSegment;
  readonly serial: number;
  /** Nothing else was outstanding when it was sent: a response at its ack can only be its own. */
  readonly isFirst: boolean;
  /** Requests that were not seen may have been outstanding when it was sent. */
  readonly followsUnseen: boolean;
  /** The request that ends where this one begins, so that none lies between them; else NO_REQUEST. */
  readonly previous: number;
  /** A request before it was not seen: this may be part of that one's body. */
  readonly isDoubtful: boolean;
  /** Where the final response must begin after an interim one (1xx). */
  afterInterim: number | null;
  /** An interim response of unknown end was seen: nothing certain can follow. */
  hasVagueInterim: boolean;
  next: PendingRequest | null;
}

/** A pairing that waits for what could refute it. */
export interface DeferredPair {
  readonly exchange: Extract<Exchange, { outcome: "known" }>;
  /** Where the request and the response end, null when they do not say. */
  readonly requestEnd: number | null;
  readonly responseEnd: number | null;
  /** True: unknown unless the next record proves it. False: known unless one refutes it. */
  readonly needsProof: boolean;
  /** See PendingRequest.isDoubtful: without proof, only the response is certain. */
  readonly isDoubtful: boolean;
  readonly deadlineUs: number;
}

/** A record that waits for one that the kernel numbered before it. */
export interface HeldSegment {
  /** See Flow.isFlipped. */
  readonly fromFirst: boolean;
  readonly segment: HttpSegment;
}

export class Flow {
  hash = 0;
  nextOrdinal = 1;
  /** By ordinal; null while nothing waits. */
  held: HeldSegment[] | null = null;
  heldSince = 0;
  /** A head that waits for an earlier one of its direction. */
  early: EarlyHead | null = null;
  lastUsed = 0;
  /** The latest time of a record that was handled. */
  lastHandled = 0;
  isOpaque = false;
  /** Both ends have closed it, or one has reset it. */
  isOver = false;
  /** The client is not the end that was taken for it first. */
  isFlipped = false;
  /** A certain exchange has shown which end is the client. */
  isOriented = false;
  /** Requests in a row that were sent only after the response to the one before was whole. */
  sequentialCount = 0;
  /** The client has sent a request before the response to an earlier one was whole. */
  pipelines = false;
  /** It has done so beyond doubt: nothing shows any more when it waits for its responses. */
  hasPipelined = false;
  /** Too much is missing to prove anything any more: what follows is unknown until it calms. */
  isTangled = false;
  /** While it is tangled: requests in a row that adjoin what was before. */
  calmRequests = 0;
  /** A request was given up as unknown although its response may still come. */
  owesResponse = false;
  /**
   * Unknown exchanges that were told by their requests and whose responses may still come; negative:
   * responses that may come of requests that were lost.
   */
  owedResponses = 0;
  /** What the last of those requests acknowledged, and where it ends. */
  owedAck = 0;
  owedEnd: number | null = null;
  /** A response that may be none, while it is not certain which end is the client. */
  unplaced: ResponseSegment | null = null;
  clientFin = false;
  serverFin = false;
  firstPending: PendingRequest | null = null;
  lastPending: PendingRequest | null = null;
  pendingCount = 0;
  deferred: DeferredPair | null = null;
  /** Serial number of the last request; NO_REQUEST before the first. */
  requestSerial = NO_REQUEST;
  requestSeq = 0;
  requestMethod = "";
  requestMayUpgrade = false;
  /** It can't have been part of a body. */
  isRequestSure = false;
  /** What came before its first request was not read: that one may be part of a body. */
  isUnanchored = false;
  /** Where the last request ends; null when it does not say. */
  requestEnd: number | null = null;
  hasResponse = false;
  responseSeq = 0;
  responseAck = 0;
  /** The end of the last response's first segment. */
  responsePayloadEnd = 0;
  /** The request that the last response certainly answered; else NO_REQUEST. */
  answered = NO_REQUEST;
  /** Where the last response ends; null when it does not say. */
  responseEnd: number | null = null;
  /** Records were lost before the first response was seen. */
  lostBeforeResponse = false;
  /** Records lost since the last request was seen. */
  lostSinceRequest = 0;
  /** Requests that may be outstanding without having been seen. */
  unseenRequests = 0;
  /** The response to an unseen request was seen; where that request ends is not known. */
  followsUnseen = false;
  /** The least recently used list, oldest first. */
  older: Flow | null = null;
  newer: Flow | null = null;
  /** The next flow of the same bucket. */
  collision: Flow | null = null;
  isListedDue = false;

  /** `words`: client address (4), server address (4), client port << 16 | server port, interface. */
  constructor(readonly words: FlowWords) {}

  get hasRequest(): boolean {
    return this.requestSerial !== NO_REQUEST;
  }

  addPending(request: PendingRequest): void {
    if (this.lastPending) this.lastPending.next = request;
    else this.firstPending = request;
    this.lastPending = request;
    this.pendingCount++;
  }

  takePending(): PendingRequest | null {
    const first = this.firstPending;
    if (!first) return null;
    this.firstPending = first.next;
    if (!first.next) this.lastPending = null;
    this.pendingCount--;
    return first;
  }

  /** Forgets what was said on the connection; its place in the table and its numbering stay. */
  startOver(): void {
    this.isOpaque = false;
    this.isOver = false;
    this.isOriented = false;
    this.sequentialCount = 0;
    this.pipelines = false;
    this.hasPipelined = false;
    this.isUnanchored = false;
    this.isTangled = false;
    this.calmRequests = 0;
    this.owesResponse = false;
    this.owedResponses = 0;
    this.unplaced = null;
    this.clientFin = false;
    this.serverFin = false;
    this.requestSerial = NO_REQUEST;
    this.requestEnd = null;
    this.hasResponse = false;
    this.answered = NO_REQUEST;
    this.responseEnd = null;
    this.lostBeforeResponse = false;
    this.lostSinceRequest = 0;
    this.unseenRequests = 0;
    this.followsUnseen = false;
  }
}
