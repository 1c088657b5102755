// One field at a time, against schemas made for the purpose: what is said, and what to write.

import { assertEquals } from "../../assert.ts";
import { createValidator } from "../../../src/gatewayapi/validation/validator.ts";
import type { StoredSchema } from "../../../src/gatewayapi/validation/schema.ts";

/** The errors of an object whose `spec` has the given schema. */
function errorsOf(spec: unknown, schema: StoredSchema, children: StoredSchema[] = []): string[] {
  const nodes: StoredSchema[] = [...children, schema];
  nodes.push({ type: "string" });
  nodes.push({
    type: "object",
    required: ["spec"],
    properties: {
      spec: children.length,
      apiVersion: children.length + 1,
      kind: children.length + 1,
      metadata: children.length + 1,
    },
  });
  const validator = createValidator({
    channel: "test",
    bundleVersion: "v0",
    kinds: [{
      group: "test.io",
      kind: "Thing",
      plural: "things",
      scope: "Namespaced",
      versions: [{ name: "v1", schema: nodes.length - 1 }],
    }],
    nodes,
  });
  const result = validator.validate({
    apiVersion: "test.io/v1",
    kind: "Thing",
    metadata: { name: "one" },
    ...(spec === undefined ? {} : { spec }),
  });
  return result.ok ? [] : result.errors.map((error) => `${error.message} => ${error.hint}`);
}

interface Case {
  readonly name: string;
  readonly spec: unknown;
  readonly schema: StoredSchema;
  readonly children?: StoredSchema[];
  readonly errors: readonly string[];
}

