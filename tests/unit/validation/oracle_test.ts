// The CEL engine against another one, @bufbuild/cel: every rule of the shipped CRDs over every value
// in the examples that it applies to, and over changed ones. The engines get the same rule, each in
// its dialect, and must give the same verdict: true, false, or an error.

import { celEnv, celFunc, type CelInput, CelScalar, parse, plan } from "@bufbuild/cel";
import { strings } from "@bufbuild/cel/ext";
import { assertEquals } from "../../assert.ts";
import fc from "../../property.ts";
import { loadValidator } from "../../../src/gatewayapi/validation/bundled.ts";
import { evaluateRule, toCelValue } from "../../../src/gatewayapi/validation/cel.ts";
import { isIp } from "../../../src/gatewayapi/validation/formats.ts";
import type { Schema } from "../../../src/gatewayapi/validation/schema.ts";
import { EXAMPLES, readDocuments, yamlFiles } from "./documents.ts";

const validator = await loadValidator();

/** XBackend's rule wants Kubernetes' format library, which the other engine hasn't got. */
const NOT_ASKED = /\bformat\.|\boldSelf\b/;

interface Subject {
  readonly rule: string;
  readonly value: unknown;
}

/** Each rule with each value of the object that it is for. */
function subjects(schema: Schema, value: unknown, found: Subject[] = []): Subject[] {
  if (!schema.hasRules || value === undefined || value === null) return found;
  for (const { rule } of schema.rules ?? []) if (!NOT_ASKED.test(rule)) found.push({ rule, value });
  if (Array.isArray(value) && schema.items) {
    for (const item of value) subjects(schema.items, item, found);
  } else if (typeof value === "object") {
    for (const [key, child] of Object.entries(value)) {
      const childSchema = schema.properties?.get(key) ?? schema.additionalProperties;
      if (childSchema) subjects(childSchema, child, found);
    }
  }
  return found;
}

const environment = celEnv({
  funcs: [...strings, celFunc("isIP", [CelScalar.STRING], CelScalar.BOOL, isIp)],
});
const plans = new Map<string, ReturnType<typeof plan>>();

/** `__namespace__` stays: this engine is given the key as Kubernetes escapes it. */
function escapeKeys(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(escapeKeys);
  if (typeof value !== "object" || value === null) return value;
  return new Map(
    Object.entries(value).map((
      [key, child],
    ) => [key === "namespace" ? "__namespace__" : key, escapeKeys(child)]),
  );
}

function oracleVerdict({ rule, value }: Subject): string {
  let program = plans.get(rule);
  if (!program) plans.set(rule, program = plan(environment, parse(rule)));
  const verdict = program({ self: escapeKeys(toCelValue(value)) as CelInput });
  return typeof verdict === "boolean" ? String(verdict) : "error";
}

function ownVerdict({ rule, value }: Subject): string {
  try {
    return String(evaluateRule(rule, toCelValue(value)));
  } catch {
    return "error";
  }
}

const files = await yamlFiles(EXAMPLES);
const objects = (await Promise.all(files.map(readDocuments))).flat().map(({ object }) => object);
const schemas = new Map(
  validator.kinds.map((one) => [`${one.apiVersion} ${one.kind}`, one.schema]),
);
const all = objects.flatMap((object) => {
  const schema = schemas.get(`${object.apiVersion} ${object.kind}`);
  return schema ? subjects(schema, object) : [];
});

Deno.test("both engines say the same about every rule and value in the examples", () => {
  assertEquals(all.length > 1000, true);
  for (const subject of all) {
    assertEquals(ownVerdict(subject), oracleVerdict(subject), JSON.stringify(subject));
  }
});

type Container = Record<string | number, unknown>;

function places(value: unknown, found: [Container, string][] = []): [Container, string][] {
  if (typeof value !== "object" || value === null) return found;
  for (const key of Object.keys(value)) {
    found.push([value as Container, key]);
    places((value as Container)[key], found);
  }
  return found;
}

const words = fc.constantFrom(
  "",
  "*",
  "*.a.example",
  "a.example",
  "192.0.2.1",
  "2001:db8::1",
  "/a//b",
  "/a/../b",
  "Exact",
  "PathPrefix",
  "Service",
  "Terminate",
  "TLS",
  "1m30s",
  "0s",
  "RequestRedirect",
  "CORS",
);

const change = fc.record({
  subject: fc.nat(all.length - 1),
  at: fc.nat(),
  how: fc.constantFrom("replace", "remove", "repeat"),
  word: fc.oneof(words, fc.string({ maxLength: 12 })),
  number: fc.integer({ min: 0, max: 70_000 }),
});

Deno.test("a duration without text is an error, as in Go's time.ParseDuration", () => {
  assertEquals(ownVerdict({ rule: "duration(self) == duration('0s')", value: "" }), "error");
});

Deno.test("both engines say the same about changed values that keep their types", () => {
  fc.assert(
    fc.property(fc.array(change, { minLength: 1, maxLength: 3 }), (changes) => {
      const { rule, value } = all[changes[0].subject];
      const copy = structuredClone(value);
      for (const { at, how, word, number } of changes) {
        const spots = places(copy);
        if (spots.length === 0) break;
        const [container, key] = spots[at % spots.length];
        const old = container[key];
        if (how === "remove" && !Array.isArray(container)) delete container[key];
        else if (how === "repeat" && Array.isArray(container)) container.push(old);
        else if (typeof old === "string") container[key] = word;
        else if (typeof old === "number") container[key] = number;
      }
      const subject = { rule, value: copy };
      // The one known difference: duration("") is an error here, as in Go, and 0s to the oracle.
      if (rule.includes("duration(") && JSON.stringify(copy).includes('""')) return;
      assertEquals(ownVerdict(subject), oracleVerdict(subject), JSON.stringify(subject));
    }),
    { numRuns: 4000 },
  );
});
