import { Explainer } from "../../../src/core/explain.ts";
import type { RequestInput } from "../../../src/core/decision.ts";
import type { HttpRule, Listener, Snapshot } from "../../../src/ir/snapshot.ts";
import { assertEquals } from "../../assert.ts";
import fc from "../../property.ts";
import { aRequest, someListeners } from "./arbitraries.ts";
import {
  bench,
  exact,
  listener,
  match,
  newCore,
  route,
  rule,
  service,
  snapshot,
} from "./fixtures.ts";

const REQUESTS = 100_000;
const REQUESTS_A_TABLE = 250;

const EDITS = {
  set: [{ name: "a", value: "b" }],
  add: [{ name: "h2", value: "3" }],
  remove: ["h1"],
};

/** Filters of every kind, one after the other; a redirect leaves no backends. */
const FILTERS: readonly HttpRule["filters"][] = [
  {},
  { requestHeaders: EDITS },
  { rewrite: { path: { kind: "full", value: "/new" } } },
  { rewrite: { hostname: "new.test", path: { kind: "prefix", value: "/new" } } },
  { responseHeaders: EDITS },
  {
    cors: {
      origins: [{ kind: "exact", origin: "https://a.test" }],
      allowCredentials: true,
      allowMethods: ["GET"],
      allowHeaders: ["*"],
      exposeHeaders: ["x-b"],
      maxAgeSeconds: 5,
    },
  },
  { redirect: { status: 301, port: 81 } },
  { redirect: { status: 308, scheme: "https", path: { kind: "prefix", value: "/moved" } } },
  {
    requestHeaders: EDITS,
    responseHeaders: EDITS,
    rewrite: { path: { kind: "prefix", value: "" } },
  },
];

/** One path in other words: encoded, with segments that lead nowhere, or broken. */
const SPELLINGS: readonly ((path: string) => string)[] = [
  (path) => path,
  (path) => path.replaceAll("a", "%61"),
  (path) => `/x/..${path}`,
  (path) => `/.${path}//`,
  (path) => path,
  (path) => `${path}%2f%ff`,
  (path) => `${path}\xc3\xa9`,
];

/** What browsers send across origins, and values that are no UTF-8. */
const MORE_FIELDS: readonly [string, string][][] = [
  [],
  [["origin", "https://a.test"]],
  [["origin", "https://b.test"], ["access-control-request-method", "GET"]],
  [["h1", "\xff\xfe"]],
];

/** A prefix is replaced only where a prefix is matched, as validation has it. */
function fits(filters: HttpRule["filters"], rule: HttpRule): boolean {
  const path = filters.rewrite?.path ?? filters.redirect?.path;
  return path?.kind !== "prefix" || rule.matches.every((one) => one.path.kind === "prefix");
}

/** Weights, filters of rules and backends, and several endpoints for rules of one backend each. */
function enriched(listeners: readonly Listener[]): Snapshot {
  const services = new Map<string, ReturnType<typeof service>>();
  let number = 0;
  const enrich = (each: HttpRule): HttpRule => {
    const target = each.backends[0].target;
    const key = target.kind === "service" ? target.service : "";
    const addresses = Array.from({ length: number++ % 4 }, (_, i) => `10.0.0.${i + 1}:80`);
    services.set(key, service(key, addresses));
    const next = FILTERS[number % FILTERS.length];
    const filters = fits(next, each) ? next : {};
    if (filters.redirect) return { ...each, filters, backends: [] };
    const other = {
      weight: number % 3,
      target: { kind: "invalid", reason: "x" },
      filters: {},
    } as const;
    const own = { ...each.backends[0], filters: number % 3 === 0 ? { requestHeaders: EDITS } : {} };
    const timeouts = number % 2 === 0 ? { requestMs: 1000, backendRequestMs: number } : {};
    return { ...each, filters, timeouts, backends: [own, other] };
  };
  const all = listeners.map((each) => ({
    ...each,
    routes: each.routes.map(({ hostnames, route }) => ({
      hostnames,
      route: { ...route, rules: route.rules.map(enrich) },
    })),
  }));
  return { listeners: all, services: [...services.values()] };
}

