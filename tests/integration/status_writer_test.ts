import { Lease } from "../../src/control/status/lease.ts";
import { observedOf, ObservedStatuses } from "../../src/control/status/observed_statuses.ts";
import { StatusWriter } from "../../src/control/status/status_writer.ts";
import type { ObjectStatus } from "../../src/control/translator/statuses.ts";
import { assertEquals } from "../assert.ts";
import { ApiDouble, eventually, type Json } from "./api_double.ts";

const NAME = "rauta.io/gateway-controller";

function routePath(name: string): string {
  return `/apis/gateway.networking.k8s.io/v1/namespaces/default/httproutes/${name}`;
}

function gatewayPath(name: string): string {
  return `/apis/gateway.networking.k8s.io/v1/namespaces/default/gateways/${name}`;
}

function routeStatus(name: string, status: "True" | "False" = "True"): ObjectStatus {
  return {
    kind: "HTTPRoute",
    key: `default/${name}`,
    generation: 1,
    status: {
      parents: [{
        parentRef: { name: "gateway" },
        controllerName: NAME,
        conditions: [{
          type: "Accepted",
          status,
          reason: "Accepted",
          message: "",
          observedGeneration: 1,
        }],
      }],
    },
  };
}

function gatewayStatus(attachedRoutes: number): ObjectStatus {
  return {
    kind: "Gateway",
    key: "default/gateway",
    generation: 1,
    status: {
      addresses: [],
      conditions: [],
      listeners: [{ name: "a", supportedKinds: [], attachedRoutes, conditions: [] }],
    },
  };
}

interface Bench {
  readonly api: ApiDouble;
  readonly observed: ObservedStatuses;
  readonly writer: StatusWriter;
  see(kind: "HTTPRoute" | "Gateway", name: string): void;
}

async function withWriter(
  test: (bench: Bench) => Promise<void>,
  countsIntervalMs = 60,
): Promise<void> {
  const api = new ApiDouble();
  const observed = new ObservedStatuses();
  const writer = new StatusWriter({ client: api.client(), observed, countsIntervalMs });
  const see = (kind: "HTTPRoute" | "Gateway", name: string) => {
    const path = kind === "Gateway" ? gatewayPath(name) : routePath(name);
    observed.set(observedOf(kind, `default/${name}`, api.objects.get(path)));
  };
  try {
    await test({ api, observed, writer, see });
  } finally {
    await writer.stop();
    await api.stop();
  }
}

function addRoute(api: ApiDouble, name: string, status?: Json): void {
  api.put(routePath(name), {
    metadata: { name, namespace: "default", uid: name },
    ...(status === undefined ? {} : { status }),
  });
}

Deno.test("nothing is written before it is allowed, and once settled nothing more", async () => {
  await withWriter(async ({ api, writer, see }) => {
    addRoute(api, "a");
    see("HTTPRoute", "a");
    writer.want([routeStatus("a")]);
    await new Promise((resolve) => setTimeout(resolve, 50));
    assertEquals(api.count("PATCH", ""), 0);
    writer.allow(true);
    await eventually("it is written", () => api.count("PATCH", "") === 1);
    see("HTTPRoute", "a");
    writer.want([routeStatus("a")]);
    writer.allow(true);
    await new Promise((resolve) => setTimeout(resolve, 50));
    assertEquals(api.count("PATCH", ""), 1);
  });
});

Deno.test("a conflict is tried again from the object as it is, others' entries stay", async () => {
  await withWriter(async ({ api, writer, see }) => {
    addRoute(api, "a");
    see("HTTPRoute", "a");
    const foreign = { parentRef: { name: "x" }, controllerName: "other/one", conditions: [] };
    addRoute(api, "a", { parents: [foreign] });
    writer.allow(true);
    writer.want([routeStatus("a")]);
    await eventually("ours is there", () => {
      return api.objects.get(routePath("a")).status.parents.length === 2;
    });
    const [first, second] = api.objects.get(routePath("a")).status.parents;
    assertEquals(first, foreign);
    assertEquals(second.controllerName, NAME);
    assertEquals(api.count("GET", "httproutes/a"), 1);
  });
});

