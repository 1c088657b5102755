// Evaluates the CEL rules (x-kubernetes-validations) of a schema over a value that the schema has
// already accepted. Takes a schema and a value, gives an error for each rule that doesn't hold, with
// the rule's own message. Rules that compare with oldSelf need the previous object and are left out.

import { Environment } from "@marcbachmann/cel-js";
import { fieldError, type Path, typeName, type ValidationError } from "./errors.ts";
import { isIp } from "./formats.ts";
import { ruleHint } from "./hints.ts";
import { matchesPattern } from "./patterns.ts";
import type { Rule, Schema } from "./schema.ts";

type Program = (context: { self: unknown }) => unknown;

interface Compiled {
  readonly program: Program;
  readonly messageProgram: Program | null;
  readonly fieldPath: Path;
}

/** The API server's limit for an evaluated messageExpression. */
const MAX_MESSAGE_BYTES = 5 * 1024;
const DNS_1123_LABEL = "^[a-z0-9]([-a-z0-9]*[a-z0-9])?$";

/** What Kubernetes adds to CEL, as far as the shipped rules use it. */
class NamedFormat {
  readonly check: (text: string) => string[];
  constructor(check: (text: string) => string[]) {
    this.check = check;
  }
}

class FormatLibrary {}

const dns1123Label = new NamedFormat((text) =>
  text.length <= 63 && matchesPattern(DNS_1123_LABEL, text) ? [] : ["not a DNS label"]
);

function makeEnvironment(): Environment {
  return new Environment()
    .registerVariable("self", "dyn")
    .registerType("NamedFormat", { ctor: NamedFormat, fields: {} })
    .registerType("FormatLibrary", { ctor: FormatLibrary, fields: {} })
    .registerConstant("format", "FormatLibrary", new FormatLibrary())
    .registerFunction("FormatLibrary.dns1123Label(): NamedFormat", () => dns1123Label)
    // Kubernetes gives optional<list<string>>, none when valid; the rules compare it with null.
    .registerFunction("NamedFormat.validate(string): dyn", (format: NamedFormat, text: string) => {
      const faults = format.check(text);
      return faults.length === 0 ? null : faults;
    })
    .registerFunction("isIP(string): bool", (text: string) => isIp(text))
    .registerFunction(
      "string.matchesInLinearTime(string): bool",
      (text: string, pattern: string) => matchesPattern(pattern, text),
    );
}

/**
 * Puts a rule into the engine's dialect: `has` of an indexed element, which it doesn't take; its own
 * `matches`, which backtracks and doesn't know RE2's flags; and field names that Kubernetes escapes
 * because CEL reserves them (`__namespace__`), which the engine reads unescaped.
 */
