// The Snapshot: what the data plane needs to know, as frozen plain data.
// Made by control/translator, read by the table compiler, the routes view and the simulator.
// Knows nothing of Kubernetes and imports nothing. An object that did not change keeps its identity
// from one snapshot to the next, so that everything derived from it can be kept as well.

/** Everything that is served at one moment. Lists are in a canonical order (by id, by key). */
export interface Snapshot {
  readonly listeners: readonly Listener[];
  /** Every Service that some backend names, whether it has endpoints or not. */
  readonly services: readonly Service[];
}

export type ListenerProtocol = "HTTP" | "HTTPS" | "TLS" | "TCP" | "UDP";

/** One listener of one Gateway. Several share a port; the most specific hostname takes a request. */
export interface Listener {
  /** `namespace/gateway/listener`, or `namespace/ListenerSet/set/listener` for a ListenerSet's. */
  readonly id: string;
  readonly port: number;
  /** Addresses to bind; empty: the configured bind address. */
  readonly addresses: readonly string[];
  readonly protocol: ListenerProtocol;
  /** Lower case: `` (any host), `a.example.com` or `*.example.com`. */
  readonly hostname: string;
  readonly routes: readonly AttachedRoute[];
  /** Present on listeners that terminate or pass TLS. */
  readonly tls?: ListenerTls;
}

export interface ListenerTls {
  readonly mode: "Terminate" | "Passthrough";
  readonly certificates: readonly Certificate[];
}

/**
 * PEM texts; never logged. `id` names the Secret, `version` changes when its content does. `facts` are
 * absent where nobody could read the certificate.
 */
export interface Certificate {
  readonly id: string;
  readonly version: string;
  readonly certificatePem: string;
  readonly privateKeyPem: string;
  readonly facts?: CertificateFacts;
}

/** What handshakes and statuses need to know of a certificate. */
export interface CertificateFacts {
  /** DNS names in lower case, wildcards as `*.example.com`. */
  readonly names: readonly string[];
  readonly keyType: "ecdsa" | "rsa" | "ed25519";
  /** Milliseconds since the epoch. */
  readonly notBeforeMs: number;
  readonly notAfterMs: number;
}

/** A route on a listener, with the hostnames on which the two intersect. */
export interface AttachedRoute {
  /** Lower case; `` is any host. Never empty: a route that intersects nothing is not attached. */
  readonly hostnames: readonly string[];
  readonly route: HttpRoute;
}

export interface HttpRoute {
  /** `namespace/name`: the `route` label. */
  readonly id: string;
  /** creationTimestamp in ms since the epoch, 0 where unknown: the older route wins a tie. */
  readonly createdAtMs: number;
  readonly rules: readonly HttpRule[];
}

export interface HttpRule {
  /** The rule's `name` where it has one, else ``. */
  readonly name: string;
  /** Never empty: a rule without matches is given the default one, the prefix `/`. */
  readonly matches: readonly HttpMatch[];
  readonly filters: HttpFilters;
  /** Empty and without a redirect: the rule answers 500. */
  readonly backends: readonly WeightedBackend[];
  readonly timeouts: Timeouts;
  readonly retry?: Retry;
}

export interface HttpMatch {
  readonly path: PathMatch;
  /** Upper case as sent; undefined: every method. */
  readonly method?: string;
  /** At most one of each name (the first of the object counts), names in lower case. */
  readonly headers: readonly ValueMatch[];
  /** At most one of each name (the first of the object counts), names as written. */
  readonly queries: readonly ValueMatch[];
}

/** `value` is normalised; a prefix has no slash at its end, the prefix `/` being ``. */
export interface PathMatch {
  readonly kind: "exact" | "prefix" | "regex";
  readonly value: string;
  /** The path as the object states it: the `pattern` label. */
  readonly pattern: string;
}

export interface ValueMatch {
  readonly kind: "exact" | "regex";
  readonly name: string;
  readonly value: string;
}

/** Filters of a rule or of a backend; what is absent changes nothing. */
export interface HttpFilters {
  readonly requestHeaders?: HeaderEdits;
  readonly responseHeaders?: HeaderEdits;
  readonly redirect?: Redirect;
  readonly rewrite?: Rewrite;
  /** On rules only. */
  readonly cors?: Cors;
}

/** Which origins may read responses, and what preflights are told (HTTPCORSFilter). */
export interface Cors {
  readonly origins: readonly CorsOrigin[];
  readonly allowCredentials: boolean;
  /** `*` alone is every method, header or response field. */
  readonly allowMethods: readonly string[];
  readonly allowHeaders: readonly string[];
  readonly exposeHeaders: readonly string[];
  readonly maxAgeSeconds: number;
}

/** Lower case, without the scheme's own port. A wildcard stands for one or more host characters. */
export type CorsOrigin =
  | { readonly kind: "any" }
  | { readonly kind: "exact"; readonly origin: string }
  | { readonly kind: "wildcard"; readonly before: string; readonly after: string };

/** Applied in the order set, add, remove. Names keep the case in which they were written. */
export interface HeaderEdits {
  readonly set: readonly HeaderField[];
  readonly add: readonly HeaderField[];
  readonly remove: readonly string[];
}

export interface HeaderField {
  readonly name: string;
  readonly value: string;
}

/** `prefix` replaces the matched prefix element-wise, `full` the whole path; the query stays. */
export interface PathEdit {
  readonly kind: "full" | "prefix";
  readonly value: string;
}

export interface Redirect {
  readonly status: 301 | 302 | 303 | 307 | 308;
  readonly scheme?: "http" | "https";
  readonly hostname?: string;
  readonly port?: number;
  readonly path?: PathEdit;
}

export interface Rewrite {
  readonly hostname?: string;
  readonly path?: PathEdit;
}

/** Milliseconds; undefined: the configured default; 0: no limit. */
export interface Timeouts {
  readonly requestMs?: number;
  readonly backendRequestMs?: number;
}

/** When a request is sent again, to another endpoint where there is one. */
export interface Retry {
  /** Statuses from 400 to 599, ascending, each once. */
  readonly codes: readonly number[];
  /** At least 1: how often at most. */
  readonly attempts: number;
  /** Milliseconds before each; undefined: the configured default. */
  readonly backoffMs?: number;
}

/** A backendRef with its share of the rule's requests; the weight may be 0. */
export interface WeightedBackend {
  readonly weight: number;
  readonly target: BackendTarget;
  readonly filters: HttpFilters;
}

/** `invalid` (missing, of a wrong kind, not granted) takes its share of requests and answers 500. */
export type BackendTarget =
  | { readonly kind: "service"; readonly service: string }
  | { readonly kind: "invalid"; readonly reason: string };

/** A Service port with its endpoints: what a backend's `service` names by `key`. */
export interface Service {
  /** `namespace/name:port`. */
  readonly key: string;
  /** `namespace/name`: the `service` label. */
  readonly id: string;
  readonly port: number;
  readonly protocol: "http1" | "h2c" | "websocket";
  /** In canonical order (address, then port), without doubles. */
  readonly endpoints: readonly Endpoint[];
}

export interface Endpoint {
  /** IPv4 or IPv6 in its canonical text, without brackets. */
  readonly address: string;
  readonly port: number;
  /** May take new requests: ready, or serving where no endpoint of the Service is ready. */
  readonly ready: boolean;
  /** Leaving: takes nothing new, exchanges in flight finish. */
  readonly terminating: boolean;
  readonly nodeName?: string;
  readonly zone?: string;
}
