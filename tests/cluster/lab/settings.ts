// The fixed facts of the test cluster: versions, the address plan, where its files lie.
// Everything that can differ comes from a cluster's name and the cache folder; nothing here acts.

/** Versions of what the cluster is made of; go.mod files pin the same ones. */
export const VERSIONS = {
  kubernetes: "v1.36.3",
  containerd: "v2.2.9",
  gatewayApi: "v1.6.1",
} as const;

/**
 * Every cluster uses the same addresses: each has network namespaces of its own, so they can't meet.
 * The control plane's namespace holds the bridge that all nodes hang on.
 */
export const NETWORK = {
  prefixBits: 16,
  controlPlane: "10.99.0.1",
  node: (number: number) => `10.99.1.${number}`,
  /** Free for Gateways; given to the control plane's bridge or a node, reachable from everywhere. */
  gatewayPool: "10.99.200.0/24",
  pods: "10.98.0.0/16",
  podsOf: (number: number) => `10.98.${number}.0/24`,
  services: "10.96.0.0/16",
  apiService: "10.96.0.1",
  dnsService: "10.96.0.10",
  apiPort: 6443,
  etcdPort: 2379,
} as const;

export const CLUSTER_DOMAIN = "cluster.local";
export const MAX_NODES = 20;

/** The checkout that this file belongs to. */
export const CHECKOUT = new URL("../../../", import.meta.url).pathname.replace(/\/$/, "");

/** Where built programs and running clusters lie: RAUTA_CACHE, else a folder of the user's cache. */
export function cacheFolder(): string {
  const own = Deno.env.get("RAUTA_CACHE");
  if (own) return own;
  const home = Deno.env.get("XDG_CACHE_HOME") ??
    `${Deno.env.get("HOME") ?? "/root"}/.cache`;
  return `${home}/rauta`;
}

/** What a cluster's name may be: it ends up in paths, cgroups and host names. */
export function checkName(name: string): string {
  if (/^[a-z][a-z0-9-]{0,19}$/.test(name)) return name;
  throw new Error(
    `cluster name ${JSON.stringify(name)} must be 1 to 20 of a-z, 0-9 and '-', a letter first`,
  );
}

/** Paths of one cluster; all of its files lie in `root`. */
export interface Places {
  readonly name: string;
  readonly root: string;
  readonly pki: string;
  readonly logs: string;
  readonly processes: string;
  readonly networks: string;
  /** For programs inside the cluster's network. */
  readonly kubeconfig: string;
  /** For programs of the host: reaches the API server through a loopback port. */
  readonly hostKubeconfig: string;
  /** First part of its cgroups' names; unique on the machine. */
  readonly cgroupPrefix: string;
}

/** A short number that tells two paths apart in names that the whole machine shares (FNV-1a). */
export function shortHash(text: string): string {
  let hash = 0x811c9dc5;
  for (const byte of new TextEncoder().encode(text)) {
    hash = Math.imul(hash ^ byte, 0x01000193) >>> 0;
  }
  return hash.toString(36).padStart(7, "0");
}

export function placesOf(name: string): Places {
  const root = `${cacheFolder()}/clusters/${checkName(name)}`;
  return {
    name,
    root,
    pki: `${root}/pki`,
    logs: `${root}/logs`,
    processes: `${root}/processes`,
    networks: `${root}/networks`,
    kubeconfig: `${root}/kubeconfig`,
    hostKubeconfig: `${root}/kubeconfig-host`,
    cgroupPrefix: `rauta-${name}-${shortHash(root)}`,
  };
}

export const CONTROL_PLANE_NETWORK = "control-plane";
export const nodeName = (number: number) => `node${number}`;
export const networkPath = (places: Places, network: string) => `${places.networks}/${network}`;
