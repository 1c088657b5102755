// Memory between two translations: a result is kept while its object and everything that it looked
// up are the same, by identity. Nothing is remembered that a translation from scratch would not find.

import { share } from "./share.ts";
import { SortedTable } from "./sorted_table.ts";

/** A look-up and what it found. */
interface Seen {
  readonly source: Source<unknown>;
  readonly key: string;
  readonly value: unknown;
}

/** A table that results depend on: replaced as a whole, looked up by key. */
export class Source<V> {
  #table: ReadonlyMap<string, V> = new Map();
  /** One record for all who look the same up in the same table. */
  readonly #seen = new Map<string, Seen>();

  /** True where the table is another one than before. */
  replace(table: ReadonlyMap<string, V>): boolean {
    const changed = table !== this.#table;
    this.#table = table;
    if (changed) this.#seen.clear();
    return changed;
  }

  get(key: string): V | undefined {
    return this.#table.get(key);
  }

  see(key: string): Seen {
    let seen = this.#seen.get(key);
    if (!seen) this.#seen.set(key, seen = { source: this, key, value: this.#table.get(key) });
    return seen;
  }
}

/** A look-up that is written down: what a result has seen. */
export type Read = <V>(source: Source<V>, key: string) => V | undefined;

interface Entry<O, V> {
  readonly object: O;
  readonly variant: string;
  readonly seen: readonly Seen[];
  readonly value: V;
  checkedAt: number;
}

/** Results by key. `epoch` grows whenever some source changed: within one, nothing is checked twice. */
export class Memo<O extends object, V> {
  readonly #entries = new Map<string, Entry<O, V>>();

  /** The kept result, or a new one that shares what is equal with the old. */
  get(
    key: string,
    object: O,
    epoch: number,
    make: (read: Read) => V,
    variant = "",
  ): V {
    const entry = this.#entries.get(key);
    if (entry !== undefined && entry.object === object && entry.variant === variant) {
      if (entry.checkedAt === epoch) return entry.value;
      if (entry.seen.every((seen) => seen.source.get(seen.key) === seen.value)) {
        entry.checkedAt = epoch;
        return entry.value;
      }
    }
    const seen: Seen[] = [];
    const value = share(
      entry?.value,
      make((source, lookedUp) => {
        const look = source.see(lookedUp);
        if (!seen.includes(look)) seen.push(look);
        return look.value as ReturnType<typeof source.get>;
      }),
    );
    this.#entries.set(key, { object, variant, seen: seen.slice(), value, checkedAt: epoch });
    return value;
  }

  /** Forgets results of keys that are gone. */
  retain(live: { readonly size: number; has(key: string): boolean }): void {
    if (this.#entries.size === live.size) return;
    for (const key of this.#entries.keys()) if (!live.has(key)) this.#entries.delete(key);
  }
}

/** The keys of a table in canonical order: by UTF-16 code units, the same everywhere. */
export function sortedKeys(table: ReadonlyMap<string, unknown>): string[] {
  return table instanceof SortedTable ? [...table.keys()] : [...table.keys()].sort();
}

/** Groups of a table's values, each in the order of their keys; equal groups keep their identity. */
export class Grouping<V> {
  #table: ReadonlyMap<string, V> | undefined;
  #groups: ReadonlyMap<string, readonly V[]> = new Map();

  update(
    table: ReadonlyMap<string, V>,
    groupOf: (value: V) => string | undefined,
  ): ReadonlyMap<string, readonly V[]> {
    if (table === this.#table) return this.#groups;
    const next = new Map<string, V[]>();
    for (const key of sortedKeys(table)) {
      const value = table.get(key)!;
      const group = groupOf(value);
      if (group === undefined) continue;
      const members = next.get(group);
      if (members === undefined) next.set(group, [value]);
      else members.push(value);
    }
    const kept = new Map<string, readonly V[]>();
    for (const [group, members] of next) {
      const before = this.#groups.get(group);
      const same = before !== undefined && before.length === members.length &&
        before.every((value, index) => value === members[index]);
      kept.set(group, same ? before : members);
    }
    this.#table = table;
    this.#groups = kept;
    return kept;
  }
}
