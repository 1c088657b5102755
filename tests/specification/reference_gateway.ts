// Gateways and HTTPRoutes read plainly: which rule takes a request, straight from the objects by the
// specification's sentences. Slow, shares nothing with translator, compiler or core; they are compared
// with it. Takes small plain objects; regular expressions match the whole text.

export interface PlainListener {
  readonly name: string;
  readonly port: number;
  /** `` for every host. */
  readonly hostname: string;
  readonly takesHttpRoutes: boolean;
  readonly takesAllNamespaces: boolean;
}

export interface PlainGateway {
  readonly name: string;
  /** Days: Gateways of one day are told apart by name. */
  readonly age: number;
  readonly listeners: readonly PlainListener[];
}

export interface PlainMatch {
  readonly path: { readonly type: string; readonly value: string };
  readonly method: string | undefined;
  readonly headers: readonly PlainValue[];
  readonly queries: readonly PlainValue[];
}

export interface PlainValue {
  readonly type: string;
  readonly name: string;
  readonly value: string;
}

export interface PlainParent {
  readonly gateway: string;
  readonly sectionName: string | undefined;
  readonly port: number | undefined;
}

export interface PlainRoute {
  readonly namespace: string;
  readonly name: string;
  readonly age: number;
  readonly parents: readonly PlainParent[];
  readonly hostnames: readonly string[];
  /** Matches of each rule; none: every request. */
  readonly rules: readonly (readonly PlainMatch[])[];
}

export interface PlainRequest {
  readonly port: number;
  /** As sent: with a port, in any case. */
  readonly host: string;
  readonly method: string;
  readonly path: string;
  readonly queries: readonly [string, string][];
  readonly fields: readonly [string, string][];
}

const EVERYTHING: PlainMatch = {
  path: { type: "PathPrefix", value: "/" },
  method: undefined,
  headers: [],
  queries: [],
};

/**
 * Larger is more specific; -1: does not take the host. "Exact matches MUST be processed before wildcard
 * matches, and wildcard matches MUST be processed before fallback (empty Hostname value) matches."
 */
function hostRank(hostname: string, host: string): number {
  if (hostname === "") return 0;
  if (hostname === host) return 1000;
  const isBelow = hostname.startsWith("*.") && host.endsWith(hostname.slice(1));
  return isBelow && host.length >= hostname.length ? hostname.length : -1;
}

/** Whether any host is named by both. */
function intersect(a: string, b: string): boolean {
  if (a === "" || b === "" || a === b) return true;
  const covers = (wild: string, other: string) =>
    wild.startsWith("*.") && other.endsWith(wild.slice(1));
  return covers(a, b) || covers(b, a);
}

interface Served {
  readonly gateway: PlainGateway;
  readonly listener: PlainListener;
}

/** "The implementation MUST NOT pick one conflicting Listener as the winner"; older Gateways first. */
function servedListeners(gateways: readonly PlainGateway[]): Served[] {
  const byAge = gateways.toSorted((a, b) => a.age - b.age || (a.name < b.name ? -1 : 1));
  const served: Served[] = [];
  const isSame = (a: PlainListener, b: PlainListener) =>
    a.port === b.port && a.hostname === b.hostname;
  for (const gateway of byAge) {
    const distinct = gateway.listeners.filter((listener) =>
      gateway.listeners.filter((other) => isSame(listener, other)).length === 1
    );
    // A listener for no kind that is known has nothing to serve, and holds no port.
    const free = distinct.filter((listener) =>
      listener.takesHttpRoutes && !served.some((other) => isSame(listener, other.listener))
    );
    served.push(...free.map((listener) => ({ gateway, listener })));
  }
  return served;
}

function attaches(route: PlainRoute, { gateway, listener }: Served): boolean {
  const isMeant = route.parents.some((parent) =>
    parent.gateway === gateway.name &&
    (parent.sectionName === undefined || parent.sectionName === listener.name) &&
    (parent.port === undefined || parent.port === listener.port)
  );
  return isMeant && (listener.takesAllNamespaces || route.namespace === "default");
}

/** By the most specific name that both route and listener have for the host; -1: for none. */
function routeRank(route: PlainRoute, listener: PlainListener, host: string): number {
  const own = hostRank(listener.hostname, host);
  if (route.hostnames.length === 0) return own;
  return Math.max(
    ...route.hostnames.map((hostname) => {
      const rank = hostRank(hostname, host);
      return rank < 0 || !intersect(hostname, listener.hostname) ? -1 : Math.max(rank, own);
    }),
  );
}

