// One rule of an HTTPRoute: served, served as a 500, or dropped, and the faults that its route's
// conditions name.

import { RouteReason as Reason, type RouteReasonName } from "../../gatewayapi/conditions.ts";
import { parseDurationMs } from "../../gatewayapi/duration.ts";
import type { HttpFilters, HttpRule, Retry, Timeouts, WeightedBackend } from "../../ir/snapshot.ts";
import { type BackendSources, type RefFault, resolveBackend } from "./http_backend.ts";
import { readFilters, RefusedFilter } from "./http_filters.ts";
import { type CheckRegex, readMatches, type RouteRule, UnsupportedValue } from "./http_match.ts";
import { readRetry } from "./http_retry.ts";
import type { Read } from "./memo.ts";
import { EMPTY, NONE } from "./share.ts";

export interface RuleFault {
  readonly reason: RouteReasonName;
  readonly message: string;
}

export interface RuleOutcome {
  /** Undefined: the rule matches nothing. */
  readonly rule?: HttpRule;
  /** The rule is invalid: as a 500 in `rule`, or dropped. */
  readonly invalid?: RuleFault;
  /** References that are not resolved; the rule is valid all the same. */
  readonly unresolved: readonly RefFault[];
}

export interface RuleContext {
  readonly routeNamespace: string;
  readonly sources: BackendSources;
  readonly read: Read;
  /** Undefined: regular expressions are refused. */
  readonly checkRegex: CheckRegex | undefined;
}

function readDuration(text: string | undefined, field: string): number | undefined {
  if (text === undefined) return undefined;
  const durationMs = parseDurationMs(text);
  if (durationMs === undefined) {
    throw new UnsupportedValue(`${field} ${text} is no duration of GEP-2257, e.g. 1m30s or 500ms`);
  }
  return durationMs;
}

function readTimeouts(rule: RouteRule, field: string): Timeouts {
  const requestMs = readDuration(rule.timeouts?.request, `${field}.timeouts.request`);
  const backendRequestMs = readDuration(
    rule.timeouts?.backendRequest,
    `${field}.timeouts.backendRequest`,
  );
  if (requestMs && backendRequestMs !== undefined && backendRequestMs > requestMs) {
    throw new UnsupportedValue(
      `${field}.timeouts.backendRequest must not be longer than timeouts.request`,
    );
  }
  if (requestMs === undefined && backendRequestMs === undefined) return EMPTY;
  return {
    ...(requestMs === undefined ? {} : { requestMs }),
    ...(backendRequestMs === undefined ? {} : { backendRequestMs }),
  };
}

/** Fields that change what a rule does and that are not served: never skipped silently. */
function checkUnsupportedFields(rule: RouteRule, field: string): void {
  if (rule.sessionPersistence === undefined) return;
  throw new UnsupportedValue(`${field}.sessionPersistence is not supported`);
}

interface Backends {
  readonly backends: WeightedBackend[];
  readonly unresolved: RefFault[];
}

function readBackends(rule: RouteRule, field: string, context: RuleContext): Backends {
  const unresolved: RefFault[] = [];
  const backends = (rule.backendRefs ?? NONE).map((ref, index): WeightedBackend => {
    const filters = readFilters(
      ref.filters,
      rule,
      "backend",
      `${field}.backendRefs[${index}].filters`,
    );
    const { target, fault } = resolveBackend(
      ref,
      context.routeNamespace,
      context.sources,
      context.read,
    );
    if (fault !== undefined) unresolved.push(fault);
    return { weight: ref.weight ?? 1, target, filters };
  });
  return { backends, unresolved };
}

function refusal(error: unknown): RuleFault {
  if (error instanceof RefusedFilter) return { reason: error.reason, message: error.message };
  if (error instanceof UnsupportedValue) {
    return { reason: Reason.unsupportedValue, message: error.message };
  }
  throw error;
}

/**
 * Reads one rule. What cannot be matched is dropped. What can be matched but not done keeps its
 * matches and answers 500: "the filter MUST NOT be skipped. Instead, requests that would have been
 * processed by that filter MUST receive a HTTP error response"; nor may such a request fall through to
 * a broader rule that knows nothing of the filter. An ExtensionRef is a reference: it leaves the rule
 * valid and its route's references unresolved.
 */
export function readRule(rule: RouteRule, index: number, context: RuleContext): RuleOutcome {
  const field = `spec.rules[${index}]`;
  let matches: HttpRule["matches"];
  try {
    matches = readMatches(rule, field, context.checkRegex);
  } catch (error) {
    return { invalid: refusal(error), unresolved: [] };
  }
  const base = { name: rule.name ?? "", matches };
  const answer500 = { ...base, filters: EMPTY, backends: NONE, timeouts: EMPTY };
  let filters: HttpFilters;
  let timeouts: Timeouts;
  let retry: Retry | undefined;
  let backends: Backends;
  try {
    checkUnsupportedFields(rule, field);
    timeouts = readTimeouts(rule, field);
    retry = readRetry(rule, field);
    filters = readFilters(rule.filters, rule, "rule", `${field}.filters`);
    backends = readBackends(rule, field, context);
  } catch (error) {
    const fault = refusal(error);
    return fault.reason === Reason.invalidKind ? { rule: answer500, unresolved: [fault] } : {
      rule: answer500,
      invalid: fault,
      unresolved: [],
    };
  }
  return {
    rule: {
      name: base.name,
      matches,
      filters,
      backends: backends.backends,
      timeouts,
      ...(retry === undefined ? {} : { retry }),
    },
    unresolved: backends.unresolved,
  };
}
