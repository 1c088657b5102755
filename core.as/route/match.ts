// Finds the rule for a request, in the order of the HTTPRoute specification: most specific host;
// exact path, then regular expressions, then the longest prefix; then method, number of headers,
// number of queries; then age, namespace/name, rule and match order. The last six are the order of
// candidate numbers, made by the compiler: the smallest number that verifies is the best.
// Where no rule of a host matches, the next less specific host of the same listener is tried.

import {
  fieldAt,
  fieldNameLen,
  fieldNameOff,
  headFieldCount,
  headMethodId,
  isRemoved,
  METHOD_OTHER,
  methodLen,
  methodOff,
  normalPathLen,
  normalPathOff,
  queryLen,
  queryOff,
} from "../head/head";
import { equalBytes, hash32, hashName, joinHash } from "../memory/bytes";
import * as fields from "./fields";
import { hostLen, hostOff } from "./host";
import * as L from "./layout";
import { REGEX_SCRATCH_BYTES, regexMatch } from "./regex";
import {
  blobOf,
  edgeSlotAt,
  groupAt,
  hostSlotAt,
  indexSlotAt,
  listenerAt,
  listEntryAt,
  portGroupAt,
  tableAddress,
  tableOffset,
} from "./table";
import { note, TRACE_HOST, TRACE_LISTENER, TRACE_TRIED, traceAt } from "./trace";

/** Segments deeper than this are not looked at: no path that a route can state has more. */
const MAX_DEPTH: u32 = 2048;
const REGEX_SCRATCH: usize = memory.data(REGEX_SCRATCH_BYTES);
const PREFIX_STACK: usize = memory.data(2048 * 4);

/** The value stored for (scope, text) in the host index, 0 for none. */
function findHost(scope: u32, at: usize, len: u32): u32 {
  const hash = joinHash(hash32(at, len, 0), scope);
  const owner = scope | len << 24;
  let probe = hash;
  while (true) {
    const slot = hostSlotAt(probe++);
    const value = load<u32>(slot, 8);
    if (!value) return 0;
    if (
      load<u32>(slot) == hash && load<u32>(slot, 4) == owner &&
      equalBytes(tableAddress(load<u32>(slot, 12)), at, len)
    ) {
      return value;
    }
  }
}

/** The next shorter wildcard of a host that the scope knows, from `from` on; `*.b.c` is `.b.c`. */
let wildcardAt: u32 = 0;
function findWildcard(scope: u32, host: usize, len: u32, lengths: u32, from: u32): u32 {
  const least = lengths & 0xffff;
  const most = lengths >>> 16;
  for (let i = from; i + least <= len; i++) {
    if (load<u8>(host + i) != 0x2e || len - i > most) continue;
    const value = findHost(scope, host + i, len - i);
    if (value) {
      wildcardAt = i;
      return value;
    }
  }
  return 0;
}

/** The listener of the port group whose hostname fits a host best, + 1; 0 for none. */
function findListener(portGroup: u32, scope: usize, host: usize, len: u32): u32 {
  const id = portGroup << 1;
  if (load<u32>(scope) & L.SCOPE_HAS_EXACT) {
    const listener = findHost(id, host, len);
    if (listener) return listener;
  }
  const lengths = load<u32>(scope, 8);
  if (lengths) {
    const listener = findWildcard(id, host, len, lengths, 1);
    if (listener) return listener;
  }
  return load<u32>(scope, 4);
}

function methodVerified(head: usize, match: usize): bool {
  const method = <u32> load<u8>(match, 10);
  return method == 0 || method == <u32> headMethodId(head);
}

function foundMatches(program: usize, programLen: u32): bool {
  return regexMatch(program, programLen, fields.foundOff(), fields.foundLen(), REGEX_SCRATCH);
}

function conditionVerified(head: usize, blob: usize, condition: usize): bool {
  const kind = <u32> load<u8>(condition);
  const name = blob + load<u32>(condition, 4);
  const nameLen = <u32> load<u16>(condition, 2);
  const value = blob + load<u32>(condition, 12);
  const valueLen = load<u32>(condition, 16);
  if (kind == L.CONDITION_HEADER) return fields.headerEquals(head, name, nameLen, value, valueLen);
  if (kind == L.CONDITION_QUERY) return fields.queryEquals(head, name, nameLen, value, valueLen);
  if (kind == L.CONDITION_HEADER_REGEX) {
    return fields.findHeader(head, name, nameLen) && foundMatches(value, valueLen);
  }
  if (kind == L.CONDITION_QUERY_REGEX) {
    return fields.findQuery(head, name, nameLen) && foundMatches(value, valueLen);
  }
  return headMethodId(head) == METHOD_OTHER && methodLen(head) == valueLen &&
    equalBytes(methodOff(head), value, valueLen);
}

/** Exact and prefix paths were matched by the trie; a regular expression runs over the whole path. */
function pathVerified(head: usize, match: usize): bool {
  if (<u32> load<u8>(match, 11) != L.PATH_REGEX) return true;
  const program = blobOf(match) + load<u32>(match, 16);
  const path = normalPathOff(head);
  return regexMatch(program, load<u32>(match, 20), path, normalPathLen(head), REGEX_SCRATCH);
}

