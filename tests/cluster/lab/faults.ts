// What can go wrong in a cluster, as functions: programs and nodes that stop, freeze and die, etcd
// that forgets its history, links that are cut or slow, pods that are starved.
// Each fault has its way back; none touches anything outside the cluster.

import { PROBE } from "./artifacts.ts";
import { cgroupVersion } from "./cgroups.ts";
import { attempt, insideNetwork, run } from "./command.ts";
import { CONTROL_PLANE_PROGRAMS } from "./control_plane.ts";
import { build } from "./go_build.ts";
import { writeKernelFile } from "./kernel_files.ts";
import { namespaceInode } from "./network.ts";
import { killNode, restartNode } from "./node.ts";
import { type NodePlaces, nodePlacesOf } from "./node_config.ts";
import {
  containerProcesses,
  findPod,
  type FoundLink,
  podCgroup,
  podLinks,
  podProcesses,
  podProcessesOf,
} from "./pods.ts";
import {
  endProgram,
  isAlive,
  processesInNetworks,
  readRecord,
  type Recorded,
  sendSignal,
  startProgram,
  workingPid,
} from "./process_table.ts";
import { CONTROL_PLANE_NETWORK, NETWORK, networkPath, type Places } from "./settings.ts";

/** What a fault is done to. */
export type Target =
  | { readonly kind: "program"; readonly name: string }
  | { readonly kind: "node"; readonly number: number }
  | { readonly kind: "pod"; readonly fullName: string };

/** Reads `etcd`, `node1.kubelet`, `node1` or `namespace/pod`. */
export function parseTarget(text: string): Target {
  const node = /^node(\d+)$/.exec(text);
  if (node) return { kind: "node", number: Number(node[1]) };
  const isProgram = (CONTROL_PLANE_PROGRAMS as readonly string[]).includes(text) ||
    /^node\d+\.(kubelet|containerd|kube-proxy)$/.test(text);
  if (isProgram) return { kind: "program", name: text };
  if (/^[^/]+\/[^/]+$/.test(text)) return { kind: "pod", fullName: text };
  throw new Error(
    `no target is named ${text}: it is one of ${CONTROL_PLANE_PROGRAMS.join(", ")}, ` +
      "nodeN, nodeN.kubelet, nodeN.containerd, nodeN.kube-proxy or namespace/pod",
  );
}

async function recordOf(places: Places, name: string): Promise<Recorded> {
  const record = await readRecord(places.processes, name);
  if (record === null) throw new Error(`cluster ${places.name} has no program ${name}`);
  return record;
}

/** Ends a program with SIGTERM and waits for it, as its own shutdown. */
export async function stop(places: Places, name: string): Promise<void> {
  await endProgram(await recordOf(places, name), "SIGTERM", 30_000);
}

/** Starts a stopped or killed program again, with the arguments that it had. */
export async function start(places: Places, name: string): Promise<void> {
  const record = await recordOf(places, name);
  if (!isAlive(record)) await startProgram(places.processes, record.spec);
}

/** Kills without warning: a program, all of a node, or what a pod's containers run. */
export async function kill(places: Places, target: Target): Promise<void> {
  switch (target.kind) {
    case "program":
      return await endProgram(await recordOf(places, target.name), "SIGKILL");
    case "node":
      return await killNode(places, nodePlacesOf(places, target.number));
    case "pod":
      return signalAll(await containerProcesses(await findPod(places, target.fullName)), "SIGKILL");
  }
}

/** Boots a killed node: its disk and its addresses are what they were. */
export async function bootNode(places: Places, number: number): Promise<void> {
  await restartNode(places, nodePlacesOf(places, number));
}

function signalAll(pids: readonly number[], signal: Deno.Signal): void {
  for (const pid of pids) sendSignal(pid, signal);
}

async function processesOf(places: Places, target: Target): Promise<number[]> {
  switch (target.kind) {
    case "program": {
      const pid = workingPid(await recordOf(places, target.name));
      if (pid === null) throw new Error(`${target.name} is not running`);
      return [pid];
    }
    case "node":
      return await nodeProcesses(places, nodePlacesOf(places, target.number));
    case "pod":
      return await podProcesses(await findPod(places, target.fullName));
  }
}

/** The node's own programs, which share its network, and all of its pods'. */
async function nodeProcesses(places: Places, node: NodePlaces): Promise<number[]> {
  const inode = await namespaceInode(networkPath(places, node.name));
  if (inode === null) throw new Error(`cluster ${places.name} has no ${node.name}`);
  const pids = [...processesInNetworks(new Set([inode])), ...await podProcessesOf(node)];
  return [...new Set(pids)];
}

/** Stops the target's processes where they are, connections open, until `thaw`. */
export async function freeze(places: Places, target: Target): Promise<void> {
  signalAll(await processesOf(places, target), "SIGSTOP");
}

