// Objects from a YAML or JSON file or a folder of them, watched. A broken edit leaves the last good
// objects of that file as they were and is told as problems with file, line, field and what to write.
// Reads in slices, so that a huge file never holds up the event loop; keeps objects, not syntax trees.

import { KINDS } from "../../../gatewayapi/kinds.ts";
import { type Batches, createBatches } from "../../reconciler/batches.ts";
import type { Problem } from "../../problem.ts";
import type { Provider, ProviderSink } from "../provider.ts";
import { contentHash } from "./content_hash.ts";
import { DocumentReader } from "./document_reader.ts";
import { splitDocuments } from "./documents.ts";
import { decodeFile } from "./file_text.ts";
import { type FileSet, type FoundFile, isSwapped, listFiles } from "./file_set.ts";
import { type FileWatcher, watchFiles, type WatchTarget } from "./file_watcher.ts";
import { diffDocuments, type FileDocuments } from "./document_set.ts";
import type { ReadDocument } from "./read_document.ts";

export interface FileProviderOptions {
  /** A file, or a folder that is read with all its folders. */
  readonly path: string;
  /** A worker that read a large configuration has ended, and left memory behind. */
  readonly onReaderEnded?: () => void;
}

/** What is known of one file. */
interface FileState extends FileDocuments {
  readonly stamp: string;
  readonly problems: readonly Problem[];
  /** Hashes of its documents, which keeps them in the cache. */
  readonly hashes: readonly string[];
}

/** The event loop is given back after this long. */
const SLICE_MS = 6;
/** Changes that the system does not tell of (some network file systems) are found this late. */
const LOOK_INTERVAL_MS = 15_000;
/**
 * A single file whose folder may not be read is watched itself, by inode: a file that was away for a
 * moment is found again by looking.
 */
const LOOK_ALONE_INTERVAL_MS = 250;
/** A ConfigMap that is swapped while it is read is read again, but not for ever. */
const MAX_SWAPS = 5;
const MAX_FILE_BYTES = 64 * 1024 * 1024;

function parentOf(path: string): string {
  const slash = path.lastIndexOf("/");
  return slash < 0 ? "." : slash === 0 ? "/" : path.slice(0, slash);
}

async function mayRead(path: string): Promise<boolean> {
  return (await Deno.permissions.query({ name: "read", path })).state === "granted";
}

/** Gives the event loop back when its slice is over. */
class Slices {
  #startedAtMs = performance.now();

  async breathe(): Promise<void> {
    if (performance.now() - this.#startedAtMs < SLICE_MS) return;
    await new Promise((resolve) => setTimeout(resolve, 0));
    this.#startedAtMs = performance.now();
  }
}

function fileProblem(file: string, message: string, fix: string, line = 0): Problem {
  return {
    severity: "error",
    file,
    line,
    column: 0,
    kind: "",
    name: "",
    field: "",
    message,
    fix,
  };
}

function placeProblems(
  file: string,
  line: number,
  problems: ReadDocument["problems"],
): Problem[] {
  return problems.map((problem) => ({ file, ...problem, line: problem.line + line - 1 }));
}

class FileProvider implements Provider {
  readonly #path: string;
  readonly #reader: DocumentReader;
  readonly #batches: Batches = createBatches(
    () => this.#scan(),
    (error) => this.#unreadable(error),
  );
  readonly #documents = new Map<string, ReadDocument>();
  #files = new Map<string, FileState>();
  /** What was delivered last. */
  #delivered: readonly FileDocuments[] = [];
  #sink: ProviderSink | undefined;
  #watcher: FileWatcher | undefined;
  #look: ReturnType<typeof setInterval> | undefined;
  #touched = new Set<string>();
  /** Of all files together. */
  #sizeBytes = 0;
  #root: FileSet["root"] | undefined;
  #stopped = false;
  /** The folder of a single file may not be read. */
  #isAlone = false;

