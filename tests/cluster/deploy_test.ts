// The manifests of deploy/ as `kubectl apply -k` renders them: taken by a real API server, strictly, and
// scanned for what is insecure, where every finding that is accepted has its reason.

import { parse, parseAllDocuments } from "yaml";
import { assertEquals } from "../assert.ts";
import { kubectl } from "./lab/api.ts";
import { until } from "./lab/command.ts";
import { CHECKOUT } from "./lab/settings.ts";
import { installScanner, scan } from "./scanner.ts";
import { clusterTest, sharedCluster, withNamespace } from "./shared.ts";

interface Accepted {
  readonly check: string;
  readonly reason: string;
}

/** The folders that are applied whole. */
async function folders(): Promise<string[]> {
  const found: string[] = [];
  for await (const { name, isDirectory } of Deno.readDir(`${CHECKOUT}/deploy`)) {
    const path = `deploy/${name}`;
    if (!isDirectory || name === "crds") continue;
    if (await Deno.stat(`${CHECKOUT}/${path}/kustomization.yaml`).then(() => true, () => false)) {
      found.push(path);
    }
  }
  return found.sort();
}

async function render(folder: string): Promise<string> {
  return await kubectl(await sharedCluster(), ["kustomize", `${CHECKOUT}/${folder}`]);
}

interface PlainObject {
  readonly kind: string;
  readonly metadata: Record<string, unknown>;
}

clusterTest("the API server takes the manifests, and knows every field of theirs", async () => {
  await withNamespace(await sharedCluster(), "manifests", async (namespace) => {
    for (const folder of await folders()) {
      const objects = parseAllDocuments(await render(folder)).map((one): PlainObject => one.toJS());
      // Nothing is made, so their own namespace need not be there.
      for (const { metadata } of objects) {
        if (metadata.namespace !== undefined) metadata.namespace = namespace.name;
      }
      const list = JSON.stringify({ apiVersion: "v1", kind: "List", items: objects });
      const flags = ["--dry-run=server", "--validate=strict", "--filename=-"];
      const said = await kubectl(namespace.places, ["apply", ...flags], { stdin: list });
      const lines = said.trim().split("\n").filter((line) => line.includes("(server dry run)"));
      assertEquals([folder, lines.length], [folder, objects.length]);
    }
  });
});

const ACCOUNT = "--as=system:serviceaccount:rauta-system:rauta";

/** [verb, resource as kubectl takes it, namespace; `` for the cluster, whether RAUTA may] */
const RIGHTS: readonly (readonly [string, string, string, boolean])[] = [
  ["watch", "gateways.gateway.networking.k8s.io", "", true],
  ["patch", "gateways.gateway.networking.k8s.io --subresource=status", "any", true],
  ["patch", "gateways.gateway.networking.k8s.io", "any", false],
  ["patch", "httproutes.gateway.networking.k8s.io --subresource=status", "any", true],
  ["watch", "secrets", "any", true],
  ["get", "secrets", "any", false],
  ["create", "secrets", "any", false],
  ["create", "events", "any", true],
  ["get", "customresourcedefinitions/gatewayclasses.gateway.networking.k8s.io", "", true],
  ["get", "customresourcedefinitions/others.example.com", "", false],
  ["update", "leases.coordination.k8s.io/rauta-status", "rauta-system", true],
  ["update", "leases.coordination.k8s.io/others", "rauta-system", false],
  ["update", "leases.coordination.k8s.io/rauta-status", "kube-system", false],
  ["list", "pods", "rauta-system", true],
  ["list", "pods", "kube-system", false],
  ["delete", "gateways.gateway.networking.k8s.io", "any", false],
  ["create", "pods --subresource=exec", "rauta-system", false],
];

const RIGHTS_KINDS = [
  "Namespace",
  "ServiceAccount",
  "ClusterRole",
  "ClusterRoleBinding",
  "Role",
  "RoleBinding",
];

clusterTest("RAUTA's account may do what it does, and not the next thing to it", async () => {
  const places = await sharedCluster();
  const objects = parseAllDocuments(await render("deploy/daemonset"))
    .map((one): PlainObject => one.toJS())
    .filter(({ kind }) => RIGHTS_KINDS.includes(kind));
  const stdin = JSON.stringify({ apiVersion: "v1", kind: "List", items: objects });
  await kubectl(places, ["apply", "--filename=-"], { stdin });
  try {
    for (const [verb, resource, namespace, may] of RIGHTS) {
      const where = namespace === "" ? "--all-namespaces" : `--namespace=${namespace}`;
      const command = ["auth", "can-i", verb, ...resource.split(" "), where, ACCOUNT];
      // `can-i` ends with 1 where the answer is no.
      // What has just been granted is known to the authorizer a moment later.
      await until(`${verb} ${resource} in "${namespace}" to be ${may}`, async () => {
        const said = await kubectl(places, command).then(() => true, () => false);
        return said === may ? true : null;
      }, { timeoutMs: 240_000, everyMs: 200 });
    }
  } finally {
    await kubectl(places, ["delete", "--ignore-not-found", "--filename=-"], { stdin });
  }
});

const scanner = await installScanner();
const SCAN = "the security scanner finds nothing but what is accepted, each with its reason";

async function scanAll(path: string): Promise<void> {
  const text = await Deno.readTextFile(`${CHECKOUT}/deploy/accepted_findings.yaml`);
  const accepted: Readonly<Record<string, readonly Accepted[]>> = parse(text);
  const file = await Deno.makeTempFile({ suffix: ".yaml" });
  try {
    for (const folder of await folders()) {
      await Deno.writeTextFile(file, await render(folder));
      const known = accepted[folder] ?? [];
      for (const { check, reason } of known) {
        assertEquals([check, reason.length > 20], [check, true]);
      }
      const found = await scan(path, file);
      assertEquals(
        [folder, [...new Set(found.map(({ check }) => check))].sort()],
        [folder, known.map(({ check }) => check).sort()],
        JSON.stringify(found, null, 1),
      );
    }
  } finally {
    await Deno.remove(file);
  }
}

if ("path" in scanner) clusterTest(SCAN, () => scanAll(scanner.path));
else Deno.test.ignore(`${SCAN} (skipped: ${scanner.missing})`, () => {});
