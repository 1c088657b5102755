// A question to explain as a person asks it, and the answer as a person reads it.

import { showExplanation } from "../../../src/cli/explain/text.ts";
import { bindingsOf } from "../../../src/core/compiler/bindings.ts";
import { Explainer } from "../../../src/core/explain.ts";
import { HeadGate } from "../../../src/core/head_gate.ts";
import { DEFAULT_EXCHANGE_LIMITS } from "../../../src/core/exchange_core.ts";
import {
  type ExplainAnswer,
  explainQuery,
  fromParams,
  QueryError,
  toParams,
} from "../../../src/core/explain_query.ts";
import { assertEquals, assertMatch } from "../../assert.ts";
import { bench, exact, listener, match, route, rule, service, snapshot } from "../core/fixtures.ts";

const SHOP = snapshot([
  listener("", [{
    hostnames: ["shop.test", "xn--mnchen-3ya.test"],
    route: route("demo/shop", [
      rule([match("/cart", { headers: [exact("x-canary", "yes")] })], "demo/new:80"),
      rule([match("/cart")], "demo/cart:80", {
        name: "cart",
        filters: { requestHeaders: { set: [{ name: "x-a", value: "1" }], add: [], remove: [] } },
      }),
      rule([match("/old")], "", { filters: { redirect: { status: 308 } }, backends: [] }),
    ]),
  }], { port: 8080 }),
], [service("demo/cart:80", ["10.0.0.1:80", "10.0.0.2:80"])]);

const { core, ids } = await bench(SHOP);
const tables = {
  snapshot: SHOP,
  bindings: bindingsOf(SHOP.listeners, ids.portGroups),
  explainer: new Explainer(core, ids),
  gate: new HeadGate(core, DEFAULT_EXCHANGE_LIMITS),
};

function ask(url: string, ...headers: string[]): ExplainAnswer {
  return explainQuery(tables, { method: "GET", url, headers, key: "1", draw: "0" });
}

Deno.test("explain: what is read first is where the request goes", () => {
  const lines = showExplanation(ask("http://shop.test/cart/7")).split("\n");
  assertMatch(lines[0], /^GET shop\.test\/cart\/7 goes to 10\.0\.0\.[12]:80 of demo\/cart:80$/);
  assertEquals(lines.slice(1, 10), [
    "port 8080 (assumed: the URL names none that is served)",
    "listener ns/gw/any",
    "hosts shop.test",
    "rules",
    "  * demo/shop rule 1 (cart) match 0 for shop.test: path begins with /cart",
    "      nothing else matches",
    '    demo/shop rule 0 match 0 for shop.test: path begins with /cart, header x-canary is "yes"',
    '      not so: header x-canary is "yes"',
    "    demo/shop rule 2 match 0 for shop.test: path begins with /old",
  ]);
  const text = lines.join("\n");
  assertMatch(text, /head from 127\.0\.0\.1:40000\n {4}GET \/cart\/7\n {4}host: shop\.test\n/);
  assertMatch(
    text,
    /head to the endpoint\n {4}GET \/cart\/7\n {4}host: shop\.test\n[^]* {4}x-a: 1\n/,
  );
});

Deno.test("explain: an answer of the gateway's own is told with its reason", () => {
  const first = (url: string) => showExplanation(ask(url)).split("\n", 1)[0];
  assertEquals(
    first("http://shop.test/old"),
    "GET shop.test/old is answered 308: the rule redirects, to http://shop.test:8080/old",
  );
  assertEquals(
    first("http://shop.test/none"),
    "GET shop.test/none is answered 404: no rule of the listener takes this request",
  );
  assertEquals(
    first("http://shop.test/%zz"),
    "GET shop.test/%zz is answered 400: the target is malformed, so no rule sees it",
  );
});

Deno.test("explain: hosts of other letters are asked for as browsers send them", () => {
  assertEquals(ask("http://M\u00fcnchen.test/cart").before.authority, "xn--mnchen-3ya.test");
  assertEquals(ask("http://m\u00fcnchen.test/cart").after.kind, "forward");
});

Deno.test("explain: a Host of its own counts, and the port is the URL's where it names one", () => {
  const { before, port, portAssumed } = ask("http://127.0.0.1:8080/cart", "Host: shop.test");
  assertEquals([before.authority, port, portAssumed], ["shop.test", 8080, false]);
});

