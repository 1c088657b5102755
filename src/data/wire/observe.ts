// What an exchange of the wire front tells: counters and histograms always, the access log where kept.
// Takes the connection's record, which is used again for its next exchange, and copies what it keeps.

import type { ExchangeCore } from "../../core/exchange_core.ts";
import type { AccessLog } from "../access/log.ts";
import type { Recorder } from "../recorder.ts";
import type { ExchangeRecord } from "./record.ts";

/** As much of the core as the access log needs. */
type TextSource = Pick<ExchangeCore, "requestText" | "words">;

/** The sink of a worker's records; the request's text is still in `core`. */
export function createRecordSink(
  recorder: Recorder,
  accessLog: AccessLog | undefined,
): (record: ExchangeRecord, core: TextSource) => void {
  return (record, core) => {
    const { labelId, methodId, serviceId, status, firstByteMs, totalMs, reason } = record;
    recorder.request(labelId, methodId, status, totalMs);
    if (firstByteMs >= 0) recorder.upstream(serviceId, status, firstByteMs);
    if (reason !== undefined) recorder.failure(reason);
    if (accessLog !== undefined) accessLog.write(record, core.requestText(record.x), core);
  };
}
