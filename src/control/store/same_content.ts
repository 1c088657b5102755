// Whether two versions of an object say the same as far as translation can see.
// Status and the API server's bookkeeping don't count: our own status writes come back as changes.

import type { ServedObject } from "../../gatewayapi/kinds.ts";

const IGNORED_AT_TOP: ReadonlySet<string> = new Set(["status", "metadata"]);
const IGNORED_IN_METADATA: ReadonlySet<string> = new Set(["resourceVersion", "managedFields"]);
const NONE: ReadonlySet<string> = new Set();

type Plain = Readonly<Record<string, unknown>>;

function equalPlain(a: Plain, b: Plain, ignored: ReadonlySet<string>): boolean {
  let counted = 0;
  for (const key in a) {
    if (ignored.has(key)) continue;
    if (!Object.hasOwn(b, key) || !equal(a[key], b[key])) return false;
    counted++;
  }
  for (const key in b) if (!ignored.has(key)) counted--;
  return counted === 0;
}

function equal(a: unknown, b: unknown): boolean {
  if (Object.is(a, b)) return true;
  if (typeof a !== "object" || typeof b !== "object" || a === null || b === null) return false;
  if (Array.isArray(a) || Array.isArray(b)) {
    return Array.isArray(a) && Array.isArray(b) && a.length === b.length &&
      a.every((item, index) => equal(item, b[index]));
  }
  return equalPlain(a as Plain, b as Plain, NONE);
}

/** Plain equality of two plain values. */
export function isEqual(a: unknown, b: unknown): boolean {
  return equal(a, b);
}

export function isSameContent(a: ServedObject, b: ServedObject): boolean {
  if (a === b) return true;
  return equalPlain(a as unknown as Plain, b as unknown as Plain, IGNORED_AT_TOP) &&
    equalPlain(
      (a.metadata ?? {}) as Plain,
      (b.metadata ?? {}) as Plain,
      IGNORED_IN_METADATA,
    );
}
