// HTTPRoute filters that are served: the specification's sentences, and what shows that they hold.

import { assertEquals, assertMatch } from "../assert.ts";
import type { SentenceCase } from "./cases.ts";
import {
  ACCEPTED,
  gateway,
  goesTo,
  PARTIAL,
  RESOLVED,
  route,
  to,
  unvalidated,
  world,
} from "./world.ts";

const REQUEST = (edits: string) =>
  `{ type: RequestHeaderModifier, requestHeaderModifier: { ${edits} } }`;
const RESPONSE = (edits: string) =>
  `{ type: ResponseHeaderModifier, responseHeaderModifier: { ${edits} } }`;
const REWRITE = (edits: string) => `{ type: URLRewrite, urlRewrite: { ${edits} } }`;
const REDIRECT = (edits: string) => `{ type: RequestRedirect, requestRedirect: { ${edits} } }`;

const rule = (filters: readonly string[], match = "") => to("a", match, `filters: [${filters}]`);
const withFilters = (filters: readonly string[], match = "") =>
  world(gateway(), route("name: r", `rules: [${rule(filters, match)}]`));

/** Where a redirect leads to, by the listener's port and what the filter states. */
async function location(edits: string, port = 80): Promise<string> {
  const made = await world(
    gateway(`{ name: http, protocol: HTTP, port: ${port} }`),
    route("name: r", `rules: [{ filters: [${REDIRECT(edits)}] }]`),
  );
  return made.ask("GET a.test/x", { port }).location;
}

/** The specification's table of replacePrefixMatch: path, prefix, replacement, what becomes of it. */
const REPLACEMENTS = [
  ["/foo/bar", "/foo", "/xyz", "/xyz/bar"],
  ["/foo/bar", "/foo", "/xyz/", "/xyz/bar"],
  ["/foo/bar", "/foo/", "/xyz", "/xyz/bar"],
  ["/foo/bar", "/foo/", "/xyz/", "/xyz/bar"],
  ["/foo", "/foo", "/xyz", "/xyz"],
  ["/foo/", "/foo", "/xyz", "/xyz/"],
  ["/foo/bar", "/foo", "", "/bar"],
  ["/foo/", "/foo", "", "/"],
  ["/foo", "/foo", "", "/"],
  ["/foo/", "/foo", "/", "/"],
  ["/foo", "/foo", "/", "/"],
];

const EXTENSION =
  "{ type: ExtensionRef, extensionRef: { group: example.com, kind: Own, name: o } }";

