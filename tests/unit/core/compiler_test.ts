import { CompileError } from "../../../src/core/compiler/errors.ts";
import { TableCompiler } from "../../../src/core/compiler/table_compiler.ts";
import { IdRegistry } from "../../../src/core/ids.ts";
import type { HttpMatch, Listener, Snapshot } from "../../../src/ir/snapshot.ts";
import { assertEquals } from "../../assert.ts";
import {
  bench,
  exact,
  listener,
  match,
  newCore,
  route,
  rule,
  service,
  snapshot,
} from "./fixtures.ts";

function manyRoutes(count: number) {
  return Array.from({ length: count }, (_, i) => ({
    hostnames: [`h${i % 7}.test`, ""],
    route: route(`ns/r${i}`, [
      rule(
        [match(`/p${i}/q`), match(`= /x${i % 3}`, { headers: [exact("n", `${i}`)] })],
        "ns/s:80",
      ),
    ], i % 5),
  }));
}

Deno.test("compile: the same snapshot again is unchanged, table by table", () => {
  const compiler = new TableCompiler(new IdRegistry());
  const routes = manyRoutes(20);
  const first = compiler.compile(snapshot([listener("", routes)]));
  assertEquals([first.routesGeneration, first.endpointsGeneration], [1, 1]);
  const again = compiler.compile(snapshot([listener("", manyRoutes(20))]));
  assertEquals([again.routes, again.endpoints, again.routesGeneration], [undefined, undefined, 1]);
  const grown = compiler.compile(
    snapshot([listener("", routes)], [service("ns/s:80", ["10.0.0.1:80", "10.0.0.2:80"])]),
  );
  assertEquals([grown.routes, grown.endpoints === undefined], [undefined, false]);
  assertEquals([grown.routesGeneration, grown.endpointsGeneration], [1, 2]);
});

Deno.test("compile: the order in which routes and endpoints come changes no byte", () => {
  const ids = new IdRegistry();
  const routes = manyRoutes(60);
  const services = [service("ns/s:80", ["10.0.0.2:80", "10.0.0.1:80"])];
  const first = new TableCompiler(ids).compile(snapshot([listener("", routes)], services));
  const turned = [service("ns/s:80", ["10.0.0.1:80", "10.0.0.2:80"])];
  const second = new TableCompiler(ids)
    .compile(snapshot([listener("", routes.toReversed())], turned));
  assertEquals(second.routes, first.routes);
  assertEquals(second.endpoints, first.endpoints);
});

Deno.test("compile: a table made by small changes is the one made at once", () => {
  const ids = new IdRegistry();
  const step = new TableCompiler(ids);
  const routes = manyRoutes(60);
  let last: Uint8Array | undefined;
  for (let count = 1; count <= 60; count += 7) {
    last = step.compile(snapshot([listener("", routes.slice(0, count))])).routes ?? last;
  }
  last = step.compile(snapshot([listener("", routes)])).routes ?? last;
  const whole = new TableCompiler(ids).compile(snapshot([listener("", routes)])).routes!;
  assertEquals(last!.subarray(20), whole.subarray(20));
});

Deno.test("compile: one changed route among many serves the change and nothing else", async () => {
  const routes = manyRoutes(200);
  const made = await bench(snapshot([listener("", routes)]));
  assertEquals(made.goesTo({ target: "/p77/q" }), "ns/s:80");
  routes[77] = {
    hostnames: [""],
    route: route("ns/r77", [rule([match("/p77/q")], "ns/new:80")], 2),
  };
  made.load(snapshot([listener("", routes)]));
  assertEquals(made.goesTo({ target: "/p77/q" }), "ns/new:80");
  assertEquals(made.goesTo({ target: "/p78/q" }), "ns/s:80");
  assertEquals(made.core.routesGeneration, 2);
});

Deno.test("compile: ids of labels and services survive changes and are never given again", () => {
  const ids = new IdRegistry();
  const compiler = new TableCompiler(ids);
  const one = (name: string) =>
    snapshot([
      listener("", [{ route: route(`ns/${name}`, [rule([match("/a")], `ns/${name}:80`)]) }]),
    ]);
  compiler.compile(one("x"));
  const label = ids.labels.idOf("ns/x", "/a");
  const id = ids.services.find("ns/x:80");
  compiler.compile(one("y"));
  compiler.compile(one("x"));
  assertEquals(ids.labels.idOf("ns/x", "/a"), label);
  assertEquals(ids.services.find("ns/x:80"), id);
  assertEquals(ids.services.find("ns/y:80") === id, false);
  assertEquals(ids.labels.labelOf(label), { route: "ns/x", pattern: "/a" });
});

