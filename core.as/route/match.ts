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
  matchOf,
  nodeAt,
  portGroupAt,
  tableAddress,
} from "./table";

const NONE: u32 = 0xffffffff;
/** Segments deeper than this are not looked at: no path that a route can state has more. */
const MAX_DEPTH: u32 = 2048;
const REGEX_SCRATCH: usize = memory.data(REGEX_SCRATCH_BYTES);
const PREFIX_STACK: usize = memory.data(2048 * 4);

/** The value stored for (scope, text) in the host index, 0 for none. */
function findHost(scope: u32, at: usize, len: u32): u32 {
  const hash = joinHash(hash32(at, len, 0), scope);
  let probe = hash;
  while (true) {
    const slot = hostSlotAt(probe++);
    const value = load<u32>(slot, 8);
    if (!value) return 0;
    if (
      load<u32>(slot) == hash && load<u32>(slot, 4) == scope && load<u32>(slot, 16) == len &&
      equalBytes(tableAddress(load<u32>(slot, 12)), at, len)
    ) {
      return value;
    }
  }
}

/** The next shorter wildcard of the host that the scope knows, from `from` on; `*.b.c` is `.b.c`. */
let wildcardAt: u32 = 0;
function findWildcard(scope: u32, lengths: u32, from: u32): u32 {
  const host = hostOff();
  const len = hostLen();
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

/** The listener of the port group whose hostname fits best, + 1; 0 for none. */
function findListener(portGroup: u32, scope: usize): u32 {
  const id = portGroup << 1;
  if (load<u32>(scope) & L.SCOPE_HAS_EXACT) {
    const listener = findHost(id, hostOff(), hostLen());
    if (listener) return listener;
  }
  const lengths = load<u32>(scope, 8);
  if (lengths) {
    const listener = findWildcard(id, lengths, 1);
    if (listener) return listener;
  }
  return load<u32>(scope, 4);
}

function methodVerified(head: usize, match: usize): bool {
  const method = <u32> load<u8>(match, 14);
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
  if (<u32> load<u8>(match, 15) != L.PATH_REGEX) return true;
  const program = blobOf(match) + load<u32>(match, 20);
  const path = normalPathOff(head);
  return regexMatch(program, load<u32>(match, 24), path, normalPathLen(head), REGEX_SCRATCH);
}

function isVerified(head: usize, match: usize): bool {
  if (!methodVerified(head, match)) return false;
  const blob = blobOf(match);
  let condition = blob + load<u32>(match, 8);
  for (let count: u32 = load<u16>(match, 12); count > 0; count--, condition += L.CONDITION_SIZE) {
    if (!conditionVerified(head, blob, condition)) return false;
  }
  return pathVerified(head, match);
}

/** The first candidate of a list that is better than `best` and verifies, else `best`. */
function bestOfList(head: usize, first: u32, count: u32, best: u32): u32 {
  let at = listEntryAt(first);
  for (; count > 0; count--, at += 4) {
    const candidate = load<u32>(at);
    if (candidate >= best) return best;
    if (isVerified(head, matchOf(candidate))) return candidate;
  }
  return best;
}

/** Looks up one (kind, name, value) of the request in the group's index. */
function bestOfIndex(head: usize, group: usize, hash: u32, best: u32): u32 {
  const mask = load<u32>(group, 12) - 1;
  const first = load<u32>(group, 8);
  let probe = hash;
  while (true) {
    const slot = indexSlotAt(first + (probe++ & mask));
    const count = load<u32>(slot, 8);
    if (!count) return best;
    if (load<u32>(slot) == hash) return bestOfList(head, load<u32>(slot, 4), count, best);
  }
}

function bestByHeaders(head: usize, group: usize, names: u64, best: u32): u32 {
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

function bestByQueries(head: usize, group: usize, names: u64, best: u32): u32 {
  let at = queryOff(head);
  const end = at + queryLen(head);
  while (at < end) {
    at = fields.readParameter(at, end);
    const nameHash = fields.decodedHash(fields.parameterNameOff(), fields.parameterNameLength());
    if (!((names >> (nameHash & 63)) & 1)) continue;
    if (!fields.decodeSpan(fields.parameterValueOff(), fields.parameterValueLength())) continue;
    const valueHash = hash32(fields.foundOff(), fields.foundLen(), nameHash);
    best = bestOfIndex(head, group, joinHash(valueHash, L.CONDITION_QUERY), best);
  }
  return best;
}

/** The best candidate of a group (numbered from 1, 0 for none) that the request satisfies. */
function bestOfGroup(head: usize, groupPlusOne: u32): u32 {
  if (!groupPlusOne) return NONE;
  const group = groupAt(groupPlusOne - 1);
  let best = bestOfList(head, load<u32>(group), load<u32>(group, 4), NONE);
  if (load<u32>(group, 12)) {
    const headerNames = load<u64>(group, 16);
    if (headerNames) best = bestByHeaders(head, group, headerNames, best);
    const queryNames = load<u64>(group, 24);
    if (queryNames) best = bestByQueries(head, group, queryNames, best);
  }
  return best;
}

/** The child of `node` for a segment, 0 for none. */
function findChild(node: u32, at: usize, len: u32): u32 {
  const hash = joinHash(hash32(at, len, 0), node);
  let probe = hash;
  while (true) {
    const slot = edgeSlotAt(probe++);
    const child = load<u32>(slot, 8);
    if (!child) return 0;
    if (load<u32>(slot) != hash || load<u32>(slot, 4) != node) continue;
    const record = nodeAt(child);
    if (
      <u32> load<u16>(record, 16) == len &&
      equalBytes(tableAddress(load<u32>(record, 12)), at, len)
    ) {
      return child;
    }
  }
}

/** The best candidate under one host: the trie that starts at `root`, walked by segments. */
function bestOfHost(head: usize, root: u32): u32 {
  let at = normalPathOff(head);
  const end = at + normalPathLen(head);
  let node = root;
  let record = nodeAt(node);
  const regexGroup = load<u32>(record, 8);
  let depth: u32 = 0;
  let whole = true;
  if (load<u32>(record, 4)) {
    store<u32>(PREFIX_STACK, load<u32>(record, 4));
    depth = 1;
  }
  while (at < end) {
    if (!(load<u16>(record, 18) & L.NODE_HAS_EDGES) || depth == MAX_DEPTH) {
      whole = false;
      break;
    }
    const segment = at + 1;
    at = segment;
    while (at < end && load<u8>(at) != 0x2f) at++;
    node = findChild(node, segment, <u32> (at - segment));
    if (!node) {
      whole = false;
      break;
    }
    record = nodeAt(node);
    const prefixGroup = load<u32>(record, 4);
    if (prefixGroup) {
      store<u32>(PREFIX_STACK + (depth << 2), prefixGroup);
      depth++;
    }
  }
  let best = whole ? bestOfGroup(head, load<u32>(record)) : NONE;
  if (best == NONE) best = bestOfGroup(head, regexGroup);
  while (best == NONE && depth > 0) {
    depth--;
    best = bestOfGroup(head, load<u32>(PREFIX_STACK + (depth << 2)));
  }
  return best;
}

/** Whether the last `findMatch` found a listener for the host. */
let listenerFound = false;
export function hasListener(): bool {
  return listenerFound;
}

/**
 * The match record for a head whose host and path are normalised, 0 for none.
 * Only routes attached to the one listener that takes the host count (listener isolation).
 */
export function findMatch(head: usize, portGroup: u32): usize {
  listenerFound = false;
  const scope = portGroupAt(portGroup);
  if (!scope) return 0;
  const listenerPlusOne = findListener(portGroup, scope);
  if (!listenerPlusOne) return 0;
  listenerFound = true;
  const id = (listenerPlusOne - 1) << 1 | 1;
  const listener = listenerAt(listenerPlusOne - 1);
  let best = NONE;
  if (load<u32>(listener) & L.SCOPE_HAS_EXACT) {
    const root = findHost(id, hostOff(), hostLen());
    if (root) best = bestOfHost(head, root);
  }
  const lengths = load<u32>(listener, 8);
  if (lengths) {
    let from: u32 = 1;
    while (best == NONE) {
      const root = findWildcard(id, lengths, from);
      if (!root) break;
      from = wildcardAt + 1;
      best = bestOfHost(head, root);
    }
  }
  if (best == NONE && load<u32>(listener, 4)) best = bestOfHost(head, load<u32>(listener, 4));
  return best == NONE ? 0 : matchOf(best);
}
