// metadata of any object: its schema, and the rules for names, labels and annotations
// (apimachinery, pkg/api/validation/objectmeta.go and pkg/util/validation). Takes a decoded object,
// gives errors in the API server's words.

import { fieldError, isMapping, type Path, type ValidationError } from "./errors.ts";
import { matchesPattern } from "./patterns.ts";
import { node, type Schema } from "./schema.ts";

const text = node({ type: "string" });
const wholeNumber = node({ type: "integer", format: "int64" });
const time = node({ type: "string", format: "date-time", nullable: true });
const anything = node({ type: "object", preserveUnknownFields: true });

function mapping(properties: Record<string, Schema>, required?: readonly string[]): Schema {
  return node({ type: "object", properties: new Map(Object.entries(properties)), required });
}

function listOf(items: Schema): Schema {
  return node({ type: "array", items });
}

const textMap = node({ type: "object", additionalProperties: text });

/** Every field of metav1.ObjectMeta. */
export const METADATA: Schema = mapping({
  name: text,
  generateName: text,
  namespace: text,
  selfLink: text,
  uid: text,
  resourceVersion: text,
  generation: wholeNumber,
  creationTimestamp: time,
  deletionTimestamp: time,
  deletionGracePeriodSeconds: wholeNumber,
  labels: textMap,
  annotations: textMap,
  ownerReferences: listOf(anything),
  finalizers: listOf(text),
  managedFields: listOf(anything),
});

const LABEL = "[a-z0-9]([-a-z0-9]*[a-z0-9])?";
const SUBDOMAIN = `${LABEL}(\\.${LABEL})*`;
const LABEL_1035 = "[a-z]([-a-z0-9]*[a-z0-9])?";
const NAME_PART = "([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]";
const LABEL_VALUE = `(${NAME_PART})?`;
const MAX_ANNOTATIONS_BYTES = 256 * 1024;

/** What names of a kind must look like. */
export type NameRule = "subdomain" | "label" | "label1035";

interface NameForm {
  readonly pattern: string;
  readonly maxLength: number;
  readonly detail: string;
}

const NAME_FORMS: Readonly<Record<NameRule, NameForm>> = {
  subdomain: {
    pattern: SUBDOMAIN,
    maxLength: 253,
    detail:
      "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' " +
      "or '.', and must start and end with an alphanumeric character (e.g. 'example.com', regex used " +
      `for validation is '${SUBDOMAIN}')`,
  },
  label: {
    pattern: LABEL,
    maxLength: 63,
    detail:
      "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', " +
      "and must start and end with an alphanumeric character (e.g. 'my-name',  or '123-abc', regex " +
      `used for validation is '${LABEL}')`,
  },
  label1035: {
    pattern: LABEL_1035,
    maxLength: 63,
    detail:
      "a DNS-1035 label must consist of lower case alphanumeric characters or '-', start with " +
      "an alphabetic character, and end with an alphanumeric character (e.g. 'my-name',  or " +
      `'abc-123', regex used for validation is '${LABEL_1035}')`,
  },
};

function matchesWhole(pattern: string, value: string): boolean {
  return matchesPattern(`^(?:${pattern})$`, value);
}

function invalid(path: Path, shown: unknown, detail: string, hint: string): ValidationError {
  return fieldError({ path, reason: "FieldValueInvalid", detail, hint, value: { shown } });
}

function tooLong(maxLength: number): string {
  return `must be no more than ${maxLength} bytes`;
}

function checkName(path: Path, name: string, rule: NameRule, isPrefix: boolean): ValidationError[] {
  const form = NAME_FORMS[rule];
  // What the server appends to a generateName begins with a letter or digit.
  const value = isPrefix ? name.replace(/-$/, "a") : name;
  const hint = `write a name like ${rule === "subdomain" ? "my-name or example.com" : "my-name"}`;
  if (value.length > form.maxLength) return [invalid(path, name, tooLong(form.maxLength), hint)];
  return matchesWhole(form.pattern, value) ? [] : [invalid(path, name, form.detail, hint)];
}

const NAME_PART_DETAIL =
  "name part must consist of alphanumeric characters, '-', '_' or '.', and " +
  "must start and end with an alphanumeric character (e.g. 'MyName',  or 'my.name',  or '123-abc', " +
  `regex used for validation is '${NAME_PART}')`;

const KEY_HINT = "write the key as name or example.com/name";

