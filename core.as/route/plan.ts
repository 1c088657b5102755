// Plans: what an exchange still needs once the tables may have changed.
// A plan is a fixed block from a bounded pool; response edits are copied into a block of their own.
//
//   byte  0 u32 swap count of the table it was made from   4 label id (NO_VALUE: nothing matched)
//         8 match record   12 backend record (0: none)      both valid until the next table
//        16 service id     20 backend number    24 request ms   28 backend request ms
//        32 port of the listener                36 endpoint id  40 endpoint number
//        44 response edits block                48 edit count   52 status of a redirect
//        56 Location address                    60 Location length

import { memAlloc, memFree } from "../memory/alloc";
import * as L from "./layout";
import { blobOf, filtersOf, routesSwaps } from "./table";

export const PLAN_SIZE: u32 = 64;
export const P_SWAPS: u32 = 0;
export const P_LABEL: u32 = 4;
export const P_MATCH: u32 = 8;
export const P_BACKEND: u32 = 12;
export const P_SERVICE: u32 = 16;
export const P_BACKEND_NUMBER: u32 = 20;
export const P_REQUEST_MS: u32 = 24;
export const P_BACKEND_MS: u32 = 28;
export const P_PORT: u32 = 32;
export const P_ENDPOINT: u32 = 36;
export const P_ENDPOINT_NUMBER: u32 = 40;
export const P_EDITS: u32 = 44;
export const P_EDIT_COUNT: u32 = 48;
export const P_STATUS: u32 = 52;
export const P_LOCATION: u32 = 56;
export const P_LOCATION_LEN: u32 = 60;

const DEFAULT_MAX_PLANS: u32 = 65536;
let freePlans: usize = 0;
let plansOut: u32 = 0;
let maxPlans: u32 = DEFAULT_MAX_PLANS;

export function setMaxPlans(count: u32): void {
  maxPlans = count;
}

export function plansInUse(): u32 {
  return plansOut;
}

/** A cleared plan; 0 when as many are out as may be, or no memory is left. */
export function acquirePlan(): usize {
  if (plansOut >= maxPlans) return 0;
  let plan = freePlans;
  if (plan) freePlans = load<u32>(plan);
  else {
    plan = memAlloc(PLAN_SIZE);
    if (!plan) return 0;
  }
  plansOut++;
  memory.fill(plan, 0, PLAN_SIZE);
  store<u32>(plan, L.NO_VALUE, P_LABEL);
  store<u32>(plan, L.NO_VALUE, P_SERVICE);
  store<u32>(plan, L.NO_VALUE, P_ENDPOINT);
  return plan;
}

export function releasePlan(plan: usize): void {
  memFree(load<u32>(plan, P_EDITS));
  store<u32>(plan, <u32> freePlans);
  freePlans = plan;
  plansOut--;
}

/** Whether the addresses that the plan holds into the route table still hold. */
export function isCurrent(plan: usize): bool {
  return load<u32>(plan, P_SWAPS) == routesSwaps() && load<u32>(plan, P_MATCH) != 0;
}

/** More than any route can state (2 x 48 edits of 4 KiB): a table that wants more is damaged. */
const MAX_EDITS_SIZE: u64 = 1 << 20;

/** Bytes that the names and values of a filters record's response edits take, with the records. */
function editsSize(blob: usize, filters: usize): u64 {
  if (!filters) return 0;
  let size: u64 = 0;
  let edit = blob + load<u32>(filters, 8);
  for (let count = load<u32>(filters, 12); count > 0; count--, edit += L.EDIT_SIZE) {
    size += L.EDIT_SIZE + load<u16>(edit, 2) + load<u32>(edit, 12);
  }
  return size;
}

let copyRecord: usize = 0;
let copyText: usize = 0;
/** Copies a filters record's response edits; offsets in the copies count from `block`. */
function copyEdits(block: usize, blob: usize, filters: usize): void {
  if (!filters) return;
  let edit = blob + load<u32>(filters, 8);
  for (let count = load<u32>(filters, 12); count > 0; count--, edit += L.EDIT_SIZE) {
    const nameLen: u32 = load<u16>(edit, 2);
    const valueLen = load<u32>(edit, 12);
    memory.copy(copyText, blob + load<u32>(edit, 4), nameLen);
    memory.copy(copyText + nameLen, blob + load<u32>(edit, 8), valueLen);
    store<u32>(copyRecord, load<u32>(edit));
    store<u32>(copyRecord, <u32> (copyText - block), 4);
    store<u32>(copyRecord, <u32> (copyText - block) + nameLen, 8);
    store<u32>(copyRecord, valueLen, 12);
    copyRecord += L.EDIT_SIZE;
    copyText += nameLen + valueLen;
  }
}

/** Copies the response edits of rule and backend into the plan; false when no memory is left. */
export function keepResponseEdits(plan: usize, match: usize, backend: usize): bool {
  const ofRule = filtersOf(match, load<u32>(match, 24));
  const ofBackend = backend ? filtersOf(match, load<u32>(backend, 8)) : 0;
  const ruleEdits = ofRule ? load<u32>(ofRule, 12) : 0;
  const backendEdits = ofBackend ? load<u32>(ofBackend, 12) : 0;
  const count = ruleEdits + backendEdits;
  if (!count) return true;
  const blob = blobOf(match);
  const size = editsSize(blob, ofRule) + editsSize(blob, ofBackend);
  const block = size <= MAX_EDITS_SIZE ? memAlloc(<u32> size) : 0;
  if (!block) return false;
  copyRecord = block;
  copyText = block + <usize> count * L.EDIT_SIZE;
  copyEdits(block, blob, ofRule);
  copyEdits(block, blob, ofBackend);
  store<u32>(plan, <u32> block, P_EDITS);
  store<u32>(plan, count, P_EDIT_COUNT);
  return true;
}
