// The station "match": from a head to a plan. Reads the head, fills the plan, edits nothing.
// The later stations are core.as/edit (request, response, redirect) and core.as/balance (endpoint).

import { judgeCors } from "./cors";
import { readHost } from "./host";
import * as L from "./layout";
import { findMatch, hasListener } from "./match";
import { normalisePath, PATH_NO_ROOM, PATH_OK } from "./normalise";
import * as P from "./plan";
import { blobOf, filtersOf, portGroupAt, routesSwaps, tableOffset } from "./table";
import { note, TRACE_BACKEND, TRACE_MATCHED, traceAt } from "./trace";

/** Forward to the plan's service. */
export const OUTCOME_FORWARD: u32 = 0;
/** Answer with the plan's redirect; `buildRedirect` makes the Location. */
export const OUTCOME_REDIRECT: u32 = 1;
/** 404: no listener of the port takes this host. */
export const OUTCOME_NO_LISTENER: u32 = 2;
/** 404: no rule of the listener matches. */
export const OUTCOME_NO_ROUTE: u32 = 3;
/** 400: the host is malformed. */
export const OUTCOME_BAD_HOST: u32 = 4;
/** 400: the path or query is malformed, or climbs above the root. */
export const OUTCOME_BAD_TARGET: u32 = 5;
/** 500: the chosen backend is missing, of a wrong kind or not granted. */
export const OUTCOME_INVALID_BACKEND: u32 = 6;
/** 500: the rule has no backend, or none with a weight above 0. */
export const OUTCOME_NO_BACKEND: u32 = 7;
/** 503: the service has no endpoint that takes requests. */
export const OUTCOME_NO_ENDPOINT: u32 = 8;
/** The head has no room left for what normalising or an edit has to write. */
export const OUTCOME_TOO_LARGE: u32 = 9;
/** 503: no memory for the plan's response edits. */
export const OUTCOME_OVERLOAD: u32 = 10;
/** The route table has changed since the plan was made: match again. */
export const OUTCOME_STALE_PLAN: u32 = 11;
/** 421: the connection was made to another listener than the one that takes this host. */
export const OUTCOME_MISDIRECTED: u32 = 12;
/** 200 with the plan's response edits and nothing else: the answer to a preflight of CORS. */
export const OUTCOME_PREFLIGHT: u32 = 13;

/** Draws a backend by weight: `rand32` is uniform in [0, 2^32). 0 where no weight is above 0. */
function drawBackend(match: usize, rand32: u32, plan: usize): usize {
  const total = load<u32>(match, 36);
  if (!total) return 0;
  const point = <u32> ((<u64> rand32 * <u64> total) >> 32);
  let backend = blobOf(match) + load<u32>(match, 28);
  const count = load<u32>(match, 32);
  for (let i: u32 = 0; i < count; i++, backend += L.BACKEND_SIZE) {
    if (point < load<u32>(backend)) {
      store<u32>(plan, i, P.P_BACKEND_NUMBER);
      if (traceAt) note(TRACE_BACKEND, i, point, total);
      return backend;
    }
  }
  return 0;
}

function redirectStatus(filters: usize): u32 {
  return filters ? <u32> load<u16>(filters, 16) : 0;
}

function corsOf(match: usize, filters: usize): usize {
  const plusOne = filters ? load<u32>(filters, 60) : 0;
  return plusOne ? blobOf(match) + plusOne - 1 : 0;
}

function fillPlan(head: usize, match: usize, plan: usize, rand32: u32): u32 {
  const filters = load<u32>(match, 24);
  const soleService = load<u32>(match, 48);
  store<u32>(plan, routesSwaps(), P.P_SWAPS);
  store<u32>(plan, load<u32>(match, 12), P.P_LABEL);
  store<u32>(plan, <u32> match, P.P_MATCH);
  store<u32>(plan, load<u32>(match, 40), P.P_REQUEST_MS);
  store<u32>(plan, load<u32>(match, 44), P.P_BACKEND_MS);
  if (!filters && soleService != L.NO_VALUE) {
    store<u32>(plan, soleService, P.P_SERVICE);
    return OUTCOME_FORWARD;
  }
  const ofRule = filtersOf(match, filters);
  if (judgeCors(head, corsOf(match, ofRule), blobOf(match))) {
    store<u32>(plan, 200, P.P_STATUS);
    return P.keepResponseEdits(plan, match, 0, head) ? OUTCOME_PREFLIGHT : OUTCOME_OVERLOAD;
  }
  const ruleRedirect = redirectStatus(ofRule);
  if (ruleRedirect) {
    store<u32>(plan, ruleRedirect, P.P_STATUS);
    return P.keepResponseEdits(plan, match, 0, head) ? OUTCOME_REDIRECT : OUTCOME_OVERLOAD;
  }
  const backend = drawBackend(match, rand32, plan);
  if (!backend) return OUTCOME_NO_BACKEND;
  const service = load<u32>(backend, 4);
  if (service == L.NO_VALUE) return OUTCOME_INVALID_BACKEND;
  store<u32>(plan, <u32> backend, P.P_BACKEND);
  store<u32>(plan, service, P.P_SERVICE);
  if (!P.keepResponseEdits(plan, match, backend, head)) return OUTCOME_OVERLOAD;
  const backendRedirect = redirectStatus(filtersOf(match, load<u32>(backend, 8)));
  if (!backendRedirect) return OUTCOME_FORWARD;
  store<u32>(plan, backendRedirect, P.P_STATUS);
  return OUTCOME_REDIRECT;
}

/**
 * Normalises, matches and draws the backend for a request head that came in on `portGroup`.
 * The plan must come from `acquirePlan` and be cleared. Gives an OUTCOME_* code.
 */
export function routeRequest(head: usize, portGroup: u32, plan: usize, rand32: u32): u32 {
  if (!readHost(head)) return OUTCOME_BAD_HOST;
  const normalised = normalisePath(head);
  if (normalised != PATH_OK) {
    return normalised == PATH_NO_ROOM ? OUTCOME_TOO_LARGE : OUTCOME_BAD_TARGET;
  }
  const scope = portGroupAt(portGroup);
  if (scope) store<u32>(plan, load<u32>(scope, 12), P.P_PORT);
  const match = findMatch(head, portGroup);
  if (!match) return hasListener() ? OUTCOME_NO_ROUTE : OUTCOME_NO_LISTENER;
  if (traceAt) note(TRACE_MATCHED, tableOffset(match), 0, 0);
  return fillPlan(head, match, plan, rand32);
}