  constructor({ path, onReaderEnded }: FileProviderOptions) {
    this.#reader = new DocumentReader(onReaderEnded);
    this.#path = path.length > 1 ? path.replace(/\/+$/, "") : path;
  }

  get description(): string {
    return `files in ${this.#path}`;
  }

  async start(sink: ProviderSink): Promise<void> {
    this.#sink = sink;
    this.#watcher = watchFiles((path) => this.#isRelevant(path), (paths) => {
      for (const path of paths) this.#touched.add(path);
      this.#batches.trigger();
    });
    this.#isAlone = !await mayRead(parentOf(this.#path));
    await this.#scan();
    for (const { kind } of KINDS) sink.listed(kind);
    const isAlone = this.#isAlone && this.#root?.kind === "file";
    this.#look = setInterval(() => {
      if (!this.#watcher?.busy) this.#batches.trigger();
    }, isAlone ? LOOK_ALONE_INTERVAL_MS : LOOK_INTERVAL_MS);
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    clearInterval(this.#look);
    this.#watcher?.close();
    await this.#batches.stop();
    this.#reader.close();
  }

  /** Beside a single file, its neighbours say nothing, but for a ConfigMap's `..data`. */
  #isRelevant(path: string): boolean {
    const root = this.#root;
    if (root === undefined || root.kind === "folder") return true;
    const name = path.slice(path.lastIndexOf("/") + 1);
    const own = this.#path.slice(this.#path.lastIndexOf("/") + 1);
    return path === root.realPath || name === own || name.startsWith("..");
  }

  async #scan(): Promise<void> {
    const touched = this.#touched;
    this.#touched = new Set();
    for (let tries = 1;; tries++) {
      const found = await listFiles(this.#path);
      this.#root = found.root;
      this.#watch(found);
      // Written anew from nothing, or not mounted yet: nobody asks for an end of all service that way.
      if (found.files.length === 0 && this.#files.size > 0) return this.#emptied();
      const files = await this.#readAll(found, touched);
      if (this.#stopped) return;
      if (tries < MAX_SWAPS && await isSwapped(this.#path, found.root)) continue;
      this.#files = files;
      break;
    }
    this.#forgetDocuments();
    this.#deliver();
  }

  async #readAll(
    found: FileSet,
    touched: ReadonlySet<string>,
  ): Promise<Map<string, FileState>> {
    const slices = new Slices();
    const files = new Map<string, FileState>();
    this.#sizeBytes = found.files.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
    for (const file of found.files) {
      const before = this.#files.get(file.path);
      const isTouched = touched.has(file.path) || touched.has(file.realPath);
      const same = before !== undefined && before.stamp === file.stamp && !isTouched;
      // It will be needed, as a rule; meanwhile the file is read and cut.
      if (!same) this.#reader.warm(this.#sizeBytes);
      files.set(file.path, same ? before : await this.#read(file, before, slices));
      if (this.#stopped) break;
    }
    return files;
  }

  #watch({ root, files }: FileSet): void {
    const { realPath, identity } = root;
    const targets: WatchTarget[] = root.kind === "folder"
      ? [{ path: realPath, recursive: true, identity }]
      : this.#isAlone
      ? [{ path: this.#path, recursive: false, identity }]
      : [{ path: parentOf(this.#path), recursive: false, identity: "" }];
    const watched = new Set(targets.map((target) => target.path));
    for (const file of files) {
      if (this.#isAlone && root.kind === "file") break;
      const folder = parentOf(file.realPath);
      const covered = root.kind === "folder" && `${folder}/`.startsWith(`${realPath}/`);
      if (covered || watched.has(folder)) continue;
      watched.add(folder);
      targets.push({ path: folder, recursive: false, identity: "" });
    }
    this.#watcher?.retarget(targets);
  }

  async #read(
    file: FoundFile,
    before: FileState | undefined,
    slices: Slices,
  ): Promise<FileState> {
    const { path } = file;
    const kept = {
      path,
      documents: before?.documents ?? [],
      lines: before?.lines ?? [],
      hashes: before?.hashes ?? [],
    };
    if (file.sizeBytes > MAX_FILE_BYTES) {
      const message = `the file is larger than ${MAX_FILE_BYTES / 1024 / 1024} MiB`;
      const problem = fileProblem(file.path, message, "split it into several files");
      return { stamp: file.stamp, ...kept, problems: [problem] };
    }
    let stream: string;
    try {
      const decoded = decodeFile(await Deno.readFile(file.path));
      if ("fault" in decoded) {
        const { message, fix, line } = decoded.fault;
        const problem = fileProblem(file.path, message, fix, line);
        return { stamp: file.stamp, ...kept, problems: [problem] };
      }
      stream = decoded.text;
    } catch (error) {
      const message = `the file cannot be read: ${error instanceof Error ? error.message : error}`;
      const problem = fileProblem(file.path, message, "let this process read it");
      return { stamp: "", ...kept, problems: [problem] };
    }
    if (stream.trim() === "" && kept.documents.length > 0) {
      const message = "the file is empty, what it held before goes on being served";
      const problem = fileProblem(file.path, message, "remove the file if nothing is wanted");
      return { stamp: file.stamp, ...kept, problems: [problem] };
    }
    const hashes: string[] = [];
    const lines: number[] = [];
    const unread = new Map<string, string>();
    for (const { text, line } of splitDocuments(stream)) {
      const hash = contentHash(text);
      hashes.push(hash);
      lines.push(line);
      if (!this.#documents.has(hash)) unread.set(hash, text);
      await slices.breathe();
    }
    await this.#readNew(unread);
    const documents = hashes.map((hash) => this.#documents.get(hash)!);
    const problems = documents.flatMap((document, index) =>
      placeProblems(path, lines[index], document.problems)
    );
    const broken = problems.some((problem) => problem.severity === "error");
    if (broken && before !== undefined) return { stamp: file.stamp, ...kept, problems };
    return { path, stamp: file.stamp, documents, lines, problems, hashes };
  }

  /** Texts by their hashes; their documents are in the cache afterwards. */
  async #readNew(texts: ReadonlyMap<string, string>): Promise<void> {
    const results = await this.#reader.read([...texts.values()], this.#sizeBytes);
    let index = 0;
    for (const hash of texts.keys()) this.#documents.set(hash, results[index++]);
  }

  #forgetDocuments(): void {
    const live = new Set<string>();
    for (const { hashes } of this.#files.values()) for (const hash of hashes) live.add(hash);
    for (const hash of this.#documents.keys()) if (!live.has(hash)) this.#documents.delete(hash);
  }

  #deliver(): void {
    const states = [...this.#files.values()];
    const { changes, problems } = diffDocuments(this.#delivered, states);
    this.#delivered = states;
    const all = [...states.flatMap((state) => state.problems), ...problems];
    if (states.length === 0) all.push(this.#nothing());
    this.#sink?.problems(all);
    if (changes.length > 0) this.#sink?.change(changes);
  }

  /** Of a folder that never held anything. */
  #nothing(): Problem {
    const message = "there is no file of YAML or JSON: nothing is served";
    const fix = "put one there, it is read at once: its name ends with .yaml, .yml or .json";
    return { ...fileProblem(this.#path, message, fix), severity: "warning" };
  }

  #emptied(): void {
    this.#sink?.problems([
      fileProblem(
        this.#path,
        "there is no file of YAML or JSON any more, what was there goes on being served",
        "put a file back; one of nothing but a comment, if nothing is to be served",
      ),
    ]);
  }

  /** The path itself is gone or closed to us: everything stays as it was, and is said. */
  #unreadable(error: unknown): void {
    const message = `the configuration cannot be read: ${
      error instanceof Error ? error.message : error
    }`;
    this.#sink?.problems([
      fileProblem(this.#path, message, "put the file or folder back; until then nothing changes"),
    ]);
  }
}

/** Objects from files. Nothing is read before start(). */
export function createFileProvider(options: FileProviderOptions): Provider {
  return new FileProvider(options);
}
