// ListenerSets on a real API server: served, told in their own status and their Gateway's, settled,
// and gone with all that was attached to them.

import { assertEquals } from "../assert.ts";
import { until } from "./lab/command.ts";
import {
  accepted,
  API,
  gateway,
  HTTP_LISTENER,
  isTrue,
  PATIENCE,
  programmed,
  read,
  route,
  type Stage,
  untilCode,
  withStage,
} from "./gateway_stage.ts";
import { clusterTest } from "./shared.ts";

const GROUP = "gateway.networking.k8s.io";
const NAME = "more";

function openGateway(): unknown {
  const base = gateway([HTTP_LISTENER]) as { spec: object };
  return { ...base, spec: { ...base.spec, allowedListeners: { namespaces: { from: "Same" } } } };
}

const SET = {
  apiVersion: API,
  kind: "ListenerSet",
  metadata: { name: NAME },
  spec: {
    parentRef: { name: "web" },
    listeners: [
      { name: "extra", protocol: "HTTP", port: 81 },
      { name: "held", protocol: "HTTP", port: 80 },
    ],
  },
};

function routeOfSet(): unknown {
  const base = route("of-set", "/") as { spec: object };
  const parentRefs = [{ group: GROUP, kind: "ListenerSet", name: NAME }];
  return { ...base, spec: { ...base.spec, parentRefs } };
}

async function untilAttached(stage: Stage, count: number): Promise<void> {
  await until(`${count} ListenerSets to be counted`, async () => {
    const { status } = await read(stage, "gateways", "web");
    const { attachedListenerSets } = status as { attachedListenerSets?: number };
    return attachedListenerSets === count ? true : null;
  }, PATIENCE);
}

clusterTest(
  "a ListenerSet is served, settles, and takes what is attached to it along",
  async () => {
    await withStage("sets", async (stage) => {
      const { namespace, places } = stage;
      await namespace.apply(SET, routeOfSet());
      await programmed(stage);
      const found = await until("the set to be programmed and its route counted", async () => {
        const { status } = await read(stage, "listenersets", NAME);
        const isCounted = status?.listeners?.[0]?.attachedRoutes === 1;
        return isTrue(status?.conditions, "Programmed") && isCounted ? status : null;
      }, PATIENCE);
      const conflicted = found?.listeners?.map(({ conditions }) =>
        isTrue(conditions, "Conflicted")
      );
      assertEquals(conflicted, [false, true], "port 80 is the Gateway's own");
      await untilAttached(stage, 1);
      await accepted(stage, "of-set");
      await untilCode(places, ":81/", "302");
      await untilCode(places, ":80/", "404");
      const versions = async () =>
        (await Promise.all([
          read(stage, "listenersets", NAME),
          read(stage, "gateways", "web"),
          read(stage, "httproutes", "of-set"),
        ])).map(({ metadata }) => metadata.resourceVersion);
      const before = await versions();
      await new Promise((resolve) => setTimeout(resolve, 5_000));
      assertEquals(await versions(), before);

      await namespace.kubectl("delete", "listenerset", NAME);
      await untilAttached(stage, 0);
      await until("the route to have no parent", async () => {
        const { status } = await read(stage, "httproutes", "of-set");
        return (status?.parents ?? []).length === 0 ? true : null;
      }, PATIENCE);
      await untilCode(places, ":81/", "000");
      await untilCode(places, ":80/", "404");
    }, { gateway: openGateway() });
  },
);