Deno.test("explain: what can't be asked is said, with what to write", () => {
  const cases: readonly [string, string[], RegExp][] = [
    ["shop.test/", [], /write http:\/\/HOST\[:PORT\]\/PATH/],
    ["http:///x", [], /names no host: write http:\/\/HOST\/PATH/],
    ["http://shop.test:81/", [], /no HTTP listener has port 81: there is 8080/],
    ["https://shop.test/", [], /no HTTPS listener has port 443: there is HTTP on 8080/],
    ["http://shop.test/", ["x"], /write 'NAME: VALUE'/],
    ["http://shop.test/", ["x: a\u0000b"], /its value holds a control character/],
    [
      "http://shop.test/",
      Array.from({ length: 40 }, () => `x: ${"a".repeat(8000)}`),
      /262144 bytes/,
    ],
  ];
  for (const [url, headers, words] of cases) {
    let said = "taken";
    try {
      ask(url, ...headers);
    } catch (error) {
      if (!(error instanceof QueryError)) throw error;
      said = error.message;
    }
    assertMatch(said, words, url);
  }
});

Deno.test("explain: a head that HTTP/1 refuses is told with its answer, as no rule sees it", () => {
  const long = "a".repeat(7000);
  const cases: readonly [string, string, string[], number, RegExp][] = [
    ["CONNECT", "/cart", [], 501, /CONNECT is not offered/],
    ["get", "/cart", [], 501, /methods are in capitals/],
    ["A".repeat(33), "/cart", [], 501, /longer than 32 bytes/],
    ["GET", "/cart", ["Host: shop.test", "Host: b.test"], 400, /Host stands twice/],
    [
      "GET",
      "/cart",
      ["Content-Length: 1", "Transfer-Encoding: chunked"],
      400,
      /exclude each other/,
    ],
    ["GET", "/cart", ["Content-Length: -1"], 400, /Content-Length is malformed/],
    ["GET", "/cart", ["Expect: the-best"], 417, /only 100-continue/],
    ["GET", "/cart", ["Connection: host"], 400, /malformed/],
    ["GET", "/cart", Array.from({ length: 101 }, (_, i) => `x${i}: 1`), 431, /too many fields/],
    ["GET", "/cart", Array.from({ length: 10 }, (_, i) => `x${i}: ${long}`), 431, /too large/],
    ["GET", "/cart^", [], 400, /the target is malformed/],
  ];
  for (const [method, path, headers, status, why] of cases) {
    const answer = explainQuery(tables, { method, url: `http://shop.test${path}`, headers });
    const { after, matches } = answer;
    assertEquals([after.kind, matches], ["respond", []], method + path + headers);
    if (after.kind !== "respond") continue;
    assertEquals([after.status, after.reason], [status, "refused-head"], method + path + headers);
    assertMatch(after.why!, why);
    assertMatch(
      showExplanation(answer),
      new RegExp(`is answered ${status}: .*, so no rule sees it`),
    );
  }
  for (const [method, status] of [["OPTIONS", 200], ["TRACE", 501]] as const) {
    const question = { method, url: "http://shop.test/cart", headers: ["Max-Forwards: 0"] };
    const { after, matches } = explainQuery(tables, question);
    assertEquals(after, { kind: "respond", status, reason: "max-forwards", fields: [] });
    assertEquals(matches[0].outcome, "won");
  }
  assertEquals(ask("http://shop.test/cart", "Content-Length: 5").after.kind, "forward");
  assertEquals(core.instance.exports.plansInUse(), 0);
});

Deno.test("explain: clients that there can't be are told", () => {
  const said = (client: string) => {
    try {
      explainQuery(tables, { method: "GET", url: "http://shop.test/", headers: [], client });
      return "taken";
    } catch (error) {
      if (!(error instanceof QueryError)) throw error;
      return error.message;
    }
  };
  for (
    const client of ["300.1.1.1:5", "1.2.3:5", "192.0.2.7:65536", "[::g]:1", "[:::]:1", "::1:5"]
  ) {
    assertMatch(said(client), /write IP:PORT, IPv6 in brackets/, client);
  }
  for (const client of ["192.0.2.7", "192.0.2.7:65535", "[2001:db8::7]:1", "[::ffff:1.2.3.4]:1"]) {
    assertEquals(said(client), "taken");
  }
});

Deno.test("explain: no parameter but header is given twice", () => {
  for (const twice of ["url=http://a/&url=http://b/", "url=http://a/&method=GET&method=PUT"]) {
    let said = "taken";
    try {
      fromParams(new URLSearchParams(twice));
    } catch (error) {
      said = error instanceof QueryError ? error.message : String(error);
    }
    assertMatch(said, /is given twice/);
  }
});

Deno.test("explain: a question survives the way through /explain's parameters", () => {
  const query = {
    method: "PURGE",
    url: "http://a.test/b?c=d&e",
    headers: ["x: 1", "x: 2"],
    client: "[::1]:5",
    key: "ff",
    draw: "0.5",
  };
  assertEquals(fromParams(toParams(query)), query);
});
