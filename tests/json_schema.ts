// Checks a value against a JSON Schema, by the keywords that docs/observer_event.schema.json uses.
// Takes parsed JSON, gives the paths at which it is broken.

export interface Schema {
  readonly type?: string | readonly string[];
  readonly enum?: readonly unknown[];
  readonly anyOf?: readonly Schema[];
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly required?: readonly string[];
  readonly additionalProperties?: boolean | Schema;
  readonly minimum?: number;
}

function typeOf(value: unknown): readonly string[] {
  if (value === null) return ["null"];
  if (typeof value === "number") {
    return Number.isInteger(value) ? ["integer", "number"] : ["number"];
  }
  return [typeof value];
}

/** What does not hold, by path; [] where the value is what the schema says. */
export function broken(schema: Schema, value: unknown, path: string): string[] {
  if (schema.enum && !schema.enum.includes(value)) return [path];
  if (schema.anyOf) {
    return schema.anyOf.some((one) => broken(one, value, path).length === 0) ? [] : [path];
  }
  const types = schema.type === undefined ? null : [schema.type].flat();
  if (types && !typeOf(value).some((type) => types.includes(type))) return [path];
  if (schema.minimum !== undefined && Number(value) < schema.minimum) return [path];
  if (typeof value !== "object" || value === null) return [];
  const found = (schema.required ?? []).filter((key) => !Object.hasOwn(value, key));
  for (const [key, member] of Object.entries(value)) {
    const known = schema.properties?.[key];
    const rest = schema.additionalProperties;
    if (known) found.push(...broken(known, member, `${path}.${key}`));
    else if (rest === false) found.push(`${path}.${key}`);
    else if (typeof rest === "object") found.push(...broken(rest, member, `${path}.${key}`));
  }
  return found;
}
