// Writes the bytes of a route table: header, blobs, nodes, and the flat sections.
// Takes what the assembler collected, changes none of it. Blobs that lay side by side in the last
// table are copied from it in one piece.

import type { Candidates } from "./candidates.ts";
import type { Fragments } from "./fragments.ts";
import { joinHash } from "./hash.ts";
import type { HostIndex, Scope } from "./hosts.ts";
import { powerOfTwoFor } from "./int_list.ts";
import * as L from "./layout.ts";
import type { Trie } from "./trie.ts";

const { HEADER } = L;

/** Room for a table, so many bytes on a multiple of 4; what lies in it does not matter. */
export type Allocate = (sizeBytes: number) => Uint8Array;

export interface RoutesParts {
  readonly known: Fragments;
  /** Routes in the order of their blobs. */
  readonly order: Int32Array;
  readonly blobsEnd: number;
  readonly trie: Trie;
  readonly candidates: Candidates;
  readonly index: HostIndex;
  /** By port group number; numbers not in use are missing. */
  readonly portGroups: readonly Scope[];
  readonly listeners: readonly Scope[];
  /** The last table that was emitted. */
  readonly last: Uint8Array | undefined;
  readonly allocate: Allocate;
}

const LINE = 64;

function align4(size: number): number {
  return (size + 3) & ~3;
}

interface NodePlaces {
  readonly offsets: Int32Array;
  /** Words after the node, so that the next one lies in one cache line. */
  readonly padding: Uint8Array;
  readonly end: number;
}

/** The texts of nodes: a root's hostname, else a segment; bytes one to one. */
function textOf(trie: Trie, index: HostIndex, node: number): string {
  const name = trie.names.data[node];
  return trie.isRoot(node) ? index.names.texts[name] : trie.segments.texts[name];
}

/** Where each node's record lies. */
function placeNodes(trie: Trie, index: HostIndex, start: number): NodePlaces {
  const offsets = new Int32Array(trie.nodeCount);
  const padding = new Uint8Array(trie.nodeCount);
  let end = start;
  for (let node = 1; node < trie.nodeCount; node++) {
    const size = align4(L.NODE_HEADER + textOf(trie, index, node).length);
    const left = LINE - (end & (LINE - 1));
    if (size > left && size <= LINE && node > 1) {
      padding[node - 1] = left >>> 2;
      end += left;
    }
    offsets[node] = end;
    end += size;
  }
  return { offsets, padding, end };
}

export function emitRoutes(parts: RoutesParts): Uint8Array {
  const { trie, candidates, index, blobsEnd } = parts;
  const { groups, lists, indexSlots } = candidates;
  const nodes = placeNodes(trie, index, blobsEnd);
  const hostCapacity = powerOfTwoFor(index.hosts.length);
  const edgeCapacity = powerOfTwoFor(trie.edgeCount);
  const sections: [header: number, at: number, count: number][] = [
    [HEADER.blobs, L.ROUTES_HEADER, blobsEnd - L.ROUTES_HEADER],
    [HEADER.nodes, blobsEnd, nodes.end - blobsEnd],
  ];
  let end = (nodes.end + 63) & ~63;
  const place = (header: number, count: number, entrySize: number): number => {
    const at = end;
    sections.push([header, at, count]);
    end = align4(end + count * entrySize);
    return at;
  };
  const hostsAt = place(HEADER.hostSlots, hostCapacity, L.HOST_SLOT_SIZE);
  const edgesAt = place(HEADER.edgeSlots, edgeCapacity, L.EDGE_SLOT_SIZE);
  const groupsAt = place(HEADER.groups, groups.length / 8, L.GROUP_SIZE);
  const listsAt = place(HEADER.lists, lists.length / 2, L.LIST_ENTRY_SIZE);
  const indexAt = place(HEADER.indexSlots, indexSlots.length / 4, L.INDEX_SLOT_SIZE);
  const portGroupsAt = place(HEADER.portGroups, parts.portGroups.length, L.SCOPE_SIZE);
  const listenersAt = place(HEADER.listeners, parts.listeners.length, L.SCOPE_SIZE);
  const blobOffsetsAt = place(HEADER.blobOffsets, parts.order.length, 4);
  const stringBytes = listenerTextBytes(index);
  const stringsAt = place(HEADER.strings, stringBytes, 1);
  const bytes = parts.allocate(end);
  const words = new Uint32Array(bytes.buffer, bytes.byteOffset, end / 4);
  bytes.fill(0, 0, L.ROUTES_HEADER);
  bytes.fill(0, blobsEnd);
  words[HEADER.magic / 4] = L.ROUTES_MAGIC;
  words[HEADER.version / 4] = L.ROUTES_VERSION;
  words[HEADER.size / 4] = end;
  for (const [header, at, count] of sections) {
    words[header / 4] = at;
    words[header / 4 + 1] = count;
  }
  parts.known.copyBlobs(parts.order, parts.last, bytes);
  emitNodes(bytes, words, parts, nodes);
  emitHosts(bytes, words, index, { hostsAt, capacity: hostCapacity, stringsAt, ...nodes });
  emitEdges(words, trie, nodes.offsets, edgesAt / 4, edgeCapacity);
  words.set(groups.used, groupsAt / 4);
  words.set(lists.used, listsAt / 4);
  words.set(indexSlots.used, indexAt / 4);
  emitScopes(words, portGroupsAt / 4, parts.portGroups, (listener) => listener);
  emitScopes(words, listenersAt / 4, parts.listeners, (root) => root && nodes.offsets[root]);
  const offsets = parts.known.offsets.data;
  parts.order.forEach((route, i) => words[blobOffsetsAt / 4 + i] = offsets[route]);
  return bytes;
}