/** The path fails (of the trie's kinds, only `explain` asks). */
export const FAILED_PATH: u32 = 1;
export const FAILED_METHOD: u32 = 2;
/** Plus the number of the condition that fails, in the order of the record. */
export const FAILED_CONDITION: u32 = 3;

/** 0 where the method, every condition and a regular expression for the path hold, else what fails. */
export function failedOf(head: usize, match: usize): u32 {
  if (!methodVerified(head, match)) return FAILED_METHOD;
  const blob = blobOf(match);
  const count: u32 = load<u16>(match, 8);
  let condition = blob + load<u32>(match, 4);
  for (let i: u32 = 0; i < count; i++, condition += L.CONDITION_SIZE) {
    if (!conditionVerified(head, blob, condition)) return FAILED_CONDITION + i;
  }
  return pathVerified(head, match) ? 0 : FAILED_PATH;
}

function isVerified(head: usize, match: usize): bool {
  const failed = failedOf(head, match);
  if (traceAt) note(TRACE_TRIED, tableOffset(match), failed, 0);
  return failed == 0;
}

let bestRank: u32 = 0;
/** Whether a candidate is better than the best so far and verifies; then it is the best. */
function isBetter(head: usize, rank: u32, match: usize): bool {
  if (rank >= bestRank || !isVerified(head, match)) return false;
  bestRank = rank;
  return true;
}

/** The first candidate of a list that is better than `best` and verifies, else `best`. */
function bestOfList(head: usize, first: u32, count: u32, best: usize): usize {
  let at = listEntryAt(first);
  for (; count > 0; count--, at += L.LIST_ENTRY_SIZE) {
    const rank = load<u32>(at);
    if (rank >= bestRank) return best;
    const match = tableAddress(load<u32>(at, 4));
    if (isBetter(head, rank, match)) return match;
  }
  return best;
}

/** Looks up one (kind, name, value) of the request in the group's index. */
function bestOfIndex(head: usize, group: usize, hash: u32, best: usize): usize {
  const mask = load<u32>(group, 12) - 1;
  const first = load<u32>(group, 8);
  let probe = hash;
  while (true) {
    const slot = indexSlotAt(first + (probe++ & mask));
    const count = load<u32>(slot, 4);
    if (!count) return best;
    if (load<u32>(slot) != hash) continue;
    if (count > 1) return bestOfList(head, load<u32>(slot, 8), count, best);
    const match = tableAddress(load<u32>(slot, 12));
    return isBetter(head, load<u32>(slot, 8), match) ? match : best;
  }
}

function bestByHeaders(head: usize, group: usize, names: u64, best: usize): usize {
  const count = headFieldCount(head);
  for (let i: u32 = 0; i < count; i++) {
    const field = fieldAt(head, i);
    const name = fieldNameOff(field);
    const nameLen = fieldNameLen(field);
    const nameHash = hashName(name, nameLen);
    if (!((names >> (nameHash & 63)) & 1) || isRemoved(field)) continue;
    if (fields.findField(head, name, nameLen, 0) != i || !fields.joinedValue(head, i)) continue;
    const valueHash = hash32(fields.foundOff(), fields.foundLen(), nameHash);
    best = bestOfIndex(head, group, joinHash(valueHash, L.CONDITION_HEADER), best);
  }
  return best;
}

function bestByQueries(head: usize, group: usize, names: u64, best: usize): usize {
  let at = queryOff(head);
  const end = at + queryLen(head);
  for (let i: u32 = 0; i < fields.MAX_PARAMETERS && at < end; i++) {
    at = fields.readParameter(at, end);
    const nameHash = fields.decodedHash(fields.parameterNameOff(), fields.parameterNameLength());
    if (!((names >> (nameHash & 63)) & 1)) continue;
    if (!fields.decodeSpan(fields.parameterValueOff(), fields.parameterValueLength())) continue;
    const valueHash = hash32(fields.foundOff(), fields.foundLen(), nameHash);
    best = bestOfIndex(head, group, joinHash(valueHash, L.CONDITION_QUERY), best);
  }
  return best;
}

/** The best match record among a node's candidates that the request satisfies, 0 for none. */
function bestOfCandidates(head: usize, candidates: u32): usize {
  if (candidates == 0) return 0;
  if (candidates & 1) {
    const match = tableAddress(candidates - 1);
    return isVerified(head, match) ? match : 0;
  }
  const group = groupAt((candidates >>> 1) - 1);
  bestRank = L.NO_VALUE;
  let best = bestOfList(head, load<u32>(group), load<u32>(group, 4), 0);
  if (load<u32>(group, 12)) {
    const headerNames = load<u64>(group, 16);
    if (headerNames) best = bestByHeaders(head, group, headerNames, best);
    const queryNames = load<u64>(group, 24);
    if (queryNames) best = bestByQueries(head, group, queryNames, best);
  }
  return best;
}

