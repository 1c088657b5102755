// Runs one suite as a process of its own and says what became of its tests: `deno test` with the
// suite's permissions, its JUnit report, and an end by force where it doesn't come to one itself.
// Whatever happens to that process, something is counted: no report is a failure, and so is no test.

import { LIMIT_MINUTES, type Suite } from "./suites.ts";

export interface Tally {
  passed: number;
  failed: number;
  skipped: number;
}

/** `deno test` names the tests that are under way when it is interrupted; then it is killed. */
const GRACE_MS = 30_000;
const MINUTE_MS = 60_000;

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
  return { passed: Math.max(0, attribute(root, "tests") - failed - skipped), failed, skipped };
}

function kill(child: Deno.ChildProcess, signal: Deno.Signal): void {
  try {
    child.kill(signal);
  } catch {
    // It has ended in this moment.
  }
}

/** Waits for its end; after `limitMs` it is interrupted, and killed where that does not help. */
async function endOf(
  child: Deno.ChildProcess,
  limitMs: number,
  late: () => void,
): Promise<Deno.CommandStatus> {
  let killing: ReturnType<typeof setTimeout> | undefined;
  const interrupting = setTimeout(() => {
    late();
    kill(child, "SIGINT");
    killing = setTimeout(() => kill(child, "SIGKILL"), GRACE_MS);
  }, limitMs);
  const status = await child.status;
  clearTimeout(interrupting);
  clearTimeout(killing);
  return status;
}

/** Never rejects for what the tests do. What went wrong besides failed tests is printed. */
export async function runSuite(suite: Suite): Promise<Tally> {
  const report = await Deno.makeTempFile({ suffix: ".xml" });
  console.log(`\n=== ${suite.name} (${suite.path}) ===`);
  const child = new Deno.Command(Deno.execPath(), {
    args: ["test", "--quiet", ...suite.permissions, `--junit-path=${report}`, suite.path],
    env: { ...suite.env },
    stdin: "null",
  }).spawn();
  const { limitMinutes = LIMIT_MINUTES } = suite;
  let isLate = false;
  const status = await endOf(child, limitMinutes * MINUTE_MS, () => {
    isLate = true;
    console.error(`suite ${suite.name}: not done after ${limitMinutes} minutes, interrupted in:`);
  });
  const tally = await readTally(report);
  await Deno.remove(report);
  const how = status.signal === null ? `exit code ${status.code}` : `ended by ${status.signal}`;
  if (tally === null) {
    console.error(`suite ${suite.name}: there is no report of its tests (${how})`);
    return { passed: 0, failed: 1, skipped: 0 };
  }
  if (tally.passed + tally.failed + tally.skipped === 0) {
    console.error(`suite ${suite.name}: no test ran (${how})`);
    return { passed: 0, failed: 1, skipped: 0 };
  }
  if ((!status.success || isLate) && tally.failed === 0) {
    console.error(`suite ${suite.name}: no test failed, but it did (${how})`);
    tally.failed = 1;
  }
  return tally;
}
