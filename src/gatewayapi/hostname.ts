// Hostnames as the Gateway API means them: exact, `*.suffix`, or `` for any; always lower case.
// Pure functions.

/** Lower case; undefined and `` are any host. */
export function normalizeHostname(hostname: string | undefined): string {
  return (hostname ?? "").toLowerCase();
}

/**
 * "Hostnames that are prefixed with a wildcard label (`*.`) are interpreted as a suffix match":
 * `*.example.com` covers `a.example.com`, `a.b.example.com` and `*.a.example.com`, not `example.com`.
 */
function covers(wildcard: string, hostname: string): boolean {
  return wildcard.startsWith("*.") && hostname !== wildcard && hostname.endsWith(wildcard.slice(1));
}

/** What both name: the more specific of the two, or undefined where they name nothing in common. */
export function intersectHostnames(a: string, b: string): string | undefined {
  if (a === b || b === "") return a;
  if (a === "") return b;
  if (covers(a, b)) return b;
  if (covers(b, a)) return a;
  return undefined;
}

/** The hostnames on which a listener and a route meet, sorted, without doubles; [] for none. */
export function intersectAll(listener: string, route: readonly string[]): string[] {
  if (route.length === 0) return [listener];
  const found = new Set<string>();
  for (const hostname of route) {
    const both = intersectHostnames(listener, normalizeHostname(hostname));
    if (both !== undefined) found.add(both);
  }
  return [...found].sort();
}