Deno.test("a hundred routes cost one write each and few of the Gateway", async () => {
  await withWriter(async ({ api, writer, see }) => {
    api.put(gatewayPath("gateway"), {
      metadata: { name: "gateway", namespace: "default", uid: "g" },
    });
    see("Gateway", "gateway");
    const sinceMs = performance.now();
    writer.allow(true);
    const wanted: ObjectStatus[] = [];
    for (let index = 0; index < 100; index++) {
      addRoute(api, `r${index}`);
      see("HTTPRoute", `r${index}`);
      wanted.push(routeStatus(`r${index}`));
      writer.want([gatewayStatus(wanted.length), ...wanted]);
      await new Promise((resolve) => setTimeout(resolve, 1));
    }
    await eventually("the last count is there", () => {
      return api.objects.get(gatewayPath("gateway")).status.listeners[0].attachedRoutes === 100;
    });
    await eventually("every route is written", () => api.count("PATCH", "httproutes") === 100);
    const writes = api.count("PATCH", "gateways");
    const seconds = Math.ceil((performance.now() - sinceMs) / 1_000);
    assertEquals(writes <= 1 + seconds, true, `${writes} writes in ${seconds} s`);
  }, 1_000);
});

Deno.test("one of two holds the Lease; when it gives up, the other does", async () => {
  const api = new ApiDouble();
  const timing = { durationMs: 120_000, renewWithinMs: 60_000, retryMs: 30 };
  const make = (identity: string) =>
    new Lease({
      client: api.client(),
      namespace: "default",
      name: "l",
      identity,
      onChange() {},
      timing,
    });
  const first = make("first");
  await eventually("the first holds it", () => first.isHolder);
  const second = make("second");
  await new Promise((resolve) => setTimeout(resolve, 150));
  assertEquals(second.isHolder, false);
  await first.stop();
  await eventually("the second holds it", () => second.isHolder);
  assertEquals(first.isHolder, false);
  await second.stop();
  await api.stop();
});

Deno.test("a holder asks once a renewal, and stops in time where it can't renew", async () => {
  const api = new ApiDouble();
  const path = "/apis/coordination.k8s.io/v1/namespaces/default/leases/l";
  const changes: boolean[] = [];
  const lease = new Lease({
    client: api.client(),
    namespace: "default",
    name: "l",
    identity: "one",
    onChange: (isHolder) => changes.push(isHolder),
    // The end of the test waits for it; shorter, and a busy machine would lose the Lease before.
    timing: { durationMs: 8_000, renewWithinMs: 6_000, retryMs: 30 },
  });
  await eventually("it is renewed", () => api.count("PUT", "leases/l") > 3);
  assertEquals(api.count("GET", "leases/l"), 1);
  // Somebody else's edit of the Lease is no reason to lose it.
  api.put(path, { ...api.objects.get(path), metadata: { name: "l", labels: { a: "b" } } });
  const before = api.count("PUT", "leases/l");
  await eventually("it is renewed on", () => api.count("PUT", "leases/l") > before + 2);
  assertEquals([changes, api.objects.get(path).metadata.labels], [[true], { a: "b" }]);
  api.forbidden.add(path);
  await eventually("it no longer holds it", () => !lease.isHolder);
  api.forbidden.clear();
  await eventually("it holds it again", () => lease.isHolder);
  assertEquals(changes, [true, false, true]);
  await lease.stop();
  await api.stop();
});

Deno.test("a Lease of a holder whose clock is years ahead is taken once it is not renewed", async () => {
  const api = new ApiDouble();
  api.put("/apis/coordination.k8s.io/v1/namespaces/default/leases/l", {
    metadata: { name: "l", namespace: "default" },
    spec: {
      holderIdentity: "gone",
      leaseDurationSeconds: 5,
      renewTime: "2099-01-01T00:00:00.000000Z",
    },
  });
  const lease = new Lease({
    client: api.client(),
    namespace: "default",
    name: "l",
    identity: "next",
    onChange() {},
    timing: { durationMs: 8_000, renewWithinMs: 6_000, retryMs: 50 },
  });
  await new Promise((resolve) => setTimeout(resolve, 200));
  assertEquals(lease.isHolder, false);
  await eventually("it is taken", () => lease.isHolder);
  await lease.stop();
  await api.stop();
});
