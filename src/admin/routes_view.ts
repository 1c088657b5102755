// What /routes shows: the snapshot that is served, without anything secret, as plain JSON.
// Takes a Snapshot, gives a view; private keys and certificates never appear in it.

import type { HttpRule, Listener, Service, Snapshot, WeightedBackend } from "../ir/snapshot.ts";

export interface MatchView {
  readonly path: { readonly kind: "exact" | "prefix" | "regex"; readonly value: string };
  readonly method?: string;
  readonly headers: readonly {
    readonly kind: string;
    readonly name: string;
    readonly value: string;
  }[];
  readonly queries: readonly {
    readonly kind: string;
    readonly name: string;
    readonly value: string;
  }[];
}

export interface RuleView {
  readonly name: string;
  readonly matches: readonly MatchView[];
  /** The filters that the rule has, by their name in the snapshot. */
  readonly filters: readonly string[];
  readonly backends: readonly { readonly to: string; readonly weight: number }[];
}

export interface RouteView {
  readonly id: string;
  readonly hostnames: readonly string[];
  readonly rules: readonly RuleView[];
}

export interface ListenerView {
  readonly id: string;
  readonly protocol: string;
  readonly port: number;
  readonly addresses: readonly string[];
  readonly hostname: string;
  /** Why it does not accept; absent: it does. */
  readonly unbound?: string;
  readonly routes: readonly RouteView[];
}

export interface ServiceView {
  readonly key: string;
  readonly endpoints: readonly { readonly address: string; readonly ready: boolean }[];
}

export interface RoutesView {
  readonly listeners: readonly ListenerView[];
  readonly services: readonly ServiceView[];
}

function backendView(backend: WeightedBackend): { to: string; weight: number } {
  const { target, weight } = backend;
  return { to: target.kind === "service" ? target.service : `invalid: ${target.reason}`, weight };
}

function ruleView(rule: HttpRule): RuleView {
  return {
    name: rule.name,
    matches: rule.matches.map(({ path, method, headers, queries }) => ({
      path: { kind: path.kind, value: path.pattern },
      ...(method === undefined ? {} : { method }),
      headers,
      queries,
    })),
    filters: Object.keys(rule.filters),
    backends: rule.backends.map(backendView),
  };
}

function listenerView(listener: Listener, unbound: string | undefined): ListenerView {
  const { id, protocol, port, addresses, hostname } = listener;
  return {
    id,
    protocol,
    port,
    addresses,
    hostname,
    ...(unbound === undefined ? {} : { unbound }),
    routes: listener.routes.map(({ hostnames, route }) => ({
      id: route.id,
      hostnames,
      rules: route.rules.map(ruleView),
    })),
  };
}

function serviceView(service: Service): ServiceView {
  return {
    key: service.key,
    endpoints: service.endpoints.map(({ address, port, ready }) => ({
      address: address.includes(":") ? `[${address}]:${port}` : `${address}:${port}`,
      ready,
    })),
  };
}

/** `unbound`: listener id -> why it does not accept. */
export function routesView(
  snapshot: Snapshot,
  unbound: ReadonlyMap<string, string>,
): RoutesView {
  return {
    listeners: snapshot.listeners.map((item) => listenerView(item, unbound.get(item.id))),
    services: snapshot.services.map(serviceView),
  };
}
