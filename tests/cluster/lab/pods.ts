// Finds what a pod is made of on this machine: its node, its processes, its network link.

import { adminClient } from "./api.ts";
import { cgroupVersion } from "./cgroups.ts";
import { insideNetwork, run } from "./command.ts";
import { PAUSE_PROGRAM } from "./images.ts";
import { isKernelPath, kernelFoldersIn, readKernelFile } from "./kernel_files.ts";
import { type NodePlaces, nodePlacesOf } from "./node_config.ts";
import { commandLineOf } from "./process_table.ts";
import { networkPath, type Places } from "./settings.ts";

export interface FoundPod {
  readonly node: NodePlaces;
  readonly uid: string;
  readonly hostNetwork: boolean;
}

interface PodObject {
  metadata: { uid: string };
  spec: { nodeName?: string; hostNetwork?: boolean };
}

/** Looks a pod up by `namespace/name`; throws where there is none or it has no node yet. */
export async function findPod(places: Places, fullName: string): Promise<FoundPod> {
  const [namespace, name, more] = fullName.split("/");
  if (!namespace || !name || more !== undefined) {
    throw new Error(`a pod is named as namespace/name, not ${fullName}`);
  }
  using client = await adminClient(places);
  const { status, body } = await client.request(
    "GET",
    `/api/v1/namespaces/${namespace}/pods/${name}`,
  );
  if (status !== 200) throw new Error(`pod ${fullName}: the API server answers ${status}`);
  const { metadata, spec } = body as PodObject;
  const number = Number(/^node(\d+)$/.exec(spec.nodeName ?? "")?.[1]);
  if (!number) throw new Error(`pod ${fullName} has no node yet`);
  return {
    node: nodePlacesOf(places, number),
    uid: metadata.uid,
    hostNetwork: spec.hostNetwork ?? false,
  };
}

/** The pod's cgroup in the hierarchy of a controller. */
export async function podCgroup(pod: FoundPod, controller: "pids" | "cpu"): Promise<string> {
  const hierarchy = await cgroupVersion() === 2 ? "" : `/${controller}`;
  const root = `/sys/fs/cgroup${hierarchy}/${pod.node.cgroup}/kubepods`;
  for (const qualityOfService of ["", "/burstable", "/besteffort"]) {
    const folder = `${root}${qualityOfService}/pod${pod.uid}`;
    if (await isKernelPath(folder)) return folder;
  }
  throw new Error(`pod ${pod.uid} has no cgroup on ${pod.node.name}: it is not running`);
}

/** Host pids of all processes in the pod's containers, the sandbox's included. */
export async function podProcesses(pod: FoundPod): Promise<number[]> {
  return await processesBelow(await podCgroup(pod, "pids"));
}

/** Host pids of what the pod's containers run: killing them leaves the sandbox and its address. */
export async function containerProcesses(pod: FoundPod): Promise<number[]> {
  return (await podProcesses(pod)).filter((pid) => commandLineOf(pid)[0] !== PAUSE_PROGRAM);
}

/** Host pids of the processes of all pods on a node. */
export async function podProcessesOf(node: NodePlaces): Promise<number[]> {
  const hierarchy = await cgroupVersion() === 2 ? "" : "/pids";
  return await processesBelow(`/sys/fs/cgroup${hierarchy}/${node.cgroup}`);
}

async function processesBelow(cgroup: string): Promise<number[]> {
  const folders = [cgroup, ...await kernelFoldersIn(cgroup, true)];
  const texts = folders.map((folder) => readKernelFile(`${folder}/cgroup.procs`) ?? "");
  return texts.join("").split("\n").filter((line) => line !== "").map(Number);
}

interface Link {
  ifindex: number;
  ifname: string;
  link_index?: number;
}

/** A network link: the namespace to be in, by the arguments that enter it, and its name there. */
export interface FoundLink {
  readonly enter: readonly string[];
  readonly name: string;
}

/** Both ends of the pod's link: the node's, and the pod's own. */
export async function podLinks(places: Places, pod: FoundPod): Promise<[FoundLink, FoundLink]> {
  if (pod.hostNetwork) throw new Error("a pod in its host's network has no link of its own");
  const [pid] = await podProcesses(pod);
  if (pid === undefined) throw new Error(`pod ${pod.uid} has no process`);
  const enterPod = ["nsenter", `--target=${pid}`, "--net", "--"];
  const enterNode = insideNetwork(networkPath(places, pod.node.name), []);
  const show = async (enter: readonly string[], ...device: string[]) =>
    JSON.parse(await run([...enter, "ip", "-json", "link", "show", ...device])) as Link[];
  const [inside] = await show(enterPod, "eth0");
  const outside = (await show(enterNode)).find(({ ifindex }) => ifindex === inside.link_index);
  if (outside === undefined) throw new Error(`${pod.node.name} has no link to pod ${pod.uid}`);
  return [{ enter: enterNode, name: outside.ifname }, { enter: enterPod, name: "eth0" }];
}
