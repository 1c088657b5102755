// The table of test suites: where each lives and the permissions that its tests are given.
// `needs` names what must be prepared before the suite runs.

import { LIBC_PATHS } from "../src/data/native/libc_paths.ts";

export interface Suite {
  readonly name: string;
  readonly path: string;
  readonly permissions: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  /** Several times what it takes on a busy machine: then it is ended, and the test that hangs named. */
  readonly limitMinutes?: number;
  /** Runs only when it is asked for: it needs more than the machine of every reader has. */
  readonly onlyByName?: true;
}

/** Integration tests start workers, servers on loopback and the launcher's child. */
const INTEGRATION_PERMISSIONS = [
  "--allow-read",
  "--allow-write",
  "--allow-net=127.0.0.1,[::1]",
  "--allow-env",
  "--allow-run",
];

/** The bpf tests compile C, make network namespaces and talk to the loader over a Unix socket. */
const BPF_PERMISSIONS = [
  "--allow-read",
  "--allow-write",
  "--allow-net",
  "--allow-env",
  "--allow-run",
  "--allow-sys=uid",
];

export const LIMIT_MINUTES = 20;

/**
 * Building a cluster, and working inside one, is done by programs that are started as root: Deno
 * itself touches nothing below /proc and /sys (tests/cluster/lab/kernel_files.ts).
 */
export const LAB_PERMISSIONS = [
  "--allow-read",
  "--allow-write",
  "--allow-env",
  "--allow-net",
  "--allow-run",
  "--allow-sys",
];

export const SUITES: readonly Suite[] = [
  { name: "structure", path: "tests/structure", permissions: ["--allow-read", "--allow-run"] },
  { name: "unit", path: "tests/unit", permissions: ["--allow-read", "--allow-env"] },
  { name: "golden", path: "tests/golden", permissions: ["--allow-read", "--allow-env"] },
  {
    name: "integration",
    path: "tests/integration",
    permissions: [...INTEGRATION_PERMISSIONS, `--allow-ffi=${LIBC_PATHS.join(",")}`],
  },
  // Without --allow-ffi the wire front has the runtime's sockets.
  {
    name: "integration-runtime",
    path: "tests/integration/exchange_test.ts",
    permissions: INTEGRATION_PERMISSIONS,
  },
  {
    name: "integration-serve",
    path: "tests/integration",
    permissions: INTEGRATION_PERMISSIONS,
    env: { RAUTA_TEST_FRONT: "serve" },
  },
  { name: "specification", path: "tests/specification", permissions: INTEGRATION_PERMISSIONS },
  { name: "oracle", path: "tests/oracle", permissions: INTEGRATION_PERMISSIONS },
  {
    name: "cluster",
    path: "tests/cluster",
    permissions: LAB_PERMISSIONS,
    onlyByName: true,
    // With cold caches the cluster's programs are built first.
    limitMinutes: 50,
  },
  { name: "bpf", path: "tests/bpf", permissions: BPF_PERMISSIONS },
  { name: "observer", path: "tests/observer", permissions: BPF_PERMISSIONS },
  // The same messages in every run; `deno task fuzz` tries others, for as long as it is told.
  {
    name: "fuzz",
    path: "tests/fuzz",
    permissions: ["--allow-read", "--allow-env"],
    env: { FUZZ_MESSAGES: "100000" },
  },
];
