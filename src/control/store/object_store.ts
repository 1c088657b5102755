// The latest of every object. Takes changes from a provider; gives the translator's input: another
// table only for a kind that changed, in the order of keys, and the same object where nothing that is
// read changed.

import { type GatewayKind, type Kind, KINDS, type ServedObject } from "../../gatewayapi/kinds.ts";
import type { Change } from "../provider/provider.ts";
import type { Objects } from "../translator/objects.ts";
import { SortedTable } from "../translator/sorted_table.ts";
import { isSameContent } from "./same_content.ts";

interface KindStore {
  table: SortedTable<ServedObject>;
  /** What came since `table` was made. */
  readonly changes: Map<string, ServedObject | undefined>;
}

export class ObjectStore {
  readonly #kinds = new Map<Kind, KindStore>(
    KINDS.map(({ kind }) => [kind, { table: SortedTable.empty(), changes: new Map() }]),
  );
  readonly #unlisted = new Set<Kind>(KINDS.map(({ kind }) => kind));
  #objects: Objects | undefined;

  /** True where something changed that a translation can see. */
  change(changes: readonly Change[]): boolean {
    let changed = false;
    for (const { kind, key, object } of changes) {
      // Pods name what an observer sees; no route is made of them.
      if (kind === "Pod") continue;
      const store = this.#kinds.get(kind)!;
      const before = store.changes.has(key) ? store.changes.get(key) : store.table.get(key);
      if (object === before) continue;
      if (object && before && isSameContent(before, object)) continue;
      store.changes.set(key, object);
      changed = true;
    }
    if (changed) this.#objects = undefined;
    return changed;
  }

  /** True where this was the last kind that was missing. */
  listed(kind: Kind): boolean {
    return this.#unlisted.delete(kind) && this.#unlisted.size === 0;
  }

  get complete(): boolean {
    return this.#unlisted.size === 0;
  }

  /** Everything that exists now; stays as it is whatever changes later. */
  objects(): Objects {
    this.#objects ??= Object.fromEntries(
      [...this.#kinds].map(([kind, store]) => {
        store.table = store.table.with(store.changes);
        store.changes.clear();
        return [kind, store.table];
      }),
    ) as unknown as Objects;
    return this.#objects;
  }

  counts(): Record<GatewayKind, number> {
    const objects = this.objects();
    const entries = KINDS.map(({ kind }) => [kind, objects[kind].size]);
    return Object.fromEntries(entries) as Record<GatewayKind, number>;
  }
}
