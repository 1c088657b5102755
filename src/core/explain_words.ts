// Words for explanations: what a match states, what of it failed, why one match beats another.
// Pure functions over the snapshot's matches; `beats` is the order of the HTTPRoute specification.

import type { HttpMatch, HttpRoute, ValueMatch } from "../ir/snapshot.ts";

/** A match whose every condition holds. */
export interface Contender {
  readonly route: HttpRoute;
  readonly rule: number;
  readonly match: number;
  readonly host: string;
  /** Its place among the hosts that take the request; 0 is the most specific. */
  readonly hostRank: number;
  readonly content: HttpMatch;
  /** Where its record lies in the route table. */
  readonly offset: number;
}

/** FAILED_* of core.as/route/match.ts. */
const FAILED_PATH = 1;
const FAILED_METHOD = 2;
const FAILED_CONDITION = 3;

const KIND_WORDS = { exact: "path is", prefix: "path begins with", regex: "path matches" } as const;

function describeValue(what: string, { kind, name, value }: ValueMatch): string {
  return `${what} ${name} ${kind === "exact" ? "is" : "matches"} ${JSON.stringify(value)}`;
}

function describePath({ path }: HttpMatch): string {
  return `${KIND_WORDS[path.kind]} ${path.pattern}`;
}

/** The conditions in the order of the record in the table. */
function conditionsOf({ headers, queries, method }: HttpMatch): string[] {
  const conditions = [
    ...headers.map((header) => describeValue("header", header)),
    ...queries.map((query) => describeValue("query", query)),
  ];
  if (method !== undefined) conditions.push(`method is ${method}`);
  return conditions;
}

export function describeMatch(match: HttpMatch): string {
  return [describePath(match), ...conditionsOf(match)].join(", ");
}

/** `verdict` as `explainMatch` of the core gives it, not 0. */
export function describeFailure(match: HttpMatch, verdict: number): string {
  if (verdict === FAILED_PATH) return `not so: ${describePath(match)}`;
  if (verdict === FAILED_METHOD) return `not so: method is ${match.method}`;
  return `not so: ${conditionsOf(match)[verdict - FAILED_CONDITION]}`;
}

const PATH_RANK = { exact: 0, regex: 1, prefix: 2 } as const;

interface Difference {
  readonly order: number;
  readonly why: string;
}

function host(name: string): string {
  return name === "" ? "any host" : name;
}

/** Why `a` goes before `b`: the first rule of precedence by which they differ. */
export function beats(a: Contender, b: Contender): Difference {
  const [x, y] = [a.content, b.content];
  const length = ({ path }: HttpMatch) => path.kind === "prefix" ? path.value.length : 0;
  const steps: [order: number, why: () => string][] = [
    [a.hostRank - b.hostRank, () => `host ${host(a.host)} is more specific than ${host(b.host)}`],
    [
      PATH_RANK[x.path.kind] - PATH_RANK[y.path.kind],
      () => `an ${x.path.kind} path goes before a ${y.path.kind}`.replace("an regex", "a regex"),
    ],
    [length(y) - length(x), () => `prefix ${x.path.pattern} is longer than ${y.path.pattern}`],
    [Number(y.method !== undefined) - Number(x.method !== undefined), () => "it states a method"],
    [
      y.headers.length - x.headers.length,
      () => `more header conditions: ${x.headers.length} to ${y.headers.length}`,
    ],
    [
      y.queries.length - x.queries.length,
      () => `more query conditions: ${x.queries.length} to ${y.queries.length}`,
    ],
    [a.route.createdAtMs - b.route.createdAtMs, () => `route ${a.route.id} is older`],
    [
      a.route.id < b.route.id ? -1 : a.route.id > b.route.id ? 1 : 0,
      () => `${a.route.id} comes before ${b.route.id} in the alphabet`,
    ],
    [a.rule - b.rule, () => `rule ${a.rule} comes before rule ${b.rule} of the same route`],
    [a.match - b.match, () => `match ${a.match} comes before match ${b.match} of the same rule`],
  ];
  for (const [order, why] of steps) if (order !== 0) return { order, why: why() };
  return { order: 0, why: "" };
}
