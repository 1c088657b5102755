// One exchange of the serve front: what is known of it so far, told once to the measurements and the
// access log when it is over, and the one signal that ends it early. Made for every request.

import type { AccessLog } from "../access_log.ts";
import type { Recorder } from "../recorder.ts";
import type { FailureReason } from "../rescue.ts";
import type { UpstreamResponse } from "../upstream/upstream.ts";
import type { RequestHead } from "./request_head.ts";
import type { Arrival } from "./serve_front.ts";

export interface Observers {
  readonly recorder: Recorder;
  /** Undefined: no access log is kept. */
  readonly accessLog: AccessLog | undefined;
}

export class Exchange {
  readonly #observers: Observers;
  readonly #startedMs = performance.now();
  readonly #atMs = Date.now();
  readonly #abort = new AbortController();
  #timer: ReturnType<typeof setTimeout> | undefined;
  requestId = "";
  labelId: number | undefined;
  endpointId: number | undefined;
  status = 0;
  reason: FailureReason | undefined;
  /** Set once the body of a response is under way. */
  response: UpstreamResponse | undefined;

  constructor(
    observers: Observers,
    readonly head: RequestHead,
    readonly request: Request,
    readonly arrival: Arrival,
  ) {
    this.#observers = observers;
    request.signal.addEventListener("abort", () => this.#end("client_gone"));
  }

  /** Fires when the client is gone or the deadline has passed; `reason` says which. */
  get signal(): AbortSignal {
    return this.#abort.signal;
  }

  /** Ends the exchange that many milliseconds from now; 0: never. */
  endAfter(deadlineMs: number): void {
    if (deadlineMs <= 0) return;
    this.#timer = setTimeout(() => this.#end("request_timeout"), deadlineMs);
  }

  /** To be called once: when the response has been sent or given up. */
  finish(): void {
    clearTimeout(this.#timer);
    const { recorder, accessLog } = this.#observers;
    const durationMs = performance.now() - this.#startedMs;
    const reason = this.reason ?? this.response?.bodyFailure()?.reason;
    recorder.request(this.labelId, this.head.method, this.status, durationMs);
    if (reason !== undefined) recorder.failure(reason);
    accessLog?.write({
      atMs: this.#atMs,
      peer: this.arrival.peerAddress,
      method: this.head.method,
      host: this.head.authority,
      target: this.head.target,
      status: this.status,
      durationMs,
      requestId: this.requestId,
      labelId: this.labelId,
      endpointId: this.endpointId,
      reason,
    });
  }

  #end(reason: FailureReason): void {
    this.reason ??= reason;
    this.#abort.abort();
  }
}
