// Reads arguments and environment once, into one frozen Config or the list of all that is wrong.
// Every problem names the variable, its value and what is allowed. Reads no file, decides nothing
// else: what a setting does is its reader's business.

import type { AddressRange } from "./control/address/ranges.ts";
import type {
  AccessLogFormat,
  FrontKind,
  Limits,
  SocketsKind,
  TimeoutsMs,
} from "./data/settings.ts";
import type { TrustedProxies } from "./data/trusted_proxies.ts";
import { UNTIL_STDIN_ENDS } from "./config/arguments.ts";
import * as variables from "./config/variables.ts";
import type { SocketAddress, Variable } from "./config/variables.ts";
import type { ObserverSettings } from "./observe/services/settings.ts";
import * as observerVariables from "./config/observer_variables.ts";

export type Mode = "ingress" | "observability" | "mesh";
export type LogLevel = "debug" | "info" | "warning" | "error";

/** Where objects come from. */
export type ObjectSource =
  | { readonly kind: "files"; readonly path: string }
  | { readonly kind: "in-cluster" }
  | { readonly kind: "kubeconfig"; readonly path: string }
  /** The observer can do without: services are then named by address and port. */
  | { readonly kind: "none" };

export interface Config {
  readonly mode: Mode;
  readonly source: ObjectSource;
  readonly gatewayClass: string | undefined;
  readonly logLevel: LogLevel;
  readonly bindAddress: string;
  /** What Gateways may be given in pool mode; undefined: host mode. */
  readonly addressPool: readonly AddressRange[] | undefined;
  /** What the downward API tells of this pod. */
  readonly pod: {
    readonly name: string | undefined;
    readonly namespace: string | undefined;
    readonly labelSelector: string | undefined;
  };
  readonly admin: SocketAddress;
  readonly workers: number;
  readonly front: FrontKind;
  readonly sockets: SocketsKind;
  readonly accessLog: AccessLogFormat;
  readonly trustedProxies: TrustedProxies;
  readonly drainDelayMs: number;
  readonly drainMs: number;
  readonly timeouts: TimeoutsMs;
  readonly limits: Limits;
  /** The loader's Unix socket; undefined: nothing is observed. */
  readonly observerSocket: string | undefined;
  readonly observer: ObserverSettings;
  readonly otlpEndpoint: string | undefined;
}

export type ConfigResult =
  | { readonly kind: "ok"; readonly config: Config }
  | { readonly kind: "invalid"; readonly problems: readonly string[] };

export interface ConfigInput {
  readonly args: readonly string[];
  readonly env: (name: string) => string | undefined;
  /** How many cores there are. */
  readonly cores: number;
  /** Standard output is a terminal. */
  readonly isTerminal: boolean;
}

const NO_SOURCE =
  "there is nothing to serve: give --config PATH or RAUTA_CONFIG (YAML files), run " +
  "in a cluster, or set KUBECONFIG";

const NO_SOCKET =
  "there is nothing to observe: set RAUTA_OBSERVER_SOCKET to the loader's socket, " +
  "or RAUTA_INTERFACE and start with `deno task run` as root";

/** The observer's, so that it and a proxy fit on one machine. */
const OBSERVER_ADMIN: SocketAddress = { address: "127.0.0.1", port: 9091 };

