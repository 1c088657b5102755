// What to write instead: one sentence for each kind of fault. Takes what the schema wants and what
// was found, gives text for a person. Knows the Gateway API's patterns and rules by their own words.

import { typeName } from "./errors.ts";
import { FORMATS } from "./formats.ts";
import { RULE_HINTS } from "./rule_hints.ts";
import type { Schema } from "./schema.ts";

const TYPE_WORDS: Readonly<Record<string, string>> = {
  object: "a mapping (key: value lines, indented)",
  array: "a list (lines that begin with '- ')",
  string: "text",
  integer: "a whole number",
  number: "a number",
  boolean: "true or false",
};

const FOUND_WORDS: Readonly<Record<string, string>> = {
  object: "a mapping",
  array: "a list",
  string: "text",
  integer: "a number",
  number: "a number with a fraction",
  boolean: "true or false",
  null: "nothing",
};

/** Texts that would have been right without their quotes. */
const LITERALS: Readonly<Record<string, RegExp>> = {
  integer: /^-?\d{1,15}$/,
  number: /^-?\d{1,15}(?:\.\d{1,15})?$/,
  boolean: /^(?:true|false)$/,
};

const SUBDOMAIN =
  "lower case letters, digits, '-' and '.', beginning and ending with a letter or " +
  "digit, such as shop.example.com";
const LABEL = "lower case letters, digits and '-', beginning and ending with a letter or digit, " +
  "such as my-name";
const TOKEN = "an HTTP token: letters, digits and any of !#$%&'*+-.^_`|~, such as X-Request-Id";
const DOMAIN_PATH = "a domain, a slash and a path, such as example.com/name";

/** The patterns of the shipped CRDs in words, each with an example. */
const PATTERNS: ReadonlyMap<string, string> = new Map([
  ["^([0-9]{1,5}(h|m|s|ms)){1,4}$", "a duration of up to four parts in h, m, s, ms: 10s or 1m30s"],
  [
    "^$|^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$",
    `an API group: "" for core, or ${SUBDOMAIN}`,
  ],
  [
    "^[a-zA-Z]([-a-zA-Z0-9]*[a-zA-Z0-9])?$",
    "letters, digits and '-', beginning with a letter, such as Service",
  ],
  ["^[a-z0-9]([-a-z0-9]*[a-z0-9])?$", LABEL],
  ["^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$", SUBDOMAIN],
  [
    "^[A-Za-z]([A-Za-z0-9_,:]*[A-Za-z0-9_])?$",
    "a word that begins with a letter and has letters, digits, '_', ',' and ':', such as Accepted",
  ],
  [
    "^([a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*/)?(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])$",
    "a name of letters, digits, '-', '_' and '.', optionally after a domain and a slash, such as " +
    "example.com/tier",
  ],
  [
    "^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*\\/[A-Za-z0-9\\/\\-._~%!$&'()*+,;=:]+$",
    `${DOMAIN_PATH} (RAUTA's own controllerName is rauta.io/gateway-controller)`,
  ],
  [
    "^(\\*\\.)?[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$",
    "a host name in lower case without port, scheme or path; a wildcard may only be the whole first " +
    "label: shop.example.com or *.example.com",
  ],
  [
    "^[a-zA-Z0-9]([-a-zA-Z0-9]*[a-zA-Z0-9])?$|[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*\\/[A-Za-z0-9]+$",
    "HTTP, HTTPS, TLS, TCP, UDP, or a protocol of your own as a domain, a slash and a name: " +
    "example.com/bar",
  ],
  [
    "^(([^:/?#]+):)(//([^/?#]*))([^?#]*)(\\?([^#]*))?(#(.*))?",
    "an absolute URI with scheme and authority, such as spiffe://example.com/service",
  ],
  [
    "^(System|([a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*/([A-Za-z0-9][-A-Za-z0-9_.]{0,61})?[A-Za-z0-9]))$",
    `System, or ${DOMAIN_PATH}`,
  ],
  ["^[A-Za-z0-9!#$%&'*+\\-.^_\\x60|~]+$", TOKEN],
  [
    "(^\\*$)|(^(http(s)?):\\/\\/(((\\*\\.)?([a-zA-Z0-9\\-]+\\.)*[a-zA-Z0-9-]+|\\*)(:([0-9]{1,5}))?)$)",
    "'*', or scheme and host without a path: https://example.com, https://*.example.com or " +
    "http://example.com:8080",
  ],
  [
    "^(?:[-A-Za-z0-9/._~!$&'()*+,;=:@]|[%][0-9a-fA-F]{2})+$",
    "a path of URL characters; write others percent-encoded, such as %20 for a space",
  ],
  [
    "^[!-~]+([\\t ]?[!-~]+)*$",
    "visible ASCII characters, with single spaces or tabs between words and none at the ends",
  ],
  [
    "^Hostname|IPAddress|NamedAddress|[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*\\/[A-Za-z0-9\\/\\-._~%!$&'()*+,;=:]+$",
    `IPAddress, Hostname, NamedAddress, or ${DOMAIN_PATH}`,
  ],
  [
    "^(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?$",
    "letters, digits, '-', '_' and '.', beginning and ending with a letter or digit; or nothing",
  ],
]);

