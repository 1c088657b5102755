// A whole cluster: brings it to the wanted state, says what state it is in, takes it away.
// Everything it has lies in one folder, so any process can find it, whoever started it.

import { grantProxyRights, installDns, installGatewayApi, waitForDns } from "./addons.ts";
import { adminClient, kubectl, waitForApi } from "./api.ts";
import { CLUSTER_ARTIFACTS } from "./artifacts.ts";
import { findCgroups, removeCgroups } from "./cgroups.ts";
import { until } from "./command.ts";
import { CONTROL_PLANE_PROGRAMS, GATE, startControlPlane } from "./control_plane.ts";
import { build } from "./go_build.ts";
import { allCommandLines, readKernelFile } from "./kernel_files.ts";
import { takeLock } from "./lock.ts";
import { makeControlPlaneNetwork, namespaceInode, removeNamespace } from "./network.ts";
import { addNode, nodeInitPid, nodeNumbers } from "./node.ts";
import { nodePlacesOf } from "./node_config.ts";
import {
  commandLineOf,
  isAlive,
  listRecords,
  processesInNetworks,
  readRecord,
  type Recorded,
  residentBytesOf,
  sendSignal,
  workingPid,
} from "./process_table.ts";
import { requireMachine } from "./requirements.ts";
import { cacheFolder, MAX_NODES, nodeName, type Places, placesOf } from "./settings.ts";

export interface UpOptions {
  readonly nodes: number;
  /** Told what has just been done, for people. */
  readonly report?: (line: string) => void;
}

async function lockCluster(name: string): Promise<() => void> {
  await Deno.mkdir(`${cacheFolder()}/clusters`, { recursive: true });
  return await takeLock(lockPath(name), `changing cluster ${name}`);
}

const lockPath = (name: string) => `${placesOf(name).root}.lock`;

const exists = (path: string) => Deno.stat(path).then(() => true, () => false);

/** Whether the control plane runs: all of its programs, and the gate. */
export async function isRunning(places: Places): Promise<boolean> {
  for (const name of [...CONTROL_PLANE_PROGRAMS, GATE]) {
    if (!isAlive(await readRecord(places.processes, name))) return false;
  }
  return true;
}

/**
 * Brings the cluster to the wanted state: starts what is missing, leaves what runs. A cluster that
 * lost its control plane (the machine restarted, a start was cut short) is made afresh.
 */
export async function up(name: string, options: UpOptions): Promise<Places> {
  const { nodes, report = () => {} } = options;
  if (!Number.isInteger(nodes) || nodes < 0 || nodes > MAX_NODES) {
    throw new Error(`--nodes must be a whole number from 0 to ${MAX_NODES}`);
  }
  const places = placesOf(name);
  await requireMachine(nodes > 0);
  for (const artifact of CLUSTER_ARTIFACTS) await build(artifact);
  const startMs = performance.now();
  const say = (line: string) =>
    report(`${((performance.now() - startMs) / 1000).toFixed(1).padStart(5)} s  ${line}`);
  const unlock = await lockCluster(name);
  try {
    // The marker is written last: without it a start was cut short, and half a cluster is none.
    if (await exists(`${places.root}/complete`) && await isRunning(places)) {
      say(`cluster ${name} runs already`);
    } else {
      if (await exists(places.root)) {
        say("removing what an earlier cluster of this name left behind");
        await removeEverything(places);
      }
      await startFresh(places, say);
    }
    await addMissingNodes(places, nodes, say);
  } finally {
    unlock();
  }
  return places;
}

async function startFresh(places: Places, say: (line: string) => void): Promise<void> {
  for (const folder of [places.pki, places.logs, places.processes, places.networks]) {
    await Deno.mkdir(folder, { recursive: true, mode: 0o700 });
  }
  await makeControlPlaneNetwork(places);
  await startControlPlane(places);
  say("control plane started");
  using client = await adminClient(places);
  await waitForApi(client, 240_000);
  say("API server ready");
  await installGatewayApi(places);
  await grantProxyRights(places);
  say("Gateway API installed");
  await Deno.writeTextFile(`${places.root}/complete`, "");
}

async function addMissingNodes(
  places: Places,
  wanted: number,
  say: (line: string) => void,
): Promise<void> {
  const have = await nodeNumbers(places);
  const missing = Array.from({ length: wanted }, (_, index) => index + 1)
    .filter((number) => !have.includes(number));
  if (missing.length > 0) {
    if (have.length === 0) await installDns(places);
    // Namespaces and routes depend on who came before; the slow part is waiting, done for all.
    for (const number of missing) {
      await addNode(places, number, [...have]);
      have.push(number);
      say(`${nodeName(number)} started`);
    }
  }
  if (have.length === 0) return;
  await waitForNodes(places, have);
  await waitForDns(places);
  say(`nodes ready: ${have.map(nodeName).join(", ")}; cluster DNS answers`);
}

interface NodeList {
  items: { metadata: { name: string }; status: { conditions?: Condition[] } }[];
}
interface Condition {
  type: string;
  status: string;
}

async function readyNodes(places: Places): Promise<Map<string, boolean>> {
  using client = await adminClient(places);
  const { body } = await client.request("GET", "/api/v1/nodes");
  return new Map((body as NodeList).items.map(({ metadata, status }) => [
    metadata.name,
    status.conditions?.some(({ type, status }) => type === "Ready" && status === "True") ?? false,
  ]));
}

