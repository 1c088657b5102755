// A problem: what is wrong with the objects a provider read, where, and what to write instead.
// Plain data, shown in the log, in /status and by `check`.

export type Severity = "error" | "warning";

export interface Problem {
  /** An error keeps something from being served; a warning is served or was never meant for us. */
  readonly severity: Severity;
  /** Path of the file, or a name for the source where there is none. */
  readonly file: string;
  /** From 1; 0 where no place can be named. */
  readonly line: number;
  /** From 1; 0 where no place can be named. */
  readonly column: number;
  /** `` where the document names none. */
  readonly kind: string;
  /** `namespace/name`, or ``. */
  readonly name: string;
  /** Path of the field, e.g. `spec.rules[0].matches[1].path.value`; `` for the whole. */
  readonly field: string;
  readonly message: string;
  /** What to write instead; `` where nothing better than the message can be said. */
  readonly fix: string;
}