/** Whether the pattern is explained in words; the tests want that for each shipped one. */
export function isExplained(pattern: string): boolean {
  return PATTERNS.has(pattern);
}

export function patternHint(pattern: string): string {
  const words = PATTERNS.get(pattern);
  return words ? `write ${words}` : `write text that matches ${pattern}`;
}

/** Edit distance of short words, up to `limit`; for suggestions only. */
function distance(a: string, b: string): number {
  if (a.length > 64 || b.length > 64) return Infinity;
  let row = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      const cost = a[i - 1] === b[j - 1] ? 0 : 1;
      next.push(Math.min(row[j] + 1, next[j - 1] + 1, row[j - 1] + cost));
    }
    row = next;
  }
  return row[b.length];
}

/** The nearest of the words, when it is near enough to be what was meant. */
export function nearest(word: string, words: readonly string[]): string | undefined {
  let best: string | undefined;
  let bestDistance = Math.max(2, Math.floor(word.length / 3)) + 1;
  for (const candidate of words) {
    const apart = distance(word.toLowerCase(), candidate.toLowerCase());
    if (apart < bestDistance) [best, bestDistance] = [candidate, apart];
  }
  return best ?? onlyOneWith(word, words);
}

/** The only one of the words that the word is a part of: Prefix for PathPrefix. */
function onlyOneWith(word: string, words: readonly string[]): string | undefined {
  if (word.length < 4) return undefined;
  const part = word.toLowerCase();
  const holding = words.filter((candidate) => candidate.toLowerCase().includes(part));
  return holding.length === 1 ? holding[0] : undefined;
}

export function unknownFieldHint(name: string, known: readonly string[]): string {
  const meant = nearest(name, known);
  if (meant !== undefined) return `write ${meant} instead of ${name.slice(0, 64)}`;
  if (known.length === 0) return "remove it: no fields are allowed here";
  return `remove it, or write one of ${[...known].sort().join(", ")}`;
}

export function enumHint(values: readonly unknown[], found: unknown): string {
  const words = values.map(String);
  const meant = typeof found === "string" ? nearest(found, words) : undefined;
  if (words.length === 1) return `write ${words[0]}`;
  if (meant === undefined) return `write one of ${words.join(", ")}`;
  const others = words.filter((word) => word !== meant);
  if (others.length === 1) return `write ${meant} or ${others[0]}`;
  return `write ${meant}, or another of ${others.join(", ")}`;
}

export function typeHint(schema: Schema, found: unknown): string {
  if (schema.intOrString) return "write a whole number or text";
  const type = schema.type ?? "object";
  if (type === "string" && ["number", "boolean"].includes(typeof found)) {
    return `put it in quotes: "${found}"`;
  }
  if (typeof found === "string" && LITERALS[type]?.test(found)) {
    return `write it without quotes: ${found}`;
  }
  return `write ${TYPE_WORDS[type]} instead of ${FOUND_WORDS[typeName(found)] ?? typeName(found)}`;
}

export function rangeHint(schema: Schema): string {
  const kind = schema.type === "integer" ? "a whole number" : "a number";
  const limit = schema.format === "int32" ? 2147483647 : undefined;
  const { minimum, maximum = limit } = schema;
  if (minimum !== undefined && maximum !== undefined) {
    return `write ${kind} from ${minimum} to ${maximum}`;
  }
  if (minimum !== undefined) return `write ${kind} of at least ${minimum}`;
  return maximum === undefined ? `write a smaller number` : `write ${kind} of at most ${maximum}`;
}

function span(low: number | undefined, high: number | undefined): string {
  if (low !== undefined && high !== undefined) return low === high ? `${low}` : `${low} to ${high}`;
  return low !== undefined ? `at least ${low}` : `at most ${high}`;
}

export function lengthHint(schema: Schema): string {
  return `write ${span(schema.minLength, schema.maxLength)} characters`;
}

export function itemsHint(schema: Schema, unit: "item" | "key"): string {
  const [low, high] = unit === "item"
    ? [schema.minItems, schema.maxItems]
    : [schema.minProperties, schema.maxProperties];
  return `write ${span(low, high)} ${unit}${(high ?? low) === 1 ? "" : "s"}`;
}

export function requiredHint(name: string, schema: Schema | undefined): string {
  if (schema?.enum) return `add ${name}: one of ${schema.enum.map(String).join(", ")}`;
  const wanted = TYPE_WORDS[schema?.type ?? ""];
  return wanted ? `add ${name}: ${wanted}` : `add ${name}`;
}

export function duplicateHint(keys: readonly string[] | undefined): string {
  if (!keys) return "write each value once";
  return `write each ${keys.join(" and ")} once: rename or remove one of the entries`;
}

export function formatHint(format: string): string {
  return `write ${FORMATS.get(format)?.wanted ?? format}`;
}

/** What to do about a CEL rule; the tests want words for each shipped rule's message. */
export function ruleHint(message: string): string {
  for (const [pattern, hint] of RULE_HINTS) {
    const match = pattern.exec(message);
    if (match) return hint.replace(/\$(\d)/g, (_, index) => match[Number(index)]);
  }
  return "change the value so that the rule holds";
}
