// Random listeners, routes and requests for properties: few names and values, so that they meet often.
// Several Gateways share ports and hostnames apart; every kind of match, ties of age included.

import fc from "../../property.ts";
import type { HttpMatch, Listener, ValueMatch } from "../../../src/ir/snapshot.ts";
import { listener, match, route, rule } from "./fixtures.ts";
import type { PlainRequest } from "./reference_router.ts";

const HOSTNAMES = ["", "*.test", "*.b.test", "a.b.test", "c.test", "*.a.b.test"];
const HOSTS = ["a.b.test", "c.test", "x.a.b.test", "b.test", "other", "y.x.b.test"];
const PATHS = ["/", "/a", "/a/b", "/a/b/c", "/ab", "/b", "/b/", "/a/", "/a/c"];
const METHODS = ["GET", "POST", "PURGE", "BREW"];
const VALUES = ["1", "2"];
const PATH_PATTERNS = ["/a.*", "/(a|b)/c?", "/a/[a-c]", "/.*"];
const VALUE_PATTERNS = ["[12]", "1.*", "2|3", ".*"];
const PORTS = [80, 8080];

const distinct = (items: ValueMatch[]): ValueMatch[] =>
  items.filter((item, i) => items.findIndex(({ name }) => name === item.name) === i);

const values = (names: string[]) =>
  fc.array(
    fc.tuple(
      fc.constantFrom(...names),
      fc.oneof(
        {
          weight: 4,
          arbitrary: fc.record({
            kind: fc.constant("exact" as const),
            value: fc.constantFrom(...VALUES, "1, 2"),
          }),
        },
        {
          weight: 1,
          arbitrary: fc.record({
            kind: fc.constant("regex" as const),
            value: fc.constantFrom(...VALUE_PATTERNS),
          }),
        },
      ),
    ).map(([name, value]) => ({ name, ...value })),
    { maxLength: 2, size: "small" },
  ).map(distinct);

const aMatch: fc.Arbitrary<HttpMatch> = fc.record({
  path: fc.oneof(
    {
      weight: 6,
      arbitrary: fc.tuple(fc.constantFrom("", "= "), fc.constantFrom(...PATHS))
        .map(([kind, path]) => match(kind + path).path),
    },
    {
      weight: 1,
      arbitrary: fc.constantFrom(...PATH_PATTERNS)
        .map((value) => ({ kind: "regex" as const, value, pattern: value })),
    },
  ),
  method: fc.option(fc.constantFrom(...METHODS), { nil: undefined, freq: 1 }),
  headers: fc.oneof(fc.constant([]), values(["h1", "h2", "h3"])),
  queries: fc.oneof(fc.constant([]), values(["q1", "q2"])),
});

let services = 0;
const aRoute = fc.record({
  hostnames: fc.uniqueArray(fc.constantFrom(...HOSTNAMES), { minLength: 2, maxLength: 4 }),
  id: fc.integer({ min: 0, max: 9 }),
  createdAtMs: fc.integer({ min: 0, max: 2 }),
  rules: fc.array(fc.array(aMatch, { minLength: 1, maxLength: 4 }), { minLength: 2, maxLength: 4 }),
}).map(({ hostnames, id, createdAtMs, rules }) => ({
  hostnames,
  route: route(
    `ns/${id}`,
    rules.map((matches) => rule(matches, `s${services++}`)),
    createdAtMs,
  ),
}));

const aListener = fc.record({
  gateway: fc.constantFrom("one", "two"),
  port: fc.constantFrom(...PORTS),
  hostname: fc.constantFrom(...HOSTNAMES, "", ""),
  routes: fc.uniqueArray(aRoute, { minLength: 4, maxLength: 8, selector: ({ route }) => route.id }),
}).map(({ gateway, port, hostname, routes }) => {
  const name = `${gateway}-${port}-${hostname || "any"}`;
  // A name is one route's: those of another listener have others.
  const own = routes.map(({ hostnames, route }) => ({
    hostnames,
    route: { ...route, id: `${name}/${route.id}` },
  }));
  return listener(hostname, own, { id: `ns/${name}`, port });
});

/** At most one listener for a port and hostname, whatever the Gateway: others conflict. */
export const someListeners: fc.Arbitrary<Listener[]> = fc.uniqueArray(aListener, {
  minLength: 1,
  maxLength: 5,
  selector: ({ hostname, port }) => `${hostname}:${port}`,
});

const pairs = (names: string[]) =>
  fc.array(fc.tuple(fc.constantFrom(...names), fc.constantFrom(...VALUES)), { maxLength: 4 });

export const aRequest: fc.Arbitrary<PlainRequest> = fc.record({
  port: fc.constantFrom(...PORTS),
  host: fc.constantFrom(...HOSTS),
  method: fc.constantFrom(...METHODS),
  path: fc.constantFrom(...PATHS, "/a/b/c/d", "/zzz"),
  queries: pairs(["q1", "q2", "q3"]),
  fields: pairs(["h1", "H2", "h3", "H1"]),
});
