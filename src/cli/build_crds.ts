// Writes src/gatewayapi/crds/experimental.json from the CRDs in deploy/crds/experimental: documentation
// dropped, equal subschemas stored once. Fails on a keyword that the validator doesn't know, so that
// a new CRD version can't be accepted without being understood.

import { parseAllDocuments } from "yaml";
import { FORMATS } from "../gatewayapi/validation/formats.ts";
import type { StoredKind, StoredKinds, StoredSchema } from "../gatewayapi/validation/schema.ts";

type Json = null | boolean | number | string | Json[] | { [key: string]: Json };
type JsonObject = { [key: string]: Json };

export type Channel = "experimental" | "standard";

const SHIPPED: Channel = "experimental";
export const OUTPUT = `src/gatewayapi/crds/${SHIPPED}.json`;

const DOCUMENTATION = new Set(["description", "example", "title", "externalDocs"]);
const COPIED = new Set([
  "type",
  "nullable",
  "pattern",
  "enum",
  "default",
  "minLength",
  "maxLength",
  "minimum",
  "maximum",
  "minItems",
  "maxItems",
  "minProperties",
  "maxProperties",
  "required",
]);
const RENAMED: Readonly<Record<string, string>> = {
  "x-kubernetes-int-or-string": "intOrString",
  "x-kubernetes-preserve-unknown-fields": "preserveUnknownFields",
  "x-kubernetes-list-type": "listType",
  "x-kubernetes-list-map-keys": "listMapKeys",
  "x-kubernetes-validations": "rules",
};
// Says how server-side apply merges a map; a whole object is always validated.
const IGNORED = new Set(["x-kubernetes-map-type"]);
const RULE_KEYS = ["rule", "message", "messageExpression", "reason", "fieldPath"];

/** Stores each distinct subschema once, children before parents. */
class Interner {
  readonly nodes: StoredSchema[] = [];
  readonly #known = new Map<string, number>();

  add(schema: JsonObject, where: string): number {
    const out: Record<string, unknown> = {};
    const list = (value: Json, key: string) =>
      (value as JsonObject[]).map((child, index) => this.add(child, `${where}.${key}[${index}]`));
    for (const [key, value] of Object.entries(schema)) {
      if (DOCUMENTATION.has(key) || IGNORED.has(key)) continue;
      else if (COPIED.has(key)) out[key] = value;
      else if (key === "format") {
        if (!FORMATS.has(value as string)) throw new Error(`${where}: unknown format ${value}`);
        out.format = value;
      } else if (key === "x-kubernetes-validations") out.rules = rules(value as Json[], where);
      else if (key in RENAMED) out[RENAMED[key]] = value;
      else if (key === "properties") {
        out.properties = Object.fromEntries(
          Object.entries(value as JsonObject).map((
            [name, child],
          ) => [name, this.add(child as JsonObject, `${where}.${name}`)]),
        );
      } else if (key === "items" || key === "additionalProperties" || key === "not") {
        out[key] = this.add(value as JsonObject, `${where}.${key}`);
      } else if (key === "allOf" || key === "anyOf" || key === "oneOf") out[key] = list(value, key);
      else throw new Error(`${where}: the validator does not know the keyword ${key}`);
    }
    const text = JSON.stringify(out);
    const known = this.#known.get(text);
    if (known !== undefined) return known;
    this.nodes.push(out as StoredSchema);
    this.#known.set(text, this.nodes.length - 1);
    return this.nodes.length - 1;
  }
}

function rules(list: Json[], where: string): JsonObject[] {
  return (list as JsonObject[]).map((rule) => {
    const unknown = Object.keys(rule).filter((key) => !RULE_KEYS.includes(key));
    if (unknown.length > 0) throw new Error(`${where}: unknown rule field ${unknown.join(", ")}`);
    return rule;
  });
}

function storeKind(crd: JsonObject, interner: Interner): StoredKind {
  const spec = crd.spec as JsonObject;
  const names = spec.names as JsonObject;
  const versions = (spec.versions as JsonObject[]).filter((version) => version.served);
  return {
    group: spec.group as string,
    kind: names.kind as string,
    plural: names.plural as string,
    scope: spec.scope as StoredKind["scope"],
    versions: versions.map((version) => ({
      name: version.name as string,
      schema: interner.add(
        (version.schema as JsonObject).openAPIV3Schema as JsonObject,
        `${names.kind}.${version.name}`,
      ),
      ...(version.deprecated === true && { deprecated: true }),
    })),
  };
}

/** The text of the JSON file for the CRDs of a channel in deploy/crds. */
export async function compactCrds(channel: Channel = SHIPPED): Promise<string> {
  const folder = `deploy/crds/${channel}`;
  const files: string[] = [];
  for await (const entry of Deno.readDir(folder)) files.push(entry.name);
  const interner = new Interner();
  const kinds: StoredKind[] = [];
  let bundleVersion = "";
  for (const name of files.filter((file) => file.endsWith(".yaml")).sort()) {
    for (const document of parseAllDocuments(await Deno.readTextFile(`${folder}/${name}`))) {
      const object = document.toJS() as JsonObject | null;
      if (object?.kind !== "CustomResourceDefinition") continue;
      const annotations = (object.metadata as JsonObject).annotations as JsonObject;
      bundleVersion = annotations["gateway.networking.k8s.io/bundle-version"] as string;
      kinds.push(storeKind(object, interner));
    }
  }
  const stored: StoredKinds = { channel, bundleVersion, kinds, nodes: interner.nodes };
  const lines = stored.nodes.map((one) => JSON.stringify(one)).join(",\n");
  const head = JSON.stringify({ ...stored, nodes: [] });
  return `${head.slice(0, -"[]}".length)}[\n${lines}\n]}\n`;
}

if (import.meta.main) {
  await Deno.writeTextFile(OUTPUT, await compactCrds());
  console.error(`wrote ${OUTPUT}`);
}
