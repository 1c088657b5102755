import type { Listener } from "../../../src/ir/snapshot.ts";
import type { RequestInput } from "../../../src/core/decision.ts";
import { assertEquals } from "../../assert.ts";
import { bench, exact, listener, match, route, rule, snapshot } from "./fixtures.ts";

interface Case {
  readonly name: string;
  readonly listeners: Listener[];
  /** [request, service it goes to or reason of the answer] */
  readonly expect: [Partial<RequestInput>, string][];
}

const get = (target: string, more: Partial<RequestInput> = {}): Partial<RequestInput> => ({
  target,
  ...more,
});
const host = (authority: string): Partial<RequestInput> => ({ authority });

const CASES: Case[] = [
  {
    name: "prefixes match by whole segments, the longest first",
    listeners: [listener("", [{
      route: route("ns/r", [
        rule([match("/")], "root"),
        rule([match("/foo")], "foo"),
        rule([match("/foo/bar")], "bar"),
      ]),
    }])],
    expect: [
      [get("/"), "root"],
      [get("/foo"), "foo"],
      [get("/foo/"), "foo"],
      [get("/foo?x=1"), "foo"],
      [get("/foobar"), "root"],
      [get("/foo/barbaz"), "foo"],
      [get("/foo/bar/baz/qux"), "bar"],
      [get("/foo/bar/"), "bar"],
    ],
  },
  {
    name: "an exact path beats a prefix and is exact to the last slash",
    listeners: [listener("", [{
      route: route("ns/r", [
        rule([match("/foo")], "prefix"),
        rule([match("= /foo")], "exact"),
        rule([match("= /bar/")], "bar"),
        rule([match("= /")], "root"),
      ]),
    }])],
    expect: [
      [get("/foo"), "exact"],
      [get("/foo/"), "prefix"],
      [get("/bar/"), "bar"],
      [get("/bar"), "no-route"],
      [get("/"), "root"],
    ],
  },
  {
    name: "method, then number of headers, then number of queries decide between equal paths",
    listeners: [listener("", [{
      route: route("ns/r", [
        rule([match("/")], "plain"),
        rule([match("/", { queries: [exact("a", "1"), exact("b", "2")] })], "two-queries"),
        rule([match("/", { queries: [exact("a", "1")] })], "one-query"),
        rule([match("/", { headers: [exact("x", "1")] })], "one-header"),
        rule([match("/", { headers: [exact("x", "1"), exact("y", "2")] })], "two-headers"),
        rule([match("/", { method: "POST" })], "method"),
        rule([match("/", { method: "PURGE" })], "rare-method"),
      ]),
    }])],
    expect: [
      [get("/"), "plain"],
      [get("/?b=2&a=1"), "two-queries"],
      [get("/?a=1"), "one-query"],
      [get("/?a=1&b=2", { fields: [["X", "1"]] }), "one-header"],
      [get("/", { fields: [["y", "2"], ["X", "1"]] }), "two-headers"],
      [get("/", { method: "POST", fields: [["y", "2"], ["X", "1"]] }), "method"],
      [get("/", { method: "PURGE" }), "rare-method"],
      [get("/", { method: "purge" }), "plain"],
    ],
  },
  {
    name: "ties go to the older route, then to the first name, then to the first rule",
    listeners: [listener("", [
      {
        route: route("ns/b", [rule([match("/b")], "b-first"), rule([match("/b")], "b-second")], 5),
      },
      { route: route("ns/a", [rule([match("/b")], "a"), rule([match("/c")], "a-c")], 7) },
      { route: route("ns/c", [rule([match("/c")], "c")], 7) },
    ])],
    expect: [[get("/b"), "b-first"], [get("/c"), "a-c"]],
  },
  {
    name:
      "hosts: exact, then the longest wildcard, then any; a less specific one when no rule fits",
    listeners: [listener("", [
      { hostnames: [""], route: route("ns/any", [rule([match("/")], "any")]) },
      { hostnames: ["*.example.com"], route: route("ns/w", [rule([match("/")], "wide")]) },
      { hostnames: ["*.b.example.com"], route: route("ns/n", [rule([match("/n")], "narrow")]) },
      { hostnames: ["a.example.com"], route: route("ns/e", [rule([match("/e")], "exact")]) },
    ])],
    expect: [
      [{ ...host("a.example.com"), target: "/e" }, "exact"],
      [host("a.example.com"), "wide"],
      [host("A.Example.COM:8080"), "wide"],
      [host("a.example.com."), "wide"],
      [host("example.com"), "any"],
      [host("x.y.example.com"), "wide"],
      [{ ...host("a.b.example.com"), target: "/n" }, "narrow"],
      [host("a.b.example.com"), "wide"],
      [{ ...host("b.example.com"), target: "/n" }, "wide"],
      [host("notexample.com"), "any"],
      [host("[::1]:80"), "any"],
      [host(""), "any"],
    ],
  },
  {
    name:
      "the listener with the most specific hostname takes the request, whatever the others have",
    listeners: [
      listener("", [{ route: route("ns/a", [rule([match("/")], "any")]) }]),
      listener("*.example.com", [{ route: route("ns/w", [rule([match("/w")], "wide")]) }]),
      listener("a.example.com", [{ route: route("ns/e", [rule([match("/e")], "exact")]) }]),
    ],
    expect: [
      [{ ...host("a.example.com"), target: "/w" }, "no-route"],
      [{ ...host("a.example.com"), target: "/e" }, "exact"],
      [{ ...host("b.example.com"), target: "/w" }, "wide"],
      [{ ...host("b.example.com"), target: "/" }, "no-route"],
      [{ ...host("other.test"), target: "/" }, "any"],
    ],
  },
  {
    name: "a port without a listener for the host answers 404",
    listeners: [listener("a.example.com", [{ route: route("ns/e", [rule([match("/")], "e")]) }])],
    expect: [[host("b.example.com"), "no-listener"], [{ portGroup: 7 }, "no-listener"]],
  },
  {
    name: "repeated fields count as one value joined by a comma and a space",
    listeners: [listener("", [{
      route: route("ns/r", [
        rule([match("/", { headers: [exact("x", "a, b")] })], "joined"),
        rule([match("/", { headers: [exact("x", "a")] })], "single"),
      ]),
    }])],
    expect: [
      [{ fields: [["x", "a"], ["other", "1"], ["X", "b"]] }, "joined"],
      [{ fields: [["x", "a, b"]] }, "joined"],
      [{ fields: [["x", "a"]] }, "single"],
      [{ fields: [["x", "a"], ["x", ""]] }, "no-route"],
      [{ fields: [["x", "b"], ["x", "a"]] }, "no-route"],
    ],
  },
  {
    name: "a query parameter counts by its first value, decoded",
    listeners: [listener("", [{
      route: route("ns/r", [rule([match("/", { queries: [exact("a b", "1&2")] })], "q")]),
    }])],
    expect: [
      [get("/?a+b=1%262"), "q"],
      [get("/?x&%61%20b=1%262&a+b=3"), "q"],
      [get("/?a+b=3&a+b=1%262"), "no-route"],
      [get("/?A+b=1%262"), "no-route"],
      [get("/?a+b"), "no-route"],
    ],
  },
];

