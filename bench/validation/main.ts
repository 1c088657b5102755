// `deno task bench:validation [--rounds N]`: what validation costs in time and memory. Prints a
// Markdown page and writes it to bench/results/validation.md. Under a minute.

import { parseAllDocuments } from "yaml";
import { loadValidator } from "../../src/gatewayapi/validation/bundled.ts";
import type { Validator } from "../../src/gatewayapi/validation/validator.ts";
import { provenance } from "../proxy/machine.ts";
import { spreadOf, writeSpread } from "../proxy/statistics.ts";
import { largeRoute, smallRoute } from "./routes.ts";

const ROUTES = 5000;
const RESULT = "bench/results/validation.md";

function elapsedMs(work: () => void): number {
  const startMs = performance.now();
  work();
  return performance.now() - startMs;
}

function validateAll(validator: Validator, objects: readonly unknown[]): void {
  for (const object of objects) {
    const result = validator.validate(object);
    if (!result.ok) throw new Error(result.errors[0].message);
  }
}

/** Resident MiB of a fresh process before and after, by the steps of memory.ts. */
async function memorySteps(): Promise<Record<string, number>> {
  const { stdout, success } = await new Deno.Command(Deno.execPath(), {
    args: ["run", "--allow-read=.", "--v8-flags=--expose-gc", "bench/validation/memory.ts"],
  }).output();
  if (!success) throw new Error("bench/validation/memory.ts failed");
  return JSON.parse(new TextDecoder().decode(stdout));
}

const roundsAt = Deno.args.indexOf("--rounds");
const rounds = roundsAt < 0 ? 5 : Number(Deno.args[roundsAt + 1]);
const from = await provenance("deno task bench:validation");

const startMs = performance.now();
const validator = await loadValidator();
const loadMs = performance.now() - startMs;
const large = parseAllDocuments(largeRoute())[0].toJS();
const firstMs = elapsedMs(() => validateAll(validator, [large]));

const source = Array.from({ length: ROUTES }, (_, index) => smallRoute(index)).join("---\n");
const parseMs: number[] = [];
const validateMs: number[] = [];
const largeMs: number[] = [];
for (let round = 0; round < rounds; round++) {
  let objects: unknown[] = [];
  parseMs.push(elapsedMs(() => {
    objects = parseAllDocuments(source).map((document) => document.toJS());
  }));
  validateMs.push(elapsedMs(() => validateAll(validator, objects)));
  const copies = Array.from({ length: 20 }, () => large);
  largeMs.push(elapsedMs(() => validateAll(validator, copies)) / copies.length);
}
const memory = await memorySteps();

const rows = [
  ["loading schemas and engine, once", `${loadMs.toFixed(0)} ms`],
  ["the first HTTPRoute, rules compiled on the way", `${firstMs.toFixed(0)} ms`],
  [`${ROUTES} HTTPRoutes, parsing YAML`, `${writeSpread(spreadOf(parseMs), 0)} ms`],
  [`${ROUTES} HTTPRoutes, validating`, `${writeSpread(spreadOf(validateMs), 0)} ms`],
  ["an HTTPRoute of 16 rules with 8 matches", `${writeSpread(spreadOf(largeMs), 2)} ms`],
  ...Object.entries(memory).map(([step, mib]) => [`RSS, ${step}`, `${mib.toFixed(1)} MiB`]),
];
const page = [
  "# Validation",
  "",
  `${from.date}, commit ${from.commit}, ${from.cpu}, ${from.cores} cores, Linux ${from.kernel}, ` +
  `Deno ${from.deno}, load ${from.loadAverage}; \`${from.command}\`, ${rounds} rounds, ` +
  "median [range].",
  "",
  "| what | figure |",
  "|---|---|",
  ...rows.map((row) => `| ${row.join(" | ")} |`),
  "",
].join("\n");
await Deno.mkdir("bench/results", { recursive: true });
await Deno.writeTextFile(RESULT, page);
console.log(page);
