// What an API server checks of built-in kinds beyond their schemas, as far as it decides what is
// served: addresses of their family, ports that can be told apart. Takes an object that its schema
// accepts, gives errors in the API server's words (Kubernetes' pkg/apis/core and discovery, validation).

import { fieldError, isMapping, type Path, type ValidationError } from "./errors.ts";
import { FORMATS } from "./formats.ts";

type CoreCheck = (object: Record<string, unknown>) => ValidationError[];

/** RFC 1123 label: the names of a Service's and a slice's ports. */
const LABEL = /^[a-z0-9](?:[-a-z0-9]{0,61}[a-z0-9])?$/;
const LABEL_DETAIL =
  "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must " +
  "start and end with an alphanumeric character (e.g. 'my-name',  or '123-abc', regex used for " +
  "validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?')";

function mappings(list: unknown): Record<string, unknown>[] {
  return Array.isArray(list) ? list.filter(isMapping) : [];
}

function invalid(path: Path, value: unknown, detail: string, hint: string): ValidationError {
  return fieldError({ path, reason: "FieldValueInvalid", detail, hint, value: { shown: value } });
}

/** Names and numbers by which the ports of one list are told apart. */
function checkPorts(list: unknown, at: Path, needsNames: boolean): ValidationError[] {
  const ports = mappings(list);
  const errors: ValidationError[] = [];
  const names = new Set<string>();
  for (const [index, port] of ports.entries()) {
    const path = [...at, index, "name"];
    const name = typeof port.name === "string" ? port.name : "";
    if (name === "") {
      if (needsNames && ports.length > 1) {
        const hint = "give each of the ports a name of its own";
        errors.push(fieldError({ path, reason: "FieldValueRequired", detail: "", hint }));
        continue;
      }
    } else if (!LABEL.test(name)) {
      errors.push(invalid(path, name, LABEL_DETAIL, "write a name like my-name"));
    }
    if (names.has(name)) {
      const hint = "give each of the ports a name of its own";
      const value = { shown: name };
      errors.push(fieldError({ path, reason: "FieldValueDuplicate", detail: "", hint, value }));
    }
    names.add(name);
  }
  return errors;
}

function checkAddresses(endpoints: unknown, family: string): ValidationError[] {
  const format = FORMATS.get(family.toLowerCase());
  if (!format?.check) return [];
  const { check, wanted } = format;
  return mappings(endpoints).flatMap(({ addresses }, endpoint) =>
    (Array.isArray(addresses) ? addresses : []).flatMap((address: unknown, index) => {
      if (typeof address !== "string" || check(address)) return [];
      const path = ["endpoints", endpoint, "addresses", index];
      return [invalid(path, address, `must be a valid ${family} address`, `write ${wanted}`)];
    })
  );
}

/** By kind; what the schema has found wrong before isn't looked at again. */
export const CORE_CHECKS: ReadonlyMap<string, CoreCheck> = new Map<string, CoreCheck>([
  ["EndpointSlice", ({ addressType, endpoints, ports }) => [
    ...checkAddresses(endpoints, String(addressType)),
    ...checkPorts(ports, ["ports"], false),
  ]],
  ["Service", ({ spec }) => {
    if (!isMapping(spec)) return [];
    const errors = checkPorts(spec.ports, ["spec", "ports"], true);
    if (spec.type !== "ExternalName" || (spec.externalName ?? "") !== "") return errors;
    const path = ["spec", "externalName"];
    const hint = "add externalName: a host name, such as api.example.com";
    return [...errors, fieldError({ path, reason: "FieldValueRequired", detail: "", hint })];
  }],
]);
