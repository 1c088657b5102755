// The environment variables of RAUTA, one table: name, default, meaning and what is allowed.
// docs/configuration.md is compared with this table by a test. Reads nothing itself.

import { type AddressRange, parseAddressPool } from "../control/address/ranges.ts";
import { choice, integer, NotAllowed, parsePath, seconds, type Variable } from "./values.ts";
import { parseTrustedProxies, type TrustedProxies } from "../data/trusted_proxies.ts";
import { OBSERVER_VARIABLES } from "./observer_variables.ts";

export { NotAllowed, type Variable } from "./values.ts";

export interface SocketAddress {
  /** Without brackets. */
  readonly address: string;
  readonly port: number;
}

function isIpv4(text: string): boolean {
  const parts = text.split(".");
  return parts.length === 4 &&
    parts.every((part) => /^(0|[1-9]\d{0,2})$/.test(part) && Number(part) <= 255);
}

function isIpv6(text: string): boolean {
  return text.includes(":") && /^[0-9a-fA-F:.]+$/.test(text) && URL.canParse(`http://[${text}]/`);
}

function parseIpAddress(text: string): string | NotAllowed {
  return isIpv4(text) || isIpv6(text)
    ? text
    : new NotAllowed("an IPv4 or IPv6 address, such as 127.0.0.1, 0.0.0.0 or ::");
}

function parseSocketAddress(text: string): SocketAddress | NotAllowed {
  const match = /^(?:\[([^\]]+)\]|([^:]+)):(\d{1,5})$/.exec(text);
  const address = match?.[1] ?? match?.[2] ?? "";
  const port = Number(match?.[3] ?? NaN);
  const isAddress = match?.[1] === undefined ? isIpv4(address) : isIpv6(address);
  if (isAddress && port <= 65_535) return { address, port };
  return new NotAllowed("an address and a port, such as 127.0.0.1:9090 or [::1]:9090");
}

function parseClassName(text: string): string | NotAllowed {
  return /^[a-z0-9]([-a-z0-9.]{0,251}[a-z0-9])?$/.test(text)
    ? text
    : new NotAllowed("the name of a GatewayClass: lower-case letters, digits, - and .");
}

function parseObjectName(text: string): string | NotAllowed {
  return parseClassName(text) === text
    ? text
    : new NotAllowed("a name: lower-case letters, digits, - and .");
}

