// One node: namespaces of its own, and in them the real containerd, kubelet and kube-proxy.
// Starts and removes nodes; what their files say is node_config.ts.

import { CONTAINERD, KUBE } from "./artifacts.ts";
import { cgroupVersion, makeCgroups, removeCgroups } from "./cgroups.ts";
import { insideNetwork, run, until } from "./command.ts";
import { build } from "./go_build.ts";
import { imageArchives } from "./images.ts";
import { detachNode, makeNodeNetwork, namespaceInode, removeNamespace } from "./network.ts";
import {
  cniConfig,
  containerdConfig,
  kubeletConfig,
  kubeProxyConfig,
  type NodePlaces,
  nodePlacesOf,
} from "./node_config.ts";
import { makeNodePki } from "./pki.ts";
import {
  endProgram,
  forgetRecord,
  isAlive,
  processesInNetworks,
  readRecord,
  sendSignal,
  startProgram,
  workingPid,
} from "./process_table.ts";
import { cniFolder, findProgram } from "./requirements.ts";
import { MAX_NODES, NETWORK, networkPath, type Places } from "./settings.ts";

export const NODE_PROGRAMS = ["containerd", "kubelet", "kube-proxy"] as const;
export const initName = (node: NodePlaces) => `${node.name}.init`;
export const programName = (node: NodePlaces, program: string) => `${node.name}.${program}`;

/** Numbers of the nodes that this cluster has, running or not, ascending. */
export async function nodeNumbers(places: Places): Promise<number[]> {
  const numbers: number[] = [];
  for (let number = 1; number <= MAX_NODES; number++) {
    const folder = nodePlacesOf(places, number).root;
    if (await Deno.stat(folder).then(() => true, () => false)) numbers.push(number);
  }
  return numbers;
}

/** The pid, in the host's numbering, of the node's process 1; null when the node is down. */
export async function nodeInitPid(places: Places, node: NodePlaces): Promise<number | null> {
  const record = await readRecord(places.processes, initName(node));
  return record === null ? null : workingPid(record);
}

/** The arguments that run a program inside a node, with its files, processes and network. */
export async function insideNode(
  places: Places,
  node: NodePlaces,
  args: readonly string[],
): Promise<string[]> {
  const pid = await nodeInitPid(places, node);
  if (pid === null) throw new Error(`${node.name} of cluster ${places.name} is not running`);
  const namespaces = ["--mount", "--uts", "--ipc", "--net", "--pid"];
  const path = `PATH=${await build(CONTAINERD)}:/usr/sbin:/usr/bin:/sbin:/bin`;
  return ["nsenter", `--target=${pid}`, ...namespaces, "--", "env", path, ...args];
}

async function writeConfiguration(places: Places, node: NodePlaces): Promise<void> {
  for (const folder of ["cni", "kubelet", "containerd"]) {
    await Deno.mkdir(`${node.root}/${folder}`, { recursive: true });
  }
  const runc = findProgram("runc");
  const cni = await cniFolder();
  if (runc === null || cni === null) throw new Error("runc or the CNI plugins are not installed");
  const files: Record<string, string> = {
    "cni/10-pods.conflist": cniConfig(node.number),
    "containerd.toml": containerdConfig(node, runc, cni),
    "kubelet.json": kubeletConfig(places, node),
    "kube-proxy.json": kubeProxyConfig(places, node),
    "resolv.conf": `nameserver ${NETWORK.dnsService}\n`,
    "cgroup-version": String(await cgroupVersion()),
  };
  for (const [name, text] of Object.entries(files)) {
    await Deno.writeTextFile(`${node.root}/${name}`, text);
  }
}

async function startInit(places: Places, node: NodePlaces): Promise<void> {
  const script = new URL("node_init.sh", import.meta.url).pathname;
  const laidOut = `${node.root}/laid-out`;
  await Deno.remove(laidOut).catch(() => {});
  const namespaces = ["--mount", "--propagation=private", "--uts", "--ipc", "--mount-proc"];
  const logPath = `${places.logs}/${initName(node)}.log`;
  const record = await startProgram(places.processes, {
    name: initName(node),
    args: insideNetwork(networkPath(places, node.name), [
      ...["unshare", ...namespaces, "--pid", "--fork", "--kill-child"],
      ...["sh", script, node.name, node.root],
    ]),
    logPath,
    entersPidNamespace: true,
  });
  await until(`${node.name} to lay out its file system`, async () => {
    if (!isAlive(record)) throw new Error(`it ended; see ${logPath}`);
    return await Deno.stat(laidOut).then(() => true, () => null);
  }, { timeoutMs: 120_000, everyMs: 10 });
}

