// Turns the results of a conformance run into a table by profile, for a terminal.
// Pure: takes the catalogue and results, gives text.

import { belongsTo, type Catalog, type CatalogTest } from "./catalog.ts";
import type { TestResult, Verdict } from "./raw_output.ts";

/** The Go test that holds all of the suite's. */
export const SUITE = "TestConformance";

export interface Row {
  readonly test: CatalogTest;
  readonly verdict: Verdict;
  readonly seconds: number;
  /** For a failure: the innermost tests that failed, without the suite's and the test's names. */
  readonly failedParts: readonly string[];
}

export interface ProfileResult {
  readonly profile: string;
  readonly rows: readonly Row[];
}

export interface Summary {
  /** Whether the suite as a whole succeeded. */
  readonly succeeded: boolean;
  /** True where the suite failed before it ran any test. */
  readonly failedInSetup: boolean;
  readonly profiles: readonly ProfileResult[];
}

function rowOf(test: CatalogTest, results: readonly TestResult[]): Row | null {
  const name = `${SUITE}/${test.name}`;
  const own = results.find((result) => result.name === name);
  if (own === undefined) return null;
  const failed = results
    .filter((result) => result.verdict === "failed" && result.name.startsWith(`${name}/`))
    .map((result) => result.name);
  const innermost = failed.filter((outer) => !failed.some((name) => name.startsWith(`${outer}/`)));
  return {
    test,
    verdict: own.verdict,
    seconds: own.seconds,
    failedParts: innermost.map((part) => part.slice(name.length + 1).replaceAll("_", " ")),
  };
}

/** Sorts results into profiles; tests of none go under `(no profile)`. */
export function summarise(catalog: Catalog, results: readonly TestResult[]): Summary {
  const rows = catalog.tests.map((test) => rowOf(test, results)).filter((row) => row !== null);
  const inProfile = (row: Row) => catalog.profiles.some((profile) => belongsTo(row.test, profile));
  const profiles = [
    ...catalog.profiles.map((profile) => ({
      profile: profile.name,
      rows: rows.filter(({ test }) => belongsTo(test, profile)),
    })),
    { profile: "(no profile)", rows: rows.filter((row) => !inProfile(row)) },
  ];
  const suite = results.find(({ name }) => name === SUITE);
  return {
    succeeded: suite?.verdict === "passed",
    failedInSetup: suite?.verdict !== "passed" && rows.length === 0,
    profiles: profiles.filter(({ rows }) => rows.length > 0),
  };
}

const ORDER: readonly Verdict[] = ["failed", "passed", "skipped"];

export function count(rows: readonly Row[], verdict: Verdict): number {
  return rows.filter((row) => row.verdict === verdict).length;
}

function renderRow(row: Row, claimed: ReadonlySet<string> | null, width: number): string[] {
  const line = `  ${row.verdict.padEnd(8)} ${row.test.name.padEnd(width)}`;
  if (row.verdict === "skipped") {
    const missing = row.test.features.filter((name) => claimed !== null && !claimed.has(name));
    return [missing.length > 0 ? `${line}  needs ${missing.join(", ")}` : line.trimEnd()];
  }
  return [
    `${line} ${row.seconds.toFixed(1).padStart(7)} s`,
    ...row.failedParts.map((part) => `             ${part}`),
  ];
}

/**
 * The table as text. `claimed` are the features that the implementation says it has, to say what a
 * skipped test lacks; null where they are unknown. Tests that were not chosen are left out by
 * `isChosen`.
 */
export function renderTable(
  summary: Summary,
  claimed: ReadonlySet<string> | null,
  isChosen: (test: CatalogTest) => boolean,
): string {
  const lines: string[] = [];
  for (const { profile, rows: all } of summary.profiles) {
    const rows = all.filter(({ test }) => isChosen(test));
    if (rows.length === 0) continue;
    const width = Math.max(...rows.map(({ test }) => test.name.length));
    const tally = ["passed", "failed", "skipped"]
      .map((verdict) => `${count(rows, verdict as Verdict)} ${verdict}`).join(", ");
    lines.push(`${profile}: ${tally}`);
    for (const verdict of ORDER) {
      for (const row of rows.filter((row) => row.verdict === verdict)) {
        lines.push(...renderRow(row, claimed, width));
      }
    }
    lines.push("");
  }
  return lines.join("\n");
}