export const FILTERS: readonly SentenceCase[] = [
  {
    name: "core filters and the served extended ones edit request and response",
    quotes: [
      "HTTPRouteFilter defines processing steps that must be completed during the request or response lifecycle.",
      "All implementations must support core filters.",
      "ALL core filters MUST be supported by all implementations.",
    ],
    async prove() {
      const made = await withFilters([
        REQUEST("set: [{ name: x-a, value: '1' }]"),
        RESPONSE("set: [{ name: x-b, value: '2' }]"),
        REWRITE("hostname: b.test, path: { type: ReplaceFullPath, replaceFullPath: /new }"),
      ]);
      const { authority, target, fields } = made.ask("GET a.test/old?q");
      assertEquals([authority, target, fields], ["b.test", "/new?q", [["x-a", "1"]]]);
      assertEquals(made.respond("GET a.test/", []), [["x-b", "2"]]);
      assertEquals(await location("hostname: b.test"), "http://b.test/x");
    },
  },
  {
    name: "filters may stand in any order: what they do does not depend on it",
    quotes: [
      "Wherever possible, implementations SHOULD implement filters in the order they are specified.",
      "Implementations MAY choose to implement this ordering strictly, rejecting any combination or order of filters that cannot be supported.",
      "If implementations choose a strict interpretation of filter ordering, they MUST clearly document that behavior.",
      "All filters are expected to be compatible with each other except for the URLRewrite and RequestRedirect filters, which may not be combined.",
    ],
    async prove() {
      const filters = [
        REQUEST("add: [{ name: x-a, value: '1' }]"),
        REWRITE("path: { type: ReplaceFullPath, replaceFullPath: /new }"),
        RESPONSE("remove: [x-b]"),
      ];
      const answers = await Promise.all([filters, filters.toReversed()].map(async (list) => {
        const made = await withFilters(list);
        assertEquals(made.condition("r", ACCEPTED), "True Accepted");
        const { target, fields } = made.ask("GET a.test/");
        return [target, fields, made.respond("GET a.test/", [["X-B", "2"]])];
      }));
      assertEquals(answers, [["/new", [["x-a", "1"]], []], ["/new", [["x-a", "1"]], []]]);
      assertMatch(
        await Deno.readTextFile("docs/control_plane.md"),
        /order in which a rule states its\s+filters/,
      );
    },
  },
  {
    name: "a rewrite and a redirect in one rule exclude each other, and the page says so",
    quotes: [
      "To reject an invalid combination or order of filters, implementations SHOULD consider the Route Rules with this configuration invalid.",
      "If all Route Rules in a Route are invalid, the entire Route would be considered invalid.",
      "If an implementation cannot support other combinations of filters, they must clearly document that limitation.",
      "In cases where incompatible or unsupported filters are specified and cause the `Accepted` condition to be set to status `False`, implementations may use the `IncompatibleFilters` reason to specify this configuration error.",
    ],
    async prove() {
      const both = [REWRITE("hostname: b.test"), REDIRECT("hostname: c.test")];
      const document = route("name: r", `rules: [{ filters: [${both}] }]`);
      assertMatch((await world(gateway(), document)).problems.join(), /May specify either/);
      const made = await unvalidated(gateway(), document);
      assertEquals(made.condition("r", ACCEPTED), "False IncompatibleFilters");
      assertEquals(goesTo(made, "GET a.test/"), ["404"]);
      assertMatch(
        await Deno.readTextFile("docs/control_plane.md"),
        /URLRewrite and\s+RequestRedirect\s+exclude\s+each\s+other/,
      );
    },
  },
  {
    name: "one invalid rule of several makes the route partially invalid, and answers 500",
    quotes: [
      'If only a portion of Route Rules are invalid, implementations MUST set the "PartiallyInvalid" condition for the Route.',
    ],
    async prove() {
      const both = [REWRITE("hostname: b.test"), REDIRECT("hostname: c.test")];
      const bad = `{ matches: [{ path: { value: /bad } }], filters: [${both}] }`;
      const made = await unvalidated(
        gateway(),
        route("name: r", `rules: [${to("a")}, ${bad}]`),
      );
      assertEquals(made.condition("r", ACCEPTED), "True Accepted");
      assertEquals(made.condition("r", PARTIAL), "True UnsupportedValue");
      assertMatch(made.message("r", PARTIAL), /^Dropped Rule 1: /);
      assertEquals(goesTo(made, "GET a.test/", "GET a.test/bad"), ["a", "500"]);
    },
  },
  {
    name: "header edits know names in any case, and the first of equal names alone",
    quotes: [
      "If multiple entries specify equivalent header names, the first entry with an equivalent name MUST be considered for a match.",
      "Note that the header names are case-insensitive (see https://datatracker.ietf.org/doc/html/rfc2616#section-4.2).",
    ],
    async prove() {
      const twice = (name: string) =>
        `${name}: [{ name: X-One, value: '1' }, ` +
        "{ name: x-one, value: '2' }]";
      for (const list of ["set", "add"]) {
        for (const filter of [REQUEST, RESPONSE]) {
          const made = await unvalidated(
            gateway(),
            route("name: r", `rules: [${rule([filter(twice(list))])}]`),
          );
          const edited = filter === REQUEST
            ? made.ask("GET a.test/").fields
            : made.respond("GET a.test/", []);
          assertEquals(edited, [["X-One", "1"]], list);
        }
      }
      const removing = await withFilters([REQUEST("remove: [x-one]"), RESPONSE("remove: [X-TWO]")]);
      assertEquals(removing.ask("GET a.test/", { fields: [["X-One", "1"]] }).fields, []);
      assertEquals(removing.respond("GET a.test/", [["x-two", "2"]]), []);
    },
  },
  {
    name:
      "a prefix is replaced as the specification's own table has it, its trailing slash ignored",
    quotes: ["When specified, a trailing `/` is ignored."],
    async prove() {
      for (const [path, prefix, replacement, modified] of REPLACEMENTS) {
        const edit = `path: { type: ReplacePrefixMatch, replacePrefixMatch: "${replacement}" }`;
        const made = await withFilters([REWRITE(edit)], `path: { value: ${prefix} }`);
        assertEquals(made.ask(`GET a.test${path}`).target, modified, `${path} ${replacement}`);
      }
      const made = await world(
        gateway(),
        route("name: r", `rules: [${to("a", "path: { value: /abc/ }")}]`),
      );
      const paths = ["/abc", "/abc/", "/abc/def", "/abcd"].map((path) => `GET a.test${path}`);
      assertEquals(goesTo(made, ...paths), ["a", "a", "a", "404"]);
    },
  },
  {
    name: "replacing a prefix goes with prefix matches alone, on creation and in the status",
    quotes: [
      "This matches full path elements.",
      "For example, the paths `/abc`, `/abc/`, and `/abc/def` would all match the prefix `/abc`, but the path `/abcd` would not.",
      "ReplacePrefixMatch is only compatible with a `PathPrefix` HTTPRouteMatch.",
      "Using any other HTTPRouteMatch type on the same HTTPRouteRule will result in the implementation setting the Accepted Condition for the Route to `status: False`.",
    ],
    async prove() {
      const edit = "path: { type: ReplacePrefixMatch, replacePrefixMatch: /new }";
      const prefix = await withFilters([REWRITE(edit)], "path: { value: /abc }");
      const paths = ["/abc", "/abc/", "/abc/def", "/abcd"].map((path) => `GET a.test${path}`);
      assertEquals(goesTo(prefix, ...paths), ["a", "a", "a", "404"]);
      for (const filter of [REWRITE(edit), REDIRECT(edit)]) {
        const exact = "{ matches: [{ path: { type: Exact, value: /old } }], " +
          `filters: [${filter}] }`;
        const document = route("name: r", `rules: [${exact}]`);
        assertMatch((await world(gateway(), document)).problems.join(), /PathPrefix/);
        const made = await unvalidated(gateway(), document);
        assertEquals(made.condition("r", ACCEPTED), "False UnsupportedValue");
      }
    },
  },
  {
    name: "values that are not known yet are refused in the status, and break nothing",
    quotes: [
      "Note that values may be added to this enum, implementations must ensure that unknown values will not cause a crash.",
      "Unknown values here must result in the implementation setting the Accepted Condition for the Route to `status: False`, with a Reason of `UnsupportedValue`.",
    ],
    async prove() {
      const future = [
        rule([REWRITE("path: { type: Future }")]),
        `{ filters: [${REDIRECT("path: { type: Future }")}] }`,
        `{ filters: [${REDIRECT("statusCode: 399")}] }`,
        `{ filters: [${REDIRECT("scheme: gopher")}] }`,
        rule(["{ type: Future }"]),
        to("a", "path: { type: Future, value: /x }"),
        to("a", "method: FUTURE"),
        to("a", "headers: [{ name: x, type: Future, value: y }]"),
        to("a", "queryParams: [{ name: x, type: Future, value: y }]"),
      ];
      for (const each of future) {
        const document = route("name: r", `rules: [${each}]`);
        assertEquals((await world(gateway(), document)).problems.length > 0, true, each);
        const made = await unvalidated(gateway(), document);
        assertEquals(made.condition("r", ACCEPTED), "False UnsupportedValue", each);
        assertEquals(goesTo(made, "GET a.test/x"), ["404"], each);
      }
    },
  },
  {
    name: "a redirect's port is the scheme's, or the listener's where no scheme is stated",
    quotes: [
      "When empty, the hostname in the `Host` header of the request is used.",
      "When empty, the request path is used as-is.",
      "When empty, the scheme of the request is used.",
      "If no port is specified, the redirect port MUST be derived using the following rules: If redirect scheme is not-empty, the redirect port MUST be the well-known port associated with the redirect scheme.",
      'If no port is specified, the redirect port MUST be derived using the following rules: Specifically "http" to port 80 and "https" to port 443.',
      "If no port is specified, the redirect port MUST be derived using the following rules: If the redirect scheme does not have a well-known port, the listener port of the Gateway SHOULD be used.",
      "If no port is specified, the redirect port MUST be derived using the following rules: If redirect scheme is empty, the redirect port MUST be the Gateway Listener port.",
    ],
    async prove() {
      assertEquals(await location("scheme: https"), "https://a.test/x");
      assertEquals(await location("scheme: https", 8080), "https://a.test/x");
      assertEquals(await location("scheme: http", 8080), "http://a.test/x");
      assertEquals(await location("hostname: b.test", 8080), "http://b.test:8080/x");
      assertEquals(await location("scheme: https, port: 8443", 8080), "https://a.test:8443/x");
      // Both schemes that a redirect may state have a port of their own.
      const other = route("name: r", `rules: [{ filters: [${REDIRECT("scheme: ftp")}] }]`);
      assertMatch((await world(gateway(), other)).problems.join(), /scheme/);
    },
  },
  {
    name: "Location leaves out the port that its scheme implies",
    quotes: [
      "Implementations SHOULD NOT add the port number in the 'Location' header in the following cases: A Location header that will use HTTP (whether that is determined via the Listener protocol or the Scheme field) _and_ use port 80.",
      "Implementations SHOULD NOT add the port number in the 'Location' header in the following cases: A Location header that will use HTTPS (whether that is determined via the Listener protocol or the Scheme field) _and_ use port 443.",
    ],
    async prove() {
      assertEquals(await location("hostname: b.test"), "http://b.test/x");
      assertEquals(await location("port: 80", 8080), "http://a.test/x");
      assertEquals(await location("scheme: http, port: 80", 8080), "http://a.test/x");
      assertEquals(await location("scheme: https, port: 443", 8080), "https://a.test/x");
      assertEquals(await location("port: 443", 8080), "http://a.test:443/x");
      assertEquals(await location("scheme: https, port: 80"), "https://a.test:80/x");
    },
  },
  {
    name: "a redirect answers with the status code that it states, 302 by default",
    quotes: ["StatusCode is the HTTP status code to be used in response."],
    async prove() {
      for (const code of [301, 302, 303, 307, 308]) {
        const made = await world(
          gateway(),
          route("name: r", `rules: [{ filters: [${REDIRECT(`statusCode: ${code}`)}] }]`),
        );
        assertEquals(made.ask("GET a.test/").to, String(code));
      }
      const made = await world(
        gateway(),
        route("name: r", `rules: [{ filters: [${REDIRECT("hostname: b.test")}] }]`),
      );
      assertEquals(made.ask("GET a.test/").to, "302");
    },
  },
  {
    name: "a custom filter that is not known is never skipped: its requests are answered 500",
    quotes: [
      "When unspecified or empty string, core API group is inferred.",
      "ExtensionRef MUST NOT be used for core and extended filters.",
      '`Type` should be set to "ExtensionRef" for custom filters.',
      "If a reference to a custom filter type cannot be resolved, the filter MUST NOT be skipped.",
      "Instead, requests that would have been processed by that filter MUST receive a HTTP error response.",
    ],
    async prove() {
      const made = await world(
        gateway(),
        route("name: r", `rules: [${rule([EXTENSION], "path: { value: /x }")}, ${to("b")}]`),
      );
      assertEquals(made.condition("r", RESOLVED), "False InvalidKind");
      assertEquals(goesTo(made, "GET a.test/x", "GET a.test/"), ["500", "b"]);
      const own = "{ type: RequestHeaderModifier, extensionRef: " +
        "{ group: example.com, kind: Own, name: o } }";
      const mixed = await world(gateway(), route("name: r", `rules: [${rule([own])}]`));
      assertMatch(mixed.problems.join(), /filter\.extensionRef must be nil/);
    },
  },
];
