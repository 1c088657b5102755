// The loader under its own seccomp profile, in the kernel: a whole life works, and what a loader has no
// business with is refused.

import { assertEquals } from "../assert.ts";
import { Lab, run } from "../bpf/lab.ts";
import { attachedTo, Loader, until, untilNothingAttached } from "../bpf/loader.ts";
import { bpfTest } from "../bpf/prepare.ts";
import { callNumbers, CONFINE, confineRules, readProfile } from "./seccomp_profile.ts";

const EPERM = 1;
const RESPONSE = 2;

/** A loader with nothing but its two capabilities, confined. */
async function confined(lab: Lab, ...args: string[]): Promise<Loader> {
  const rules = await confineRules(await readProfile());
  const capabilities = ["--inh-caps=-all", "--bounding-set=-all,+bpf,+net_admin"];
  const wrapper = ["setpriv", ...capabilities, CONFINE, ...rules, "--"];
  return new Loader(lab, { wrapper, args });
}

for (const [name, args] of [["TCX", ["--tc", "tcx"]], ["clsact", ["--tc", "clsact"]]] as const) {
  bpfTest(`the profile lets a loader live its whole life, with ${name}`, async () => {
    await using lab = await Lab.create();
    const loader = await confined(lab, ...args);
    const reader = await loader.connect();
    await reader.hello();
    const server = await lab.startServer();
    await lab.send({ requests: 200 });
    await server.seen();
    await reader.settledCounters();
    assertEquals(reader.records.filter(({ kind }) => kind === RESPONSE).length, 200);
    await lab.ip("server", "link", "delete", "eth0");
    await until("it has noticed", () => loader.words.includes("is gone"));
    await lab.connectEnds();
    await until("it observes again", () => loader.words.match(/ingress XDP/g)?.length === 2);
    const second = await loader.connect();
    await second.hello();
    second.close();
    const { code, words } = await loader.stop();
    assertEquals([code, /EPERM|not permitted/.test(words)], [0, false], words);
    await reader.end();
    await untilNothingAttached(lab);
  });
}

bpfTest(
  "a confined loader that is killed leaves nothing attached, its guard being confined too",
  async () => {
    await using lab = await Lab.create();
    const loader = await confined(lab, "--tc", "clsact");
    const reader = await loader.connect();
    await reader.hello();
    assertEquals((await attachedTo(lab)).clsact > 0, true);
    loader.kill("SIGKILL");
    await reader.end();
    await untilNothingAttached(lab);
  },
);

bpfTest("a confined loader says why it can't observe", async () => {
  await using lab = await Lab.create();
  const rules = await confineRules(await readProfile());
  for (const [interfaces, code] of [[["eth7"], 7], [["eth0,eth0"], 2]] as const) {
    const wrapper = [CONFINE, ...rules, "--"];
    const end = await new Loader(lab, { wrapper, interfaces }).end();
    assertEquals([end.code, end.words.startsWith("rauta-loader: ")], [code, true], end.words);
  }
});

bpfTest("the profile refuses what a loader has no business with", async () => {
  const profile = await readProfile();
  assertEquals([profile.defaultAction, profile.defaultErrnoRet], ["SCMP_ACT_ERRNO", EPERM]);
  assertEquals(profile.syscalls.every(({ action }) => action === "SCMP_ACT_ALLOW"), true);
  const rules = await confineRules(profile);
  const numbers = await callNumbers();
  const INET = 2, INET6 = 10, PACKET = 17, STREAM = 1, NEW_USER = 0x10000000, NEW_NET = 0x40000000;
  const TEST_RUN = 10,
    PROG_GET_FD_BY_ID = 13,
    OBJECT_PIN = 6,
    RAW_TRACEPOINT = 17,
    TOKEN_CREATE = 36;
  const tries: [string, ...number[]][] = [
    ["socket", INET, STREAM],
    ["socket", INET6, STREAM],
    ["socket", PACKET, STREAM],
    ["connect", 0],
    ["bpf", TEST_RUN],
    ["bpf", PROG_GET_FD_BY_ID],
    ["bpf", OBJECT_PIN],
    ["bpf", RAW_TRACEPOINT],
    ["bpf", TOKEN_CREATE],
    ["clone", NEW_USER],
    ["clone", NEW_NET],
    ["clone3", 0],
    ["unshare", NEW_NET],
    ["setns", 0],
    ["mount", 0],
    ["ptrace", 0],
    ["process_vm_writev", 0],
    ["perf_event_open", 0],
    ["keyctl", 0],
    ["init_module", 0],
    ["open_by_handle_at", 0],
    ["io_uring_setup", 1],
    ["userfaultfd", 0],
    ["chmod", 0],
    ["rename", 0],
    ["mknod", 0],
    ["kill", 0],
    ["setuid", 0],
  ];
  for (const [name, ...args] of tries) {
    const number = numbers.get(name);
    if (number === undefined) continue;
    const words = [String(number), ...args.map(String)];
    const answer = Number(await run(CONFINE, ...rules, "--try", ...words));
    assertEquals(answer, EPERM, `${name}(${args.join(", ")})`);
  }
  // The same way of asking, for something that is allowed.
  assertEquals(Number(await run(CONFINE, ...rules, "--try", String(numbers.get("getpid")))), 0);
  const NETLINK = 16, RAW = 3;
  const socket = [String(numbers.get("socket")), String(NETLINK), String(RAW)];
  assertEquals(Number(await run(CONFINE, ...rules, "--try", ...socket)), 0);
});
