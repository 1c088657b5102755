// How the proxy is started: its arguments, the permissions it is given and the environment it sees.
// The one place that names them; the launcher and the tests start it the same way.

import { LIBC_PATHS } from "../data/native/libc_paths.ts";

const ROOT = new URL("../../", import.meta.url);

function rootPath(path: string): string {
  return decodeURIComponent(new URL(path, ROOT).pathname);
}

/** Variables that reach the proxy: its own, and where a cluster is. */
const PASSED =
  /^(RAUTA_\w+|KUBECONFIG|KUBERNETES_SERVICE_(HOST|PORT)|OTEL_\w+|HOME|NO_COLOR|TERM)$/;

/** The C library would have an arena for every thread, each with free memory that others need. */
export const ALLOCATOR: Readonly<Record<string, string>> = { MALLOC_ARENA_MAX: "1" };

export function proxyEnvironment(env: Readonly<Record<string, string>>): Record<string, string> {
  const passed = Object.fromEntries(Object.entries(env).filter(([name]) => PASSED.test(name)));
  return { ...ALLOCATOR, ...passed };
}

/** Names that the proxy may read from its environment. */
const READABLE_VARIABLES = [
  "RAUTA_*",
  "KUBECONFIG",
  "KUBERNETES_SERVICE_HOST",
  "KUBERNETES_SERVICE_PORT",
  "OTEL_EXPORTER_OTLP_ENDPOINT",
  // The yaml package looks for these two when it is loaded.
  "LOG_TOKENS",
  "LOG_STREAM",
].join(",");

/** What is read besides: the compiled core, and the module that workers run. */
function readFlags(configured: readonly string[]): string[] {
  const paths = [...configured, rootPath("build"), rootPath("src")];
  return paths.map((path) => `--allow-read=${path.replaceAll(",", ",,")}`);
}

/** Connecting to a Unix socket needs both. */
function socketFlags(socketPath: string | undefined): string[] {
  if (socketPath === undefined) return [];
  const path = socketPath.replaceAll(",", ",,");
  return [`--allow-read=${path}`, `--allow-write=${path}`];
}

/** What keeps the process small: docs/decisions/057. */
const V8_FLAGS = [
  // The young generation would grow to 3 x 16 MB in every isolate.
  "--max-semi-space-size=1",
  // The heap would grow to several times what lives in it before it is collected: decisions/132.
  "--heap-growing-percent=40",
  // The memory of a worker that has ended would be kept for the others.
  "--no-memory-pool-share-memory-on-teardown",
  // For the one collection after the start: src/composition/collect_garbage.ts.
  "--expose-gc",
];

/** Arguments of Deno up to the program; no program may be run. */
function denoArguments(readable: readonly string[], socketPath: string | undefined): string[] {
  return [
    "run",
    "--quiet",
    "--no-prompt",
    // Bytecode of all that was ever called, mapped and held; docs/decisions/057.
    "--no-code-cache",
    `--v8-flags=${V8_FLAGS.join(",")}`,
    `--config=${rootPath("deno.json")}`,
    "--allow-net",
    // The wire front's sockets; docs/decisions/080.
    `--allow-ffi=${LIBC_PATHS.join(",")}`,
    ...readFlags(readable),
    ...socketFlags(socketPath),
    `--allow-env=${READABLE_VARIABLES}`,
    rootPath("src/main.ts"),
  ];
}

/**
 * Arguments of Deno for a proxy over the YAML at an absolute path. No program may be run, and no file
 * written but an observer's socket, where one is given.
 */
export function proxyArguments(configPath: string, socketPath?: string): string[] {
  return [...denoArguments([configPath], socketPath), "--config", configPath];
}

/** The same for a controller; `credentialFiles`: its kubeconfig, and the files that this names. */
export function controllerArguments(
  credentialFiles: readonly string[],
  socketPath?: string,
): string[] {
  return denoArguments(credentialFiles, socketPath);
}
