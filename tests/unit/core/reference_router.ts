// The HTTPRoute specification's matching written down plainly: every rule looked at, sorted by
// precedence. Slow, shares nothing with the core; the core is compared with it.
// Takes normalised paths and decoded queries; regular expressions match the whole text.

import type { AttachedRoute, HttpMatch, Listener, ValueMatch } from "../../../src/ir/snapshot.ts";

export interface PlainRequest {
  readonly port: number;
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

function wholly(pattern: string, text: string): boolean {
  return new RegExp(`^(?:${pattern})$`).test(text);
}

function valueMatches({ kind, value }: ValueMatch, text: string): boolean {
  return kind === "exact" ? text === value : wholly(value, text);
}

const PATH_RANK = { exact: 0, regex: 1, prefix: 2 } as const;

function pathMatches({ kind, value }: HttpMatch["path"], path: string): boolean {
  if (kind === "exact") return path === value;
  if (kind === "regex") return wholly(value, path);
  return path === value || path.startsWith(`${value}/`);
}

function matches(match: HttpMatch, request: PlainRequest): boolean {
  if (match.method !== undefined && match.method !== request.method) return false;
  if (!pathMatches(match.path, request.path)) return false;
  for (const header of match.headers) {
    const values = request.fields.filter(([each]) => each.toLowerCase() === header.name);
    if (values.length === 0) return false;
    if (!valueMatches(header, values.map(([, each]) => each).join(", "))) return false;
  }
  for (const query of match.queries) {
    const first = request.queries.find(([each]) => each === query.name)?.[1];
    if (first === undefined || !valueMatches(query, first)) return false;
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
          PATH_RANK[match.path.kind],
          match.path.kind === "regex" ? 0 : -match.path.value.length,
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
    .filter(({ port }) => port === request.port)
    .map((listener) => ({ listener, rank: hostRank(listener.hostname, request.host) }))
    .filter(({ rank }) => rank >= 0)
    .sort((a, b) => b.rank - a.rank);
  if (ranked.length === 0) return "no-listener";
  const found = ranked[0].listener.routes.flatMap((attached) => foundIn(attached, request));
  return found.sort(compareKeys)[0]?.service ?? "no-route";
}
