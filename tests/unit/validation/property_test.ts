// Invariants: whatever an object holds, validation answers and never throws; a value that it gave
// back is valid as it is, and validating it again changes nothing; every error says where and what
// to write instead.

import { assertEquals } from "../../assert.ts";
import fc from "../../property.ts";
import { loadValidator } from "../../../src/gatewayapi/validation/bundled.ts";
import { EXAMPLES, readDocuments, yamlFiles } from "./documents.ts";

const validator = await loadValidator();
const files = [
  ...await yamlFiles(`${EXAMPLES}/examples`),
  ...await yamlFiles(`${EXAMPLES}/hack`),
];
const objects = (await Promise.all(files.map(readDocuments))).flat().map(({ object }) => object);

type Container = Record<string | number, unknown>;

/** Every place in the object, as the container and the key. */
function places(value: unknown, found: [Container, string | number][] = []) {
  if (typeof value !== "object" || value === null) return found;
  for (const key of Object.keys(value)) {
    found.push([value as Container, Array.isArray(value) ? Number(key) : key]);
    places((value as Container)[key], found);
  }
  return found;
}

const strange = fc.oneof(
  fc.anything({ withNullPrototype: true, withBigInt: true, withDate: true, maxDepth: 3 }),
  fc.constantFrom<unknown>(
    null,
    undefined,
    "",
    "*",
    "😀".repeat(300),
    "a".repeat(5000),
    "\ud800",
    -1,
    2 ** 53,
    1e308,
    NaN,
    [],
    {},
    [[]],
    JSON.parse('{"__proto__": {"constructor": 1}}'),
  ),
);

interface Mutation {
  readonly object: number;
  readonly edits: readonly { readonly at: number; readonly how: string; readonly value: unknown }[];
}

const mutation: fc.Arbitrary<Mutation> = fc.record({
  object: fc.nat(objects.length - 1),
  edits: fc.array(
    fc.record({
      at: fc.nat(),
      how: fc.constantFrom("replace", "remove", "add", "repeat"),
      value: strange,
    }),
    { minLength: 1, maxLength: 4 },
  ),
});

function mutate({ object, edits }: Mutation): unknown {
  const copy = structuredClone(objects[object]);
  for (const { at, how, value } of edits) {
    const all = places(copy);
    if (all.length === 0) break;
    const [container, key] = all[at % all.length];
    // A copy, or a value put into itself would go round for ever here.
    if (how === "replace") container[key] = structuredClone(value);
    else if (how === "remove") delete container[key];
    else if (how === "add") container[`${key}x`] = structuredClone(value);
    else if (Array.isArray(container)) container.push(container[key as number]);
  }
  return copy;
}

function checkAnswer(object: unknown): void {
  const result = validator.validate(object);
  if (result.ok) {
    assertEquals(validator.validate(result.value), result);
    return;
  }
  assertEquals(result.errors.length > 0, true);
  for (const error of result.errors) {
    assertEquals(error.hint.length > 0, true, error.message);
    assertEquals(error.message.length < 5000, true, error.message);
    JSON.stringify(error);
  }
}

Deno.test("mutated objects are answered, never thrown at", () => {
  fc.assert(fc.property(mutation, (change) => checkAnswer(mutate(change))), { numRuns: 3000 });
});

Deno.test("anything at all is answered, never thrown at", () => {
  fc.assert(fc.property(strange, checkAnswer), { numRuns: 500 });
});

Deno.test("an object that refers to itself is answered", () => {
  const route: Record<string, unknown> = structuredClone(objects[0]);
  route.spec = { rules: [route] };
  route.metadata = { name: "a", labels: route, annotations: { a: route } };
  checkAnswer(route);
  const spec: unknown[] = [];
  spec.push(spec);
  checkAnswer({ ...objects[0], spec });
});

Deno.test("a rule that fails over a long value does not quote it at length", () => {
  const route = objects.find((object) => (object as { kind?: string }).kind === "HTTPRoute");
  const copy = structuredClone(route) as { spec: { rules: unknown } };
  copy.spec.rules = [{ timeouts: { request: "1s", backendRequest: "a".repeat(5000) } }];
  checkAnswer(copy);
});
