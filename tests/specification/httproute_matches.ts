// HTTPRoute matches and their precedence: the specification's sentences, and what shows that they hold.

import { assertEquals, assertMatch } from "../assert.ts";
import type { SentenceCase } from "./cases.ts";
import { ACCEPTED, gateway, goesTo, route, to, world } from "./world.ts";

const path = (value: string, type = "PathPrefix") => `path: { type: ${type}, value: "${value}" }`;
const headers = (...list: string[]) =>
  `headers: [${
    list.map((pair) => `{ name: ${pair.split("=")[0]}, value: "${pair.split("=")[1]}" }`)
  }]`;
const queries = (...list: string[]) => headers(...list).replace("headers", "queryParams");

/** A route whose rules go to a, b and c, each with its match. */
const rules = (...matches: string[]) =>
  world(
    gateway(),
    route("name: r", `rules: [${matches.map((match, i) => to("abc"[i], match))}]`),
  );

/** Both orders of two rules: the first match given has to win in each. */
async function wins(
  stronger: string,
  weaker: string,
  line: string,
  fields: [string, string][] = [],
) {
  const before = await rules(stronger, weaker);
  assertEquals([before.problems, before.ask(line, { fields }).to], [[], "a"], `${line} first`);
  const after = await rules(weaker, stronger);
  assertEquals(after.ask(line, { fields }).to, "b", `${line} second`);
}

