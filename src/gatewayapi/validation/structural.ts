// Checks a decoded value against a structural schema: types, ranges, lengths, patterns, enums,
// formats, combinations, list sets and maps. Takes a schema and a value, gives the errors in the API
// server's words (kube-openapi's validation/errors, apiextensions' listtype). Interpreted: nothing is
// compiled but patterns. Never throws, whatever the value.

import {
  BLOCKING,
  fieldError,
  formatPath,
  isMapping,
  MAX_ERRORS,
  quote,
  type Reason,
  typeName,
  type ValidationError,
} from "./errors.ts";
import { FORMATS } from "./formats.ts";
import {
  duplicateHint,
  enumHint,
  formatHint,
  itemsHint,
  lengthHint,
  patternHint,
  rangeHint,
  requiredHint,
  typeHint,
} from "./hints.ts";
import { matchesPattern } from "./patterns.ts";
import type { Schema } from "./schema.ts";

interface Checking {
  readonly path: (string | number)[];
  readonly errors: ValidationError[];
}

type FaultReason = Exclude<Reason, "UnknownField" | "UnknownKind">;

/** Adds an error at the current path; `shown` is left out where the API server omits the value. */
function report(
  state: Checking,
  reason: FaultReason,
  detail: string,
  hint: string,
  ...shown: [unknown?]
): void {
  if (state.errors.length >= MAX_ERRORS) return;
  const value = shown.length === 0 ? undefined : { shown: shown[0] };
  state.errors.push(fieldError({ path: state.path, reason, detail, hint, value }));
}

function here(state: Checking): string {
  return `${formatPath(state.path)} in body`;
}

function wantedType(schema: Schema): string | undefined {
  return schema.intOrString ? "integer,string" : schema.type;
}

function hasType(schema: Schema, value: unknown): boolean {
  if (value === null) return schema.nullable === true;
  if (schema.intOrString) return typeof value === "string" || Number.isInteger(value);
  switch (schema.type) {
    case undefined:
      return true;
    case "object":
      return isMapping(value);
    case "array":
      return Array.isArray(value);
    case "integer":
      return Number.isInteger(value);
    case "number":
      return typeof value === "number" && Number.isFinite(value);
    case "string":
      return typeof value === "string";
    case "boolean":
      return typeof value === "boolean";
  }
}

function equals(a: unknown, b: unknown): boolean {
  return a === b || (typeof a === "object" && typeof b === "object" && quote(a) === quote(b));
}

function codePoints(text: string): number {
  let count = 0;
  for (const _ of text) count += 1;
  return count;
}

function checkString(schema: Schema, text: string, state: Checking): void {
  const { minLength, maxLength, pattern, format } = schema;
  // A string of n UTF-16 units has between n/2 and n characters: counting is seldom needed.
  if (maxLength !== undefined && text.length > maxLength && codePoints(text) > maxLength) {
    const unit = maxLength === 1 ? "byte" : "bytes";
    report(
      state,
      "FieldValueTooLong",
      `may not be more than ${maxLength} ${unit}`,
      lengthHint(schema),
    );
    // The pattern would be run over a text of any length.
    return;
  }
  if (minLength !== undefined && text.length < minLength * 2 && codePoints(text) < minLength) {
    const detail = `${here(state)} should be at least ${minLength} chars long`;
    report(state, "FieldValueInvalid", detail, lengthHint(schema), text);
  }
  if (pattern !== undefined && !matchesPattern(pattern, text)) {
    const detail = `${here(state)} should match '${pattern}'`;
    report(state, "FieldValueInvalid", detail, patternHint(pattern), text);
  }
  const check = format === undefined ? undefined : FORMATS.get(format)?.check;
  if (check && !check(text)) {
    const detail = `${here(state)} must be of type ${format}: ${quote(text)}`;
    report(state, "FieldValueTypeInvalid", detail, formatHint(format!), text);
  }
}

