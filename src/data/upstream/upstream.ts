// The seam to the endpoints: one exchange goes out, one response head and its body come back.
// An upstream owns its connections and knows neither routes nor tables. It never retries, never
// follows a redirect, never changes a field, and fails with UpstreamFailure alone.

/** (name, value) pairs in the order in which they are sent; doubles stay doubles. */
export type FieldList = readonly (readonly [name: string, value: string])[];

export interface UpstreamExchange {
  readonly address: string;
  readonly port: number;
  readonly method: string;
  /** origin-form: path and query as they are to be sent. */
  readonly target: string;
  /** End-to-end fields, Host among them. Framing is the upstream's business. */
  readonly fields: FieldList;
  readonly body: ReadableStream<Uint8Array> | null;
  /** The body's length where the client stated it; undefined: not known. */
  readonly bodyLengthBytes: number | undefined;
  readonly connectTimeoutMs: number;
  /** From now to the head of the response; 0: no limit. */
  readonly responseTimeoutMs: number;
  /** Aborted when the client is gone or the whole exchange has taken too long. */
  readonly signal: AbortSignal;
}

export interface UpstreamResponse {
  readonly status: number;
  readonly fields: FieldList;
  /** Null where the response has none (HEAD, 204, 304). Errors with UpstreamFailure. */
  readonly body: ReadableStream<Uint8Array> | null;
  /** What cut the body short; undefined while it comes and when it came whole. */
  bodyFailure(): UpstreamFailure | undefined;
}

export interface Upstream {
  /** @throws {UpstreamFailure} */
  send(exchange: UpstreamExchange): Promise<UpstreamResponse>;
  /** Closes idle connections; exchanges in flight finish. */
  close(): void;
}

export type UpstreamFailureReason =
  | "connect_refused"
  | "connect_timeout"
  | "connect_failed"
  | "response_timeout"
  | "reset"
  | "malformed_response"
  | "aborted";

export class UpstreamFailure extends Error {
  override readonly name = "UpstreamFailure";

  /** `sentNothing`: no byte of the request was written, so that a retry can do no harm. */
  constructor(
    readonly reason: UpstreamFailureReason,
    readonly sentNothing: boolean,
    cause?: unknown,
  ) {
    super(reason, { cause });
  }
}