export const MATCHES: readonly SentenceCase[] = [
  {
    name: "of several matches one is enough; within one all have to hold",
    quotes: [
      "Each match is independent, i.e. this rule will be matched if **any** one of the matches is satisfied.",
      "Multiple match types are ANDed together, i.e. the match will evaluate to true only if all conditions are satisfied.",
      "For a request to match against this rule, a request must satisfy EITHER of the two conditions: path prefixed with `/foo` AND contains the header `version: v2`",
      "For a request to match against this rule, a request must satisfy EITHER of the two conditions: path prefix of `/v2/foo`",
      "See the documentation for HTTPRouteMatch on how to specify multiple match conditions that should be ANDed together.",
      "Multiple match values are ANDed together, meaning, a request must match all the specified headers to select the route.",
    ],
    async prove() {
      const rule =
        "{ matches: [{ path: { value: /foo }, headers: [{ name: version, value: v2 }] }, " +
        "{ path: { value: /v2/foo } }], backendRefs: [{ name: a, port: 80 }] }";
      const made = await world(gateway(), route("name: r", `rules: [${rule}]`));
      const v2: [string, string][] = [["version", "v2"]];
      assertEquals(made.ask("GET a.test/foo", { fields: v2 }).to, "a");
      assertEquals(goesTo(made, "GET a.test/foo", "GET a.test/v2/foo/x"), ["404", "a"]);
      assertEquals(made.ask("GET a.test/", { fields: v2 }).to, "404");
      const two = await rules(headers("h1=1", "h2=2"));
      assertEquals(two.ask("GET a.test/", { fields: [["h1", "1"]] }).to, "404");
      assertEquals(two.ask("GET a.test/", { fields: [["h1", "1"], ["h2", "2"]] }).to, "a");
    },
  },
  {
    name: "a rule without matches takes every request",
    quotes: [
      'If no matches are specified, the default is a prefix path match on "/", which has the effect of matching every HTTP request.',
    ],
    async prove() {
      const made = await rules("");
      assertEquals(goesTo(made, "GET a.test/", "DELETE b.test/x/y?z", "BREW c.test/"), [
        "a",
        "a",
        "a",
      ]);
    },
  },
  {
    name: "an exact path beats every other match",
    quotes: [
      "Proxy or Load Balancer routing configuration generated from HTTPRoutes MUST prioritize matches based on the following criteria, continuing on ties.",
      'Across all rules specified on applicable Routes, precedence must be given to the match having: "Exact" path match.',
    ],
    async prove() {
      await wins(
        path("/a/b", "Exact"),
        `${path("/a/b")}, method: GET, ${headers("h=1")}, ${queries("q=1")}`,
        "GET a.test/a/b?q=1",
        [["h", "1"]],
      );
    },
  },
  {
    name: "the longer prefix beats the shorter, whatever else that asks for",
    quotes: [
      'Across all rules specified on applicable Routes, precedence must be given to the match having: "Prefix" path match with largest number of characters.',
    ],
    prove: () =>
      wins(path("/a/b"), `${path("/a")}, method: GET, ${headers("h=1")}`, "GET a.test/a/b/c", [[
        "h",
        "1",
      ]]),
  },
  {
    name: "a method that is stated has to be the request's",
    quotes: [
      "When specified, this route will be matched only if the request has the specified method.",
    ],
    async prove() {
      const made = await rules("method: POST");
      assertEquals(goesTo(made, "POST a.test/", "GET a.test/", "PUT a.test/"), ["a", "404", "404"]);
    },
  },
  {
    name: "of equal paths the one with a method wins",
    quotes: [
      "Across all rules specified on applicable Routes, precedence must be given to the match having: Method match.",
    ],
    prove: () =>
      wins(
        `${path("/a")}, method: GET`,
        `${path("/a")}, ${headers("h=1", "i=1")}`,
        "GET a.test/a",
        [
          ["h", "1"],
          ["i", "1"],
        ],
      ),
  },
  {
    name: "then the one with more headers",
    quotes: [
      "Across all rules specified on applicable Routes, precedence must be given to the match having: Largest number of header matches.",
    ],
    prove: () =>
      wins(
        `${path("/a")}, ${headers("h=1", "i=1")}`,
        `${path("/a")}, ${headers("h=1")}, ${queries("q=1", "r=1")}`,
        "GET a.test/a?q=1&r=1",
        [["h", "1"], ["i", "1"]],
      ),
  },
  {
    name: "then the one with more query parameters",
    quotes: [
      "Across all rules specified on applicable Routes, precedence must be given to the match having: Largest number of query param matches.",
    ],
    prove: () =>
      wins(
        `${path("/a")}, ${queries("q=1", "r=1")}`,
        `${path("/a")}, ${queries("q=1")}`,
        "GET a.test/a?q=1&r=1",
      ),
  },
  {
    name: "regular expressions come after exact paths and before prefixes",
    quotes: ["Note: The precedence of RegularExpression path matches are implementation-specific."],
    async prove() {
      await wins(path("/a/b", "Exact"), path("/a/.*", "RegularExpression"), "GET a.test/a/b");
      await wins(path("/a/.*", "RegularExpression"), path("/a/b/c"), "GET a.test/a/b/c");
    },
  },
  {
    name: "of routes that tie the older wins",
    quotes: [
      "If ties still exist across multiple Routes, matching precedence MUST be determined in order of the following criteria, continuing on ties: The oldest Route based on creation timestamp.",
    ],
    async prove() {
      const made = await world(
        gateway(),
        route('name: a-new, creationTimestamp: "2026-01-02T00:00:00Z"', `rules: [${to("a")}]`),
        route('name: z-old, creationTimestamp: "2026-01-01T00:00:00Z"', `rules: [${to("b")}]`),
      );
      assertEquals(goesTo(made, "GET a.test/"), ["b"]);
    },
  },
  {
    name: "of routes of one age the first by namespace and name wins",
    quotes: [
      'If ties still exist across multiple Routes, matching precedence MUST be determined in order of the following criteria, continuing on ties: The Route appearing first in alphabetical order by "{namespace}/{name}".',
    ],
    async prove() {
      const made = await world(
        gateway(),
        route("name: r2", `rules: [${to("a")}]`),
        route("name: r1", `rules: [${to("b")}]`),
      );
      assertEquals(goesTo(made, "GET a.test/"), ["b"]);
      const all = "allowedRoutes: { namespaces: { from: All } }";
      const far = await world(
        gateway(`{ name: http, protocol: HTTP, port: 80, ${all} }`),
        route(
          "name: z, namespace: b-team",
          `rules: [${to("a")}]`,
          "{ name: gw, namespace: default }",
        ),
        route(
          "name: a, namespace: c-team",
          `rules: [${to("a")}]`,
          "{ name: gw, namespace: default }",
        ),
        `apiVersion: v1
kind: Service
metadata: { name: a, namespace: b-team }
spec: { ports: [{ port: 80 }] }
`,
      );
      // b-team has the Service, without endpoints; c-team has none at all.
      assertEquals(goesTo(far, "GET a.test/"), ["503"]);
    },
  },
  {
    name: "of rules of one route that tie the first wins",
    quotes: [
      "If ties still exist within an HTTPRoute, matching precedence MUST be granted to the FIRST matching rule (in list order) with a match meeting the above criteria.",
    ],
    async prove() {
      const made = await rules(headers("h=1"), headers("i=1"), headers("i=1"));
      const fields: [string, string][] = [["h", "1"], ["i", "1"]];
      assertEquals(made.ask("GET a.test/", { fields }).to, "a");
      assertEquals(made.ask("GET a.test/", { fields: [["i", "1"]] }).to, "b");
    },
  },
  {
    name: "a request that no rule takes is answered 404",
    quotes: [
      "When no rules matching a request have been successfully attached to the parent a request is coming from, a HTTP 404 status code MUST be returned.",
    ],
    async prove() {
      const made = await world(
        gateway("{ name: http, protocol: HTTP, port: 80, hostname: a.test }"),
        route("name: r", `rules: [${to("a", path("/only"))}]`),
      );
      assertEquals(goesTo(made, "GET a.test/", "GET b.test/only", "GET a.test/only"), [
        "404",
        "404",
        "a",
      ]);
    },
  },
  {
    name: "header names match in any case, the first of equal names alone",
    quotes: [
      "Name matching MUST be case-insensitive.",
      "Subsequent entries with an equivalent header name MUST be ignored.",
      'Due to the case-insensitivity of header names, "foo" and "Foo" are considered equivalent.',
      "If multiple entries specify equivalent header names, only the first entry with an equivalent name MUST be considered for a match.",
    ],
    async prove() {
      const made = await rules(headers("X-One=1", "x-one=2"));
      assertEquals(made.ask("GET a.test/", { fields: [["x-ONE", "1"]] }).to, "a");
      assertEquals(made.ask("GET a.test/", { fields: [["x-one", "2"]] }).to, "404");
    },
  },
  {
    name: "a header that comes twice is one list of both values",
    quotes: [
      'Generally, proxies should follow the guidance from the RFC: https://www.rfc-editor.org/rfc/rfc7230.html#section-3.2.2 regarding processing a repeated header, with special handling for "Set-Cookie".',
    ],
    async prove() {
      const made = await rules('headers: [{ name: x, value: "1, 2" }]', headers("x=1"));
      assertEquals(made.ask("GET a.test/", { fields: [["x", "1"], ["X", "2"]] }).to, "a");
      assertEquals(made.ask("GET a.test/", { fields: [["x", "1"]] }).to, "b");
    },
  },
  {
    name:
      "regular expressions are RE2's, match the whole value, and are refused where they are not",
    quotes: [
      "Since RegularExpression HeaderMatchType has implementation-specific conformance, implementations can support POSIX, PCRE or any other dialects of regular expressions.",
      "Since RegularExpression QueryParamMatchType has Implementation-specific conformance, implementations can support POSIX, PCRE or any other dialects of regular expressions.",
    ],
    async prove() {
      const pattern = (kind: string, value: string) =>
        rules(`${kind}: [{ name: x, type: RegularExpression, value: '${value}' }]`);
      const header = await pattern("headers", "v[0-9]+");
      assertEquals(header.ask("GET a.test/", { fields: [["x", "v12"]] }).to, "a");
      assertEquals(header.ask("GET a.test/", { fields: [["x", "v12b"]] }).to, "404");
      const query = await pattern("queryParams", "v[0-9]+");
      assertEquals(goesTo(query, "GET a.test/?x=v12", "GET a.test/?x=av12"), ["a", "404"]);
      for (const kind of ["headers", "queryParams"]) {
        const refused = await pattern(kind, "(?=ahead)");
        assertEquals(refused.condition("r", ACCEPTED), "False UnsupportedValue", kind);
        assertMatch(refused.message("r", ACCEPTED), new RegExp(`${kind}\\[0\\]\\.value`));
      }
    },
  },
  {
    name: "every query parameter that is asked for has to be there, names and values to the letter",
    quotes: [
      "Multiple match values are ANDed together, meaning, a request must match all the specified query parameters to select the route.",
      "This must be an exact string match.",
    ],
    async prove() {
      const made = await rules(queries("one=1", "two=2"));
      assertEquals(
        goesTo(made, "GET a.test/?one=1", "GET a.test/?two=2&one=1", "GET a.test/?One=1&two=2"),
        ["404", "a", "404"],
      );
    },
  },
  {
    name: "of query parameters that are stated twice the first counts; the API server refuses them",
    quotes: [
      "If multiple entries specify equivalent query param names, only the first entry with an equivalent name MUST be considered for a match.",
      "Subsequent entries with an equivalent query param name MUST be ignored.",
    ],
    async prove() {
      const made = await rules(queries("q=1", "q=2"));
      assertMatch(made.problems.join(), /Duplicate value/);
      assertEquals(made.parents("r"), []);
    },
  },
  {
    name: "of query parameters that come twice the first value is matched",
    quotes: [
      "However, it is *recommended* that implementations should match against the first value of the param if the data plane supports it, as this behavior is expected in other load balancing contexts outside of the Gateway API.",
      "Users SHOULD NOT route traffic based on repeated query params to guard themselves against potential differences in the implementations.",
    ],
    async prove() {
      const made = await rules(queries("q=1"));
      assertEquals(goesTo(made, "GET a.test/?q=1&q=2", "GET a.test/?q=2&q=1"), ["a", "404"]);
    },
  },
  {
    name: "two rules of one name are refused on creation",
    quotes: ["This name MUST be unique within a Route if it is set."],
    async prove() {
      const made = await world(
        gateway(),
        route("name: r", `rules: [${to("a", "", "name: x")}, ${to("b", "", "name: x")}]`),
      );
      assertMatch(made.problems.join(), /Rule name must be unique within the route/);
      assertEquals(made.parents("r"), []);
    },
  },
];
