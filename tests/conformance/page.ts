// docs/conformance.md from the results of a run: counts by profile, each test with its verdict.
// Pure: takes results and what they were run with, gives Markdown.

import type { Catalog, CatalogTest, Profile } from "./catalog.ts";
import { count, type ProfileResult, type Row, type Summary } from "./table.ts";

export interface RunFacts {
  readonly gatewayApiVersion: string;
  readonly commit: string;
  /** YYYY-MM-DD. */
  readonly date: string;
  readonly command: string;
  readonly claimed: ReadonlySet<string>;
}

function isCore(test: CatalogTest, profile: Profile): boolean {
  return test.features.every((name) => profile.core.includes(name));
}

function tally(rows: readonly Row[]): string {
  return `${count(rows, "passed")} of ${rows.length - count(rows, "skipped")}`;
}

function countsOf({ profile: name, rows }: ProfileResult, profile: Profile): string {
  const core = rows.filter(({ test }) => isCore(test, profile));
  const extended = rows.filter(({ test }) => !isCore(test, profile));
  const skipped = count(rows, "skipped");
  return `| ${name} | ${tally(core)} | ${tally(extended)} | ${skipped} |`;
}

function testLine({ test, verdict, seconds }: Row, profile: Profile, facts: RunFacts): string {
  const kind = isCore(test, profile) ? "core" : "extended";
  const missing = test.features.filter((name) => !facts.claimed.has(name));
  const note = verdict === "skipped" ? `needs ${missing.join(", ")}` : `${seconds.toFixed(1)} s`;
  return `| ${test.name} | ${kind} | ${verdict} | ${note} |`;
}

/** Profiles of which no core test ran are left out. */
export function renderPage(summary: Summary, catalog: Catalog, facts: RunFacts): string {
  const shown = summary.profiles.flatMap((result) => {
    const profile = catalog.profiles.find(({ name }) => name === result.profile);
    if (profile === undefined) return [];
    const core = result.rows.filter(({ test }) => isCore(test, profile));
    return core.some(({ verdict }) => verdict !== "skipped") &&
        core.every(({ verdict }) => verdict !== "skipped")
      ? [{ result, profile }]
      : [];
  });
  return [
    "# Conformance",
    "",
    `Written by \`${facts.command}\` on ${facts.date}, commit ${facts.commit}, with the Gateway API's`,
    `own suite, unmodified, ${facts.gatewayApiVersion}, on the cluster of docs/testing.md`,
    "(RAUTA in pool mode). Passed of run; a test that needs a feature which RAUTA does not claim is",
    "skipped by the suite.",
    "",
    "| profile | core | extended | skipped |",
    "| --- | --- | --- | --- |",
    ...shown.map(({ result, profile }) => countsOf(result, profile)),
    ...shown.flatMap(({ result, profile }) => [
      "",
      `## ${result.profile}`,
      "",
      "| test | kind | verdict | |",
      "| --- | --- | --- | --- |",
      ...result.rows.map((row) => testLine(row, profile, facts)),
    ]),
    "",
  ].join("\n");
}
