// RAUTA's image: the same bytes from every build, nothing in it but what its bill of materials says,
// and it serves from the DaemonSet manifest on real nodes.

import assert from "node:assert/strict";
import { buildImage, type BuiltImage } from "../../deploy/image/main.ts";
import { assertEquals } from "../assert.ts";
import { run, until } from "./lab/command.ts";
import { importImage, nodeNumbers } from "./lab/node.ts";
import { nodePlacesOf } from "./lab/node_config.ts";
import { CHECKOUT, NETWORK, type Places } from "./lab/settings.ts";
import { kubectl } from "./lab/api.ts";
import { echoService, toolPod } from "./manifests.ts";
import { clusterTest, sharedCluster, withNamespace } from "./shared.ts";

let built: Promise<{ folder: string; image: BuiltImage }> | null = null;

/** The image of this checkout, built once for all tests of this file. */
function theImage(): Promise<{ folder: string; image: BuiltImage }> {
  built ??= (async () => {
    const folder = await Deno.makeTempDir({ prefix: "rauta-image-test-" });
    return { folder, image: await buildImage(`${folder}/a`) };
  })();
  return built;
}

interface Bill {
  bomFormat: string;
  specVersion: string;
  components: { name: string; version: string; purl: string; hashes?: { alg: string }[] }[];
}

async function billOf(folder: string): Promise<Bill> {
  return JSON.parse(await Deno.readTextFile(`${folder}/a/rauta.cdx.json`));
}

/** Paths of all files in the image's layers. */
async function filesIn(archive: string): Promise<string[]> {
  const names = (await run(["tar", "--list", "--file", archive])).trim().split("\n");
  const paths: string[] = [];
  for (const name of names.filter((name) => name.startsWith("blobs/"))) {
    const list = await run([
      "sh",
      "-c",
      'tar --extract --to-stdout --file "$1" "$2" | tar --list --gzip 2>/dev/null || true',
      ...["sh", archive, name],
    ]);
    paths.push(...list.split("\n").filter((path) => path !== "" && !path.endsWith("/")));
  }
  return paths;
}

const NEEDS = { programs: ["buildah"] };

clusterTest("two builds of one checkout give the same image and bill of materials", async () => {
  const { folder, image } = await theImage();
  const second = await buildImage(`${folder}/b`);
  assertEquals(second, image);
  for (const file of ["rauta.tar", "rauta.cdx.json"]) {
    const digest = async (build: string) =>
      (await run(["sha256sum", `${folder}/${build}/${file}`])).split(" ")[0];
    assertEquals(await digest("b"), await digest("a"), file);
  }
}, NEEDS);

