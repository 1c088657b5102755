// All objects of all files as one set: the first of two that are the same object wins, by the order of
// paths and of documents. Takes what every file holds; gives changes and the problems of doubles.

import type { Kind, ServedObject } from "../../../gatewayapi/kinds.ts";
import type { Problem } from "../../problem.ts";
import { isSameContent } from "../../store/same_content.ts";
import type { Change } from "../provider.ts";

/** An object and where its document begins. */
export interface PlacedObject {
  readonly kind: Kind;
  readonly key: string;
  readonly object: ServedObject;
  readonly file: string;
  readonly line: number;
}

/** Keyed by `Kind namespace/name`. */
export type ObjectSet = ReadonlyMap<string, PlacedObject>;

/** `one` is the same object as one that stands at `first`. */
export function doubleProblem(
  one: Omit<PlacedObject, "object">,
  first: { readonly file: string; readonly line: number },
): Problem {
  return {
    severity: "error",
    file: one.file,
    line: one.line,
    column: 1,
    kind: one.kind,
    name: one.key,
    field: "metadata.name",
    message: `${one.kind} ${one.key} is already defined in ${first.file}:${first.line}, ` +
      "which is the one that counts",
    fix: "remove one of the two, or give it another name or namespace",
  };
}

export function joinObjects(
  files: Iterable<readonly PlacedObject[]>,
): { objects: ObjectSet; problems: Problem[] } {
  const objects = new Map<string, PlacedObject>();
  const problems: Problem[] = [];
  for (const placed of files) {
    for (const one of placed) {
      const id = `${one.kind} ${one.key}`;
      const first = objects.get(id);
      if (first === undefined) {
        objects.set(id, one);
        continue;
      }
      problems.push(doubleProblem(one, first));
    }
  }
  return { objects, problems };
}

/** What turns `before` into `after`. */
export function diffObjects(before: ObjectSet, after: ObjectSet): Change[] {
  const changes: Change[] = [];
  for (const [id, { kind, key, object }] of after) {
    const known = before.get(id)?.object;
    if (known !== undefined && isSameContent(known, object)) continue;
    changes.push({ kind, key, object } as Change);
  }
  for (const [id, { kind, key }] of before) {
    if (!after.has(id)) changes.push({ kind, key, object: undefined } as Change);
  }
  return changes;
}
