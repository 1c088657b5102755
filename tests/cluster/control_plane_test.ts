// What the cluster's API server allows and refuses, and what the Gateway API in it is.

import assert from "node:assert/strict";
import { assertEquals } from "../assert.ts";
import { adminClient, administrator, apiClient, kubectl } from "./lab/api.ts";
import { until } from "./lab/command.ts";
import { clusterTest, sharedCluster, withNamespace } from "./shared.ts";

clusterTest("an anonymous request is refused with 401, the administrator's is not", async () => {
  const places = await sharedCluster();
  const { server, authority } = await administrator(places);
  using nobody = apiClient({ server, authority });
  using admin = await adminClient(places);
  assertEquals((await nobody.request("GET", "/api/v1/namespaces")).status, 401);
  assertEquals((await admin.request("GET", "/api/v1/namespaces")).status, 200);
});

clusterTest("a service account may do what a role grants and nothing else", async () => {
  const places = await sharedCluster();
  await withNamespace(places, "rbac", async (namespace) => {
    await namespace.kubectl("create", "serviceaccount", "reader");
    await namespace.kubectl("create", "role", "reader", "--verb=list", "--resource=configmaps");
    const subject = `--serviceaccount=${namespace.name}:reader`;
    await namespace.kubectl("create", "rolebinding", "reader", "--role=reader", subject);
    const token = (await namespace.kubectl("create", "token", "reader")).trim();
    const { server, authority } = await administrator(places);
    using reader = apiClient({ server, authority, token });
    const base = `/api/v1/namespaces/${namespace.name}`;
    // The authorizer hears of a binding a moment after it is made.
    await until("the role to be in force", async () => {
      const { status } = await reader.request("GET", `${base}/configmaps`);
      return status === 200 ? true : null;
    }, { timeoutMs: 240_000, everyMs: 100 });
    assertEquals((await reader.request("GET", `${base}/secrets`)).status, 403);
    assertEquals((await reader.request("GET", "/api/v1/configmaps")).status, 403);
  });
});

clusterTest("a server that the cluster's authority did not sign is not believed", async () => {
  const places = await sharedCluster();
  const credentials = await administrator(places);
  using client = apiClient({ ...credentials, authority: credentials.certificate ?? "" });
  await assert.rejects(() => client.request("GET", "/api"), (error: Error) => {
    assert.match(`${error.message} ${error.cause}`, /certificate/i);
    return true;
  });
});

interface Crd {
  metadata: { annotations: Record<string, string> };
}

clusterTest("the Gateway API is v1.6.1 of the experimental channel", async () => {
  using client = await adminClient(await sharedCluster());
  for (const plural of ["gatewayclasses", "gateways", "httproutes", "tcproutes", "udproutes"]) {
    const { status, body } = await client.request(
      "GET",
      `/apis/apiextensions.k8s.io/v1/customresourcedefinitions/${plural}.gateway.networking.k8s.io`,
    );
    assertEquals(status, 200);
    const { annotations } = (body as Crd).metadata;
    assertEquals(annotations["gateway.networking.k8s.io/bundle-version"], "v1.6.1");
    assertEquals(annotations["gateway.networking.k8s.io/channel"], "experimental");
  }
});

clusterTest("a route that breaks a CEL rule of its CRD is refused", async () => {
  const places = await sharedCluster();
  await withNamespace(places, "cel", async (namespace) => {
    const route = (type: string) => ({
      apiVersion: "gateway.networking.k8s.io/v1",
      kind: "HTTPRoute",
      metadata: { name: "route" },
      spec: {
        rules: [{
          filters: [{ type, requestHeaderModifier: { remove: ["x-secret"] } }],
        }],
      },
    });
    await namespace.apply(route("RequestHeaderModifier"));
    await assert.rejects(
      () => namespace.apply(route("ResponseHeaderModifier")),
      /filter\.requestHeaderModifier must be nil/,
    );
  });
});

clusterTest(
  "the admission policy refuses to replace a CRD by one of an older release",
  async () => {
    const places = await sharedCluster();
    const relabel = (version: string) =>
      kubectl(places, [
        ...["annotate", "--overwrite", "--dry-run=server"],
        ...["crd", "httproutes.gateway.networking.k8s.io"],
        `gateway.networking.k8s.io/bundle-version=${version}`,
      ]);
    await relabel("v1.7.0");
    await assert.rejects(() => relabel("v1.4.0"), /safe-upgrades\.gateway\.networking\.k8s\.io/);
  },
);

clusterTest("kubectl knows its server's version", async () => {
  const version = await kubectl(await sharedCluster(), ["version"]);
  assert.match(version, /Client Version: v1\.36\.3/);
  assert.match(version, /Server Version: v1\.36\.3/);
});
