// The configuration files of one node's programs, as text.
// Pure: takes addresses and paths, gives file contents.

import { PAUSE_IMAGE } from "./images.ts";
import { CLUSTER_DOMAIN, NETWORK, nodeName, type Places } from "./settings.ts";

export interface NodePlaces {
  readonly number: number;
  readonly name: string;
  /** The node's own folder inside the cluster's. */
  readonly root: string;
  /** Its cgroup in every hierarchy. */
  readonly cgroup: string;
}

export function nodePlacesOf(places: Places, number: number): NodePlaces {
  const name = nodeName(number);
  return { number, name, root: `${places.root}/${name}`, cgroup: `${places.cgroupPrefix}-${name}` };
}

export function cniConfig(number: number): string {
  const subnet = NETWORK.podsOf(number);
  return JSON.stringify({
    cniVersion: "1.0.0",
    name: "pods",
    plugins: [
      {
        type: "bridge",
        bridge: "cni0",
        isGateway: true,
        ipMasq: false,
        hairpinMode: true,
        ipam: {
          type: "host-local",
          dataDir: "/run/cni-addresses",
          ranges: [[{ subnet }]],
          routes: [{ dst: "0.0.0.0/0" }],
        },
      },
      { type: "portmap", capabilities: { portMappings: true } },
    ],
  });
}

/** containerd's configuration; `runc` and `cniFolder` are the machine's own programs. */
export function containerdConfig(node: NodePlaces, runc: string, cniFolder: string): string {
  return `version = 3
root = '/var/lib/containerd'
state = '/run/containerd'
disabled_plugins = [
  'io.containerd.nri.v1.nri',
  'io.containerd.tracing.processor.v1.otlp',
  'io.containerd.internal.v1.tracing',
  'io.containerd.snapshotter.v1.blockfile',
  'io.containerd.snapshotter.v1.erofs',
  'io.containerd.differ.v1.erofs',
]

[grpc]
  address = '/run/containerd/containerd.sock'

[plugins.'io.containerd.internal.v1.opt']
  path = '/run/containerd/opt'

[plugins.'io.containerd.metadata.v1.bolt']
  no_sync = true

[plugins.'io.containerd.cri.v1.images']
  snapshotter = 'overlayfs'
  [plugins.'io.containerd.cri.v1.images'.pinned_images]
    sandbox = '${PAUSE_IMAGE}'

[plugins.'io.containerd.cri.v1.runtime']
  restrict_oom_score_adj = true
  disable_apparmor = true
  netns_mounts_under_state_dir = true
  enable_cdi = false
  enable_criu = false
  [plugins.'io.containerd.cri.v1.runtime'.containerd.runtimes.runc]
    runtime_type = 'io.containerd.runc.v2'
    [plugins.'io.containerd.cri.v1.runtime'.containerd.runtimes.runc.options]
      BinaryName = '${runc}'
      SystemdCgroup = false
  [plugins.'io.containerd.cri.v1.runtime'.cni]
    bin_dirs = ['${cniFolder}']
    conf_dir = '${node.root}/cni'
`;
}

export function kubeletConfig(places: Places, node: NodePlaces): string {
  return JSON.stringify(
    {
      apiVersion: "kubelet.config.k8s.io/v1beta1",
      kind: "KubeletConfiguration",
      authentication: {
        anonymous: { enabled: false },
        webhook: { enabled: true },
        x509: { clientCAFile: `${places.pki}/ca.crt` },
      },
      authorization: { mode: "Webhook" },
      tlsCertFile: `${places.pki}/${node.name}-serving.crt`,
      tlsPrivateKeyFile: `${places.pki}/${node.name}-serving.key`,
      containerRuntimeEndpoint: "unix:///run/containerd/containerd.sock",
      cgroupDriver: "cgroupfs",
      cgroupRoot: `/${node.cgroup}`,
      cgroupsPerQOS: true,
      // The node is a slice of a shared machine: limits of pods hold, the node has none.
      enforceNodeAllocatable: [],
      failCgroupV1: false,
      failSwapOn: false,
      oomScoreAdj: 0,
      podLogsDir: "/var/log/pods",
      clusterDNS: [NETWORK.dnsService],
      clusterDomain: CLUSTER_DOMAIN,
      resolvConf: `${node.root}/resolv.conf`,
      healthzBindAddress: "127.0.0.1",
      readOnlyPort: 0,
      maxOpenFiles: 20_000,
      maxPods: 60,
      makeIPTablesUtilChains: false,
      localStorageCapacityIsolation: true,
      evictionHard: {
        "memory.available": "100Mi",
        "nodefs.available": "1%",
        "imagefs.available": "1%",
      },
      // Images can't be pulled again: none may be collected.
      imageGCHighThresholdPercent: 100,
      imageMinimumGCAge: "24h",
      nodeStatusUpdateFrequency: "10s",
      shutdownGracePeriod: "0s",
      syncFrequency: "10s",
      fileCheckFrequency: "0s",
      httpCheckFrequency: "0s",
    },
    null,
    2,
  );
}

export function kubeProxyConfig(places: Places, node: NodePlaces): string {
  return JSON.stringify(
    {
      apiVersion: "kubeproxy.config.k8s.io/v1alpha1",
      kind: "KubeProxyConfiguration",
      mode: "nftables",
      clientConnection: { kubeconfig: `${places.pki}/kube-proxy.kubeconfig` },
      hostnameOverride: node.name,
      clusterCIDR: NETWORK.pods,
      healthzBindAddress: "127.0.0.1:10256",
      metricsBindAddress: "127.0.0.1:10249",
      oomScoreAdj: 0,
      // Zero leaves the machine's connection tracking limits alone.
      conntrack: {
        maxPerCore: 0,
        min: 0,
        tcpEstablishedTimeout: "0s",
        tcpCloseWaitTimeout: "0s",
      },
      nftables: { minSyncPeriod: "0s", syncPeriod: "30s" },
    },
    null,
    2,
  );
}
