// Takes what manifests need out of Kubernetes' own OpenAPI documents (api/openapi-spec/v3 of the Go
// module k8s.io/kubernetes, the version that the cluster of the tests is built from):
//   deno run --allow-read --allow-write=tests/testdata tests/unit/manifests/trim_openapi.ts FOLDER

import type { Schema } from "./strict_schema.ts";

const OUTPUT = "tests/testdata/kubernetes_openapi/schemas.json";
const REF = "#/components/schemas/";

/** File, and the kinds of it that deploy/ has. */
const WANTED: Readonly<Record<string, readonly string[]>> = {
  "api__v1_openapi.json": ["Namespace", "ServiceAccount", "Service", "ConfigMap", "Secret"],
  "apis__apps__v1_openapi.json": ["DaemonSet", "Deployment"],
  "apis__rbac.authorization.k8s.io__v1_openapi.json": [
    "ClusterRole",
    "ClusterRoleBinding",
    "Role",
    "RoleBinding",
  ],
  "apis__discovery.k8s.io__v1_openapi.json": ["EndpointSlice"],
};

interface Document {
  readonly components: { readonly schemas: Readonly<Record<string, Schema>> };
}

function gvkOf(schema: Schema): string | undefined {
  const [first] = schema["x-kubernetes-group-version-kind"] ?? [];
  if (first === undefined) return undefined;
  const apiVersion = first.group === "" ? first.version : `${first.group}/${first.version}`;
  return `${apiVersion} ${first.kind}`;
}

function isProse(name: string): boolean {
  return name === "description" || name === "default" || name.startsWith("x-kubernetes");
}

/** A schema without prose and defaults; the names under `properties` are no keywords. */
function trimmed(schema: unknown): unknown {
  if (Array.isArray(schema)) return schema.map(trimmed);
  if (typeof schema !== "object" || schema === null) return schema;
  const kept = Object.entries(schema).filter(([name]) => !isProse(name));
  return Object.fromEntries(kept.map(([name, inner]) => [
    name,
    name === "properties"
      ? Object.fromEntries(Object.entries(inner as object).map(([key, one]) => [key, trimmed(one)]))
      : trimmed(inner),
  ]));
}

function refsIn(value: unknown, found: Set<string>): void {
  if (typeof value !== "object" || value === null) return;
  for (const [name, inner] of Object.entries(value)) {
    if (name === "$ref" && typeof inner === "string") found.add(inner.slice(REF.length));
    else refsIn(inner, found);
  }
}

const [folder] = Deno.args;
const kinds: Record<string, string> = {};
const schemas: Record<string, unknown> = {};
for (const [file, names] of Object.entries(WANTED)) {
  const text = await Deno.readTextFile(`${folder}/${file}`);
  const document: Document = JSON.parse(text);
  const waiting = Object.entries(document.components.schemas)
    .filter(([, schema]) => names.includes(gvkOf(schema)?.split(" ")[1] ?? ""))
    .map(([id]) => id);
  for (const id of waiting) kinds[gvkOf(document.components.schemas[id])!] = id;
  for (let id = waiting.pop(); id !== undefined; id = waiting.pop()) {
    if (id in schemas) continue;
    schemas[id] = trimmed(document.components.schemas[id]);
    const refs = new Set<string>();
    refsIn(schemas[id], refs);
    waiting.push(...refs);
  }
}
const version = /@(v[\d.]+)\//.exec(`${folder}/`)?.[1] ?? "";
const sorted = Object.fromEntries(Object.keys(schemas).sort().map((id) => [id, schemas[id]]));
await Deno.writeTextFile(OUTPUT, `${JSON.stringify({ version, kinds, schemas: sorted })}\n`);
