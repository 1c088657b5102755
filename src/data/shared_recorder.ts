// Records exchanges into the worker's region of shared memory, through measure.wasm.
// Failures are counted by their place in the table of rescue.ts, which main reads back.

import { NO_VALUE } from "../core/exchange_core.ts";
import type { MeasureWriter } from "../core/measure.ts";
import type { Recorder } from "./recorder.ts";
import { FAILURE_REASONS, type FailureReason } from "./rescue.ts";

const FAILURE_NUMBERS = new Map<FailureReason, number>(
  FAILURE_REASONS.map((reason, index) => [reason, index]),
);

export class SharedRecorder implements Recorder {
  readonly #writer: MeasureWriter;
  readonly #noLabelId: number;
  readonly #timesServices: boolean;

  /**
   * `noLabelId`: the label under which requests are counted that no rule matched.
   * `timesServices`: services have histograms of their own, for an observer's view.
   */
  constructor(writer: MeasureWriter, noLabelId: number, timesServices: boolean) {
    this.#writer = writer;
    this.#noLabelId = noLabelId;
    this.#timesServices = timesServices;
  }

  request(labelId: number, methodId: number, status: number, durationMs: number): void {
    const durationUs = Math.max(0, Math.round(durationMs * 1000));
    const label = labelId === NO_VALUE ? this.#noLabelId : labelId;
    this.#writer.request(label, methodId, status, durationUs);
  }

  upstream(serviceId: number, status: number, firstByteMs: number): void {
    this.#writer.upstream(serviceId, status);
    if (this.#timesServices) {
      this.#writer.serviceDuration(serviceId, Math.max(0, Math.round(firstByteMs * 1000)));
    }
  }

  failure(reason: FailureReason): void {
    this.#writer.failure(FAILURE_NUMBERS.get(reason) ?? 0);
  }
}
