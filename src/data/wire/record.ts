// What one exchange was, for metrics and the access log. One object for each client connection, used
// again for its next exchange: whoever is given it takes what it needs at once.

import { NO_VALUE } from "../../core/exchange_core.ts";
import type { AccessRecord } from "../access/record.ts";
import type { FailureReason } from "../rescue.ts";

/** Ids of the core's tables; NO_VALUE (exchange_core.ts) where there is none. */
export interface ExchangeRecord extends AccessRecord {
  /** The exchange block in the core's memory; what is kept of the request's text is found by it. */
  readonly x: number;
  /** Milliseconds of performance.now(), of the head's arrival. */
  startMs: number;
  /** The same on the wall clock. */
  atMs: number;
  /** Durations in milliseconds from then on; -1: it did not happen. */
  connectMs: number;
  firstByteMs: number;
  totalMs: number;
  /** The client's address: the peer's, unless that is a trusted proxy. */
  client: string;
  methodId: number;
  /** 0: the client was sent none. */
  status: number;
  labelId: number;
  serviceId: number;
  endpointId: number;
  /** Bytes of heads and bodies, as they were on the client's wire. */
  bytesIn: number;
  bytesOut: number;
  reason: FailureReason | undefined;
}

/** Of a connection that has had no exchange yet. */
export function emptyRecord(x: number, peer: string): ExchangeRecord {
  return {
    x,
    startMs: 0,
    atMs: 0,
    connectMs: -1,
    firstByteMs: -1,
    totalMs: 0,
    client: peer,
    methodId: 0,
    status: 0,
    labelId: NO_VALUE,
    serviceId: NO_VALUE,
    endpointId: NO_VALUE,
    bytesIn: 0,
    bytesOut: 0,
    reason: undefined,
  };
}

/** Makes it that of the connection's next exchange, whose head has arrived. */
export function beginRecord(record: ExchangeRecord, nowMs: number): void {
  record.startMs = nowMs;
  record.connectMs = -1;
  record.firstByteMs = -1;
  record.status = 0;
  record.methodId = 0;
  record.labelId = NO_VALUE;
  record.serviceId = NO_VALUE;
  record.endpointId = NO_VALUE;
  record.bytesIn = 0;
  record.bytesOut = 0;
  record.reason = undefined;
}