export async function waitForNodes(places: Places, numbers: readonly number[]): Promise<void> {
  await until(`nodes ${numbers.join(", ")} to be Ready`, async () => {
    const ready = await readyNodes(places);
    return numbers.every((number) => ready.get(nodeName(number))) ? true : null;
  }, { timeoutMs: 240_000, everyMs: 200 });
}

/** Takes a cluster away: processes, namespaces, mounts, cgroups and files. True if there was one. */
export async function down(name: string): Promise<boolean> {
  const places = placesOf(name);
  if (!await exists(places.root) && !await exists(lockPath(name))) return false;
  const unlock = await lockCluster(name);
  try {
    const existed = await exists(places.root);
    await removeEverything(places);
    await Deno.remove(lockPath(name));
    return existed;
  } finally {
    unlock();
  }
}

async function networkFiles(places: Places): Promise<string[]> {
  const files: string[] = [];
  try {
    for await (const entry of Deno.readDir(places.networks)) {
      files.push(`${places.networks}/${entry.name}`);
    }
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
  return files;
}

/** Every process of the cluster: recorded ones, all that is in its networks, and its gate. */
async function processesOf(places: Places): Promise<Set<number>> {
  const pids = new Set<number>();
  for (const record of await listRecords(places.processes)) {
    const pid = workingPid(record);
    if (pid !== null) pids.add(pid).add(record.pid);
  }
  const inodes = await Promise.all((await networkFiles(places)).map(namespaceInode));
  for (const pid of processesInNetworks(new Set(inodes.filter((inode) => inode !== null)))) {
    pids.add(pid);
  }
  // Started, but the start was cut short before it was recorded.
  const own = `${places.root}/`;
  for (const [pid, words] of allCommandLines()) {
    if (words[1] === "forward" && words.some((word) => word.startsWith(own))) pids.add(pid);
  }
  pids.delete(Deno.pid);
  return pids;
}

async function removeEverything(places: Places): Promise<void> {
  // What a start cut short had just begun may appear between two looks.
  await until("the cluster's processes to end", async () => {
    const pids = await processesOf(places);
    for (const pid of pids) sendSignal(pid, "SIGKILL");
    return pids.size === 0 ? true : null;
  }, { timeoutMs: 120_000, everyMs: 50 });
  for (const file of await networkFiles(places)) await removeNamespace(file);
  await removeCgroups((name) => name.startsWith(`${places.cgroupPrefix}-`));
  // Overlay mounts of a node's containers end with its namespace, a moment after its processes.
  await until("the cluster's folder to be removable", async () => {
    await Deno.remove(places.root, { recursive: true }).catch((error) => {
      if (!(error instanceof Deno.errors.NotFound)) throw error;
    });
    return true;
  }, { timeoutMs: 60_000 });
}

/** Everything of the cluster that exists outside of files, for tests of `down`. */
export async function leftovers(places: Places): Promise<string[]> {
  const found: string[] = [];
  for (const pid of await processesOf(places)) {
    found.push(`process ${pid}: ${commandLineOf(pid).join(" ")}`);
  }
  found.push(...await findCgroups((name) => name.startsWith(places.cgroupPrefix)));
  const mounts = readKernelFile("/proc/self/mountinfo") ?? "";
  found.push(...mounts.split("\n").filter((line) => line.includes(`${places.root}/`)));
  for (const path of [places.root, lockPath(places.name)]) {
    if (await exists(path)) found.push(path);
  }
  return found;
}

export interface ProgramStatus {
  readonly name: string;
  readonly pid: number | null;
  readonly residentBytes: number;
}

export interface ClusterStatus {
  readonly running: boolean;
  readonly programs: readonly ProgramStatus[];
  readonly nodes: readonly { readonly name: string; readonly running: boolean }[];
  /** kubectl's own words about nodes and pods; null where the API server does not answer. */
  readonly objects: string | null;
}

function statusOf(record: Recorded): ProgramStatus {
  const pid = workingPid(record);
  return { name: record.spec.name, pid, residentBytes: pid === null ? 0 : residentBytesOf(pid) };
}

/** What there is of a cluster; null where there is nothing. */
export async function status(name: string): Promise<ClusterStatus | null> {
  const places = placesOf(name);
  if (!await exists(places.root)) return null;
  const nodes = await Promise.all((await nodeNumbers(places)).map(async (number) => ({
    name: nodeName(number),
    running: await nodeInitPid(places, nodePlacesOf(places, number)) !== null,
  })));
  const objects = await kubectl(
    places,
    ["get", "nodes,pods", "--all-namespaces", "--output=wide", "--request-timeout=5s"],
    { timeoutMs: 10_000 },
  ).catch(() => null);
  return {
    running: await isRunning(places),
    programs: (await listRecords(places.processes)).map(statusOf),
    nodes,
    objects,
  };
}

/** Names of the clusters that have a folder. */
export async function listClusters(): Promise<string[]> {
  const names: string[] = [];
  try {
    for await (const entry of Deno.readDir(`${cacheFolder()}/clusters`)) {
      if (entry.isDirectory) names.push(entry.name);
    }
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
  return names.sort();
}
