// The snapshot of a file or folder as a gateway would serve it, for commands that need no gateway.
// Takes a path; what is wrong with the objects is for `check` to say.

import { objectsOf, readAll, type Reading } from "../control/provider/file/read_all.ts";
import type { Problem } from "../control/problem.ts";
import { createTranslator } from "../control/translator/translator.ts";
import { inspectPair } from "../data/tls/inspect_pair.ts";
import { regexFault } from "../core/regex/compile.ts";
import { loadValidator } from "../gatewayapi/validation/bundled.ts";
import type { Snapshot } from "../ir/snapshot.ts";
import { absolute, unreadable, UsageError } from "./arguments.ts";
import type { CommandName } from "./commands.ts";

export interface Configuration {
  readonly snapshot: Snapshot;
  readonly problems: readonly Problem[];
}

/** @throws {UsageError} where the path, as it was typed, can't be read. */
export async function readConfiguration(
  command: CommandName,
  path: string,
): Promise<Configuration> {
  let reading: Reading;
  try {
    reading = await readAll([absolute(path)], await loadValidator());
  } catch (error) {
    throw new UsageError(command, `--config: ${unreadable(path, error)}`);
  }
  const { placed, problems } = reading;
  const gatewayClass = Deno.env.get("RAUTA_GATEWAY_CLASS") || undefined;
  const { snapshot } = createTranslator({
    ...(gatewayClass === undefined ? {} : { gatewayClass }),
    inspectPair,
    checkRegex: regexFault,
  }).translate(objectsOf(placed));
  return { snapshot, problems };
}

/** A line for people where a file of theirs has errors: what is answered leaves those objects out. */
export function warningOf({ problems }: Configuration, path: string): string | undefined {
  const errors = problems.filter(({ severity }) => severity === "error").length;
  if (errors === 0) return undefined;
  const what = errors === 1
    ? "1 error, and what it is in is"
    : `${errors} errors, and what they are in is`;
  return `${path} has ${what} left out: deno task check ${path}`;
}
