// Checks one route's blob: match and filters records, conditions, backends, edits, texts.
// Takes its address and size, gives whether every record inside stays inside.

import * as L from "./layout";
import { regexValidate } from "./regex";

let blob: usize = 0;
let blobSize: u32 = 0;
let filtersAt: u32 = 0;
let filtersCount: u32 = 0;

/** Whether `count` records of `entry` bytes at `rel` lie in the blob, aligned to 4. */
function recordsFit(rel: u32, count: u32, entry: u32): bool {
  return (rel & 3) == 0 && <u64> rel + <u64> count * entry <= <u64> blobSize;
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

/** `plusOne` is 0 or 1 + the rel of one of the blob's filters records. */
function filtersRefValid(plusOne: u32): bool {
  if (plusOne == 0) return true;
  const from = plusOne - 1 - filtersAt;
  return plusOne > filtersAt && from % L.FILTERS_SIZE == 0 && from / L.FILTERS_SIZE < filtersCount;
}

/** Cumulative weights never fall and end at the rule's total. */
function backendsValid(rel: u32, count: u32, total: u32): bool {
  if (!recordsFit(rel, count, L.BACKEND_SIZE)) return false;
  let at = blob + rel;
  let weight: u32 = 0;
  for (let i: u32 = 0; i < count; i++, at += L.BACKEND_SIZE) {
    if (load<u32>(at) < weight || !filtersRefValid(load<u32>(at, 8))) return false;
    weight = load<u32>(at);
  }
  return weight == total;
}

function matchesValid(count: u32): bool {
  let rel: u32 = 0;
  for (let i: u32 = 0; i < count; i++, rel += L.MATCH_SIZE) {
    const at = blob + rel;
    const pathKind = <u32> load<u8>(at, 11);
    if (load<u32>(at) != rel || pathKind > L.PATH_REGEX) return false;
    if (!conditionsValid(load<u32>(at, 4), load<u16>(at, 8))) return false;
    if (!bytesFit(load<u32>(at, 16), load<u32>(at, 20))) return false;
    if (pathKind == L.PATH_REGEX && !programValid(load<u32>(at, 16), load<u32>(at, 20))) {
      return false;
    }
    if (!filtersRefValid(load<u32>(at, 24))) return false;
    if (!backendsValid(load<u32>(at, 28), load<u32>(at, 32), load<u32>(at, 36))) return false;
    if (load<u32>(at, 60) != 0 && !recordsFit(load<u32>(at, 60) - 1, 1, L.RETRY_SIZE)) return false;
  }
  return true;
}

/** `most`: the last operation that the list may have. */
function editsValid(rel: u32, count: u32, most: u32): bool {
  if (count == 0) return true;
  if (!recordsFit(rel, count, L.EDIT_SIZE)) return false;
  let at = blob + rel;
  for (let i: u32 = 0; i < count; i++, at += L.EDIT_SIZE) {
    const operation = <u32> load<u8>(at);
    if (operation < L.EDIT_SET || operation > most) return false;
    if (!bytesFit(load<u32>(at, 4), load<u16>(at, 2))) return false;
    if (!bytesFit(load<u32>(at, 8), load<u32>(at, 12))) return false;
  }
  return true;
}

function isRedirectStatus(status: u32): bool {
  return status == 301 || status == 302 || status == 303 || status == 307 || status == 308;
}

function originsValid(rel: u32, count: u32): bool {
  if (count == 0) return true;
  if (!recordsFit(rel, count, L.ORIGIN_SIZE)) return false;
  let at = blob + rel;
  for (let i: u32 = 0; i < count; i++, at += L.ORIGIN_SIZE) {
    const kind = <u32> load<u8>(at);
    if (kind < L.ORIGIN_ANY || kind > L.ORIGIN_WILDCARD) return false;
    if (!bytesFit(load<u32>(at, 4), load<u32>(at, 8))) return false;
    if (!bytesFit(load<u32>(at, 12), load<u32>(at, 16))) return false;
  }
  return true;
}

function corsValid(rel: u32): bool {
  if (!recordsFit(rel, 1, L.CORS_SIZE)) return false;
  const at = blob + rel;
  if (!originsValid(load<u32>(at), load<u32>(at, 4))) return false;
  for (let list: u32 = 8; list < L.CORS_SIZE; list += 8) {
    if (!editsValid(load<u32>(at + list), load<u32>(at + list, 4), L.EDIT_SET_HEADERS)) {
      return false;
    }
  }
  return true;
}

function filtersValid(rel: u32, count: u32): bool {
  for (let i: u32 = 0; i < count; i++, rel += L.FILTERS_SIZE) {
    const at = blob + rel;
    if (!editsValid(load<u32>(at), load<u32>(at, 4), L.EDIT_REMOVE)) return false;
    if (!editsValid(load<u32>(at, 8), load<u32>(at, 12), L.EDIT_REMOVE)) return false;
    const status = <u32> load<u16>(at, 16);
    if (status && !isRedirectStatus(status)) return false;
    if (<u32> load<u8>(at, 18) > 2 || load<u32>(at, 20) > 65535) return false;
    if (!bytesFit(load<u32>(at, 24), load<u32>(at, 28))) return false;
    if (!bytesFit(load<u32>(at, 32), load<u32>(at, 36))) return false;
    if (!bytesFit(load<u32>(at, 44), load<u32>(at, 48))) return false;
    if (!bytesFit(load<u32>(at, 52), load<u32>(at, 56))) return false;
    if (load<u32>(at, 60) != 0 && !corsValid(load<u32>(at, 60) - 1)) return false;
  }
  return true;
}

/** Whether the blob at `at`, `len` bytes of which are known to be there, is sound. */
export function validateBlob(at: usize, len: u32): bool {
  blob = at;
  blobSize = len;
  if (len < L.MATCH_SIZE || len % L.BLOB_ALIGN != 0) return false;
  const trailer = at + len - L.BLOB_TRAILER;
  const matches = load<u32>(trailer);
  filtersCount = load<u32>(trailer, 4);
  filtersAt = load<u32>(trailer, 8);
  if (!bytesFit(load<u32>(trailer, 12), load<u32>(trailer, 16))) return false;
  if (<u64> matches * L.MATCH_SIZE > <u64> len) return false;
  if (!recordsFit(filtersAt, filtersCount, L.FILTERS_SIZE)) return false;
  return matchesValid(matches) && filtersValid(filtersAt, filtersCount);
}

/** The number of match records of a blob that `validateBlob` found sound. */
export function matchCount(at: usize, len: u32): u32 {
  return load<u32>(at + len - L.BLOB_TRAILER);
}
