// HTTPRoute's CORS filter: the specification's sentences, and what shows that they hold.

import type { FieldList } from "../../src/core/decision.ts";
import { assertEquals, assertMatch } from "../assert.ts";
import type { SentenceCase } from "./cases.ts";
import { ACCEPTED, gateway, goesTo, route, to, type World, world } from "./world.ts";

const ORIGIN = "https://shop.test";

const withCors = (cors: string) =>
  world(
    gateway(),
    route("name: r", `rules: [${to("a", "", `filters: [{ type: CORS, cors: { ${cors} } }]`)}]`),
  );

/** Status and fields of a preflight's answer, names in lower case. */
function preflight(
  made: World,
  fields: FieldList = [],
  origin = ORIGIN,
): Readonly<Record<string, string>> {
  const asked: FieldList = [
    ["Origin", origin],
    ["Access-Control-Request-Method", "PUT"],
    ...fields,
  ];
  const { to: status, fields: answered } = made.ask("OPTIONS a.test/", { fields: asked });
  return named([["status", status], ...answered]);
}

function named(fields: Readonly<FieldList>): Readonly<Record<string, string>> {
  return Object.fromEntries(fields.map(([name, value]) => [name.toLowerCase(), value]));
}

const responded = (made: World, fields: FieldList = [["Origin", ORIGIN]]) =>
  named(made.respond("GET a.test/", [], fields));

const ALLOW = (name: string) => `access-control-allow-${name}`;