/** Null for a qualified name (`name` or `example.com/name`), else what is wrong with it. */
function qualifiedNameFault(key: string): string | null {
  const slash = key.indexOf("/");
  const prefix = slash === -1 ? null : key.slice(0, slash);
  const name = key.slice(slash + 1);
  if (prefix === "") return "prefix part must be non-empty";
  if (prefix !== null && (prefix.length > 253 || !matchesWhole(SUBDOMAIN, prefix))) {
    return `prefix part ${NAME_FORMS.subdomain.detail}`;
  }
  if (name === "") return "name part must be non-empty";
  if (name.length > 63) return `name part ${tooLong(63)}`;
  return matchesWhole(NAME_PART, name) ? null : NAME_PART_DETAIL;
}

/** A label's or annotation's fault: found at its key, printed with the name of the map alone. */
function keyFault(path: Path, key: string, shown: string, detail: string, hint: string) {
  const value = { shown };
  const reason = "FieldValueInvalid";
  return fieldError({ path: [...path, key], printedPath: path, reason, detail, hint, value });
}

function checkLabels(labels: Record<string, unknown>): ValidationError[] {
  const path = ["metadata", "labels"];
  const errors: ValidationError[] = [];
  for (const [key, value] of Object.entries(labels)) {
    const fault = qualifiedNameFault(key);
    if (fault) errors.push(keyFault(path, key, key, fault, KEY_HINT));
    if (typeof value !== "string") continue;
    const hint = "write at most 63 letters, digits, '-', '_' and '.', or nothing";
    if (value.length > 63) errors.push(keyFault(path, key, value, tooLong(63), hint));
    else if (!matchesWhole(LABEL_VALUE, value)) {
      const detail =
        "a valid label must be an empty string or consist of alphanumeric characters, " +
        "'-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyValue',  or " +
        `'my_value',  or '12345', regex used for validation is '${LABEL_VALUE}')`;
      errors.push(keyFault(path, key, value, detail, hint));
    }
  }
  return errors;
}

function checkAnnotations(annotations: Record<string, unknown>): ValidationError[] {
  const path = ["metadata", "annotations"];
  const errors: ValidationError[] = [];
  let length = 0;
  for (const [key, value] of Object.entries(annotations)) {
    const fault = qualifiedNameFault(key.toLowerCase());
    if (fault) errors.push(keyFault(path, key, key, fault, KEY_HINT));
    length += key.length + (typeof value === "string" ? value.length : 0);
  }
  if (length > MAX_ANNOTATIONS_BYTES) {
    errors.push(fieldError({
      path,
      reason: "FieldValueTooLong",
      detail: `may not be more than ${MAX_ANNOTATIONS_BYTES} bytes`,
      hint: "write less into the annotations: their keys and values count together",
    }));
  }
  return errors;
}

export interface NameRules {
  readonly scope: "Namespaced" | "Cluster";
  readonly name: NameRule;
}

function checkNames(metadata: Record<string, unknown>, rules: NameRules): ValidationError[] {
  const { name, generateName, namespace } = metadata;
  const errors: ValidationError[] = [];
  if (typeof name === "string" && name !== "") {
    errors.push(...checkName(["metadata", "name"], name, rules.name, false));
  } else if (typeof generateName === "string" && generateName !== "") {
    errors.push(...checkName(["metadata", "generateName"], generateName, rules.name, true));
  } else if (name === undefined || name === "") {
    errors.push(fieldError({
      path: ["metadata", "name"],
      reason: "FieldValueRequired",
      detail: "name or generateName is required",
      hint: "add metadata.name",
    }));
  }
  if (typeof namespace !== "string" || namespace === "") return errors;
  const path = ["metadata", "namespace"];
  if (rules.scope === "Namespaced") errors.push(...checkName(path, namespace, "label", false));
  else {
    errors.push(fieldError({
      path,
      reason: "FieldValueForbidden",
      detail: "not allowed on this type",
      hint: "remove metadata.namespace: objects of this kind belong to the whole cluster",
    }));
  }
  return errors;
}

/** Errors in an object's metadata beyond its schema. */
export function checkMetadata(
  object: Record<string, unknown>,
  rules: NameRules,
): ValidationError[] {
  const metadata = object.metadata === undefined ? {} : object.metadata;
  if (!isMapping(metadata)) return [];
  const errors = checkNames(metadata, rules);
  if (isMapping(metadata.labels)) errors.push(...checkLabels(metadata.labels));
  if (isMapping(metadata.annotations)) errors.push(...checkAnnotations(metadata.annotations));
  return errors;
}

function isEmpty(value: unknown): boolean {
  if (value === "" || value === null) return true;
  if (Array.isArray(value)) return value.length === 0;
  return isMapping(value) && Object.keys(value).length === 0;
}

/** Metadata as it comes back from an API server: fields that hold nothing are not there. */
export function withoutEmptyFields(metadata: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(metadata).filter(([, value]) => !isEmpty(value)));
}
