// Compiles bpf/ and loader/ into build/: the BPF object, its skeleton and the static rauta-loader.
// Installs the Debian packages that are missing where it may (root, apt-get), else says which.
// Skips the work when the stamp says that sources and commands are unchanged; writes only build/.

const STAMP_PATH = "build/loader.stamp";
const OBJECT_PATH = "build/observer.bpf.o";
const SKELETON_PATH = "build/observer.skel.h";

/** The static program. */
export const LOADER_PATH = "build/rauta-loader";

/** Programs and files that the build needs, and the Debian packages that bring them. */
export const BUILD_NEEDS: readonly { readonly what: string; readonly package: string }[] = [
  { what: "clang", package: "clang" },
  { what: "bpftool", package: "bpftool" },
  { what: "gcc", package: "gcc" },
  { what: "/usr/include/linux/bpf.h", package: "linux-libc-dev" },
  { what: "/usr/include/bpf/libbpf.h", package: "libbpf-dev" },
  { what: "/usr/include/libelf.h", package: "libelf-dev" },
  { what: "/usr/include/zlib.h", package: "zlib1g-dev" },
  { what: "/usr/include/stdio.h", package: "libc6-dev" },
];

/**
 * -mcpu=v3: atomics that return the old value. No slot sharing: without CAP_PERFMON the verifier
 * refuses a small spill to a slot that has held a pointer.
 */
const BPF_FLAGS = ["-O2", "-g", "-target", "bpf", "-mcpu=v3", "-mllvm", "-no-stack-slot-sharing"];
const WARNINGS = ["-Wall", "-Wextra"];
const C_FLAGS = ["-std=gnu11", "-D_GNU_SOURCE", ...WARNINGS, "-Wshadow", "-Ibuild"];
const STATIC_FLAGS = [
  "-Os",
  "-fstack-protector-strong",
  "-static",
  "-ffunction-sections",
  "-fdata-sections",
  "-Wl,--gc-sections",
  "-Wl,--build-id=none",
  "-s",
];
const STATIC_LIBRARIES = ["-lbpf", "-l:libelf.a", "-l:libz.a"];
const SHARED_LIBRARIES = ["-lbpf", "-lelf", "-lz"];

/** Downloads are tried again, and another apt-get that runs already is waited for. */
const APT_PATIENCE = ["-o", "Acquire::Retries=5", "-o", "DPkg::Lock::Timeout=300"];

async function run(command: string, args: readonly string[]): Promise<string> {
  const output = await new Deno.Command(command, { args: [...args], stdin: "null" }).output();
  const words = new TextDecoder().decode(output.stderr).trim();
  if (!output.success) throw new Error(`${command} ${args.join(" ")} fails:\n${words}`);
  if (words) console.error(words);
  return new TextDecoder().decode(output.stdout).trim();
}

async function exists(path: string): Promise<boolean> {
  try {
    await Deno.stat(path);
    return true;
  } catch {
    return false;
  }
}

async function isThere(what: string): Promise<boolean> {
  if (what.startsWith("/")) return await exists(what);
  const folders = [...(Deno.env.get("PATH") ?? "").split(":"), "/usr/sbin", "/sbin"];
  for (const folder of folders) if (await exists(`${folder}/${what}`)) return true;
  return false;
}

/**
 * Installs the packages of what is missing, or throws with the command that would.
 * @param needs programs (by name) or files (by absolute path), each with its Debian package
 */
export async function installMissing(
  needs: readonly { readonly what: string; readonly package: string }[],
): Promise<void> {
  const missing: string[] = [];
  for (const need of needs) if (!await isThere(need.what)) missing.push(need.package);
  if (missing.length === 0) return;
  const names = [...new Set(missing)];
  const install = ["install", "-y", "--no-install-recommends", ...names];
  const remedy = `missing: ${names.join(", ")}; run: apt-get ${install.join(" ")}`;
  if (Deno.uid() !== 0 || !await isThere("apt-get")) throw new Error(remedy);
  console.error(`installing ${names.join(", ")}`);
  try {
    await run("apt-get", [...APT_PATIENCE, "update", "-qq"]);
    const quietly = ["DEBIAN_FRONTEND=noninteractive", "apt-get", "-qq"];
    await run("env", [...quietly, ...APT_PATIENCE, ...install]);
  } catch (error) {
    throw new Error(`${remedy}\n${error instanceof Error ? error.message : error}`);
  }
}

