// `deno task image`: builds RAUTA's image from deploy/Containerfile, without a container engine.
// Writes build/image/rauta.tar (an OCI archive) and build/image/rauta.cdx.json (its bill of
// materials), and prints digest and size. Two builds of one checkout give the same digest.

import { buildCore } from "../../src/cli/build_core.ts";
import { BUILD_NEEDS, buildLoader, LOADER_PATH } from "../../src/cli/build_loader.ts";
import { moduleFiles } from "./module_files.ts";
import { type ImageFacts, packLayout } from "./oci_layout.ts";
import { librariesOf, staticLibraries, writeRootFiles } from "./root_files.ts";
import { type LockFile, sbom } from "./sbom.ts";
import { run, sha256 } from "./tools.ts";

const IMAGE_NAME = "rauta.local/rauta:dev";
/** The proxy, and what puts the loader's seccomp profile onto a node. */
const ENTRIES = ["src/main.ts", "src/install_profile.ts"];
/** Headers of what the loader is linked with, statically. */
const LOADER_HEADERS = BUILD_NEEDS.filter(({ what }) => /^\/usr\/include\/(?!linux\/)/.test(what))
  .map(({ what }) => what);

export interface BuiltImage extends ImageFacts {
  readonly unpackedBytes: number;
}

const checkout = new URL("../../", import.meta.url).pathname.replace(/\/$/, "");

/** Builds the Containerfile with `context` into an OCI layout; leaves nothing else behind. */
async function buildLayout(context: string, layout: string): Promise<void> {
  const storage = await Deno.makeTempDir({ prefix: "rauta-image-" });
  const global = [
    ...["--root", `${storage}/root`, "--runroot", `${storage}/run`],
    ...["--storage-driver", "vfs"],
  ];
  try {
    await run([
      ...["buildah", ...global, "bud", "--isolation=chroot", "--timestamp=0", "--layers=false"],
      ...["--format=oci", `--file=${checkout}/deploy/Containerfile`, `--tag=${IMAGE_NAME}`],
      context,
    ]);
    await run(["buildah", ...global, "push", "--quiet", IMAGE_NAME, `oci:${layout}`]);
  } finally {
    await Deno.remove(storage, { recursive: true });
  }
}

async function requireBuildah(): Promise<void> {
  try {
    await run(["buildah", "--version"]);
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
    throw new Error("buildah is not installed: apt-get install buildah (it needs no daemon)");
  }
}

/** Builds the image into `folder`; returns its digest and sizes. */
export async function buildImage(folder: string): Promise<BuiltImage> {
  await requireBuildah();
  // Modes of folders and files go into the digest, and those who run the image must read them.
  Deno.umask(0o022);
  await buildCore();
  await buildLoader();
  await Deno.remove(folder, { recursive: true }).catch(() => {});
  await Deno.mkdir(folder, { recursive: true });
  const context = `${folder}/context`;
  const runtime = Deno.execPath();
  const [libraries, inLoader, modules] = await Promise.all([
    librariesOf(runtime),
    staticLibraries(LOADER_HEADERS),
    moduleFiles(checkout, ENTRIES),
  ]);
  const loader = { program: `${checkout}/${LOADER_PATH}`, libraries: inLoader };
  await writeRootFiles({ checkout, runtime, libraries, loader, modules }, `${context}/root`);
  const layout = `${folder}/layout`;
  await buildLayout(context, layout);
  const facts = await packLayout(layout, IMAGE_NAME, `${folder}/rauta.tar`);
  const lock = JSON.parse(await Deno.readTextFile(`${checkout}/deno.lock`)) as LockFile;
  const project = JSON.parse(await Deno.readTextFile(`${checkout}/deno.json`));
  const bill = sbom({
    project,
    imageDigest: facts.digest,
    runtime: { version: Deno.version.deno, sha256: await sha256(await Deno.readFile(runtime)) },
    libraries: [...libraries, ...inLoader],
    packages: modules.packages,
    lock,
  });
  await Deno.writeTextFile(`${folder}/rauta.cdx.json`, bill);
  const unpacked = await run(["du", "--summarize", "--bytes", `${context}/root`]);
  await Deno.remove(layout, { recursive: true });
  await Deno.remove(context, { recursive: true });
  return { ...facts, unpackedBytes: Number(unpacked.split("\t")[0]) };
}

if (import.meta.main) {
  try {
    const folder = `${checkout}/build/image`;
    const { digest, compressedBytes, unpackedBytes } = await buildImage(folder);
    const mebibytes = (bytes: number) => `${(bytes / 2 ** 20).toFixed(1)} MiB`;
    console.log(`${IMAGE_NAME}  ${digest}`);
    console.log(`${mebibytes(compressedBytes)} packed, ${mebibytes(unpackedBytes)} unpacked`);
    console.log("build/image/rauta.tar, build/image/rauta.cdx.json");
  } catch (error) {
    console.error(error instanceof Error ? error.message : error);
    Deno.exit(1);
  }
}
