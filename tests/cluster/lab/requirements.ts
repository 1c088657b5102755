// What a machine must have to run the test cluster, and how to say what it lacks.
// Looks only; installs nothing.

import { CLUSTER_ARTIFACTS } from "./artifacts.ts";
import { isBuilt } from "./go_build.ts";

/** Programs by the Debian package that brings them. */
const CONTROL_PLANE_PROGRAMS: Readonly<Record<string, string>> = {
  ip: "iproute2",
  nsenter: "util-linux",
  openssl: "openssl",
  sysctl: "procps",
};
const NODE_PROGRAMS: Readonly<Record<string, string>> = {
  runc: "runc",
  nft: "nftables",
  // The CNI port mapper calls them.
  iptables: "iptables",
  conntrack: "conntrack",
};

const CNI_FOLDERS = ["/usr/lib/cni", "/opt/cni/bin"];

/** The folder with the CNI plugins, or null. */
export async function cniFolder(): Promise<string | null> {
  for (const folder of CNI_FOLDERS) {
    if (await Deno.stat(`${folder}/bridge`).then(() => true, () => false)) return folder;
  }
  return null;
}

/** Where a program lies, by PATH and the folders of administrators' programs. */
export function findProgram(name: string): string | null {
  const onPath = Deno.env.get("PATH")?.split(":") ?? [];
  for (const folder of ["/usr/sbin", "/usr/bin", "/sbin", "/bin", ...onPath]) {
    try {
      const path = `${folder}/${name}`;
      if (Deno.statSync(path).isFile) return path;
    } catch {
      // Not there: the next folder.
    }
  }
  return null;
}

/**
 * Why a cluster can't run here, one reason a line for people; empty where it can.
 * `withNodes` false asks about the control plane alone.
 */
export async function missingRequirements(withNodes = true): Promise<string[]> {
  if (Deno.build.os !== "linux") return ["needs Linux"];
  const missing: string[] = [];
  if (Deno.uid() !== 0) missing.push("needs root (network namespaces, mounts, cgroups)");
  const programs = { ...CONTROL_PLANE_PROGRAMS, ...withNodes ? NODE_PROGRAMS : {} };
  const packages: string[] = [];
  for (const [program, packageName] of Object.entries(programs)) {
    if (findProgram(program) === null) packages.push(packageName);
  }
  if (withNodes && await cniFolder() === null) packages.push("containernetworking-plugins");
  if (packages.length > 0) missing.push(`needs the packages ${packages.join(", ")}`);
  if (findProgram("go") === null) {
    const built = await Promise.all(CLUSTER_ARTIFACTS.map(isBuilt));
    if (built.includes(false)) {
      missing.push("needs Go 1.26 or newer to build the cluster's programs");
    }
  }
  return missing;
}

/** Throws with every reason where a cluster can't run here. */
export async function requireMachine(withNodes: boolean): Promise<void> {
  const missing = await missingRequirements(withNodes);
  if (missing.length > 0) {
    throw new Error(`this machine can't run the test cluster: it ${missing.join("; ")}`);
  }
}
