// Precedence as a property: random Gateways, listeners and HTTPRoutes, whole as they stand in YAML,
// through translator, compiler and core, against the specification read plainly.

import { createTranslator } from "../../src/control/translator/translator.ts";
import { noObjects, type Objects } from "../../src/control/translator/objects.ts";
import { TableCompiler } from "../../src/core/compiler/table_compiler.ts";
import { GatewayCore } from "../../src/core/gateway_core.ts";
import { IdRegistry } from "../../src/core/ids.ts";
import { compileRegex } from "../../src/core/regex/compile.ts";
import type { Gateway, GatewayClass, HTTPRoute } from "../../src/gatewayapi/kinds.ts";
import { CONTROLLER_NAME } from "../../src/gatewayapi/supported_features.ts";
import { assertEquals } from "../assert.ts";
import fc from "../property.ts";
import {
  type PlainGateway,
  type PlainMatch,
  type PlainRequest,
  type PlainRoute,
  type PlainValue,
  referenceRule,
} from "./reference_gateway.ts";

const HOSTNAMES = ["*.test", "*.b.test", "a.b.test", "c.test", "*.a.b.test", "b.test"];
const HOSTS = ["a.b.test", "c.test", "x.a.b.test", "b.test", "other", "y.x.b.test", "A.B.test:80"];
const PATHS = ["/", "/a", "/a/b", "/a/b/c", "/ab", "/b", "/b/", "/a/", "/a//b"];
const GATEWAYS = ["one", "two", "three"];
const LISTENERS = ["l1", "l2", "l3"];
const PORTS = [80, 8080];
const VALUES = ["1", "2", "1, 2"];

const some = <T>(...values: T[]) => fc.constantFrom(...values);
const maybe = <T>(arbitrary: fc.Arbitrary<T>) => fc.option(arbitrary, { nil: undefined, freq: 1 });

const values = (...names: string[]): fc.Arbitrary<PlainValue[]> =>
  fc.array(
    fc.oneof(
      { weight: 4, arbitrary: fc.tuple(fc.constant("Exact"), some(...VALUES)) },
      { weight: 1, arbitrary: fc.tuple(fc.constant("RegularExpression"), some("[12]", "1.*")) },
    ).chain(([type, value]) => some(...names).map((name) => ({ type, name, value }))),
    { maxLength: 3 },
  );

const aMatch: fc.Arbitrary<PlainMatch> = fc.record({
  path: fc.oneof(
    {
      weight: 6,
      arbitrary: fc.record({
        type: some("PathPrefix", "PathPrefix", "Exact"),
        value: some("/", "/a", "/a/b", "/a/b/c", "/ab", "/b", "/b/", "/a/"),
      }),
    },
    {
      weight: 1,
      arbitrary: fc.record({
        type: fc.constant("RegularExpression"),
        value: some("/a.*", "/(a|b)/?b?", "/.*"),
      }),
    },
  ),
  method: maybe(some("GET", "POST")),
  headers: fc.oneof(fc.constant([]), values("h1", "H1", "h2")),
  queries: fc.oneof(fc.constant([]), values("q1", "q2")),
});

const aRoute: fc.Arbitrary<PlainRoute> = fc.record({
  namespace: some("default", "default", "other"),
  name: some("r1", "r2", "r3", "r4", "r5"),
  age: fc.nat({ max: 2 }),
  parents: fc.array(
    fc.record({
      gateway: some(...GATEWAYS),
      sectionName: maybe(some(...LISTENERS)),
      port: maybe(some(...PORTS)),
    }),
    { minLength: 1, maxLength: 3 },
  ),
  hostnames: fc.uniqueArray(some(...HOSTNAMES), { maxLength: 3 }),
  rules: fc.array(fc.array(aMatch, { maxLength: 3 }), { minLength: 1, maxLength: 3 }),
});

const aGateway: fc.Arbitrary<PlainGateway> = fc.record({
  name: some(...GATEWAYS),
  age: fc.nat({ max: 1 }),
  listeners: fc.uniqueArray(
    fc.record({
      name: some(...LISTENERS),
      port: some(...PORTS),
      hostname: some("", "", ...HOSTNAMES),
      takesHttpRoutes: some(true, true, true, true, false),
      takesAllNamespaces: some(true, true, false),
    }),
    { minLength: 1, maxLength: 3, selector: ({ name }) => name },
  ),
});

const pairs = (...names: string[]) =>
  fc.array(fc.tuple(some(...names), some("1", "2")), { maxLength: 4 });

const aRequest: fc.Arbitrary<PlainRequest> = fc.record({
  port: some(...PORTS),
  host: some(...HOSTS),
  method: some("GET", "POST", "PURGE"),
  path: some(...PATHS),
  queries: pairs("q1", "q2", "Q1"),
  fields: pairs("h1", "H2", "H1"),
});

const dayOf = (age: number) => `2026-01-0${age + 1}T00:00:00Z`;