/** The offset of the child of the node at `parent` for a segment, 0 for none. */
function findChild(parent: u32, at: usize, len: u32): u32 {
  const hash = joinHash(hash32(at, len, 0), parent);
  let probe = hash;
  while (true) {
    const slot = edgeSlotAt(probe++);
    const child = load<u32>(slot, 4);
    if (!child) return 0;
    if (load<u32>(slot) != hash) continue;
    const record = tableAddress(child);
    if (
      load<u32>(record) == parent && <u32> load<u16>(record, 16) == len &&
      equalBytes(record + L.NODE_HEADER, at, len)
    ) {
      return child;
    }
  }
}

/** The best match under one host: the trie whose root lies at the offset `root`, by segments. */
function bestOfHost(head: usize, root: u32): usize {
  let at = normalPathOff(head);
  const end = at + normalPathLen(head);
  let node = root;
  let record = tableAddress(node);
  const regexes = load<u32>(record, 12);
  let depth: u32 = 0;
  let isWhole = true;
  if (load<u32>(record, 8)) {
    store<u32>(PREFIX_STACK, load<u32>(record, 8));
    depth = 1;
  }
  while (at < end) {
    if (!(load<u8>(record, 18) & <u8> L.NODE_HAS_EDGES) || depth == MAX_DEPTH) {
      isWhole = false;
      break;
    }
    const segment = at + 1;
    at = segment;
    while (at < end && load<u8>(at) != 0x2f) at++;
    node = findChild(node, segment, <u32> (at - segment));
    if (!node) {
      isWhole = false;
      break;
    }
    record = tableAddress(node);
    const prefix = load<u32>(record, 8);
    if (prefix) {
      store<u32>(PREFIX_STACK + (depth << 2), prefix);
      depth++;
    }
  }
  let best: usize = isWhole ? bestOfCandidates(head, load<u32>(record, 4)) : 0;
  if (!best) best = bestOfCandidates(head, regexes);
  while (!best && depth > 0) {
    depth--;
    best = bestOfCandidates(head, load<u32>(PREFIX_STACK + (depth << 2)));
  }
  return best;
}

/**
 * Notes every root of the listener that takes the host, in the order in which `findMatch` looks at
 * them; a lookup itself stops at the first that has a rule for the request.
 */
export function nameHosts(portGroup: u32): void {
  const scope = portGroupAt(portGroup);
  const listenerPlusOne = scope ? findListener(portGroup, scope, hostOff(), hostLen()) : 0;
  if (!listenerPlusOne) return;
  const id = (listenerPlusOne - 1) << 1 | 1;
  const listener = listenerAt(listenerPlusOne - 1);
  if (load<u32>(listener) & L.SCOPE_HAS_EXACT) {
    const root = findHost(id, hostOff(), hostLen());
    if (root) note(TRACE_HOST, root, 0, 0);
  }
  const lengths = load<u32>(listener, 8);
  let from: u32 = 1;
  while (lengths) {
    const root = findWildcard(id, hostOff(), hostLen(), lengths, from);
    if (!root) break;
    from = wildcardAt + 1;
    note(TRACE_HOST, root, 0, 0);
  }
  if (load<u32>(listener, 4)) note(TRACE_HOST, load<u32>(listener, 4), 0, 0);
}

/** The listener that the last `findMatch` found for the host, + 1; 0 for none. */
let listenerFound: u32 = 0;
export function hasListener(): bool {
  return listenerFound != 0;
}

/**
 * Whether the listener of the last `findMatch` is another one than a connection's, which was chosen by
 * the name at `name`: "If another Listener does match the Host, the Gateway SHOULD return a 421".
 */
export function isMisdirected(portGroup: u32, name: usize, len: u32): bool {
  if (!listenerFound || (len == hostLen() && equalBytes(name, hostOff(), len))) return false;
  const scope = portGroupAt(portGroup);
  return scope != 0 && findListener(portGroup, scope, name, len) != listenerFound;
}

/**
 * The match record for a head whose host and path are normalised, 0 for none.
 * Only routes attached to the one listener that takes the host count (listener isolation).
 */
export function findMatch(head: usize, portGroup: u32): usize {
  listenerFound = 0;
  const scope = portGroupAt(portGroup);
  if (!scope) return 0;
  const listenerPlusOne = findListener(portGroup, scope, hostOff(), hostLen());
  if (!listenerPlusOne) return 0;
  listenerFound = listenerPlusOne;
  if (traceAt) note(TRACE_LISTENER, listenerPlusOne - 1, 0, 0);
  const id = (listenerPlusOne - 1) << 1 | 1;
  const listener = listenerAt(listenerPlusOne - 1);
  let best: usize = 0;
  if (load<u32>(listener) & L.SCOPE_HAS_EXACT) {
    const root = findHost(id, hostOff(), hostLen());
    if (root) best = bestOfHost(head, root);
  }
  const lengths = load<u32>(listener, 8);
  if (lengths) {
    let from: u32 = 1;
    while (!best) {
      const root = findWildcard(id, hostOff(), hostLen(), lengths, from);
      if (!root) break;
      from = wildcardAt + 1;
      best = bestOfHost(head, root);
    }
  }
  if (!best && load<u32>(listener, 4)) best = bestOfHost(head, load<u32>(listener, 4));
  return best;
}
