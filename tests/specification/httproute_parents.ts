// HTTPRoute parentRefs: the specification's sentences, and what shows that they hold.

import { assertEquals, assertMatch } from "../assert.ts";
import type { SentenceCase } from "./cases.ts";
import { ACCEPTED, gateway, goesTo, HTTP_80, route, to, world } from "./world.ts";

const TWO = `${HTTP_80}, { name: alt, protocol: HTTP, port: 8080 }`;
const toParents = (parents: string) =>
  world(gateway(TWO), route("name: r", `rules: [${to("a")}]`, parents));

const refused = async (parents: string, words: RegExp) => {
  const made = await toParents(parents);
  assertMatch(made.problems.join(), words, parents);
  assertEquals(goesTo(made, "GET a.test/"), ["404"]);
};

export const PARENTS: readonly SentenceCase[] = [
  {
    name: "a parent that is no Gateway, such as a Service, gets no entry and serves nothing",
    quotes: [
      'When unspecified, "gateway.networking.k8s.io" is inferred.',
      "When unspecified, this refers to the local namespace of the Route.",
      "In the following resources, SectionName is interpreted as the following: Service: Port name.",
      "When unspecified (empty string), this will reference the entire resource.",
      'ParentRefs from a Route to a Service in a different namespace are "consumer" routes, and these routing rules are only applied to outbound connections originating from the same namespace as the Route, for which the intended destination of the connections are a Service targeted as a ParentRef of the Route.',
      'For Services, that means the Service must either be in the same namespace for a "producer" route, or the mesh implementation must support and allow "consumer" routes for the referenced Service.',
      'ReferenceGrant is not applicable for governing ParentRefs to Services - it is not possible to create a "producer" route for a Service in a different namespace from the Route.',
      "The API object must be valid in the cluster; the Group and Kind must be registered in the cluster for this reference to be valid.",
      'To set the core API group (such as for a "Service" kind referent), Group must be explicitly set to "" (empty string).',
      "Implementations MAY choose to support other parent resources.",
      "Implementations supporting other types of parent resources MUST clearly document how/if Port is interpreted.",
      "Implementations MAY choose to support attaching Routes to other resources.",
      "If that is the case, they MUST clearly document how SectionName is interpreted.",
      "ParentReference identifies an API object (usually a Gateway) that can be considered a parent of this resource (usually a route).",
    ],
    async prove() {
      for (
        const parent of [
          '{ group: "", kind: Service, name: a, port: 80 }',
          '{ group: "", kind: Service, name: a, namespace: other }',
          '{ group: "", kind: Gateway, name: gw }',
          "{ group: example.com, kind: Mesh, name: gw, sectionName: http }",
        ]
      ) {
        const made = await toParents(parent);
        assertEquals([made.problems, made.parents("r")], [[], []], parent);
        assertEquals(goesTo(made, "GET a.test/"), ["404"], parent);
      }
      // All of the Gateway's listeners, in the route's own namespace.
      const whole = "group: gateway.networking.k8s.io, kind: Gateway, namespace: default, name: gw";
      for (const parent of [`{ ${whole} }`, "{ name: gw }"]) {
        const made = await toParents(parent);
        assertEquals(goesTo(made, "GET a.test/"), ["a"], parent);
        assertEquals(made.ask("GET a.test/", { port: 8080 }).to, "a", parent);
      }
    },
  },
  {
    name: "parentRefs that cannot be told apart are refused on creation",
    quotes: [
      "ParentRefs must be _distinct_.",
      "In terms of fields, this means that the multi-part key defined by `group`, `kind`, `namespace`, and `name` must be unique across all parentRef entries in the Route.",
      "If one ParentRef sets a combination of optional fields, all must set the same combination.",
      "If one ParentRef sets `sectionName`, all ParentRefs referencing the same object must also set `sectionName`.",
      "If one ParentRef sets `port`, all ParentRefs referencing the same object must also set `port`.",
      "If one ParentRef sets `sectionName` and `port`, all ParentRefs referencing the same object must also set `sectionName` and `port`.",
    ],
    async prove() {
      const words = /sectionName or port must be/;
      await refused("{ name: gw }, { name: gw }", words);
      await refused("{ name: gw, sectionName: http }, { name: gw }", words);
      await refused("{ name: gw, port: 80 }, { name: gw }", words);
      await refused("{ name: gw, port: 80, sectionName: http }, { name: gw, port: 80 }", words);
      await refused(
        "{ name: gw, sectionName: http, port: 80 }, { name: gw, sectionName: http, port: 80 }",
        words,
      );
    },
  },
  {
    name: "parentRefs to two listeners of one Gateway have an entry each",
    quotes: [
      "They do not select different objects, but for each optional field used, each ParentRef that selects the same object must set the same set of optional fields to different values.",
    ],
    async prove() {
      const made = await toParents(
        "{ name: gw, sectionName: http }, { name: gw, sectionName: alt }",
      );
      assertEquals(made.problems, []);
      assertEquals(made.parents("r").map(({ parentRef }) => parentRef.sectionName), [
        "http",
        "alt",
      ]);
      assertEquals([made.ask("GET a.test/").to, made.ask("GET a.test/", { port: 8080 }).to], [
        "a",
        "a",
      ]);
    },
  },
  {
    name: "Gateways that share a port are served as one, with the routes of both",
    quotes: [
      "For example, some implementations may choose to merge compatible Gateway Listeners together.",
      "If that is the case, the list of routes attached to those resources should also be merged.",
    ],
    async prove() {
      const made = await world(
        gateway("{ name: http, protocol: HTTP, port: 80, hostname: a.test }", "name: one"),
        gateway("{ name: http, protocol: HTTP, port: 80, hostname: b.test }", "name: two"),
        route("name: r1", `rules: [${to("a")}]`, "{ name: one }"),
        route("name: r2", `rules: [${to("b")}]`, "{ name: two }"),
      );
      assertEquals(goesTo(made, "GET a.test/", "GET b.test/", "GET c.test/"), ["a", "b", "404"]);
      assertEquals([made.attachedRoutes("one", "http"), made.attachedRoutes("two", "http")], [
        1,
        1,
      ]);
    },
  },
  {
    name: "a port attaches to the listeners of that port alone, whatever their names",
    quotes: [
      "It's not recommended to set `Port` unless the networking behaviors specified in a Route must apply to a specific port as opposed to a listener(s) whose port(s) may be changed.",
    ],
    async prove() {
      const made = await toParents("{ name: gw, port: 8080 }");
      assertEquals([made.ask("GET a.test/").to, made.ask("GET a.test/", { port: 8080 }).to], [
        "404",
        "a",
      ]);
    },
  },
  {
    name: "a port and a sectionName have to name the same listener",
    quotes: [
      "In the following resources, SectionName is interpreted as the following: Gateway: Listener name.",
      "In the following resources, SectionName is interpreted as the following: When both Port (experimental) and SectionName are specified, the name and port of the selected listener must match both specified values.",
      "When both Port and SectionName are specified, the name and port of the selected listener must match both specified values.",
      "When both Port (experimental) and SectionName are specified, the name and port of the selected port must match both specified values.",
    ],
    async prove() {
      const good = await toParents("{ name: gw, port: 8080, sectionName: alt }");
      assertEquals(good.condition("r", ACCEPTED), "True Accepted");
      const bad = await toParents("{ name: gw, port: 8080, sectionName: http }");
      assertEquals(bad.condition("r", ACCEPTED), "False NoMatchingParent");
      assertEquals(bad.ask("GET a.test/", { port: 8080 }).to, "404");
    },
  },
  {
    name: "one listener of two that takes the route is enough, and serves it alone",
    quotes: [
      "For the purpose of status, an attachment is considered successful as long as the parent resource accepts it partially.",
      "If 1 of 2 Gateway listeners accept attachment from the referencing Route, the Route MUST be considered successfully attached.",
      "For the purpose of status, an attachment is considered successful if at least one section in the parent resource accepts it.",
    ],
    async prove() {
      const made = await world(
        gateway(`${HTTP_80}, { name: alt, protocol: HTTP, port: 8080, hostname: other.test }`),
        route("name: r", `hostnames: [a.test], rules: [${to("a")}]`),
      );
      // The first has no hostname, the second another one.
      assertEquals(made.condition("r", ACCEPTED), "True Accepted");
      assertEquals([made.ask("GET a.test/").to, made.ask("GET a.test/", { port: 8080 }).to], [
        "a",
        "404",
      ]);
      assertEquals([made.attachedRoutes("gw", "http"), made.attachedRoutes("gw", "alt")], [1, 0]);
    },
  },
  {
    name: "a route that no listener takes is detached from the Gateway",
    quotes: [
      "If no Gateway listeners accept attachment from this Route, the Route MUST be considered detached from the Gateway.",
    ],
    async prove() {
      const grpcOnly = "allowedRoutes: { kinds: [{ kind: GRPCRoute }] }";
      const made = await world(
        gateway(`${HTTP_80}`),
        gateway(`{ name: http, protocol: HTTP, port: 8080, ${grpcOnly} }`, "name: grpc"),
        route("name: r", `rules: [${to("a")}]`, "{ name: grpc }"),
      );
      assertEquals(made.condition("r", ACCEPTED), "False NotAllowedByListeners");
      assertEquals(made.attachedRoutes("grpc", "http"), 0);
    },
  },
];
