// What an API server does with an object before it validates: unknown fields are reported (strict
// decoding) and dropped, nulls that mean nothing are dropped, defaults are filled in.
// Takes a schema and a value, gives a new value; the one given is left as it is.

import { isMapping, MAX_ERRORS, type Path, unknownField, type ValidationError } from "./errors.ts";
import { unknownFieldHint } from "./hints.ts";
import type { Schema } from "./schema.ts";

interface Decoding {
  readonly path: (string | number)[];
  readonly errors: ValidationError[];
}

/** Sets an own property, `__proto__` included. */
function put(target: Record<string, unknown>, key: string, value: unknown): void {
  if (key !== "__proto__") target[key] = value;
  else Object.defineProperty(target, key, { value, enumerable: true, writable: true });
}

function isDroppedNull(value: unknown, schema: Schema): boolean {
  return value === null && schema.nullable !== true;
}

function decodeArray(schema: Schema, list: readonly unknown[], state: Decoding): unknown[] {
  const items = schema.items;
  if (!items) return [...list];
  return list.map((item, index) => {
    if (isDroppedNull(item, items) && items.default !== undefined) {
      return structuredClone(items.default);
    }
    state.path.push(index);
    const decoded = decodeNode(items, item, state);
    state.path.pop();
    return decoded;
  });
}

function decodeObject(
  schema: Schema,
  object: Record<string, unknown>,
  state: Decoding,
): Record<string, unknown> {
  const result: Record<string, unknown> = {};
  for (const key of Object.keys(object)) {
    const value = object[key];
    if (value === undefined) continue;
    const child = schema.properties?.get(key) ?? schema.additionalProperties;
    if (!child) {
      if (schema.preserveUnknownFields) put(result, key, value);
      else reportUnknown(schema, key, state);
      continue;
    }
    if (isDroppedNull(value, child)) continue;
    state.path.push(key);
    put(result, key, decodeNode(child, value, state));
    state.path.pop();
  }
  for (const [key, child] of schema.properties ?? []) {
    if (child.default === undefined || Object.hasOwn(result, key)) continue;
    // The default may itself have defaults below: {} stands for "everything at its default".
    put(result, key, decodeNode(child, child.default, state));
  }
  return result;
}

function reportUnknown(schema: Schema, key: string, state: Decoding): void {
  if (state.errors.length >= MAX_ERRORS) return;
  const path: Path = [...state.path, key];
  state.errors.push(
    unknownField(path, unknownFieldHint(key, [...(schema.properties?.keys() ?? [])])),
  );
}

function decodeNode(schema: Schema, value: unknown, state: Decoding): unknown {
  if (Array.isArray(value)) return decodeArray(schema, value, state);
  // A mapping where something else belongs is reported by its type alone.
  if (isMapping(value) && schema.type === "object") return decodeObject(schema, value, state);
  return value;
}

/**
 * Decodes strictly. Unlike the API server, which stops at unknown fields, the value comes back
 * without them, so that validation can go on and report everything at once.
 */
export function decode(
  schema: Schema,
  value: unknown,
): { readonly value: unknown; readonly errors: ValidationError[] } {
  const state: Decoding = { path: [], errors: [] };
  return { value: decodeNode(schema, value, state), errors: state.errors };
}
