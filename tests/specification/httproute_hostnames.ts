// HTTPRoute hostnames: the specification's sentences, and what shows that they hold.

import { assertEquals, assertMatch } from "../assert.ts";
import type { SentenceCase } from "./cases.ts";
import { ACCEPTED, gateway, goesTo, route, to, world } from "./world.ts";

const withHost = (hostname: string) =>
  world(gateway(), route("name: r", `hostnames: ["${hostname}"], rules: [${to("a")}]`));

export const HOSTNAMES: readonly SentenceCase[] = [
  {
    name: "the Host header selects the route without its port, and goes on as it came",
    quotes: [
      "Hostnames defines a set of hostnames that should match against the HTTP Host header to select a HTTPRoute used to process the request.",
      "Implementations MUST ignore any port value specified in the HTTP Host header while performing a match and (absent of any applicable header modification configuration) MUST forward this header unmodified to the backend.",
    ],
    async prove() {
      const made = await withHost("shop.test");
      const lines = ["GET shop.test/", "GET shop.test:8080/", "GET other.test/"];
      assertEquals(goesTo(made, ...lines), ["a", "a", "404"]);
      assertEquals(made.ask("GET Shop.test:8080/").authority, "Shop.test:8080");
    },
  },
  {
    name: "an IP address as hostname makes the route invalid, and a listener",
    quotes: ["IPs are not allowed."],
    async prove() {
      const made = await withHost("192.0.2.1");
      assertEquals(made.condition("r", ACCEPTED), "False UnsupportedValue");
      assertMatch(
        made.message("r", ACCEPTED),
        /spec\.hostnames\[0\] 192\.0\.2\.1 is an IP address/,
      );
      assertEquals(goesTo(made, "GET 192.0.2.1/"), ["404"]);
      const listener = "{ name: http, protocol: HTTP, port: 80, hostname: 192.0.2.1 }";
      const refused = (await world(gateway(listener))).listener("gw", "http", ACCEPTED);
      assertEquals(refused, "False UnsupportedValue");
    },
  },
  {
    name: "a wildcard anywhere but alone as the first label is refused on creation",
    quotes: [
      "Hostnames that are prefixed with a wildcard label (`*.`) are interpreted as a suffix match.",
      "That means that a match for `*.example.com` would match both `test.example.com`, and `foo.test.example.com`, but not `example.com`.",
      "The wildcard label must appear by itself as the first label.",
    ],
    async prove() {
      for (const hostname of ["a.*.test", "*a.test", "*", "*.*.test"]) {
        assertMatch((await withHost(hostname)).problems.join(), /spec\.hostnames\[0\]/, hostname);
      }
      const made = await withHost("*.shop.test");
      const lines = ["GET a.shop.test/", "GET a.b.shop.test/", "GET shop.test/"];
      assertEquals(goesTo(made, ...lines), ["a", "a", "404"]);
    },
  },
  {
    name: "labels of other characters are refused on creation",
    quotes: [
      "Note that as per RFC1035 and RFC1123, a *label* must consist of lower case alphanumeric characters or '-', and must start and end with an alphanumeric character.",
    ],
    async prove() {
      for (const hostname of ["under_score.test", "-a.test", "a-.test", "UPPER.test"]) {
        assertMatch((await withHost(hostname)).problems.join(), /spec\.hostnames\[0\]/, hostname);
      }
      assertEquals((await withHost("a-1.b2.test")).problems, []);
    },
  },
  {
    name: "without a hostname in common with a listener the route is not accepted",
    quotes: [
      "If both the Listener and HTTPRoute have specified hostnames, and none match with the criteria above, then the HTTPRoute is not accepted.",
      "If a hostname is specified by both the Listener and HTTPRoute, there must be at least one intersecting hostname for the HTTPRoute to be attached to the Listener.",
      "The implementation must raise an 'Accepted' Condition with a status of `False` in the corresponding RouteParentStatus.",
    ],
    async prove() {
      const listener = "{ name: http, protocol: HTTP, port: 80, hostname: a.test }";
      const made = await world(
        gateway(listener),
        route("name: r", `hostnames: [b.test], rules: [${to("a")}]`),
      );
      assertEquals(made.condition("r", ACCEPTED), "False NoMatchingListenerHostname");
      assertEquals(goesTo(made, "GET b.test/", "GET a.test/"), ["404", "404"]);
    },
  },
  {
    name: "a listener takes the routes that state no hostname, and those that have one in common",
    quotes: [
      "A Listener with `test.example.com` as the hostname matches HTTPRoutes that have either not specified any hostnames, or have specified at least one of `test.example.com` or `*.example.com`.",
      "A Listener with `*.example.com` as the hostname matches HTTPRoutes that have either not specified any hostnames or have specified at least one hostname that matches the Listener hostname.",
      "For example, `*.example.com`, `test.example.com`, and `foo.test.example.com` would all match.",
      "On the other hand, `example.com` and `test.example.net` would not match.",
    ],
    async prove() {
      const accepted = async (listener: string, hostnames: string) => {
        const made = await world(
          gateway(`{ name: http, protocol: HTTP, port: 80, hostname: "${listener}" }`),
          route("name: r", `${hostnames}rules: [${to("a")}]`),
        );
        return made.condition("r", ACCEPTED) === "True Accepted";
      };
      const all = ["*.example.com", "test.example.com", "foo.test.example.com"];
      const none = ["example.com", "test.example.net"];
      for (const listener of ["*.example.com", "test.example.com"]) {
        assertEquals(await accepted(listener, ""), true, listener);
        const fitting = listener === "test.example.com" ? all.slice(0, 2) : all;
        for (const hostname of [...all, ...none]) {
          const taken = await accepted(listener, `hostnames: ["${hostname}"], `);
          assertEquals(taken, fitting.includes(hostname), `${listener} and ${hostname}`);
        }
      }
    },
  },
  {
    name: "hostnames that the listener does not have are ignored, the others are served",
    quotes: [
      "If both the Listener and HTTPRoute have specified hostnames, any HTTPRoute hostnames that do not match the Listener hostname MUST be ignored.",
      "For example, if a Listener specified `*.example.com`, and the HTTPRoute specified `test.example.com` and `test.example.net`, `test.example.net` must not be considered for a match.",
    ],
    async prove() {
      const made = await world(
        gateway('{ name: http, protocol: HTTP, port: 80, hostname: "*.example.com" }'),
        route("name: r", `hostnames: [test.example.com, test.example.net], rules: [${to("a")}]`),
      );
      assertEquals(made.condition("r", ACCEPTED), "True Accepted");
      assertEquals(goesTo(made, "GET test.example.com/", "GET test.example.net/"), ["a", "404"]);
    },
  },
  {
    name: "the more specific hostname wins before any match is compared",
    quotes: [
      "In the event that multiple HTTPRoutes specify intersecting hostnames (e.g. overlapping wildcard matching and exact matching hostnames), precedence must be given to rules from the HTTPRoute with the largest number of: Characters in a matching non-wildcard hostname.",
      "In the event that multiple HTTPRoutes specify intersecting hostnames (e.g. overlapping wildcard matching and exact matching hostnames), precedence must be given to rules from the HTTPRoute with the largest number of: Characters in a matching hostname.",
    ],
    async prove() {
      const strong = "path: { type: Exact, value: /x }, method: GET";
      const made = await world(
        gateway(),
        route("name: wide", `hostnames: ["*.example.com"], rules: [${to("a", strong)}]`),
        route("name: narrow", `hostnames: ["*.shop.example.com"], rules: [${to("b")}]`),
        route("name: exact", `hostnames: [x.example.com], rules: [${to("c")}]`),
      );
      assertEquals(
        goesTo(made, "GET x.example.com/x", "GET x.shop.example.com/x", "GET y.example.com/x"),
        ["c", "b", "a"],
      );
    },
  },
  {
    name: "routes of one hostname are told apart by their matches",
    quotes: [
      "If ties exist across multiple Routes, the matching precedence rules for HTTPRouteMatches takes over.",
    ],
    async prove() {
      const made = await world(
        gateway(),
        route("name: one", `hostnames: [a.test], rules: [${to("a")}]`),
        route("name: two", `hostnames: [a.test], rules: [${to("b", "path: { value: /cart }")}]`),
      );
      assertEquals(goesTo(made, "GET a.test/cart", "GET a.test/"), ["b", "a"]);
    },
  },
];
