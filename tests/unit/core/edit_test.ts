import type { FieldList, RequestInput } from "../../../src/core/decision.ts";
import type { HttpFilters, HttpMatch, HttpRule } from "../../../src/ir/snapshot.ts";
import { assertEquals } from "../../assert.ts";
import { bench, listener, match, route, rule, snapshot } from "./fixtures.ts";

async function withRule(
  filters: HttpFilters,
  more: Partial<HttpRule> & { path?: HttpMatch; backend?: HttpFilters; port?: number } = {},
) {
  const backends = [{
    weight: 1,
    target: { kind: "service", service: "ns/s:80" } as const,
    filters: more.backend ?? {},
  }];
  const only = rule([more.path ?? match("/foo"), match("/")], "ns/s:80", { filters, backends });
  return await bench(
    snapshot([listener("", [{ route: route("ns/r", [only]) }], { port: more.port ?? 80 })]),
  );
}

const edits = (set: FieldList, add: FieldList, remove: string[]) => ({
  set: set.map(([name, value]) => ({ name, value })),
  add: add.map(([name, value]) => ({ name, value })),
  remove,
});

Deno.test("edits: request fields are set, added and removed, in that order, rule before backend", async () => {
  const { decide, core } = await withRule({
    requestHeaders: edits([["X-Set", "new"], ["X-Once", "1"]], [["X-Add", "b"]], ["x-gone"]),
  }, { backend: { requestHeaders: edits([["x-once", "2"]], [], ["X-Back"]) } });
  const decision = decide({
    fields: [
      ["x-set", "old"],
      ["X-ADD", "a"],
      ["X-Gone", "1"],
      ["kept", "k"],
      ["X-SET", "older"],
      ["x-gone", "2"],
      ["x-back", "3"],
    ],
  });
  assertEquals(decision.kind === "forward" && decision.fields, [
    ["x-set", "new"],
    ["X-ADD", "a"],
    ["kept", "k"],
    ["X-Once", "2"],
    ["X-Add", "b"],
  ]);
  if (decision.kind === "forward") core.releasePlan(decision.plan);
});

Deno.test("edits: a response is edited by the plan, even after the tables have changed", async () => {
  const made = await withRule(
    { responseHeaders: edits([["Server", "rauta"]], [["Via", "1.1 rauta"]], ["X-Debug"]) },
    { backend: { responseHeaders: edits([], [["X-Version", "2"]], []) } },
  );
  const decision = made.decide({});
  if (decision.kind !== "forward") throw new Error(decision.reason);
  made.load(snapshot([listener("", [])]));
  for (let i = 0; i < 3; i++) made.load(snapshot([listener(`h${i}.test`, [])]));
  const fields = made.core.decideResponse(decision.plan, 200, [
    ["server", "nginx"],
    ["x-debug", "1"],
    ["via", "1.1 cache"],
  ]);
  assertEquals(fields, [
    ["server", "rauta"],
    ["via", "1.1 cache"],
    ["Via", "1.1 rauta"],
    ["X-Version", "2"],
  ]);
  made.core.releasePlan(decision.plan);
});

Deno.test("edits: plans given back are used again, and the core's memory does not grow", async () => {
  const { decide, core } = await withRule({ responseHeaders: edits([["a", "b"]], [], []) });
  const exports = core.instance.exports;
  let used = 0;
  for (let i = 0; i < 100; i++) {
    const decision = decide({});
    if (decision.kind === "forward") core.releasePlan(decision.plan);
    if (i === 0) used = exports.memUsed();
  }
  assertEquals([exports.plansInUse(), exports.memUsed()], [0, used]);
});

Deno.test("edits: requests beyond the limit of plans are answered 503", async () => {
  const { decide, core } = await withRule({});
  core.instance.exports.setMaxPlans(1);
  const first = decide({});
  const second = decide({});
  assertEquals([first.kind, second.kind === "respond" && second.status], ["forward", 503]);
});

// The table of HTTPPathModifier.replacePrefixMatch in the Gateway API's specification.
const PREFIX_CASES: [path: string, prefix: string, replacement: string, result: string][] = [
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
  ["/foo/./x/../bar", "/", "/xyz", "/xyz/foo/bar"],
];

Deno.test("edits: a matched prefix is replaced by whole segments, the query stays", async () => {
  for (const [path, prefix, value, result] of PREFIX_CASES) {
    const { decide } = await withRule(
      { rewrite: { path: { kind: "prefix", value } } },
      { path: match(prefix) },
    );
    const decision = decide({ target: `${path}?q=1` });
    const target = decision.kind === "forward" ? decision.target : decision.reason;
    assertEquals(target, `${result}?q=1`, `${path} with ${prefix} -> ${value}`);
  }
});

Deno.test("edits: a rewrite changes the whole path and the host; the backend's comes last", async () => {
  const { decide } = await withRule(
    { rewrite: { hostname: "one.test", path: { kind: "full", value: "/all" } } },
    { backend: { rewrite: { hostname: "two.test" } } },
  );
  const decision = decide({ target: "/foo/x?" });
  if (decision.kind !== "forward") throw new Error(decision.reason);
  assertEquals([decision.authority, decision.target], ["two.test", "/all?"]);
});

Deno.test("edits: what is forwarded is the normalised path that was matched", async () => {
  const { decide } = await withRule({});
  const decision = decide({ target: "/a//b/%2e%2e/%7Ec%2f?x=%2e" });
  assertEquals(decision.kind === "forward" && decision.target, "/a/~c%2F?x=%2e");
});

