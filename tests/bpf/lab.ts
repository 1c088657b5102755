// Network namespaces with a server, a client and, where asked, a node between them; everything that
// runs in them, and its end. Leaves nothing behind but what it could not remove.

import type { Plan } from "./traffic/client.ts";
import { VLAN_TAGS } from "./prepare.ts";

export const SERVER_IPV4 = "10.77.2.1", SERVER_IPV6 = "fd77:2::1";
export const PORT = 8080;

export type Place = "server" | "client" | "node";

/** Runs a command to its end; throws with its words where it fails. Returns stdout. */
export async function run(command: string, ...args: readonly string[]): Promise<string> {
  const output = await new Deno.Command(command, { args: [...args], stdin: "null" }).output();
  if (output.success) return new TextDecoder().decode(output.stdout);
  const words = new TextDecoder().decode(output.stderr).trim();
  throw new Error(`${command} ${args.join(" ")} ends with ${output.code}: ${words}`);
}

export interface Seen {
  readonly requests: Record<string, string>;
  readonly answers: Record<string, string>;
}

export class Lab implements AsyncDisposable {
  readonly folder = Deno.makeTempDirSync({ prefix: "rauta-bpf-" });
  readonly #prefix = `rauta-${crypto.randomUUID().slice(0, 8)}`;
  readonly #processes: Deno.ChildProcess[] = [];
  readonly #mounts: string[] = [];

  private constructor(readonly places: readonly Place[]) {}

  /** Two ends with eth0 each; with "node" between them eth0 towards the client, eth1 to the server. */
  static async create(withNode = false): Promise<Lab> {
    const lab = new Lab(withNode ? ["server", "client", "node"] : ["server", "client"]);
    try {
      await lab.#connect(withNode);
    } catch (error) {
      await lab[Symbol.asyncDispose]();
      throw error;
    }
    return lab;
  }

