// How the proxy is started: its arguments, the permissions it is given and the environment it sees.
// The one place that names them; the launcher and the tests start it the same way.

const ROOT = new URL("../../", import.meta.url);

function rootPath(path: string): string {
  return decodeURIComponent(new URL(path, ROOT).pathname);
}

/** Variables that reach the proxy: its own, and where a cluster is. */
const PASSED =
  /^(RAUTA_\w+|KUBECONFIG|KUBERNETES_SERVICE_(HOST|PORT)|OTEL_\w+|HOME|NO_COLOR|TERM)$/;

export function proxyEnvironment(env: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(Object.entries(env).filter(([name]) => PASSED.test(name)));
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

/** What is read: the configuration, the compiled core, and the module that workers run. */
function readFlags(configPath: string): string[] {
  const paths = [configPath, rootPath("build"), rootPath("src")];
  return paths.map((path) => `--allow-read=${path.replaceAll(",", ",,")}`);
}

/** Connecting to a Unix socket needs both. */
function socketFlags(socketPath: string | undefined): string[] {
  if (socketPath === undefined) return [];
  const path = socketPath.replaceAll(",", ",,");
  return [`--allow-read=${path}`, `--allow-write=${path}`];
}

/**
 * Arguments of Deno for a proxy over the YAML at an absolute path. No program may be run, and no file
 * written but an observer's socket, where one is given.
 */
export function proxyArguments(configPath: string, socketPath?: string): string[] {
  return [
    "run",
    "--quiet",
    "--no-prompt",
    // V8 lets the young generation grow to 3 x 16 MB in every isolate; docs/decisions/006.
    "--v8-flags=--max-semi-space-size=2",
    `--config=${rootPath("deno.json")}`,
    "--allow-net",
    ...readFlags(configPath),
    ...socketFlags(socketPath),
    `--allow-env=${READABLE_VARIABLES}`,
    rootPath("src/main.ts"),
    "--config",
    configPath,
  ];
}
