// Checks an object against Kubernetes' OpenAPI schemas as `kubectl --validate=strict` does: types,
// required fields, and no field that the schema does not know. Says path and fault of everything wrong.

export interface Schema {
  readonly $ref?: string;
  readonly type?: string;
  readonly format?: string;
  readonly enum?: readonly unknown[];
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly required?: readonly string[];
  readonly items?: Schema;
  readonly additionalProperties?: Schema | boolean;
  readonly allOf?: readonly Schema[];
  readonly oneOf?: readonly Schema[];
  readonly "x-kubernetes-group-version-kind"?: readonly {
    readonly group: string;
    readonly version: string;
    readonly kind: string;
  }[];
}

export interface Schemas {
  readonly version: string;
  /** `apiVersion kind` -> the name of its schema. */
  readonly kinds: Readonly<Record<string, string>>;
  readonly schemas: Readonly<Record<string, Schema>>;
}

const REF = "#/components/schemas/";

function typeOf(value: unknown): string {
  if (value === null) return "null";
  if (Array.isArray(value)) return "array";
  if (typeof value === "number") return Number.isInteger(value) ? "integer" : "number";
  return typeof value;
}

class Checker {
  readonly faults: string[] = [];
  readonly #all: Schemas;

  constructor(all: Schemas) {
    this.#all = all;
  }

  check(value: unknown, schema: Schema, path: string): void {
    if (schema.$ref !== undefined) {
      return this.check(value, this.#all.schemas[schema.$ref.slice(REF.length)], path);
    }
    for (const part of schema.allOf ?? []) this.check(value, part, path);
    if (schema.oneOf !== undefined) return this.#oneOf(value, schema.oneOf, path);
    if (schema.enum !== undefined && !schema.enum.includes(value)) {
      this.#fault(path, `${JSON.stringify(value)} is none of ${schema.enum.join(", ")}`);
    }
    if (schema.type === undefined) return;
    const type = typeOf(value);
    if (type !== schema.type && !(schema.type === "number" && type === "integer")) {
      return this.#fault(path, `is ${type}, has to be ${schema.type}`);
    }
    if (type === "array") {
      for (const [index, item] of (value as unknown[]).entries()) {
        this.check(item, schema.items ?? {}, `${path}[${index}]`);
      }
    }
    if (type === "object") this.#object(value as Record<string, unknown>, schema, path);
  }

  #object(value: Record<string, unknown>, schema: Schema, path: string): void {
    const { properties = {}, additionalProperties, required = [] } = schema;
    for (const name of required) {
      if (!(name in value)) this.#fault(path, `lacks ${name}`);
    }
    const isOpen = schema.properties === undefined && additionalProperties === undefined;
    for (const [name, inner] of Object.entries(value)) {
      const known = Object.hasOwn(properties, name) ? properties[name] : undefined;
      const at = `${path}.${name}`;
      if (known !== undefined) this.check(inner, known, at);
      else if (typeof additionalProperties === "object") {
        this.check(inner, additionalProperties, at);
      } else if (!isOpen && additionalProperties !== true) this.#fault(at, "is not known");
    }
  }

  #oneOf(value: unknown, schemas: readonly Schema[], path: string): void {
    const fits = schemas.some((schema) => {
      const trial = new Checker(this.#all);
      trial.check(value, schema, path);
      return trial.faults.length === 0;
    });
    if (!fits) this.#fault(path, `is ${typeOf(value)}, which none of the schemas takes`);
  }

  #fault(path: string, message: string): void {
    this.faults.push(`${path}: ${message}`);
  }
}

/** What is wrong with an object of a kind that the schemas know; undefined: they don't know it. */
export function strictFaults(value: unknown, all: Schemas): readonly string[] | undefined {
  const { apiVersion, kind } = value as { apiVersion?: string; kind?: string };
  const name = all.kinds[`${apiVersion} ${kind}`];
  if (name === undefined) return undefined;
  const checker = new Checker(all);
  checker.check(value, all.schemas[name], String(kind));
  return checker.faults;
}
