// Rescue: the one table from a typed failure to what the client is told. Every answer that RAUTA
// makes itself for a failed exchange comes from here, with the reason that the access log and
// rauta_failures_total show. No stack trace, address or file name ever goes to a client.

/** Who is to blame: the client, the endpoint, or this process. */
export type FailureSource = "downstream" | "upstream" | "internal";

export interface Rescue {
  readonly source: FailureSource;
  readonly status: number;
  /** The exchange may be tried once more, where none of its bytes can have done anything. */
  readonly mayRetry: boolean;
  /** Sent to the client as text. */
  readonly message: string;
}

/** By reason; a reason added here needs a row in docs/failures.md. A reason is a label value: fixed words, never text from outside. */
export const RESCUES = {
  // The request itself.
  malformed_target: downstream(400, "the request target is malformed"),
  malformed_host: downstream(400, "the Host field is missing or malformed"),
  malformed_request: downstream(400, "the request is malformed"),
  target_too_long: downstream(414, "the request target is too long"),
  head_too_large: downstream(431, "the head of the request is too large"),
  connect_method: downstream(501, "CONNECT is not served"),
  unknown_method: downstream(501, "the method is not known"),
  unknown_coding: downstream(501, "the transfer coding is not known"),
  unmet_expectation: downstream(417, "the expectation cannot be met"),
  version_unsupported: downstream(505, "the HTTP version is not served"),
  body_too_large: downstream(413, "the body of the request is too large"),
  head_timeout: downstream(408, "the head of the request did not arrive in time"),
  request_body_timeout: downstream(408, "the body of the request stopped arriving"),
  idle_timeout: downstream(408, "nothing was sent for too long"),
  client_gone: downstream(499, "the client closed the connection"),
  misdirected: downstream(421, "this connection was made for another host"),
  tls_handshake: downstream(400, "the TLS handshake failed"),
  // What the configuration says.
  no_route: internal(404, "no route takes this request"),
  no_backend: internal(500, "the route has no backend that can be used"),
  not_programmed: internal(503, "nothing is configured yet"),
  // The endpoint.
  no_endpoint: upstream(503, "the service has no endpoint that is ready"),
  connect_refused: upstream(502, "the endpoint refused the connection", true),
  connect_failed: upstream(502, "the endpoint could not be reached", true),
  connect_timeout: upstream(504, "the endpoint did not accept the connection in time", true),
  response_timeout: upstream(504, "the endpoint did not answer in time"),
  reset: upstream(502, "the endpoint closed the connection too early", true),
  malformed_response: upstream(502, "the endpoint sent a malformed response"),
  short_body: upstream(502, "the endpoint sent less than it had promised"),
  body_timeout: upstream(504, "the body of the response stopped"),
  connection_limit: internal(503, "too many connections to endpoints are open"),
  request_timeout: upstream(504, "the exchange took longer than the route allows"),
  // This process.
  overload: internal(503, "too many requests are under way"),
  core_trap: internal(500, "the request could not be processed"),
  internal_error: internal(500, "the request could not be processed"),
} as const satisfies Record<string, Rescue>;

export type FailureReason = keyof typeof RESCUES;

function downstream(status: number, message: string): Rescue {
  return { source: "downstream", status, mayRetry: false, message };
}

function upstream(status: number, message: string, mayRetry = false): Rescue {
  return { source: "upstream", status, mayRetry, message };
}

function internal(status: number, message: string): Rescue {
  return { source: "internal", status, mayRetry: false, message };
}

/** By ERROR_* of core.as/http1/errors.ts: what is wrong with a request; the rest is malformed. */
const REASON_OF_ERROR: Readonly<Record<number, FailureReason>> = {
  [-2]: "unknown_method",
  [-3]: "malformed_target",
  [-4]: "target_too_long",
  [-6]: "version_unsupported",
  [-11]: "head_too_large",
  [-12]: "head_too_large",
  [-13]: "malformed_host",
  [-14]: "malformed_host",
  [-15]: "malformed_host",
  [-16]: "connect_method",
  [-18]: "unknown_method",
  [-19]: "unmet_expectation",
  [-24]: "unknown_coding",
  [-34]: "body_too_large",
  [-36]: "head_too_large",
  [-40]: "internal_error",
  [-41]: "internal_error",
};

export function reasonOfError(error: number): FailureReason {
  return REASON_OF_ERROR[error] ?? "malformed_request";
}

/** By OUTCOME_* of core.as/route/stations.ts, from OUTCOME_NO_LISTENER (2) on. */
const REASON_OF_OUTCOME: readonly FailureReason[] = [
  "no_route",
  "no_route",
  "malformed_host",
  "malformed_target",
  "no_backend",
  "no_backend",
  "no_endpoint",
  "head_too_large",
  "overload",
  "overload",
  "misdirected",
];

export function reasonOfOutcome(outcome: number): FailureReason {
  return REASON_OF_OUTCOME[outcome - 2] ?? "overload";
}

/** Every reason, in an order that does not change while the process lives. */
export const FAILURE_REASONS = Object.keys(RESCUES) as readonly FailureReason[];
