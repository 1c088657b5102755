// The profile against what a loader really calls: its whole life in each way of attaching is traced.
// What is allowed was called, or is on a list of calls that something else makes, with the reason.

import { installMissing } from "../../src/cli/build_loader.ts";
import { assertEquals } from "../assert.ts";
import { Lab } from "../bpf/lab.ts";
import { Loader, until, untilNothingAttached } from "../bpf/loader.ts";
import { bpfTest } from "../bpf/prepare.ts";
import { readProfile } from "./seccomp_profile.ts";

const RUNTIME = "runc, on the thread that has loaded the filter and is about to execute the loader";
const AARCH64 = "aarch64 has no ";
/** Allowed, and not called by a loader on this machine. */
const OTHERS: Readonly<Record<string, string>> = {
  dup3: `${AARCH64}dup2`,
  epoll_pwait: `${AARCH64}epoll_wait`,
  ppoll: `${AARCH64}poll`,
  readlinkat: `${AARCH64}readlink`,
  unlinkat: `${AARCH64}unlink`,
  restart_syscall: "a poll() that a stop signal interrupts and SIGCONT takes up again",
  // As traced, until execve.
  fstatfs: `${RUNTIME}: is /proc a proc file system?`,
  getdents64: `${RUNTIME}: which descriptors are open`,
  fcntl: `${RUNTIME}: closes them on execve, where close_range is not there`,
  // What Go's runtime does on any thread, when it is about to.
  futex: `${RUNTIME}: Go's locks`,
  getpid: `${RUNTIME}: Go asks another thread to yield`,
  tgkill: `${RUNTIME}: Go asks another thread to yield`,
  rt_sigreturn: `${RUNTIME}: Go was asked to yield`,
  sched_yield: `${RUNTIME}: Go's locks`,
  nanosleep: `${RUNTIME}: Go's locks`,
  madvise: `${RUNTIME}: Go's memory`,
};
/** Called, and refused on purpose. */
const REFUSED: Readonly<Record<string, string>> = {
  setpriority: "a pod's loader has no CAP_SYS_NICE: it runs on with the priority that it has",
};
/** Arguments that the profile tells apart, by what strace calls them. */
const COMMANDS = [
  "BPF_MAP_CREATE",
  "BPF_MAP_LOOKUP_ELEM",
  "BPF_MAP_UPDATE_ELEM",
  "BPF_PROG_LOAD",
  "BPF_OBJ_GET_INFO_BY_FD",
  "BPF_BTF_LOAD",
  "BPF_MAP_FREEZE",
  "BPF_LINK_CREATE",
  "BPF_PROG_BIND_MAP",
];
const COMMAND_NUMBERS = [0, 1, 2, 5, 15, 18, 22, 28, 35];
const FAMILIES: Readonly<Record<string, number>> = { AF_UNIX: 1, AF_NETLINK: 16 };

async function whyNotTraced(): Promise<string | null> {
  try {
    await installMissing([{ what: "strace", package: "strace" }]);
    return null;
  } catch (error) {
    return (error instanceof Error ? error.message : String(error)).split("\n")[0];
  }
}

/** Loaders of one lab and what they call. */
class Tracer {
  readonly calls = new Set<string>();
  readonly commands = new Set<string>();
  readonly families = new Set<string>();
  readonly #files: string[] = [];

  start(lab: Lab, args: readonly string[], interfaces = ["eth0"]): Loader {
    const file = `${lab.folder}/calls-${this.#files.length}`;
    this.#files.push(file);
    // -D: the loader is our child, strace its grandchild.
    const wrapper = ["strace", "-D", "-f", "-q", "-o", file];
    return new Loader(lab, { wrapper, args, interfaces });
  }

  /** Reads what was written so far; the last process of each trace has ended. */
  async collect(): Promise<void> {
    for (const file of this.#files.splice(0)) {
      let text = "";
      await until("the trace is written", async () => {
        text = await Deno.readTextFile(file);
        return /exited with \d+ \+\+\+\n$|killed by \w+ \+\+\+\n$/.test(text);
      });
      for (const [, name, first] of text.matchAll(/^\d+ +(\w+)\(([A-Z_]*)/gm)) {
        this.calls.add(name);
        if (name === "bpf") this.commands.add(first);
        if (name === "socket") this.families.add(first);
      }
    }
  }
}

/** A reader that does not keep up, an interface that goes and comes, and the end by a signal. */
async function live(tracer: Tracer, args: readonly string[]): Promise<void> {
  await using lab = await Lab.create();
  const loader = tracer.start(lab, args);
  const reader = await loader.connect();
  await reader.hello();
  const stuck = await Deno.connect({ transport: "unix", path: loader.socketPath });
  const server = await lab.startServer();
  await lab.send({ requests: 3000, connections: 32 });
  await server.seen();
  await reader.settledCounters();
  await lab.ip("server", "link", "delete", "eth0");
  await until("it has noticed", () => loader.words.includes("is gone"));
  await lab.connectEnds();
  await until("it observes again", () => loader.words.match(/ingress XDP/g)?.length === 2);
  const { code, words } = await loader.stop();
  stuck.close();
  assertEquals(code, 0, words);
  await tracer.collect();
}

async function endInOtherWays(tracer: Tracer): Promise<void> {
  await using lab = await Lab.create();
  const killed = tracer.start(lab, ["--tc", "clsact"]);
  await (await killed.connect()).hello();
  killed.kill("SIGKILL");
  await killed.end();
  await untilNothingAttached(lab);
  assertEquals((await tracer.start(lab, [], ["eth7"]).end()).code, 7);
  assertEquals((await tracer.start(lab, ["--help"]).end()).code, 0);
  const waiting = tracer.start(lab, ["--wait"], ["eth7"]);
  await (await waiting.connect()).hello();
  assertEquals((await waiting.stop()).code, 0);
  await tracer.collect();
}

bpfTest(
  "the profile allows what a loader calls, and for each other call there is a reason",
  async () => {
    const tracer = new Tracer();
    await live(tracer, ["--tc", "tcx", "--reader-kib", "64"]);
    await live(tracer, ["--tc", "clsact", "--mode", "generic", "--ports", "8080"]);
    await live(tracer, ["--verbose"]);
    await endInOtherWays(tracer);

    const { syscalls } = await readProfile();
    const allowed = [...new Set(syscalls.flatMap(({ names }) => names))].sort();
    const reasoned = Object.keys(OTHERS);
    const called = [...tracer.calls].filter((name) => !(name in REFUSED));
    assertEquals(allowed, [...new Set([...called, ...reasoned])].sort());
    if (Deno.build.arch === "x86_64") {
      assertEquals(reasoned.filter((name) => tracer.calls.has(name)), [], "needs no other reason");
    }
    assertEquals(Object.keys(REFUSED).filter((name) => allowed.includes(name)), []);

    const values = (name: string) =>
      syscalls.filter(({ names }) => names.includes(name)).map(({ args }) => args?.[0].value);
    assertEquals([...tracer.commands].sort(), [...COMMANDS].sort());
    assertEquals(values("bpf"), COMMAND_NUMBERS);
    assertEquals([...tracer.families].sort(), Object.keys(FAMILIES).sort());
    assertEquals(values("socket"), Object.values(FAMILIES));
  },
  await whyNotTraced(),
);
