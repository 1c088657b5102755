// What the conformance suite holds: its tests, the features that each needs, and the profiles.
// Asked of the suite itself, so that it can't differ from what runs.

import { run } from "../cluster/lab/command.ts";

export interface CatalogTest {
  readonly name: string;
  readonly features: readonly string[];
  readonly provisional: boolean;
}

export interface Profile {
  readonly name: string;
  readonly core: readonly string[];
  readonly extended: readonly string[];
}

export interface Catalog {
  readonly tests: readonly CatalogTest[];
  readonly profiles: readonly Profile[];
  readonly meshFeatures: readonly string[];
}

/** Runs the suite's binary for its catalogue; needs no cluster. */
export async function readCatalog(binary: string): Promise<Catalog> {
  const path = await Deno.makeTempFile({ suffix: ".json" });
  try {
    await run([binary, "-test.run=^TestCatalog$"], { env: { CONFORMANCE_CATALOG: path } });
    return JSON.parse(await Deno.readTextFile(path)) as Catalog;
  } finally {
    await Deno.remove(path);
  }
}

/** A test belongs to a profile that has all the features which it needs: upstream's own rule. */
export function belongsTo(test: CatalogTest, profile: Profile): boolean {
  return test.features.every((name) =>
    profile.core.includes(name) || profile.extended.includes(name)
  );
}