clusterTest("the image holds no shell and no package manager, and two programs", async () => {
  const { folder } = await theImage();
  const files = await filesIn(`${folder}/a/rauta.tar`);
  assert.ok(files.includes("app/src/main.ts"), "the proxy is in it");
  const programs = files.filter((path) => /(^|\/)s?bin\//.test(path) && !path.startsWith("app/"));
  assertEquals(programs.sort(), ["usr/bin/deno", "usr/bin/rauta-loader"]);
  assertEquals(files.filter((path) => /\/cli\/|_test\.ts$/.test(path)), []);
}, NEEDS);

clusterTest(
  "the bill of materials names exactly the packages in the image, with hashes",
  async () => {
    const { folder } = await theImage();
    const bill = await billOf(folder);
    assertEquals([bill.bomFormat, bill.specVersion], ["CycloneDX", "1.5"]);
    const npm = bill.components.filter(({ purl }) => purl.startsWith("pkg:npm/"));
    const files = await filesIn(`${folder}/a/rauta.tar`);
    const inImage = new Set(
      files.map((path) => /^app\/node_modules\/((?:@[^/]+\/)?[^/]+)\//.exec(path)?.[1])
        .filter((name) => name !== undefined),
    );
    assertEquals(npm.map(({ name }) => name).sort(), [...inImage].sort());
    assert.ok(npm.every(({ hashes }) => hashes?.[0].alg === "SHA-512"), "each has its locked hash");
    const names = bill.components.map(({ name }) => name);
    for (const name of ["libc6", "libbpf-dev", "libelf-dev", "zlib1g-dev"]) {
      assert.ok(names.includes(name), `${name} is named`);
    }
  },
  NEEDS,
);

/** What the gateways of the test serve: one Gateway on port 80, one route to the echo pods. */
function standaloneConfig(echoAddresses: readonly string[]): unknown[] {
  const api = "gateway.networking.k8s.io/v1";
  return [
    {
      apiVersion: api,
      kind: "GatewayClass",
      metadata: { name: "rauta" },
      spec: { controllerName: "rauta.io/gateway-controller" },
    },
    { apiVersion: "v1", kind: "Namespace", metadata: { name: "shop" } },
    {
      apiVersion: api,
      kind: "Gateway",
      metadata: { name: "shop", namespace: "shop" },
      spec: {
        gatewayClassName: "rauta",
        listeners: [{ name: "http", protocol: "HTTP", port: 80 }],
      },
    },
    {
      apiVersion: api,
      kind: "HTTPRoute",
      metadata: { name: "shop", namespace: "shop" },
      spec: {
        parentRefs: [{ name: "shop" }],
        hostnames: ["shop.example"],
        rules: [{ backendRefs: [{ name: "echo", port: 8080 }] }],
      },
    },
    {
      apiVersion: "v1",
      kind: "Service",
      metadata: { name: "echo", namespace: "shop" },
      spec: { ports: [{ name: "http", port: 8080, protocol: "TCP" }] },
    },
    {
      apiVersion: "discovery.k8s.io/v1",
      kind: "EndpointSlice",
      metadata: {
        name: "echo-1",
        namespace: "shop",
        labels: { "kubernetes.io/service-name": "echo" },
      },
      addressType: "IPv4",
      ports: [{ name: "http", port: 3000, protocol: "TCP" }],
      endpoints: echoAddresses.map((address) => (
        { addresses: [address], conditions: { ready: true } }
      )),
    },
  ];
}

/** The DaemonSet as it is in deploy/, with the configuration from a ConfigMap. */
async function deployStandalone(places: Places, documents: readonly unknown[]): Promise<void> {
  const text = documents.map((document) => JSON.stringify(document)).join("\n---\n");
  await kubectl(places, ["apply", "--kustomize", `${CHECKOUT}/deploy/daemonset`]);
  const inNamespace = ["--namespace=rauta-system"];
  await kubectl(places, ["apply", "--filename=-"], {
    stdin: JSON.stringify({
      apiVersion: "v1",
      kind: "ConfigMap",
      metadata: { name: "rauta", namespace: "rauta-system" },
      data: { "shop.yaml": text },
    }),
  });
  const mounted = {
    spec: {
      template: {
        spec: {
          containers: [{
            name: "rauta",
            env: [{ name: "RAUTA_CONFIG", value: "/etc/rauta" }],
            volumeMounts: [{ name: "config", mountPath: "/etc/rauta", readOnly: true }],
          }],
          volumes: [{ name: "config", configMap: { name: "rauta" } }],
        },
      },
    },
  };
  const patch = ["patch", "daemonset/rauta", "--type=strategic", "--patch"];
  await kubectl(places, [...inNamespace, ...patch, JSON.stringify(mounted)]);
  await kubectl(places, [...inNamespace, "rollout", "status", "daemonset/rauta", "--timeout=240s"]);
}

clusterTest("the image serves from the DaemonSet on every node", async () => {
  const places = await sharedCluster();
  const { folder } = await theImage();
  const numbers = await nodeNumbers(places);
  for (const number of numbers) {
    await importImage(places, nodePlacesOf(places, number), `${folder}/a/rauta.tar`);
  }
  await withNamespace(places, "image", async (namespace) => {
    try {
      await namespace.apply(...echoService("echo", 2), toolPod("tool"));
      await namespace.waitFor("condition=Available", "deployment/echo");
      await namespace.waitFor("condition=Ready", "pod/tool");
      const addresses = await namespace.kubectl(
        ...["get", "pods", "--selector=app=echo", "--output=jsonpath={.items[*].status.podIP}"],
      );
      await deployStandalone(places, standaloneConfig(addresses.split(" ")));
      for (const number of numbers) {
        const url = `http://${NETWORK.node(number)}/hello`;
        const answer = await until(`node ${number} to serve`, async () => {
          const text = await namespace.kubectl(
            ...["exec", "tool", "--", "/probe", "fetch", "-H", "Host: shop.example", url],
          );
          return text.includes(" 200 ") ? text : null;
        }, { timeoutMs: 240_000, everyMs: 200 });
        const echoed = JSON.parse(answer.slice(answer.indexOf("\r\n\r\n")));
        assertEquals([echoed.path, echoed.host], ["/hello", "shop.example"]);
      }
    } finally {
      await kubectl(places, ["delete", "namespace", "rauta-system", "--ignore-not-found"]);
    }
  });
}, NEEDS);

Deno.test.afterAll(async () => {
  if (built !== null) await Deno.remove((await built).folder, { recursive: true });
});
