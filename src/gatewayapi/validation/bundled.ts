// The validator for the CRDs that RAUTA ships (Gateway API, experimental channel, which holds all of
// the standard one). Reads them as a module: no permission is needed, in Deno or in a browser.

import type { StoredKinds } from "./schema.ts";
import type { Validator } from "./validator.ts";

let loading: Promise<Validator> | undefined;

async function load(): Promise<Validator> {
  // Engine and table take 11 MiB: whoever never validates never has them.
  const [{ createValidator }, table] = await Promise.all([
    import("./validator.ts"),
    import("../crds/experimental.json", { with: { type: "json" } }),
  ]);
  return createValidator(table.default as unknown as StoredKinds);
}

/** One validator a process, made when it is first asked for. */
export function loadValidator(): Promise<Validator> {
  loading ??= load();
  return loading;
}
