import fc from "fast-check";
import { TableCompiler } from "../../../src/core/compiler/table_compiler.ts";
import type { HttpMatch, Listener, ValueMatch } from "../../../src/ir/snapshot.ts";
import { assertEquals } from "../../assert.ts";
import { bench, listener, match, route, rule, snapshot } from "./fixtures.ts";
import { type PlainRequest, referenceRoute } from "./reference_router.ts";

// Few names and values, so that rules and requests meet often.
const HOSTNAMES = ["", "*.test", "*.b.test", "a.b.test", "c.test", "*.a.b.test"];
const HOSTS = ["a.b.test", "c.test", "x.a.b.test", "b.test", "other", "y.x.b.test"];
const PATHS = ["/", "/a", "/a/b", "/a/b/c", "/ab", "/b", "/b/", "/a/", "/a/c"];
const METHODS = ["GET", "POST", "PURGE", "BREW"];
const VALUES = ["1", "2"];

const distinct = (items: ValueMatch[]): ValueMatch[] =>
  items.filter((item, i) => items.findIndex(({ name }) => name === item.name) === i);

const values = (names: string[]) =>
  fc.array(
    fc.record({
      kind: fc.constant("exact" as const),
      name: fc.constantFrom(...names),
      value: fc.constantFrom(...VALUES, "1, 2"),
    }),
    { maxLength: 2, size: "small" },
  ).map(distinct);

const aMatch: fc.Arbitrary<HttpMatch> = fc.record({
  path: fc.tuple(fc.constantFrom("", "= "), fc.constantFrom(...PATHS))
    .map(([kind, path]) => match(kind + path).path),
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
  hostname: fc.constantFrom(...HOSTNAMES, "", ""),
  routes: fc.uniqueArray(aRoute, { minLength: 4, maxLength: 8, selector: ({ route }) => route.id }),
}).map(({ hostname, routes }) => listener(hostname, routes));

const someListeners: fc.Arbitrary<Listener[]> = fc.uniqueArray(aListener, {
  minLength: 1,
  maxLength: 3,
  selector: ({ hostname }) => hostname,
});

const pairs = (names: string[]) =>
  fc.array(fc.tuple(fc.constantFrom(...names), fc.constantFrom(...VALUES)), { maxLength: 4 });

const aRequest: fc.Arbitrary<PlainRequest> = fc.record({
  host: fc.constantFrom(...HOSTS),
  method: fc.constantFrom(...METHODS),
  path: fc.constantFrom(...PATHS, "/a/b/c/d", "/zzz"),
  queries: pairs(["q1", "q2", "q3"]),
  fields: pairs(["h1", "H2", "h3", "H1"]),
});

Deno.test("the core sends every request where the specification, read plainly, sends it", async () => {
  const { load, goesTo } = await bench();
  const tally = { hits: 0, misses: 0 };
  fc.assert(
    fc.property(
      someListeners,
      fc.array(aRequest, { minLength: 20, maxLength: 20 }),
      (listeners, requests) => {
        load(snapshot(listeners));
        for (const request of requests) {
          const query = request.queries.map((pair) => pair.join("=")).join("&");
          const got = goesTo({
            authority: request.host,
            method: request.method,
            target: `${request.path}?${query}`,
            fields: request.fields.map(([name, value]) => [name, value]),
          });
          assertEquals(got, referenceRoute(listeners, request), JSON.stringify(request));
          tally[got.startsWith("no-") ? "misses" : "hits"]++;
        }
      },
    ),
    { numRuns: 500, seed: 42 },
  );
  assertEquals(tally.hits > 2000 && tally.misses > 1000, true, JSON.stringify(tally));
});

Deno.test("a table reached by any way of changes is the table made at once", async () => {
  const made = await bench();
  fc.assert(
    fc.property(fc.array(someListeners, { minLength: 2, maxLength: 5 }), (steps) => {
      const last = steps.at(-1)!;
      const mixed = steps.slice(0, -1).map((listeners) =>
        listeners.map((each) => {
          const same = last.find(({ id }) => id === each.id);
          const kept = same?.routes.filter((_, i) => i % 2 === 0) ?? [];
          return { ...each, routes: [...kept, ...each.routes] };
        })
      );
      for (const listeners of [...mixed, last]) made.compiler.compile(snapshot(listeners));

      const fresh = new TableCompiler(made.ids).compile(snapshot(last)).routes!;
      const again = made.compiler.compile(snapshot([...last].map((each) => ({ ...each }))));
      assertEquals(again.routes, undefined);
      const turned = last.map((each) => ({ ...each, routes: each.routes.toReversed() }));
      assertEquals(made.compiler.compile(snapshot(turned)).routes, undefined);
      const empty = made.compiler.compile(snapshot([])).routes!;
      const refilled = made.compiler.compile(snapshot(last)).routes!;
      assertEquals(empty.length < refilled.length, true);
      assertEquals(refilled.subarray(20), fresh.subarray(20));
    }),
    { numRuns: 100, seed: 7 },
  );
});
