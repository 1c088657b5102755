// The validator for the CRDs that RAUTA ships (Gateway API, experimental channel, which holds all of
// the standard one). Reads them as a module: no permission is needed, in Deno or in a browser.

import type { StoredKinds } from "./schema.ts";
import { createValidator, type Validator } from "./validator.ts";

let loading: Promise<Validator> | undefined;

/** One validator a process; the table is read when it is first asked for. */
export function loadValidator(): Promise<Validator> {
  loading ??= import("../crds/experimental.json", { with: { type: "json" } })
    .then((module) => createValidator(module.default as unknown as StoredKinds));
  return loading;
}