async function startInside(
  places: Places,
  node: NodePlaces,
  program: typeof NODE_PROGRAMS[number],
  args: readonly string[],
): Promise<void> {
  await startProgram(places.processes, {
    name: programName(node, program),
    args: await insideNode(places, node, args),
    logPath: `${places.logs}/${programName(node, program)}.log`,
    entersPidNamespace: true,
  });
}

/** Imports an image archive into a running node. */
export async function importImage(
  places: Places,
  node: NodePlaces,
  archive: string,
): Promise<void> {
  await run(
    await insideNode(places, node, ["ctr", "--namespace=k8s.io", "images", "import", archive]),
  );
}

async function startRuntime(places: Places, node: NodePlaces): Promise<void> {
  const containerd = `${await build(CONTAINERD)}/containerd`;
  await startInside(places, node, "containerd", [
    containerd,
    `--config=${node.root}/containerd.toml`,
  ]);
  const version = await insideNode(places, node, ["ctr", "version"]);
  await until(`containerd of ${node.name}`, () => run(version, { timeoutMs: 20_000 }), {
    timeoutMs: 240_000,
  });
}

/** Starts the node's programs in its namespaces; the node registers itself and becomes Ready. */
async function startPrograms(places: Places, node: NodePlaces): Promise<void> {
  const kube = `${await build(KUBE)}/kube`;
  await startInit(places, node);
  await startRuntime(places, node);
  for (const archive of await imageArchives()) await importImage(places, node, archive);
  await startInside(places, node, "kubelet", [
    ...[kube, "kubelet", `--config=${node.root}/kubelet.json`],
    `--kubeconfig=${places.pki}/${node.name}.kubeconfig`,
    `--hostname-override=${node.name}`,
    `--node-ip=${NETWORK.node(node.number)}`,
    "--root-dir=/var/lib/kubelet",
    "--v=2",
  ]);
  await startInside(places, node, "kube-proxy", [
    ...[kube, "kube-proxy", `--config=${node.root}/kube-proxy.json`],
  ]);
}

/** Makes a node and starts it; `others` are the cluster's nodes that exist already. */
export async function addNode(
  places: Places,
  number: number,
  others: readonly number[],
): Promise<void> {
  const node = nodePlacesOf(places, number);
  await writeConfiguration(places, node);
  await makeNodePki(places, number);
  await makeNodeNetwork(places, number, others);
  await makeCgroups(node.cgroup);
  await startPrograms(places, node);
}

/** Kills everything that runs in a node, with SIGKILL, as if its power had gone. */
export async function killNode(places: Places, node: NodePlaces): Promise<void> {
  const record = await readRecord(places.processes, initName(node));
  const pid = await nodeInitPid(places, node);
  if (pid !== null) sendSignal(pid, "SIGKILL");
  if (record !== null) await endProgram(record, "SIGKILL");
  const inode = await namespaceInode(networkPath(places, node.name));
  if (inode !== null) {
    for (const left of processesInNetworks(new Set([inode]))) sendSignal(left, "SIGKILL");
  }
  for (const program of NODE_PROGRAMS) {
    await forgetRecord(places.processes, programName(node, program));
  }
  await forgetRecord(places.processes, initName(node));
  await removeCgroups((name) => name === node.cgroup);
}

/** Starts a killed node again, as a machine would boot: its disk is what it was. */
export async function restartNode(places: Places, node: NodePlaces): Promise<void> {
  // Stale cgroups would cost the kubelet seconds each.
  await removeCgroups((name) => name === node.cgroup);
  await makeCgroups(node.cgroup);
  await startPrograms(places, node);
}

/** Kills a node and removes all that belonged to it but its objects in the API. */
export async function removeNode(places: Places, number: number): Promise<void> {
  const node = nodePlacesOf(places, number);
  await killNode(places, node);
  await detachNode(places, number);
  await removeNamespace(networkPath(places, node.name));
  await Deno.remove(node.root, { recursive: true });
}
