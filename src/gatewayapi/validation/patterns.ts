// Matches the schemas' and rules' regular expressions in linear time (RE2 syntax, as the API server).
// Some of them, such as that for header values, take exponential time in a backtracking engine.
// Takes a pattern and a text, says whether any part of the text matches.

import { RE2JS } from "re2js";

/** Patterns come from the CRDs, so there are few; each is compiled when first used. */
const compiled = new Map<string, RE2JS | null>();

/** The same names come again and again in thousands of objects; longer texts aren't remembered. */
const MAX_REMEMBERED_LENGTH = 64;
const MAX_REMEMBERED = 256;
const remembered = new Map<string, Map<string, boolean>>();

function compile(pattern: string): RE2JS | null {
  const known = compiled.get(pattern);
  if (known !== undefined) return known;
  let program: RE2JS | null;
  try {
    program = RE2JS.compile(pattern);
  } catch {
    program = null;
  }
  compiled.set(pattern, program);
  return program;
}

/** Whether `text` has a match of `pattern`; a pattern that doesn't compile matches nothing. */
export function matchesPattern(pattern: string, text: string): boolean {
  if (text.length > MAX_REMEMBERED_LENGTH) return compile(pattern)?.test(text) ?? false;
  let answers = remembered.get(pattern);
  if (!answers) remembered.set(pattern, answers = new Map());
  const known = answers.get(text);
  if (known !== undefined) return known;
  const answer = compile(pattern)?.test(text) ?? false;
  if (answers.size >= MAX_REMEMBERED) answers.clear();
  answers.set(text, answer);
  return answer;
}
