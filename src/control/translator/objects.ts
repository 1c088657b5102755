// The translator's input: every served object that exists, by kind and key, as plain data.

import type { GatewayKind, ObjectOfKind } from "../../gatewayapi/kinds.ts";
import { KINDS } from "../../gatewayapi/kinds.ts";
import type { ObjectKey } from "../../gatewayapi/references.ts";

/** A table that did not change is the same table; an object that did not change the same object. */
export type Objects = {
  readonly [K in GatewayKind]: ReadonlyMap<ObjectKey, ObjectOfKind[K]>;
};

/** Nothing at all. */
export function noObjects(): Objects {
  return Object.fromEntries(KINDS.map(({ kind }) => [kind, new Map()])) as unknown as Objects;
}
