// Reads ordinary YAML with js-yaml, some fifteen times as fast as the `yaml` package, which builds a
// tree with positions. Takes a document; gives its value, or undefined where anything is wrong or the
// two packages might read it in two ways: then `yaml` reads it, and says what is wrong and where.

import { CORE_SCHEMA, load } from "js-yaml";

/**
 * Where the packages differ, or rules of their own begin: control characters and unusual line breaks,
 * surrogates that stand alone, anchors, aliases, tags, explicit keys and directives, merge keys,
 * marks of documents, keys that are null or nothing.
 */
const UNUSUAL = new RegExp(
  [
    "[\\x00-\\x09\\x0b-\\x1f\\x7f-\\x9f\\u2028\\u2029\\ufeff\\ufffe\\uffff]",
    "\\p{Surrogate}",
    "(?:^|[\\s[{,:-])[&*!?%]",
    "<<",
    "(?!^)---|\\.\\.\\.",
    "(?:^|[\\s[{,?-])(?:~|[nN]ull|NULL)?:",
  ].join("|"),
  "u",
);

/** Never throws; never gives a value that the `yaml` package would not (a test compares the two). */
export function readQuickYaml(source: string): { readonly value: unknown } | undefined {
  if (UNUSUAL.test(source)) return undefined;
  try {
    return { value: load(source, { schema: CORE_SCHEMA }) };
  } catch {
    return undefined;
  }
}