for (const { name, listeners, expect } of CASES) {
  Deno.test(`match: ${name}`, async () => {
    const { goesTo } = await bench(snapshot(listeners));
    for (const [request, want] of expect) {
      assertEquals(goesTo(request), want, JSON.stringify(request));
    }
  });
}

Deno.test("match: rules told apart by one header or query are found by index, best rank first", async () => {
  const rules = [];
  for (let i = 0; i < 50; i++) {
    rules.push(rule([match("/", { headers: [exact("tenant", `t${i}`)] })], `tenant-${i}`));
    rules.push(rule([match("/", { queries: [exact("tenant", `t${i}`)] })], `query-${i}`));
    rules.push(
      rule([match("/", {
        headers: [exact("tenant", `t${i}`), exact("beta", "1")],
      })], `beta-${i}`),
    );
  }
  rules.push(rule([match("/", { method: "POST" })], "post"), rule([match("/")], "plain"));
  const { goesTo } = await bench(snapshot([listener("", [{ route: route("ns/r", rules) }])]));
  assertEquals(goesTo({ fields: [["a", "b"], ["Tenant", "t33"]] }), "tenant-33");
  assertEquals(goesTo({ fields: [["beta", "1"], ["tenant", "t7"]] }), "beta-7");
  assertEquals(goesTo({ target: "/?x=1&tenant=t%349" }), "query-49");
  assertEquals(goesTo({ target: "/?tenant=t3", fields: [["tenant", "t4"]] }), "tenant-4");
  assertEquals(goesTo({ fields: [["tenant", "t99"]] }), "plain");
  assertEquals(goesTo({ fields: [["tenant", "t1"], ["tenant", "t2"]] }), "plain");
  assertEquals(goesTo({ method: "POST", fields: [["tenant", "t7"]] }), "post");
});

Deno.test("match: the first 128 parameters count, in a small group and in an indexed one", async () => {
  const queried = (i: number) => rule([match("/", { queries: [exact("q", `${i}`)] })], `q${i}`);
  const padding = (count: number) => "p=1&".repeat(count);
  for (const rules of [[queried(0)], Array.from({ length: 9 }, (_, i) => queried(i))]) {
    const { goesTo } = await bench(snapshot([listener("", [{ route: route("ns/r", rules) }])]));
    assertEquals(goesTo({ target: `/?${padding(127)}q=0` }), "q0");
    assertEquals(goesTo({ target: `/?${padding(128)}q=0` }), "no-route");
  }
});
