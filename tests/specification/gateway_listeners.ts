// A Gateway's listeners and the routes that they take: the specification's sentences, and what shows
// that they hold.

import { supportsFeature } from "../../src/gatewayapi/supported_features.ts";
import { assertEquals, assertMatch } from "../assert.ts";
import {
  freePort,
  routeYaml,
  serviceYaml,
  startEcho,
  startGateway,
} from "../integration/gateway_harness.ts";
import { makePair, secretYaml } from "../integration/certificates.ts";
import { openTls, statusOf } from "../integration/tls_client.ts";
import { gatewayYaml as httpsGatewayYaml } from "../integration/tls_stage.ts";
import type { SentenceCase } from "./cases.ts";
import {
  ACCEPTED,
  gateway,
  goesTo,
  HTTP_80,
  RESOLVED,
  route,
  to,
  unvalidated,
  world,
} from "./world.ts";

const CONFLICTED = "Conflicted";

const listener = (name: string, port: number, more = "", protocol = "HTTP") =>
  `{ name: ${name}, protocol: ${protocol}, port: ${port}${more === "" ? "" : `, ${more}`} }`;
const forHost = (name: string, hostname: string) => listener(name, 80, `hostname: "${hostname}"`);
const toSection = (name: string, service: string) =>
  route(`name: ${name}`, `rules: [${to(service)}]`, `{ name: gw, sectionName: ${name} }`);

const withSelector = (from: string, selector: string) =>
  world(
    gateway(listener("http", 80, `allowedRoutes: { namespaces: { from: ${from}${selector} } }`)),
    `apiVersion: v1
kind: Namespace
metadata: { name: far, labels: { team: red } }
`,
    route("name: r, namespace: far", "rules: [{}]", "{ name: gw, namespace: default }"),
  );

/** Three listeners for hosts, from the most to the least specific, and one for every other. */
const byHost = () =>
  world(
    gateway(
      [
        forHost("any", ""),
        forHost("wide", "*.example.com"),
        forHost("narrow", "*.foo.example.com"),
        forHost("exact", "foo.example.com"),
      ].join(", ").replace(', hostname: ""', ""),
    ),
    toSection("any", "a"),
    toSection("wide", "b"),
    toSection("narrow", "c"),
    route(
      "name: exact",
      `rules: [${to("a", "path: { value: /only }")}]`,
      "{ name: gw, sectionName: exact }",
    ),
  );

/** Two listeners that are the same, and one that is not. */
const conflicting = () =>
  world(
    gateway(
      `${forHost("one", "a.test")}, ${forHost("two", "a.test")}, ${forHost("free", "b.test")}`,
    ),
    route("name: r", `rules: [${to("a")}]`),
  );

