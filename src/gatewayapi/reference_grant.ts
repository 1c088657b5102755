// Whether a reference across namespaces is granted by a ReferenceGrant of the target's namespace.

import type { ReferenceGrant } from "./kinds.ts";
import type { ResolvedReference } from "./references.ts";

export interface ReferringSide {
  readonly group: string;
  readonly kind: string;
  readonly namespace: string;
}

/**
 * True within one namespace, or where some grant lists the referring side in `from` and the target
 * in `to`. `grants` are those of the target's namespace: a grant anywhere else says nothing.
 */
export function isReferenceGranted(
  from: ReferringSide,
  to: ResolvedReference,
  grants: readonly ReferenceGrant[],
): boolean {
  if (from.namespace === to.namespace) return true;
  return grants.some((grant) =>
    (grant.spec?.from ?? []).some((entry) =>
      entry.group === from.group && entry.kind === from.kind && entry.namespace === from.namespace
    ) &&
    (grant.spec?.to ?? []).some((entry) =>
      entry.group === to.group && entry.kind === to.kind &&
      (entry.name === undefined || entry.name === "" || entry.name === to.name)
    )
  );
}
