// The table of test suites: where each lives and the permissions that its tests are given.
// `needs` names what must be prepared before the suite runs.

export interface Suite {
  readonly name: string;
  readonly path: string;
  readonly permissions: readonly string[];
}

export const SUITES: readonly Suite[] = [
  { name: "structure", path: "tests/structure", permissions: ["--allow-read", "--allow-run"] },
  { name: "unit", path: "tests/unit", permissions: ["--allow-read", "--allow-env"] },
];
