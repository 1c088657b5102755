// The structural schemas of Kubernetes objects as plain linked data, and how they are read from the
// compact table that `deno task build:crds` writes. Gives kinds by apiVersion and kind.
// Never validates anything, and never touches a file.

export type SchemaType = "object" | "array" | "string" | "integer" | "number" | "boolean";

/** One CEL rule (x-kubernetes-validations). */
export interface Rule {
  readonly rule: string;
  readonly message?: string;
  readonly messageExpression?: string;
  readonly reason?: string;
  readonly fieldPath?: string;
}

/** The keywords that structural schemas may use, apart from those that only document. */
export interface Keywords {
  readonly type?: SchemaType;
  readonly nullable?: boolean;
  readonly intOrString?: boolean;
  readonly preserveUnknownFields?: boolean;
  readonly format?: string;
  readonly pattern?: string;
  readonly enum?: readonly unknown[];
  readonly default?: unknown;
  readonly minLength?: number;
  readonly maxLength?: number;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly minItems?: number;
  readonly maxItems?: number;
  readonly minProperties?: number;
  readonly maxProperties?: number;
  readonly required?: readonly string[];
  readonly listType?: "atomic" | "set" | "map";
  readonly listMapKeys?: readonly string[];
  readonly rules?: readonly Rule[];
}

/** A node of a schema with its children linked. Nodes are shared: they form a graph, not a tree. */
export interface Schema extends Keywords {
  readonly properties?: ReadonlyMap<string, Schema>;
  readonly additionalProperties?: Schema;
  readonly items?: Schema;
  readonly allOf?: readonly Schema[];
  readonly anyOf?: readonly Schema[];
  readonly oneOf?: readonly Schema[];
  readonly not?: Schema;
  /** Whether this node or one below it has CEL rules; the rest is never walked for them. */
  readonly hasRules: boolean;
}

/** A node as stored: children are positions of earlier nodes in the table. */
export interface StoredSchema extends Keywords {
  readonly properties?: Readonly<Record<string, number>>;
  readonly additionalProperties?: number;
  readonly items?: number;
  readonly allOf?: readonly number[];
  readonly anyOf?: readonly number[];
  readonly oneOf?: readonly number[];
  readonly not?: number;
}

export interface StoredVersion {
  readonly name: string;
  readonly schema: number;
  readonly deprecated?: boolean;
}

export interface StoredKind {
  readonly group: string;
  readonly kind: string;
  readonly plural: string;
  readonly scope: "Namespaced" | "Cluster";
  readonly versions: readonly StoredVersion[];
}

/** What src/gatewayapi/crds/*.json holds. */
export interface StoredKinds {
  readonly channel: string;
  readonly bundleVersion: string;
  readonly kinds: readonly StoredKind[];
  readonly nodes: readonly StoredSchema[];
}

/** One served version of a kind. */
export interface KindSchema {
  readonly apiVersion: string;
  readonly kind: string;
  readonly plural: string;
  readonly scope: "Namespaced" | "Cluster";
  readonly deprecated: boolean;
  readonly schema: Schema;
}

/** Makes a node and notes whether anything at or below it has rules. */
export function node(parts: Omit<Schema, "hasRules">): Schema {
  const children = [
    ...(parts.properties?.values() ?? []),
    ...(parts.allOf ?? []),
    ...(parts.anyOf ?? []),
    ...(parts.oneOf ?? []),
  ];
  if (parts.additionalProperties) children.push(parts.additionalProperties);
  if (parts.items) children.push(parts.items);
  const hasRules = (parts.rules?.length ?? 0) > 0 || children.some((child) => child.hasRules);
  return { ...parts, hasRules };
}

function linkNode(stored: StoredSchema, linked: readonly Schema[]): Schema {
  const one = (at: number | undefined) => at === undefined ? undefined : linked[at];
  const many = (at: readonly number[] | undefined) => at?.map((index) => linked[index]);
  const { properties, additionalProperties, items, allOf, anyOf, oneOf, not, ...keywords } = stored;
  return node({
    ...keywords,
    ...(properties && {
      properties: new Map(Object.entries(properties).map(([name, at]) => [name, linked[at]])),
    }),
    ...(additionalProperties !== undefined && { additionalProperties: one(additionalProperties) }),
    ...(items !== undefined && { items: one(items) }),
    ...(allOf && { allOf: many(allOf) }),
    ...(anyOf && { anyOf: many(anyOf) }),
    ...(oneOf && { oneOf: many(oneOf) }),
    ...(not !== undefined && { not: one(not) }),
  });
}

/** Puts the object metadata that every kind has under a CRD's root, which leaves it open. */
function withMetadata(root: Schema, metadata: Schema): Schema {
  const properties = new Map(root.properties);
  properties.set("metadata", metadata);
  return node({ ...root, properties });
}

/** Links the stored table into one schema for each served version of each kind. */
export function linkKinds(stored: StoredKinds, metadata: Schema): KindSchema[] {
  const linked: Schema[] = [];
  for (const one of stored.nodes) linked.push(linkNode(one, linked));
  return stored.kinds.flatMap((kind) =>
    kind.versions.map((version) => ({
      apiVersion: `${kind.group}/${version.name}`,
      kind: kind.kind,
      plural: kind.plural,
      scope: kind.scope,
      deprecated: version.deprecated ?? false,
      schema: withMetadata(linked[version.schema], metadata),
    }))
  );
}