export const MODE = choice(
  "RAUTA_MODE",
  ["ingress", "observability", "mesh"],
  "ingress",
  "What this process does.",
);
export const GATEWAY_CLASS: Variable<string> = {
  name: "RAUTA_GATEWAY_CLASS",
  fallback: undefined,
  meaning: "The one GatewayClass to serve; unset: every class whose controllerName is ours.",
  parse: parseClassName,
};
export const LOG_LEVEL = choice(
  "RAUTA_LOG_LEVEL",
  ["debug", "info", "warning", "error"],
  "info",
  "The least severe log records that are written.",
);
export const CONFIG: Variable<string> = {
  name: "RAUTA_CONFIG",
  fallback: undefined,
  meaning: "File or folder of YAML to serve (standalone); `--config PATH` comes before it.",
  parse: parsePath,
};
export const BIND_ADDRESS: Variable<string> = {
  name: "RAUTA_BIND_ADDRESS",
  fallback: "127.0.0.1",
  meaning: "Where listeners accept, unless their Gateway states addresses.",
  parse: parseIpAddress,
};
export const ADDRESS_MODE = choice(
  "RAUTA_ADDRESS_MODE",
  ["host", "pool"],
  "host",
  "In a cluster: Gateways share the hosts' addresses, or each has addresses of its own (`pool`).",
);
export const ADDRESS_POOL: Variable<readonly AddressRange[]> = {
  name: "RAUTA_ADDRESS_POOL",
  fallback: undefined,
  meaning:
    "The addresses that Gateways are given in pool mode; the network has to bring them here.",
  parse: (text) =>
    parseAddressPool(text) ??
      new NotAllowed("IPv4 addresses and networks, such as 10.0.0.5,10.0.1.0/24"),
};
export const POD_NAME: Variable<string> = {
  name: "RAUTA_POD_NAME",
  fallback: undefined,
  meaning: "In a cluster: this pod's name (downward API), shown as the holder of the Lease.",
  parse: parseObjectName,
};
export const POD_NAMESPACE: Variable<string> = {
  name: "RAUTA_POD_NAMESPACE",
  fallback: undefined,
  meaning: "In a cluster: this pod's namespace (downward API), where the Lease is.",
  parse: parseObjectName,
};
export const POD_SELECTOR: Variable<string> = {
  name: "RAUTA_POD_SELECTOR",
  fallback: undefined,
  meaning:
    "Labels of RAUTA's pods: in host mode Gateways get the host addresses of the Ready ones.",
  parse: (text) =>
    /^[\w./-]+=[\w.-]+(,[\w./-]+=[\w.-]+)*$/.test(text)
      ? text
      : new NotAllowed("labels such as app.kubernetes.io/name=rauta"),
};
export const ADMIN_ADDRESS: Variable<SocketAddress> = {
  name: "RAUTA_ADMIN_ADDRESS",
  fallback: "127.0.0.1:9090",
  meaning: "Where the admin server accepts: bound first and exclusively.",
  parse: parseSocketAddress,
};
export const WORKERS = integer(
  "RAUTA_WORKERS",
  [1, 64],
  undefined,
  "Data-plane workers; unset: one for each core.",
);
export const FRONT = choice(
  "RAUTA_FRONT",
  ["wire", "serve"],
  "wire",
  "How connections are read: by the core (`wire`) or by the runtime's HTTP server (`serve`).",
);
export const SOCKETS = choice(
  "RAUTA_SOCKETS",
  ["kernel", "runtime"],
  "kernel",
  "TCP of the `wire` front: by the kernel's calls, where --allow-ffi lets them be used, or the runtime's.",
);
export const ACCESS_LOG = choice(
  "RAUTA_ACCESS_LOG",
  ["off", "json", "text"],
  undefined,
  "A line for each request on standard output; unset: text on a terminal, else off.",
);
export const TRUSTED_PROXIES: Variable<TrustedProxies> = {
  name: "RAUTA_TRUSTED_PROXIES",
  fallback: "0",
  meaning:
    "Proxies in front whose X-Forwarded-* fields count: how many, or their networks, separated by commas.",
  parse: (text) =>
    parseTrustedProxies(text) ??
      new NotAllowed("a number from 0 to 32, or networks such as 10.0.0.0/8,fd00::/8"),
};
export const DRAIN_DELAY = seconds(
  "RAUTA_DRAIN_DELAY_SECONDS",
  [0, 3600],
  0,
  "After the first signal: how long to serve on, not ready, before draining.",
);
export const DRAIN = seconds(
  "RAUTA_DRAIN_SECONDS",
  [0, 3600],
  30,
  "How long exchanges in flight may take to finish before they are cut off.",
);
export const CONNECT_TIMEOUT = seconds(
  "RAUTA_CONNECT_TIMEOUT_SECONDS",
  [0.001, 3600],
  5,
  "Opening a connection to an endpoint; later: 504.",
);
export const RESPONSE_TIMEOUT = seconds(
  "RAUTA_RESPONSE_TIMEOUT_SECONDS",
  [0, 86_400],
  60,
  "From the request sent to the head of the response; later: 504. 0: no limit.",
);
export const REQUEST_TIMEOUT = seconds(
  "RAUTA_REQUEST_TIMEOUT_SECONDS",
  [0, 86_400],
  0,
  "The whole exchange, where the route states no timeout. 0: no limit.",
);
export const HEAD_TIMEOUT = seconds(
  "RAUTA_HEAD_TIMEOUT_SECONDS",
  [0, 3600],
  10,
  "From a request's first byte, or the accept, to the end of its head; later: 408. 0: no limit.",
);
export const IDLE_TIMEOUT = seconds(
  "RAUTA_IDLE_TIMEOUT_SECONDS",
  [0, 86_400],
  75,
  "A client's connection between two requests; then it is closed. 0: no limit.",
);
export const BODY_TIMEOUT = seconds(
  "RAUTA_BODY_TIMEOUT_SECONDS",
  [0, 86_400],
  60,
  "A body of which nothing moves: 408 where the client is late, else cut off. 0: no limit.",
);
export const TUNNEL_TIMEOUT = seconds(
  "RAUTA_TUNNEL_TIMEOUT_SECONDS",
  [0, 86_400],
  3_600,
  "A tunnel (WebSocket) in which nothing moves; then it is closed. 0: no limit.",
);
export const UPSTREAM_IDLE_TIMEOUT = seconds(
  "RAUTA_UPSTREAM_IDLE_TIMEOUT_SECONDS",
  [0.1, 86_400],
  30,
  "An endpoint's connection between two requests; then it is closed.",
);
export const EJECTION = seconds(
  "RAUTA_EJECTION_SECONDS",
  [0, 3_600],
  10,
  "An endpoint that can't be connected to is passed over; longer where it goes on failing. 0: never.",
);
export const MAX_TARGET = integer(
  "RAUTA_MAX_TARGET_BYTES",
  [1_024, 65_536],
  16_384,
  "Longest request target, in bytes; more: 414.",
);
export const MAX_HEAD = integer(
  "RAUTA_MAX_HEAD_BYTES",
  [4_096, 262_144],
  65_536,
  "Largest head of a request, in bytes; more: 431.",
);
export const MAX_FIELDS = integer(
  "RAUTA_MAX_HEAD_FIELDS",
  [16, 1_000],
  100,
  "Most fields in the head of a request; more: 431.",
);

