// The loader's seccomp profile as a filter of this kernel: names become numbers, conditions rules of
// tools/confine.c. Builds that tool.

import { compileProgram } from "../../src/cli/build_loader.ts";
import { run } from "../bpf/lab.ts";

export const PROFILE = "deploy/observer/loader/rauta-loader.json";
export const CONFINE = "build/confine";

interface Condition {
  readonly index: number;
  readonly value: number;
  readonly valueTwo?: number;
  readonly op: string;
}

/** The part of the OCI runtime specification's `linux.seccomp` that the profile uses. */
export interface Profile {
  readonly defaultAction: string;
  readonly defaultErrnoRet: number;
  readonly architectures: readonly string[];
  readonly syscalls: readonly {
    readonly names: readonly string[];
    readonly action: string;
    readonly args?: readonly Condition[];
  }[];
}

const ALL_BITS = "18446744073709551615";

export async function readProfile(): Promise<Profile> {
  return JSON.parse(await Deno.readTextFile(PROFILE));
}

/** System call numbers of this machine, by name, as the C library's headers have them. */
export async function callNumbers(): Promise<ReadonlyMap<string, number>> {
  const path = await Deno.makeTempFile({ suffix: ".c" });
  await Deno.writeTextFile(path, "#include <sys/syscall.h>\n");
  const macros = await run("gcc", "-E", "-dM", path);
  await Deno.remove(path);
  const defined = [...macros.matchAll(/^#define __NR_(\w+) (\d+)$/gm)];
  return new Map(defined.map(([, name, number]) => [name, Number(number)]));
}

function condition({ index, value, valueTwo, op }: Condition): string {
  if (op === "SCMP_CMP_EQ") return `,${index},${ALL_BITS},${value}`;
  if (op === "SCMP_CMP_MASKED_EQ") return `,${index},${value},${valueTwo ?? 0}`;
  throw new Error(`${op} is not known here`);
}

/** Arguments of confine, without what it runs. Names that this machine lacks are left out. */
export async function confineRules(profile: Profile): Promise<string[]> {
  await compileProgram({
    sources: ["tests/observer/tools/confine.c"],
    output: CONFINE,
    flags: ["-O2", "-Werror"],
  });
  const numbers = await callNumbers();
  return profile.syscalls.flatMap(({ names, args = [] }) =>
    names.flatMap((name) => {
      const number = numbers.get(name);
      return number === undefined ? [] : [`${number}${args.map(condition).join("")}`];
    })
  );
}
