// Which HTTPRoute an observed request belongs to, against a real core with compiled tables.

import { assertEquals } from "../assert.ts";
import { bindingsOf } from "../../src/core/compiler/bindings.ts";
import { Explainer } from "../../src/core/explain.ts";
import { explainQuery } from "../../src/core/explain_query.ts";
import type { RouteQuestion } from "../../src/observe/events/event.ts";
import { observedRoute } from "../../src/composition/observed_routes.ts";
import { bench, exact, listener, match, route, rule, snapshot } from "./core/fixtures.ts";

const SNAPSHOT = snapshot([
  listener("", [
    {
      hostnames: ["shop.example"],
      route: route("shop/cart", [rule([match("/cart")], "shop/cart")]),
    },
    {
      hostnames: ["shop.example"],
      route: route("shop/canary", [
        rule([match("/cart/beta", { headers: [exact("x-beta", "1")] })], "shop/beta"),
      ]),
    },
    {
      hostnames: ["shop.example"],
      route: route("shop/old", [
        rule([match("/old")], "shop/cart", {
          filters: { rewrite: { path: { kind: "full", value: "/cart" } } },
        }),
      ]),
    },
    {
      hostnames: ["api.example"],
      route: route("api/users", [
        rule([match("/v1", { headers: [exact("x-v", "2")] })], "api/v2"),
        rule([match("/v1")], "api/v1"),
      ]),
    },
  ], { port: 8000 }),
]);

const { core, ids, load } = await bench();
load(SNAPSHOT);
const explainer = new Explainer(core, ids);
const bindings = bindingsOf(SNAPSHOT.listeners, ids.portGroups);

function routeOf(question: Partial<RouteQuestion>): string | null {
  const whole = {
    method: "GET",
    host: "shop.example",
    path: "/cart/items?page=2",
    serverPort: 8000,
    service: "10.0.0.9:8000",
    ...question,
  };
  const explain = (method: string, url: string) =>
    explainQuery({ snapshot: SNAPSHOT, bindings, explainer }, { method, url, headers: [] });
  return observedRoute(explain, whole);
}

Deno.test("a request that came to a listener belongs to the route that the proxy would choose", () => {
  assertEquals(routeOf({}), "shop/cart");
  assertEquals(routeOf({ host: "shop.example:8000" }), "shop/cart");
  assertEquals(routeOf({ path: "/old" }), "shop/old");
});

Deno.test("a request at a backend belongs to a route that leads there and rewrites nothing", () => {
  assertEquals(routeOf({ serverPort: 8080, service: "shop/cart" }), "shop/cart");
  assertEquals(routeOf({ serverPort: 8080, service: "shop/other" }), null);
  assertEquals(routeOf({ serverPort: 8080, service: "shop/cart", path: "/old" }), null);
});

Deno.test("where fields that were not captured could decide, no route is named", () => {
  assertEquals(routeOf({ path: "/cart/beta" }), null);
  // Another rule of the same route does not matter.
  assertEquals(routeOf({ host: "api.example", path: "/v1/users" }), "api/users");
});

Deno.test("what no route takes, or can't be asked, has none", () => {
  assertEquals(routeOf({ host: "nobody.example" }), null);
  assertEquals(routeOf({ path: "/nothing" }), null);
  assertEquals(routeOf({ host: "" }), null);
  assertEquals(routeOf({ method: "" }), null);
  assertEquals(routeOf({ host: "a b\r\n" }), null);
  assertEquals(routeOf({ path: "*" }), null);
});