function checkNumber(schema: Schema, value: number, state: Checking): void {
  const { minimum, maximum, format } = schema;
  if (maximum !== undefined && value > maximum) {
    const detail = `${here(state)} should be less than or equal to ${maximum}`;
    report(state, "FieldValueInvalid", detail, rangeHint(schema), value);
  }
  if (minimum !== undefined && value < minimum) {
    const detail = `${here(state)} should be greater than or equal to ${minimum}`;
    report(state, "FieldValueInvalid", detail, rangeHint(schema), value);
  }
  const limit = format === "int32" ? 2 ** 31 : format === "int64" ? 2 ** 63 : Infinity;
  if (value >= limit || value < -limit) {
    const detail = `Checked value must be of type integer with format ${format} in ` +
      formatPath(state.path);
    report(state, "FieldValueInvalid", detail, rangeHint(schema), value);
  }
}

/** Positions of items that repeat an earlier one, each value once, as the API server lists them. */
function duplicates(keys: readonly string[]): number[] {
  const seen = new Map<string, number>();
  const repeated: number[] = [];
  keys.forEach((key, index) => {
    const times = seen.get(key) ?? 0;
    if (times === 1) repeated.push(index);
    seen.set(key, times + 1);
  });
  return repeated;
}

/** Equal for equal values of any kind. Objects in lists are compared by their bounded print. */
function identity(value: unknown): string {
  if (isMapping(value)) {
    return Object.entries(value).map(([key, child]) => `${key}=${scalarIdentity(child)}`).join();
  }
  return scalarIdentity(value);
}

function scalarIdentity(value: unknown): string {
  if (typeof value === "string") return JSON.stringify(value);
  return typeof value === "object" ? quote(value) : `${typeof value} ${String(value)}`;
}

function mapKey(item: unknown, names: readonly string[]): Record<string, unknown> {
  const key: Record<string, unknown> = {};
  if (!isMapping(item)) return key;
  for (const name of names) if (Object.hasOwn(item, name)) key[name] = item[name];
  return key;
}

function checkListType(schema: Schema, list: readonly unknown[], state: Checking): void {
  if (list.length < 2 || (schema.listType !== "set" && schema.listType !== "map")) return;
  const names = schema.listType === "map" ? schema.listMapKeys ?? [] : undefined;
  // Items that are no mappings have been reported, and leave nothing to compare.
  if (names && !list.every(isMapping)) return;
  const shown = names ? list.map((item) => mapKey(item, names)) : list;
  for (const index of duplicates(shown.map(identity))) {
    state.path.push(index);
    report(state, "FieldValueDuplicate", "", duplicateHint(names), shown[index]);
    state.path.pop();
  }
}

function checkArray(schema: Schema, list: readonly unknown[], state: Checking): void {
  const { minItems, maxItems, items } = schema;
  if (maxItems !== undefined && list.length > maxItems) {
    const unit = maxItems === 1 ? "item" : "items";
    const detail = `must have at most ${maxItems} ${unit}`;
    report(state, "FieldValueTooMany", detail, itemsHint(schema, "item"), list.length);
    // Bounds the work that a hostile object can ask for.
    return;
  }
  if (minItems !== undefined && list.length < minItems) {
    const detail = `${here(state)} should have at least ${minItems} items`;
    report(state, "FieldValueInvalid", detail, itemsHint(schema, "item"), list.length);
  }
  if (items) {
    list.forEach((item, index) => {
      state.path.push(index);
      checkNode(items, item, state);
      state.path.pop();
    });
  }
  checkListType(schema, list, state);
}

function checkObject(schema: Schema, object: Record<string, unknown>, state: Checking): void {
  const { minProperties, maxProperties } = schema;
  const keys = Object.keys(object);
  if (maxProperties !== undefined && keys.length > maxProperties) {
    const unit = maxProperties === 1 ? "item" : "items";
    const detail = `must have at most ${maxProperties} ${unit}`;
    report(state, "FieldValueTooMany", detail, itemsHint(schema, "key"), keys.length);
    return;
  }
  if (minProperties !== undefined && keys.length < minProperties) {
    const detail = `${here(state)} should have at least ${minProperties} properties`;
    report(state, "FieldValueInvalid", detail, itemsHint(schema, "key"), keys.length);
  }
  for (const name of schema.required ?? []) {
    if (Object.hasOwn(object, name)) continue;
    state.path.push(name);
    report(state, "FieldValueRequired", "", requiredHint(name, schema.properties?.get(name)));
    state.path.pop();
  }
  for (const key of keys) {
    const child = schema.properties?.get(key) ?? schema.additionalProperties;
    if (!child) continue;
    state.path.push(key);
    checkNode(child, object[key], state);
    state.path.pop();
  }
}

