// A table in the order of its keys that never changes: a change gives another table, which shares
// with the old one all but the few chunks that differ. So one changed object among thousands costs
// as little as the chunk that it is in, and what differs between two tables is found as fast.
// Takes entries and changes, gives tables; keys compare by UTF-16 code units, the same everywhere.

/** A chunk is split when it grows beyond twice as many entries. */
const CHUNK = 64;

interface Chunk<V> {
  readonly keys: readonly string[];
  readonly values: readonly V[];
}

/** What was set, or undefined for what was deleted, by key. */
export type TableChanges<V> = ReadonlyMap<string, V | undefined>;

/** The last chunk whose first key is not greater than `key`; 0 where there is none. */
function chunkOf<V>(chunks: readonly Chunk<V>[], key: string): number {
  let low = 1;
  let high = chunks.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (chunks[middle].keys[0] <= key) low = middle + 1;
    else high = middle;
  }
  return low - 1;
}

/** The position of `key` in sorted keys, or where it would be inserted. */
function positionOf(keys: readonly string[], key: string): number {
  let low = 0;
  let high = keys.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (keys[middle] < key) low = middle + 1;
    else high = middle;
  }
  return low;
}

function byKey([a]: readonly [string, unknown], [b]: readonly [string, unknown]): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

/** A chunk with sorted changes in it, in as many chunks as it takes. */
function merge<V>(
  { keys, values }: Chunk<V>,
  changes: readonly (readonly [string, V | undefined])[],
): Chunk<V>[] {
  const newKeys: string[] = [];
  const newValues: V[] = [];
  let at = 0;
  for (const [key, value] of changes) {
    while (at < keys.length && keys[at] < key) {
      newKeys.push(keys[at]);
      newValues.push(values[at++]);
    }
    if (keys[at] === key) at++;
    if (value === undefined) continue;
    newKeys.push(key);
    newValues.push(value);
  }
  for (; at < keys.length; at++) {
    newKeys.push(keys[at]);
    newValues.push(values[at]);
  }
  if (newKeys.length === 0) return [];
  if (newKeys.length <= 2 * CHUNK) return [{ keys: newKeys, values: newValues }];
  const chunks: Chunk<V>[] = [];
  for (let from = 0; from < newKeys.length; from += CHUNK) {
    chunks.push({
      keys: newKeys.slice(from, from + CHUNK),
      values: newValues.slice(from, from + CHUNK),
    });
  }
  return chunks;
}

/** Neighbours that fit into one chunk become one, so that deleting leaves no dust. */
function join<V>(chunks: Chunk<V>[]): Chunk<V>[] {
  const joined: Chunk<V>[] = [];
  for (const chunk of chunks) {
    const last = joined.at(-1);
    if (last && last.keys.length + chunk.keys.length <= CHUNK) {
      joined[joined.length - 1] = {
        keys: [...last.keys, ...chunk.keys],
        values: [...last.values, ...chunk.values],
      };
    } else joined.push(chunk);
  }
  return joined;
}

export class SortedTable<V> implements ReadonlyMap<string, V> {
  static readonly #empty = new SortedTable<never>([], 0);
  #flat: readonly V[] | undefined;

  private constructor(readonly chunks: readonly Chunk<V>[], readonly size: number) {}

  static empty<V>(): SortedTable<V> {
    return SortedTable.#empty;
  }

  /** The table itself where it is one already. */
  static of<V>(table: ReadonlyMap<string, V>): SortedTable<V> {
    return table instanceof SortedTable ? table : SortedTable.empty<V>().with(table);
  }

  get(key: string): V | undefined {
    const chunk = this.chunks[chunkOf(this.chunks, key)];
    if (chunk === undefined) return undefined;
    const at = positionOf(chunk.keys, key);
    return chunk.keys[at] === key ? chunk.values[at] : undefined;
  }

  has(key: string): boolean {
    return this.get(key) !== undefined;
  }

  /** The table after these changes; itself where they change nothing. */
  with(changes: TableChanges<V>): SortedTable<V> {
    const real = [...changes].filter(([key, value]) => this.get(key) !== value).sort(byKey);
    if (real.length === 0) return this;
    const { chunks } = this;
    if (chunks.length === 0) return SortedTable.#from(merge({ keys: [], values: [] }, real));
    const next: Chunk<V>[] = [];
    let from = 0;
    let copied = 0;
    while (from < real.length) {
      const at = chunkOf(chunks, real[from][0]);
      const end = chunks[at + 1]?.keys[0];
      let to = from + 1;
      while (to < real.length && (end === undefined || real[to][0] < end)) to++;
      while (copied < at) next.push(chunks[copied++]);
      next.push(...merge(chunks[at], real.slice(from, to)));
      copied = at + 1;
      from = to;
    }
    while (copied < chunks.length) next.push(chunks[copied++]);
    return SortedTable.#from(join(next));
  }

  /** What turns `before` into this table: values by key, undefined for those that are gone. */
  since(before: SortedTable<V>): Map<string, V | undefined> {
    const changes = new Map<string, V | undefined>();
    if (before === this) return changes;
    const old = new Set(before.chunks);
    const added = this.chunks.filter((chunk) => !old.delete(chunk));
    for (const { keys } of old) for (const key of keys) changes.set(key, undefined);
    for (const { keys, values } of added) {
      for (let i = 0; i < keys.length; i++) changes.set(keys[i], values[i]);
    }
    for (const [key, value] of changes) if (before.get(key) === value) changes.delete(key);
    return changes;
  }

  /** All values in the order of keys, frozen; the same array each time. */
  list(): readonly V[] {
    return this.#flat ??= Object.freeze(
      ([] as V[]).concat(...this.chunks.map(({ values }) => values)),
    );
  }

  *entries(): MapIterator<[string, V]> {
    for (const { keys, values } of this.chunks) {
      for (let i = 0; i < keys.length; i++) yield [keys[i], values[i]];
    }
  }

  *keys(): MapIterator<string> {
    for (const { keys } of this.chunks) yield* keys;
  }

  *values(): MapIterator<V> {
    for (const { values } of this.chunks) yield* values;
  }

  [Symbol.iterator](): MapIterator<[string, V]> {
    return this.entries();
  }

  forEach(callback: (value: V, key: string, table: ReadonlyMap<string, V>) => void): void {
    for (const [key, value] of this.entries()) callback(value, key, this);
  }

  static #from<V>(chunks: readonly Chunk<V>[]): SortedTable<V> {
    const size = chunks.reduce((sum, { keys }) => sum + keys.length, 0);
    return size === 0 ? SortedTable.empty() : new SortedTable(chunks, size);
  }
}
