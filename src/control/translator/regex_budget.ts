// How many regular expressions one route may have. Takes the check of one pattern, gives one that
// refuses what goes beyond: compiling is bounded for each pattern, and this bounds it for each route,
// so that nobody's route keeps all others waiting.

import type { CheckRegex } from "./http_match.ts";

/** Different ones; each costs the hostile at most some 50 ms, once. */
export const MAX_ROUTE_PATTERNS = 64;

/** For one route: patterns that are the same are looked at once. */
export function withinBudget(checkRegex: CheckRegex | undefined): CheckRegex | undefined {
  if (checkRegex === undefined) return undefined;
  const verdicts = new Map<string, string | undefined>();
  return (pattern) => {
    if (verdicts.has(pattern)) return verdicts.get(pattern);
    if (verdicts.size >= MAX_ROUTE_PATTERNS) {
      return `the route has more than ${MAX_ROUTE_PATTERNS} different regular expressions: split it ` +
        "into several routes, or write exact and prefix matches";
    }
    const verdict = checkRegex(pattern);
    verdicts.set(pattern, verdict);
    return verdict;
  };
}