const CASES: readonly Case[] = [
  {
    name: "a number where text is wanted",
    spec: 5,
    schema: { type: "string" },
    errors: [
      'spec: Invalid value: "integer": spec in body must be of type string: "integer" => put it in quotes: "5"',
    ],
  },
  {
    name: "text where a whole number is wanted",
    spec: "5",
    schema: { type: "integer" },
    errors: [
      'spec: Invalid value: "string": spec in body must be of type integer: "string" => write it without quotes: 5',
    ],
  },
  {
    name: "a fraction where a whole number is wanted",
    spec: 1.5,
    schema: { type: "integer" },
    errors: [
      'spec: Invalid value: "number": spec in body must be of type integer: "number" => write a whole number instead of a number with a fraction',
    ],
  },
  { name: "a whole number as a number", spec: 3, schema: { type: "number" }, errors: [] },
  {
    name: "not a number",
    spec: NaN,
    schema: { type: "number" },
    errors: [
      'spec: Invalid value: "number": spec in body must be of type number: "number" => write a number instead of a number with a fraction',
    ],
  },
  { name: "int-or-string, a number", spec: 80, schema: { intOrString: true }, errors: [] },
  { name: "int-or-string, a name", spec: "http", schema: { intOrString: true }, errors: [] },
  {
    name: "int-or-string, neither",
    spec: true,
    schema: { intOrString: true },
    errors: [
      'spec: Invalid value: "boolean": spec in body must be of type integer,string: "boolean" => write a whole number or text',
    ],
  },
  {
    name: "a value below and above a range",
    spec: [0, 70000, 80],
    schema: { type: "array", items: 0 },
    children: [{ type: "integer", minimum: 1, maximum: 65535 }],
    errors: [
      "spec[0]: Invalid value: 0: spec[0] in body should be greater than or equal to 1 => write a whole number from 1 to 65535",
      "spec[1]: Invalid value: 70000: spec[1] in body should be less than or equal to 65535 => write a whole number from 1 to 65535",
    ],
  },
  {
    name: "more than 32 bits",
    spec: 2 ** 31,
    schema: { type: "integer", format: "int32" },
    errors: [
      "spec: Invalid value: 2147483648: Checked value must be of type integer with format int32 in spec => write a whole number of at most 2147483647",
    ],
  },
  {
    name: "too long, counted in characters rather than UTF-16 units",
    spec: ["😀😀", "😀😀😀"],
    schema: { type: "array", items: 0 },
    children: [{ type: "string", maxLength: 2 }],
    errors: ["spec[1]: Too long: may not be more than 2 bytes => write at most 2 characters"],
  },
  {
    name: "too short, counted in characters",
    spec: ["", "😀"],
    schema: { type: "array", items: 0 },
    children: [{ type: "string", minLength: 2, maxLength: 9 }],
    errors: [
      'spec[0]: Invalid value: "": spec[0] in body should be at least 2 chars long => write 2 to 9 characters',
      'spec[1]: Invalid value: "😀": spec[1] in body should be at least 2 chars long => write 2 to 9 characters',
    ],
  },
  {
    name: "a pattern finds a part of the text, as in Go",
    spec: ["xay", "b"],
    schema: { type: "array", items: 0 },
    children: [{ type: "string", pattern: "a" }],
    errors: [
      "spec[1]: Invalid value: \"b\": spec[1] in body should match 'a' => write text that matches a",
    ],
  },
  {
    name: "an enum, with the value that was probably meant",
    spec: "get",
    schema: { type: "string", enum: ["GET", "POST"] },
    errors: [
      'spec: Unsupported value: "get": supported values: "GET", "POST" => write GET or POST',
    ],
  },
  {
    name: "a time",
    spec: ["2026-02-30T00:00:00Z", "2026-02-28T00:00:00Z"],
    schema: { type: "array", items: 0 },
    children: [{ type: "string", format: "date-time" }],
    errors: [
      'spec[0]: Invalid value: "2026-02-30T00:00:00Z": spec[0] in body must be of type date-time: "2026-02-30T00:00:00Z" => write an RFC 3339 time, such as 2026-01-31T12:00:00Z',
    ],
  },
  {
    name: "too many and too few items",
    spec: { few: [], many: [1, 2, 3] },
    schema: { type: "object", properties: { few: 1, many: 1 } },
    children: [{ type: "integer" }, { type: "array", items: 0, minItems: 1, maxItems: 2 }],
    errors: [
      "spec.few: Invalid value: 0: spec.few in body should have at least 1 items => write 1 to 2 items",
      "spec.many: Too many: 3: must have at most 2 items => write 1 to 2 items",
    ],
  },
  {
    name: "too many and too few keys",
    spec: { few: {}, many: { a: 1, b: 2 } },
    schema: { type: "object", properties: { few: 1, many: 1 } },
    children: [
      { type: "integer" },
      { type: "object", additionalProperties: 0, minProperties: 1, maxProperties: 1 },
    ],
    errors: [
      "spec.few: Invalid value: 0: spec.few in body should have at least 1 properties => write 1 key",
      "spec.many: Too many: 2: must have at most 1 item => write 1 key",
    ],
  },
  {
    name: "a missing field",
    spec: {},
    schema: { type: "object", required: ["port"], properties: { port: 0 } },
    children: [{ type: "integer" }],
    errors: ["spec.port: Required value => add port: a whole number"],
  },
  {
    name: "a misspelt field",
    spec: { prot: 1 },
    schema: { type: "object", properties: { port: 0, name: 0 } },
    children: [{ type: "integer" }],
    errors: ['strict decoding error: unknown field "spec.prot" => write port instead of prot'],
  },
  {
    name: "unknown fields where they are preserved",
    spec: { anything: { goes: [1] } },
    schema: { type: "object", preserveUnknownFields: true },
    errors: [],
  },
  {
    name: "any key of a map, with the value checked",
    spec: { "example.com/a": 1 },
    schema: { type: "object", additionalProperties: 0 },
    children: [{ type: "string" }],
    errors: [
      'spec.example.com/a: Invalid value: "integer": spec.example.com/a in body must be of type string: "integer" => put it in quotes: "1"',
    ],
  },
  {
    name: "keys with a meaning in JavaScript are plain keys",
    spec: JSON.parse('{"__proto__": "a", "constructor": "b", "toString": "c"}'),
    schema: { type: "object", additionalProperties: 0 },
    children: [{ type: "string" }],
    errors: [],
  },
  {
    name: "a set names each repeated value once",
    spec: ["a", "b", "a", "a"],
    schema: { type: "array", items: 0, listType: "set" },
    children: [{ type: "string" }],
    errors: ['spec[2]: Duplicate value: "a" => write each value once'],
  },
  {
    name: "a list map by two keys",
    spec: [{ a: 1, b: 1 }, { a: 1, b: 2 }, { a: 1, b: 1 }],
    schema: { type: "array", items: 1, listType: "map", listMapKeys: ["a", "b"] },
    children: [{ type: "integer" }, { type: "object", properties: { a: 0, b: 0 } }],
    errors: [
      'spec[2]: Duplicate value: {"a":1,"b":1} => write each a and b once: rename or remove one of the entries',
    ],
  },
  {
    name: "null for an optional field is no value",
    spec: { a: null },
    schema: { type: "object", properties: { a: 0 } },
    children: [{ type: "integer" }],
    errors: [],
  },
  {
    name: "null for a required field is a missing one",
    spec: { a: null },
    schema: { type: "object", properties: { a: 0 }, required: ["a"] },
    children: [{ type: "integer" }],
    errors: ["spec.a: Required value => add a: a whole number"],
  },
  {
    name: "null in a list",
    spec: [null],
    schema: { type: "array", items: 0 },
    children: [{ type: "integer" }],
    errors: [
      'spec[0]: Invalid value: "null": spec[0] in body must be of type integer: "null" => write a whole number instead of nothing',
    ],
  },
  {
    name: "null where the schema is nullable",
    spec: [null],
    schema: { type: "array", items: 0 },
    children: [{ type: "integer", nullable: true }],
    errors: [],
  },
  {
    name: "none of anyOf",
    spec: "foo",
    schema: { type: "string", anyOf: [0, 1] },
    children: [{ format: "ipv4" }, { format: "ipv6" }],
    errors: [
      'spec: Invalid value: "": "spec" must validate at least one schema (anyOf) => write an IPv4 address, such as 192.0.2.7, or an IPv6 address, such as 2001:db8::7',
    ],
  },
  {
    name: "both of oneOf",
    spec: "foo",
    schema: { type: "string", oneOf: [0, 1] },
    children: [{ maxLength: 5 }, { minLength: 2 }],
    errors: [
      'spec: Invalid value: "": "spec" must validate one and only one schema (oneOf). Found 2 valid alternatives => write the value so that it means one thing only',
    ],
  },
  {
    name: "a rule, its message and a scalar's value",
    spec: 3,
    schema: { type: "integer", rules: [{ rule: "self % 2 == 0", message: "must be even" }] },
    errors: [
      "spec: Invalid value: 3: must be even => change the value so that the rule holds",
    ],
  },
  {
    name: "a rule without a message",
    spec: 3,
    schema: { type: "integer", rules: [{ rule: "self > 3" }] },
    errors: [
      "spec: Invalid value: 3: failed rule: self > 3 => change the value so that the rule holds",
    ],
  },
  {
    name: "a rule's messageExpression, reason and fieldPath",
    spec: { a: 1 },
    schema: {
      type: "object",
      properties: { a: 0 },
      rules: [{
        rule: "self.a > 1",
        messageExpression: "'a is ' + string(self.a)",
        reason: "FieldValueForbidden",
        fieldPath: ".a",
      }],
    },
    children: [{ type: "integer" }],
    errors: ["spec.a: Forbidden: a is 1 => change the value so that the rule holds"],
  },
  {
    name: "a messageExpression that fails falls back to the message",
    spec: { a: 1 },
    schema: {
      type: "object",
      properties: { a: 0 },
      rules: [{ rule: "false", messageExpression: "self.b", message: "no" }],
    },
    children: [{ type: "integer" }],
    errors: ["spec: Invalid value: no => change the value so that the rule holds"],
  },
  {
    name: "a rule that compares with the old object is left out",
    spec: "a",
    schema: { type: "string", rules: [{ rule: "self == oldSelf", message: "immutable" }] },
    errors: [],
  },
  {
    name: "a rule that can't be evaluated refuses",
    spec: {},
    schema: {
      type: "object",
      properties: { a: 0 },
      rules: [{ rule: "self.a > 1", message: "a is big" }],
    },
    children: [{ type: "integer" }],
    errors: [
      'spec: Invalid value: "object": No such key: a evaluating rule: a is big => change the value so that the rule holds',
    ],
  },
  {
    name: "rules wait until the schema is met",
    spec: { a: "x" },
    schema: {
      type: "object",
      properties: { a: 0 },
      rules: [{ rule: "self.a > 1", message: "a is big" }],
    },
    children: [{ type: "integer" }],
    errors: [
      'spec.a: Invalid value: "string": spec.a in body must be of type integer: "string" => write a whole number instead of text',
    ],
  },
];

for (const { name, spec, schema, children, errors } of CASES) {
  Deno.test(`validation: ${name}`, () => {
    assertEquals(errorsOf(spec, schema, children), errors as string[]);
  });
}

Deno.test("validation: a default may have defaults below it", () => {
  const validator = createValidator({
    channel: "test",
    bundleVersion: "v0",
    kinds: [{
      group: "test.io",
      kind: "Thing",
      plural: "things",
      scope: "Cluster",
      versions: [{ name: "v1", schema: 4 }],
    }],
    nodes: [
      { type: "integer", default: 7 },
      { type: "object", properties: { inner: 0 }, default: {} },
      { type: "object", properties: { outer: 1 } },
      { type: "string" },
      { type: "object", properties: { spec: 2, apiVersion: 3, kind: 3 } },
    ],
  });
  const head = { apiVersion: "test.io/v1", kind: "Thing", metadata: { name: "a" } };
  const result = validator.validate({ ...head, spec: {} });
  assertEquals(result, { ok: true, value: { ...head, spec: { outer: { inner: 7 } } } });
});
