// The routes of one listener in the order that ties follow, kept from one snapshot to the next:
// an object that did not change keeps its identity, so only what lies between the common beginning
// and the common end of two lists is looked at.

import type { AttachedRoute } from "../../ir/snapshot.ts";
import type { Fragment } from "./fragment.ts";
import type { HostName, HostNames } from "./hosts.ts";

export interface Attachment {
  readonly attached: AttachedRoute;
  readonly fragment: Fragment;
  readonly hosts: readonly HostName[];
  readonly hostKey: string;
}

/** Older first, then by name (the HTTPRoute specification's ties); hostnames tell doubles apart. */
function compare(a: Attachment, b: Attachment): number {
  const x = a.fragment.route;
  const y = b.fragment.route;
  if (x.createdAtMs !== y.createdAtMs) return x.createdAtMs - y.createdAtMs;
  if (x.id !== y.id) return x.id < y.id ? -1 : 1;
  return a.hostKey < b.hostKey ? -1 : a.hostKey > b.hostKey ? 1 : 0;
}

export class Attachments {
  #routes: readonly AttachedRoute[] = [];
  #byRoute = new Map<AttachedRoute, Attachment>();
  /** In the order of ties. */
  sorted: Attachment[] = [];

  constructor(
    readonly names: HostNames,
    readonly fragmentOf: (attached: AttachedRoute) => Fragment,
  ) {}

  /** Takes over the list of a new snapshot; throws what `fragmentOf` throws, with nothing changed. */
  update(routes: readonly AttachedRoute[]): void {
    const old = this.#routes;
    if (old === routes) return;
    const shortest = Math.min(old.length, routes.length);
    let start = 0;
    while (start < shortest && old[start] === routes[start]) start++;
    let end = 0;
    while (end < shortest - start && old.at(-1 - end) === routes.at(-1 - end)) end++;
    const before = new Set(old.slice(start, old.length - end));
    const added = routes.slice(start, routes.length - end).filter((each) => !before.delete(each));
    for (const attached of added) this.fragmentOf(attached);
    const removed = new Set<Attachment>();
    for (const attached of before) removed.add(this.#remove(attached));
    if (removed.size > 0) this.sorted = this.sorted.filter((each) => !removed.has(each));
    this.#insert(added.map((attached) => this.#make(attached)));
    this.#routes = routes;
  }

  /** Lets go of every hostname. */
  clear(): void {
    this.update([]);
  }

  #make(attached: AttachedRoute): Attachment {
    const made = {
      attached,
      fragment: this.fragmentOf(attached),
      hosts: attached.hostnames.map((name) => this.names.take(name)),
      hostKey: attached.hostnames.join(),
    };
    this.#byRoute.set(attached, made);
    return made;
  }

  #remove(attached: AttachedRoute): Attachment {
    const found = this.#byRoute.get(attached)!;
    this.#byRoute.delete(attached);
    for (const host of found.hosts) this.names.give(host);
    return found;
  }

  #insert(added: Attachment[]): void {
    if (added.length === 0) return;
    added.sort(compare);
    const old = this.sorted;
    const merged: Attachment[] = [];
    let at = 0;
    for (const each of added) {
      const stop = lowerBound(old, each, at);
      while (at < stop) merged.push(old[at++]);
      merged.push(each);
    }
    while (at < old.length) merged.push(old[at++]);
    this.sorted = merged;
  }
}

function lowerBound(list: readonly Attachment[], item: Attachment, from: number): number {
  let low = from;
  let high = list.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (compare(list[middle], item) < 0) low = middle + 1;
    else high = middle;
  }
  return low;
}
