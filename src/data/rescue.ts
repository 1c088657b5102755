// Rescue: the one table from a typed failure to what the client is told. Every answer that RAUTA
// makes itself for a failed exchange comes from here, with the reason that the access log and
// rauta_failures_total show. No stack trace, address or file name ever goes to a client.

/** Who is to blame: the client, the endpoint, or this process. */
export type FailureSource = "downstream" | "upstream" | "internal";

export interface Rescue {
  readonly source: FailureSource;
  readonly status: number;
  /** Sent to the client as text. */
  readonly message: string;
}

/** By reason. A reason is a label value: fixed words, never text from outside. */
export const RESCUES = {
  // The request itself.
  malformed_target: downstream(400, "the request target is malformed"),
  malformed_host: downstream(400, "the Host field is missing or malformed"),
  malformed_request: downstream(400, "the request is malformed"),
  target_too_long: downstream(414, "the request target is too long"),
  head_too_large: downstream(431, "the head of the request is too large"),
  connect_method: downstream(501, "CONNECT is not served"),
  client_gone: downstream(499, "the client closed the connection"),
  // What the configuration says.
  no_route: internal(404, "no route takes this request"),
  no_backend: internal(500, "the route has no backend that can be used"),
  not_programmed: internal(503, "nothing is configured yet"),
  // The endpoint.
  no_endpoint: upstream(503, "the service has no endpoint that is ready"),
  connect_refused: upstream(502, "the endpoint refused the connection"),
  connect_failed: upstream(502, "the endpoint could not be reached"),
  connect_timeout: upstream(504, "the endpoint did not accept the connection in time"),
  response_timeout: upstream(504, "the endpoint did not answer in time"),
  reset: upstream(502, "the endpoint closed the connection too early"),
  malformed_response: upstream(502, "the endpoint sent a malformed response"),
  response_too_large: upstream(502, "the head of the endpoint's response is too large"),
  aborted: upstream(502, "the exchange was given up"),
  request_timeout: upstream(504, "the exchange took longer than the route allows"),
  // This process.
  overload: internal(503, "too many requests are under way"),
  core_trap: internal(500, "the request could not be processed"),
  internal_error: internal(500, "the request could not be processed"),
} as const satisfies Record<string, Rescue>;

export type FailureReason = keyof typeof RESCUES;

function downstream(status: number, message: string): Rescue {
  return { source: "downstream", status, message };
}

function upstream(status: number, message: string): Rescue {
  return { source: "upstream", status, message };
}

function internal(status: number, message: string): Rescue {
  return { source: "internal", status, message };
}