export const CORS: readonly SentenceCase[] = [
  {
    name: "CORS: an allowed origin is given back as it came, any other gets none",
    quotes: [
      "If the request `Origin` does not match the configured allowed origins, the gateway returns 204/200 response but doesn't set the relevant cross-origin response headers.",
      'Alternatively, the gateway responds with 403 status to the "preflight" request is denied, coupled with omitting the CORS headers.',
      "Conversely, if the request `Origin` matches one of the configured allowed origins, the gateway sets the response header `Access-Control-Allow-Origin` to the same value as the `Origin` header provided by the client.",
      "If the request `Origin` matches the configured allowed origins, the gateway must return the given `Origin` and sets value of the header `Access-Control-Allow-Origin` same as the `Origin` header provided by the client.",
      "If the configuration contains the wildcard `*` in `allowOrigins` and `allowCredentials` is set to `true`, the gateway must not return `*` in the `Access-Control-Allow-Origin` response header.",
      "Instead, it must return a single origin matching the value of the `Origin` request header.",
    ],
    async prove() {
      for (
        const cors of [
          `allowOrigins: ["${ORIGIN}"]`,
          'allowOrigins: ["https://*.test"]',
          'allowOrigins: ["*"], allowCredentials: true',
        ]
      ) {
        const made = await withCors(cors);
        assertEquals(made.condition("r", ACCEPTED), "True Accepted", cors);
        assertEquals(preflight(made)[ALLOW("origin")], ORIGIN, cors);
        assertEquals(responded(made)[ALLOW("origin")], ORIGIN, cors);
      }
      const strict = await withCors(`allowOrigins: ["${ORIGIN}"]`);
      const refused = preflight(strict, [], "https://other.test");
      assertEquals(refused.status, "200");
      assertEquals(Object.keys(refused).filter((name) => name.startsWith(ALLOW(""))), []);
      const other = responded(strict, [["Origin", "https://other.test"]]);
      assertEquals(other[ALLOW("origin")], undefined);
    },
  },
  {
    name: "CORS: origins with the scheme's own port or without, and wildcards to the left",
    quotes: [
      "Note that, if not included, port `80` is assumed for `http` scheme origins, and port `443` is assumed for `https` origins.",
      "`*` is a greedy match to the _left_, including any number of DNS labels to the left of its position.",
      "A wildcard by itself matches all hosts.",
      'When the `MaxAge` field is unspecified, the gateway sets the response header "Access-Control-Max-Age: 5" by default.',
    ],
    async prove() {
      const allows = async (configured: string, origin: string) => {
        const answer = preflight(await withCors(`allowOrigins: ["${configured}"]`), [], origin);
        return answer[ALLOW("origin")] === origin;
      };
      for (
        const [configured, origin, isAllowed] of [
          ["https://a.test:443", "https://a.test", true],
          ["https://a.test", "https://a.test:443", true],
          ["http://a.test:80", "http://a.test", true],
          ["https://a.test", "https://a.test:80", false],
          ["https://a.test", "http://a.test", false],
          ["https://*.test", "https://a.test", true],
          ["https://*.test", "https://a.b.c.test", true],
          ["https://*.test", "https://test", false],
          ["https://*", "https://a.b.test", true],
          ["https://*", "http://a.b.test", false],
        ] as const
      ) {
        assertEquals(await allows(configured, origin), isAllowed, `${configured} for ${origin}`);
      }
      const base = `allowOrigins: ["${ORIGIN}"]`;
      assertEquals(preflight(await withCors(base))["access-control-max-age"], "5");
      const stated = await withCors(`${base}, maxAge: 60`);
      assertEquals(preflight(stated)["access-control-max-age"], "60");
    },
  },
  {
    name: "CORS: a preflight is answered 200 by the gateway, and reaches no backend",
    quotes: [
      'The status code of a successful response to a "preflight" request is always an OK status (i.e., 204 or 200).',
    ],
    async prove() {
      assertEquals(preflight(await withCors(`allowOrigins: ["${ORIGIN}"]`)).status, "200");
      assertEquals(goesTo(await withCors(`allowOrigins: ["${ORIGIN}"]`), "OPTIONS a.test/"), ["a"]);
    },
  },
  {
    name: "CORS: credentials are allowed by the word true, or not spoken of",
    quotes: [
      "When set to false or omitted the gateway will omit the header `Access-Control-Allow-Credentials` entirely (this is the standard CORS behavior).",
      "When set to true, the gateway will include the `Access-Control-Allow-Credentials` response header with value true (case-sensitive).",
    ],
    async prove() {
      const base = `allowOrigins: ["${ORIGIN}"]`;
      const allowed = await withCors(`${base}, allowCredentials: true`);
      assertEquals(preflight(allowed)[ALLOW("credentials")], "true");
      assertEquals(responded(allowed)[ALLOW("credentials")], "true");
      for (const silent of [base, `${base}, allowCredentials: false`]) {
        assertEquals(preflight(await withCors(silent))[ALLOW("credentials")], undefined);
      }
    },
  },
  {
    name:
      "CORS: the methods that are configured are told, in their own case; with credentials no *",
    quotes: [
      "(See https://fetch.spec.whatwg.org/#cors-safelisted-method) The CORS-safelisted methods are always allowed, regardless of whether they are specified in the `allowMethods` field.",
      "Method names are case-sensitive, so these values are also case-sensitive.",
      "When the `allowMethods` field is configured with one or more methods, the gateway must return the `Access-Control-Allow-Methods` response header which value is present in the `allowMethods` field.",
      "If the configuration contains the wildcard `*` in `allowMethods` and `allowCredentials` is set to `true`, the gateway must not return `*` in the `Access-Control-Allow-Methods` response header.",
      "Instead, it must return a single HTTP method matching the value of the `Access-Control-Request-Method` request header.",
      "If the `Access-Control-Request-Method` header is not present in the request, the gateway must omit the `Access-Control-Allow-Methods` response header.",
    ],
    async prove() {
      const base = `allowOrigins: ["${ORIGIN}"]`;
      const listed = await withCors(`${base}, allowMethods: [GET, PUT]`);
      assertEquals(preflight(listed)[ALLOW("methods")], "GET, PUT");
      const lower = await withCors(`${base}, allowMethods: [get]`);
      assertMatch(lower.problems.join(), /allowMethods\[0\]/);
      const any = await withCors(`${base}, allowMethods: ["*"], allowCredentials: true`);
      assertEquals(preflight(any)[ALLOW("methods")], "PUT");
      // Without the field it is no preflight: the backend answers.
      const asked: FieldList = [["Origin", ORIGIN]];
      assertEquals(any.ask("OPTIONS a.test/", { fields: asked }).to, "a");
      assertEquals(named(any.respond("OPTIONS a.test/", [], asked))[ALLOW("methods")], undefined);
    },
  },
  {
    name:
      "CORS: the headers that are configured are told; with credentials those that are asked for",
    quotes: [
      "When the `allowHeaders` field is configured with one or more headers, the gateway must return the `Access-Control-Allow-Headers` response header which value is present in the `allowHeaders` field.",
      "If the configuration contains the wildcard `*` in `allowHeaders` and `allowCredentials` is set to `true`, the gateway must not return `*` in the `Access-Control-Allow-Headers` response header.",
      "Instead, it must return one or more header names matching the value of the `Access-Control-Request-Headers` request header.",
      "If the `Access-Control-Request-Headers` header is not present in the request, the gateway must omit the `Access-Control-Allow-Headers` response header.",
    ],
    async prove() {
      const base = `allowOrigins: ["${ORIGIN}"]`;
      const asked: FieldList = [["Access-Control-Request-Headers", "x-c, x-d"]];
      const listed = await withCors(`${base}, allowHeaders: [x-a, x-b]`);
      assertEquals(preflight(listed, asked)[ALLOW("headers")], "x-a, x-b");
      const any = await withCors(`${base}, allowHeaders: ["*"], allowCredentials: true`);
      assertEquals(preflight(any, asked)[ALLOW("headers")], "x-c, x-d");
      assertEquals(preflight(any)[ALLOW("headers")], undefined);
    },
  },
  {
    name: "CORS: response fields are exposed by name, in whatever case they are written",
    quotes: [
      "When an HTTP header name is specified using the `exposeHeaders` field, this additional header will be exposed as part of the response to the client.",
      "Header names are not case-sensitive.",
      "A CORS-safelisted response header is an HTTP header in a CORS response that it is considered safe to expose to the client scripts.",
    ],
    async prove() {
      const made = await withCors(`allowOrigins: ["${ORIGIN}"], exposeHeaders: [X-One, x-two]`);
      assertEquals(responded(made)["access-control-expose-headers"], "X-One, x-two");
    },
  },
  {
    name: "CORS: origins that are none are refused on creation",
    quotes: [
      "The CORSOrigin MUST NOT be a relative URI, and it MUST follow the URI syntax and encoding rules specified in RFC3986.",
      'The CORSOrigin MUST include both a scheme ("http" or "https") and a scheme-specific-part, or it should be a single \'*\' character.',
      "URIs that include an authority MUST include a fully qualified domain name or IP address as the host.",
    ],
    async prove() {
      for (const origin of ["/relative", "a.test", "https://", "https:///path", "ftp:/x"]) {
        const made = await withCors(`allowOrigins: ["${origin}"]`);
        assertMatch(made.problems.join(), /cors\.allowOrigins\[0\]/, origin);
      }
    },
  },
];