Deno.test("explain and traffic never disagree, over 100,000 random requests", async () => {
  const { core, load, ids } = await bench();
  const explainer = new Explainer(core, ids);
  const tables = fc.sample(someListeners, { numRuns: REQUESTS / REQUESTS_A_TABLE, seed: 11 });
  const requests = fc.sample(aRequest, { numRuns: REQUESTS, seed: 12 });
  const outcomes = new Map<string, number>();
  let at = 0;
  for (const listeners of tables) {
    const made = enriched(listeners);
    load(made);
    for (let i = 0; i < REQUESTS_A_TABLE; i++) {
      const request = requests[at++];
      const path = SPELLINGS[at % SPELLINGS.length](request.path);
      const more: [string, string][] = MORE_FIELDS[at % MORE_FIELDS.length];
      const input: RequestInput = {
        portGroup: ids.portGroups.idOf(`tcp  ${request.port}`),
        method: request.method,
        scheme: "http",
        authority: request.host,
        target: `${path}?${request.queries.map((pair) => pair.join("=")).join("&")}`,
        fields: [
          ...request.fields.map(([name, value]): [string, string] => [name, value]),
          ...more,
        ],
        keyLo: Math.imul(at, 0x9e3779b1) >>> 0,
        keyHi: at,
        rand32: Math.imul(at, 0x85ebca77) >>> 0,
        ...(at % 2 === 0
          ? { client: { address: "192.0.2.7", requestId: "id-1", isTrusted: false } }
          : {}),
      };
      const said = explainer.explain(made, input);
      const done = core.decideRequest(input);
      if (done.kind === "forward") core.releasePlan(done.plan);
      const plainly = (decision: typeof done) => JSON.stringify({ ...decision, plan: 0 });
      if (plainly(said.decision) !== plainly(done)) {
        assertEquals(plainly(said.decision), plainly(done), JSON.stringify(input));
      }
      // What explain adds is in step with it: one winner where a rule took it, first by precedence.
      const won = said.matches.filter(({ outcome }) => outcome === "won");
      const label = done.labelId === undefined ? undefined : ids.labels.labelOf(done.labelId);
      if (won[0]?.route !== label?.route || won.length > 1) {
        assertEquals(won[0]?.route, label?.route, JSON.stringify(input));
      }
      const beatenWithoutReason = said.matches.some(({ outcome, why }) =>
        outcome === "beaten" && why === ""
      );
      if (beatenWithoutReason || (won.length === 1 && !won[0].tried)) {
        throw new Error(JSON.stringify({ input, matches: said.matches }, null, 1));
      }
      if (done.kind === "forward") assertEquals(said.balance!.endpoint !== "", true);
      const tell = (what: string) => outcomes.set(what, (outcomes.get(what) ?? 0) + 1);
      tell(done.kind === "forward" ? "forward" : done.reason);
      if (won[0] && / matches /.test(won[0].states)) tell("by a regular expression");
      for (const name of Object.keys(said.filters)) tell(name);
    }
  }
  assertEquals(at, REQUESTS);
  for (
    const kind of [
      "forward",
      "redirect",
      "no-route",
      "no-listener",
      "no-endpoint",
      "invalid-backend",
      "by a regular expression",
      "requestHeaders",
      "responseHeaders",
      "rewrite",
      "cors",
    ]
  ) {
    assertEquals((outcomes.get(kind) ?? 0) > 500, true, JSON.stringify([...outcomes]));
  }
  assertEquals(core.instance.exports.plansInUse(), 0);
});

Deno.test("the rule that wins is the first of all that match, by the order that explain states", async () => {
  const { core, load, ids } = await bench();
  const explainer = new Explainer(core, ids);
  let contested = 0;
  fc.assert(
    fc.property(
      someListeners,
      fc.array(aRequest, { minLength: 30, maxLength: 30 }),
      (listeners, all) => {
        const made = snapshot(listeners);
        load(made);
        for (const request of all) {
          const said = explainer.explain(made, {
            portGroup: ids.portGroups.idOf(`tcp  ${request.port}`),
            method: request.method,
            scheme: "http",
            authority: request.host,
            target: request.path,
            fields: request.fields.map(([name, value]) => [name, value]),
            keyLo: 0,
            keyHi: 0,
            rand32: 0,
          });
          assertEquals(said.winnerLeads, said.matches[0]?.outcome === "won");
          if (said.matches.some(({ outcome }) => outcome === "beaten")) contested++;
        }
      },
    ),
    { numRuns: 200, seed: 3 },
  );
  assertEquals(contested > 500, true, String(contested));
});

