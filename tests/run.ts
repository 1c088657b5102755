// Runs the suites of tests/suites.ts one after the other and adds up what they say.
// Takes suite names as arguments (none: all that need no cluster); ends with a line for each suite and
// 'N passed, N failed, N skipped', and exits 1 where anything failed or a suite ran no test.

import { buildCore } from "../src/cli/build_core.ts";
import { runSuite, type Tally } from "./run_suite.ts";
import { SUITES } from "./suites.ts";

const unknown = Deno.args.filter((name) => !SUITES.some((suite) => suite.name === name));
if (unknown.length > 0) {
  const names = SUITES.map((suite) => suite.name).join(", ");
  console.error(`no suite is named ${unknown.join(", ")}; there are: ${names}`);
  Deno.exit(2);
}

const total: Tally = { passed: 0, failed: 0, skipped: 0 };
const summary: string[] = [];
try {
  await buildCore();
  for (const suite of SUITES) {
    const isAskedFor = Deno.args.includes(suite.name);
    if (!isAskedFor && (Deno.args.length > 0 || suite.onlyByName)) continue;
    const startMs = performance.now();
    const { passed, failed, skipped } = await runSuite(suite);
    total.passed += passed;
    total.failed += failed;
    total.skipped += skipped;
    const seconds = Math.round((performance.now() - startMs) / 1000);
    summary.push(
      `${suite.name}: ${passed} passed, ${failed} failed, ${skipped} skipped, ${seconds} s`,
    );
  }
} catch (error) {
  console.error(error);
  total.failed++;
}
console.log(`\n${summary.join("\n")}`);
console.log(`\n${total.passed} passed, ${total.failed} failed, ${total.skipped} skipped`);
Deno.exit(total.failed === 0 ? 0 : 1);
