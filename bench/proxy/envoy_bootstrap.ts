// Envoy's static configuration, as far as every comparison with it is alike: one listener on
// loopback, one cluster, no request ids, X-Forwarded-For added. Takes what is special, gives JSON.

type Settings = Readonly<Record<string, unknown>>;

export interface EnvoySettings {
  readonly port: number;
  /** Ports of the backends on loopback. */
  readonly backends: readonly number[];
  /** The Host that is served; `*` is every one. */
  readonly domain: string;
  /** What is added to the route, the HTTP connection manager and the cluster. */
  readonly route?: Settings;
  readonly manager?: Settings;
  readonly cluster?: Settings;
}

const FILTERS = "type.googleapis.com/envoy.extensions.filters";
const CLUSTER = "backends";

function loopback(port: number): Settings {
  return { socket_address: { address: "127.0.0.1", port_value: port } };
}

function connectionManager({ domain, route, manager }: EnvoySettings): Settings {
  return {
    "@type": `${FILTERS}.network.http_connection_manager.v3.HttpConnectionManager`,
    stat_prefix: "entry",
    generate_request_id: false,
    use_remote_address: true,
    ...manager,
    route_config: {
      virtual_hosts: [{
        name: "all",
        domains: [domain],
        routes: [{ match: { prefix: "/" }, route: { cluster: CLUSTER, ...route } }],
      }],
    },
    http_filters: [{
      name: "envoy.filters.http.router",
      typed_config: {
        "@type": `${FILTERS}.http.router.v3.Router`,
        suppress_envoy_headers: true,
      },
    }],
  };
}

export function envoyBootstrap(settings: EnvoySettings): string {
  const filter = {
    name: "envoy.filters.network.http_connection_manager",
    typed_config: connectionManager(settings),
  };
  const endpoints = settings.backends.map((port) => ({ endpoint: { address: loopback(port) } }));
  return JSON.stringify({
    static_resources: {
      listeners: [{
        name: "entry",
        address: loopback(settings.port),
        filter_chains: [{ filters: [filter] }],
      }],
      clusters: [{
        name: CLUSTER,
        type: "STATIC",
        ...settings.cluster,
        load_assignment: { cluster_name: CLUSTER, endpoints: [{ lb_endpoints: endpoints }] },
      }],
    },
  });
}