export function readConfig(input: ConfigInput): ConfigResult {
  const problems: string[] = [];

  function read<T>(variable: Variable<T>): T | undefined {
    const given = input.env(variable.name);
    const text = given === undefined || given === "" ? variable.fallback : given;
    if (text === undefined) return undefined;
    const value = variable.parse(text);
    if (!(value instanceof variables.NotAllowed)) return value;
    problems.push(`${variable.name}=${JSON.stringify(text)}: allowed is ${value.allowed}`);
    return undefined;
  }

  /** For variables with a fallback: undefined only once a problem is noted. */
  function required<T>(variable: Variable<T>): T {
    return read(variable) as T;
  }

  const mode = required(variables.MODE);
  const isObserver = mode === "observability";
  const config: Config = {
    mode,
    source: readSource(input, read(variables.CONFIG), problems, isObserver),
    gatewayClass: read(variables.GATEWAY_CLASS),
    logLevel: required(variables.LOG_LEVEL),
    bindAddress: required(variables.BIND_ADDRESS),
    addressPool: readPool(read(variables.ADDRESS_MODE), read(variables.ADDRESS_POOL), problems),
    pod: Object.freeze({
      name: read(variables.POD_NAME),
      namespace: read(variables.POD_NAMESPACE),
      labelSelector: read(variables.POD_SELECTOR),
    }),
    admin: isObserver && !input.env(variables.ADMIN_ADDRESS.name)
      ? OBSERVER_ADMIN
      : required(variables.ADMIN_ADDRESS),
    workers: read(variables.WORKERS) ?? Math.min(64, Math.max(1, input.cores)),
    front: required(variables.FRONT),
    sockets: required(variables.SOCKETS),
    trustedProxies: required(variables.TRUSTED_PROXIES),
    accessLog: read(variables.ACCESS_LOG) ?? (input.isTerminal ? "text" : "off"),
    drainDelayMs: required(variables.DRAIN_DELAY),
    drainMs: required(variables.DRAIN),
    timeouts: Object.freeze({
      connectMs: required(variables.CONNECT_TIMEOUT),
      responseMs: required(variables.RESPONSE_TIMEOUT),
      requestMs: required(variables.REQUEST_TIMEOUT),
      headMs: required(variables.HEAD_TIMEOUT),
      idleMs: required(variables.IDLE_TIMEOUT),
      bodyMs: required(variables.BODY_TIMEOUT),
      tunnelMs: required(variables.TUNNEL_TIMEOUT),
      upstreamIdleMs: required(variables.UPSTREAM_IDLE_TIMEOUT),
      ejectionMs: required(variables.EJECTION),
    }),
    limits: Object.freeze({
      targetBytes: required(variables.MAX_TARGET),
      headBytes: required(variables.MAX_HEAD),
      fieldCount: required(variables.MAX_FIELDS),
      bodyBytes: required(variables.MAX_BODY),
      chunkExtensionBytes: required(variables.MAX_EXTENSION),
      trailerBytes: required(variables.MAX_TRAILER),
      trailerFields: required(variables.MAX_TRAILER_FIELDS),
      connections: required(variables.MAX_CONNECTIONS),
      upstreamConnections: required(variables.MAX_UPSTREAM_CONNECTIONS),
      waitingRequests: required(variables.MAX_WAITING),
      idleConnectionsPerEndpoint: required(variables.MAX_UPSTREAM_IDLE),
      retryBytes: required(variables.MAX_RETRY_BYTES),
    }),
    observerSocket: read(observerVariables.OBSERVER_SOCKET),
    observer: Object.freeze({
      slowFactor: required(observerVariables.SLOW_FACTOR),
      slowFloorMs: required(observerVariables.SLOW_FLOOR),
      baselineSamples: required(observerVariables.BASELINE_SAMPLES),
      errorShare: required(observerVariables.ERROR_SHARE),
      errorCount: required(observerVariables.ERROR_COUNT),
      windowSeconds: required(observerVariables.WINDOW),
      probePaths: read(observerVariables.PROBE_PATHS) ?? [],
      probeAgents: required(observerVariables.PROBE_AGENTS),
      probeTimeoutMs: required(observerVariables.PROBE_TIMEOUT),
    }),
    otlpEndpoint: read(observerVariables.OTLP_ENDPOINT),
  };
  // Read for its problems alone: it is the launcher's.
  read(observerVariables.INTERFACES);
  if (isObserver && config.observerSocket === undefined) problems.push(NO_SOCKET);
  if (problems.length > 0) return { kind: "invalid", problems };
  return { kind: "ok", config: Object.freeze(config) };
}

function readPool(
  mode: "host" | "pool" | undefined,
  pool: readonly AddressRange[] | undefined,
  problems: string[],
): readonly AddressRange[] | undefined {
  if (mode !== "pool") return undefined;
  const isNamed = problems.some((problem) => problem.startsWith(variables.ADDRESS_POOL.name));
  if (pool === undefined && !isNamed) {
    problems.push("RAUTA_ADDRESS_MODE=pool: set RAUTA_ADDRESS_POOL to the addresses to give out");
  }
  return pool;
}

function readSource(
  input: ConfigInput,
  configured: string | undefined,
  problems: string[],
  isObserver: boolean,
): ObjectSource {
  const path = readArguments(input.args, problems) ?? configured;
  if (path !== undefined) return { kind: "files", path };
  if (input.env("KUBERNETES_SERVICE_HOST")) return { kind: "in-cluster" };
  const kubeconfig = input.env("KUBECONFIG");
  if (kubeconfig) return { kind: "kubeconfig", path: kubeconfig };
  if (isObserver) return { kind: "none" };
  if (problems.length === 0) problems.push(NO_SOURCE);
  return { kind: "in-cluster" };
}

/** The value of `--config`; anything else among the arguments is a problem. */
function readArguments(args: readonly string[], problems: string[]): string | undefined {
  let path: string | undefined;
  for (let index = 0; index < args.length; index++) {
    const arg = args[index];
    if (arg.startsWith("--config=")) path = arg.slice("--config=".length);
    else if (arg === "--config") path = args[++index] ?? "";
    else if (arg === UNTIL_STDIN_ENDS) continue;
    else problems.push(`argument ${JSON.stringify(arg)}: allowed are --config PATH and --help`);
    if (path === "") problems.push("--config: allowed is the path of a file or a folder");
  }
  return path;
}
