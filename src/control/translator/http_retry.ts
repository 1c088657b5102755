// A rule's `retry` into the IR: which statuses a request is sent again for, how often, after which pause.
// What can't be done as it is written is refused, never bent.

import { parseDurationMs } from "../../gatewayapi/duration.ts";
import type { Retry } from "../../ir/snapshot.ts";
import { type RouteRule, UnsupportedValue } from "./http_match.ts";

/** "When this field is unspecified, the number of times ... is implementation-specific." */
const DEFAULT_ATTEMPTS = 1;
/** Each one is a request more for an endpoint that fails already. */
const MOST_ATTEMPTS = 10;

function readCodes(codes: readonly number[], field: string): readonly number[] {
  const strange = codes.find((code) => !Number.isInteger(code) || code < 400 || code > 599);
  if (strange !== undefined) {
    throw new UnsupportedValue(`${field}.codes: ${strange} is no status from 400 to 599`);
  }
  return [...new Set(codes)].sort((a, b) => a - b);
}

/** Undefined where the rule states none. @throws {UnsupportedValue} */
export function readRetry(rule: RouteRule, field: string): Retry | undefined {
  if (rule.retry === undefined) return undefined;
  const { codes = [], attempts = DEFAULT_ATTEMPTS, backoff } = rule.retry;
  const at = `${field}.retry`;
  if (attempts < 1 || attempts > MOST_ATTEMPTS) {
    throw new UnsupportedValue(
      `${at}.attempts ${attempts} is not supported: from 1 to ${MOST_ATTEMPTS}`,
    );
  }
  const backoffMs = backoff === undefined ? undefined : parseDurationMs(backoff);
  if (backoff !== undefined && backoffMs === undefined) {
    throw new UnsupportedValue(`${at}.backoff ${backoff} is no duration of GEP-2257, e.g. 100ms`);
  }
  return {
    codes: readCodes(codes, at),
    attempts,
    ...(backoffMs === undefined ? {} : { backoffMs }),
  };
}
