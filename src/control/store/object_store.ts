// The latest of every object, and which tables changed since they were last looked at.
// Takes changes from a provider; gives the translator's input: a new table only for a kind that
// changed, in the order of keys, and the same object where nothing that is read changed.

import { type GatewayKind, type Kind, KINDS, type ServedObject } from "../../gatewayapi/kinds.ts";
import type { Change } from "../provider/provider.ts";
import { noObjects, type Objects } from "../translator/objects.ts";
import { isSameContent } from "./same_content.ts";

type Table = Map<string, ServedObject>;

export class ObjectStore {
  readonly #tables = new Map<Kind, Table>(KINDS.map(({ kind }) => [kind, new Map()]));
  readonly #unlisted = new Set<Kind>(KINDS.map(({ kind }) => kind));
  readonly #dirty = new Set<GatewayKind>();
  #objects: Objects = noObjects();

  /** True where something changed that a translation can see. */
  change(changes: readonly Change[]): boolean {
    let changed = false;
    for (const { kind, key, object } of changes) {
      // Pods name what an observer sees; no route is made of them.
      if (kind === "Pod") continue;
      const table = this.#tables.get(kind)!;
      const before = table.get(key);
      if (object === undefined) {
        if (!table.delete(key)) continue;
      } else {
        if (before !== undefined && isSameContent(before, object)) continue;
        table.set(key, object);
      }
      this.#dirty.add(kind);
      changed = true;
    }
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
    if (this.#dirty.size === 0) return this.#objects;
    const tables: Record<string, ReadonlyMap<string, ServedObject>> = { ...this.#objects };
    for (const kind of this.#dirty) tables[kind] = this.#sorted(kind);
    this.#dirty.clear();
    this.#objects = tables as unknown as Objects;
    return this.#objects;
  }

  counts(): Record<GatewayKind, number> {
    const entries = KINDS.map(({ kind }) => [kind, this.#tables.get(kind)!.size]);
    return Object.fromEntries(entries) as Record<GatewayKind, number>;
  }

  /** The keys that were there before come sorted already, which makes sorting them all cheap. */
  #sorted(kind: GatewayKind): Table {
    const table = this.#tables.get(kind)!;
    const before: ReadonlyMap<string, unknown> = this.#objects[kind];
    const keys = [...before.keys()].filter((key) => table.has(key));
    for (const key of table.keys()) if (!before.has(key)) keys.push(key);
    keys.sort();
    return new Map(keys.map((key) => [key, table.get(key)!]));
  }
}
