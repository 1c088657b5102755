// Builds the Location of a redirect in the head's scratch space (HTTPRequestRedirectFilter):
// scheme and host of the request unless stated; port as stated, else that of the stated scheme,
// else the listener's; left out where it is the scheme's own; path edited, query kept. A request
// without a host gets a relative reference.

import {
  authorityLen,
  authorityOff,
  FLAG_HAS_QUERY,
  headFlags,
  headSchemeId,
  headScratch,
  queryLen,
  queryOff,
  SCHEME_HTTPS,
} from "../head/head";
import { hostPartLen } from "../route/host";
import * as P from "../route/plan";
import { OUTCOME_REDIRECT, OUTCOME_STALE_PLAN, OUTCOME_TOO_LARGE } from "../route/stations";
import { blobOf, filtersOf } from "../route/table";
import { editedPathLen, editedPathOff, editPath } from "./path";

let out: usize = 0;

function put(at: usize, len: u32): void {
  memory.copy(out, at, len);
  out += len;
}

function putScheme(isHttps: bool): void {
  store<u32>(out, 0x70747468); // "http"
  out += 4;
  if (isHttps) {
    store<u8>(out, 0x73);
    out++;
  }
  store<u8>(out, 0x3a);
  store<u16>(out, 0x2f2f, 1);
  out += 3;
}

function putPort(port: u32): void {
  store<u8>(out, 0x3a);
  out++;
  let unit: u32 = 1;
  while (port / unit >= 10) unit *= 10;
  for (; unit > 0; unit /= 10) {
    store<u8>(out, <u8> (48 + (port / unit) % 10));
    out++;
  }
}

function redirectFilters(match: usize, backend: usize): usize {
  const ofRule = filtersOf(match, load<u32>(match, 24));
  if (ofRule && load<u16>(ofRule, 16)) return ofRule;
  return backend ? filtersOf(match, load<u32>(backend, 8)) : 0;
}

/** Puts the Location's span into the plan; must follow `routeRequest` before any table changes. */
export function buildRedirect(head: usize, plan: usize): u32 {
  if (!P.isCurrent(plan)) return OUTCOME_STALE_PLAN;
  const match: usize = load<u32>(plan, P.P_MATCH);
  const filters = redirectFilters(match, load<u32>(plan, P.P_BACKEND));
  if (!filters) return OUTCOME_STALE_PLAN;
  const blob = blobOf(match);
  const path = blob + load<u32>(filters, 32);
  if (!editPath(head, match, load<u8>(filters, 19), path, load<u32>(filters, 36))) {
    return OUTCOME_TOO_LARGE;
  }
  const schemeId: u32 = load<u8>(filters, 18);
  const isHttps = schemeId ? schemeId == <u32> SCHEME_HTTPS : headSchemeId(head) == SCHEME_HTTPS;
  let host = authorityOff(head);
  let hostLen = hostPartLen(host, authorityLen(head));
  if (load<u32>(filters, 28)) {
    host = blob + load<u32>(filters, 24);
    hostLen = load<u32>(filters, 28);
  }
  const wellKnown: u32 = isHttps ? 443 : 80;
  let port = load<u32>(filters, 20);
  if (!port) port = schemeId ? wellKnown : load<u32>(plan, P.P_PORT);
  const hasQuery = (headFlags(head) & FLAG_HAS_QUERY) != 0;
  const size = 8 + hostLen + 6 + editedPathLen() + 1 + queryLen(head);
  const start = headScratch(head, size);
  if (!start) return OUTCOME_TOO_LARGE;
  out = start;
  if (hostLen) {
    putScheme(isHttps);
    put(host, hostLen);
    if (port != wellKnown && port != 0) putPort(port);
  }
  put(editedPathOff(), editedPathLen());
  if (hasQuery) {
    store<u8>(out, 0x3f);
    out++;
    put(queryOff(head), queryLen(head));
  }
  store<u32>(plan, <u32> start, P.P_LOCATION);
  store<u32>(plan, <u32> (out - start), P.P_LOCATION_LEN);
  return OUTCOME_REDIRECT;
}
