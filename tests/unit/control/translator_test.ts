// Invariants of the translator: incremental equals from scratch, whatever came before and in which
// order; inputs are untouched; what did not change keeps its identity.

import { assertEquals } from "../../assert.ts";
import fc from "../../property.ts";
import type { Change } from "../../../src/control/provider/provider.ts";
import { ObjectStore } from "../../../src/control/store/object_store.ts";
import { freezeDeep } from "../../../src/control/translator/share.ts";
import type { ProgrammedState } from "../../../src/control/translator/statuses.ts";
import { createTranslator } from "../../../src/control/translator/translator.ts";
import type { ServedObject } from "../../../src/gatewayapi/kinds.ts";
import {
  gateway,
  gatewayClass,
  gone,
  grant,
  listenerSet,
  namespace,
  put,
  route,
  secret,
  service,
  slice,
  tables,
} from "./objects.ts";

const DATES = [undefined, "2026-01-01T00:00:00Z", "2026-02-01T00:00:00Z"];

const anyListener = fc.record({
  name: fc.constantFrom("a", "b"),
  port: fc.constantFrom(80, 443),
  protocol: fc.constantFrom("HTTP", "HTTP", "HTTPS", "TCP"),
  hostname: fc.constantFrom(undefined, "a.example.com", "*.example.com"),
  from: fc.constantFrom("All" as const, "Same" as const, "Selector" as const),
  certificate: fc.constantFrom(undefined, "cert"),
}).map((listener) =>
  listener.protocol === "HTTPS" ? listener : { ...listener, certificate: undefined }
);

const anyRoute = fc.record({
  namespace: fc.constantFrom("apps", "infra"),
  gateways: fc.constantFrom(["gw"], ["gw2"], ["gw", "gw2"], ["set1", "gw"], ["nowhere"]),
  sectionName: fc.constantFrom(undefined, "a", "c"),
  hostnames: fc.constantFrom(undefined, ["a.example.com"], ["*.com", "b.example.com"], ["x.net"]),
  path: fc.constantFrom("/", "/a", "/b/"),
  pathType: fc.constantFrom(
    "PathPrefix" as const,
    "Exact" as const,
    "RegularExpression" as const,
  ),
  backends: fc.constantFrom(
    [],
    [{ name: "web", port: 80 }],
    [{ name: "web", port: 80 }, { name: "web", namespace: "other", port: 80 }],
    [{ name: "web" }, { name: "missing", port: 80 }],
  ),
  filters: fc.constantFrom(
    undefined,
    [{ type: "CORS" }],
    [{ type: "ExtensionRef", extensionRef: { group: "x.y", kind: "Z", name: "n" } }],
    [{ type: "RequestHeaderModifier", requestHeaderModifier: { remove: ["a"] } }],
  ),
  createdAt: fc.constantFrom(...DATES),
});

const anyObject: fc.Arbitrary<ServedObject> = fc.oneof(
  fc.boolean().map((parameters) => gatewayClass("rauta", parameters)),
  fc.record({
    name: fc.constantFrom("gw", "gw2"),
    listeners: fc.uniqueArray(anyListener, { minLength: 1, selector: (one) => one.name }),
    createdAt: fc.constantFrom(...DATES),
  }).map(({ name, listeners, createdAt }) => gateway(name, listeners, createdAt)),
  fc.record({
    name: fc.constantFrom("set1", "set2"),
    namespace: fc.constantFrom("apps", "infra"),
    gateway: fc.constantFrom("gw", "gw2", "nowhere"),
    listeners: fc.uniqueArray(anyListener, { minLength: 1, selector: (one) => one.name }),
    createdAt: fc.constantFrom(...DATES),
  }).map((set) => listenerSet(set.name, set.namespace, set.gateway, set.listeners, set.createdAt)),
  fc.record({ name: fc.constantFrom("r1", "r2", "r3"), shape: anyRoute })
    .map(({ name, shape }) => route(name, shape)),
  fc.record({
    namespace: fc.constantFrom("apps", "other", "infra"),
    protocol: fc.constantFrom(undefined, "https"),
  }).map((one) => service("web", one.namespace, one.protocol)),
  fc.record({
    name: fc.constantFrom("s1", "s2"),
    namespace: fc.constantFrom("apps", "other"),
    addresses: fc.subarray(["10.0.0.1", "10.0.0.2", "10.0.0.3"]),
  }).map((one) => slice(one.name, "web", one.addresses, one.namespace)),
  fc.constantFrom({ team: "a" }, {}).map((labels) =>
    namespace("apps", labels as Record<string, string>)
  ),
  fc.constantFrom("apps", "infra").map((from) =>
    grant("g", "other", { kind: "HTTPRoute", namespace: from }, { kind: "Service" })
  ),
  fc.constantFrom("MIIA", "MIIB", "{}").map((text) => secret("cert", "infra", text)),
);

