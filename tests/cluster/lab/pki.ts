// The certificates and kubeconfigs of one cluster, made with openssl.
// Keys are readable by their owner alone and live and die with the cluster's folder.

import { run } from "./command.ts";
import { CLUSTER_DOMAIN, NETWORK, nodeName, type Places } from "./settings.ts";

interface Leaf {
  readonly name: string;
  readonly subject: string;
  readonly usage: "serverAuth" | "clientAuth";
  readonly alternativeNames?: readonly string[];
}

const EC = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"];
const DAYS = "3650";

async function makeAuthority(pki: string): Promise<void> {
  await run([
    ...["openssl", "req", "-x509", ...EC, "-days", DAYS, "-subj", "/CN=test-cluster-ca"],
    ...["-keyout", `${pki}/ca.key`, "-out", `${pki}/ca.crt`],
    ...["-addext", "basicConstraints=critical,CA:TRUE"],
    ...["-addext", "keyUsage=critical,keyCertSign,cRLSign,digitalSignature"],
  ]);
}

async function makeLeaf(pki: string, leaf: Leaf): Promise<void> {
  const at = `${pki}/${leaf.name}`;
  const names = leaf.alternativeNames?.join(",");
  await Deno.writeTextFile(
    `${at}.ext`,
    [
      "basicConstraints=CA:FALSE",
      "keyUsage=critical,digitalSignature",
      `extendedKeyUsage=${leaf.usage}`,
      ...names ? [`subjectAltName=${names}`] : [],
    ].join("\n"),
  );
  const request = ["-subj", leaf.subject, "-keyout", `${at}.key`, "-out", `${at}.csr`];
  await run(["openssl", "req", ...EC, ...request]);
  // A serial number of its own instead of the CA's counter file lets leaves be made side by side.
  const serial = `0x${crypto.randomUUID().replaceAll("-", "").slice(1)}`;
  await run([
    ...["openssl", "x509", "-req", "-in", `${at}.csr`, "-days", DAYS, "-set_serial", serial],
    ...["-CA", `${pki}/ca.crt`, "-CAkey", `${pki}/ca.key`],
    ...["-extfile", `${at}.ext`, "-out", `${at}.crt`],
  ]);
  await Promise.all([Deno.remove(`${at}.csr`), Deno.remove(`${at}.ext`)]);
}

export function kubeconfig(server: string, authority: Uint8Array, user: unknown): string {
  // JSON is YAML.
  return JSON.stringify(
    {
      apiVersion: "v1",
      kind: "Config",
      clusters: [{
        name: "rauta",
        cluster: { server, "certificate-authority-data": base64(authority) },
      }],
      users: [{ name: "rauta", user }],
      contexts: [{ name: "rauta", context: { cluster: "rauta", user: "rauta" } }],
      "current-context": "rauta",
    },
    null,
    2,
  );
}

function base64(bytes: Uint8Array): string {
  return btoa(String.fromCharCode(...bytes));
}

/** Writes the kubeconfig of one certificate to `path`. */
export async function writeKubeconfig(
  pki: string,
  leaf: string,
  server: string,
  path: string,
): Promise<void> {
  const [authority, certificate, key] = await Promise.all(
    [`${pki}/ca.crt`, `${pki}/${leaf}.crt`, `${pki}/${leaf}.key`].map((at) => Deno.readFile(at)),
  );
  const user = {
    "client-certificate-data": base64(certificate),
    "client-key-data": base64(key),
  };
  await Deno.writeTextFile(path, kubeconfig(server, authority, user), { mode: 0o600 });
}

export const API_SERVER_URL = `https://${NETWORK.controlPlane}:${NETWORK.apiPort}`;

const PROGRAM_USERS = ["kube-controller-manager", "kube-scheduler", "kube-proxy"] as const;

/** Everything that the control plane and its administrator need. */
export async function makeControlPlanePki(places: Places): Promise<void> {
  const { pki } = places;
  const service = "kubernetes.default.svc";
  const leaves: Leaf[] = [
    {
      name: "apiserver",
      subject: "/CN=kube-apiserver",
      usage: "serverAuth",
      alternativeNames: [
        "DNS:localhost",
        ...["kubernetes", "kubernetes.default", service, `${service}.${CLUSTER_DOMAIN}`]
          .map((name) => `DNS:${name}`),
        ...["127.0.0.1", NETWORK.apiService, NETWORK.controlPlane].map((ip) => `IP:${ip}`),
      ],
    },
    { name: "admin", subject: "/O=system:masters/CN=admin", usage: "clientAuth" },
    {
      name: "kubelet-client",
      subject: "/O=system:masters/CN=kube-apiserver-kubelet-client",
      usage: "clientAuth",
    },
    ...PROGRAM_USERS.map((name): Leaf => (
      { name, subject: `/CN=system:${name}`, usage: "clientAuth" }
    )),
  ];
  await makeAuthority(pki);
  await Promise.all([
    ...leaves.map((leaf) => makeLeaf(pki, leaf)),
    run(["openssl", "genrsa", "-out", `${pki}/service-account.key`, "2048"]),
  ]);
  await run([
    ...["openssl", "rsa", "-in", `${pki}/service-account.key`],
    ...["-pubout", "-out", `${pki}/service-account.pub`],
  ]);
  await Promise.all([
    ...PROGRAM_USERS.map((name) =>
      writeKubeconfig(pki, name, API_SERVER_URL, `${pki}/${name}.kubeconfig`)
    ),
    writeKubeconfig(pki, "admin", API_SERVER_URL, places.kubeconfig),
  ]);
}

/** A node's identities: as a client of the API server, and as a server of its own API. */
export async function makeNodePki(places: Places, number: number): Promise<void> {
  const { pki } = places;
  const name = nodeName(number);
  const subject = `/O=system:nodes/CN=system:node:${name}`;
  await Promise.all([
    makeLeaf(pki, { name, subject, usage: "clientAuth" }),
    makeLeaf(pki, {
      name: `${name}-serving`,
      subject,
      usage: "serverAuth",
      alternativeNames: [`DNS:${name}`, `IP:${NETWORK.node(number)}`],
    }),
  ]);
  await writeKubeconfig(pki, name, API_SERVER_URL, `${pki}/${name}.kubeconfig`);
}
