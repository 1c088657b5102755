// Finds where in a YAML source an error's path is: line and column of the key (or list item) that is
// meant. Takes the `yaml` package's document and line counter, gives a position counted from 1.
// Where the path's end isn't written, such as a missing field, the nearest that is written counts.

import {
  type Document,
  isAlias,
  isCollection,
  isMap,
  isNode,
  isScalar,
  isSeq,
  type LineCounter,
  type Node,
  type Pair,
} from "yaml";
import type { Path } from "./errors.ts";

export interface Position {
  /** From 1. */
  readonly line: number;
  /** From 1, in UTF-16 units. */
  readonly column: number;
}

function startOf(value: unknown): number | undefined {
  return isNode(value) ? value.range?.[0] : undefined;
}

function pairOf(map: { items: Pair[] }, key: string): Pair | undefined {
  return map.items.find((pair) => isScalar(pair.key) && String(pair.key.value) === key);
}

/** The child and where it begins: its key in a mapping, itself in a list. */
function step(
  parent: Node,
  part: string | number,
): { child: unknown; offset: number | undefined } | undefined {
  if (isMap(parent)) {
    const pair = pairOf(parent as unknown as { items: Pair[] }, String(part));
    return pair && { child: pair.value, offset: startOf(pair.key) };
  }
  if (isSeq(parent) && typeof part === "number") {
    const child = parent.items[part];
    return child === undefined ? undefined : { child, offset: startOf(child) };
  }
  return undefined;
}

/** The position of the deepest part of `path` that is written in the document. */
export function locate(document: Document, lines: LineCounter, path: Path): Position {
  let current: unknown = document.contents;
  let offset = startOf(current) ?? document.range?.[0] ?? 0;
  for (const part of path) {
    if (isAlias(current)) current = current.resolve(document);
    if (!isCollection(current)) break;
    const next = step(current, part);
    if (!next) break;
    offset = next.offset ?? offset;
    current = next.child;
  }
  const { line, col } = lines.linePos(offset);
  return { line: Math.max(line, 1), column: Math.max(col, 1) };
}
