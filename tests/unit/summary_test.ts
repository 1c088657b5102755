import type { ListenerView, MatchView, RoutesView } from "../../src/admin/routes_view.ts";
import { curlLines, summary } from "../../src/cli/summary.ts";
import { assertEquals } from "../assert.ts";

function match(changes: Partial<MatchView> = {}): MatchView {
  return { path: { kind: "prefix", value: "/" }, headers: [], queries: [], ...changes };
}

function listener(matches: MatchView[], changes: Partial<ListenerView> = {}): ListenerView {
  const rules = matches.map((item) => ({ name: "", matches: [item], filters: [], backends: [] }));
  return {
    id: "demo/gate/http",
    protocol: "HTTP",
    port: 8080,
    addresses: [],
    hostname: "",
    routes: [{ id: "demo/shop", hostnames: ["*.example.com"], rules }],
    ...changes,
  };
}

function view(listeners: ListenerView[]): RoutesView {
  return { listeners, services: [] };
}

Deno.test("a curl line states host, method, headers and query of the match", () => {
  const header = { kind: "exact", name: "x-who", value: "it's me" };
  const query = { kind: "exact", name: "a b", value: "1&2" };
  const full = match({ method: "POST", headers: [header], queries: [query] });
  assertEquals(curlLines(view([listener([full])]), "127.0.0.1"), [
    "curl -X POST -H 'Host: www.example.com' -H 'x-who: it'\\''s me' " +
    "'http://127.0.0.1:8080/?a%20b=1%262'",
  ]);
});

Deno.test("at most three lines, none twice, none for regular expressions or closed listeners", () => {
  const regex = match({ path: { kind: "regex", value: "/.*" } });
  const paths = ["/a", "/a", "/b", "/c", "/d"].map((value) =>
    match({ path: { kind: "exact", value } })
  );
  const lines = curlLines(view([listener([regex, ...paths])]), "::");
  assertEquals(
    lines.map((line) => line.split(" ").at(-1)),
    ["a", "b", "c"].map((name) => `'http://[::1]:8080/${name}'`),
  );
  assertEquals(curlLines(view([listener(paths, { unbound: "in use" })]), "127.0.0.1"), []);
});

Deno.test("the summary names gateways, listeners, routes, services and what is wrong", () => {
  const text = summary({
    source: "files in x",
    view: {
      listeners: [
        listener([match()]),
        listener([], { id: "demo/gate/b", unbound: "in use", routes: [] }),
      ],
      services: [{ key: "demo/cart:80", endpoints: [{ address: "127.0.0.1:1", ready: true }] }],
    },
    bindAddress: "127.0.0.1",
    admin: "127.0.0.1:9090",
    problems: 1,
  });
  for (
    const part of [
      "RAUTA serves files in x",
      "1 gateway: demo/gate",
      "listener demo/gate/http (HTTP) 127.0.0.1:8080, 1 route",
      "listener demo/gate/b (HTTP) NOT ACCEPTING: in use, 0 routes",
      "demo/shop for *.example.com, 1 rule",
      "demo/cart:80 -> 127.0.0.1:1",
      "1 problem: see the log, http://127.0.0.1:9090/status, or deno task check",
    ]
  ) assertEquals(text.includes(part), true, part);
});

Deno.test("where nothing listens it says what that takes", () => {
  const view = { listeners: [], services: [] };
  const text = summary({
    source: "files in /x",
    view,
    bindAddress: "127.0.0.1",
    admin: "127.0.0.1:9090",
    problems: 0,
  });
  assertEquals(text.includes("controllerName is\nrauta.io/gateway-controller"), true);
});