export const LISTENERS: readonly SentenceCase[] = [
  {
    name: "a Gateway needs a listener, and names of its listeners are unique",
    quotes: [
      "At least one Listener MUST be specified.",
      "In a future release the MinItems=1 requirement MAY be dropped.",
      "This name MUST be unique within a Gateway.",
    ],
    async prove() {
      assertMatch((await world(gateway(""))).problems.join(), /spec\.listeners/);
      const twice = await world(gateway(`${listener("x", 80)}, ${listener("x", 81)}`));
      assertMatch(twice.problems.join(), /Listener name must be unique within the Gateway/);
    },
  },
  {
    name:
      "listeners of one port and protocol differ in their hostnames, on creation and in the status",
    quotes: [
      "Each Listener in a set of Listeners (for example, in a single Gateway) MUST be _distinct_, in that a traffic flow MUST be able to be assigned to exactly one listener.",
      "Practically, this means that each listener in a set MUST have a unique combination of Port, Protocol, and, if supported by the protocol, Hostname.",
      "**The implementation can match inbound requests to a single distinct Listener**.",
      "When multiple Listeners share values for fields (for example, two Listeners with the same Port value), the implementation can match requests to only one of the Listeners using other Listener fields.",
      "When multiple listeners have the same value for the Protocol field, then each of the Listeners with matching Protocol values MUST have different values for other fields.",
      "The set of fields that MUST be different for a Listener differs per protocol.",
      "The following rules define the rules for what fields MUST be considered for Listeners to be distinct with each protocol currently defined in the Gateway API spec.",
      "The set of listeners that all share a protocol value MUST have _different_ values for _at least one_ of these fields to be distinct: **HTTP, HTTPS, TLS**: Port, Hostname",
      "A Gateway's Listeners are considered _compatible_ if: They are distinct.",
    ],
    async prove() {
      const document = gateway(`${forHost("one", "a.test")}, ${forHost("two", "a.test")}`);
      const words = /Combination of port, protocol and hostname must be unique for each listener/;
      assertMatch((await world(document)).problems.join(), words);
      const made = await world(
        gateway(
          `${forHost("one", "a.test")}, ${forHost("two", "b.test")}, ${listener("three", 81)}`,
        ),
      );
      for (const name of ["one", "two", "three"]) {
        assertEquals(made.listener("gw", name, CONFLICTED), "False NoConflicts");
        assertEquals(made.listener("gw", name, ACCEPTED), "True Accepted");
      }
    },
  },
  {
    name: "the rules hold across Gateways that share an address: the older keeps what both want",
    quotes: [
      '(This section uses "set of Listeners" rather than "Listeners in a single Gateway" because implementations MAY merge configuration from multiple Gateways onto a single data plane, and these rules _also_ apply in that case).',
      "A Gateway's Listeners are considered _compatible_ if: The implementation can serve them in compliance with the Addresses requirement that all Listeners are available on all assigned addresses.",
      "A combination that is compatible for one implementation may not be compatible for another.",
      "Implementations MAY merge separate Gateways onto a single set of Addresses if all Listeners across all Gateways are compatible.",
    ],
    async prove() {
      const old = 'name: old, creationTimestamp: "2026-01-01T00:00:00Z"';
      const young = 'name: young, creationTimestamp: "2026-01-02T00:00:00Z"';
      const made = await world(
        gateway(forHost("http", "a.test"), young),
        gateway(`${forHost("http", "a.test")}, ${forHost("own", "b.test")}`, old),
      );
      assertEquals(made.listener("old", "http", ACCEPTED), "True Accepted");
      assertEquals(made.listener("young", "http", ACCEPTED), "False PortUnavailable");
    },
  },
  {
    name: "HTTP listeners on their ports are served, whichever ports they are",
    quotes: [
      "Some combinations of port, protocol, and TLS settings are considered Core support and MUST be supported by implementations based on the objects they support:",
    ],
    async prove() {
      const made = await world(
        gateway(`${HTTP_80}, ${listener("other", 8080)}`),
        route("name: r", `rules: [${to("a")}]`),
      );
      assertEquals([made.ask("GET a.test/").to, made.ask("GET a.test/", { port: 8080 }).to], [
        "a",
        "a",
      ]);
    },
  },
  {
    name: "TCP and UDP listeners are not accepted, and take no port from others",
    quotes: [
      "The set of listeners that all share a protocol value MUST have _different_ values for _at least one_ of these fields to be distinct: **TCP, UDP**: Port",
      "In this case all the Listeners that share a port with the TCP Listener are not distinct and so MUST NOT be accepted.",
      "If an implementation does not support TCP Protocol Listeners, then the previous rule does not apply, and the TCP Listeners SHOULD NOT be accepted.",
      "This field is ignored for protocols that don't require hostname based matching.",
    ],
    async prove() {
      const made = await world(
        gateway(`${listener("tcp", 80, "", "TCP")}, ${listener("udp", 80, "", "UDP")}, ${HTTP_80}`),
        route("name: r", `rules: [${to("a")}]`),
      );
      assertEquals(made.listener("gw", "tcp", ACCEPTED), "False UnsupportedProtocol");
      assertEquals(made.listener("gw", "udp", ACCEPTED), "False UnsupportedProtocol");
      assertEquals(made.listener("gw", "http", ACCEPTED), "True Accepted");
      assertEquals(goesTo(made, "GET a.test/"), ["a"]);
    },
  },
  {
    name: "the listener with the most specific hostname takes a request, and no other",
    quotes: [
      "When unspecified, all hostnames are matched.",
      "Hostnames that are prefixed with a wildcard label (`*.`) are interpreted as a suffix match.",
      "That means that a match for `*.example.com` would match both `test.example.com`, and `foo.test.example.com`, but not `example.com`.",
      "When the Listeners are distinct based only on Hostname, inbound request hostnames MUST match from the most specific to least specific Hostname values to choose the correct Listener and its associated set of Routes.",
      "Exact matches MUST be processed before wildcard matches, and wildcard matches MUST be processed before fallback (empty Hostname value) matches.",
      'For example, `"foo.example.com"` takes precedence over `"*.example.com"`, and `"*.example.com"` takes precedence over `""`.',
      "Additionally, if there are multiple wildcard entries, more specific wildcard entries must be processed before less specific wildcard entries.",
      'For example, `"*.foo.example.com"` takes precedence over `"*.example.com"`.',
      "The precise definition here is that the higher the number of dots in the hostname to the right of the wildcard character, the higher the precedence.",
      "Note that, for all distinct Listeners, requests SHOULD match at most one Listener.",
      'For example, if Listeners are defined for "foo.example.com" and "*.example.com", a request to "foo.example.com" SHOULD only be routed using routes attached to the "foo.example.com" Listener (and not the "*.example.com" Listener).',
      "Implementations that do not support Listener Isolation MUST clearly document this, and MUST NOT claim support for the `GatewayHTTPListenerIsolation` feature.",
      "Implementations that _do_ support Listener Isolation SHOULD claim support for the Extended `GatewayHTTPListenerIsolation` feature and pass the associated conformance tests.",
      "Implementations MUST apply Hostname matching appropriately for each of the following protocols: HTTP: The Listener Hostname MUST match the Host header of the request.",
    ],
    async prove() {
      const made = await byHost();
      assertEquals(
        goesTo(
          made,
          "GET foo.example.com/only",
          "GET foo.example.com/",
          "GET x.foo.example.com/",
          "GET x.example.com/",
          "GET example.com/",
          "GET Foo.Example.com:80/only",
        ),
        // The exact listener's routes lack the second: listeners are isolated.
        ["a", "404", "c", "b", "a", "a"],
      );
      assertEquals(supportsFeature("GatewayHTTPListenerIsolation"), true);
    },
  },
  {
    name: "indistinct listeners are Conflicted, none of them is served, the others are",
    quotes: [
      'If a set of Listeners contains Listeners that are not distinct, then those Listeners are _Conflicted_, and the implementation MUST set the "Conflicted" condition in the Listener Status to "True".',
      'The words "indistinct" and "conflicted" are considered equivalent for the purpose of this documentation.',
      "Implementations MAY choose to accept a Gateway with some Conflicted Listeners only if they only accept the partial Listener set that contains no Conflicted Listeners.",
      "Specifically, an implementation MAY accept a partial Listener set subject to the following rules: The implementation MUST NOT pick one conflicting Listener as the winner.",
      "Specifically, an implementation MAY accept a partial Listener set subject to the following rules: ALL indistinct Listeners must not be accepted for processing.",
      'The implementation MUST set a "ListenersNotValid" condition on the Gateway Status when the Gateway contains Conflicted Listeners whether or not they accept the Gateway.',
      "That Condition SHOULD clearly indicate in the Message which Listeners are conflicted, and which are Accepted.",
      "Additionally, the Listener status for those listeners SHOULD indicate which Listeners are conflicted and not Accepted.",
    ],
    async prove() {
      // Validation keeps them out today; an older CRD may have let them in.
      assertEquals((await conflicting()).problems.length, 1);
      const made = await unvalidated(
        gateway(
          `${forHost("one", "a.test")}, ${forHost("two", "a.test")}, ${forHost("free", "b.test")}`,
        ),
        route("name: r", `rules: [${to("a")}]`),
      );
      for (const name of ["one", "two"]) {
        assertEquals(made.listener("gw", name, CONFLICTED), "True HostnameConflict");
        assertEquals(made.listener("gw", name, ACCEPTED), "False HostnameConflict");
      }
      assertEquals(made.listener("gw", "free", ACCEPTED), "True Accepted");
      const { shown, message } = made.gateway("gw", ACCEPTED);
      assertEquals([shown, message], [
        "True ListenersNotValid",
        "listeners not served: one, two; served: free",
      ]);
      assertEquals(goesTo(made, "GET a.test/", "GET b.test/"), ["404", "a"]);
    },
  },
  {
    name: "a Gateway without a distinct listener is rejected as a whole",
    quotes: [
      "Specifically, an implementation MAY accept a partial Listener set subject to the following rules: At least one distinct Listener MUST be present, or else the Gateway effectively contains _no_ Listeners, and must be rejected from processing as a whole.",
    ],
    async prove() {
      const made = await unvalidated(
        gateway(`${forHost("one", "a.test")}, ${forHost("two", "a.test")}`),
      );
      assertEquals(made.gateway("gw", ACCEPTED).shown, "False ListenersNotValid");
    },
  },
  {
    name: "a request that no listener or route takes is answered 404",
    quotes: [
      "If traffic to a Gateway does not match any Listener's hostname (or if the Listener does not specify a hostname and the request does not match any attached Route), the request MUST be rejected.",
      "The specific mechanism for rejection depends on the protocol: HTTP returns a 404 status code, while gRPC returns an Unimplemented status code.",
    ],
    async prove() {
      const named = await world(gateway(forHost("a", "a.test")), toSection("a", "a"));
      assertEquals(goesTo(named, "GET a.test/", "GET b.test/"), ["a", "404"]);
      const any = await world(
        gateway(),
        route("name: r", `hostnames: [a.test], rules: [${to("a")}]`),
      );
      assertEquals(goesTo(any, "GET a.test/", "GET b.test/"), ["a", "404"]);
    },
  },
  {
    name: "routes of the listener's own namespace are admitted by default, others as it says",
    quotes: [
      "AllowedRoutes defines the types of routes that MAY be attached to a Listener and the trusted namespaces where those Route resources MAY be present.",
    ],
    async prove() {
      const far = route(
        "name: r, namespace: far",
        "rules: [{}]",
        "{ name: gw, namespace: default }",
      );
      const condition = async (namespaces: string) =>
        (await world(gateway(listener("http", 80, namespaces)), far)).condition("far/r", ACCEPTED);
      assertEquals(await condition(""), "False NotAllowedByListeners");
      assertEquals(
        await condition("allowedRoutes: { namespaces: { from: All } }"),
        "True Accepted",
      );
    },
  },
  {
    name: "a selector is needed where it counts, and ignored where it does not",
    quotes: [
      'Selector must be specified when From is set to "Selector".',
      'This field is ignored for other values of "From".',
    ],
    async prove() {
      const selector = (team: string) => `, selector: { matchLabels: { team: ${team} } }`;
      const condition = async (from: string, more: string) =>
        (await withSelector(from, more)).condition("far/r", ACCEPTED);
      assertEquals(await condition("Selector", selector("red")), "True Accepted");
      assertEquals(await condition("Selector", selector("blue")), "False NotAllowedByListeners");
      assertEquals(await condition("All", selector("blue")), "True Accepted");
      assertEquals(await condition("Same", selector("red")), "False NotAllowedByListeners");
      assertEquals(await condition("Selector", ""), "False NotAllowedByListeners");
    },
  },
  {
    name: "expressions of a selector that say nothing or too much select no namespace",
    quotes: [
      "The requirements are ANDed.",
      "If the operator is In or NotIn, the values array must be non-empty.",
      "If the operator is Exists or DoesNotExist, the values array must be empty.",
    ],
    async prove() {
      const condition = async (operator: string, values: string) => {
        const expression = `{ key: team, operator: ${operator}, values: ${values} }`;
        const made = await withSelector(
          "Selector",
          `, selector: { matchExpressions: [${expression}] }`,
        );
        return made.condition("far/r", ACCEPTED);
      };
      assertEquals(await condition("In", "[red, blue]"), "True Accepted");
      const both = "[red] }, { key: team, operator: NotIn, values: [red]";
      assertEquals(await condition("In", both), "False NotAllowedByListeners");
      assertEquals(await condition("NotIn", "[blue]"), "True Accepted");
      assertEquals(await condition("Exists", "[]"), "True Accepted");
      for (
        const [operator, values] of [["In", "[]"], ["NotIn", "[]"], ["Exists", "[red]"], [
          "DoesNotExist",
          "[x]",
        ]]
      ) {
        assertEquals(await condition(operator, values), "False NotAllowedByListeners", operator);
      }
    },
  },
  {
    name: "one rule receives a request: by its match, then the older route, then the name",
    quotes: [
      "Although a client request may match multiple route rules, only one rule may ultimately receive the request.",
      "Matching precedence MUST be determined in order of the following criteria: The most specific match as defined by the Route type.",
      "Matching precedence MUST be determined in order of the following criteria: The oldest Route based on creation timestamp.",
      'Matching precedence MUST be determined in order of the following criteria: For example, a Route with a creation timestamp of "2020-09-08 01:02:03" is given precedence over a Route with a creation timestamp of "2020-09-08 01:02:04".',
      "Matching precedence MUST be determined in order of the following criteria: If everything else is equivalent, the Route appearing first in alphabetical order (namespace/name) should be given precedence.",
      "Matching precedence MUST be determined in order of the following criteria: For example, foo/bar is given precedence over foo/baz.",
    ],
    async prove() {
      const all = "allowedRoutes: { namespaces: { from: All } }";
      const made = await world(
        gateway(listener("http", 80, all)),
        route('name: baz, creationTimestamp: "2020-09-08T01:02:04Z"', `rules: [${to("a")}]`),
        route('name: bar, creationTimestamp: "2020-09-08T01:02:04Z"', `rules: [${to("b")}]`),
        route(
          'name: zoo, creationTimestamp: "2020-09-08T01:02:03Z"',
          `rules: [${to("c", "path: { value: /old }")}]`,
        ),
        route(
          'name: abc, creationTimestamp: "2020-09-08T01:02:04Z"',
          `rules: [${to("a", "path: { value: /old }")}, ${to("b", "path: { value: /old/x }")}]`,
        ),
      );
      assertEquals(goesTo(made, "GET a.test/", "GET a.test/old", "GET a.test/old/x"), [
        "b",
        "c",
        "b",
      ]);
    },
  },
  {
    name: "valid rules are served beside invalid ones, and a rule that becomes invalid no longer",
    quotes: [
      "All valid rules within a Route attached to this Listener should be implemented.",
      "Invalid Route rules can be ignored (sometimes that will mean the full Route).",
      "If a Route rule transitions from valid to invalid, support for that Route rule should be dropped to ensure consistency.",
      "For example, even if a filter specified by a Route rule is invalid, the rest of the rules within that Route should still be supported.",
    ],
    async prove() {
      const good = to("a");
      const rule = (filter: string) => to("b", "path: { value: /b }", filter);
      const before = await world(gateway(), route("name: r", `rules: [${good}, ${rule("")}]`));
      assertEquals(goesTo(before, "GET a.test/", "GET a.test/b"), ["a", "b"]);
      const mirror =
        "filters: [{ type: RequestMirror, requestMirror: { backendRef: { name: a, port: 80 } } }]";
      const after = await world(gateway(), route("name: r", `rules: [${good}, ${rule(mirror)}]`));
      assertEquals(goesTo(after, "GET a.test/", "GET a.test/b"), ["a", "500"]);
    },
  },
  {
    name: "kinds that do not fit the protocol are told in ResolvedRefs, those that do are served",
    quotes: [
      "A RouteGroupKind MUST correspond to kinds of Routes that are compatible with the application protocol specified in the Listener's Protocol field.",
      'If an implementation does not support or recognize this resource type, it MUST set the "ResolvedRefs" condition to False for this Listener with the "InvalidRouteKinds" reason.',
    ],
    async prove() {
      const kinds = (list: string) => listener("http", 80, `allowedRoutes: { kinds: [${list}] }`);
      const made = await world(
        gateway(kinds("{ kind: TCPRoute }, { kind: HTTPRoute }")),
        route("name: r", `rules: [${to("a")}]`),
      );
      assertEquals(made.listener("gw", "http", RESOLVED), "False InvalidRouteKinds");
      assertEquals(goesTo(made, "GET a.test/"), ["a"]);
      const unknown = await world(gateway(kinds("{ group: example.com, kind: HTTPRoute }")));
      assertEquals(unknown.listener("gw", "http", RESOLVED), "False InvalidRouteKinds");
    },
  },
  {
    name: "a route is accepted where it has a hostname in common with the listener",
    quotes: [
      "When both listener and route specify hostnames, there MUST be an intersection between the values for a Route to be accepted.",
    ],
    async prove() {
      const condition = async (hostname: string) =>
        (await world(
          gateway(forHost("http", "*.example.com")),
          route("name: r", `hostnames: ["${hostname}"], rules: [${to("a")}]`),
        )).condition("r", ACCEPTED);
      for (const common of ["a.example.com", "*.example.com", "*.b.example.com"]) {
        assertEquals(await condition(common), "True Accepted", common);
      }
      for (const apart of ["example.com", "*.com", "a.example.net"]) {
        const wanted = apart === "*.com" ? "True Accepted" : "False NoMatchingListenerHostname";
        assertEquals(await condition(apart), wanted, apart);
      }
    },
  },
  {
    name: "under TLS the name that is asked for chooses the listener, and Host has to fit it",
    quotes: [
      "Implementations MUST apply Hostname matching appropriately for each of the following protocols: TLS: The Listener Hostname MUST match the SNI.",
      "Implementations MUST apply Hostname matching appropriately for each of the following protocols: HTTPS: The Listener Hostname SHOULD match both the SNI and Host header.",
      "Implementations MUST apply Hostname matching appropriately for each of the following protocols: Note that this does not require the SNI and Host header to be the same.",
      "Implementations MUST apply Hostname matching appropriately for each of the following protocols: The semantics of this are described in more detail below.",
      "To ensure security, Section 11.1 of RFC-6066 emphasizes that server implementations that rely on SNI hostname matching MUST also verify hostnames within the application protocol.",
      "Section 9.1.2 of RFC-7540 provides a mechanism for servers to reject the reuse of a connection by responding with the HTTP 421 Misdirected Request status code.",
      "To detect misdirected requests, Gateways SHOULD match the authority of the requests with all the SNI hostname(s) configured across all the Gateway Listeners on the same port and protocol: If another Listener has an exact match or more specific wildcard entry, the Gateway SHOULD return a 421.",
      "To detect misdirected requests, Gateways SHOULD match the authority of the requests with all the SNI hostname(s) configured across all the Gateway Listeners on the same port and protocol: If the current Listener (selected by SNI matching during ClientHello) does not match the Host:",
      "To detect misdirected requests, Gateways SHOULD match the authority of the requests with all the SNI hostname(s) configured across all the Gateway Listeners on the same port and protocol: If another Listener does match the Host, the Gateway SHOULD return a 421.",
      "To detect misdirected requests, Gateways SHOULD match the authority of the requests with all the SNI hostname(s) configured across all the Gateway Listeners on the same port and protocol: If no other Listener matches the Host, the Gateway MUST return a 404.",
    ],
    async prove() {
      const pairs = await Promise.all(
        ["a.example", "*.w.example", "*.example"].map((name) => makePair(name)),
      );
      const port = freePort();
      const echo = startEcho("one");
      const listeners = ["a", "wild", "wide"].map((name, index) => ({
        name,
        hostname: ["a.example", "*.w.example", "*.example"][index],
        secrets: [name],
      }));
      const yaml = httpsGatewayYaml(port, listeners) + serviceYaml("one", [echo.port]) +
        routeYaml({ name: "r", rules: "[{ backendRefs: [{ name: one, port: 80 }] }]" });
      const secrets = pairs.map((pair, index) => secretYaml(listeners[index].name, pair)).join("");
      const files = { "gate.yaml": yaml, "secrets.yaml": secrets };
      const running = await startGateway(port, files, { RAUTA_WORKERS: "1", RAUTA_FRONT: "wire" });
      try {
        const cases: readonly (readonly [string, string, number])[] = [
          ["a.example", "a.example", 200],
          ["x.w.example", "y.w.example", 200],
          ["b.example", "c.example", 200],
          // Another listener has an exact match, or a more specific wildcard.
          ["b.example", "a.example", 421],
          ["b.example", "x.w.example", 421],
          // The listener does not match the Host, and another one does.
          ["a.example", "b.example", 421],
          // Nor does any other.
          ["a.example", "a.test", 404],
        ];
        for (const [name, host, status] of cases) {
          const client = await openTls(port, name);
          assertEquals([name, host, statusOf(await client.get("/", host))], [name, host, status]);
          client.close();
        }
      } finally {
        await running.stop(200);
        await echo.close();
      }
    },
  },
];
