// Puts the route table together from what is known of each route. The same listeners give the same
// bytes, in whatever order the routes came: routes are laid out listener by listener, by age, then name.
// Takes listeners and port groups, gives bytes whose checksum and generation are yet to be written.

import type { HttpRoute, Listener } from "../../ir/snapshot.ts";
import { Attachments } from "./attachments.ts";
import type { PortBinding } from "./bindings.ts";
import { Candidates } from "./candidates.ts";
import { type Allocate, emitRoutes } from "./emit.ts";
import type { WrittenRoute } from "./fragment.ts";
import { DIGEST, Fragments, PATH_KINDS } from "./fragments.ts";
import { HostIndex, HostNames, newScope, type Scope } from "./hosts.ts";
import { IntList } from "./int_list.ts";
import * as L from "./layout.ts";
import { Trie } from "./trie.ts";

const REGEX = PATH_KINDS.indexOf("regex");
const EXACT = PATH_KINDS.indexOf("exact");

/** Keeps the order of each listener's routes, and room, from one table to the next. */
export class RouteAssembler {
  readonly #known: Fragments;
  readonly #trie: Trie;
  readonly #candidates: Candidates;
  readonly #names = new HostNames();
  readonly #index = new HostIndex(this.#names);
  readonly #attachments = new Map<string, Attachments>();
  /** Routes in the order of their blobs. */
  readonly #order = new IntList();
  #table = 0;
  #mark = 0;
  #listenerHosts: number[] = [];

  constructor(write: (route: HttpRoute) => WrittenRoute) {
    this.#known = new Fragments(write);
    this.#trie = new Trie(this.#known.segments);
    this.#candidates = new Candidates(this.#known);
  }

  /**
   * `bindings` must be those of `listeners`; `last` what the last call gave, or the same bytes. Throws
   * CompileError for what the core cannot do; the next call makes good what this one left undone.
   */
  assemble(
    listeners: readonly Listener[],
    bindings: readonly PortBinding[],
    memory: { readonly last: Uint8Array | undefined; readonly allocate: Allocate },
  ): Uint8Array {
    const attachments = this.#update(listeners);
    this.#trie.reset();
    this.#candidates.reset();
    this.#index.reset();
    const blobsEnd = this.#placeBlobs(attachments);
    const scopes = attachments.map((each, number) => this.#addListener(each, number));
    const portGroups = this.#addPortGroups(listeners, bindings);
    this.#candidates.layOut();
    const bytes = emitRoutes({
      known: this.#known,
      order: this.#order.used,
      blobsEnd,
      trie: this.#trie,
      candidates: this.#candidates,
      index: this.#index,
      portGroups,
      listeners: scopes,
      ...memory,
    });
    this.#known.placed();
    for (const host of this.#listenerHosts) this.#names.give(host);
    this.#listenerHosts = [];
    return bytes;
  }

  #update(listeners: readonly Listener[]): Attachments[] {
    const gone = new Set(this.#attachments.keys());
    const attachments = listeners.map(({ id, routes }) => {
      gone.delete(id);
      let known = this.#attachments.get(id);
      if (!known) {
        known = new Attachments(this.#names, this.#known);
        this.#attachments.set(id, known);
      }
      known.update(routes);
      return known;
    });
    for (const id of gone) {
      this.#attachments.get(id)!.clear();
      this.#attachments.delete(id);
    }
    return attachments;
  }

  /** Finds where each blob lies; gives where the last one ends. */
  #placeBlobs(attachments: readonly Attachments[]): number {
    const table = ++this.#table;
    const { sizes, offsets, tables } = this.#known;
    this.#order.length = 0;
    let offset = L.ROUTES_HEADER;
    for (const { fragments, length } of attachments) {
      for (let i = 0; i < length; i++) {
        const route = fragments.data[i];
        if (tables.data[route] === table) continue;
        tables.data[route] = table;
        offsets.data[route] = offset;
        offset += sizes.data[route];
        this.#order.push(route);
      }
    }
    return offset;
  }

  #addListener({ fragments, hosts, length }: Attachments, number: number): Scope {
    const scope = newScope(number * 2 + 1, 0, 0);
    const mark = ++this.#mark;
    const { marks, roots } = this.#names;
    let at = 0;
    for (let i = 0; i < length; i++) {
      for (let left = hosts.data[at++]; left > 0; left--) {
        const host = hosts.data[at++];
        if (marks.data[host] !== mark) {
          marks.data[host] = mark;
          roots.data[host] = this.#trie.addRoot(host);
          this.#index.add(scope, host, roots.data[host]);
        }
        this.#addRoute(roots.data[host], fragments.data[i]);
      }
    }
    return scope;
  }

  #addRoute(root: number, route: number): void {
    const trie = this.#trie;
    const digests = this.#known.digests.data;
    let at = this.#known.digestAt.data[route];
    const matches = digests[at++];
    for (let match = 0; match < matches; match++) {
      const kind = digests[at + DIGEST.kind];
      const segments = digests[at + DIGEST.segments];
      if (kind === REGEX) this.#candidates.add(trie.regex, root, route, match, at);
      else {
        const node = trie.walk(root, digests, at + DIGEST.size, segments);
        this.#candidates.add(kind === EXACT ? trie.exact : trie.prefix, node, route, match, at);
      }
      at += DIGEST.size + segments + digests[at + DIGEST.keys] * DIGEST.keySize;
    }
  }

  #addPortGroups(listeners: readonly Listener[], bindings: readonly PortBinding[]): Scope[] {
    const numbers = new Map(listeners.map((listener, number) => [listener.id, number]));
    const scopes: Scope[] = [];
    for (const binding of bindings) {
      const scope = newScope(binding.portGroup * 2, L.SCOPE_PRESENT, binding.port);
      const taken = new Set<string>();
      for (const { id, hostname } of binding.listeners) {
        const number = numbers.get(id);
        if (number === undefined || taken.has(hostname)) continue;
        taken.add(hostname);
        const host = this.#names.take(hostname);
        this.#listenerHosts.push(host);
        this.#index.add(scope, host, number + 1);
      }
      scopes[binding.portGroup] = scope;
    }
    return scopes;
  }
}
