// Whatever is missing is one line on stderr, with the remedy, and an exit code of its own; and what
// must not be needed (root, kernel type information) is not.

import { LOADER_PATH } from "../../src/cli/build_loader.ts";
import { assertEquals } from "../assert.ts";
import { account } from "./account.ts";
import { Lab, run } from "./lab.ts";
import { attachedTo, Loader, type LoaderOptions } from "./loader.ts";
import { bpfTest, REFUSE_BPF } from "./prepare.ts";

const NOBODY = "65534";

/** Runs as nobody with these capabilities and no others. */
function asNobody(...capabilities: readonly string[]): string[] {
  const set = ["-all", ...capabilities.map((name) => `+${name}`)].join(",");
  return [
    "setpriv",
    `--reuid=${NOBODY}`,
    `--regid=${NOBODY}`,
    "--clear-groups",
    `--inh-caps=${set}`,
    `--ambient-caps=${set}`,
    `--bounding-set=${set}`,
  ];
}

interface Refusal {
  readonly name: string;
  readonly options: (lab: Lab) => LoaderOptions | Promise<LoaderOptions>;
  readonly code: number;
  readonly words: RegExp;
}

const REFUSALS: Refusal[] = [
  {
    name: "both capabilities",
    options: () => ({ wrapper: asNobody() }),
    code: 3,
    words: /missing: CAP_BPF and CAP_NET_ADMIN; grant it: setcap cap_bpf,cap_net_admin\+ep/,
  },
  {
    name: "CAP_BPF",
    options: () => ({ wrapper: asNobody("net_admin") }),
    code: 3,
    words: /missing: CAP_BPF; grant it/,
  },
  {
    name: "CAP_NET_ADMIN",
    options: () => ({ wrapper: asNobody("bpf") }),
    code: 3,
    words: /missing: CAP_NET_ADMIN; grant it/,
  },
  {
    name: "bpf(), forbidden by seccomp",
    options: () => ({ wrapper: [REFUSE_BPF, "eperm"] }),
    code: 4,
    words: /bpf\(\) is refused .* seccomp profile/,
  },
  {
    name: "bpf(), unknown to the kernel",
    options: () => ({ wrapper: [REFUSE_BPF, "enosys"] }),
    code: 5,
    words: /has no bpf\(\): one with CONFIG_BPF_SYSCALL is needed/,
  },
  {
    name: "the interface",
    options: () => ({ interfaces: ["eth7"] }),
    code: 7,
    words: /no interface is named eth7 .* ip link shows/,
  },
  {
    name: "the second interface",
    options: () => ({ interfaces: ["eth0", "eth7"] }),
    code: 7,
    words: /no interface is named eth7/,
  },
  {
    name: "an Ethernet header",
    options: async (lab) => {
      await lab.ip("server", "tuntap", "add", "mode", "tun", "name", "tun0");
      return { interfaces: ["tun0"] };
    },
    code: 8,
    words: /tun0 has no Ethernet header; observe the interface below it/,
  },
  {
    name: "native XDP in the driver",
    options: () => ({ interfaces: ["lo"], args: ["--mode", "native"] }),
    code: 10,
    words: /lo takes no native XDP: .*; use --mode auto/,
  },
  {
    name: "a bpf file system",
    options: (lab) => ({ args: ["--pin", `${lab.folder}/pin`] }),
    code: 12,
    words: /not on a bpf file system; mount one \(mount -t bpf bpf/,
  },
  {
    name: "the folder above --pin",
    options: (lab) => ({ args: ["--pin", `${lab.folder}/no/pin`] }),
    code: 12,
    words: /make the folder above it/,
  },
  {
    name: "the socket's folder",
    options: (lab) => ({ args: ["--socket", `${lab.folder}/no/s.sock`] }),
    code: 14,
    words: /its folder must exist and be writable/,
  },
  {
    name: "a path that is free for the socket",
    options: async (lab) => {
      await Deno.writeTextFile(`${lab.folder}/file`, "");
      return { args: ["--socket", `${lab.folder}/file`] };
    },
    code: 14,
    words: /exists and is not a socket/,
  },
];

for (const refusal of REFUSALS) {
  bpfTest(`missing: ${refusal.name}: one line and exit code ${refusal.code}`, async () => {
    await using lab = await Lab.create();
    await Deno.chmod(lab.folder, 0o777);
    const { code, words } = await new Loader(lab, await refusal.options(lab)).end();
    const lines = words.trimEnd().split("\n");
    assertEquals(code, refusal.code, words);
    assertEquals(refusal.words.test(lines[lines.length - 1]), true, words);
    // Interfaces that were attached before the failing one have said so; nothing else has.
    assertEquals(lines.filter((line) => !line.includes("ingress XDP")).length, 1, words);
    assertEquals(await attachedTo(lab), { xdp: 0, tcx: 0, clsact: 0 });
  });
}

bpfTest("a path where another process listens is not taken away", async () => {
  await using lab = await Lab.create();
  const path = `${lab.folder}/taken.sock`;
  using _listener = Deno.listen({ transport: "unix", path });
  const { code, words } = await new Loader(lab, { args: ["--socket", path] }).end();
  assertEquals([code, /another process listens there/.test(words)], [15, true], words);
});

/** Arguments and the beginning of what must be said of them. */
const USAGE: [string[], string][] = [
  [[], "--interface NAME is missing"],
  [["--interface", "eth0"], "--socket PATH is missing"],
  [["--interface", "0123456789abcdef"], "--interface 0123456789abcdef: not an interface name"],
  [["--interface", ""], "--interface : not an interface name"],
  [["--interface", "a/b"], "--interface a/b: not an interface name"],
  [["--interface", "a", "--interface", "a"], "--interface a: given twice"],
  [["--interface", "a,b,a"], "--interface a: given twice"],
  [["--interface", "a,"], "--interface : not an interface name"],
  [Array.from({ length: 17 }, (_, i) => ["--interface", `e${i}`]).flat(), "--interface e16: more"],
  [["--socket", "s".repeat(108)], "--socket: a path has 1 to 107 bytes"],
  [["--socket", ""], "--socket: a path has"],
  [["--socket-mode", "0888"], "--socket-mode 0888: expected octal"],
  [["--socket-mode", "1777"], "--socket-mode 1777: expected octal"],
  [["--pin", ""], "--pin: a folder has"],
  [["--ports", "80,"], "--ports: '' is not a port"],
  [["--ports", "0"], "--ports: '0' is not a port"],
  [["--ports", "65536"], "--ports: '65536' is not a port"],
  [["--ports", "-1"], "--ports: '-1' is not a port"],
  [["--ports", "80x"], "--ports: '80x' is not a port"],
  [["--ports", Array.from({ length: 17 }, (_, i) => i + 1).join(",")], "--ports: more than 16"],
  [["--mode", "fast"], "--mode fast: expected auto, native or generic"],
  [["--tc", ""], "--tc : expected auto, tcx or clsact"],
  [["--ring-kib", "63"], "--ring-kib 63: expected a power of two"],
  [["--ring-kib", "96"], "--ring-kib 96: expected a power of two"],
  [["--ring-kib", "99999999999999999999"], "--ring-kib 99999999999999999999: expected"],
  [["--verbos", "x"], "x: not an option"],
  [["--nonsense"], "--nonsense: no such option"],
  [["--mode"], "--mode: a value is missing"],
];

bpfTest("arguments that make no sense are answered with one line and exit code 2", async () => {
  for (const [args, start] of USAGE) {
    const output = await new Deno.Command(LOADER_PATH, { args }).output();
    const words = new TextDecoder().decode(output.stderr);
    assertEquals(output.code, 2, words);
    assertEquals(words.startsWith(`rauta-loader: ${start}`), true, words);
    assertEquals(words.split("\n").length, 2, words);
  }
});

bpfTest("--help names every option and exit code, --version the version", async () => {
  const help = await run(LOADER_PATH, "--help");
  const options = ["interface", "socket", "socket-mode", "pin", "ports", "mode", "tc", "ring-kib"];
  for (const option of options) assertEquals(help.includes(`--${option} `), true, option);
  const codes = [...help.replace(/\s+/g, " ").matchAll(/(\d+) [^,.:]+(?=[,.])/g)].map(([, c]) =>
    +c
  );
  for (const code of [0, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16]) {
    assertEquals(codes.includes(code), true, `exit code ${code}`);
  }
  const { version } = JSON.parse(await Deno.readTextFile("deno.json")) as { version: string };
  assertEquals(await run(LOADER_PATH, "--version"), `rauta-loader ${version}\n`);
});

for (const tc of ["tcx", "clsact"]) {
  bpfTest(`as nobody, with CAP_BPF and CAP_NET_ADMIN alone, with ${tc}: captures all`, async () => {
    await using lab = await Lab.create();
    const wrapper = asNobody("bpf", "net_admin");
    await captures(lab, { wrapper, args: ["--tc", tc, "--ports", "8080,443"] });
  });
}

bpfTest("as nobody, pinned into a folder of one's own, and taken over", async () => {
  await using lab = await Lab.create();
  const folder = `${await lab.mountBpffs()}/rauta`;
  await Deno.mkdir(folder);
  await Deno.chown(folder, Number(NOBODY), Number(NOBODY));
  await Deno.chmod(folder.slice(0, -"/rauta".length), 0o755);
  const options = { wrapper: asNobody("bpf", "net_admin"), args: ["--pin", folder] };
  await captures(lab, options);
  await Deno.chmod(lab.folder, 0o777);
  const second = new Loader(lab, options);
  const reader = await second.connect();
  assertEquals((await reader.hello()).interfaces[0].flags, 3);
  await second.stop();
});

bpfTest("without kernel type information (BTF): captures all", async () => {
  await using lab = await Lab.create();
  const script = 'mount -t tmpfs none /sys/kernel && test ! -e /sys/kernel/btf && exec "$@"';
  await captures(lab, { wrapper: ["unshare", "--mount", "sh", "-c", script, "sh"] });
});

/** 500 requests, all captured, and a clean end. */
async function captures(lab: Lab, options: LoaderOptions): Promise<void> {
  await Deno.chmod(lab.folder, 0o777);
  const loader = new Loader(lab, options);
  const reader = await loader.connect();
  await reader.hello();
  assertEquals((await Deno.lstat(loader.socketPath)).mode! & 0o777, 0o600);
  const server = await lab.startServer();
  await lab.send({ requests: 500 });
  const seen = await server.seen();
  assertEquals(account(reader.records, await reader.settledCounters(), seen), 0);
  assertEquals((await loader.stop()).code, 0);
}