export async function thaw(places: Places, target: Target): Promise<void> {
  signalAll(await processesOf(places, target), "SIGCONT");
}

interface EtcdHeader {
  header: { revision: string };
}

async function askEtcd(places: Places, path: string, request: unknown): Promise<unknown> {
  const probe = `${await build(PROBE)}/probe`;
  const url = `http://127.0.0.1:${NETWORK.etcdPort}${path}`;
  const network = networkPath(places, CONTROL_PLANE_NETWORK);
  const answer = await run(
    insideNetwork(network, [probe, "fetch", "-d", JSON.stringify(request), url]),
  );
  const endOfHead = answer.indexOf("\r\n\r\n");
  const head = answer.slice(0, endOfHead);
  const body = answer.slice(endOfHead + 4);
  if (!/^HTTP\/1\.1 200 /.test(head)) throw new Error(`etcd refuses ${path}: ${body}`);
  return JSON.parse(body);
}

/**
 * Makes etcd forget every version before the present one. A watch or a list that continues from an
 * older one is answered with 410, at the latest once the API server's own cache is gone too: restart
 * `kube-apiserver` for that.
 * Returns the revision that is now the oldest.
 */
export async function compactHistory(places: Places): Promise<number> {
  const key = btoa("/");
  const { header } = await askEtcd(places, "/v3/kv/range", { key }) as EtcdHeader;
  await askEtcd(places, "/v3/kv/compaction", { revision: header.revision, physical: true });
  return Number(header.revision);
}

/** Links of a pod or a node, both ends where there are two. */
async function linksOf(places: Places, target: Target): Promise<readonly FoundLink[]> {
  switch (target.kind) {
    case "pod":
      return await podLinks(places, await findPod(places, target.fullName));
    case "node": {
      const { name } = nodePlacesOf(places, target.number);
      return [
        { enter: insideNetwork(networkPath(places, CONTROL_PLANE_NETWORK), []), name },
        { enter: insideNetwork(networkPath(places, name), []), name: "eth0" },
      ];
    }
    case "program":
      throw new Error("a program has no link of its own; cut its node or a pod");
  }
}

const CUT_TABLE = "netdev rauta_cut";

/**
 * Cuts the network of a pod or a node: frames are dropped in silence both ways. The link itself
 * stays up, so that neither side is told and addresses and routes stay.
 */
export async function cutNetwork(places: Places, target: Target): Promise<void> {
  const [{ enter, name }] = await linksOf(places, target);
  const chain = (hook: string) =>
    `add chain ${CUT_TABLE} ${name}_${hook} ` +
    `{ type filter hook ${hook} device "${name}" priority 0; policy drop; }`;
  await run([...enter, "nft", "--file", "-"], {
    stdin: [`add table ${CUT_TABLE}`, chain("ingress"), chain("egress")].join("\n"),
  });
}

/** Limits what a pod or a node can send and receive, by queueing; what exceeds it waits. */
export async function slowNetwork(
  places: Places,
  target: Target,
  kilobitsPerSecond: number,
): Promise<void> {
  for (const { enter, name } of await linksOf(places, target)) {
    const queue = ["burst", "1600", "latency", "2s"];
    const rate = ["rate", `${kilobitsPerSecond}kbit`];
    await run([
      ...[...enter, "tc", "qdisc", "replace", "dev", name, "root", "tbf"],
      ...[...rate, ...queue],
    ]);
  }
}

/** Takes back `cutNetwork` and `slowNetwork`; where neither was done there is nothing to do. */
export async function mendNetwork(places: Places, target: Target): Promise<void> {
  const links = await linksOf(places, target);
  const [{ enter, name }] = links;
  for (const hook of ["ingress", "egress"]) {
    await attempt([...enter, "nft", `delete chain ${CUT_TABLE} ${name}_${hook}`]);
  }
  for (const { enter, name } of links) {
    await attempt([...enter, "tc", "qdisc", "del", "dev", name, "root"]);
  }
}

const CPU_PERIOD_US = 100_000;

/** Gives a pod at most this many percent of one processor; null takes the limit away. */
export async function throttlePod(
  places: Places,
  fullName: string,
  percent: number | null,
): Promise<void> {
  const folder = await podCgroup(await findPod(places, fullName), "cpu");
  const quotaUs = percent === null ? null : Math.max(1000, percent / 100 * CPU_PERIOD_US);
  if (await cgroupVersion() === 2) {
    await writeKernelFile(`${folder}/cpu.max`, `${quotaUs ?? "max"} ${CPU_PERIOD_US}`);
  } else {
    await writeKernelFile(`${folder}/cpu.cfs_period_us`, String(CPU_PERIOD_US));
    await writeKernelFile(`${folder}/cpu.cfs_quota_us`, String(quotaUs ?? -1));
  }
}
