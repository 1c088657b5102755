// Objects that are large or many, and kinds and namespaces that go away under RAUTA: what has nothing
// to do with them is served on without an error.

import { assertEquals } from "../assert.ts";
import { installGatewayApi } from "./lab/addons.ts";
import { kubectl } from "./lab/api.ts";
import { until } from "./lab/command.ts";
import {
  accepted,
  ADDRESS,
  attachedRoutes,
  collectionOf,
  createAll,
  gateway,
  HTTP_LISTENER,
  networkService,
  PATIENCE,
  programmed,
  read,
  route,
  type Stage,
  stageClient,
  untilCode,
  withStage,
} from "./gateway_stage.ts";
import { Backends, Traffic } from "./programs/child.ts";
import { clusterTest, withNamespace } from "./shared.ts";

const TO_BACK = { backend: "back", port: 9001 };

/** Runs `change` while `/kept` is asked for all the time, and always answered. */
async function underLoad(stage: Stage, change: () => Promise<void>): Promise<void> {
  const { namespace, places } = stage;
  await using _backends = await Backends.start(places, [9001]);
  await namespace.apply(...networkService("back", [9001]), route("kept", "/kept", TO_BACK));
  await programmed(stage);
  await untilCode(places, "/kept", "200");
  await using traffic = await Traffic.start(places, {
    address: ADDRESS,
    port: 80,
    host: "example.com",
    paths: ["/kept"],
    connections: 2,
    pauseMs: 5,
  });
  await change();
  const report = await traffic.end();
  assertEquals(report.failures, []);
  assertEquals(Object.keys(report.answers), ["200"]);
}

/** An HTTPRoute of about a megabyte: 128 matches of two header values of 4 KiB. */
function largeRoute(): unknown {
  const header = (name: string) => ({ name, value: "v".repeat(4_000) });
  const match = (index: number) => ({
    path: { type: "PathPrefix", value: `/large/${index}` },
    headers: [header("x-one"), header("x-two")],
  });
  const rules = Array.from({ length: 16 }, (_, rule) => ({
    matches: Array.from({ length: 8 }, (_, index) => match(rule * 8 + index)),
    backendRefs: [{ name: "back", port: 9001 }],
  }));
  const { apiVersion, kind, spec } = route("large", "/") as {
    apiVersion: string;
    kind: string;
    spec: object;
  };
  return { apiVersion, kind, metadata: { name: "large" }, spec: { ...spec, rules } };
}

clusterTest(
  "objects of a megabyte, and a namespace deleted with its routes: 0 errors",
  async () => {
    await withStage("large", async (stage) => {
      const { namespace, places } = stage;
      const client = await stageClient(places);
      await underLoad(stage, async () => {
        await createAll(client, collectionOf(stage, "httproutes"), [largeRoute()]);
        await accepted(stage, "large");
        await createAll(client, `/api/v1/namespaces/${namespace.name}/secrets`, [{
          apiVersion: "v1",
          kind: "Secret",
          metadata: { name: "blob" },
          type: "kubernetes.io/tls",
          data: { "tls.crt": btoa("x".repeat(740_000)), "tls.key": "" },
        }]);
        await namespace.apply(gateway([HTTP_LISTENER, {
          name: "https",
          protocol: "HTTPS",
          port: 443,
          tls: { certificateRefs: [{ name: "blob" }] },
        }], "All"));
        await until("the listener to say what is wrong", async () => {
          const { status } = await read(stage, "gateways", "web");
          return status?.listeners?.[1]?.conditions.some(({ reason }) =>
              reason === "InvalidCertificateRef"
            )
            ? true
            : null;
        }, PATIENCE);
        await withNamespace(places, "large-other", async (other) => {
          const parent = { name: "web", namespace: namespace.name };
          const routes = Array.from({ length: 50 }, (_, index) => {
            const one = route(`r${index}`, `/other-${index}`) as { spec: object };
            return { ...one, spec: { ...one.spec, parentRefs: [parent] } };
          });
          await other.apply(...routes);
          await attachedRoutes(stage, 52);
          await untilCode(places, "/other-49", "302");
        });
        await attachedRoutes(stage, 2);
        await untilCode(places, "/other-49", "404");
      });
      client.close();
    });
  },
);

clusterTest("more Secrets than a connection has streams: everything else goes on", async () => {
  await withStage("secrets", async (stage) => {
    const { namespace, places, rauta } = stage;
    await underLoad(stage, async () => {
      const certificateRefs = (from: number) =>
        Array.from({ length: 60 }, (_, index) => ({ name: `absent-${from + index}` }));
      await namespace.apply(gateway([
        HTTP_LISTENER,
        ...[0, 60, 120].map((from) => ({
          name: `https-${from}`,
          protocol: "HTTPS",
          port: 443,
          hostname: `h${from}.example.com`,
          tls: { certificateRefs: certificateRefs(from) },
        })),
      ]));
      await namespace.apply(route("new", "/new"));
      await untilCode(places, "/new", "302");
      await accepted(stage, "new");
    });
    // Started anew it has to list all of them before it serves.
    await rauta.restart();
    await rauta.untilReady();
    await untilCode(places, "/new", "302");
  });
});

async function deleteCrd(stage: Stage, plural: string): Promise<void> {
  const crd = `${plural}.gateway.networking.k8s.io`;
  await kubectl(stage.places, ["delete", "crd", crd, "--timeout=240s"]);
}

async function known(stage: Stage, kind: string, count: number): Promise<void> {
  await until(`${count} of ${kind} to be known`, async () => {
    return (await stage.rauta.status()).objects[kind] === count ? true : null;
  }, PATIENCE);
}

clusterTest("CRDs are removed, missing at start, and brought back: nothing stops", async () => {
  await withStage("crds", async (stage) => {
    const { namespace, places, rauta } = stage;
    try {
      await underLoad(stage, async () => {
        await deleteCrd(stage, "referencegrants");
        await namespace.apply(route("new", "/new", TO_BACK));
        await untilCode(places, "/new", "200");
        await installGatewayApi(places);
      });
      await using _backends = await Backends.start(places, [9001]);
      await deleteCrd(stage, "httproutes");
      await untilCode(places, "/kept", "404");
      await known(stage, "HTTPRoute", 0);
      await rauta.restart();
      await rauta.untilReady();
      await untilCode(places, "/kept", "404");
      await installGatewayApi(places);
      await namespace.apply(route("kept", "/kept", TO_BACK));
      await untilCode(places, "/kept", "200");
      await accepted(stage, "kept");
      await until("nothing to be wrong", async () => {
        return (await rauta.status()).problems.length === 0 ? true : null;
      }, PATIENCE);
    } finally {
      await installGatewayApi(places);
    }
  });
});