Deno.test("compile: one binding per socket, with the listeners behind it", () => {
  const ids = new IdRegistry();
  const listeners: Listener[] = [
    listener("a.test", [], { addresses: ["10.0.0.1", "10.0.0.2"] }),
    listener("b.test", [], { addresses: ["10.0.0.1"] }),
    listener("c.test", [], { port: 81, protocol: "HTTPS" }),
  ];
  const compiler = new TableCompiler(ids);
  const bindings = compiler.compile(snapshot(listeners)).listeners;
  const shape = bindings.map(({ portGroup, port, addresses, protocol, listeners }) => ({
    portGroup,
    port,
    addresses,
    protocol,
    hosts: listeners.map(({ hostname }) => hostname),
  }));
  assertEquals(shape, [
    {
      portGroup: 0,
      port: 80,
      addresses: ["10.0.0.1"],
      protocol: "HTTP",
      hosts: ["a.test", "b.test"],
    },
    { portGroup: 1, port: 80, addresses: ["10.0.0.2"], protocol: "HTTP", hosts: ["a.test"] },
    { portGroup: 2, port: 81, addresses: [], protocol: "HTTPS", hosts: ["c.test"] },
  ]);
  const fewer = compiler.compile(snapshot(listeners.slice(2))).listeners;
  assertEquals(fewer.map(({ portGroup }) => portGroup), [2]);
});

Deno.test("compile: a request is routed by the port it came in on", async () => {
  const other = listener("", [{ route: route("ns/b", [rule([match("/")], "b")]) }], {
    id: "ns/gw/other",
    port: 81,
  });
  const { goesTo } = await bench(
    snapshot([listener("", [{ route: route("ns/a", [rule([match("/")], "a")]) }]), other]),
  );
  assertEquals([goesTo({ portGroup: 0 }), goesTo({ portGroup: 1 })], ["a", "b"]);
});

function refusal(bad: Snapshot): string {
  try {
    new TableCompiler(new IdRegistry()).compile(bad);
  } catch (error) {
    if (error instanceof CompileError) return `${error.code} ${error.where}`;
    throw error;
  }
  return "compiled";
}

const withMatch = (bad: Partial<HttpMatch>) =>
  snapshot([listener("", [{ route: route("ns/r", [rule([{ ...match("/"), ...bad }], "s")]) }])]);

Deno.test("compile: what the core cannot do is refused with the route's name", () => {
  const bad = (value: string): Partial<HttpMatch> => ({
    path: { kind: "regex", value, pattern: value },
  });
  assertEquals(refusal(withMatch(bad("(a)\\1"))), "bad-regex route ns/r rule 0");
  assertEquals(refusal(withMatch(bad("/a.*"))), "compiled");
  const path = { kind: "exact", value: "a b", pattern: "a b" } as const;
  assertEquals(refusal(withMatch({ path })), "bad-text route ns/r rule 0");
  const edits = { set: [{ name: "x", value: "a\r\nb: c" }], add: [], remove: [] };
  const split = rule([match("/")], "s", { filters: { responseHeaders: edits } });
  assertEquals(
    refusal(snapshot([listener("", [{ route: route("ns/r", [split]) }])])),
    "bad-text route ns/r rule 0",
  );
});

Deno.test("regular expressions: between exact and prefix paths, on headers and queries too", async () => {
  const regex = (value: string) => ({ kind: "regex", value, pattern: value }) as const;
  const { goesTo } = await bench(snapshot([listener("", [{
    route: route("ns/r", [
      rule([match("/shop")], "prefix"),
      rule([{ ...match("/"), path: regex("/shop/[0-9]+") }], "regex"),
      rule([match("= /shop/7")], "exact"),
      rule([match("/h", { headers: [{ kind: "regex", name: "x", value: "a+, b" }] })], "header"),
      rule([match("/h", { queries: [{ kind: "regex", name: "q", value: "é|e 1" }] })], "query"),
    ]),
  }])]));
  assertEquals(goesTo({ target: "/shop/7" }), "exact");
  assertEquals(goesTo({ target: "/shop/%38" }), "regex");
  assertEquals(goesTo({ target: "/shop/8/9" }), "prefix");
  assertEquals(goesTo({ target: "/h", fields: [["X", "aa"], ["x", "b"]] }), "header");
  assertEquals(goesTo({ target: "/h", fields: [["X", "b"]] }), "no-route");
  assertEquals(goesTo({ target: "/h?q=e+1" }), "query");
  assertEquals(goesTo({ target: "/h?q=%C3%A9" }), "query");
  assertEquals(goesTo({ target: "/h?q=x&q=e+1" }), "no-route");
});

Deno.test("load: a table that does not fit into the core's memory is refused, the old one serves", async () => {
  const core = await newCore(2 * 1024 * 1024);
  const compiler = new TableCompiler(new IdRegistry());
  const small = compiler.compile(snapshot([listener("", manyRoutes(10))]));
  assertEquals(core.loadRoutes(small.routes!).ok, true);
  const large = compiler.compile(snapshot([listener("", manyRoutes(20000))]));
  assertEquals(core.loadRoutes(large.routes!), {
    ok: false,
    reason: "the core's memory is full",
  });
  assertEquals(core.routesGeneration, 1);
});