function writeText(bytes: Uint8Array, at: number, text: string): void {
  for (let i = 0; i < text.length; i++) bytes[at + i] = text.charCodeAt(i);
}

function emitNodes(
  bytes: Uint8Array,
  words: Uint32Array,
  { trie, candidates, index }: RoutesParts,
  { offsets, padding }: NodePlaces,
): void {
  for (let node = 1; node < trie.nodeCount; node++) {
    const at = offsets[node] >>> 2;
    const text = textOf(trie, index, node);
    words[at] = offsets[trie.parent.data[node]];
    words[at + 1] = candidates.reference(trie.exact.data[node]);
    words[at + 2] = candidates.reference(trie.prefix.data[node]);
    words[at + 3] = candidates.reference(trie.regex.data[node]);
    words[at + 4] = text.length | (trie.hasEdges.data[node] << 16) | (padding[node] << 24);
    writeText(bytes, offsets[node] + L.NODE_HEADER, text);
  }
}

/** A root's hostname lies in its node; those of listeners lie in the strings. */
function listenerTextBytes(index: HostIndex): number {
  let size = 0;
  const { scopes, hosts, names } = index;
  for (let i = 0; i < scopes.length; i++) {
    if (!(scopes.data[i] & 1)) size += names.texts[hosts.data[i]].length;
  }
  return size;
}

interface HostPlaces {
  readonly hostsAt: number;
  readonly capacity: number;
  readonly stringsAt: number;
  readonly offsets: Int32Array;
}

function emitHosts(bytes: Uint8Array, words: Uint32Array, index: HostIndex, to: HostPlaces): void {
  const { scopes, values, hosts, names } = index;
  const mask = to.capacity - 1;
  const first = to.hostsAt / 4;
  let stringAt = to.stringsAt;
  for (let i = 0; i < hosts.length; i++) {
    const scope = scopes.data[i];
    const text = names.texts[hosts.data[i]];
    const hash = joinHash(names.hashes.data[hosts.data[i]], scope);
    let slot = hash & mask;
    while (words[first + slot * 4 + 2] !== 0) slot = (slot + 1) & mask;
    const at = first + slot * 4;
    words[at] = hash;
    words[at + 1] = scope | (text.length << 24);
    if (scope & 1) {
      words[at + 2] = to.offsets[values.data[i]];
      words[at + 3] = to.offsets[values.data[i]] + L.NODE_HEADER;
      continue;
    }
    words[at + 2] = values.data[i];
    words[at + 3] = stringAt;
    writeText(bytes, stringAt, text);
    stringAt += text.length;
  }
}

function emitEdges(
  words: Uint32Array,
  trie: Trie,
  offsets: Int32Array,
  edgesAt: number,
  capacity: number,
): void {
  const mask = capacity - 1;
  for (let node = 1; node < trie.nodeCount; node++) {
    if (trie.isRoot(node)) continue;
    const hash = joinHash(trie.segmentHash(node), offsets[trie.parent.data[node]]);
    let slot = hash & mask;
    while (words[edgesAt + slot * 2 + 1] !== 0) slot = (slot + 1) & mask;
    words[edgesAt + slot * 2] = hash;
    words[edgesAt + slot * 2 + 1] = offsets[node];
  }
}

function emitScopes(
  words: Uint32Array,
  first: number,
  scopes: readonly (Scope | undefined)[],
  fallbackOf: (value: number) => number,
): void {
  scopes.forEach((scope, i) => {
    if (!scope) return;
    const at = first + i * 4;
    words[at] = scope.flags;
    words[at + 1] = fallbackOf(scope.fallback);
    words[at + 2] = (scope.longestWildcard << 16) | scope.shortestWildcard;
    words[at + 3] = scope.port;
  });
}
