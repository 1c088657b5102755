// The snapshot of a file or folder as a gateway would serve it, for commands that need no gateway.
// Takes a path; what is wrong with the objects is for `check` to say.

import { objectsOf, readAll } from "../control/provider/file/read_all.ts";
import type { Problem } from "../control/problem.ts";
import { createTranslator } from "../control/translator/translator.ts";
import { compileRegex } from "../core/regex/compile.ts";
import { loadValidator } from "../gatewayapi/validation/bundled.ts";
import type { Snapshot } from "../ir/snapshot.ts";

export interface Configuration {
  readonly snapshot: Snapshot;
  readonly problems: readonly Problem[];
}

/** Rejects where the path can't be read. */
export async function readConfiguration(path: string): Promise<Configuration> {
  const { placed, problems } = await readAll(path, await loadValidator());
  const gatewayClass = Deno.env.get("RAUTA_GATEWAY_CLASS") || undefined;
  const { snapshot } = createTranslator({
    ...(gatewayClass === undefined ? {} : { gatewayClass }),
    checkRegex: (pattern) => {
      const compiled = compileRegex(pattern);
      return compiled.ok ? undefined : compiled.message;
    },
  }).translate(objectsOf(placed));
  return { snapshot, problems };
}
