// What is wrong with an object, in the API server's words, and what to write instead.
// Takes a path, a reason and a detail; gives one plain ValidationError. Values that are quoted in a
// message are bounded, whatever the object holds.

/** Keys and indexes from the object's root. */
export type Path = readonly (string | number)[];

/**
 * Kubernetes' CauseType (apimachinery, metav1.CauseType), and two that the API server answers as a
 * 400 before validation: a field that the kind doesn't have, and an object that is no such kind.
 */
export type Reason =
  | "FieldValueDuplicate"
  | "FieldValueForbidden"
  | "FieldValueInvalid"
  | "FieldValueNotSupported"
  | "FieldValueRequired"
  | "FieldValueTooLong"
  | "FieldValueTooMany"
  | "FieldValueTypeInvalid"
  | "UnknownField"
  | "UnknownKind";

export interface ValidationError {
  readonly path: Path;
  /** The path as the API server prints it: `spec.rules[0].matches[0].path.value`. */
  readonly field: string;
  /** The whole sentence as the API server prints it, field first. */
  readonly message: string;
  readonly reason: Reason;
  /** The sentence's end alone: for a CEL rule, the rule's own message. */
  readonly detail: string;
  /** What to write instead. */
  readonly hint: string;
}

/** What one object may be told at each stage: enough for a person, and no work without end. */
export const MAX_ERRORS = 256;
/** The longest quoted value in a message, in UTF-16 units. */
const MAX_VALUE_LENGTH = 512;
const MAX_QUOTED_DEPTH = 6;
const MAX_QUOTED_ENTRIES = 32;

const TITLES: Readonly<Record<Exclude<Reason, "UnknownField" | "UnknownKind">, string>> = {
  FieldValueDuplicate: "Duplicate value",
  FieldValueForbidden: "Forbidden",
  FieldValueInvalid: "Invalid value",
  FieldValueNotSupported: "Unsupported value",
  FieldValueRequired: "Required value",
  FieldValueTooLong: "Too long",
  FieldValueTooMany: "Too many",
  FieldValueTypeInvalid: "Invalid value",
};

/** Reasons after which the API server doesn't run CEL rules (hasBlockingErr in its strategy.go). */
export const BLOCKING: ReadonlySet<Reason> = new Set([
  "FieldValueNotSupported",
  "FieldValueRequired",
  "FieldValueTooLong",
  "FieldValueTooMany",
  "FieldValueTypeInvalid",
]);

/** The API server's print of a path: `a.b[0].c`. */
export function formatPath(path: Path): string {
  let text = "";
  for (const part of path) {
    if (typeof part === "number") text += `[${part}]`;
    else text += `${text === "" ? "" : "."}${part.slice(0, MAX_VALUE_LENGTH)}`;
  }
  return text;
}

/** A copy that JSON can print whatever the value is: bounded in depth and width, cycles included. */
function printable(value: unknown, depth: number): unknown {
  if (typeof value === "bigint") return value.toString();
  if (typeof value === "string") return value.slice(0, MAX_VALUE_LENGTH);
  if (typeof value !== "object" || value === null) return value;
  if (depth === 0) return "...";
  if (Array.isArray(value)) {
    return value.slice(0, MAX_QUOTED_ENTRIES).map((item) => printable(item, depth - 1));
  }
  return Object.fromEntries(
    Object.entries(value).slice(0, MAX_QUOTED_ENTRIES).map((
      [key, child],
    ) => [key, printable(child, depth - 1)]),
  );
}

/** The value as JSON, cut where it is long. */
export function quote(value: unknown): string {
  const text = JSON.stringify(printable(value, MAX_QUOTED_DEPTH)) ?? String(value);
  return text.length <= MAX_VALUE_LENGTH ? text : `${text.slice(0, MAX_VALUE_LENGTH)}...`;
}

export interface Fault {
  readonly path: Path;
  /** Where the API server names another place than the one to go to. */
  readonly printedPath?: Path;
  readonly reason: Exclude<Reason, "UnknownField" | "UnknownKind">;
  readonly detail: string;
  readonly hint: string;
  /** Printed between title and detail; left out where the API server omits it. */
  readonly value?: { readonly shown: unknown };
}

/** Builds an error; the path is copied, so the caller may go on using its own. */
export function fieldError(fault: Fault): ValidationError {
  const field = formatPath(fault.printedPath ?? fault.path);
  let message = `${field}: ${TITLES[fault.reason]}`;
  if (fault.value) message += `: ${quote(fault.value.shown)}`;
  if (fault.detail !== "") message += `: ${fault.detail}`;
  return {
    path: [...fault.path],
    field,
    message,
    reason: fault.reason,
    detail: fault.detail,
    hint: fault.hint,
  };
}

/** A field that the schema doesn't have, as strict decoding reports it. */
export function unknownField(path: Path, hint: string): ValidationError {
  const field = formatPath(path);
  const detail = `unknown field "${field}"`;
  return {
    path: [...path],
    field,
    message: `strict decoding error: ${detail}`,
    reason: "UnknownField",
    detail,
    hint,
  };
}

/** An object whose apiVersion and kind name nothing that is known. */
export function unknownKind(path: Path, detail: string, hint: string): ValidationError {
  return {
    path: [...path],
    field: formatPath(path),
    message: detail,
    reason: "UnknownKind",
    detail,
    hint,
  };
}

/** The value's type in JSON schema's words, as the API server prints it. */
export function typeName(value: unknown): string {
  if (value === null) return "null";
  if (Array.isArray(value)) return "array";
  if (typeof value === "number") return Number.isInteger(value) ? "integer" : "number";
  return typeof value;
}

/** A plain object: what a YAML or JSON mapping becomes. */
export function isMapping(value: unknown): value is Record<string, unknown> {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return false;
  const prototype = Object.getPrototypeOf(value);
  return prototype === null || prototype === Object.prototype;
}
