// Validates objects as an API server would on creation: strict decoding with defaults, structural
// schema, metadata, CEL rules. Takes any value, gives the object with defaults or everything that is
// wrong with it. Pure: plain data in, plain data out; schemas are handed in, rules compiled on first
// use. Never throws for what an object holds.

import { checkRules } from "./cel.ts";
import { CORE_CHECKS } from "./core_checks.ts";
import { CORE_KINDS } from "./core_kinds.ts";
import { decode } from "./decode.ts";
import { BLOCKING, isMapping, quote, unknownKind, type ValidationError } from "./errors.ts";
import { nearest } from "./hints.ts";
import { checkMetadata, METADATA, type NameRule, withoutEmptyFields } from "./metadata.ts";
import { type KindSchema, linkKinds, type StoredKinds } from "./schema.ts";
import { checkStructure } from "./structural.ts";

export type Validation =
  | {
    readonly ok: true;
    /** The object with defaults, without nulls that mean nothing. */
    readonly value: Record<string, unknown>;
  }
  | {
    readonly ok: false;
    readonly errors: readonly ValidationError[];
    /** CEL rules were not run because of other errors, as in an API server. */
    readonly rulesSkipped: boolean;
  };

export interface Validator {
  /** Every kind and version that is known. */
  readonly kinds: readonly KindSchema[];
  /** The kind's schema, or undefined where apiVersion and kind name none. */
  find(apiVersion: string, kind: string): KindSchema | undefined;
  /** Validates an object of a known kind by its own apiVersion and kind. */
  validate(object: unknown): Validation;
}

function refuse(...errors: ValidationError[]): Validation {
  return { ok: false, errors, rulesSkipped: true };
}

function wrongKind(object: Record<string, unknown>, kinds: readonly KindSchema[]): Validation {
  const { apiVersion, kind } = object;
  for (const name of ["apiVersion", "kind"] as const) {
    if (typeof object[name] === "string" && object[name] !== "") continue;
    const example = name === "kind" ? "HTTPRoute" : "gateway.networking.k8s.io/v1";
    return refuse(unknownKind([name], `Object '${name}' is missing`, `add ${name}: ${example}`));
  }
  const sameKind = kinds.filter((one) => one.kind === kind).map((one) => one.apiVersion);
  const detail = `no matches for kind ${quote(kind)} in version ${quote(apiVersion)}`;
  if (sameKind.length > 0) {
    return refuse(
      unknownKind(["apiVersion"], detail, `write apiVersion: ${sameKind.join(" or ")}`),
    );
  }
  const names = [...new Set(kinds.map((one) => one.kind))];
  const meant = nearest(String(kind), names);
  const hint = meant ? `write kind: ${meant}` : `write one of ${names.sort().join(", ")}`;
  return refuse(unknownKind(["kind"], detail, hint));
}

function validateAs(
  kind: KindSchema,
  nameRule: NameRule,
  object: Record<string, unknown>,
): Validation {
  const decoded = decode(kind.schema, object);
  const errors = [...decoded.errors, ...checkStructure(kind.schema, decoded.value)];
  const value = decoded.value as Record<string, unknown>;
  errors.push(...checkMetadata(value, { scope: kind.scope, name: nameRule }));
  const rulesSkipped = errors.some((error) => BLOCKING.has(error.reason));
  if (!rulesSkipped) errors.push(...checkRules(kind.schema, value));
  if (errors.length === 0) errors.push(...CORE_CHECKS.get(kind.kind)?.(value) ?? []);
  if (errors.length > 0) return { ok: false, errors, rulesSkipped };
  const metadata = withoutEmptyFields(value.metadata as Record<string, unknown>);
  return { ok: true, value: { ...value, metadata } };
}

/** Makes a validator for the CRDs in the table and the built-in kinds. */
export function createValidator(stored: StoredKinds): Validator {
  const kinds: KindSchema[] = [...linkKinds(stored, METADATA), ...CORE_KINDS];
  const byName = new Map(kinds.map((one) => [`${one.apiVersion} ${one.kind}`, one]));
  const nameRules = new Map(CORE_KINDS.map((one) => [one.kind, one.nameRule]));
  const find = (apiVersion: string, kind: string) => byName.get(`${apiVersion} ${kind}`);
  return {
    kinds,
    find,
    validate(object) {
      if (!isMapping(object)) {
        const hint = "write a mapping with apiVersion, kind, metadata and spec";
        return refuse(unknownKind([], "the document is not a Kubernetes object", hint));
      }
      const { apiVersion, kind } = object;
      const known = typeof apiVersion === "string" && typeof kind === "string"
        ? find(apiVersion, kind)
        : undefined;
      if (!known) return wrongKind(object, kinds);
      return validateAs(known, nameRules.get(known.kind) ?? "subdomain", object);
    },
  };
}
