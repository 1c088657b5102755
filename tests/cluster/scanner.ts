// A security scanner for manifests: checkov, from Python's package registry, in a folder of its own in
// the cache, at a pinned version. Takes rendered YAML, gives its findings. Asks nothing of anybody.

import { attempt, run } from "./lab/command.ts";
import { findProgram } from "./lab/requirements.ts";
import { cacheFolder } from "./lab/settings.ts";

const VERSION = "3.3.30";

export interface Finding {
  /** Such as CKV_K8S_11. */
  readonly check: string;
  readonly name: string;
  readonly resource: string;
}

interface Report {
  readonly results: {
    readonly failed_checks: readonly {
      readonly check_id: string;
      readonly check_name: string;
      readonly resource: string;
    }[];
  };
  readonly summary: { readonly passed: number; readonly parsing_errors: number };
}

/** The scanner's program, installed where it isn't yet; or why there is none. */
export async function installScanner(): Promise<{ path: string } | { missing: string }> {
  const folder = `${cacheFolder()}/checkov-${VERSION}`;
  const path = `${folder}/bin/checkov`;
  const stamp = `${folder}/installed`;
  if (await Deno.stat(stamp).then(() => true, () => false)) return { path };
  if (findProgram("python3") === null) return { missing: "needs the package python3" };
  await Deno.remove(folder, { recursive: true }).catch(() => {});
  const made = await attempt(["python3", "-m", "venv", folder]);
  if (made.code !== 0) return { missing: "needs the package python3-venv" };
  const installed = await attempt([
    `${folder}/bin/pip`,
    ...["install", "--quiet", "--retries=10", "--disable-pip-version-check", `checkov==${VERSION}`],
  ]);
  if (installed.code !== 0) return { missing: "checkov can't be installed" };
  await Deno.writeTextFile(stamp, "");
  return { path };
}

/** What the scanner finds in a file. @throws where it can't read the file, or looked at nothing. */
export async function scan(scanner: string, file: string): Promise<Finding[]> {
  const text = await run([
    scanner,
    // Findings are no failure of the scanner's.
    ...["--soft-fail", "--skip-download", "--quiet", "--compact", "--output=json"],
    ...["--framework=kubernetes", `--file=${file}`],
  ]);
  const report: Report = JSON.parse(text);
  if (report.summary.parsing_errors > 0 || report.summary.passed === 0) {
    throw new Error(`the scanner could not read ${file}: ${JSON.stringify(report.summary)}`);
  }
  return report.results.failed_checks.map(({ check_id, check_name, resource }) => ({
    check: check_id,
    name: check_name,
    resource,
  }));
}
