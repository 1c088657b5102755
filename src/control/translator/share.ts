// Structural sharing: what came out equal to what was there before is what was there before.
// Takes two plain values; gives the new content with old identities wherever they are equal, frozen.

type Plain = Record<string, unknown>;

/** The one empty list, and the one object without fields: thousands of routes have many of them. */
export const NONE: readonly never[] = Object.freeze([]);
export const EMPTY: Readonly<Record<string, never>> = Object.freeze({});

function isObject(value: unknown): value is object {
  return typeof value === "object" && value !== null;
}

function isPlain(value: object): value is Plain {
  return Object.getPrototypeOf(value) === Object.prototype;
}

/** Freezes plain objects and arrays all the way down; a frozen one is taken as done. */
export function freezeDeep<T>(value: T): T {
  if (!isObject(value) || Object.isFrozen(value)) return value;
  if (!Array.isArray(value) && !isPlain(value)) return value;
  Object.freeze(value);
  for (const key in value) freezeDeep((value as Plain)[key]);
  return value;
}

function shareArray(previous: readonly unknown[], next: readonly unknown[]): readonly unknown[] {
  let same = previous.length === next.length;
  const merged = next.map((item, index) => {
    const kept = index < previous.length ? shareAny(previous[index], item) : item;
    if (kept !== previous[index]) same = false;
    return kept;
  });
  return same ? previous : merged;
}

function sharePlain(previous: Plain, next: Plain): Plain {
  const keys = Object.keys(next);
  let same = keys.length === Object.keys(previous).length;
  const merged: Plain = {};
  for (const key of keys) {
    const has = Object.hasOwn(previous, key);
    const kept = has ? shareAny(previous[key], next[key]) : next[key];
    if (!has || kept !== previous[key]) same = false;
    merged[key] = kept;
  }
  return same ? previous : merged;
}

function shareAny(previous: unknown, next: unknown): unknown {
  if (previous === next || !isObject(previous) || !isObject(next)) return next;
  if (Array.isArray(next)) return Array.isArray(previous) ? shareArray(previous, next) : next;
  if (Array.isArray(previous) || !isPlain(previous) || !isPlain(next)) return next;
  return sharePlain(previous, next);
}

/** `next` with the identities of `previous` for every part that is equal, deeply frozen. */
export function share<T>(previous: T | undefined, next: T): T {
  return freezeDeep(shareAny(previous, next) as T);
}

/** The old list where every element is the same one: for long lists of shared elements. */
export function shareList<T>(previous: readonly T[] | undefined, next: readonly T[]): readonly T[] {
  if (previous !== undefined && previous.length === next.length) {
    let index = 0;
    while (index < next.length && previous[index] === next[index]) index++;
    if (index === next.length) return previous;
  }
  return Object.freeze(next);
}

/** More kinds of content than this are not many that share it. */
const MAX_POOLED = 1_000;

/** One frozen value for all that are equal: for what thousands of objects say in the same words. */
export class Pool<T> {
  readonly #values = new Map<string, T>();

  get(value: T): T {
    const content = JSON.stringify(value);
    const known = this.#values.get(content);
    if (known !== undefined) return known;
    if (this.#values.size >= MAX_POOLED) this.#values.clear();
    this.#values.set(content, freezeDeep(value));
    return value;
  }
}
