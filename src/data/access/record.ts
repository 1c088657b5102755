// What the access log tells of one exchange, as numbers: names of routes and endpoints are ids, and the
// bytes of the request lie in the core's memory (RequestText of core/exchange_core.ts).

import type { FailureReason } from "../rescue.ts";

export interface AccessRecord {
  /** Milliseconds since the epoch, of the head's arrival. */
  readonly atMs: number;
  /** The client's address, without a port. */
  readonly client: string;
  /** 0: the client was sent none. */
  readonly status: number;
  /** Until a connection was made; -1: an open one was used, or none was had. */
  readonly connectMs: number;
  /** Until the head of the endpoint's response was there; -1: it never was. */
  readonly firstByteMs: number;
  /** The whole exchange. */
  readonly totalMs: number;
  /** Heads and bodies, as they were on the client's connection. */
  readonly bytesIn: number;
  readonly bytesOut: number;
  /** NO_VALUE where no rule matched. */
  readonly labelId: number;
  /** NO_VALUE where no endpoint was asked. */
  readonly endpointId: number;
  /** A failure's reason; undefined where there was none. */
  readonly reason: FailureReason | undefined;
}

/** As a reader of the ring gives it back; used again for the next one. */
export interface AccessEntry extends Omit<AccessRecord, "client"> {
  /** -1: none. */
  readonly labelId: number;
  readonly endpointId: number;
  /** Where the strings are, from each position up to the next one in this order. */
  readonly bytes: Uint8Array;
  readonly methodAt: number;
  readonly hostAt: number;
  readonly targetAt: number;
  readonly targetEnd: number;
  readonly idAt: number;
  readonly idEnd: number;
  readonly clientAt: number;
  readonly clientEnd: number;
}
