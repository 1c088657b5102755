// Builds what the suite needs once and says why it can't where it can't.
// `bpfTest` registers a test that is skipped by name and reason on a machine without BPF.

import {
  BUILD_NEEDS,
  buildLoader,
  compileBpf,
  compileProgram,
  installMissing,
  loaderSources,
} from "../../src/cli/build_loader.ts";

export const PACKET_RUN = "build/packet_run";
export const ATTACHED = "build/attached";
export const REFUSE_BPF = "build/refuse_bpf";
export const VLAN_TAGS = "build/vlan_tags.bpf.o";
export const SANITIZED_LOADER = "build/rauta-loader-sanitized";
export const DEBUG_LOADER = "build/rauta-loader-debug";

const TOOLS = "tests/bpf/tools";
const STAMP = "build/bpf_tools.stamp";
const STRICT = ["-O2", "-g", "-Werror"];

/** What the tests themselves run, beside the compilers. */
const NEEDS = [
  { what: "ip", package: "iproute2" },
  { what: "tc", package: "iproute2" },
  { what: "nsenter", package: "util-linux" },
  { what: "setpriv", package: "util-linux" },
  { what: "ethtool", package: "ethtool" },
  { what: "valgrind", package: "valgrind" },
];

/** Newer than its sources, or not there. */
async function isOlder(output: string, inputs: readonly string[]): Promise<boolean> {
  try {
    const made = (await Deno.stat(output)).mtime!;
    for (const input of inputs) if ((await Deno.stat(input)).mtime! >= made) return true;
    return false;
  } catch {
    return true;
  }
}

async function buildTools(): Promise<void> {
  const tools: string[] = [];
  for await (const entry of Deno.readDir(TOOLS)) tools.push(`${TOOLS}/${entry.name}`);
  if (!await isOlder(STAMP, [...tools, "build/loader.stamp"])) return;
  await compileBpf(`${TOOLS}/vlan_tags.bpf.c`, VLAN_TAGS);
  for (const output of [PACKET_RUN, ATTACHED, REFUSE_BPF]) {
    const source = `${TOOLS}/${output.slice("build/".length)}.c`;
    await compileProgram({ sources: [source], output, flags: STRICT });
  }
  const sources = await loaderSources();
  await compileProgram({ sources, output: DEBUG_LOADER, flags: [...STRICT, "-O1"] });
  const sanitizers = ["-fsanitize=address,undefined", "-fno-sanitize-recover=all"];
  const flags = [...STRICT, "-fno-omit-frame-pointer", ...sanitizers];
  await compileProgram({ sources, output: SANITIZED_LOADER, flags });
  await Deno.writeTextFile(STAMP, "");
}

/** Builds what is missing. Null where the suite can run, else the reason why not. */
export async function prepare(): Promise<string | null> {
  if (Deno.build.os !== "linux") return "needs Linux";
  if (Deno.uid() !== 0) return "needs root for network namespaces and BPF_PROG_TEST_RUN";
  try {
    await installMissing([...BUILD_NEEDS, ...NEEDS]);
  } catch (error) {
    return (error instanceof Error ? error.message : String(error)).split("\n")[0];
  }
  // What does not compile is a failure and no reason to skip.
  await buildLoader();
  await buildTools();
  const info = await new Deno.Command(PACKET_RUN, { args: ["info"], stderr: "piped" }).output();
  if (info.success) return null;
  return `the kernel loads no BPF: ${
    new TextDecoder().decode(info.stderr).trim().split("\n").pop()
  }`;
}

const reason = await prepare();

/** Registers a test; `needs` adds a reason of its own for skipping it. */
export function bpfTest(name: string, run: () => Promise<void>, needs: string | null = null): void {
  const why = reason ?? needs;
  Deno.test({ name: why ? `${name} [skipped: ${why}]` : name, ignore: why !== null, fn: run });
}
