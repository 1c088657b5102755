// The manifests of deploy/: each object is one that Kubernetes' own schemas know and take, field by
// field, and the kustomizations name every file, and none that isn't there.

import { parse, parseAllDocuments } from "yaml";
import { loadValidator } from "../../../src/gatewayapi/validation/bundled.ts";
import { assertEquals } from "../../assert.ts";
import { type Schemas, strictFaults } from "./strict_schema.ts";

const SCHEMAS: Schemas = JSON.parse(
  await Deno.readTextFile("tests/testdata/kubernetes_openapi/schemas.json"),
);
const EXAMPLES = "deploy/examples";
const validator = await loadValidator();

type PlainObject = Readonly<Record<string, unknown>>;

interface Manifest {
  readonly file: string;
  readonly object: PlainObject;
}

/** The YAML files below a folder; the CRDs are the Gateway API's own. */
async function yamlFiles(folder: string): Promise<string[]> {
  const files: string[] = [];
  for await (const { name, isDirectory } of Deno.readDir(folder)) {
    const path = `${folder}/${name}`;
    if (isDirectory && path !== "deploy/crds") files.push(...await yamlFiles(path));
    else if (name.endsWith(".yaml")) files.push(path);
  }
  return files.sort();
}

function isKustomization(file: string): boolean {
  return file.endsWith("/kustomization.yaml");
}

interface Kustomization {
  readonly resources?: readonly string[];
  readonly components?: readonly string[];
  readonly patches?: readonly { readonly path?: string }[];
}

/** What kustomizations name, as paths from the project's folder. */
interface Named {
  readonly resources: Set<string>;
  readonly patches: Set<string>;
}

async function namedBy(files: readonly string[]): Promise<Named> {
  const named: Named = { resources: new Set(), patches: new Set() };
  for (const file of files.filter(isKustomization)) {
    const { resources, components, patches }: Kustomization = parse(await Deno.readTextFile(file));
    const resolve = (path: string) =>
      new URL(path, `file:///${file}`).pathname.slice(1).replace(/\/$/, "");
    for (const path of [...resources ?? [], ...components ?? []]) {
      named.resources.add(resolve(path));
    }
    for (const { path } of patches ?? []) {
      if (path !== undefined) named.patches.add(resolve(path));
    }
  }
  return named;
}

async function objectsOf(files: Iterable<string>): Promise<Manifest[]> {
  const found: Manifest[] = [];
  for (const file of files) {
    for (const document of parseAllDocuments(await Deno.readTextFile(file))) {
      const object = document.toJS();
      if (object !== null) found.push({ file, object });
    }
  }
  return found;
}

const FILES = await yamlFiles("deploy");
const NAMED = await namedBy(FILES);
const WHOLE = await objectsOf(
  FILES.filter((file) => NAMED.resources.has(file) || file.startsWith(`${EXAMPLES}/`)),
);

/** What is wrong with one object; a kind that neither Kubernetes nor the Gateway API has is wrong. */
function faultsOf(object: PlainObject): readonly string[] {
  const faults = strictFaults(object, SCHEMAS);
  if (faults !== undefined) return faults;
  const result = validator.validate(object);
  return result.ok ? [] : result.errors.map(({ message }) => message);
}

Deno.test(`every manifest is valid against the schemas of Kubernetes ${SCHEMAS.version}`, () => {
  assertEquals(WHOLE.length > 10, true);
  for (const { file, object } of WHOLE) {
    assertEquals([file, object.kind, faultsOf(object)], [file, object.kind, []]);
  }
});

Deno.test("every patch has fields that the schemas know, if not all that they ask for", async () => {
  for (const { file, object } of await objectsOf(NAMED.patches)) {
    const faults = (strictFaults(object, SCHEMAS) ?? ["its kind is not known"])
      .filter((fault) => !fault.includes(": lacks ") && !fault.includes(".$patch: "));
    assertEquals([file, faults], [file, []]);
  }
});

Deno.test("kustomizations name every file of their folders, and only what is there", async () => {
  const others = FILES.filter((file) =>
    !isKustomization(file) && !file.startsWith(`${EXAMPLES}/`) && file.split("/").length > 2
  );
  const unnamed = others.filter((file) => !NAMED.resources.has(file) && !NAMED.patches.has(file));
  assertEquals(unnamed, []);
  for (const path of [...NAMED.resources, ...NAMED.patches]) {
    const isThere = await Deno.stat(path).then(() => true, () => false);
    assertEquals([path, isThere], [path, true]);
  }
});

Deno.test("the check finds what an API server refuses", () => {
  const daemonSet = WHOLE.find(({ object }) => object.kind === "DaemonSet")!.object;
  const changed = (edit: (spec: Record<string, unknown>) => void) => {
    const copy = structuredClone(daemonSet) as {
      readonly spec: { readonly template: { readonly spec: Record<string, unknown> } };
    };
    edit(copy.spec.template.spec);
    return faultsOf(copy as unknown as PlainObject);
  };
  assertEquals(changed((spec) => spec.hostNetwrok = true), [
    "DaemonSet.spec.template.spec.hostNetwrok: is not known",
  ]);
  assertEquals(changed((spec) => spec.hostNetwork = "yes"), [
    "DaemonSet.spec.template.spec.hostNetwork: is string, has to be boolean",
  ]);
  assertEquals(changed((spec) => delete spec.containers), [
    "DaemonSet.spec.template.spec: lacks containers",
  ]);
  assertEquals(faultsOf({ apiVersion: "v1", kind: "Deamon" }).length > 0, true);
});

/** What lets a holder do more than it was given, or all there is. */
const TOO_MUCH = ["*", "delete", "deletecollection", "escalate", "bind", "impersonate"];

Deno.test("no role has a wildcard, and none may delete, escalate or impersonate", () => {
  for (const { file, object } of WHOLE) {
    if (object.kind !== "ClusterRole" && object.kind !== "Role") continue;
    for (const rule of object.rules as Record<string, string[]>[]) {
      const named = [...rule.verbs, ...rule.resources ?? [], ...rule.apiGroups ?? []];
      assertEquals([file, named.filter((name) => TOO_MUCH.includes(name))], [file, []]);
    }
  }
});
