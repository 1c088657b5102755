// One kind's collection as changes for the store: what a list no longer holds is gone.
// Takes lists and watch events, gives changes; remembers keys only.

import type { Kind, ServedObject } from "../../../gatewayapi/kinds.ts";
import { keyOf, type ObjectKey } from "../../../gatewayapi/references.ts";
import type { Change } from "../provider.ts";
import type { ApiObject, WatchChange } from "./list_watch.ts";

export function keyOfObject(object: ApiObject): ObjectKey {
  const { name, namespace } = object.metadata;
  return namespace === undefined ? name : keyOf(namespace, name);
}

export class ObjectFeed {
  readonly #kind: Kind;
  readonly #apiVersion: string;
  #known = new Set<ObjectKey>();

  constructor(kind: Kind, apiVersion: string) {
    this.#kind = kind;
    this.#apiVersion = apiVersion;
  }

  /** The changes that lead from what was known to this list. */
  replace(objects: readonly ApiObject[]): Change[] {
    const before = this.#known;
    this.#known = new Set();
    const changes: Change[] = [];
    for (const object of objects) {
      const key = keyOfObject(object);
      this.#known.add(key);
      changes.push(this.#change(key, object));
    }
    for (const key of before) {
      if (!this.#known.has(key)) changes.push(this.#change(key, undefined));
    }
    return changes;
  }

  apply(events: readonly WatchChange[]): Change[] {
    return events.map(({ type, object }) => {
      const key = keyOfObject(object);
      if (type === "DELETED") {
        this.#known.delete(key);
        return this.#change(key, undefined);
      }
      this.#known.add(key);
      return this.#change(key, object);
    });
  }

  /** Items of a list carry neither kind nor apiVersion. */
  #change(key: ObjectKey, object: ApiObject | undefined): Change {
    const whole = object && { apiVersion: this.#apiVersion, kind: this.#kind, ...object };
    return { kind: this.#kind, key, object: whole as unknown as ServedObject } as Change;
  }
}