const anyChange: fc.Arbitrary<Change> = fc.record({
  object: anyObject,
  deleted: fc.integer({ min: 0, max: 3 }).map((dice) => dice === 0),
}).map(({ object, deleted }) => {
  const change = put(object);
  return deleted ? gone(change.kind, change.key) : change;
});

const START: readonly ServedObject[] = [
  gatewayClass("rauta"),
  gateway("gw", [{ name: "a", port: 80 }]),
  route("r1", {
    backends: [{ name: "web", port: 80 }, { name: "web", namespace: "other", port: 80 }],
  }),
  service("web"),
  service("web", "other"),
];

function answer(listeners: readonly { id: string }[]): ProgrammedState {
  return { listeners: new Set(listeners.slice(1).map(({ id }) => id)), unbound: new Map() };
}

Deno.test("incremental translation equals translation from scratch after any changes", () => {
  fc.assert(
    fc.property(
      fc.array(fc.array(anyChange, { minLength: 1, maxLength: 3 }), { maxLength: 12 }),
      (batches) => {
        const store = new ObjectStore();
        store.change(START.map(put));
        const incremental = createTranslator();
        incremental.translate(store.objects());
        for (const batch of batches) {
          store.change(batch);
          const objects = store.objects();
          const kept = incremental.translate(objects);
          const fresh = createTranslator().translate(objects);
          assertEquals(kept.snapshot, fresh.snapshot);
          const programmed = answer(fresh.snapshot.listeners);
          assertEquals(kept.statuses(programmed), fresh.statuses(programmed));
          assertEquals(JSON.stringify(kept.snapshot), JSON.stringify(fresh.snapshot));
        }
      },
    ),
    { numRuns: 300 },
  );
});

Deno.test("the order in which objects arrive changes nothing", () => {
  fc.assert(
    fc.property(
      fc.uniqueArray(anyObject, { selector: (one) => `${one.kind} ${put(one).key}`, maxLength: 14 })
        .chain((objects) =>
          fc.tuple(
            fc.constant(objects),
            fc.shuffledSubarray(objects, { minLength: objects.length }),
          )
        ),
      ([objects, shuffled]) => {
        const unsorted = (list: readonly ServedObject[]) => {
          const all = tables([]);
          const maps = Object.fromEntries(
            Object.keys(all).map((kind) => [kind, new Map<string, ServedObject>()]),
          );
          for (const one of list) maps[one.kind].set(put(one).key, one);
          return maps as unknown as typeof all;
        };
        const [one, other] = [objects, shuffled].map((list) => {
          const translation = createTranslator().translate(unsorted(list));
          const statuses = translation.statuses(answer(translation.snapshot.listeners));
          return JSON.stringify([translation.snapshot, statuses]);
        });
        assertEquals(one, other);
      },
    ),
    { numRuns: 300 },
  );
});

Deno.test("inputs are untouched and outputs are frozen", () => {
  fc.assert(fc.property(fc.array(anyObject, { maxLength: 10 }), (objects) => {
    const before = JSON.stringify(objects);
    const { snapshot, statuses } = createTranslator().translate(tables([...START, ...objects]));
    const out = statuses(answer(snapshot.listeners));
    assertEquals(JSON.stringify(objects), before);
    for (const one of objects) assertEquals(Object.isFrozen(one), false);
    const thaw = (value: unknown): boolean =>
      typeof value !== "object" || value === null ||
      (Object.isFrozen(value) && Object.values(value).every(thaw));
    assertEquals(thaw(snapshot), true);
    assertEquals(thaw(out), true);
  }));
});

Deno.test("objects that nothing can change are translated alike", () => {
  const objects = START.map((one) => freezeDeep(structuredClone(one)));
  const { snapshot } = createTranslator().translate(tables(objects));
  assertEquals(snapshot, createTranslator().translate(tables(START)).snapshot);
});

