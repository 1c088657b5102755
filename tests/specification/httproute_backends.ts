// HTTPRoute backendRefs: the specification's sentences, and what shows that they hold.

import { assertEquals, assertMatch } from "../assert.ts";
import type { SentenceCase } from "./cases.ts";
import { ACCEPTED, gateway, goesTo, RESOLVED, route, service, type World, world } from "./world.ts";

const DRAWS = 1000;

/** How many of a thousand evenly spread draws go where. */
function shares(made: World, line = "GET a.test/"): Record<string, number> {
  const counts: Record<string, number> = {};
  for (let i = 0; i < DRAWS; i++) {
    const { to } = made.ask(line, { draw: (i + 0.5) / DRAWS });
    counts[to] = (counts[to] ?? 0) + 1;
  }
  return counts;
}

const withBackends = (backends: string, ...more: string[]) =>
  world(gateway(), route("name: r", `rules: [{ backendRefs: [${backends}] }]`), ...more);

const withProtocol = (appProtocol: string) =>
  withBackends("{ name: p, port: 80 }", service("p", appProtocol && `appProtocol: ${appProtocol}`));

const EMPTY = `apiVersion: v1
kind: Service
metadata: { name: empty }
spec: { ports: [{ port: 80 }] }
`;

export const BACKENDS: readonly SentenceCase[] = [
  {
    name: "matching requests go to the backend that the rule names, a Service unless it says else",
    quotes: [
      "When unspecified, the local namespace is inferred.",
      "Backends specify where matching requests should be routed.",
      "BackendRefs defines the backend(s) where matching requests should be sent.",
      'Defaults to "Service" when not specified.',
    ],
    async prove() {
      const made = await withBackends("{ name: a, port: 80 }");
      assertEquals(goesTo(made, "GET a.test/"), ["a"]);
      assertEquals(made.condition("r", RESOLVED), "True ResolvedRefs");
    },
  },
  {
    name: "all backends invalid: every request is answered 500",
    quotes: [
      "If *all* entries in BackendRefs are invalid, and there are also no filters specified in this route rule, *all* traffic which matches this rule MUST receive a 500 status code.",
      "When a HTTPBackendRef is invalid, 500 status codes MUST be returned for requests that would have otherwise been routed to an invalid backend.",
    ],
    async prove() {
      const made = await withBackends("{ name: gone, port: 80 }, { name: a, port: 81 }");
      assertEquals(shares(made), { 500: DRAWS });
      assertEquals(made.condition("r", RESOLVED), "False BackendNotFound");
      assertEquals(made.condition("r", ACCEPTED), "True Accepted");
    },
  },
  {
    name: "an invalid backend keeps its share, and answers it 500",
    quotes: [
      "If multiple backends are specified, and some are invalid, the proportion of requests that would otherwise have been routed to an invalid backend MUST receive a 500 status code.",
      "For example, if two backends are specified with equal weights, and one is invalid, 50 percent of traffic must receive a 500.",
      "Implementations may choose how that 50 percent is determined.",
    ],
    async prove() {
      const half = await withBackends("{ name: a, port: 80 }, { name: gone, port: 80 }");
      assertEquals(shares(half), { a: DRAWS / 2, 500: DRAWS / 2 });
      const most = await withBackends(
        "{ name: a, port: 80, weight: 1 }, { name: gone, port: 80, weight: 9 }",
      );
      assertEquals(shares(most), { a: DRAWS / 10, 500: 9 * DRAWS / 10 });
    },
  },
  {
    name: "a Service without ready endpoints answers its share 503",
    quotes: [
      "When a HTTPBackendRef refers to a Service that has no ready endpoints, implementations SHOULD return a 503 for requests to that backend instead.",
      "If an implementation chooses to do this, all of the above rules for 500 responses MUST also apply for responses that return a 503.",
    ],
    async prove() {
      assertEquals(shares(await withBackends("{ name: empty, port: 80 }", EMPTY)), { 503: DRAWS });
      const half = await withBackends("{ name: a, port: 80 }, { name: empty, port: 80 }", EMPTY);
      assertEquals(shares(half), { a: DRAWS / 2, 503: DRAWS / 2 });
    },
  },
  {
    name: "a Service of another namespace needs a ReferenceGrant there",
    quotes: [
      "Note that when a namespace different than the local namespace is specified, a ReferenceGrant object is required in the referent namespace to allow that namespace's owner to accept the reference.",
    ],
    async prove() {
      const ref = "{ name: far, namespace: other, port: 80 }";
      const far = service("far", "", "other");
      const without = await withBackends(ref, far);
      assertEquals(without.condition("r", RESOLVED), "False RefNotPermitted");
      assertEquals(goesTo(without, "GET a.test/"), ["500"]);
      const granted = await withBackends(
        ref,
        far,
        `apiVersion: gateway.networking.k8s.io/v1
kind: ReferenceGrant
metadata: { name: g, namespace: other }
spec:
  from: [{ group: gateway.networking.k8s.io, kind: HTTPRoute, namespace: default }]
  to: [{ group: "", kind: Service }]
`,
      );
      assertEquals(granted.condition("r", RESOLVED), "True ResolvedRefs");
      assertEquals(goesTo(granted, "GET a.test/"), ["other/far"]);
    },
  },
  {
    name: "appProtocol is honoured; without one it is HTTP, as the route's kind says",
    quotes: [
      "When the BackendRef points to a Kubernetes Service, implementations SHOULD honor the appProtocol field if it is set for the target Service Port.",
      "Implementations supporting appProtocol SHOULD recognize the Kubernetes Standard Application Protocols defined in KEP-3726.",
      "If a Service appProtocol isn't specified, an implementation MAY infer the backend protocol through its own means.",
      "Implementations MAY infer the protocol from the Route type referring to the backend Service.",
    ],
    async prove() {
      for (const known of ["", "http", "kubernetes.io/ws"]) {
        const made = await withProtocol(known);
        assertEquals(made.condition("r", RESOLVED), "True ResolvedRefs", known);
        assertEquals(goesTo(made, "GET a.test/"), ["p"], known);
      }
      // Recognised, and never spoken to in the clear by mistake.
      const made = await withProtocol("kubernetes.io/wss");
      assertMatch(made.message("r", RESOLVED), /appProtocol kubernetes\.io\/wss is not supported/);
    },
  },
  {
    name: "a protocol that is not spoken makes the backend invalid",
    quotes: [
      "If a Route is not able to send traffic to the backend using the specified protocol then the backend is considered invalid.",
      'Implementations MUST set the "ResolvedRefs" condition to "False" with the "UnsupportedProtocol" reason.',
    ],
    async prove() {
      for (const unknown of ["kubernetes.io/wss", "https", "example.com/own"]) {
        const made = await withProtocol(unknown);
        assertEquals(made.condition("r", RESOLVED), "False UnsupportedProtocol", unknown);
        assertEquals(goesTo(made, "GET a.test/"), ["500"], unknown);
      }
    },
  },
  {
    name: "a backend's filters run for requests to that backend, and no others",
    quotes: [
      "Filters defined at this level should be executed if and only if the request is being forwarded to the backend defined here.",
    ],
    async prove() {
      const filter = "{ type: RequestHeaderModifier, requestHeaderModifier: " +
        "{ set: [{ name: x-backend, value: a }] } }";
      const made = await withBackends(
        `{ name: a, port: 80, filters: [${filter}] }, { name: b, port: 80 }`,
      );
      const [first, second] = [0, 0.5].map((draw) => made.ask("GET a.test/", { draw }));
      assertEquals([first.to, first.fields], ["a", [["x-backend", "a"]]]);
      assertEquals([second.to, second.fields], ["b", []]);
    },
  },
  {
    name: "a Service of type ExternalName is an invalid backend",
    quotes: [
      "They also may not be safe to forward to (see CVE-2021-25740 for more information).",
      "Implementations SHOULD NOT support ExternalName Services.",
    ],
    async prove() {
      const made = await withBackends(
        "{ name: ext, port: 80 }",
        `apiVersion: v1
kind: Service
metadata: { name: ext }
spec: { type: ExternalName, externalName: example.com, ports: [{ port: 80 }] }
`,
      );
      assertEquals(made.condition("r", RESOLVED), "False InvalidKind");
      assertEquals(goesTo(made, "GET a.test/"), ["500"]);
    },
  },
  {
    name: "a reference to a Service without a port is refused on creation",
    quotes: ["Port is required when the referent is a Kubernetes Service."],
    async prove() {
      const made = await withBackends("{ name: a }");
      assertMatch(made.problems.join(), /Must have port for Service reference/);
      assertEquals(made.parents("r"), []);
    },
  },
  {
    name: "weights are shares; 0 is none, and one that is left out is 1",
    quotes: [
      "Weight specifies the proportion of requests forwarded to the referenced backend.",
      "If only one backend is specified and it has a weight greater than 0, 100% of the traffic is forwarded to that backend.",
      "If weight is set to 0, no traffic should be forwarded for this entry.",
      "If unspecified, weight defaults to 1.",
    ],
    async prove() {
      const three = await withBackends(
        "{ name: a, port: 80, weight: 7 }, { name: b, port: 80, weight: 2 }, { name: c, port: 80 }",
      );
      assertEquals(shares(three), { a: 700, b: 200, c: 100 });
      const none = await withBackends("{ name: a, port: 80, weight: 0 }, { name: b, port: 80 }");
      assertEquals(shares(none), { b: DRAWS });
      assertEquals(shares(await withBackends("{ name: a, port: 80, weight: 3 }")), { a: DRAWS });
      const zero = await withBackends("{ name: a, port: 80, weight: 0 }");
      assertEquals(shares(zero), { 500: DRAWS });
    },
  },
];
