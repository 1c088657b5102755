// The few assertions that the suites share, over node:assert: JSR's are not on npm.

import assert from "node:assert/strict";

export function assertEquals<T>(actual: T, expected: T, message?: string): void {
  assert.deepStrictEqual(actual, expected, message);
}

const MOST_SHOWN = 500;

export function assertMatch(text: string, pattern: RegExp, message?: string): void {
  if (pattern.test(text)) return;
  const shown = JSON.stringify(text.slice(0, MOST_SHOWN));
  assert.fail(`${message === undefined ? "" : `${message}: `}${shown} does not match ${pattern}`);
}
