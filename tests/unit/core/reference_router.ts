// The HTTPRoute specification's matching written down plainly: every rule looked at, sorted by
// precedence. Slow, shares nothing with the core; the core is compared with it.
// Takes normalised paths and decoded queries; knows exact values only.

import type { AttachedRoute, HttpMatch, Listener } from "../../../src/ir/snapshot.ts";

export interface PlainRequest {
  readonly host: string;
  readonly method: string;
  readonly path: string;
  readonly queries: readonly [string, string][];
  readonly fields: readonly [string, string][];
}

/** Larger is more specific; -1: does not match. Exact names before wildcards before any host. */
function hostRank(hostname: string, host: string): number {
  if (hostname === "") return 0;
  if (hostname === host) return 1000 + hostname.length;
  return hostname.startsWith("*.") && host.endsWith(hostname.slice(1)) &&
      host.length > hostname.length - 1
    ? hostname.length
    : -1;
}

function pathMatches({ kind, value }: HttpMatch["path"], path: string): boolean {
  if (kind === "exact") return path === value;
  return path === value || path.startsWith(`${value}/`);
}

function matches(match: HttpMatch, request: PlainRequest): boolean {
  if (match.method !== undefined && match.method !== request.method) return false;
  if (!pathMatches(match.path, request.path)) return false;
  for (const { name, value } of match.headers) {
    const values = request.fields.filter(([each]) => each.toLowerCase() === name);
    if (values.length === 0 || values.map(([, each]) => each).join(", ") !== value) return false;
  }
  for (const { name, value } of match.queries) {
    if (request.queries.find(([each]) => each === name)?.[1] !== value) return false;
  }
  return true;
}

interface Found {
  readonly key: readonly (number | string)[];
  readonly service: string;
}

function compareKeys(a: Found, b: Found): number {
  for (let i = 0; i < a.key.length; i++) {
    const [x, y] = [a.key[i], b.key[i]];
    if (x !== y) return x < y ? -1 : 1;
  }
  return 0;
}

function foundIn(
  { hostnames, route }: AttachedRoute,
  request: PlainRequest,
): Found[] {
  const host = Math.max(...hostnames.map((hostname) => hostRank(hostname, request.host)));
  if (host < 0) return [];
  return route.rules.flatMap((rule, ruleNumber) =>
    rule.matches.flatMap((match, matchNumber) => {
      if (!matches(match, request)) return [];
      const target = rule.backends[0].target;
      return [{
        key: [
          -host,
          match.path.kind === "exact" ? 0 : 1,
          -match.path.value.length,
          match.method === undefined ? 1 : 0,
          -match.headers.length,
          -match.queries.length,
          route.createdAtMs,
          route.id,
          ruleNumber,
          matchNumber,
        ],
        service: target.kind === "service" ? target.service : "",
      }];
    })
  );
}

/** The service that takes the request, or the reason of a 404. */
export function referenceRoute(listeners: readonly Listener[], request: PlainRequest): string {
  const ranked = listeners
    .map((listener) => ({ listener, rank: hostRank(listener.hostname, request.host) }))
    .filter(({ rank }) => rank >= 0)
    .sort((a, b) => b.rank - a.rank);
  if (ranked.length === 0) return "no-listener";
  const found = ranked[0].listener.routes.flatMap((attached) => foundIn(attached, request));
  return found.sort(compareKeys)[0]?.service ?? "no-route";
}
