// Takes out of an object what nobody reads and what takes most of its memory, before it is kept.

import type { ApiObject } from "./list_watch.ts";

const LAST_APPLIED = "kubectl.kubernetes.io/last-applied-configuration";

type Mutable = Record<string, unknown>;

/** Changes the object, which was parsed a moment ago and belongs to nobody else yet. */
export function strip(object: ApiObject): ApiObject {
  const metadata = object.metadata as Mutable;
  delete metadata.managedFields;
  delete metadata.ownerReferences;
  const annotations = metadata.annotations as Mutable | undefined;
  if (annotations && LAST_APPLIED in annotations) delete annotations[LAST_APPLIED];
  return object;
}
