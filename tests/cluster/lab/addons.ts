// What a fresh cluster is given through its API: rights for kube-proxy, DNS, and the Gateway API.

import { kubectl } from "./api.ts";
import { GATEWAY_API } from "./artifacts.ts";
import { build } from "./go_build.ts";
import { COREDNS_IMAGE } from "./images.ts";
import { CLUSTER_DOMAIN, NETWORK, type Places } from "./settings.ts";

/** Applies objects as the server's own merge, which has no limit on an object's size. */
export async function apply(places: Places, objects: readonly unknown[]): Promise<void> {
  const list = { apiVersion: "v1", kind: "List", items: objects };
  await kubectl(places, ["apply", "--server-side", "--filename=-"], {
    stdin: JSON.stringify(list),
  });
}

/** The Gateway API's CRDs, experimental channel, and the policy that guards their upgrades. */
export async function installGatewayApi(places: Places): Promise<void> {
  const folder = `${await build(GATEWAY_API)}/crd/experimental`;
  await kubectl(places, ["apply", "--server-side", "--kustomize", folder]);
  const established = ["--for=condition=Established", "--timeout=180s"];
  await kubectl(places, ["wait", ...established, "crd", "--all"]);
}

const proxyRights = {
  apiVersion: "rbac.authorization.k8s.io/v1",
  kind: "ClusterRoleBinding",
  metadata: { name: "kube-proxy" },
  roleRef: {
    apiGroup: "rbac.authorization.k8s.io",
    kind: "ClusterRole",
    name: "system:node-proxier",
  },
  subjects: [{
    apiGroup: "rbac.authorization.k8s.io",
    kind: "User",
    name: "system:kube-proxy",
  }],
};

export async function grantProxyRights(places: Places): Promise<void> {
  await apply(places, [proxyRights]);
}

const DNS = "coredns";
const DNS_LABELS = { "k8s-app": "kube-dns" };
const SYSTEM = "kube-system";

const COREFILE = `.:53 {
    errors
    health
    ready
    kubernetes ${CLUSTER_DOMAIN} in-addr.arpa {
      pods insecure
    }
    cache 5
}
`;

function dnsRights(): unknown[] {
  const name = "system:coredns";
  const apiGroup = "rbac.authorization.k8s.io";
  return [
    { apiVersion: "v1", kind: "ServiceAccount", metadata: { name: DNS, namespace: SYSTEM } },
    {
      apiVersion: `${apiGroup}/v1`,
      kind: "ClusterRole",
      metadata: { name },
      rules: [
        {
          apiGroups: [""],
          resources: ["endpoints", "services", "pods", "namespaces"],
          verbs: ["list", "watch"],
        },
        {
          apiGroups: ["discovery.k8s.io"],
          resources: ["endpointslices"],
          verbs: ["list", "watch"],
        },
      ],
    },
    {
      apiVersion: `${apiGroup}/v1`,
      kind: "ClusterRoleBinding",
      metadata: { name },
      roleRef: { apiGroup, kind: "ClusterRole", name },
      subjects: [{ kind: "ServiceAccount", name: DNS, namespace: SYSTEM }],
    },
  ];
}

function dnsDeployment(): unknown {
  return {
    apiVersion: "apps/v1",
    kind: "Deployment",
    metadata: { name: DNS, namespace: SYSTEM },
    spec: {
      replicas: 1,
      selector: { matchLabels: DNS_LABELS },
      template: {
        metadata: { labels: DNS_LABELS },
        spec: {
          serviceAccountName: DNS,
          dnsPolicy: "Default",
          containers: [{
            name: DNS,
            image: COREDNS_IMAGE,
            imagePullPolicy: "Never",
            args: ["-conf", "/etc/coredns/Corefile"],
            readinessProbe: { httpGet: { path: "/ready", port: 8181 }, periodSeconds: 1 },
            livenessProbe: { httpGet: { path: "/health", port: 8080 } },
            securityContext: {
              readOnlyRootFilesystem: true,
              allowPrivilegeEscalation: false,
              capabilities: { drop: ["ALL"], add: ["NET_BIND_SERVICE"] },
            },
            resources: { requests: { memory: "32Mi" }, limits: { memory: "128Mi" } },
            volumeMounts: [{ name: "config", mountPath: "/etc/coredns" }],
          }],
          volumes: [{ name: "config", configMap: { name: DNS } }],
        },
      },
    },
  };
}

export async function installDns(places: Places): Promise<void> {
  await apply(places, [
    ...dnsRights(),
    {
      apiVersion: "v1",
      kind: "ConfigMap",
      metadata: { name: DNS, namespace: SYSTEM },
      data: { Corefile: COREFILE },
    },
    dnsDeployment(),
    {
      apiVersion: "v1",
      kind: "Service",
      metadata: { name: "kube-dns", namespace: SYSTEM },
      spec: {
        clusterIP: NETWORK.dnsService,
        selector: DNS_LABELS,
        ports: [
          { name: "dns", port: 53, protocol: "UDP" },
          { name: "dns-tcp", port: 53, protocol: "TCP" },
        ],
      },
    },
  ]);
}

export async function waitForDns(places: Places): Promise<void> {
  await kubectl(places, [
    ...["--namespace", SYSTEM, "rollout", "status", `deployment/${DNS}`, "--timeout=240s"],
  ]);
}
