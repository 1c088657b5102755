// The control plane's small parts: addresses, paths, documents, hashes, batches, the store, sharing.

import { assertEquals } from "../../assert.ts";
import fc from "../../property.ts";
import { contentHash } from "../../../src/control/provider/file/content_hash.ts";
import { splitDocuments } from "../../../src/control/provider/file/documents.ts";
import { createBatches } from "../../../src/control/reconciler/batches.ts";
import { ObjectStore } from "../../../src/control/store/object_store.ts";
import { normalizePath } from "../../../src/control/translator/http_match.ts";
import { canonicalAddress } from "../../../src/control/translator/ip_address.ts";
import { share } from "../../../src/control/translator/share.ts";
import { KINDS, type ServedObject } from "../../../src/gatewayapi/kinds.ts";
import { gone, put, route } from "./objects.ts";

Deno.test("addresses get their canonical text (RFC 5952), and what is none is refused", () => {
  const good: [string, string][] = [
    ["10.0.0.1", "10.0.0.1"],
    ["255.255.255.255", "255.255.255.255"],
    ["2001:DB8:0:0:1:0:0:1", "2001:db8::1:0:0:1"],
    ["2001:db8:0:1:1:1:1:1", "2001:db8:0:1:1:1:1:1"],
    ["::", "::"],
    ["::1", "::1"],
    ["1::", "1::"],
    ["0:0:0:0:0:0:0:0", "::"],
    ["2001:0db8::0001", "2001:db8::1"],
    ["::ffff:192.0.2.1", "::ffff:c000:201"],
    ["1:0:0:2:0:0:0:3", "1:0:0:2::3"],
  ];
  for (const [text, expected] of good) assertEquals(canonicalAddress(text), expected, text);
  const bad =
    "|1.2.3|1.2.3.4.5|256.1.1.1|01.1.1.1|1.2.3.4 |:|:::|1::2::3|12345::|g::|fe80::1%eth0|" +
    "[::1]|1:2:3:4:5:6:7|1:2:3:4:5:6:7:8:9|1:2:3:4:5:6:7::8|::1.2.3|example.com";
  for (const text of bad.split("|")) assertEquals(canonicalAddress(text), undefined, text);
});

Deno.test("paths of matches are normalised as RFC 3986, 6.2.2 says, and only so", () => {
  const cases: [string, string][] = [
    ["/a/b", "/a/b"],
    ["/%7euser", "/~user"],
    ["/%41%2d%2E%5f", "/A-._"],
    ["/a%2fb", "/a%2Fb"],
    ["/caf\u00e9", "/caf%C3%A9"],
    ["/\u{1f600}", "/%F0%9F%98%80"],
    ["/a b", "/a%20b"],
    ["/%zz", "/%zz"],
  ];
  for (const [path, expected] of cases) {
    assertEquals(normalizePath(path), expected, path);
    assertEquals(normalizePath(expected), expected, `${path} twice`);
  }
});

Deno.test("a stream is cut at its markers, with the lines on which documents begin", () => {
  const cases: [string, [string, number][]][] = [
    ["", []],
    ["# only\n---\n\n# comments\n---\n", []],
    ["a: 1\n", [["a: 1\n", 1]]],
    ["a: 1\n---\nb: 2\n---\nc: 3", [["a: 1\n", 1], ["---\nb: 2\n", 2], ["---\nc: 3", 4]]],
    ["%YAML 1.2\n---\na: 1\n...\n", [["---\na: 1\n", 2]]],
    ["\ufeffa: 1\n", [["a: 1\n", 1]]],
    ["a: |\n  ---\n  text\n", [["a: |\n  ---\n  text\n", 1]]],
    ["a: ---x\n---x: 1\n", [["a: ---x\n---x: 1\n", 1]]],
    ["a: 1\r\n---\r\nb: 2\r\n", [["a: 1\r\n", 1], ["---\r\nb: 2\r\n", 2]]],
    ["--- {a: 1}\n", [["--- {a: 1}\n", 1]]],
  ];
  for (const [stream, expected] of cases) {
    const found = splitDocuments(stream).map(({ text, line }) => [text, line]);
    assertEquals(found as [string, number][], expected, JSON.stringify(stream));
  }
});

