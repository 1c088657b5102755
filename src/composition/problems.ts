// Tells the log what is wrong with the configuration, each problem once while it lasts, and counts
// how often a configuration could not be taken as written.

import type { ApplyResult } from "../control/control.ts";
import type { Problem } from "../control/problem.ts";
import type { Logger } from "../logging/logging.ts";

function keyOf(problem: Problem): string {
  const { file, line, kind, name, field, message } = problem;
  return JSON.stringify([file, line, kind, name, field, message]);
}

/** `shop.yaml:12:7 HTTPRoute demo/shop spec.rules: what is wrong. What to write` */
export function describe(problem: Problem): string {
  const { file, line, column, kind, name, field, message, fix } = problem;
  const place = line > 0 ? `${file}:${line}:${column}` : file;
  const what = [place, kind, name, field].filter((part) => part !== "").join(" ");
  return `${what}: ${message}${fix === "" ? "" : `; to do: ${fix}`}`;
}

export class Problems {
  readonly #log: Logger;
  #known = new Set<string>();
  #unbound = "";
  #failures = 0;

  constructor(log: Logger) {
    this.#log = log;
  }

  /** Times that a configuration could not be taken as it was written. */
  get failures(): number {
    return this.#failures;
  }

  /** The whole list of the moment. */
  found(problems: readonly Problem[]): void {
    const fresh = problems.filter((problem) => !this.#known.has(keyOf(problem)));
    if (fresh.some((problem) => problem.severity === "error")) this.#failures++;
    for (const problem of fresh) {
      const { severity, ...fields } = problem;
      const values = { ...fields, problem: describe(problem) };
      if (severity === "error") this.#log.error("{problem}", values);
      else this.#log.warn("{problem}", values);
    }
    if (problems.length === 0 && this.#known.size > 0) this.#log.info("every problem is solved");
    this.#known = new Set(problems.map(keyOf));
  }

  /** What became of a snapshot. */
  applied(result: ApplyResult): void {
    if (result.kind === "refused") {
      this.#failures++;
      return;
    }
    const unbound = [...result.unbound ?? []];
    const key = JSON.stringify(unbound);
    if (key === this.#unbound) return;
    this.#unbound = key;
    if (unbound.length > 0) this.#failures++;
    for (const [listener, reason] of unbound) {
      this.#log.error("listener {listener} does not accept: {reason}", { listener, reason });
    }
  }
}
