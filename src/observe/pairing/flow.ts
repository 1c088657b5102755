// What is remembered of one TCP connection between its records: a plain record, no decisions.
// Made by the flow table, changed by pairing only.

import type { Exchange, FlowWords, HttpSegment, RequestSegment, ResponseSegment } from "./types.ts";

/** A request that awaits its final response. */
export interface PendingRequest {
  readonly segment: RequestSegment;
  /** Nothing else was outstanding when it was sent: a response at its ack can only be its own. */
  readonly isFirst: boolean;
  /** Requests that were not seen may have been outstanding when it was sent. */
  readonly followsUnseen: boolean;
  /** The request that ends where this one begins, so that none lies between them; else null. */
  readonly previous: RequestSegment | null;
  /** A request before it was not seen: this may be part of that one's body. */
  readonly isDoubtful: boolean;
  /** Where the final response must begin after an interim one (1xx). */
  afterInterim: number | null;
  /** An interim response of unknown end was seen: nothing certain can follow. */
  hasVagueInterim: boolean;
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

export interface Flow {
  /** Client address (4 words), server address (4 words), client port << 16 | server port, interface. */
  words: FlowWords;
  hash: number;
  nextOrdinal: number;
  /** Records that came before one that the kernel numbered earlier, by ordinal. */
  held: { readonly fromClient: boolean; readonly segment: HttpSegment }[];
  heldSinceUs: number;
  lastUsedUs: number;
  isOpaque: boolean;
  /** Requests in a row that were sent only after the response to the one before was whole. */
  sequentialCount: number;
  /** The client has sent a request before the response to an earlier one was whole. */
  pipelines: boolean;
  /** Too much is missing to prove anything any more: what follows is unknown until it calms. */
  isTangled: boolean;
  /** While it is tangled: requests in a row that adjoin what was before. */
  calmRequests: number;
  /** A request was given up as unknown although its response may still come. */
  owesResponse: boolean;
  clientFin: boolean;
  serverFin: boolean;
  pending: PendingRequest[];
  deferred: DeferredPair | null;
  lastRequest: RequestSegment | null;
  /** Where the last request ends; null when it does not say. */
  requestEnd: number | null;
  lastResponse: ResponseSegment | null;
  /** The request that the last response certainly answered; else null. */
  answered: RequestSegment | null;
  /** Where the last response ends; null when it does not say. */
  responseEnd: number | null;
  /** Records lost since the last request was seen. */
  lostSinceRequest: number;
  /** Requests that may be outstanding without having been seen. */
  unseenRequests: number;
  /** The response to an unseen request was seen; where that request ends is not known. */
  followsUnseen: boolean;
  /** The least recently used list, oldest first. */
  older: Flow | null;
  newer: Flow | null;
  /** The next flow of the same hash. */
  collision: Flow | null;
  isListedDue: boolean;
}

export function newFlow(words: FlowWords, hash: number, nowUs: number): Flow {
  return {
    words,
    hash,
    nextOrdinal: 1,
    held: [],
    heldSinceUs: 0,
    lastUsedUs: nowUs,
    isOpaque: false,
    sequentialCount: 0,
    pipelines: false,
    isTangled: false,
    calmRequests: 0,
    owesResponse: false,
    clientFin: false,
    serverFin: false,
    pending: [],
    deferred: null,
    lastRequest: null,
    requestEnd: null,
    lastResponse: null,
    answered: null,
    responseEnd: null,
    lostSinceRequest: 0,
    unseenRequests: 0,
    followsUnseen: false,
    older: null,
    newer: null,
    collision: null,
    isListedDue: false,
  };
}
