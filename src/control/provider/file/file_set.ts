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
  /** Where a mounted ConfigMap's `..data` led before its files were listed; `` where there is none. */
  readonly data: string;
}

/** All files of a mounted ConfigMap or Secret are links through it, and it is swapped as one. */
async function dataOf(folder: string): Promise<string> {
  try {
    return await Deno.readLink(`${folder.replace(/\/$/, "")}/..data`);
  } catch {
    return "";
  }
}

/** Whether the files that were listed may be partly those of before a swap and partly those after. */
export async function isSwapped(path: string, { kind, data }: FoundRoot): Promise<boolean> {
  return kind === "folder" && await dataOf(path) !== data;
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
    const isGone = error instanceof Deno.errors.NotFound ||
      error instanceof Deno.errors.FilesystemLoop;
    if (isGone) return undefined;
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

interface Folder {
  readonly path: string;
  /** The real paths of it and of the folders that it lies in. */
  readonly line: readonly string[];
}

async function collect(folder: Folder, files: FoundFile[]): Promise<void> {
  const { path: name, line } = folder;
  if (line.length > MAX_DEPTH + 1) {
    throw new Error(`${name} is more than ${MAX_DEPTH} folders deep`);
  }
  for await (const entry of Deno.readDir(name)) {
    if (entry.name.startsWith(".")) continue;
    const path = `${name.replace(/\/$/, "")}/${entry.name}`;
    if (entry.isFile && !OURS.test(entry.name)) continue;
    const info = await statOrGone(path);
    if (info?.isDirectory) {
      const realPath = await Deno.realPath(path);
      // A link back up: what is there has been listed.
      if (!line.includes(realPath)) await collect({ path, line: [...line, realPath] }, files);
    } else if (info?.isFile && OURS.test(entry.name)) files.push(await describe(path, info));
    if (files.length > MAX_FILES) throw new Error(`${name} holds more than ${MAX_FILES} files`);
  }
}

/** Lists what is there now. Throws Deno.errors where the path itself cannot be read. */
export async function listFiles(path: string): Promise<FileSet> {
  const info = await Deno.stat(path);
  // Opening a pipe waits for who writes, and a device may never end.
  if (!info.isFile && !info.isDirectory) throw new Error(`${path} is neither a file nor a folder`);
  const realPath = await Deno.realPath(path);
  const identity = `${info.dev}:${info.ino}`;
  if (!info.isDirectory) {
    const root: FoundRoot = { kind: "file", realPath, identity, data: "" };
    return { root, files: [await describe(path, info)] };
  }
  const data = await dataOf(path);
  const files: FoundFile[] = [];
  await collect({ path, line: [realPath] }, files);
  files.sort((a, b) => a.path < b.path ? -1 : 1);
  return { root: { kind: "folder", realPath, identity, data }, files };
}
