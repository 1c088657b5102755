import { assertEquals } from "../../assert.ts";
import { loadValidator } from "../../../src/gatewayapi/validation/bundled.ts";
import { createValidator } from "../../../src/gatewayapi/validation/validator.ts";
import { isExplained } from "../../../src/gatewayapi/validation/hints.ts";
import { RULE_HINTS } from "../../../src/gatewayapi/validation/rule_hints.ts";
import { locate } from "../../../src/gatewayapi/validation/locate.ts";
import { compactCrds, OUTPUT } from "../../../src/cli/build_crds.ts";
import { EXAMPLES, readDocuments, yamlFiles } from "./documents.ts";
import { REFUSALS } from "./invalid_examples.ts";

const validator = await loadValidator();

for (const channel of ["standard", "experimental"]) {
  for (const file of await yamlFiles(`${EXAMPLES}/examples/${channel}`)) {
    Deno.test(`accepts ${file.slice(EXAMPLES.length + 1)}`, async () => {
      const documents = await readDocuments(file);
      assertEquals(documents.length > 0, true);
      for (const { object } of documents) {
        const result = validator.validate(object);
        assertEquals(result.ok ? [] : result.errors.map((error) => error.message), []);
      }
    });
  }
}

const INVALID = `${EXAMPLES}/hack/invalid-examples`;

Deno.test("the table of refusals names every invalid example and no other", async () => {
  const files = (await yamlFiles(INVALID)).map((file) => file.slice(INVALID.length + 1));
  assertEquals(Object.keys(REFUSALS).sort(), files);
});

for (const [file, refusals] of Object.entries(REFUSALS)) {
  Deno.test(`refuses ${file} by the rule that it breaks`, async () => {
    const found: string[][] = [];
    for (const { object, document, lines } of await readDocuments(`${INVALID}/${file}`)) {
      const result = validator.validate(object);
      for (const error of result.ok ? [] : result.errors) {
        const { line, column } = locate(document, lines, error.path);
        found.push([`${line}:${column}`, error.field, error.reason, error.detail]);
        assertEquals(error.hint.length > 0, true, error.message);
      }
    }
    assertEquals(found, refusals as unknown as string[][]);
  });
}

Deno.test("the standard channel's CRDs say the same about its own examples", async () => {
  const standard = createValidator(JSON.parse(await compactCrds("standard")));
  for (const file of await yamlFiles(`${EXAMPLES}/examples/standard`)) {
    for (const { object } of await readDocuments(file)) {
      const result = standard.validate(object);
      assertEquals(result.ok ? [] : result.errors.map((error) => error.message), [], file);
    }
  }
  for (const file of await yamlFiles(`${INVALID}/standard`)) {
    const results = (await readDocuments(file)).map(({ object }) => standard.validate(object).ok);
    assertEquals(results.includes(false), true, file);
  }
});

Deno.test("the compact table of CRDs is what the shipped CRDs give", async () => {
  const isCurrent = await Deno.readTextFile(OUTPUT) === await compactCrds();
  assertEquals(isCurrent, true, "run: deno task build:crds");
});

Deno.test("every pattern and every rule of the shipped CRDs says what to write instead", async () => {
  const stored = JSON.parse(await Deno.readTextFile(OUTPUT)) as {
    nodes: { pattern?: string; rules?: { message: string }[] }[];
  };
  const patterns = new Set(stored.nodes.flatMap((node) => node.pattern ?? []));
  assertEquals([...patterns].filter((pattern) => !isExplained(pattern)), []);
  const messages = new Set(
    stored.nodes.flatMap((node) => node.rules ?? []).map((rule) => rule.message),
  );
  const silent = [...messages].filter((message) =>
    !RULE_HINTS.some(([words]) => words.test(message))
  );
  assertEquals(silent, []);
  const unused = RULE_HINTS.filter(([words]) =>
    ![...messages].some((message) => words.test(message))
  );
  assertEquals(unused.map(([words]) => words.source), []);
});

Deno.test("defaults are filled in, and the object given stays as it was", async () => {
  const [{ object }] = await readDocuments(
    `${EXAMPLES}/examples/standard/http-routing/foo-httproute.yaml`,
  );
  const before = structuredClone(object);
  const result = validator.validate(object);
  assertEquals(object, before);
  if (!result.ok) throw new Error("the example is valid");
  const spec = result.value.spec as {
    parentRefs: Record<string, unknown>[];
    rules: { matches: { path: unknown }[]; backendRefs: Record<string, unknown>[] }[];
  };
  assertEquals(spec.parentRefs[0].group, "gateway.networking.k8s.io");
  assertEquals(spec.parentRefs[0].kind, "Gateway");
  assertEquals(spec.rules[0].backendRefs[0].weight, 1);
});

Deno.test("a rule without matches gets the match on every path", () => {
  const result = validator.validate({
    apiVersion: "gateway.networking.k8s.io/v1",
    kind: "HTTPRoute",
    metadata: { name: "all" },
    spec: { rules: [{ backendRefs: [{ name: "web", port: 80 }] }] },
  });
  if (!result.ok) throw new Error(result.errors[0].message);
  const spec = result.value.spec as { rules: { matches: unknown }[] };
  assertEquals(spec.rules[0].matches, [{ path: { type: "PathPrefix", value: "/" } }]);
});
