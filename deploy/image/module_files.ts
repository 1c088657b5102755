// Which files of the checkout RAUTA needs at run time: asked of Deno's own module graph, so that
// neither a source nor a package can be forgotten or carried along for nothing.

/** An npm package as the lock file names it, and where it lies. */
export interface Package {
  readonly name: string;
  readonly version: string;
  readonly folder: string;
}

export interface ModuleFiles {
  /** Paths inside the checkout, sorted. */
  readonly sources: readonly string[];
  readonly packages: readonly Package[];
}

interface Resolved {
  readonly specifier?: string;
}
interface ModuleGraph {
  readonly modules: readonly {
    readonly specifier: string;
    readonly local?: string;
    readonly dependencies?: readonly { readonly code?: Resolved }[];
  }[];
  readonly npmPackages: Readonly<
    Record<string, {
      readonly name: string;
      readonly version: string;
      readonly localPath: string;
      readonly dependencies: readonly string[];
    }>
  >;
}

async function readGraph(checkout: string, entry: string): Promise<ModuleGraph> {
  const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["info", "--json", "--frozen", entry],
    cwd: checkout,
  }).output();
  if (code !== 0) throw new Error(`deno info ${entry}: ${new TextDecoder().decode(stderr)}`);
  return JSON.parse(new TextDecoder().decode(stdout)) as ModuleGraph;
}

/** Workers are entries of their own: a URL made at run time is no import. */
async function workerEntries(checkout: string, sources: ReadonlySet<string>): Promise<string[]> {
  const entries: string[] = [];
  for (const path of sources) {
    if (!path.endsWith(".ts")) continue;
    const text = await Deno.readTextFile(`${checkout}/${path}`);
    for (const [, specifier] of text.matchAll(/new URL\("(\.[^"]+\.ts)",\s*import\.meta\.url\)/g)) {
      const folder = `file:///${path.slice(0, path.lastIndexOf("/") + 1)}`;
      entries.push(new URL(specifier, folder).pathname.slice(1));
    }
  }
  return entries;
}

/** Everything that programs load, by import or as a worker; type-only imports not. */
export async function moduleFiles(
  checkout: string,
  entries: readonly string[],
): Promise<ModuleFiles> {
  const sources = new Set<string>();
  const packages = new Map<string, Package>();
  const root = new URL(`file://${checkout}/`).href;
  const waiting = [...entries];
  const seen = new Set(waiting);
  for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
    const graph = await readGraph(checkout, next);
    collectCode(graph, `${root}${next}`, root, sources, packages);
    for (const worker of await workerEntries(checkout, sources)) {
      if (seen.has(worker)) continue;
      seen.add(worker);
      waiting.push(worker);
    }
  }
  return {
    sources: [...sources].sort(),
    packages: [...packages.keys()].sort().map((key) => packages.get(key)!),
  };
}

/** Follows the imports that survive compilation, from `start`. */
function collectCode(
  graph: ModuleGraph,
  start: string,
  root: string,
  sources: Set<string>,
  packages: Map<string, Package>,
): void {
  const modules = new Map(graph.modules.map((module) => [module.specifier, module]));
  const visited = new Set<string>();
  const waiting = [start];
  for (let specifier = waiting.pop(); specifier !== undefined; specifier = waiting.pop()) {
    if (visited.has(specifier)) continue;
    visited.add(specifier);
    if (specifier.startsWith("npm:")) {
      collectPackage(graph, packageKey(graph, specifier), packages);
    } else if (specifier.startsWith("file:")) {
      if (!specifier.startsWith(root)) throw new Error(`${specifier} lies outside the checkout`);
      sources.add(decodeURIComponent(specifier.slice(root.length)));
      for (const { code } of modules.get(specifier)?.dependencies ?? []) {
        if (code?.specifier !== undefined) waiting.push(code.specifier);
      }
    }
  }
}

/** `npm:/@scope/name@1.2.3/path` and `npm:name@1.2.3` to the graph's key `name@1.2.3`. */
function packageKey(graph: ModuleGraph, specifier: string): string {
  const nameAndVersion = /^npm:\/?((?:@[^/]+\/)?[^/@]+@[^/]+)/.exec(specifier)?.[1];
  const key = Object.keys(graph.npmPackages).find((key) =>
    key === nameAndVersion || key.startsWith(`${nameAndVersion}_`)
  );
  if (key === undefined) throw new Error(`${specifier} is no package of the lock file`);
  return key;
}

function collectPackage(graph: ModuleGraph, key: string, packages: Map<string, Package>): void {
  if (packages.has(key)) return;
  const { name, version, localPath, dependencies } = graph.npmPackages[key];
  packages.set(key, { name, version, folder: localPath });
  for (const dependency of dependencies) collectPackage(graph, dependency, packages);
}