Deno.test("the same objects again give the same snapshot, by identity", () => {
  const store = new ObjectStore();
  store.change(START.map(put));
  const translator = createTranslator();
  const first = translator.translate(store.objects());
  assertEquals(store.change(START.map((one) => put(structuredClone(one)))), false);
  const second = translator.translate(store.objects());
  assertEquals(second.snapshot === first.snapshot, true);
  const programmed = answer([]);
  assertEquals(second.statuses(programmed) === first.statuses(programmed), true);
});

Deno.test("one changed route leaves every other fragment as it was", () => {
  const store = new ObjectStore();
  store.change([...START, route("r2", { path: "/two" }), slice("s", "web", ["10.0.0.1"])].map(put));
  const translator = createTranslator();
  const before = translator.translate(store.objects()).snapshot;
  store.change([put(route("r2", { path: "/three" }))]);
  const after = translator.translate(store.objects()).snapshot;
  assertEquals(after === before, false);
  assertEquals(after.services === before.services, true);
  assertEquals(after.listeners[0].routes[0] === before.listeners[0].routes[0], true);
  assertEquals(after.listeners[0].routes[1] === before.listeners[0].routes[1], false);
});

Deno.test("an endpoint that comes or goes leaves listeners and routes as they were", () => {
  const store = new ObjectStore();
  store.change([...START, slice("s", "web", ["10.0.0.1"])].map(put));
  const translator = createTranslator();
  const before = translator.translate(store.objects()).snapshot;
  store.change([put(slice("s", "web", ["10.0.0.1", "10.0.0.2"]))]);
  const after = translator.translate(store.objects()).snapshot;
  assertEquals(after.listeners === before.listeners, true);
  const web = after.services.find(({ id }) => id === "apps/web")!;
  assertEquals(web.endpoints.length, 2);
});

Deno.test("a Service that is written anew without change to its ports changes no route", () => {
  const store = new ObjectStore();
  store.change(START.map(put));
  const translator = createTranslator();
  const before = translator.translate(store.objects()).snapshot;
  const labelled = {
    ...service("web"),
    metadata: { name: "web", namespace: "apps", labels: { a: "b" } },
  };
  assertEquals(store.change([put(labelled as ServedObject)]), true);
  assertEquals(translator.translate(store.objects()).snapshot === before, true);
});

Deno.test("a certificate that changed has another version, and one that did not the same", () => {
  const https = gateway("gw", [{ name: "a", port: 443, protocol: "HTTPS", certificate: "cert" }]);
  const versionOf = (text: string) => {
    const objects = tables([gatewayClass("rauta"), https, secret("cert", "infra", text)]);
    return createTranslator().translate(objects).snapshot.listeners[0].tls!.certificates[0].version;
  };
  assertEquals(versionOf("MIIA") === versionOf("MIIA"), true);
  assertEquals(versionOf("MIIA") === versionOf("MIIB"), false);
});

Deno.test("a pair that the check refuses leaves its listener unserved, and the check's word in it", () => {
  const https = gateway("gw", [{ name: "a", port: 443, protocol: "HTTPS", certificate: "cert" }]);
  const objects = tables([gatewayClass("rauta"), https, secret("cert", "infra", "MIIA")]);
  const translator = createTranslator({
    inspectPair: () => ({ kind: "broken", fault: "the key does not fit" }),
  });
  const { snapshot, statuses } = translator.translate(objects);
  assertEquals(snapshot.listeners, []);
  const status = statuses(answer([])).find((one) => one.kind === "Gateway")!;
  const [listener] = status.kind === "Gateway" ? status.status.listeners : [];
  const resolved = listener.conditions.find((one) => one.type === "ResolvedRefs")!;
  assertEquals([resolved.status, resolved.reason, resolved.message], [
    "False",
    "InvalidCertificateRef",
    "Secret infra/cert: the key does not fit",
  ]);
});

Deno.test("a status shows sixteen addresses at most, which is all that the API takes", () => {
  const hosts = Array.from({ length: 20 }, (_, index) => `192.0.2.${index + 10}`);
  const translation = createTranslator({ hostAddresses: () => hosts }).translate(tables(START));
  const statuses = translation.statuses(answer([]));
  const found = statuses.find(({ kind }) => kind === "Gateway");
  assertEquals(
    found?.kind === "Gateway" && found.status.addresses.map(({ value }) => value),
    hosts.slice(0, 16),
  );
});
