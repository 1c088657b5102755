// Prints, as JSON, the resident memory of this process in MiB at each step of using validation.
// Run by main.ts in a process of its own; objects come as JSON, so that no YAML is counted.

const collect = (globalThis as unknown as { gc?: () => void }).gc ?? (() => {});
const steps: Record<string, number> = {};

function note(step: string): void {
  collect();
  steps[step] = Deno.memoryUsage().rss / 2 ** 20;
}

const text = await Deno.readTextFile("tests/testdata/gatewayapi/apiserver/answers.jsonl");
const objects = text.trim().split("\n").map((line) => JSON.parse(line).object as unknown);
note("before");
const { loadValidator } = await import("../../src/gatewayapi/validation/bundled.ts");
const validator = await loadValidator();
note("schemas and engine loaded");
validator.validate(objects[0]);
note("one object validated");
for (const object of objects) validator.validate(object);
note(`${objects.length} objects of all kinds validated`);
console.log(JSON.stringify(steps));
