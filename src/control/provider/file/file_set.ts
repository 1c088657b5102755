// Which files there are: the one that was named, or all .yaml, .yml and .json files of a folder and
// its folders, in the order of their paths. Names that begin with a dot are not ours (editors' files,
// a ConfigMap's `..data`); symbolic links are followed.

export interface FoundFile {
  readonly path: string;
  /** The path with its links followed: what is watched besides. */
  readonly realPath: string;
  /** Changes when the content may have changed: device, inode, size and time of change. */
  readonly stamp: string;
  readonly sizeBytes: number;
}

export interface FileSet {
  readonly root: FoundRoot;
  readonly files: readonly FoundFile[];
}

export interface FoundRoot {
  readonly kind: "file" | "folder";
  readonly realPath: string;
  /** Another one when the file or folder itself was replaced. */
  readonly identity: string;
}

const OURS = /\.(?:ya?ml|json)$/i;
const MAX_DEPTH = 8;
const MAX_FILES = 20_000;

function stampOf(info: Deno.FileInfo): string {
  return `${info.dev}:${info.ino}:${info.size}:${info.mtime?.getTime()}:${info.ctime?.getTime()}`;
}

/** Undefined for what vanished meanwhile, or is a link into nothing. */
async function statOrGone(path: string): Promise<Deno.FileInfo | undefined> {
  try {
    return await Deno.stat(path);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return undefined;
    throw error;
  }
}

async function describe(path: string, info: Deno.FileInfo): Promise<FoundFile> {
  return {
    path,
    realPath: await Deno.realPath(path),
    stamp: stampOf(info),
    sizeBytes: info.size,
  };
}

async function collect(folder: string, depth: number, files: FoundFile[]): Promise<void> {
  if (depth > MAX_DEPTH) throw new Error(`${folder} is more than ${MAX_DEPTH} folders deep`);
  for await (const entry of Deno.readDir(folder)) {
    if (entry.name.startsWith(".")) continue;
    const path = `${folder.replace(/\/$/, "")}/${entry.name}`;
    if (entry.isFile && !OURS.test(entry.name)) continue;
    const info = await statOrGone(path);
    if (info?.isDirectory) await collect(path, depth + 1, files);
    else if (info?.isFile && OURS.test(entry.name)) files.push(await describe(path, info));
    if (files.length > MAX_FILES) throw new Error(`${folder} holds more than ${MAX_FILES} files`);
  }
}

/** Lists what is there now. Throws Deno.errors where the path itself cannot be read. */
export async function listFiles(path: string): Promise<FileSet> {
  const info = await Deno.stat(path);
  const realPath = await Deno.realPath(path);
  const identity = `${info.dev}:${info.ino}`;
  if (!info.isDirectory) {
    const root: FoundRoot = { kind: "file", realPath, identity };
    return { root, files: [await describe(path, info)] };
  }
  const files: FoundFile[] = [];
  await collect(path, 0, files);
  files.sort((a, b) => a.path < b.path ? -1 : 1);
  return { root: { kind: "folder", realPath, identity }, files };
}
