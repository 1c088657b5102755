// The environment variables of the observer: what it reads, and from when on it speaks up.
// Part of the table in variables.ts. Reads nothing itself.

import { decimal, integer, list, NotAllowed, parsePath, type Variable } from "./values.ts";

export const INTERFACES = list(
  "RAUTA_INTERFACE",
  (name) => /^[^\s/:]{1,15}$/.test(name),
  "names of interfaces, separated by commas",
  undefined,
  "Interfaces that the loader observes (RAUTA_MODE=observability).",
);
export const OBSERVER_SOCKET: Variable<string> = {
  name: "RAUTA_OBSERVER_SOCKET",
  fallback: undefined,
  meaning: "Unix socket of a loader; in ingress mode set: what it captures is shown as well.",
  parse: parsePath,
};
export const SLOW_FACTOR = decimal(
  "RAUTA_OBSERVER_SLOW_FACTOR",
  [1.1, 100],
  2,
  "A response is slow that takes longer than so many times the p99 of its service's baseline ...",
);
export const SLOW_FLOOR = integer(
  "RAUTA_OBSERVER_SLOW_FLOOR_MS",
  [0, 60_000],
  5,
  "... and longer than that p99 by at least so many milliseconds.",
);
export const BASELINE_SAMPLES = integer(
  "RAUTA_OBSERVER_BASELINE_SAMPLES",
  [20, 1_000_000],
  200,
  "Responses of a service, within ten minutes, before there is a baseline.",
);
export const ERROR_SHARE = decimal(
  "RAUTA_OBSERVER_ERROR_SHARE",
  [0.001, 1],
  0.05,
  "ErrorRate begins where the share of 5xx exceeds the usual one by this much ...",
);
export const ERROR_COUNT = integer(
  "RAUTA_OBSERVER_ERROR_COUNT",
  [1, 1_000_000],
  5,
  "... and there are at least so many of them in the window.",
);
export const WINDOW = integer(
  "RAUTA_OBSERVER_WINDOW_SECONDS",
  [2, 60],
  5,
  "The window of SlowResponse and ErrorRate, and the calm with traffic that ends an episode.",
);
export const PROBE_PATHS = list(
  "RAUTA_OBSERVER_PROBE_PATHS",
  (path) => path.startsWith("/"),
  "paths that begin with /, separated by commas",
  undefined,
  "Paths whose requests count as health probes, whatever their user agent.",
);
export const PROBE_AGENTS = list(
  "RAUTA_OBSERVER_PROBE_AGENTS",
  (agent) => /^[\x21-\x7e]{1,64}$/.test(agent),
  "beginnings of user agents without spaces, separated by commas, such as kube-probe/",
  "kube-probe/",
  "How the user agents of probers begin; their requests count as health probes.",
);
export const PROBE_TIMEOUT = integer(
  "RAUTA_OBSERVER_PROBE_TIMEOUT_MS",
  [10, 3_600_000],
  1_000,
  "A health probe that takes more milliseconds to be answered has failed.",
);
export const OTLP_ENDPOINT: Variable<string> = {
  name: "OTEL_EXPORTER_OTLP_ENDPOINT",
  fallback: undefined,
  meaning: "Read and checked, and said in the log: nothing is exported by OTLP yet.",
  parse: (text) => {
    const isUrl = URL.canParse(text) && /^https?:\/\/[^/]/.test(text);
    return isUrl ? text : new NotAllowed("a URL such as http://collector:4318");
  },
};

/** In the order of docs/configuration.md. */
export const OBSERVER_VARIABLES: readonly Variable<unknown>[] = [
  INTERFACES,
  OBSERVER_SOCKET,
  SLOW_FACTOR,
  SLOW_FLOOR,
  BASELINE_SAMPLES,
  ERROR_SHARE,
  ERROR_COUNT,
  WINDOW,
  PROBE_PATHS,
  PROBE_AGENTS,
  PROBE_TIMEOUT,
  OTLP_ENDPOINT,
];