const SHOP = snapshot([
  listener("*.example.com", [
    {
      hostnames: ["shop.example.com"],
      route: route("demo/shop", [
        rule([match("/cart", { headers: [exact("x-canary", "yes")] })], "demo/new:80"),
        rule([match("/cart", { method: "POST" }), match("/cart")], "demo/cart:80"),
        rule([match("= /cart/7")], "demo/seven:80", { name: "seven" }),
      ]),
    },
    {
      hostnames: ["*.example.com"],
      route: route("demo/rest", [rule([match("/")], "demo/rest:80")]),
    },
    {
      hostnames: ["other.example.com"],
      route: route("demo/other", [rule([match("/")], "demo/x:80")]),
    },
  ]),
], [service("demo/cart:80", ["10.0.0.1:80", "10.0.0.2:80", "10.0.0.3:80"])]);

Deno.test("explain names every rule, the first condition that failed, and why the winner won", async () => {
  const { core, load, ids } = await bench(SHOP);
  load(SHOP);
  const said = new Explainer(core, ids).explain(SHOP, {
    portGroup: 0,
    method: "GET",
    scheme: "http",
    authority: "Shop.example.com:80",
    target: "/cart/8",
    fields: [["X-Canary", "no"]],
    keyLo: 1,
    keyHi: 2,
    rand32: 0,
  });
  assertEquals(said.listener, "ns/gw/*.example.com");
  assertEquals(said.hosts, ["shop.example.com", "*.example.com"]);
  assertEquals(said.routesForOtherHosts, 1);
  assertEquals(
    said.matches.map(({ route, rule, match, outcome, why }) => [route, rule, match, outcome, why]),
    [
      [
        "demo/shop",
        1,
        1,
        "won",
        "beats the runner-up: host shop.example.com is more specific than *.example.com",
      ],
      ["demo/rest", 0, 0, "beaten", "host shop.example.com is more specific than *.example.com"],
      ["demo/shop", 0, 0, "failed", 'not so: header x-canary is "yes"'],
      ["demo/shop", 1, 0, "failed", "not so: method is POST"],
      ["demo/shop", 2, 0, "failed", "not so: path is /cart/7"],
    ],
  );
  assertEquals(said.balance!.slots, 4093);
  assertEquals(said.balance!.visited.length, 1);
  assertEquals(said.balance!.visited[0].endpoint, said.balance!.endpoint);
});

Deno.test("an ejected endpoint is passed over, and explain shows the slots on the way", async () => {
  const { core, ids } = await bench(SHOP);
  const input: RequestInput = {
    portGroup: 0,
    method: "GET",
    scheme: "http",
    authority: "shop.example.com",
    target: "/cart",
    fields: [],
    keyLo: 5,
    keyHi: 6,
    rand32: 0,
  };
  const explainer = new Explainer(core, ids);
  const before = explainer.explain(SHOP, input).decision;
  if (before.kind !== "forward") throw new Error(before.reason);
  const ejected = new Uint8Array(64);
  ejected[before.endpointId >> 3] |= 1 << (before.endpointId & 7);
  core.setHealth(ejected);
  const { balance } = explainer.explain(SHOP, input);
  assertEquals(balance!.visited.length > 1, true);
  assertEquals(balance!.visited.at(-1)!.endpoint, balance!.endpoint);
  assertEquals(balance!.visited[0].endpoint !== balance!.endpoint, true);
});

Deno.test("no trace is left on: traffic after explain writes none", async () => {
  const { core, ids, decide } = await bench(SHOP);
  new Explainer(core, ids).explain(SHOP, {
    portGroup: 0,
    method: "GET",
    scheme: "http",
    authority: "shop.example.com",
    target: "/cart",
    fields: [],
    keyLo: 0,
    keyHi: 0,
    rand32: 0,
  });
  decide({ target: "/cart" });
  assertEquals(core.instance.exports.traceEnded(), 0);
  assertEquals((await newCore()).instance.exports.traceEnded(), 0);
});