function gatewayObject({ name, age, listeners }: PlainGateway): Gateway {
  return {
    apiVersion: "gateway.networking.k8s.io/v1",
    kind: "Gateway",
    metadata: { name, namespace: "default", creationTimestamp: dayOf(age) },
    spec: {
      gatewayClassName: "rauta",
      listeners: listeners.map((listener) => ({
        name: listener.name,
        protocol: "HTTP",
        port: listener.port,
        ...(listener.hostname === "" ? {} : { hostname: listener.hostname }),
        allowedRoutes: {
          namespaces: { from: listener.takesAllNamespaces ? "All" : "Same" },
          ...(listener.takesHttpRoutes ? {} : { kinds: [{ kind: "GRPCRoute" }] }),
        },
      })),
    },
  };
}

/** Every rule is a redirect to a host that names it, so that no Services are needed. */
function routeObject({ namespace, name, age, parents, hostnames, rules }: PlainRoute): HTTPRoute {
  return {
    apiVersion: "gateway.networking.k8s.io/v1",
    kind: "HTTPRoute",
    metadata: { name, namespace, creationTimestamp: dayOf(age) },
    spec: {
      parentRefs: parents.map(({ gateway, sectionName, port }) => ({
        name: gateway,
        namespace: "default",
        ...(sectionName === undefined ? {} : { sectionName }),
        ...(port === undefined ? {} : { port }),
      })),
      hostnames: [...hostnames],
      rules: rules.map((matches, number) => ({
        matches: matches.map(({ path, method, headers, queries }) => ({
          path: path as { type: "Exact"; value: string },
          ...(method === undefined ? {} : { method: method as "GET" }),
          headers: headers as { type: "Exact"; name: string; value: string }[],
          queryParams: queries as { type: "Exact"; name: string; value: string }[],
        })),
        filters: [{
          type: "RequestRedirect",
          requestRedirect: { scheme: "http", hostname: `${namespace}-${name}-${number}.test` },
        }],
      })),
    },
  };
}

const CLASS: GatewayClass = {
  apiVersion: "gateway.networking.k8s.io/v1",
  kind: "GatewayClass",
  metadata: { name: "rauta" },
  spec: { controllerName: CONTROLLER_NAME },
};

function objectsOf(gateways: readonly PlainGateway[], routes: readonly PlainRoute[]): Objects {
  return {
    ...noObjects(),
    GatewayClass: new Map([["rauta", CLASS]]),
    Gateway: new Map(gateways.map((one) => [`default/${one.name}`, gatewayObject(one)])),
    HTTPRoute: new Map(routes.map((one) => [`${one.namespace}/${one.name}`, routeObject(one)])),
  };
}

const core = GatewayCore.create(await WebAssembly.compile(await Deno.readFile("build/core.wasm")));
const ids = new IdRegistry();
const compiler = new TableCompiler(ids);
const translator = createTranslator({
  checkRegex: (pattern) => {
    const compiled = compileRegex(pattern);
    return compiled.ok ? undefined : compiled.message;
  },
});

function serve(gateways: readonly PlainGateway[], routes: readonly PlainRoute[]) {
  const { snapshot } = translator.translate(objectsOf(gateways, routes));
  const tables = compiler.compile(snapshot);
  const loaded = [
    tables.routes && core.loadRoutes(tables.routes),
    tables.endpoints && core.loadEndpoints(tables.endpoints),
  ];
  for (const result of loaded) if (result && !result.ok) throw new Error(result.reason);
  return tables.listeners;
}

Deno.test("precedence: objects as written go where the specification, read plainly, sends them", () => {
  const tally = { taken: 0, refused: 0 };
  fc.assert(
    fc.property(
      fc.uniqueArray(aGateway, { minLength: 1, maxLength: 3, selector: ({ name }) => name }),
      fc.uniqueArray(aRoute, {
        minLength: 2,
        maxLength: 8,
        selector: ({ namespace, name }) => `${namespace}/${name}`,
      }),
      fc.array(aRequest, { minLength: 20, maxLength: 20 }),
      (gateways, routes, requests) => {
        const bindings = serve(gateways, routes);
        for (const request of requests) {
          const binding = bindings.find(({ port }) => port === request.port);
          const wanted = referenceRule(gateways, routes, request);
          if (binding === undefined) {
            assertEquals(wanted, undefined, JSON.stringify(request));
            continue;
          }
          const query = request.queries.map((pair) => pair.join("=")).join("&");
          const decision = core.decideRequest({
            portGroup: binding.portGroup,
            method: request.method,
            scheme: "http",
            authority: request.host,
            target: `${request.path}?${query}`,
            fields: request.fields.map(([name, value]) => [name, value]),
            keyLo: 0,
            keyHi: 0,
            rand32: 0,
          });
          if (decision.kind === "forward") throw new Error("every rule is a redirect");
          const location = decision.fields.find(([name]) => name === "location")?.[1];
          const rule = /^http:\/\/(\w+)-(\w+)-(\d)\.test/.exec(location ?? "")?.slice(1).join("/");
          assertEquals(rule, wanted, JSON.stringify(request));
          assertEquals(decision.status, wanted === undefined ? 404 : 302);
          tally[rule === undefined ? "refused" : "taken"]++;
        }
      },
    ),
    { numRuns: 600, seed: 117 },
  );
  assertEquals(tally.taken > 2000 && tally.refused > 2000, true, JSON.stringify(tally));
});