export function toDialect(rule: string): string {
  return rule
    .replace(/\bhas\((\w+(?:\.\w+)*\[\w+\])\.(\w+)\)/g, "('$2' in $1)")
    .replace(/\.matches\(/g, ".matchesInLinearTime(")
    .replace(/\b__([a-z]+)__\b/g, "$1");
}

/** CEL's integers are 64 bits wide: whole numbers go in as BigInt. Parts without any are shared. */
export function toCelValue(value: unknown): unknown {
  if (typeof value === "number") return Number.isInteger(value) ? BigInt(value) : value;
  if (typeof value !== "object" || value === null) return value;
  return Array.isArray(value) ? toCelList(value) : toCelMap(value as Record<string, unknown>);
}

function toCelList(list: readonly unknown[]): readonly unknown[] {
  let copy: unknown[] | undefined;
  for (let index = 0; index < list.length; index++) {
    const item = toCelValue(list[index]);
    if (item === list[index]) continue;
    copy ??= [...list];
    copy[index] = item;
  }
  return copy ?? list;
}

function toCelMap(map: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> {
  let copy: Record<string, unknown> | undefined;
  for (const key of Object.keys(map)) {
    const child = toCelValue(map[key]);
    if (child === map[key]) continue;
    copy ??= { ...map };
    copy[key] = child;
  }
  return copy ?? map;
}

let environment: Environment | undefined;
const programs = new Map<string, Program>();

/** Compiles on first use; equal rules in different kinds share one program. */
function programOf(rule: string): Program {
  const known = programs.get(rule);
  if (known) return known;
  environment ??= makeEnvironment();
  const program = environment.parse(toDialect(rule)) as unknown as Program;
  programs.set(rule, program);
  return program;
}

/** One rule's answer about a CEL value; throws where the rule can't be compiled or evaluated. */
export function evaluateRule(rule: string, self: unknown): unknown {
  return programOf(rule)({ self });
}

/** `.spec.x['y']` as path parts; Kubernetes allows nothing else in a fieldPath. */
function parseFieldPath(text: string): Path {
  const parts = text.matchAll(/\.([^.[\]]+)|\['((?:[^'\\]|\\.)*)'\]/g);
  return [...parts].map((part) => part[1] ?? part[2].replace(/\\(.)/g, "$1"));
}

const compiledRules = new WeakMap<Rule, Compiled>();

function compileRule(rule: Rule): Compiled {
  const known = compiledRules.get(rule);
  if (known) return known;
  const compiled: Compiled = {
    program: programOf(rule.rule),
    messageProgram: rule.messageExpression ? programOf(rule.messageExpression) : null,
    fieldPath: rule.fieldPath ? parseFieldPath(rule.fieldPath) : [],
  };
  compiledRules.set(rule, compiled);
  return compiled;
}

/** Longest text of an engine's error that is passed on: it may quote a value of any length. */
const MAX_ENGINE_TEXT = 512;

function firstLine(error: unknown): string {
  const [line] = (error instanceof Error ? error.message : String(error)).split("\n", 1);
  return line.length <= MAX_ENGINE_TEXT ? line : `${line.slice(0, MAX_ENGINE_TEXT)}...`;
}

function ruleName(rule: Rule): string {
  return rule.message ? rule.message.trim() : rule.rule.trim();
}

function messageOf(rule: Rule, compiled: Compiled, self: unknown): string {
  if (compiled.messageProgram) {
    try {
      const text = compiled.messageProgram({ self });
      const trimmed = typeof text === "string" ? text.trim() : "";
      const fits = trimmed.length > 0 && trimmed.length <= MAX_MESSAGE_BYTES;
      if (fits && !trimmed.includes("\n")) return trimmed;
    } catch {
      // The API server falls back to `message` as well.
    }
  }
  return rule.message ? rule.message.trim() : `failed rule: ${rule.rule.trim()}`;
}

const REASONS: ReadonlySet<string> = new Set([
  "FieldValueForbidden",
  "FieldValueRequired",
  "FieldValueDuplicate",
]);

function failure(rule: Rule, compiled: Compiled, at: Place): ValidationError {
  const message = messageOf(rule, compiled, at.celValue);
  const reason = (REASONS.has(rule.reason ?? "") ? rule.reason : "FieldValueInvalid") as
    | "FieldValueForbidden"
    | "FieldValueRequired"
    | "FieldValueDuplicate"
    | "FieldValueInvalid";
  // The API server prints scalars and leaves objects and lists out.
  const isScalar = typeof at.value !== "object";
  const printsValue = reason === "FieldValueInvalid" || reason === "FieldValueDuplicate";
  return fieldError({
    path: [...at.path, ...compiled.fieldPath],
    reason,
    detail: message,
    hint: ruleHint(message),
    value: printsValue && isScalar ? { shown: at.value } : undefined,
  });
}

interface Place {
  readonly path: Path;
  readonly value: unknown;
  readonly celValue: unknown;
}

/** Null where the rule holds or can't be asked. */
function checkRule(rule: Rule, at: Place): ValidationError | null {
  if (/\boldSelf\b/.test(rule.rule)) return null;
  let compiled: Compiled | undefined;
  let verdict: unknown;
  try {
    compiled = compileRule(rule);
    verdict = compiled.program({ self: at.celValue });
  } catch (error) {
    const stage = compiled ? "evaluating rule" : "compiling rule";
    return fieldError({
      path: at.path,
      reason: "FieldValueInvalid",
      detail: `${firstLine(error)} ${stage}: ${ruleName(rule)}`,
      hint: ruleHint(ruleName(rule)),
      value: { shown: typeName(at.value) },
    });
  }
  return verdict === true ? null : failure(rule, compiled, at);
}

interface Walk {
  readonly path: (string | number)[];
  readonly errors: ValidationError[];
}

function walkNode(schema: Schema, value: unknown, celValue: unknown, state: Walk): void {
  if (!schema.hasRules || value === null || value === undefined) return;
  for (const rule of schema.rules ?? []) {
    const error = checkRule(rule, { path: state.path, value, celValue });
    if (error) state.errors.push(error);
  }
  for (const part of schema.allOf ?? []) walkNode(part, value, celValue, state);
  if (typeof value !== "object") return;
  const children = celValue as Record<string | number, unknown>;
  if (Array.isArray(value)) {
    if (!schema.items?.hasRules) return;
    value.forEach((item, index) => {
      state.path.push(index);
      walkNode(schema.items!, item, children[index], state);
      state.path.pop();
    });
    return;
  }
  for (const key of Object.keys(value)) {
    const childSchema = schema.properties?.get(key) ?? schema.additionalProperties;
    if (!childSchema?.hasRules) continue;
    state.path.push(key);
    walkNode(childSchema, (value as Record<string, unknown>)[key], children[key], state);
    state.path.pop();
  }
}

/**
 * The errors of every rule at or below the schema. The value must have passed the structural check:
 * its limits are what bounds the rules' cost.
 */
export function checkRules(schema: Schema, value: unknown): ValidationError[] {
  if (!schema.hasRules) return [];
  const state: Walk = { path: [], errors: [] };
  walkNode(schema, value, toCelValue(value), state);
  return state.errors;
}
