import { TableCompiler } from "../../../src/core/compiler/table_compiler.ts";
import { assertEquals } from "../../assert.ts";
import fc from "../../property.ts";
import { aRequest, someListeners } from "./arbitraries.ts";
import { bench, snapshot } from "./fixtures.ts";
import { referenceRoute } from "./reference_router.ts";

Deno.test("the core sends every request where the specification, read plainly, sends it", async () => {
  const { load, goesTo, ids } = await bench();
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
            portGroup: ids.portGroups.idOf(`tcp  ${request.port}`),
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
