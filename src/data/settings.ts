// What the data plane is told about itself: plain data, made by src/config.ts from the environment.
// Durations are in milliseconds, sizes in bytes; 0 switches a timeout off.

export type FrontKind = "serve" | "wire";
export type AccessLogFormat = "off" | "json" | "text";

export interface TimeoutsMs {
  /** Opening a connection to an endpoint. */
  readonly connectMs: number;
  /** From the request sent to the head of the response, where the route states nothing. */
  readonly responseMs: number;
  /** The whole exchange, where the route states nothing. */
  readonly requestMs: number;
}

export interface Limits {
  /** Longest request target. */
  readonly targetBytes: number;
  /** All fields of a head together. */
  readonly headBytes: number;
  readonly fieldCount: number;
}

export const DEFAULT_TIMEOUTS: TimeoutsMs = { connectMs: 5_000, responseMs: 60_000, requestMs: 0 };
export const DEFAULT_LIMITS: Limits = {
  targetBytes: 16_384,
  headBytes: 65_536,
  fieldCount: 100,
};
