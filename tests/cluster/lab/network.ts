// The network namespaces of a cluster: one for the control plane, with the bridge that joins all,
// and one for each node. Each is held by a file of the cluster's own folder, not by a name that the
// whole machine shares, and the host's own network is never touched.

import { attempt, insideNetwork, run } from "./command.ts";
import { CONTROL_PLANE_NETWORK, NETWORK, networkPath, nodeName, type Places } from "./settings.ts";

const BRIDGE = "br0";

async function makeNamespace(path: string): Promise<void> {
  await Deno.writeTextFile(path, "");
  await run(["unshare", `--net=${path}`, "true"]);
}

/** The namespace's inode, or null where the file holds none (never made, or the machine restarted). */
export async function namespaceInode(path: string): Promise<number | null> {
  const NAMESPACE_FILE_SYSTEM = "nsfs";
  const found = await attempt(["stat", "--file-system", "--format=%T", path]);
  if (found.code !== 0 || found.stdout.trim() !== NAMESPACE_FILE_SYSTEM) return null;
  return (await Deno.stat(path)).ino;
}

async function configure(path: string, commands: readonly string[]): Promise<void> {
  const script = commands.join("\n");
  await run(insideNetwork(path, ["ip", "-batch", "-"]), { stdin: script });
}

/** Writes one of the namespace's own switches under /proc/sys/net. */
async function setSwitch(path: string, name: string, value: string): Promise<void> {
  await run(insideNetwork(path, ["sysctl", "-qw", `${name}=${value}`]));
}

export async function makeControlPlaneNetwork(places: Places): Promise<void> {
  const path = networkPath(places, CONTROL_PLANE_NETWORK);
  await makeNamespace(path);
  await configure(path, [
    "link set lo up",
    `link add ${BRIDGE} type bridge`,
    `link set ${BRIDGE} up`,
    `addr add ${NETWORK.controlPlane}/${NETWORK.prefixBits} dev ${BRIDGE}`,
  ]);
  await setSwitch(path, "net.ipv4.ip_forward", "1");
  // Bridged frames would otherwise pass a second firewall where br_netfilter is loaded.
  await attempt(insideNetwork(path, ["sysctl", "-qw", "net.bridge.bridge-nf-call-iptables=0"]));
}

/** Makes a node's namespace, hangs it on the bridge, and routes pods between it and `others`. */
export async function makeNodeNetwork(
  places: Places,
  number: number,
  others: readonly number[],
): Promise<void> {
  const name = nodeName(number);
  const path = networkPath(places, name);
  const controlPlane = networkPath(places, CONTROL_PLANE_NETWORK);
  await makeNamespace(path);
  await configure(controlPlane, [
    `link add ${name} type veth peer name eth0 netns ${path}`,
    `link set ${name} master ${BRIDGE} up`,
    `route add ${NETWORK.podsOf(number)} via ${NETWORK.node(number)}`,
  ]);
  await configure(path, [
    "link set lo up",
    `addr add ${NETWORK.node(number)}/${NETWORK.prefixBits} dev eth0`,
    "link set eth0 up",
    `route add default via ${NETWORK.controlPlane}`,
    ...others.map((other) => `route add ${NETWORK.podsOf(other)} via ${NETWORK.node(other)}`),
  ]);
  await setSwitch(path, "net.ipv4.ip_forward", "1");
  for (const other of others) {
    await configure(networkPath(places, nodeName(other)), [
      `route replace ${NETWORK.podsOf(number)} via ${NETWORK.node(number)}`,
    ]);
  }
}

/** Unmounts and removes the file; the kernel drops the namespace with its last process. */
export async function removeNamespace(path: string): Promise<void> {
  if (await namespaceInode(path) !== null) await run(["umount", path]);
  await Deno.remove(path).catch(() => {});
}

/** Takes a node's link off the bridge, with what routes to it. */
export async function detachNode(places: Places, number: number): Promise<void> {
  const controlPlane = networkPath(places, CONTROL_PLANE_NETWORK);
  await attempt(insideNetwork(controlPlane, ["ip", "link", "del", nodeName(number)]));
  await attempt(
    insideNetwork(controlPlane, ["ip", "route", "del", NETWORK.podsOf(number)]),
  );
}