async function sources(folder: string, ending: RegExp): Promise<string[]> {
  const paths: string[] = [];
  for await (const entry of Deno.readDir(folder)) {
    if (entry.isFile && ending.test(entry.name)) paths.push(`${folder}/${entry.name}`);
  }
  return paths.sort();
}

async function version(): Promise<string> {
  const config = JSON.parse(await Deno.readTextFile("deno.json")) as { version: string };
  return config.version;
}

/** SHA-256 over the sources, this script and the version, as hex. */
async function fingerprint(): Promise<string> {
  const parts: BlobPart[] = [await version()];
  const paths = [
    ...await sources("bpf", /\.[ch]$/),
    ...await sources("loader", /\.[ch]$/),
    "src/cli/build_loader.ts",
  ];
  for (const path of paths) {
    const bytes = await Deno.readFile(path);
    parts.push(`${path} ${bytes.length}\n`, bytes);
  }
  const all = await new Blob(parts).arrayBuffer();
  const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", all));
  return Array.from(digest, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

async function isCurrent(stamp: string): Promise<boolean> {
  for (const path of [OBJECT_PATH, SKELETON_PATH, LOADER_PATH]) {
    if (!await exists(path)) return false;
  }
  return await exists(STAMP_PATH) && await Deno.readTextFile(STAMP_PATH) === stamp;
}

/** Compiles BPF sources into an object without debug sections but with its own type information. */
export async function compileBpf(source: string, object: string): Promise<void> {
  const multiarch = await run("gcc", ["-print-multiarch"]);
  const full = `${object}.debug`;
  const includes = ["-Ibpf", `-I/usr/include/${multiarch}`];
  await run("clang", [...BPF_FLAGS, ...WARNINGS, ...includes, "-c", source, "-o", full]);
  await run("bpftool", ["gen", "object", object, full]);
  await Deno.remove(full);
}

/** Compiles C programs against libbpf and the skeleton in build/, for tests and instruments. */
export async function compileProgram(
  program: { sources: readonly string[]; output: string; flags: readonly string[] },
): Promise<void> {
  const flags = [...C_FLAGS, `-DRAUTA_VERSION="${await version()}"`, ...program.flags];
  await run("gcc", [...flags, ...program.sources, "-o", program.output, ...SHARED_LIBRARIES]);
}

/** The loader's sources, for builds other than the static one. */
export function loaderSources(): Promise<string[]> {
  return sources("loader", /\.c$/);
}

/** Builds everything unless it is up to date; throws with the compiler's own words otherwise. */
export async function buildLoader(): Promise<"built" | "current"> {
  if (Deno.build.os !== "linux") throw new Error("the loader is for Linux");
  const stamp = await fingerprint();
  if (await isCurrent(stamp)) return "current";
  await installMissing(BUILD_NEEDS);
  await Deno.mkdir("build", { recursive: true });
  // Ended half-way, this must leave no stamp beside what it does not say.
  await Deno.remove(STAMP_PATH).catch(() => {});

  await compileBpf("bpf/observer.bpf.c", OBJECT_PATH);
  const skeleton = await run("bpftool", ["gen", "skeleton", OBJECT_PATH, "name", "observer"]);
  await Deno.writeTextFile(SKELETON_PATH, skeleton + "\n");
  const flags = [...C_FLAGS, `-DRAUTA_VERSION="${await version()}"`, ...STATIC_FLAGS];
  // Linked beside the target and renamed: a loader that runs keeps its file.
  const linked = `${LOADER_PATH}.new`;
  await run("gcc", [...flags, ...await loaderSources(), "-o", linked, ...STATIC_LIBRARIES]);
  await Deno.rename(linked, LOADER_PATH);
  await Deno.writeTextFile(STAMP_PATH, stamp);
  return "built";
}

if (import.meta.main) {
  const startMs = performance.now();
  try {
    const outcome = await buildLoader();
    const elapsedMs = Math.round(performance.now() - startMs);
    const { size } = await Deno.stat(LOADER_PATH);
    console.error(
      outcome === "built"
        ? `${LOADER_PATH} built in ${elapsedMs} ms, ${size} bytes`
        : `${LOADER_PATH} is up to date`,
    );
  } catch (error) {
    console.error(`build:loader: ${error instanceof Error ? error.message : error}`);
    Deno.exit(1);
  }
}
