// Identity of objects and defaults of references: who is meant when a field is left out.
// Pure functions over plain data.

import { CORE_GROUP, GATEWAY_GROUP, type ObjectMeta } from "./kinds.ts";

export const DEFAULT_NAMESPACE = "default";

/** `namespace/name`, or the bare name of a cluster-scoped object. */
export type ObjectKey = string;

export function keyOf(namespace: string, name: string): ObjectKey {
  return namespace === "" ? name : `${namespace}/${name}`;
}

/** An object's namespace; one without is in `default`. */
export function namespaceOf(object: { readonly metadata?: ObjectMeta }): string {
  return object.metadata?.namespace ?? DEFAULT_NAMESPACE;
}

export function nameOf(object: { readonly metadata?: ObjectMeta }): string {
  return object.metadata?.name ?? "";
}

/** The generation that a status is about; 1 where the source counts none (files). */
export function generationOf(object: { readonly metadata?: ObjectMeta }): number {
  return object.metadata?.generation ?? 1;
}

/** creationTimestamp in ms since the epoch; 0 where it is missing or no date. */
export function createdAtMsOf(object: { readonly metadata?: ObjectMeta }): number {
  const text = object.metadata?.creationTimestamp;
  if (text === undefined) return 0;
  const time = Date.parse(text);
  return Number.isFinite(time) ? time : 0;
}

/** What a reference means once its defaults are filled in. */
export interface ResolvedReference {
  readonly group: string;
  readonly kind: string;
  readonly namespace: string;
  readonly name: string;
}

interface Reference {
  readonly group?: string;
  readonly kind?: string;
  readonly namespace?: string;
  readonly name: string;
}

function resolve(
  reference: Reference,
  fallback: { group: string; kind: string },
  localNamespace: string,
): ResolvedReference {
  return {
    group: reference.group ?? fallback.group,
    kind: reference.kind ?? fallback.kind,
    namespace: reference.namespace ?? localNamespace,
    name: reference.name,
  };
}

/** ParentReference, and ParentGatewayReference of a ListenerSet: group and kind default to the Gateway API's Gateway. */
export function resolveParentReference(
  reference: Reference,
  localNamespace: string,
): ResolvedReference {
  return resolve(reference, { group: GATEWAY_GROUP, kind: "Gateway" }, localNamespace);
}

/** BackendObjectReference: the core group's Service. */
export function resolveBackendReference(
  reference: Reference,
  localNamespace: string,
): ResolvedReference {
  return resolve(reference, { group: CORE_GROUP, kind: "Service" }, localNamespace);
}

/** SecretObjectReference: the core group's Secret. */
export function resolveSecretReference(
  reference: Reference,
  localNamespace: string,
): ResolvedReference {
  return resolve(reference, { group: CORE_GROUP, kind: "Secret" }, localNamespace);
}
