// The versions of CRDs, from an API server that has some, hides some, or is away.

import { assertEquals } from "../../assert.ts";
import { ApiError, type ApiRequest } from "../../../src/control/provider/kubernetes/api_client.ts";
import { readCrdVersions, watchCrdVersions } from "../../../src/control/status/crd_versions.ts";

const SUFFIX = ".gateway.networking.k8s.io";

/** An API server with these versions by plural; null: the CRD states none; absent: it is not there. */
class Crds {
  versions: Readonly<Record<string, string | null>> = {};
  away = false;
  asked = 0;

  json<T>({ path }: ApiRequest): Promise<T> {
    this.asked++;
    if (this.away) return Promise.reject(new ApiError(0, "Unreachable", "it is away"));
    const plural = path.slice(path.lastIndexOf("/") + 1, -SUFFIX.length);
    const version = this.versions[plural];
    if (version === undefined) return Promise.reject(new ApiError(404, "NotFound", "no"));
    const annotations = version === null
      ? {}
      : { "gateway.networking.k8s.io/bundle-version": version };
    return Promise.resolve({ metadata: { annotations } } as T);
  }
}

const signal = new AbortController().signal;

Deno.test("versions are told once each; a CRD that is not there has none", async () => {
  const client = new Crds();
  assertEquals(await readCrdVersions({ client, signal }), []);
  client.versions = { gateways: "v1.6.1", httproutes: "v1.6.1", gatewayclasses: "v1.2.0" };
  assertEquals(await readCrdVersions({ client, signal }), ["v1.2.0", "v1.6.1"]);
  client.versions = { gateways: null, httproutes: "v1.6.1" };
  assertEquals(await readCrdVersions({ client, signal }), ["", "v1.6.1"]);
});

Deno.test("what changes is told, what stays is not, and a problem once", async () => {
  const client = new Crds();
  client.versions = { gateways: "v1.6.1" };
  const stop = new AbortController();
  const changes: string[] = [];
  const problems: string[] = [];
  const running = watchCrdVersions({
    client,
    signal: stop.signal,
    onChange: (versions) => changes.push(versions.join()),
    onProblem: (message) => problems.push(message),
    intervalMs: 0,
    retryMs: 0,
  }, ["v1.6.1"]);
  const turns = async () => {
    const until = client.asked + 20;
    while (client.asked < until) await new Promise((resolve) => setTimeout(resolve, 0));
  };
  await turns();
  assertEquals(changes, []);
  client.away = true;
  await turns();
  client.away = false;
  client.versions = { gateways: "v1.7.0" };
  await turns();
  stop.abort();
  await running;
  assertEquals([changes, problems], [["v1.7.0"], ["it is away", ""]]);
});