interface RedirectCase {
  readonly name: string;
  readonly redirect: NonNullable<HttpFilters["redirect"]>;
  readonly request?: Partial<RequestInput>;
  readonly port?: number;
  readonly location: string;
}

const REDIRECTS: RedirectCase[] = [
  {
    name: "nothing stated: scheme, host, path and query stay, the port is the listener's",
    redirect: { status: 302 },
    port: 8080,
    request: { target: "/foo/a?b=1", authority: "Shop.Example.com:9999" },
    location: "http://Shop.Example.com:8080/foo/a?b=1",
  },
  {
    name: "port 80 of http is left out",
    redirect: { status: 301, hostname: "new.test" },
    port: 80,
    location: "http://new.test/foo",
  },
  {
    name: "a stated scheme brings its own port, which is left out",
    redirect: { status: 301, scheme: "https" },
    port: 8080,
    location: "https://shop.example.com/foo",
  },
  {
    name: "a stated port is kept, unless it is the scheme's own",
    redirect: { status: 301, scheme: "https", port: 8443 },
    location: "https://shop.example.com:8443/foo",
  },
  {
    name: "443 of https is left out although stated",
    redirect: { status: 301, scheme: "https", port: 443 },
    location: "https://shop.example.com/foo",
  },
  {
    name: "443 of http is not",
    redirect: { status: 301, scheme: "http", port: 443 },
    location: "http://shop.example.com:443/foo",
  },
  {
    name: "an https listener on 443 redirects to https without a port",
    redirect: { status: 308 },
    port: 443,
    request: { scheme: "https" },
    location: "https://shop.example.com/foo",
  },
  {
    name: "the prefix is replaced",
    redirect: { status: 307, path: { kind: "prefix", value: "/cart" } },
    request: { target: "/foo/x/y?z" },
    location: "http://shop.example.com/cart/x/y?z",
  },
  {
    name: "the whole path is replaced",
    redirect: { status: 303, path: { kind: "full", value: "/cart" } },
    request: { target: "/foo/x/y?z" },
    location: "http://shop.example.com/cart?z",
  },
  {
    name: "an IPv6 host keeps its brackets",
    redirect: { status: 302, port: 81 },
    request: { authority: "[::1]:80" },
    location: "http://[::1]:81/foo",
  },
];

for (const { name, redirect, request, port, location } of REDIRECTS) {
  Deno.test(`redirect: ${name}`, async () => {
    const { decide } = await withRule({ redirect }, { port });
    const decision = decide({ target: "/foo", ...request });
    if (decision.kind !== "respond") throw new Error("forwarded");
    assertEquals([decision.status, decision.reason], [redirect.status, "redirect"]);
    assertEquals(decision.fields, [["location", location]]);
  });
}

Deno.test("redirect: response edits of the rule apply to it, and its plan is given back", async () => {
  const { decide, core } = await withRule({
    redirect: { status: 302 },
    responseHeaders: edits([["X-From", "rauta"]], [], []),
  });
  const decision = decide({ target: "/foo" });
  assertEquals(decision.kind === "respond" && decision.fields, [
    ["location", "http://shop.example.com/foo"],
    ["X-From", "rauta"],
  ]);
  assertEquals(core.instance.exports.plansInUse(), 0);
});

Deno.test("edits: hop-by-hop fields go, the client is told, a filter has the last word", async () => {
  const { decide } = await withRule({
    requestHeaders: edits([["X-Forwarded-Proto", "f"]], [], []),
  });
  const client = { address: "192.0.2.7", requestId: "made-1", isTrusted: false };
  const decision = decide({
    client,
    fields: [
      ["Connection", "close, X-Private"],
      ["X-Private", "1"],
      ["Keep-Alive", "5"],
      ["X-Forwarded-For", "198.51.100.1"],
      ["x-forwarded-for", "198.51.100.2"],
      ["X-Forwarded-Host", "liar.test"],
    ],
  });
  assertEquals(decision.kind === "forward" && decision.fields, [
    ["X-Forwarded-For", "198.51.100.1, 198.51.100.2, 192.0.2.7"],
    ["X-Forwarded-Host", "shop.example.com"],
    ["x-forwarded-proto", "f"],
    ["x-request-id", "made-1"],
  ]);
});

Deno.test("edits: a trusted proxy's word on scheme and host is kept, and a well-formed request id", async () => {
  const { decide } = await withRule({});
  const client = { address: "192.0.2.7", requestId: "made-1", isTrusted: true };
  const fields: FieldList = [
    ["X-Forwarded-Proto", "https"],
    ["X-Forwarded-Host", "front.test"],
    ["X-Request-Id", "a-b_c.1"],
  ];
  const decision = decide({ client, fields });
  assertEquals(decision.kind === "forward" && decision.fields, [
    ...fields,
    ["x-forwarded-for", "192.0.2.7"],
  ]);
  const bad = decide({ client, fields: [["X-Request-Id", "a b"]] });
  const id = bad.kind === "forward" &&
    bad.fields.find(([name]) => name.toLowerCase() === "x-request-id");
  assertEquals(id, ["X-Request-Id", "made-1"]);
  const refused = decide({ client, fields: [["Connection", "a;b"]] });
  assertEquals(refused.kind === "respond" && [refused.status, refused.reason], [400, "bad-field"]);
});
