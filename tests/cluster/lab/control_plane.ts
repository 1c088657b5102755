// etcd, the API server, the controller manager and the scheduler of one cluster, in its network,
// and the gate through which programs of the host reach the API server.

import { KUBE, PROBE } from "./artifacts.ts";
import { until } from "./command.ts";
import { build } from "./go_build.ts";
import { makeControlPlanePki, writeKubeconfig } from "./pki.ts";
import { type ProgramSpec, startProgram } from "./process_table.ts";
import { CONTROL_PLANE_NETWORK, NETWORK, networkPath, type Places } from "./settings.ts";

function programs(places: Places): { name: string; flags: string[] }[] {
  const { pki, root } = places;
  const etcdClient = `http://127.0.0.1:${NETWORK.etcdPort}`;
  const etcdPeer = "http://127.0.0.1:2380";
  return [
    {
      name: "etcd",
      flags: [
        "--name=only",
        `--data-dir=${root}/etcd`,
        `--listen-client-urls=${etcdClient}`,
        `--advertise-client-urls=${etcdClient}`,
        `--listen-peer-urls=${etcdPeer}`,
        `--initial-advertise-peer-urls=${etcdPeer}`,
        `--initial-cluster=only=${etcdPeer}`,
        // A test cluster's history need not survive the machine's power.
        "--unsafe-no-fsync",
        "--log-level=warn",
      ],
    },
    {
      name: "kube-apiserver",
      flags: [
        `--etcd-servers=${etcdClient}`,
        "--bind-address=0.0.0.0",
        `--secure-port=${NETWORK.apiPort}`,
        `--advertise-address=${NETWORK.controlPlane}`,
        `--tls-cert-file=${pki}/apiserver.crt`,
        `--tls-private-key-file=${pki}/apiserver.key`,
        `--client-ca-file=${pki}/ca.crt`,
        "--service-account-issuer=https://kubernetes.default.svc",
        `--service-account-key-file=${pki}/service-account.pub`,
        `--service-account-signing-key-file=${pki}/service-account.key`,
        `--service-cluster-ip-range=${NETWORK.services}`,
        "--authorization-mode=Node,RBAC",
        "--enable-admission-plugins=NodeRestriction",
        "--anonymous-auth=false",
        "--allow-privileged=true",
        `--kubelet-client-certificate=${pki}/kubelet-client.crt`,
        `--kubelet-client-key=${pki}/kubelet-client.key`,
        `--kubelet-certificate-authority=${pki}/ca.crt`,
        "--kubelet-preferred-address-types=InternalIP",
        // Without it SIGTERM waits a minute for watches to end by themselves.
        "--shutdown-watch-termination-grace-period=1s",
      ],
    },
    {
      name: "kube-controller-manager",
      flags: [
        `--kubeconfig=${pki}/kube-controller-manager.kubeconfig`,
        "--leader-elect=false",
        "--use-service-account-credentials=true",
        // The default of 20 a second makes a suite that creates hundreds of objects wait.
        "--kube-api-qps=500",
        "--kube-api-burst=1000",
        `--service-account-private-key-file=${pki}/service-account.key`,
        `--root-ca-file=${pki}/ca.crt`,
        "--bind-address=127.0.0.1",
        "--secure-port=10257",
      ],
    },
    {
      name: "kube-scheduler",
      flags: [
        `--kubeconfig=${pki}/kube-scheduler.kubeconfig`,
        "--leader-elect=false",
        "--bind-address=127.0.0.1",
        "--secure-port=10259",
      ],
    },
  ];
}

export const CONTROL_PLANE_PROGRAMS = [
  "etcd",
  "kube-apiserver",
  "kube-controller-manager",
  "kube-scheduler",
] as const;

/** Starts the four programs and the gate; the API server answers a few seconds later. */
export async function startControlPlane(places: Places): Promise<void> {
  const network = networkPath(places, CONTROL_PLANE_NETWORK);
  const kube = `${await build(KUBE)}/kube`;
  await makeControlPlanePki(places);
  for (const { name, flags } of programs(places)) {
    await startProgram(places.processes, {
      name,
      // nsenter without a pid namespace becomes the program, so the pid stays.
      args: ["nsenter", `--net=${network}`, "--", kube, name, ...flags],
      logPath: `${places.logs}/${name}.log`,
      entersPidNamespace: false,
    });
  }
  await startGate(places);
}

export const GATE = "gate";

async function startGate(places: Places): Promise<void> {
  const portFile = `${places.root}/gate.port`;
  const spec: ProgramSpec = {
    name: GATE,
    args: [
      ...[`${await build(PROBE)}/probe`, "forward", "-port-file", portFile],
      networkPath(places, CONTROL_PLANE_NETWORK),
      `${NETWORK.controlPlane}:${NETWORK.apiPort}`,
    ],
    logPath: `${places.logs}/${GATE}.log`,
    entersPidNamespace: false,
  };
  await startProgram(places.processes, spec);
  const port = await until("the gate's port", async () => {
    return Number((await Deno.readTextFile(portFile)).trim()) || null;
  }, { timeoutMs: 60_000, everyMs: 10 });
  await writeKubeconfig(
    places.pki,
    "admin",
    `https://127.0.0.1:${port}`,
    places.hostKubeconfig,
  );
}
