// The station "request edits": filters of the rule, then those of the chosen backend, on the head
// that goes upstream. The path forwarded is the normalised one, rewritten where a filter says so;
// `OPTIONS *` stays `*` unless it is rewritten.

import {
  FLAG_ASTERISK_FORM,
  headFlags,
  normalPathLen,
  normalPathOff,
  setAuthority,
  setPath,
} from "../head/head";
import * as L from "../route/layout";
import * as P from "../route/plan";
import { OUTCOME_FORWARD, OUTCOME_STALE_PLAN, OUTCOME_TOO_LARGE } from "../route/stations";
import { blobOf, filtersOf } from "../route/table";
import { applyEdits } from "./headers";
import { editedPathLen, editedPathOff, editPath } from "./path";

function applyFilters(head: usize, match: usize, filters: usize): bool {
  if (!filters) return true;
  const blob = blobOf(match);
  if (!applyEdits(head, blob, blob + load<u32>(filters), load<u32>(filters, 4))) return false;
  const hostLen = load<u32>(filters, 48);
  if (hostLen) setAuthority(head, blob + load<u32>(filters, 44), hostLen);
  const kind = <u32> load<u8>(filters, 40);
  if (kind == L.PATH_EDIT_KEEP) return true;
  const value = blob + load<u32>(filters, 52);
  if (!editPath(head, match, kind, value, load<u32>(filters, 56))) return false;
  setPath(head, editedPathOff(), editedPathLen());
  return true;
}

/** Edits the head for the plan's backend; must follow `routeRequest` before any table changes. */
export function applyRequestEdits(head: usize, plan: usize): u32 {
  if (!P.isCurrent(plan)) return OUTCOME_STALE_PLAN;
  const match: usize = load<u32>(plan, P.P_MATCH);
  const backend: usize = load<u32>(plan, P.P_BACKEND);
  const isAsterisk = (headFlags(head) & FLAG_ASTERISK_FORM) != 0;
  if (!isAsterisk) setPath(head, normalPathOff(head), normalPathLen(head));
  const ofRule = filtersOf(match, load<u32>(match, 24));
  const ofBackend = backend ? filtersOf(match, load<u32>(backend, 8)) : 0;
  if (!applyFilters(head, match, ofRule)) return OUTCOME_TOO_LARGE;
  return applyFilters(head, match, ofBackend) ? OUTCOME_FORWARD : OUTCOME_TOO_LARGE;
}
