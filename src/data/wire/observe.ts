// What an exchange of the wire front tells: counters and histograms always, the access log where kept.
// Takes the connection's record, which is used again for its next exchange, and copies what it keeps.

import { NO_VALUE } from "../../core/exchange_core.ts";
import { METHOD_LABELS } from "../../core/measure.ts";
import type { AccessLog } from "../access_log.ts";
import type { Recorder } from "../recorder.ts";
import type { ExchangeRecord } from "./record.ts";

function known(id: number): number | undefined {
  return id === NO_VALUE ? undefined : id;
}

/** The sink of a worker's records. */
export function createRecordSink(
  recorder: Recorder,
  accessLog: AccessLog | undefined,
): (record: ExchangeRecord) => void {
  return (record) => {
    const { labelId, methodId, status, connectMs, firstByteMs, totalMs, reason } = record;
    recorder.request(known(labelId), METHOD_LABELS[methodId]!, status, totalMs);
    if (firstByteMs >= 0) recorder.upstream(record.serviceId, status, firstByteMs);
    if (reason !== undefined) recorder.failure(reason);
    if (accessLog === undefined) return;
    accessLog.write({
      atMs: Date.now() - totalMs,
      peer: record.client,
      method: record.method,
      host: record.host,
      target: record.target,
      status,
      connectMs,
      firstByteMs,
      durationMs: totalMs,
      bytesIn: record.bytesIn,
      bytesOut: record.bytesOut,
      requestId: record.requestId,
      labelId: known(labelId),
      endpointId: known(record.endpointId),
      reason,
    });
  };
}
