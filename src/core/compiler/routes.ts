// Puts the route table together from fragments. The same listeners give the same bytes, in whatever
// order the routes came: routes are laid out by age, then name.
// Takes listeners and port groups, gives bytes whose checksum and generation are yet to be written.

import type { AttachedRoute, Listener } from "../../ir/snapshot.ts";
import type { PortBinding } from "./bindings.ts";
import { Candidates } from "./candidates.ts";
import type { Fragment } from "./fragment.ts";
import { Hosts, newScope, type Scope } from "./hosts.ts";
import * as L from "./layout.ts";
import { IntList, powerOfTwoFor, Trie } from "./trie.ts";

const { HEADER } = L;

function align4(size: number): number {
  return (size + 3) & ~3;
}

/** Older first, then by name: the HTTPRoute specification's order of ties. */
function byAge(a: Fragment, b: Fragment): number {
  if (a.route.createdAtMs !== b.route.createdAtMs) {
    return a.route.createdAtMs - b.route.createdAtMs;
  }
  return a.route.id < b.route.id ? -1 : a.route.id > b.route.id ? 1 : 0;
}

/** Keeps its room from one table to the next, and nothing else. */
export class RouteAssembler {
  readonly #trie = new Trie();
  readonly #candidates = new Candidates();
  readonly #hosts = new Hosts();
  readonly #records = {
    groups: new IntList(),
    lists: new IntList(),
    indexSlots: new IntList(),
  };
  #fragments: Fragment[] = [];
  #blobOffsets = new IntList();

  assemble(
    listeners: readonly Listener[],
    bindings: readonly PortBinding[],
    fragmentOf: (attached: AttachedRoute) => Fragment,
  ): Uint8Array {
    const blobsEnd = this.#orderFragments(listeners, fragmentOf);
    this.#trie.reset();
    this.#candidates.reset();
    this.#hosts.reset();
    const scopes = listeners.map((listener, index) => {
      return this.#addListener(listener, index, fragmentOf);
    });
    const portGroups = this.#addPortGroups(bindings, listeners);
    this.#candidates.layOut(this.#fragments, this.#records);
    return this.#emit(blobsEnd, portGroups, scopes);
  }

  /** Numbers the fragments and finds where their blobs lie; gives where the last one ends. */
  #orderFragments(
    listeners: readonly Listener[],
    fragmentOf: (attached: AttachedRoute) => Fragment,
  ): number {
    const known = new Set<Fragment>();
    for (const listener of listeners) {
      for (const attached of listener.routes) known.add(fragmentOf(attached));
    }
    this.#fragments = [...known].sort(byAge);
    this.#blobOffsets.length = 0;
    let offset = L.ROUTES_HEADER;
    this.#fragments.forEach((fragment, ordinal) => {
      fragment.ordinal = ordinal;
      this.#blobOffsets.push(offset);
      offset += fragment.bytes.length;
    });
    return offset;
  }

  #addListener(
    listener: Listener,
    index: number,
    fragmentOf: (attached: AttachedRoute) => Fragment,
  ): Scope {
    const scope = newScope(index * 2 + 1, 0, 0);
    const ordered = listener.routes.map((attached) => ({
      fragment: fragmentOf(attached),
      hostnames: attached.hostnames,
    }));
    ordered.sort((a, b) => a.fragment.ordinal - b.fragment.ordinal);
    const roots = new Map<string, number>();
    for (const { fragment, hostnames } of ordered) {
      for (const hostname of hostnames) {
        let root = roots.get(hostname);
        if (root === undefined) {
          roots.set(hostname, root = this.#trie.addRoot());
          this.#hosts.add(scope, hostname, root);
        }
        this.#addRoute(root, fragment);
      }
    }
    return scope;
  }

  #addRoute(root: number, fragment: Fragment): void {
    const trie = this.#trie;
    const { matches, ordinal } = fragment;
    const blobOffset = this.#blobOffsets.data[ordinal];
    for (let i = 0; i < matches.length; i++) {
      const { pathKind, segments } = matches[i];
      if (pathKind === "regex") {
        this.#candidates.add(trie.regex, root, ordinal, i);
        continue;
      }
      const node = trie.walk(root, segments, blobOffset);
      const list = pathKind === "exact" ? trie.exact : trie.prefix;
      this.#candidates.add(list, node, ordinal, i);
    }
  }

  #addPortGroups(bindings: readonly PortBinding[], listeners: readonly Listener[]): Scope[] {
    const numbers = new Map(listeners.map((listener, index) => [listener.id, index]));
    const scopes: Scope[] = [];
    for (const binding of bindings) {
      const scope = newScope(binding.portGroup * 2, L.SCOPE_PRESENT, binding.port);
      const taken = new Set<string>();
      for (const { id, hostname } of binding.listeners) {
        const number = numbers.get(id);
        if (number === undefined || taken.has(hostname)) continue;
        taken.add(hostname);
        this.#hosts.add(scope, hostname, number + 1);
      }
      scopes[binding.portGroup] = scope;
    }
    return scopes;
  }

  #emit(blobsEnd: number, portGroups: Scope[], listeners: Scope[]): Uint8Array {
    const trie = this.#trie;
    const hosts = this.#hosts;
    const { groups, lists, indexSlots } = this.#records;
    const stringBytes = hosts.texts.reduce((sum, text) => sum + text.bytes.length, 0);
    const hostCapacity = powerOfTwoFor(hosts.texts.length);
    const edgeCapacity = powerOfTwoFor(trie.edgeCount);
    let end = blobsEnd;
    const offsets = new Map<number, number>();
    const sections: number[][] = [];
    const place = (header: number, count: number, entrySize: number): number => {
      const at = end;
      offsets.set(header, at);
      sections.push([header, at, count]);
      end = align4(end + count * entrySize);
      return at;
    };
    sections.push([HEADER.blobs, L.ROUTES_HEADER, blobsEnd - L.ROUTES_HEADER]);
    const stringsAt = place(HEADER.strings, stringBytes, 1);
    const blobOffsetsAt = place(HEADER.blobOffsets, this.#fragments.length, 4);
    const portGroupsAt = place(HEADER.portGroups, portGroups.length, L.SCOPE_SIZE);
    const listenersAt = place(HEADER.listeners, listeners.length, L.SCOPE_SIZE);
    const hostsAt = place(HEADER.hostSlots, hostCapacity, L.HOST_SLOT_SIZE);
    const nodesAt = place(HEADER.nodes, trie.nodeCount, L.NODE_SIZE);
    const edgesAt = place(HEADER.edgeSlots, edgeCapacity, L.EDGE_SLOT_SIZE);
    const groupsAt = place(HEADER.groups, this.#candidates.groupCount, L.GROUP_SIZE);
    const candidatesAt = place(HEADER.candidates, this.#candidates.count, L.CANDIDATE_SIZE);
    const listsAt = place(HEADER.lists, lists.length, 4);
    const indexAt = place(HEADER.indexSlots, indexSlots.length / 3, L.INDEX_SLOT_SIZE);
    const bytes = new Uint8Array(end);
    const words = new Uint32Array(bytes.buffer);
    words[HEADER.magic / 4] = L.ROUTES_MAGIC;
    words[HEADER.version / 4] = L.ROUTES_VERSION;
    words[HEADER.size / 4] = end;
    for (const [header, at, count] of sections) {
      words[header / 4] = at;
      words[header / 4 + 1] = count;
    }
    this.#emitBlobs(bytes);
    words.set(this.#blobOffsets.data.subarray(0, this.#blobOffsets.length), blobOffsetsAt / 4);
    emitScopes(words, portGroupsAt / 4, portGroups);
    emitScopes(words, listenersAt / 4, listeners);
    this.#emitHosts(bytes, words, stringsAt, hostsAt / 4, hostCapacity);
    this.#emitNodes(words, nodesAt / 4);
    this.#emitEdges(words, edgesAt / 4, edgeCapacity);
    words.set(groups.data.subarray(0, groups.length), groupsAt / 4);
    this.#emitCandidates(words, candidatesAt / 4);
    words.set(lists.data.subarray(0, lists.length), listsAt / 4);
    words.set(indexSlots.data.subarray(0, indexSlots.length), indexAt / 4);
    return bytes;
  }

  #emitBlobs(bytes: Uint8Array): void {
    const offsets = this.#blobOffsets.data;
    this.#fragments.forEach((fragment, ordinal) => bytes.set(fragment.bytes, offsets[ordinal]));
  }

  #emitHosts(
    bytes: Uint8Array,
    words: Uint32Array,
    stringsAt: number,
    hostsAt: number,
    capacity: number,
  ): void {
    const { texts, scopes, values } = this.#hosts;
    let textAt = stringsAt;
    for (let i = 0; i < texts.length; i++) {
      const hash = this.#hosts.hashAt(i);
      let slot = hash & (capacity - 1);
      while (words[hostsAt + slot * 5 + 2] !== 0) slot = (slot + 1) & (capacity - 1);
      const at = hostsAt + slot * 5;
      const text = texts[i].bytes;
      words[at] = hash;
      words[at + 1] = scopes[i];
      words[at + 2] = values[i];
      words[at + 3] = textAt;
      words[at + 4] = text.length;
      bytes.set(text, textAt);
      textAt += text.length;
    }
  }

  #emitNodes(words: Uint32Array, at: number): void {
    const trie = this.#trie;
    for (let node = 0; node < trie.nodeCount; node++, at += 5) {
      words[at] = trie.exact.data[node];
      words[at + 1] = trie.prefix.data[node];
      words[at + 2] = trie.regex.data[node];
      words[at + 3] = trie.segmentOffset.data[node];
      words[at + 4] = trie.segmentLength.data[node] | (trie.hasEdges.data[node] << 16);
    }
  }

  #emitEdges(words: Uint32Array, edgesAt: number, capacity: number): void {
    const trie = this.#trie;
    for (let node = 1; node < trie.nodeCount; node++) {
      const parent = trie.parent.data[node];
      if (parent === 0) continue;
      const hash = trie.hash.data[node];
      let slot = hash & (capacity - 1);
      while (words[edgesAt + slot * 3 + 2] !== 0) slot = (slot + 1) & (capacity - 1);
      const at = edgesAt + slot * 3;
      words[at] = hash;
      words[at + 1] = parent;
      words[at + 2] = node;
    }
  }

  #emitCandidates(words: Uint32Array, at: number): void {
    const candidates = this.#candidates;
    const order = candidates.order.data;
    for (let rank = 0; rank < candidates.count; rank++, at += 3) {
      const fragment = candidates.fragmentOf(order[rank]);
      const match = candidates.matchOf(order[rank]);
      words[at] = fragment;
      words[at + 1] = match;
      words[at + 2] = this.#blobOffsets.data[fragment] + L.BLOB_HEADER + match * L.MATCH_SIZE;
    }
  }
}

function emitScopes(words: Uint32Array, at: number, scopes: readonly Scope[]): void {
  for (let i = 0; i < scopes.length; i++, at += 4) {
    const scope = scopes[i];
    if (!scope) continue;
    words[at] = scope.flags;
    words[at + 1] = scope.fallback;
    words[at + 2] = (scope.longestWildcard << 16) | scope.shortestWildcard;
    words[at + 3] = scope.port;
  }
}
