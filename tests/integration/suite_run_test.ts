// The runner of suites against suites that fail in every way there is: something is always counted,
// and what hangs is ended and named.

import { assertEquals } from "../assert.ts";
import { runSuite, type Tally } from "../run_suite.ts";
import type { Suite } from "../suites.ts";

const FINE = 'Deno.test("fine", () => {});\n';

/** Runs a suite of one or several files. */
async function run(files: readonly string[], more: Partial<Suite> = {}): Promise<Tally> {
  const folder = await Deno.makeTempDir();
  try {
    for (const [index, text] of files.entries()) {
      await Deno.writeTextFile(`${folder}/t${index}_test.ts`, text);
    }
    return await runSuite({ name: "sample", path: folder, permissions: ["--allow-run"], ...more });
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

const CASES: readonly (readonly [what: string, files: readonly string[], tally: Tally])[] = [
  ["a test that passes, one that fails, one that is ignored", [
    FINE +
    'Deno.test("bad", () => { throw new Error("x"); });\nDeno.test.ignore("not", () => {});\n',
  ], { passed: 1, failed: 1, skipped: 1 }],
  ["a file that throws while it is loaded", [FINE, 'throw new Error("x");\n'], {
    passed: 1,
    failed: 1,
    skipped: 0,
  }],
  ["a file that does not compile", [FINE, 'export const wrong: number = "x";\n'], {
    passed: 0,
    failed: 1,
    skipped: 0,
  }],
  ["a process that is killed", [
    FINE + 'Deno.test("ends all", () => Deno.kill(Deno.pid, "SIGKILL"));\n',
  ], { passed: 0, failed: 1, skipped: 0 }],
  ["a file without tests", ["export {};\n"], { passed: 0, failed: 1, skipped: 0 }],
];

for (const [what, files, tally] of CASES) {
  Deno.test(`the runner of suites, ${what}`, async () => assertEquals(await run(files), tally));
}

Deno.test("the runner of suites ends a test that hangs or loops, and it counts as failed", async () => {
  for (
    const hanging of [
      "() => new Promise(() => setInterval(() => {}, 1_000))",
      "() => { for (;;); }",
    ]
  ) {
    const tally = await run([`${FINE}Deno.test("hangs", ${hanging});\n`], { limitMinutes: 0.05 });
    assertEquals([hanging, tally.failed], [hanging, 1]);
  }
});
