// Builds the Go programs of artifacts.ts into the cache folder, each under a fingerprint of its
// sources and flags, so that several checkouts share what is equal and none sees half a build.
// Go's own module and build caches are left where Go keeps them, so they are reused too.

import type { Artifact } from "./artifacts.ts";
import { attempt, run } from "./command.ts";
import { takeLock } from "./lock.ts";
import { cacheFolder } from "./settings.ts";

// Static programs whose bytes do not depend on where the checkout or the module cache lies.
const ENVIRONMENT = { CGO_ENABLED: "0", GOFLAGS: "-mod=readonly -trimpath -buildvcs=false" };

async function filesUnder(folder: string): Promise<string[]> {
  const paths: string[] = [];
  for await (const entry of Deno.readDir(folder)) {
    if (entry.isDirectory) paths.push(...await filesUnder(`${folder}/${entry.name}`));
    else if (/\.go$|^go\.(mod|sum)$/.test(entry.name)) paths.push(`${folder}/${entry.name}`);
  }
  return paths.sort();
}

/** Twelve hex digits over the module's Go files and everything that steers the build. */
async function fingerprint(artifact: Artifact): Promise<string> {
  const { coldBuild: _, ...recipe } = artifact;
  const parts: (string | Uint8Array<ArrayBuffer>)[] = [
    JSON.stringify([recipe, ENVIRONMENT]).replaceAll(artifact.moduleFolder ?? "\0", ""),
  ];
  const folder = artifact.moduleFolder;
  for (const path of folder === null ? [] : await filesUnder(folder)) {
    const bytes = await Deno.readFile(path);
    parts.push(`${path.slice(folder!.length)} ${bytes.length}\n`, bytes);
  }
  const all = await new Blob(parts).arrayBuffer();
  const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", all));
  return Array.from(digest.slice(0, 6), (byte) => byte.toString(16).padStart(2, "0")).join("");
}

async function exists(path: string): Promise<boolean> {
  return await Deno.stat(path).then(() => true, () => false);
}

async function folderOf(artifact: Artifact): Promise<string> {
  return `${cacheFolder()}/built/${artifact.name}-${await fingerprint(artifact)}`;
}

/** Whether an artifact lies in the cache already. */
export async function isBuilt(artifact: Artifact): Promise<boolean> {
  return await exists(await folderOf(artifact));
}

/** Returns the folder with the artifact's programs, building them first where they are missing. */
export async function build(artifact: Artifact): Promise<string> {
  const folder = await folderOf(artifact);
  if (await exists(folder)) return folder;
  await Deno.mkdir(`${cacheFolder()}/built`, { recursive: true });
  const unlock = await takeLock(`${folder}.lock`, `building ${artifact.name}`);
  try {
    if (!await exists(folder)) await buildInto(artifact, folder);
    await Deno.remove(`${folder}.lock`);
  } finally {
    unlock();
  }
  return folder;
}

async function buildInto(artifact: Artifact, folder: string): Promise<void> {
  console.error(
    `building ${artifact.name} (with cold caches ${artifact.coldBuild} on two cores; only once)`,
  );
  const startMs = performance.now();
  const partial = await Deno.makeTempDir({ dir: `${cacheFolder()}/built`, prefix: "partial-" });
  try {
    for (const command of artifact.commands) {
      const words = command.map((part) => part.replace("{out}", partial));
      await again(`building ${artifact.name}`, () => runGo(artifact, words, partial));
    }
    for (const { module, folder: source, to } of artifact.copies ?? []) {
      const root = await go(artifact, ["list", "-m", "-f", "{{.Dir}}", module]);
      // Files of the module cache are write-protected; the copies are not.
      await run(["cp", "-r", "--no-preserve=mode", `${root.trim()}/${source}`, `${partial}/${to}`]);
    }
    await Deno.rename(partial, folder);
  } catch (error) {
    await Deno.remove(partial, { recursive: true });
    throw error;
  }
  console.error(`built ${artifact.name} in ${Math.round((performance.now() - startMs) / 1000)} s`);
}

/** What go says where a module could not be downloaded, which another try may mend. */
const DOWNLOAD_FAILED =
  /dial tcp|i\/o timeout|connection re(?:set|fused)|TLS handshake|no such host|unexpected EOF|50[0234] |Temporary failure|deadline exceeded/;

/** Modules that are there already are not downloaded again. */
async function again(what: string, build: () => Promise<void>): Promise<void> {
  for (const pauseSeconds of [5, 20, 60]) {
    try {
      return await build();
    } catch (error) {
      if (!(error instanceof Error) || !DOWNLOAD_FAILED.test(error.message)) throw error;
      console.error(`${what}: a download failed, and is tried again in ${pauseSeconds} s`);
      console.error(error.message);
      await new Promise((resolve) => setTimeout(resolve, pauseSeconds * 1000));
    }
  }
  await build();
}

function go(artifact: Artifact, args: readonly string[]): Promise<string> {
  return run(["go", ...args], { env: ENVIRONMENT, cwd: artifact.moduleFolder ?? "/" });
}

/** Runs go with -v, which names each package as it is compiled, and shows how far it is. */
async function runGo(artifact: Artifact, args: readonly string[], out: string): Promise<void> {
  const target = args[args.length - 1];
  // A package count is known only for a module; `go install` of a version has none.
  const total = artifact.moduleFolder === null ? null : (await attempt(
    ["go", "list", "-deps", ...(args[0] === "test" ? ["-test"] : []), target],
    { env: ENVIRONMENT, cwd: artifact.moduleFolder },
  )).stdout.split("\n").length - 1;
  const child = new Deno.Command("go", {
    args: [args[0], "-v", ...args.slice(1)],
    cwd: artifact.moduleFolder ?? "/",
    env: { ...ENVIRONMENT, ...(artifact.moduleFolder === null ? modulelessEnvironment(out) : {}) },
    stdin: "null",
    stdout: "null",
    stderr: "piped",
  }).spawn();
  const said = await showProgress(artifact.name, total, child.stderr);
  const { code } = await child.status;
  if (code !== 0) {
    throw new Error(`go ${args.join(" ")}\n  ended with ${code}:\n${said.slice(-20).join("\n")}`);
  }
}

/** `go install` puts programs into GOBIN, and refuses -mod. */
function modulelessEnvironment(out: string): Record<string, string> {
  return { GOBIN: out, GOFLAGS: ENVIRONMENT.GOFLAGS.replace("-mod=readonly ", "") };
}

const PROGRESS_EVERY_MS = 15_000;

async function showProgress(
  name: string,
  total: number | null,
  output: ReadableStream<Uint8Array<ArrayBuffer>>,
): Promise<string[]> {
  const lines: string[] = [];
  let compiled = 0;
  let shownMs = performance.now();
  let rest = "";
  for await (const text of output.pipeThrough(new TextDecoderStream())) {
    const parts = (rest + text).split("\n");
    rest = parts.pop() ?? "";
    lines.push(...parts);
    compiled += parts.filter((line) => !line.startsWith("go: ")).length;
    if (performance.now() - shownMs < PROGRESS_EVERY_MS) continue;
    shownMs = performance.now();
    const downloading = compiled === 0 ? `, ${lines.length} modules downloaded` : "";
    const of = total === null ? "" : ` of at most ${total}`;
    console.error(`  ${name}: ${compiled}${of} packages compiled${downloading}`);
  }
  return rest === "" ? lines : [...lines, rest];
}
