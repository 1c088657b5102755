// Whose an address is, from Services, EndpointSlices and Pods as they come and go.

import { assertEquals } from "../../assert.ts";
import type { Change } from "../../../src/control/provider/provider.ts";
import { ServiceIndex } from "../../../src/observe/services/service_index.ts";
import { indexChanges } from "../../../src/composition/service_targets.ts";

function change(kind: string, name: string, object: unknown): Change {
  return { kind, key: `shop/${name}`, object } as Change;
}

function service(name: string, clusterIP: string): Change {
  const spec = { clusterIP, ports: [{ port: 80 }] };
  return change("Service", name, { metadata: { labels: { tier: "front" } }, spec });
}

function slice(name: string, serviceName: string, pods: Record<string, string>): Change {
  return change("EndpointSlice", name, {
    metadata: { labels: { "kubernetes.io/service-name": serviceName, tier: "front" } },
    ports: [{ port: 8080 }],
    endpoints: Object.entries(pods).map(([pod, address]) => ({
      addresses: [address],
      targetRef: { kind: "Pod", name: pod },
    })),
  });
}

function pod(name: string, address: string, more: Record<string, unknown> = {}): Change {
  return change("Pod", name, {
    metadata: { labels: { app: name } },
    spec: { nodeName: "node-1", ...more },
    status: { phase: "Running", podIP: address, podIPs: [{ ip: address }], ...more },
  });
}

function indexOf(...changes: readonly Change[]): ServiceIndex {
  const index = new ServiceIndex();
  indexChanges(index, changes);
  return index;
}

const CART = [
  service("cart", "10.96.0.7"),
  slice("cart-1", "cart", { "cart-0": "10.1.0.5", "cart-1": "10.1.0.6" }),
  pod("cart-0", "10.1.0.5"),
];

Deno.test("an endpoint is its service's, with the Pod's node and labels", () => {
  const index = indexOf(...CART);
  assertEquals(index.find("10.1.0.5", 8080), {
    service: "shop/cart",
    namespace: "shop",
    podName: "cart-0",
    nodeName: "node-1",
    labels: { app: "cart-0" },
  });
  // Its Pod has not been seen: the slice names it all the same.
  const unseen = index.find("10.1.0.6", 8080);
  assertEquals([unseen?.podName, unseen?.nodeName, unseen?.labels], ["cart-1", null, {
    tier: "front",
  }]);
  assertEquals(index.find("10.96.0.7", 80)?.service, "shop/cart");
  assertEquals(index.find("10.96.0.7", 8080), null);
  assertEquals(index.find("10.1.0.9", 8080), null);
});

Deno.test("a Pod's port that no Service leads to is the Pod's, and no service's", () => {
  const found = indexOf(...CART).find("10.1.0.5", 9999);
  assertEquals([found?.service, found?.podName, found?.namespace], [null, "cart-0", "shop"]);
});

Deno.test("the order in which objects come makes no difference", () => {
  const also = slice("zebra-1", "zebra", { "cart-0": "10.1.0.5" });
  const ways = [[...CART, also], [also, ...CART].reverse(), [also, ...CART]];
  for (const changes of ways) {
    const found = indexOf(...changes).find("10.1.0.5", 8080);
    assertEquals([found?.service, found?.nodeName], ["shop/cart", "node-1"]);
  }
});

Deno.test("what is gone is forgotten, whole", () => {
  const index = indexOf(...CART);
  assertEquals(index.size, { addresses: 3, objects: 3 });
  indexChanges(index, [change("EndpointSlice", "cart-1", undefined)]);
  assertEquals(index.find("10.1.0.5", 8080)?.service, null);
  indexChanges(index, [
    change("Pod", "cart-0", undefined),
    change("Service", "cart", undefined),
    change("Service", "never", undefined),
  ]);
  assertEquals(index.size, { addresses: 0, objects: 0 });
});

Deno.test("a Pod in its node's network, or one that has ended, has no address", () => {
  const ended = pod("job", "10.1.0.5", { phase: "Succeeded" });
  assertEquals(indexOf(pod("agent", "10.0.0.1", { hostNetwork: true }), ended).size.objects, 0);
});

Deno.test("an address that passes from one Pod to another is never both", () => {
  const index = indexOf(...CART);
  // The new Pod is seen before the old one's slice is.
  indexChanges(index, [pod("web-0", "10.1.0.5"), change("Pod", "cart-0", undefined)]);
  const known = index.find("10.1.0.5", 8080);
  assertEquals([known?.service, known?.podName, known?.labels], ["shop/cart", "cart-0", {
    tier: "front",
  }]);
  indexChanges(index, [
    slice("cart-1", "cart", {}),
    slice("web-1", "web", { "web-0": "10.1.0.5" }),
  ]);
  assertEquals(index.find("10.1.0.5", 8080)?.podName, "web-0");
  assertEquals(index.find("10.1.0.5", 8080)?.service, "shop/web");
});

Deno.test("IPv6 addresses are found however they were written", () => {
  const index = indexOf(pod("six", "FD00:0:0::00A1"));
  assertEquals(index.find("fd00::a1", 80)?.podName, "six");
});
