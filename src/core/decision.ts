// What goes into the core and what comes out of it, as plain data: the string side of the ABI.
// Used by the serve front, the simulator and explain; the wire front works on heads in place.
// Strings are byte strings: one character is one byte (latin-1), as in HTTP.

export type FieldList = [name: string, value: string][];

/** One request as the front received it. */
export interface RequestInput {
  /** Which bound port group took the connection: `PortBinding.portGroup`. */
  readonly portGroup: number;
  readonly method: string;
  readonly scheme: "http" | "https";
  /** Host field or `:authority`, port included; `` where the request has none. */
  readonly authority: string;
  /** origin-form, absolute-form or `*` (RFC 9112 section 3.2). */
  readonly target: string;
  readonly fields: Readonly<FieldList>;
  /**
   * Who sent it. Given: hop-by-hop fields are taken out (RFC 9110 section 7.6.1) and X-Forwarded-*
   * and x-request-id written before the filters run. Left out: fields go on as they are.
   */
  readonly client?: ClientInfo;
  /** The balancing key, 64 bits as two u32 halves. */
  readonly keyLo: number;
  readonly keyHi: number;
  /** Uniform in [0, 2^32): draws the backend by weight. */
  readonly rand32: number;
}

export interface ClientInfo {
  /** The peer's address without port. */
  readonly address: string;
  /** Used where the request brings no well-formed x-request-id of its own. */
  readonly requestId: string;
  /** The peer is a trusted proxy: its X-Forwarded-Proto and -Host are kept. */
  readonly isTrusted: boolean;
}

/** A plan: what an exchange still needs once the tables may have changed. Give it back. */
export type PlanHandle = number;

/** Milliseconds; undefined: the configured default; 0: no limit. */
export interface PlanTimeouts {
  readonly requestMs?: number;
  readonly backendRequestMs?: number;
}

export interface ForwardDecision {
  readonly kind: "forward";
  readonly method: string;
  /** The authority to send upstream (the client's, unless a rewrite names another). */
  readonly authority: string;
  /** Normalised and rewritten path with the query, in origin-form. */
  readonly target: string;
  readonly fields: FieldList;
  readonly labelId: number;
  readonly serviceId: number;
  /** Stable for the life of the process: the key of pools and of the health bitmap. */
  readonly endpointId: number;
  /** Position inside the service in the endpoint table of the moment. */
  readonly endpointIndex: number;
  readonly timeouts: PlanTimeouts;
  /** Must be given to `releasePlan` once, after `decideResponse` or a failure. */
  readonly plan: PlanHandle;
}

export type RespondReason =
  | "redirect"
  | "preflight"
  | "no-listener"
  | "no-route"
  | "bad-host"
  | "bad-target"
  | "bad-field"
  | "invalid-backend"
  | "no-backend"
  | "no-endpoint"
  | "too-large"
  | "overload";

export interface RespondDecision {
  readonly kind: "respond";
  readonly status: number;
  readonly fields: FieldList;
  readonly reason: RespondReason;
  /** The matched rule's label; undefined where nothing matched. */
  readonly labelId?: number;
  readonly serviceId?: number;
}

export type Decision = ForwardDecision | RespondDecision;

export type LoadResult =
  | { readonly ok: true; readonly generation: number }
  | { readonly ok: false; readonly reason: string };

/** An endpoint as the table of the moment has it. */
export interface EndpointInfo {
  readonly id: number;
  readonly address: string;
  readonly port: number;
}

export interface ServiceInfo {
  readonly id: number;
  readonly port: number;
  readonly protocol: "http1" | "h2c" | "websocket";
  readonly endpointCount: number;
}
