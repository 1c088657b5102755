// What the data plane is told about itself: plain data, made by src/config.ts from the environment.
// Durations are in milliseconds, sizes in bytes; 0 switches a timeout off.

import { DEFAULT_EXCHANGE_LIMITS } from "../core/exchange_core.ts";

export type FrontKind = "serve" | "wire";
/** Who makes the system calls of the wire front's TCP: this program, or the runtime under it. */
export type SocketsKind = "kernel" | "runtime";
export type AccessLogFormat = "off" | "json" | "text";

export interface TimeoutsMs {
  /** Opening a connection to an endpoint. */
  readonly connectMs: number;
  /** From the request sent to the head of the response, where the route states nothing. */
  readonly responseMs: number;
  /** The whole exchange, where the route states nothing. */
  readonly requestMs: number;
  /** From a request's first byte, or the accept, to the end of its head. */
  readonly headMs: number;
  /** A client's connection between two requests. */
  readonly idleMs: number;
  /** A body, of a request or a response, of which nothing moves. */
  readonly bodyMs: number;
  /** A tunnel (WebSocket) in which nothing moves. */
  readonly tunnelMs: number;
  /** An endpoint's connection between two requests. */
  readonly upstreamIdleMs: number;
  /** How long an endpoint is passed over after connecting to it has failed. */
  readonly ejectionMs: number;
}

export interface Limits {
  /** Longest request target. */
  readonly targetBytes: number;
  /** All fields of a head together. */
  readonly headBytes: number;
  readonly fieldCount: number;
  /** Largest body of a request; 0: any. */
  readonly bodyBytes: number;
  /** Chunk extensions of one body together. */
  readonly chunkExtensionBytes: number;
  readonly trailerBytes: number;
  readonly trailerFields: number;
  /** Open connections of clients, in the whole process. */
  readonly connections: number;
  /** Open connections to endpoints, in the whole process. */
  readonly upstreamConnections: number;
  /** Requests that wait for one of them, in the whole process. */
  readonly waitingRequests: number;
  /** Idle connections that a worker keeps to one endpoint. */
  readonly idleConnectionsPerEndpoint: number;
  /** Bytes of requests kept for a retry, in the whole process. */
  readonly retryBytes: number;
}

export const DEFAULT_TIMEOUTS: TimeoutsMs = {
  connectMs: 5_000,
  responseMs: 60_000,
  requestMs: 0,
  headMs: 10_000,
  idleMs: 75_000,
  bodyMs: 60_000,
  tunnelMs: 3_600_000,
  upstreamIdleMs: 30_000,
  ejectionMs: 10_000,
};
export const DEFAULT_LIMITS: Limits = {
  ...DEFAULT_EXCHANGE_LIMITS,
  connections: 16_384,
  upstreamConnections: 4_096,
  waitingRequests: 1_024,
  idleConnectionsPerEndpoint: 512,
  retryBytes: 16_777_216,
};
