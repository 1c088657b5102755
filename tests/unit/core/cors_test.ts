// The CORS filter in the core: which origins are allowed, what preflights are told, and what becomes of
// responses, whatever the endpoint says of its own accord.

import type { FieldList } from "../../../src/core/decision.ts";
import type { Cors } from "../../../src/ir/snapshot.ts";
import { assertEquals } from "../../assert.ts";
import { type Bench, bench, listener, match, route, rule, snapshot } from "./fixtures.ts";

const STRICT: Cors = {
  origins: [
    { kind: "exact", origin: "https://www.foo.com" },
    { kind: "wildcard", before: "https://", after: ".bar.com" },
    { kind: "wildcard", before: "http://dev-", after: ":8080" },
  ],
  allowCredentials: true,
  allowMethods: ["GET", "OPTIONS"],
  allowHeaders: ["x-one", "x-two"],
  exposeHeaders: ["x-three"],
  maxAgeSeconds: 3600,
};

const OPEN: Cors = {
  origins: [{ kind: "any" }],
  allowCredentials: false,
  allowMethods: ["*"],
  allowHeaders: ["*"],
  exposeHeaders: ["*"],
  maxAgeSeconds: 5,
};

const OPEN_WITH_CREDENTIALS: Cors = { ...OPEN, allowCredentials: true };

const CLOSED: Cors = {
  ...OPEN,
  origins: [],
  allowMethods: [],
  allowHeaders: [],
  exposeHeaders: [],
};

async function withCors(cors: Cors): Promise<Bench> {
  const only = rule([match("/")], "ns/s:80", { filters: { cors } });
  return await bench(snapshot([listener("", [{ route: route("ns/r", [only]) }])]));
}

function sorted(fields: Readonly<FieldList>): string[] {
  return fields.map(([name, value]) => `${name}: ${value}`).sort();
}

/** The fields of a preflight's answer. */
function preflight({ decide }: Bench, origin: string, more: FieldList = []): string[] {
  const decision = decide({
    method: "OPTIONS",
    fields: [["Origin", origin], ["Access-Control-Request-Method", "PUT"], ...more],
  });
  if (decision.kind !== "respond") throw new Error("it was forwarded");
  assertEquals([decision.status, decision.reason], [200, "preflight"]);
  return sorted(decision.fields);
}

/** What becomes of the endpoint's fields. */
function response({ decide, core }: Bench, request: FieldList, fields: FieldList = []): string[] {
  const decision = decide({ fields: request });
  if (decision.kind !== "forward") throw new Error(decision.reason);
  const edited = core.decideResponse(decision.plan, 200, fields);
  core.releasePlan(decision.plan);
  return sorted(edited);
}

Deno.test("CORS: origins match whole, in any case; a wildcard is a part of a host and nothing else", async () => {
  const made = await withCors(STRICT);
  const allowed = [
    "https://www.foo.com",
    "HTTPS://WWW.FOO.COM",
    "https://www.bar.com",
    "https://a.b.bar.com",
    "http://dev-7:8080",
  ];
  const refused = [
    "http://www.foo.com",
    "https://www.foo.com:8443",
    "https://www.foo.com.evil.example",
    "https://xwww.foo.com",
    "https://bar.com",
    "https://.bar.com",
    "https://evil.example/.bar.com",
    "https://evil.example:1.bar.com",
    "https://evil@a.bar.com",
    "http://dev-:8080",
    "http://dev-7",
    "null",
    "*",
  ];
  for (const origin of allowed) {
    assertEquals(response(made, [["Origin", origin]])[1], `Access-Control-Allow-Origin: ${origin}`);
  }
  for (const origin of refused) {
    assertEquals([origin, response(made, [["Origin", origin]])], [origin, ["Vary: Origin"]]);
  }
  const two: FieldList = [["Origin", allowed[0]], ["Origin", allowed[0]]];
  assertEquals(response(made, two), ["Vary: Origin"]);
});

