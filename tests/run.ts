// Runs the suites of tests/suites.ts one after the other and adds up what they say.
// Takes suite names as arguments (none: all that need no cluster); ends with 'N passed, N failed, N skipped' and exits 1
// where anything failed or a suite ran no test. Each suite gets its own permissions and no more.

import { buildCore } from "../src/cli/build_core.ts";
import { type Suite, SUITES } from "./suites.ts";

interface Tally {
  passed: number;
  failed: number;
  skipped: number;
}

function attribute(tag: string, name: string): number {
  const match = new RegExp(`\\b${name}="(\\d+)"`).exec(tag);
  return match ? Number(match[1]) : 0;
}

/** Reads the counts off a JUnit report's root element; null where there is no report. */
async function readTally(path: string): Promise<Tally | null> {
  let text: string;
  try {
    text = await Deno.readTextFile(path);
  } catch {
    return null;
  }
  const root = /<testsuites [^>]*>/.exec(text)?.[0];
  if (!root) return null;
  const skipped = [...text.matchAll(/<skipped\b/g)].length;
  const failed = attribute(root, "failures") + attribute(root, "errors");
  return { passed: attribute(root, "tests") - failed - skipped, failed, skipped };
}

async function runSuite(suite: Suite): Promise<Tally> {
  const report = await Deno.makeTempFile({ suffix: ".xml" });
  console.log(`\n=== ${suite.name} (${suite.path}) ===`);
  const status = await new Deno.Command(Deno.execPath(), {
    args: ["test", "--quiet", ...suite.permissions, `--junit-path=${report}`, suite.path],
    env: { ...suite.env },
    stdin: "null",
  }).spawn().status;
  const tally = await readTally(report);
  await Deno.remove(report);
  if (!tally || tally.passed + tally.failed + tally.skipped === 0) {
    console.error(`suite ${suite.name}: no test ran (exit code ${status.code})`);
    return { passed: 0, failed: 1, skipped: 0 };
  }
  if (!status.success && tally.failed === 0) tally.failed = 1;
  return tally;
}

const unknown = Deno.args.filter((name) => !SUITES.some((suite) => suite.name === name));
if (unknown.length > 0) {
  const names = SUITES.map((suite) => suite.name).join(", ");
  console.error(`no suite is named ${unknown.join(", ")}; there are: ${names}`);
  Deno.exit(2);
}

await buildCore();
const total: Tally = { passed: 0, failed: 0, skipped: 0 };
for (const suite of SUITES) {
  const isAskedFor = Deno.args.includes(suite.name);
  if (!isAskedFor && (Deno.args.length > 0 || suite.onlyByName)) continue;
  const tally = await runSuite(suite);
  total.passed += tally.passed;
  total.failed += tally.failed;
  total.skipped += tally.skipped;
}
console.log(`\n${total.passed} passed, ${total.failed} failed, ${total.skipped} skipped`);
Deno.exit(total.failed === 0 ? 0 : 1);
