// Lays out the file system of RAUTA's image in a folder: the Deno runtime, the C library that it is
// linked with, RAUTA's modules and their packages, the observer's loader, and nothing else.
// No shell, no package manager.
// Every file is written with the same owner, mode and order whoever runs this.

import type { ModuleFiles, Package } from "./module_files.ts";
import { listFiles, run } from "./tools.ts";

/** A library of the machine that is copied into the image. */
export interface Library {
  readonly path: string;
  readonly packageName: string;
  readonly version: string;
}

/** The Debian package that a file is from; paths are recorded with or without /usr. */
async function ownerOf(path: string): Promise<string> {
  for (const recorded of [path, `/usr${path}`, path.replace(/^\/usr/, "")]) {
    const found = await run(["dpkg", "--search", recorded]).catch(() => "");
    const owner = /^([a-z0-9][a-z0-9+.-]*)(?::\w+)?: \//m.exec(found)?.[1];
    if (owner !== undefined) return owner;
  }
  throw new Error(`no Debian package owns ${path}: the image is built on Debian or its kin`);
}

/** Shared libraries that a program is linked with, with the Debian package that each is from. */
export async function librariesOf(program: string): Promise<Library[]> {
  const linked = await run(["ldd", program]);
  const paths = [...linked.matchAll(/(\/(?:usr\/)?lib\S+) \(0x/g)].map(([, path]) => path);
  return await Promise.all(
    paths.sort().map(async (path) => {
      const packageName = await ownerOf(path);
      const version = await run(["dpkg-query", "--show", "--showformat=${Version}", packageName]);
      return { path, packageName, version: version.trim() };
    }),
  );
}

/** Debian packages of the libraries that a program carries inside itself, by the headers it needs. */
export async function staticLibraries(headers: readonly string[]): Promise<Library[]> {
  const libraries: Library[] = [];
  for (const path of headers) {
    const packageName = await ownerOf(path);
    const version = await run(["dpkg-query", "--show", "--showformat=${Version}", packageName]);
    libraries.push({ path, packageName, version: version.trim() });
  }
  return libraries;
}

async function place(source: string, target: string, mode = 0o644): Promise<void> {
  await Deno.mkdir(target.slice(0, target.lastIndexOf("/")), { recursive: true, mode: 0o755 });
  await Deno.copyFile(source, target);
  await Deno.chmod(target, mode);
}

// What a package carries for people and for compilers, not for a running program.
const NOT_FOR_RUNNING = /\.(d\.[cm]?ts|[cm]?ts|map|md|markdown|flow)$|(^|\/)(test|tests|docs)\//i;
const LICENCE = /(^|\/)(licen[cs]e|copying|notice)[^/]*$/i;

async function placePackage({ name, folder }: Package, root: string): Promise<void> {
  for (const path of await listFiles(folder)) {
    if (NOT_FOR_RUNNING.test(path) && !LICENCE.test(path)) continue;
    await place(`${folder}/${path}`, `${root}/app/node_modules/${name}/${path}`);
  }
}

interface ProjectConfig {
  readonly name: string;
  readonly version: string;
  readonly license: string;
  readonly unstable: readonly string[];
  readonly imports: Readonly<Record<string, string>>;
}

/** The image's deno.json: the project's, reduced to what a running program needs. */
export function imageConfig(project: ProjectConfig, packages: readonly Package[]): string {
  const { name, version, license, unstable } = project;
  const imports = Object.fromEntries(
    Object.entries(project.imports).filter(([, target]) =>
      packages.some(({ name, version }) => target.startsWith(`npm:${name}@${version}`))
    ),
  );
  const config = {
    name,
    version,
    license,
    nodeModulesDir: "manual",
    unstable,
    lock: false,
    imports,
  };
  return `${JSON.stringify(config, null, 2)}\n`;
}

/** The observer's static program, and the libraries inside it. */
export interface Loader {
  readonly program: string;
  readonly libraries: readonly Library[];
}

export interface RootFilesInput {
  readonly checkout: string;
  readonly runtime: string;
  readonly libraries: readonly Library[];
  readonly loader: Loader;
  readonly modules: ModuleFiles;
}

/** Writes the image's root file system below `root`, which must not exist yet. */
export async function writeRootFiles(input: RootFilesInput, root: string): Promise<void> {
  const { checkout, runtime, libraries, loader, modules } = input;
  await place(runtime, `${root}/usr/bin/deno`, 0o755);
  await place(loader.program, `${root}/usr/bin/rauta-loader`, 0o755);
  for (const { path } of libraries) {
    await place(await Deno.realPath(path), `${root}${path}`, 0o755);
  }
  for (const { packageName } of [...libraries, ...loader.libraries]) {
    const copyright = `/usr/share/doc/${packageName}/copyright`;
    await place(await Deno.realPath(copyright), `${root}${copyright}`);
  }
  for (const path of modules.sources) {
    if (path !== "deno.json") await place(`${checkout}/${path}`, `${root}/app/${path}`);
  }
  for (const path of await listFiles(`${checkout}/build`)) {
    if (/^[^/]+\.wasm$/.test(path)) {
      await place(`${checkout}/build/${path}`, `${root}/app/build/${path}`);
    }
  }
  requireOneVersionEach(modules.packages);
  for (const entry of modules.packages) await placePackage(entry, root);
  const project = JSON.parse(await Deno.readTextFile(`${checkout}/deno.json`)) as ProjectConfig;
  await Deno.writeTextFile(`${root}/app/deno.json`, imageConfig(project, modules.packages));
  await place(`${checkout}/LICENSE`, `${root}/app/LICENSE`);
}

/** Packages lie side by side in the image, so there is room for one version of each. */
export function requireOneVersionEach(packages: readonly Package[]): void {
  const versions = new Map<string, string>();
  for (const { name, version } of packages) {
    const other = versions.get(name);
    if (other !== undefined && other !== version) {
      throw new Error(`two versions of ${name} are needed, ${other} and ${version}: pin one`);
    }
    versions.set(name, version);
  }
}
