// Durations of GEP-2257: `1h30m`, `500ms`, `0s`. One to four groups of up to five digits and a unit.

const DURATION = /^(?:[0-9]{1,5}(?:h|m|s|ms)){1,4}$/;
const GROUP = /([0-9]{1,5})(ms|h|m|s)/g;
const UNIT_MS: Readonly<Record<string, number>> = { h: 3_600_000, m: 60_000, s: 1000, ms: 1 };

/** Milliseconds, or undefined where the text is no GEP-2257 duration. */
export function parseDurationMs(text: string): number | undefined {
  if (!DURATION.test(text)) return undefined;
  let totalMs = 0;
  for (const [, digits, unit] of text.matchAll(GROUP)) totalMs += Number(digits) * UNIT_MS[unit];
  return totalMs;
}
