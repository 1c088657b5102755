// Reads what `go test -v` prints into results by test. Takes the text as it comes, in any pieces;
// knows nothing of the Gateway API, and never guesses: a test that began and has no verdict failed.

export type Verdict = "passed" | "failed" | "skipped";

export interface TestResult {
  /** Go's full name, parts joined by '/'. */
  readonly name: string;
  readonly verdict: Verdict;
  /** As go test prints it; 0 where it printed none. */
  readonly seconds: number;
  /** False where the test began and its end is missing: a crash, or a time limit. */
  readonly finished: boolean;
}

const VERDICTS: Readonly<Record<string, Verdict>> = {
  PASS: "passed",
  FAIL: "failed",
  SKIP: "skipped",
};

/** Collects results line by line, in the order in which tests began. */
export class RawOutputReader {
  readonly #results = new Map<string, TestResult>();
  #rest = "";

  /** Takes more text; returns the results that it completed. */
  read(text: string): TestResult[] {
    const lines = (this.#rest + text).split("\n");
    this.#rest = lines.pop() ?? "";
    return lines.map((line) => this.#readLine(line)).filter((result) => result !== null);
  }

  #readLine(line: string): TestResult | null {
    const began = /^=== RUN\s+(\S+)$/.exec(line);
    if (began) {
      const [, name] = began;
      if (!this.#results.has(name)) {
        this.#results.set(name, { name, verdict: "failed", seconds: 0, finished: false });
      }
      return null;
    }
    const ended = /^\s*--- (PASS|FAIL|SKIP): (\S+) \(([\d.]+)s\)$/.exec(line);
    if (!ended) return null;
    const [, verdict, name, seconds] = ended;
    const result = {
      name,
      verdict: VERDICTS[verdict],
      seconds: Number(seconds),
      finished: true,
    };
    this.#results.set(name, result);
    return result;
  }

  /** All results so far. */
  results(): TestResult[] {
    return [...this.#results.values()];
  }
}