Deno.test("unlike texts have unlike hashes", () => {
  fc.assert(fc.property(fc.string(), fc.string(), (a, b) => {
    assertEquals(contentHash(a) === contentHash(b), a === b);
  }));
  const many = new Set(
    Array.from({ length: 50_000 }, (_, index) => contentHash(`name: r-${index}`)),
  );
  assertEquals(many.size, 50_000);
});

Deno.test("one batch runs at a time, and what arrives meanwhile is one more batch", async () => {
  let running = 0;
  let runs = 0;
  let most = 0;
  const gates: PromiseWithResolvers<void>[] = [];
  const batches = createBatches(async () => {
    runs++;
    most = Math.max(most, ++running);
    const gate = Promise.withResolvers<void>();
    gates.push(gate);
    await gate.promise;
    running--;
  }, () => {});
  const turn = () => new Promise((resolve) => setTimeout(resolve, 0));
  batches.trigger();
  batches.trigger();
  await turn();
  assertEquals(runs, 1);
  batches.trigger();
  batches.trigger();
  batches.trigger();
  gates[0].resolve();
  await turn();
  assertEquals(runs, 2);
  gates[1].resolve();
  await batches.idle();
  assertEquals([runs, most, running], [2, 1, 0]);
});

Deno.test("a batch that fails is told, and the next one runs all the same", async () => {
  const errors: unknown[] = [];
  let runs = 0;
  const batches = createBatches(() => {
    if (++runs === 1) throw new Error("broken");
    return Promise.resolve();
  }, (error) => errors.push(error));
  batches.trigger();
  await batches.idle();
  batches.trigger();
  await batches.idle();
  assertEquals([runs, errors.length], [2, 1]);
});

Deno.test("the store keeps tables and objects that did not change, and sorts by key", () => {
  const store = new ObjectStore();
  assertEquals(store.change([put(route("b")), put(route("a"))]), true);
  const first = store.objects();
  assertEquals([...first.HTTPRoute.keys()], ["apps/a", "apps/b"]);
  assertEquals(store.objects() === first, true);
  const plain = route("a");
  const withStatus = {
    ...plain,
    metadata: { ...plain.metadata, resourceVersion: "7", managedFields: [{}] },
    status: { parents: [] },
  } as unknown as ServedObject;
  assertEquals(store.change([put(withStatus)]), false);
  assertEquals(store.change([put(route("a", { path: "/x" }))]), true);
  const second = store.objects();
  assertEquals(second.HTTPRoute.get("apps/b") === first.HTTPRoute.get("apps/b"), true);
  assertEquals(second.Gateway === first.Gateway, true);
  assertEquals(first.HTTPRoute.get("apps/a") === second.HTTPRoute.get("apps/a"), false);
  assertEquals(store.change([gone("HTTPRoute", "apps/none")]), false);
  assertEquals(store.change([gone("HTTPRoute", "apps/a"), put(route("0"))]), true);
  assertEquals([...store.objects().HTTPRoute.keys()], ["apps/0", "apps/b"]);
  assertEquals(store.counts().HTTPRoute, 2);
});

Deno.test("the store is complete once every kind has been listed", () => {
  const store = new ObjectStore();
  const answers = KINDS.map(({ kind }) => store.listed(kind));
  assertEquals(answers.filter(Boolean).length, 1);
  assertEquals(answers.at(-1), true);
  assertEquals(store.complete, true);
  assertEquals(store.listed("Gateway"), false);
});

Deno.test("sharing keeps what is equal and equals what was asked for", () => {
  const value = fc.jsonValue({ maxDepth: 4 });
  fc.assert(fc.property(value, value, (before, after) => {
    const kept = share(before, structuredClone(after));
    assertEquals(kept, after);
    const again = share(kept, structuredClone(after));
    assertEquals(Object.is(again, kept), true);
  }));
});
