// HTTPRoute matches: path, method, headers, query parameters, with the specification's defaults.
// Takes a rule's matches; gives the IR's, or the first value that cannot be matched.

import type { HTTPRoute } from "../../gatewayapi/kinds.ts";
import type { HttpMatch, PathMatch, ValueMatch } from "../../ir/snapshot.ts";
import { NONE } from "./share.ts";

export type RouteRule = NonNullable<HTTPRoute["spec"]["rules"]>[number];
type RouteMatch = NonNullable<RouteRule["matches"]>[number];
/** What is wrong with a regular expression, or undefined where the core can run it. */
export type CheckRegex = (pattern: string) => string | undefined;

type NamedMatch = { readonly name: string; readonly type?: string; readonly value: string };

/** Thrown while a rule is read, caught where the rule's fate is decided. */
export class UnsupportedValue extends Error {}

const TOKEN = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/;
const METHODS = "GET HEAD POST PUT DELETE CONNECT OPTIONS TRACE PATCH".split(" ");

/** RFC 9110, 5.1: a field name is a token. */
export function isFieldName(name: string): boolean {
  return TOKEN.test(name);
}

/** RFC 3986, 6.2.2: unreserved characters decoded, the hexadecimal of the others in upper case. */
export function normalizePath(path: string): string {
  const encoded = path.replace(/[^\x21-\x7e]/gu, (character) => encodeURIComponent(character));
  return encoded.replace(/%[0-9a-fA-F]{2}/g, (triplet) => {
    const character = String.fromCharCode(parseInt(triplet.slice(1), 16));
    return /[A-Za-z0-9\-._~]/.test(character) ? character : triplet.toUpperCase();
  });
}

/** Throws UnsupportedValue where the pattern cannot be served. */
function checkPattern(pattern: string, field: string, checkRegex: CheckRegex | undefined): void {
  const wrong = checkRegex === undefined
    ? "RegularExpression is not supported"
    : checkRegex(pattern);
  if (wrong !== undefined) throw new UnsupportedValue(`${field}: ${wrong}`);
}

function readPath(
  path: RouteMatch["path"],
  field: string,
  checkRegex: CheckRegex | undefined,
): PathMatch {
  const type = path?.type ?? "PathPrefix";
  const pattern = path?.value ?? "/";
  if (type === "RegularExpression") {
    checkPattern(pattern, `${field}.path.value`, checkRegex);
    return { kind: "regex", value: pattern, pattern };
  }
  if (type !== "Exact" && type !== "PathPrefix") {
    throw new UnsupportedValue(
      `${field}.path.type ${type} is not supported`,
    );
  }
  if (!pattern.startsWith("/") || /[#?\\]/.test(pattern)) {
    throw new UnsupportedValue(
      `${field}.path.value ${pattern} must begin with / and hold none of # ? \\`,
    );
  }
  if (!pattern.isWellFormed()) {
    throw new UnsupportedValue(`${field}.path.value holds a lone surrogate`);
  }
  const value = normalizePath(pattern);
  if (type === "Exact") return { kind: "exact", value, pattern };
  return { kind: "prefix", value: value.replace(/\/$/, ""), pattern };
}

/** "Only the first entry with an equivalent name MUST be considered for a match." */
function readValues(
  matches: readonly NamedMatch[],
  field: string,
  canonicalName: (name: string) => string,
  checkRegex: CheckRegex | undefined,
): readonly ValueMatch[] {
  if (matches.length === 0) return NONE;
  const found = new Map<string, ValueMatch>();
  for (const [index, match] of matches.entries()) {
    const name = canonicalName(match.name);
    if (found.has(name)) continue;
    const type = match.type ?? "Exact";
    if (type === "RegularExpression") {
      checkPattern(match.value, `${field}[${index}].value`, checkRegex);
    } else if (type !== "Exact") {
      throw new UnsupportedValue(`${field}[${index}].type ${type} is not supported`);
    }
    found.set(name, { kind: type === "Exact" ? "exact" : "regex", name, value: match.value });
  }
  return [...found.values()];
}

function readMatch(
  match: RouteMatch,
  field: string,
  checkRegex: CheckRegex | undefined,
): HttpMatch {
  const lower = (name: string) => name.toLowerCase();
  const same = (name: string) => name;
  const { method } = match;
  if (method !== undefined && !METHODS.includes(method)) {
    throw new UnsupportedValue(`${field}.method ${method} is not supported`);
  }
  for (const [index, header] of (match.headers ?? []).entries()) {
    if (isFieldName(header.name)) continue;
    throw new UnsupportedValue(`${field}.headers[${index}].name ${header.name} is no field name`);
  }
  const path = readPath(match.path, field, checkRegex);
  const headers = readValues(match.headers ?? NONE, `${field}.headers`, lower, checkRegex);
  const queries = readValues(match.queryParams ?? NONE, `${field}.queryParams`, same, checkRegex);
  return method === undefined ? { path, headers, queries } : { path, method, headers, queries };
}

/**
 * A rule's matches, never empty: "If no matches are specified, the default is a prefix path match on
 * "/"". Throws UnsupportedValue.
 */
export function readMatches(
  rule: RouteRule,
  field: string,
  checkRegex?: CheckRegex,
): HttpMatch[] {
  const given = rule.matches ?? [];
  const matches: readonly RouteMatch[] = given.length === 0 ? [{}] : given;
  return matches.map((match, index) => readMatch(match, `${field}.matches[${index}]`, checkRegex));
}