function valueMatches({ type, value }: PlainValue, found: string | undefined): boolean {
  if (found === undefined) return false;
  return type === "Exact" ? found === value : new RegExp(`^(?:${value})$`).test(found);
}

/** "Only the first entry with an equivalent name MUST be considered for a match." */
function firsts(values: readonly PlainValue[], nameOf: (name: string) => string): PlainValue[] {
  return values.filter(({ name }, index) =>
    values.findIndex((other) => nameOf(other.name) === nameOf(name)) === index
  );
}

const lower = (name: string) => name.toLowerCase();
const same = (name: string) => name;

function pathMatches({ type, value }: PlainMatch["path"], path: string): boolean {
  if (type === "Exact") return path === value;
  if (type === "RegularExpression") return new RegExp(`^(?:${value})$`).test(path);
  const elements = (text: string) => text.split("/").slice(1);
  const prefix = elements(value.replace(/\/$/, ""));
  const given = elements(path);
  return prefix.every((element, index) => element === given[index]);
}

function matches(match: PlainMatch, request: PlainRequest): boolean {
  const fieldOf = (name: string) => {
    const found = request.fields.filter(([each]) => lower(each) === lower(name));
    return found.length === 0 ? undefined : found.map(([, value]) => value).join(", ");
  };
  const queryOf = (name: string) => request.queries.find(([each]) => each === name)?.[1];
  return (match.method === undefined || match.method === request.method) &&
    // Slashes are merged before anything is matched (docs/path_normalisation.md).
    pathMatches(match.path, request.path.replace(/\/+/g, "/")) &&
    firsts(match.headers, lower).every((one) => valueMatches(one, fieldOf(one.name))) &&
    firsts(match.queries, same).every((one) => valueMatches(one, queryOf(one.name)));
}

const PATH_RANK: Readonly<Record<string, number>> = {
  Exact: 0,
  RegularExpression: 1,
  PathPrefix: 2,
};

/** What is compared in order: smaller wins. */
function rankOf(match: PlainMatch): number[] {
  const isPrefix = match.path.type === "PathPrefix";
  return [
    PATH_RANK[match.path.type],
    isPrefix ? -match.path.value.replace(/\/$/, "").length : 0,
    match.method === undefined ? 1 : 0,
    -firsts(match.headers, lower).length,
    -firsts(match.queries, same).length,
  ];
}

interface Candidate {
  readonly key: readonly (number | string)[];
  readonly rule: string;
}

function isBefore(a: Candidate, b: Candidate): number {
  const index = a.key.findIndex((part, at) => part !== b.key[at]);
  return index < 0 ? 0 : a.key[index] < b.key[index] ? -1 : 1;
}

/** `namespace/route/rule` of the rule that takes the request, or undefined: 404. */
export function referenceRule(
  gateways: readonly PlainGateway[],
  routes: readonly PlainRoute[],
  request: PlainRequest,
): string | undefined {
  const host = request.host.toLowerCase().replace(/:\d+$/, "");
  // "A request to "foo.example.com" SHOULD only be routed using routes attached to the
  // "foo.example.com" Listener (and not the "*.example.com" Listener)."
  const [taking] = servedListeners(gateways)
    .filter(({ listener }) => listener.port === request.port)
    .map((served) => ({ served, rank: hostRank(served.listener.hostname, host) }))
    .filter(({ rank }) => rank >= 0)
    .sort((a, b) => b.rank - a.rank);
  if (taking === undefined) return undefined;
  const candidates = routes.filter((route) => attaches(route, taking.served)).flatMap((route) => {
    const rank = routeRank(route, taking.served.listener, host);
    if (rank < 0) return [];
    return route.rules.flatMap((rule, number) =>
      (rule.length === 0 ? [EVERYTHING] : rule).filter((match) => matches(match, request))
        .map((match): Candidate => ({
          key: [-rank, ...rankOf(match), route.age, `${route.namespace}/${route.name}`, number],
          rule: `${route.namespace}/${route.name}/${number}`,
        }))
    );
  });
  return candidates.sort(isBefore)[0]?.rule;
}
