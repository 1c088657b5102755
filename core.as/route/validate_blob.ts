// Checks one route's blob: match, rule and filters records, conditions, backends, edits, strings.
// Takes its address and size, gives whether every record inside stays inside.

import * as L from "./layout";
import { regexValidate } from "./regex";

let blob: usize = 0;
let blobSize: u32 = 0;

/** Whether `count` records of `entry` bytes at `rel` lie in the blob, aligned to 4. */
function recordsFit(rel: u32, count: u32, entry: u32): bool {
  return (rel & 3) == 0 && rel >= L.BLOB_HEADER &&
    <u64> rel + <u64> count * entry <= <u64> blobSize;
}

function bytesFit(rel: u32, len: u32): bool {
  return <u64> rel + len <= <u64> blobSize;
}

function programValid(rel: u32, len: u32): bool {
  return regexValidate(blob + rel, len);
}

function conditionsValid(rel: u32, count: u32): bool {
  if (!recordsFit(rel, count, L.CONDITION_SIZE)) return false;
  let at = blob + rel;
  for (let i: u32 = 0; i < count; i++, at += L.CONDITION_SIZE) {
    const kind = <u32> load<u8>(at);
    if (kind < L.CONDITION_HEADER || kind > L.CONDITION_QUERY_REGEX) return false;
    if (!bytesFit(load<u32>(at, 4), load<u16>(at, 2))) return false;
    if (!bytesFit(load<u32>(at, 12), load<u32>(at, 16))) return false;
    if (kind >= L.CONDITION_HEADER_REGEX && !programValid(load<u32>(at, 12), load<u32>(at, 16))) {
      return false;
    }
  }
  return true;
}

function matchesValid(count: u32, rules: u32): bool {
  let rel = L.BLOB_HEADER;
  for (let i: u32 = 0; i < count; i++, rel += L.MATCH_SIZE) {
    const at = blob + rel;
    if (load<u32>(at) != rel || load<u32>(at, 4) >= rules) return false;
    const pathKind = <u32> load<u8>(at, 15);
    if (pathKind > L.PATH_REGEX) return false;
    if (!conditionsValid(load<u32>(at, 8), load<u16>(at, 12))) return false;
    if (!bytesFit(load<u32>(at, 20), load<u32>(at, 24))) return false;
    if (pathKind == L.PATH_REGEX && !programValid(load<u32>(at, 20), load<u32>(at, 24))) {
      return false;
    }
  }
  return true;
}

/** Cumulative weights never fall and end at the rule's total. */
function rulesValid(rel: u32, count: u32, filters: u32): bool {
  for (let i: u32 = 0; i < count; i++, rel += L.RULE_SIZE) {
    const at = blob + rel;
    const backends = load<u32>(at, 4);
    if (load<u32>(at, 20) > filters) return false;
    if (!recordsFit(load<u32>(at), backends, L.BACKEND_SIZE)) return false;
    let backend = blob + load<u32>(at);
    let weight: u32 = 0;
    for (let k: u32 = 0; k < backends; k++, backend += L.BACKEND_SIZE) {
      if (load<u32>(backend) < weight || load<u32>(backend, 8) > filters) return false;
      weight = load<u32>(backend);
    }
    if (weight != load<u32>(at, 8)) return false;
  }
  return true;
}

function editsValid(rel: u32, count: u32): bool {
  if (count == 0) return true;
  if (!recordsFit(rel, count, L.EDIT_SIZE)) return false;
  let at = blob + rel;
  for (let i: u32 = 0; i < count; i++, at += L.EDIT_SIZE) {
    const operation = <u32> load<u8>(at);
    if (operation < L.EDIT_SET || operation > L.EDIT_REMOVE) return false;
    if (!bytesFit(load<u32>(at, 4), load<u16>(at, 2))) return false;
    if (!bytesFit(load<u32>(at, 8), load<u32>(at, 12))) return false;
  }
  return true;
}

function isRedirectStatus(status: u32): bool {
  return status == 301 || status == 302 || status == 303 || status == 307 || status == 308;
}

function filtersValid(rel: u32, count: u32): bool {
  for (let i: u32 = 0; i < count; i++, rel += L.FILTERS_SIZE) {
    const at = blob + rel;
    if (!editsValid(load<u32>(at), load<u32>(at, 4))) return false;
    if (!editsValid(load<u32>(at, 8), load<u32>(at, 12))) return false;
    const status = <u32> load<u16>(at, 16);
    if (status && !isRedirectStatus(status)) return false;
    if (<u32> load<u8>(at, 18) > 2 || load<u32>(at, 20) > 65535) return false;
    if (!bytesFit(load<u32>(at, 24), load<u32>(at, 28))) return false;
    if (!bytesFit(load<u32>(at, 32), load<u32>(at, 36))) return false;
    if (!bytesFit(load<u32>(at, 44), load<u32>(at, 48))) return false;
    if (!bytesFit(load<u32>(at, 52), load<u32>(at, 56))) return false;
  }
  return true;
}

/** Whether the blob at `at`, `len` bytes of which are known to be there, is sound. */
export function validateBlob(at: usize, len: u32): bool {
  blob = at;
  blobSize = len;
  if (len < L.BLOB_HEADER || len & 3) return false;
  const rules = load<u32>(at, 4);
  const matches = load<u32>(at, 8);
  const filters = load<u32>(at, 12);
  if (!bytesFit(load<u32>(at, 16), load<u32>(at, 20))) return false;
  const rulesRel = <u64> L.BLOB_HEADER + <u64> matches * L.MATCH_SIZE;
  const filtersRel = rulesRel + <u64> rules * L.RULE_SIZE;
  if (filtersRel + <u64> filters * L.FILTERS_SIZE > <u64> len) return false;
  return matchesValid(matches, rules) && rulesValid(<u32> rulesRel, rules, filters) &&
    filtersValid(<u32> filtersRel, filters);
}