  async #connect(withNode: boolean): Promise<void> {
    for (const place of this.places) {
      await run("ip", "netns", "add", this.namespace(place));
      await this.ip(place, "link", "set", "lo", "up");
    }
    if (withNode) {
      await this.#join("node", "eth0", "client");
      await this.#join("node", "eth1", "server");
      await this.address("node", "eth0", "10.77.1.1/24", "fd77:1::1/64");
      await this.address("node", "eth1", "10.77.2.2/24", "fd77:2::2/64");
      await this.address("client", "eth0", "10.77.1.2/24", "fd77:1::2/64");
      await this.address("server", "eth0", `${SERVER_IPV4}/24`, `${SERVER_IPV6}/64`);
      await this.ip("client", "route", "add", "default", "via", "10.77.1.1");
      await this.ip("server", "route", "add", "default", "via", "10.77.2.2");
      await this.in("node", "sh", "-c", "echo 1 > /proc/sys/net/ipv4/ip_forward");
    } else {
      await this.connectEnds();
    }
  }

  namespace(place: Place): string {
    return `${this.#prefix}-${place}`;
  }

  /** Also makes the server's eth0 anew after it has been deleted. */
  async connectEnds(): Promise<void> {
    await this.#join("server", "eth0", "client");
    await this.address("server", "eth0", `${SERVER_IPV4}/24`, `${SERVER_IPV6}/64`);
    await this.address("client", "eth0", "10.77.2.2/24", "fd77:2::2/64");
  }

  async #join(place: Place, name: string, other: Place): Promise<void> {
    const far = ["peer", "name", "eth0", "netns", this.namespace(other)];
    await this.ip(place, "link", "add", name, "type", "veth", ...far);
  }

  async address(place: Place, name: string, ipv4: string, ipv6: string): Promise<void> {
    await this.ip(place, "address", "add", ipv4, "dev", name);
    await this.ip(place, "address", "add", ipv6, "dev", name, "nodad");
    await this.ip(place, "link", "set", name, "up");
  }

  /** Puts one or two VLAN tags on everything that goes over the wire, both ways. */
  async tagTraffic(tags: "one" | "two"): Promise<void> {
    for (const place of ["server", "client"] as const) {
      await this.ip(place, "link", "set", "eth0", "mtu", "1400");
      // The tags must be in the packet, not beside it, when the other end's XDP sees it.
      await this.in(
        place,
        "ethtool",
        "-K",
        "eth0",
        "txvlan",
        "off",
        "tx-vlan-stag-hw-insert",
        "off",
      );
      await this.in(place, "tc", "qdisc", "add", "dev", "eth0", "clsact");
      for (const [hook, action] of [["egress", "push"], ["ingress", "pop"]]) {
        const program = ["bpf", "da", "obj", VLAN_TAGS, "sec", `tc_${action}_${tags}`];
        await this.in(place, "tc", "filter", "add", "dev", "eth0", hook, ...program);
      }
    }
  }

  ip(place: Place, ...args: readonly string[]): Promise<string> {
    return run("ip", "-n", this.namespace(place), ...args);
  }

  in(place: Place, command: string, ...args: readonly string[]): Promise<string> {
    return run("nsenter", `--net=/run/netns/${this.namespace(place)}`, command, ...args);
  }

  /** Starts a process in a namespace; it is killed at the lab's end if it still runs. */
  start(place: Place, args: readonly string[], options: Deno.CommandOptions): Deno.ChildProcess {
    const child = new Deno.Command("nsenter", {
      ...options,
      args: [`--net=/run/netns/${this.namespace(place)}`, ...args],
    }).spawn();
    this.#processes.push(child);
    return child;
  }

  #deno(place: Place, script: string, args: readonly string[], options: Deno.CommandOptions) {
    const program = [
      "run",
      "--quiet",
      "--no-config",
      "--no-lock",
      "--allow-net",
      `tests/bpf/traffic/${script}`,
    ];
    return this.start(place, [Deno.execPath(), ...program, ...args], options);
  }

  /** A backend in the server's namespace; `seen` ends it and says what it saw. */
  async startServer(): Promise<{ seen(): Promise<Seen> }> {
    const pipes = { stdin: "piped", stdout: "piped" } as const;
    const child = this.#deno("server", "server.ts", ["::", String(PORT)], pipes);
    const lines = child.stdout.pipeThrough(new TextDecoderStream()).getReader();
    await lines.read(); // "ready"
    const seen = async () => {
      await child.stdin.close();
      let output = "";
      for (let part = await lines.read(); !part.done; part = await lines.read()) {
        output += part.value;
      }
      return JSON.parse(output) as Seen;
    };
    return { seen };
  }

  /** Runs the client; every request of the plan is answered or this throws. */
  async send(plan: Partial<Plan> = {}): Promise<{ answered: number; seconds: number }> {
    const whole: Plan = {
      hostname: SERVER_IPV4,
      port: PORT,
      requests: 1000,
      ratePerSecond: 5000,
      connections: 16,
      closes: false,
      kinds: ["small"],
      ...plan,
    };
    const pipes = { stdout: "piped", stderr: "inherit" } as const;
    const child = this.#deno("client", "client.ts", [JSON.stringify(whole)], pipes);
    const { success, stdout } = await child.output();
    if (!success) throw new Error("the client failed");
    return JSON.parse(new TextDecoder().decode(stdout));
  }

  /** A bpf file system of the lab's own, in a mount that every namespace shares. */
  async mountBpffs(): Promise<string> {
    const path = `${this.folder}/bpffs-${this.#mounts.length}`;
    await Deno.mkdir(path);
    await run("mount", "-t", "bpf", "bpf", path);
    this.#mounts.push(path);
    return path;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const child of this.#processes) {
      try {
        child.kill("SIGKILL");
      } catch {
        // it has ended by itself
      }
      await child.status;
    }
    for (const path of this.#mounts) await run("umount", path).catch(() => {});
    for (const place of this.places) {
      await run("ip", "netns", "delete", this.namespace(place)).catch(() => {});
    }
    await Deno.remove(this.folder, { recursive: true }).catch(() => {});
  }
}
