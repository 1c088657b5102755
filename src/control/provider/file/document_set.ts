// What the documents of all files hold together, and what changed of it. Keeps no list of its own: the
// files' documents are all that is remembered, and the first of two that are the same object wins, by
// the order of paths and of documents.

import type { Kind } from "../../../gatewayapi/kinds.ts";
import type { Problem } from "../../problem.ts";
import { isSameContent } from "../../store/same_content.ts";
import type { Change } from "../provider.ts";
import { doubleProblem } from "./object_set.ts";
import type { ReadDocument, ReadObject } from "./read_document.ts";

/** The documents of one file, in their order. */
export interface FileDocuments {
  readonly path: string;
  readonly documents: readonly ReadDocument[];
  /** The line on which each begins. */
  readonly lines: readonly number[];
}

/** By kind, then by key. */
type Found = Map<Kind, Map<string, ReadObject>>;

type OnDouble = (file: FileDocuments, index: number, one: ReadObject) => void;

function collect(files: readonly FileDocuments[], onDouble: OnDouble): Found {
  const found: Found = new Map();
  for (const file of files) {
    for (let index = 0; index < file.documents.length; index++) {
      for (const one of file.documents[index].objects) {
        let ofKind = found.get(one.kind);
        if (!ofKind) found.set(one.kind, ofKind = new Map());
        if (ofKind.has(one.key)) onDouble(file, index, one);
        else ofKind.set(one.key, one);
      }
    }
  }
  return found;
}

/** Where an object that is there stands first. */
function placeOf(files: readonly FileDocuments[], { kind, key }: ReadObject) {
  for (const { path: file, documents, lines } of files) {
    const index = documents.findIndex(({ objects }) =>
      objects.some((one) => one.kind === kind && one.key === key)
    );
    if (index >= 0) return { file, line: lines[index] };
  }
  throw new Error(`${kind} ${key} is in no file`);
}

/** What turns the objects of `before` into those of `after`, and what is wrong with `after`. */
export function diffDocuments(
  before: readonly FileDocuments[],
  after: readonly FileDocuments[],
): { changes: Change[]; problems: Problem[] } {
  const problems: Problem[] = [];
  const now = collect(after, ({ path, lines }, index, one) => {
    const place = { kind: one.kind, key: one.key, file: path, line: lines[index] };
    problems.push(doubleProblem(place, placeOf(after, one)));
  });
  const known = collect(before, () => {});
  const changes: Change[] = [];
  for (const [kind, objects] of now) {
    const old = known.get(kind);
    for (const [key, { object }] of objects) {
      const same = old?.get(key)?.object;
      if (same !== undefined && isSameContent(same, object)) continue;
      changes.push({ kind, key, object } as Change);
    }
  }
  for (const [kind, objects] of known) {
    const left = now.get(kind);
    for (const key of objects.keys()) {
      if (!left?.has(key)) changes.push({ kind, key, object: undefined } as Change);
    }
  }
  return { changes, problems };
}