/** The errors of one alternative alone. */
function attempt(schema: Schema, value: unknown, state: Checking): ValidationError[] {
  const alternative: Checking = { path: state.path, errors: [] };
  checkNode(schema, value, alternative);
  return alternative.errors;
}

/** The alternative that was probably meant; of equals, the one that the schema names first. */
function fewest(attempts: readonly ValidationError[][]): ValidationError[] {
  return attempts.reduce((best, next) => next.length < best.length ? next : best);
}

function checkCombinations(schema: Schema, value: unknown, state: Checking): void {
  for (const part of schema.allOf ?? []) checkNode(part, value, state);
  const where = `"${formatPath(state.path)}"`;
  if (schema.anyOf) {
    const attempts = schema.anyOf.map((one) => attempt(one, value, state));
    if (!attempts.some((errors) => errors.length === 0)) {
      const hints = new Set(attempts.map((errors) => errors[0].hint.replace(/^write /, "")));
      const detail = `${where} must validate at least one schema (anyOf)`;
      // The alternatives' own errors are left out, but not what follows from them.
      const blocks = attempts.some((errors) => errors.some(({ reason }) => BLOCKING.has(reason)));
      const reason = blocks ? "FieldValueTypeInvalid" : "FieldValueInvalid";
      report(state, reason, detail, `write ${[...hints].join(", or ")}`, "");
    }
  }
  if (schema.oneOf) {
    const attempts = schema.oneOf.map((one) => attempt(one, value, state));
    const valid = attempts.filter((errors) => errors.length === 0).length;
    if (valid !== 1) {
      const found = valid === 0 ? "Found none valid" : `Found ${valid} valid alternatives`;
      const detail = `${where} must validate one and only one schema (oneOf). ${found}`;
      const nearest = valid === 0 ? fewest(attempts) : [];
      const hint = nearest[0]?.hint ?? "write the value so that it means one thing only";
      report(state, "FieldValueInvalid", detail, hint, "");
      state.errors.push(...nearest);
    }
  }
  if (schema.not && attempt(schema.not, value, state).length === 0) {
    const detail = `${where} must not validate the schema (not)`;
    report(state, "FieldValueInvalid", detail, "write another value: this one is excluded", "");
  }
}

function checkNode(schema: Schema, value: unknown, state: Checking): void {
  if (!hasType(schema, value)) {
    const wanted = wantedType(schema) ?? "object";
    const actual = typeName(value);
    const detail = `${here(state)} must be of type ${wanted}: "${actual}"`;
    report(state, "FieldValueTypeInvalid", detail, typeHint(schema, value), actual);
    return;
  }
  if (schema.enum && value !== null && !schema.enum.some((one) => equals(one, value))) {
    const supported = schema.enum.map((one) =>
      typeof one === "string" ? quote(one) : `"${quote(one)}"`
    );
    const detail = `supported values: ${supported.join(", ")}`;
    report(state, "FieldValueNotSupported", detail, enumHint(schema.enum, value), value);
  }
  if (typeof value === "string") checkString(schema, value, state);
  else if (typeof value === "number") checkNumber(schema, value, state);
  else if (Array.isArray(value)) checkArray(schema, value, state);
  else if (isMapping(value)) checkObject(schema, value, state);
  if (schema.allOf || schema.anyOf || schema.oneOf || schema.not) {
    checkCombinations(schema, value, state);
  }
}

/** Everything that is wrong with a decoded value by its structural schema alone. */
export function checkStructure(schema: Schema, value: unknown): ValidationError[] {
  const state: Checking = { path: [], errors: [] };
  checkNode(schema, value, state);
  return state.errors;
}
