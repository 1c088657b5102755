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
import {
  corsEditsCount,
  corsEditsRel,
  findRequestValue,
  requestValueLen,
  requestValueOff,
} from "./cors";
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

/** More than any route can state (2 x 48 edits of 4 KiB, and CORS): a table with more is damaged. */
const MAX_EDITS_SIZE: u64 = 1 << 20;

let valueAt: usize = 0;
let valueLen: u32 = 0;
/** Finds an edit's value, in the blob or in the request; false where the request does not say it. */
function findValue(blob: usize, edit: usize, head: usize): bool {
  const operation = <u32> load<u8>(edit);
  if (operation <= L.EDIT_REMOVE) {
    valueAt = blob + load<u32>(edit, 8);
    valueLen = load<u32>(edit, 12);
    return true;
  }
  if (!findRequestValue(head, operation)) return false;
  valueAt = requestValueOff();
  valueLen = requestValueLen();
  return true;
}

let keptSize: u64 = 0;
let keptCount: u32 = 0;
/** Adds what a list of edits takes, texts and records, to `keptSize` and `keptCount`. */
function measureEdits(blob: usize, rel: u32, count: u32, head: usize): void {
  for (let edit = blob + rel; count > 0; count--, edit += L.EDIT_SIZE) {
    if (!findValue(blob, edit, head)) continue;
    keptSize += L.EDIT_SIZE + load<u16>(edit, 2) + valueLen;
    keptCount++;
  }
}

let copyRecord: usize = 0;
let copyText: usize = 0;
/** Copies a list of edits; offsets in the copies count from `block`. */
function copyEdits(block: usize, blob: usize, rel: u32, count: u32, head: usize): void {
  for (let edit = blob + rel; count > 0; count--, edit += L.EDIT_SIZE) {
    if (!findValue(blob, edit, head)) continue;
    const nameLen: u32 = load<u16>(edit, 2);
    const isPlain = <u32> load<u8>(edit) <= L.EDIT_REMOVE;
    memory.copy(copyText, blob + load<u32>(edit, 4), nameLen);
    memory.copy(copyText + nameLen, valueAt, valueLen);
    store<u32>(copyRecord, load<u32>(edit));
    if (!isPlain) store<u8>(copyRecord, <u8> L.EDIT_SET);
    store<u32>(copyRecord, <u32> (copyText - block), 4);
    store<u32>(copyRecord, <u32> (copyText - block) + nameLen, 8);
    store<u32>(copyRecord, valueLen, 12);
    copyRecord += L.EDIT_SIZE;
    copyText += nameLen + valueLen;
  }
}

function editsRelOf(filters: usize): u32 {
  return filters ? load<u32>(filters, 8) : 0;
}

function editsCountOf(filters: usize): u32 {
  return filters ? load<u32>(filters, 12) : 0;
}

/**
 * Copies the response edits of rule, backend and the last `judgeCors` into the plan; false when no
 * memory is left. `head` is the request's, from which edits of CORS take values.
 */
export function keepResponseEdits(plan: usize, match: usize, backend: usize, head: usize): bool {
  const ofRule = filtersOf(match, load<u32>(match, 24));
  const ofBackend = backend ? filtersOf(match, load<u32>(backend, 8)) : 0;
  const ofCors = corsEditsCount();
  if (editsCountOf(ofRule) + editsCountOf(ofBackend) + ofCors == 0) return true;
  const blob = blobOf(match);
  keptSize = 0;
  keptCount = 0;
  measureEdits(blob, editsRelOf(ofRule), editsCountOf(ofRule), head);
  measureEdits(blob, editsRelOf(ofBackend), editsCountOf(ofBackend), head);
  measureEdits(blob, corsEditsRel(), ofCors, head);
  if (keptCount == 0) return true;
  const block = keptSize <= MAX_EDITS_SIZE ? memAlloc(<u32> keptSize) : 0;
  if (!block) return false;
  copyRecord = block;
  copyText = block + <usize> keptCount * L.EDIT_SIZE;
  copyEdits(block, blob, editsRelOf(ofRule), editsCountOf(ofRule), head);
  copyEdits(block, blob, editsRelOf(ofBackend), editsCountOf(ofBackend), head);
  copyEdits(block, blob, corsEditsRel(), ofCors, head);
  store<u32>(plan, <u32> block, P_EDITS);
  store<u32>(plan, keptCount, P_EDIT_COUNT);
  return true;
}
