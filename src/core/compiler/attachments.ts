// The routes of one listener in the order that ties follow, kept from one snapshot to the next:
// an object that did not change keeps its identity, so only what lies between the common beginning
// and the common end of two lists is looked at. What a table is made from lies in flat lists.

import type { AttachedRoute } from "../../ir/snapshot.ts";
import type { Fragments } from "./fragments.ts";
import type { HostNames } from "./hosts.ts";
import { IntList } from "./int_list.ts";

interface Added {
  readonly attached: AttachedRoute;
  readonly fragment: number;
  readonly hosts: readonly number[];
}

/** Older first, then by name (the HTTPRoute specification's ties); hostnames tell doubles apart. */
function compare(a: AttachedRoute, b: AttachedRoute): number {
  const x = a.route;
  const y = b.route;
  if (x.createdAtMs !== y.createdAtMs) return x.createdAtMs - y.createdAtMs;
  if (x.id !== y.id) return x.id < y.id ? -1 : 1;
  const aHosts = a.hostnames.join();
  const bHosts = b.hostnames.join();
  return aHosts < bHosts ? -1 : aHosts > bHosts ? 1 : 0;
}

/** The first position at or after `from` that `item` does not come after. */
function lowerBound(list: readonly AttachedRoute[], item: AttachedRoute, from: number): number {
  let low = from;
  let high = list.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (compare(list[middle], item) < 0) low = middle + 1;
    else high = middle;
  }
  return low;
}

export class Attachments {
  #routes: readonly AttachedRoute[] = [];
  /** In the order of ties, as are the lists below. */
  #sorted: readonly AttachedRoute[] = [];
  fragments = new IntList();
  /** For each route: the number of its hosts, then the hosts' numbers. */
  hosts = new IntList();

  constructor(readonly names: HostNames, readonly known: Fragments) {}

  get length(): number {
    return this.#sorted.length;
  }

  /** Takes over the list of a new snapshot; throws what the two tables throw, with nothing changed. */
  update(routes: readonly AttachedRoute[]): void {
    const old = this.#routes;
    if (old === routes) return;
    const shortest = Math.min(old.length, routes.length);
    let start = 0;
    while (start < shortest && old[start] === routes[start]) start++;
    let end = 0;
    while (
      end < shortest - start && old[old.length - 1 - end] === routes[routes.length - 1 - end]
    ) {
      end++;
    }
    const gone = new Set(old.slice(start, old.length - end));
    const added = routes.slice(start, routes.length - end).filter((each) => !gone.delete(each));
    const taken = this.#takeAll(added);
    const positions = this.#positionsOf(gone);
    for (const { route } of gone) this.known.give(route);
    this.#merge(positions, taken);
    this.#routes = routes;
  }

  /** Lets go of every route and hostname. */
  clear(): void {
    this.update([]);
  }

  #takeAll(added: readonly AttachedRoute[]): Added[] {
    const taken: Added[] = [];
    const hosts: number[] = [];
    try {
      for (const attached of added) {
        const fragment = this.known.take(attached.route);
        const from = hosts.length;
        taken.push({ attached, fragment, hosts: [] });
        for (const name of attached.hostnames) hosts.push(this.names.take(name));
        taken[taken.length - 1] = { attached, fragment, hosts: hosts.slice(from) };
      }
    } catch (error) {
      for (const { attached } of taken) this.known.give(attached.route);
      for (const host of hosts) this.names.give(host);
      throw error;
    }
    return taken.sort((a, b) => compare(a.attached, b.attached));
  }

  /** Where routes stand in the order, ascending. */
  #positionsOf(gone: ReadonlySet<AttachedRoute>): number[] {
    const positions: number[] = [];
    for (const attached of gone) {
      let at = lowerBound(this.#sorted, attached, 0);
      while (this.#sorted[at] !== attached) at++;
      positions.push(at);
    }
    return positions.sort((a, b) => a - b);
  }

  #merge(gone: readonly number[], added: readonly Added[]): void {
    const old = this.#sorted;
    const oldFragments = this.fragments.data;
    const oldHosts = this.hosts.data;
    const sorted: AttachedRoute[] = [];
    const fragments = new IntList(old.length + added.length);
    const hosts = new IntList(this.hosts.length + added.length * 2);
    let hostAt = 0;
    let goneAt = 0;
    let at = 0;
    const keepUntil = (stop: number) => {
      for (; at < stop; at++) {
        const count = oldHosts[hostAt++];
        if (gone[goneAt] === at) {
          goneAt++;
          for (let i = 0; i < count; i++) this.names.give(oldHosts[hostAt++]);
          continue;
        }
        sorted.push(old[at]);
        fragments.push(oldFragments[at]);
        hosts.push(count);
        for (let i = 0; i < count; i++) hosts.push(oldHosts[hostAt++]);
      }
    };
    for (const one of added) {
      keepUntil(lowerBound(old, one.attached, at));
      sorted.push(one.attached);
      fragments.push(one.fragment);
      hosts.push(one.hosts.length);
      for (const host of one.hosts) hosts.push(host);
    }
    keepUntil(old.length);
    this.#sorted = sorted;
    this.fragments = fragments;
    this.hosts = hosts;
  }
}
