// What comes of all routes together: results by key, the routes attached to each listener, and how
// many routes use each Service. Takes a change of some results, and costs as much as they are.

import type { AttachedRoute } from "../../ir/snapshot.ts";
import type { RouteResult } from "./http_route.ts";
import { SortedTable, type TableChanges } from "./sorted_table.ts";
import type { ObjectStatus } from "./statuses.ts";

const NOTHING: Pick<RouteResult, "attachments" | "services"> = { attachments: [], services: [] };

export class RouteTable {
  results: SortedTable<RouteResult> = SortedTable.empty();
  statuses: SortedTable<ObjectStatus> = SortedTable.empty();
  /** By the listener's id, then by the route's key. */
  readonly attached = new Map<string, SortedTable<AttachedRoute>>();
  #uses = new Map<string, number>();
  #services: readonly string[] | undefined;
  #served: ReadonlySet<string> = new Set();

  /** Keys of the Service ports that served routes name, sorted; the same list while it is so. */
  get services(): readonly string[] {
    return this.#services ??= [...this.#uses.keys()].sort();
  }

  /** `served`: ids of the listeners that are; the same set while none comes or goes. */
  update(results: SortedTable<RouteResult>, served: ReadonlySet<string>): void {
    const before = this.results;
    const changed = results.since(before);
    this.results = results;
    if (changed.size > 0) this.#change(before, changed);
    if (served !== this.#served) this.#recount(served);
    else for (const [key, result] of changed) this.#count(before.get(key), result);
  }

  #change(before: SortedTable<RouteResult>, changed: TableChanges<RouteResult>): void {
    const perListener = new Map<string, Map<string, AttachedRoute | undefined>>();
    const statuses = new Map<string, ObjectStatus | undefined>();
    const note = (listener: string, key: string, attached: AttachedRoute | undefined) => {
      let changes = perListener.get(listener);
      if (!changes) perListener.set(listener, changes = new Map());
      changes.set(key, attached);
    };
    for (const [key, result] of changed) {
      for (const { listener } of before.get(key)?.attachments ?? []) note(listener, key, undefined);
      for (const { listener, attached } of result?.attachments ?? []) note(listener, key, attached);
      statuses.set(key, result?.status);
    }
    for (const [listener, changes] of perListener) {
      const table = (this.attached.get(listener) ?? SortedTable.empty()).with(changes);
      if (table.size === 0) this.attached.delete(listener);
      else this.attached.set(listener, table);
    }
    this.statuses = this.statuses.with(statuses);
  }

  #recount(served: ReadonlySet<string>): void {
    this.#served = served;
    this.#uses = new Map();
    this.#services = undefined;
    for (const result of this.results.values()) this.#count(undefined, result);
  }

  #count(before: RouteResult | undefined, after: RouteResult | undefined): void {
    const old = this.#servedServices(before);
    const now = this.#servedServices(after);
    if (old === now) return;
    for (const key of now) this.#use(key, 1);
    for (const key of old) this.#use(key, -1);
  }

  #servedServices(result: RouteResult | undefined): readonly string[] {
    const { attachments, services } = result ?? NOTHING;
    return attachments.some(({ listener }) => this.#served.has(listener)) ? services : [];
  }

  #use(key: string, step: 1 | -1): void {
    const before = this.#uses.get(key) ?? 0;
    const uses = before + step;
    if (uses === 0) this.#uses.delete(key);
    else this.#uses.set(key, uses);
    if (before === 0 || uses === 0) this.#services = undefined;
  }
}
