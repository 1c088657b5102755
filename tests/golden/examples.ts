// What `check` says of upstream's examples once their GatewayClasses are RAUTA's: files that stand
// alone are taken alone, a folder as one. Reads and renders only.

import { stringify } from "yaml";
import { check } from "../../src/cli/check/check.ts";
import { readText } from "../../src/control/provider/file/read_all.ts";
import { joinObjects, type PlacedObject } from "../../src/control/provider/file/object_set.ts";
import type { Gateway } from "../../src/gatewayapi/kinds.ts";
import { CONTROLLER_NAME } from "../../src/gatewayapi/supported_features.ts";
import { loadValidator } from "../../src/gatewayapi/validation/bundled.ts";
import { FOLDER, showStatus } from "./golden.ts";

export const EXAMPLES_OUT = `${FOLDER}gatewayapi_examples.out.yaml`;
const EXAMPLES = new URL("../testdata/gatewayapi/examples/", import.meta.url).pathname;

/** Every file below the examples, by its path in them. */
export async function exampleFiles(folder = ""): Promise<string[]> {
  const files: string[] = [];
  for await (const { name, isDirectory } of Deno.readDir(EXAMPLES + folder)) {
    if (isDirectory) files.push(...await exampleFiles(`${folder}${name}/`));
    else if (name.endsWith(".yaml")) files.push(folder + name);
  }
  return files.sort();
}

/** Folders whose files are alternatives of the same objects. */
const ALTERNATIVES = [
  "standard/http-cors/",
  "standard/multicluster/",
  "standard/traffic-splitting/",
];

/** `standard/basic-http.yaml` stands alone, `standard/http-routing/` is one. */
export function unitsOf(files: readonly string[]): Map<string, string[]> {
  const units = new Map<string, string[]>();
  for (const file of files) {
    const slash = file.lastIndexOf("/");
    const folder = file.slice(0, slash + 1);
    const isAlone = file.split("/").length === 2 || ALTERNATIVES.includes(folder);
    const unit = isAlone ? file : folder;
    units.set(unit, [...units.get(unit) ?? [], file]);
  }
  return units;
}

/** The classes that the Gateways name, as RAUTA's own, in the place of the examples'. */
function boundClasses(objects: readonly PlacedObject[]): PlacedObject[] {
  const named = objects.filter(({ kind }) => kind === "Gateway")
    .map(({ object }) => (object as Gateway).spec.gatewayClassName);
  return [...new Set(named)].map((name) => ({
    kind: "GatewayClass",
    key: name,
    object: {
      apiVersion: "gateway.networking.k8s.io/v1",
      kind: "GatewayClass",
      metadata: { name },
      spec: { controllerName: CONTROLLER_NAME },
    },
    file: "bound.yaml",
    line: 1,
  }));
}

export async function checkUnit(files: readonly string[]) {
  const validator = await loadValidator();
  const texts = new Map<string, string>();
  for (const file of files) texts.set(file, await Deno.readTextFile(EXAMPLES + file));
  const read = [...texts].map(([file, text]) => readText(file, text, validator));
  const objects = read.flatMap((one) => one.objects).filter(({ kind }) => kind !== "GatewayClass");
  const { objects: placed, problems } = joinObjects([boundClasses(objects), objects]);
  return check(
    { placed, problems: [...read.flatMap((one) => one.problems), ...problems] },
    { hostAddresses: ["192.0.2.1"], textOf: (file) => texts.get(file) },
  );
}

export async function renderExamples(): Promise<string> {
  const content: Record<string, unknown> = {};
  for (const [unit, files] of unitsOf(await exampleFiles())) {
    const { statuses, problems } = await checkUnit(files);
    content[unit] = {
      statuses: statuses.filter(({ kind }) => kind !== "GatewayClass").map(showStatus),
      problems: problems.map(({ severity, file, line, column, kind, name, field, message }) =>
        `${severity} ${file}:${line}:${column} ${kind} ${name} ${field}: ${message}`
      ),
    };
  }
  return stringify(content, { aliasDuplicateObjects: false, lineWidth: 0 });
}