export const MAX_BODY = integer(
  "RAUTA_MAX_BODY_BYTES",
  [0, 1_099_511_627_776],
  0,
  "Largest body of a request, in bytes; more: 413. 0: any size.",
);
export const MAX_EXTENSION = integer(
  "RAUTA_MAX_CHUNK_EXTENSION_BYTES",
  [0, 65_536],
  16_384,
  "Chunk extensions of one body together, in bytes; more: 400.",
);
export const MAX_TRAILER = integer(
  "RAUTA_MAX_TRAILER_BYTES",
  [1_024, 16_384],
  8_192,
  "Trailer section of a body, in bytes; more: 431.",
);
export const MAX_TRAILER_FIELDS = integer(
  "RAUTA_MAX_TRAILER_FIELDS",
  [1, 128],
  32,
  "Most fields in a trailer section; more: 431.",
);
export const MAX_CONNECTIONS = integer(
  "RAUTA_MAX_CONNECTIONS",
  [1, 1_000_000],
  16_384,
  "Open connections of clients in the whole process; further ones are closed at once.",
);
export const MAX_UPSTREAM_CONNECTIONS = integer(
  "RAUTA_MAX_UPSTREAM_CONNECTIONS",
  [1, 1_000_000],
  4_096,
  "Open connections to endpoints in the whole process; further requests wait for one.",
);
export const MAX_WAITING = integer(
  "RAUTA_MAX_WAITING_REQUESTS",
  [0, 1_000_000],
  1_024,
  "Requests that wait for a connection to an endpoint, in the whole process; more: 503.",
);
export const MAX_UPSTREAM_IDLE = integer(
  "RAUTA_MAX_UPSTREAM_IDLE_CONNECTIONS",
  [0, 65_536],
  512,
  "Idle connections that a worker keeps to one endpoint.",
);
export const MAX_RETRY_BYTES = integer(
  "RAUTA_MAX_RETRY_BYTES",
  [0, 1_073_741_824],
  16_777_216,
  "Bytes of requests kept for a retry, in the whole process; more: no retry.",
);

/** Every variable, in the order of docs/configuration.md. */
export const VARIABLES: readonly Variable<unknown>[] = [
  MODE,
  GATEWAY_CLASS,
  LOG_LEVEL,
  CONFIG,
  BIND_ADDRESS,
  ADDRESS_MODE,
  ADDRESS_POOL,
  POD_NAME,
  POD_NAMESPACE,
  POD_SELECTOR,
  ADMIN_ADDRESS,
  WORKERS,
  FRONT,
  SOCKETS,
  ACCESS_LOG,
  TRUSTED_PROXIES,
  DRAIN_DELAY,
  DRAIN,
  CONNECT_TIMEOUT,
  RESPONSE_TIMEOUT,
  REQUEST_TIMEOUT,
  HEAD_TIMEOUT,
  IDLE_TIMEOUT,
  BODY_TIMEOUT,
  TUNNEL_TIMEOUT,
  UPSTREAM_IDLE_TIMEOUT,
  EJECTION,
  MAX_TARGET,
  MAX_HEAD,
  MAX_FIELDS,
  MAX_BODY,
  MAX_EXTENSION,
  MAX_TRAILER,
  MAX_TRAILER_FIELDS,
  MAX_CONNECTIONS,
  MAX_UPSTREAM_CONNECTIONS,
  MAX_WAITING,
  MAX_UPSTREAM_IDLE,
  MAX_RETRY_BYTES,
  ...OBSERVER_VARIABLES,
];
