// Puts the route table together from fragments. The same listeners give the same bytes, in whatever
// order the routes came: routes are laid out listener by listener, by age, then name.
// Takes listeners and port groups, gives bytes whose checksum and generation are yet to be written.

import type { AttachedRoute, Listener } from "../../ir/snapshot.ts";
import { Attachments } from "./attachments.ts";
import type { PortBinding } from "./bindings.ts";
import { Candidates } from "./candidates.ts";
import { emitRoutes } from "./emit.ts";
import type { Fragment } from "./fragment.ts";
import { HostIndex, type HostName, HostNames, newScope, type Scope } from "./hosts.ts";
import * as L from "./layout.ts";
import { Trie } from "./trie.ts";

/** Keeps the order of each listener's routes, and room, from one table to the next. */
export class RouteAssembler {
  readonly #trie = new Trie();
  readonly #candidates = new Candidates();
  readonly #index = new HostIndex();
  readonly #names = new HostNames();
  readonly #attachments = new Map<string, Attachments>();
  #fragments: Fragment[] = [];
  #table = 0;
  #pass = 0;
  #listenerHosts: HostName[] = [];
  #last: { readonly fragments: Fragment[]; readonly bytes: Uint8Array } | undefined;

  constructor(readonly fragmentOf: (attached: AttachedRoute) => Fragment) {}

  /** `bindings` must be those of `listeners`. Throws what `fragmentOf` throws. */
  assemble(listeners: readonly Listener[], bindings: readonly PortBinding[]): Uint8Array {
    const attachments = this.#update(listeners);
    this.#trie.reset();
    this.#candidates.reset();
    this.#index.reset();
    const blobsEnd = this.#placeFragments(attachments);
    const scopes = attachments.map((each, number) => this.#addListener(each, number));
    const portGroups = this.#addPortGroups(listeners, bindings);
    this.#candidates.layOut();
    const bytes = emitRoutes({
      fragments: this.#fragments,
      blobsEnd,
      trie: this.#trie,
      candidates: this.#candidates,
      index: this.#index,
      portGroups,
      listeners: scopes,
      last: this.#last,
    });
    for (const host of this.#listenerHosts) this.#names.give(host);
    this.#listenerHosts = [];
    this.#last = { fragments: this.#fragments, bytes };
    return bytes;
  }

  #update(listeners: readonly Listener[]): Attachments[] {
    const gone = new Set(this.#attachments.keys());
    const attachments = listeners.map(({ id, routes }) => {
      gone.delete(id);
      let known = this.#attachments.get(id);
      if (!known) {
        known = new Attachments(this.#names, this.fragmentOf);
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
  #placeFragments(attachments: readonly Attachments[]): number {
    const table = ++this.#table;
    const fragments: Fragment[] = [];
    let offset = L.ROUTES_HEADER;
    for (const { sorted } of attachments) {
      for (const { fragment } of sorted) {
        if (fragment.table === table) continue;
        fragment.table = table;
        fragment.offset = offset;
        offset += fragment.bytes.length;
        fragments.push(fragment);
      }
    }
    this.#fragments = fragments;
    return offset;
  }

  #addListener({ sorted }: Attachments, number: number): Scope {
    const scope = newScope(number * 2 + 1, 0, 0);
    const pass = ++this.#pass;
    for (const { hosts, fragment } of sorted) {
      for (const host of hosts) {
        if (host.pass !== pass) {
          host.pass = pass;
          host.root = this.#trie.addRoot(host.text);
          this.#index.add(scope, host, host.root);
        }
        this.#addRoute(host.root, fragment);
      }
    }
    return scope;
  }

  #addRoute(root: number, fragment: Fragment): void {
    const trie = this.#trie;
    const { matches } = fragment;
    for (let i = 0; i < matches.length; i++) {
      const { pathKind, segments } = matches[i];
      if (pathKind === "regex") {
        this.#candidates.add(trie.regex, root, fragment, i);
        continue;
      }
      const node = trie.walk(root, segments);
      this.#candidates.add(pathKind === "exact" ? trie.exact : trie.prefix, node, fragment, i);
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