Deno.test("CORS: a preflight is answered with what is allowed, one of another origin with nothing", async () => {
  const made = await withCors(STRICT);
  assertEquals(preflight(made, "https://www.foo.com"), [
    "Access-Control-Allow-Credentials: true",
    "Access-Control-Allow-Headers: x-one, x-two",
    "Access-Control-Allow-Methods: GET, OPTIONS",
    "Access-Control-Allow-Origin: https://www.foo.com",
    "Access-Control-Expose-Headers: x-three",
    "Access-Control-Max-Age: 3600",
    "Vary: Origin, Access-Control-Request-Method, Access-Control-Request-Headers",
  ]);
  assertEquals(preflight(made, "https://evil.example"), ["Vary: Origin"]);
});

Deno.test("CORS: `*` is said as it is, and beside credentials what was asked for is said instead", async () => {
  const asked: FieldList = [["Access-Control-Request-Headers", "x-a, x-b"]];
  const vary = "Vary: Origin, Access-Control-Request-Method, Access-Control-Request-Headers";
  assertEquals(preflight(await withCors(OPEN), "https://any.example", asked), [
    "Access-Control-Allow-Headers: *",
    "Access-Control-Allow-Methods: *",
    "Access-Control-Allow-Origin: *",
    "Access-Control-Expose-Headers: *",
    "Access-Control-Max-Age: 5",
    vary,
  ]);
  const open = await withCors(OPEN_WITH_CREDENTIALS);
  const common = [
    "Access-Control-Allow-Methods: PUT",
    "Access-Control-Allow-Origin: https://any.example",
    "Access-Control-Max-Age: 5",
    vary,
  ];
  const credentials = "Access-Control-Allow-Credentials: true";
  const headers = "Access-Control-Allow-Headers: x-a, x-b";
  assertEquals(preflight(open, "https://any.example", asked), [credentials, headers, ...common]);
  assertEquals(preflight(open, "https://any.example"), [credentials, ...common]);
});

Deno.test("CORS: what an endpoint says of its own accord widens nothing", async () => {
  const own: FieldList = [
    ["Access-Control-Allow-Origin", "*"],
    ["access-control-allow-credentials", "true"],
    ["Access-Control-Expose-Headers", "secret"],
    ["kept", "k"],
  ];
  const strict = await withCors(STRICT);
  assertEquals(response(strict, [["Origin", "https://evil.example"]], own), [
    "Vary: Origin",
    "kept: k",
  ]);
  assertEquals(response(strict, [], own), ["Vary: Origin", "kept: k"]);
  assertEquals(response(strict, [["Origin", "https://a.bar.com"]], own), [
    "Access-Control-Allow-Origin: https://a.bar.com",
    "Access-Control-Expose-Headers: x-three",
    "Vary: Origin",
    "access-control-allow-credentials: true",
    "kept: k",
  ]);
  assertEquals(response(await withCors(OPEN), [["Origin", "https://any.example"]], own), [
    "Access-Control-Allow-Origin: *",
    "Access-Control-Expose-Headers: *",
    "kept: k",
  ]);
});

Deno.test("CORS: without origins nobody is allowed", async () => {
  const made = await withCors(CLOSED);
  assertEquals(preflight(made, "https://any.example"), ["Vary: Origin"]);
  assertEquals(response(made, [["Origin", "https://any.example"]]), ["Vary: Origin"]);
});

Deno.test("CORS: OPTIONS that is no preflight goes to the endpoint", async () => {
  const { goesTo } = await withCors(STRICT);
  const origin: FieldList = [["Origin", "https://www.foo.com"]];
  assertEquals(goesTo({ method: "OPTIONS", fields: origin }), "ns/s:80");
  const asks: FieldList = [["Access-Control-Request-Method", "GET"]];
  assertEquals(goesTo({ method: "OPTIONS", fields: asks }), "ns/s:80");
  assertEquals(goesTo({ method: "GET", fields: [...origin, ...asks] }), "ns/s:80");
});

Deno.test("CORS: a plan keeps its answer when the tables change", async () => {
  const made = await withCors(STRICT);
  const decision = made.decide({ fields: [["Origin", "https://www.foo.com"]] });
  if (decision.kind !== "forward") throw new Error(decision.reason);
  for (let i = 0; i < 3; i++) made.load(snapshot([listener(`h${i}.test`, [])]));
  const fields = made.core.decideResponse(decision.plan, 200, []);
  assertEquals(sorted(fields)[1], "Access-Control-Allow-Origin: https://www.foo.com");
  made.core.releasePlan(decision.plan);
});
