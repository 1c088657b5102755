// The cgroups of nodes: made before a kubelet starts, removed after its node is gone.
// Knows both layouts: hierarchies by controller (version 1, or mixed), and one for all (version 2).

import { attempt } from "./command.ts";
import {
  kernelFoldersIn,
  makeKernelFolder,
  readKernelFile,
  removeKernelFolders,
  writeKernelFile,
} from "./kernel_files.ts";

const ROOT = "/sys/fs/cgroup";
const V1_CONTROLLERS = [
  "cpu",
  "cpuacct",
  "cpuset",
  "memory",
  "devices",
  "freezer",
  "blkio",
  "pids",
  "systemd",
];
const V2_CONTROLLERS = ["cpu", "cpuset", "memory", "pids", "io"];

export async function cgroupVersion(): Promise<1 | 2> {
  const found = await attempt(["stat", "--file-system", "--format=%T", ROOT]);
  return found.stdout.trim() === "cgroup2fs" ? 2 : 1;
}

async function hierarchies(): Promise<string[]> {
  return await cgroupVersion() === 2 ? [ROOT] : await kernelFoldersIn(ROOT);
}

export async function makeCgroups(name: string): Promise<void> {
  if (await cgroupVersion() === 2) {
    const wanted = V2_CONTROLLERS.map((controller) => `+${controller}`).join(" ");
    await writeKernelFile(`${ROOT}/cgroup.subtree_control`, wanted);
    await makeKernelFolder(`${ROOT}/${name}`);
    await writeKernelFile(`${ROOT}/${name}/cgroup.subtree_control`, wanted);
    return;
  }
  for (const controller of V1_CONTROLLERS) {
    await makeKernelFolder(`${ROOT}/${controller}/${name}`);
  }
  // A new version 1 cpuset is empty, and no process may join it before it names processors.
  for (const file of ["cpuset.cpus", "cpuset.mems"]) {
    const inherited = readKernelFile(`${ROOT}/cpuset/${file}`);
    if (inherited === null) throw new Error(`${ROOT}/cpuset/${file} cannot be read`);
    await writeKernelFile(`${ROOT}/cpuset/${name}/${file}`, inherited);
  }
}

/** Removes every cgroup whose name `isWanted`; their processes may be still ending. */
export async function removeCgroups(
  isWanted: (name: string) => boolean,
  patienceMs = 60_000,
): Promise<void> {
  const deadlineMs = performance.now() + patienceMs;
  for (;;) {
    const left = await findCgroups(isWanted);
    if (left.length === 0) return;
    let refusal: unknown = null;
    for (const folder of left) await removeKernelFolders(folder).catch((error) => refusal = error);
    if (refusal === null) continue;
    if (performance.now() > deadlineMs) throw refusal;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

/** Paths of the top-level cgroups, in every hierarchy, whose name `isWanted`. */
export async function findCgroups(isWanted: (name: string) => boolean): Promise<string[]> {
  const found: string[] = [];
  for (const hierarchy of await hierarchies()) {
    for (const child of await kernelFoldersIn(hierarchy)) {
      if (isWanted(child.slice(hierarchy.length + 1))) found.push(child);
    }
  }
  return found;
}
