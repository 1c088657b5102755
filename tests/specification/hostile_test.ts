// What one hostile route may cost all others.

import { MAX_ROUTE_PATTERNS } from "../../src/control/translator/regex_budget.ts";
import { assertEquals, assertMatch } from "../assert.ts";
import { ACCEPTED, gateway, goesTo, PARTIAL, route, to, world } from "./world.ts";

/** A rule for each pattern, below `/p/N`. */
function rules(count: number): string {
  return Array.from({ length: count }, (_, index) =>
    `{ matches: [${
      Array.from(
        { length: 16 },
        (_, at) => `{ path: { type: RegularExpression, value: "/p/${index * 16 + at}x?" } }`,
      )
    }], backendRefs: [{ name: a, port: 80 }] }`).join(", ");
}

Deno.test("a route's regular expressions are bounded: what goes beyond is refused, the rest served", async () => {
  const fitting = await world(gateway(), route("name: r", `rules: [${rules(4)}]`));
  assertEquals([fitting.problems, fitting.condition("r", ACCEPTED)], [[], "True Accepted"]);
  assertEquals(fitting.condition("r", PARTIAL), undefined);

  const beyond = await world(
    gateway(),
    route("name: r", `rules: [${rules(5)}, ${to("b", "path: { value: /b }")}]`),
  );
  assertEquals(beyond.condition("r", PARTIAL), "True UnsupportedValue");
  assertMatch(
    beyond.message("r", PARTIAL),
    new RegExp(`rules\\[4\\].*more than ${MAX_ROUTE_PATTERNS} different regular expressions`),
  );
  assertEquals(goesTo(beyond, "GET a.test/p/63x", "GET a.test/p/64", "GET a.test/b"), [
    "a",
    "404",
    "b",
  ]);
});
