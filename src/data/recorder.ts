// What an exchange tells the measurements: ids and numbers only, so that recording allocates nothing.
// The counters themselves are in shared memory and are read by the main thread when scraped.

import type { FailureReason } from "./rescue.ts";

export interface Recorder {
  /** One request answered. `labelId` NO_VALUE: no rule matched. `methodId`: METHOD_* of core.as. */
  request(labelId: number, methodId: number, status: number, durationMs: number): void;
  /** One response head received from an endpoint of the service, so long after the request began. */
  upstream(serviceId: number, status: number, firstByteMs: number): void;
  failure(reason: FailureReason): void;
}
