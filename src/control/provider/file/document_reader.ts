// Reads documents: a small configuration in place, so that an edit is live at once; a large one in a
// worker that ends when nothing more is to be read, so that what parsing and validating thousands of
// documents needs (25 MB and more) goes back to the system. Takes texts, gives what readDocument says.

import { kindInfo } from "../../../gatewayapi/kinds.ts";
import type { Validator } from "../../../gatewayapi/validation/validator.ts";
import type { ReadDocument, readDocument } from "./read_document.ts";

/** A configuration of so many bytes, some 400 documents, is read in place: docs/decisions/058. */
const SMALL_BYTES = 128 * 1024;

/** Texts go over in portions, so that taking their results never holds up the event loop for long. */
const PORTION_CHARS = 128 * 1024;
/** Who edits once often edits again; a new worker takes 200 ms. */
const IDLE_MS = 2_000;

/** A worker that reads needs no file, no socket and no variable but the two that yaml looks for. */
const PERMISSIONS: Deno.PermissionOptions = {
  net: false,
  read: false,
  write: false,
  env: ["LOG_TOKENS", "LOG_STREAM"],
  run: false,
  ffi: false,
  sys: false,
  import: false,
};

interface InPlace {
  readonly validator: Validator;
  readonly readDocument: typeof readDocument;
}

interface Waiting {
  resolve(results: readonly ReadDocument[]): void;
  reject(error: Error): void;
}

/** Cuts a list of texts where a portion is full. */
function portionsOf(texts: readonly string[]): string[][] {
  const portions: string[][] = [];
  let chars = PORTION_CHARS;
  for (const text of texts) {
    if (chars >= PORTION_CHARS) {
      portions.push([]);
      chars = 0;
    }
    portions.at(-1)!.push(text);
    chars += text.length;
  }
  return portions;
}

/**
 * A copy that shares no string with the text that it was read from: V8's slices of a string keep the
 * whole of it alive, and with every edited document another version of its file would stay in memory.
 */
function detach(result: ReadDocument): ReadDocument {
  return slim(JSON.parse(JSON.stringify(result)));
}

const NO_PROBLEMS: ReadDocument["problems"] = [];
const API_VERSIONS = new Map<string, string>();

/** What thousands of documents have in common, they have once. */
function slim({ objects, problems }: ReadDocument): ReadDocument {
  for (const { kind, object } of objects) {
    const { apiVersion } = object as { apiVersion: string };
    if (!API_VERSIONS.has(apiVersion)) API_VERSIONS.set(apiVersion, apiVersion);
    Object.assign(object, { apiVersion: API_VERSIONS.get(apiVersion), kind: kindInfo(kind).kind });
  }
  return { objects, problems: problems.length === 0 ? NO_PROBLEMS : problems };
}

async function loadInPlace(): Promise<InPlace> {
  const [{ loadValidator }, { readDocument }] = await Promise.all([
    import("../../../gatewayapi/validation/bundled.ts"),
    import("./read_document.ts"),
  ]);
  return { validator: await loadValidator(), readDocument };
}

export class DocumentReader {
  #worker: Worker | undefined;
  #idle: ReturnType<typeof setTimeout> | undefined;
  /** Portions that were sent and not answered, in order. */
  #waiting: Waiting[] = [];

  #inPlace: Promise<InPlace> | undefined;

  /** `ended`: told when a worker has been ended. */
  constructor(readonly ended: () => void = () => {}) {}

  /** Gets what reading needs, so that it is there when the texts are. */
  warm(configurationBytes: number): void {
    if (configurationBytes <= SMALL_BYTES) {
      this.#inPlace ??= loadInPlace();
      return;
    }
    clearTimeout(this.#idle);
    this.#worker ??= this.#start();
    this.#rest();
  }

  /**
   * One result for each text of a configuration of this size; they share no string with the texts.
   * Rejects where the worker fails, which no text should make it do.
   */
  async read(texts: readonly string[], configurationBytes: number): Promise<ReadDocument[]> {
    if (texts.length === 0) return [];
    this.warm(configurationBytes);
    if (configurationBytes <= SMALL_BYTES) {
      const { readDocument, validator } = await this.#inPlace!;
      return texts.map((text) => detach(readDocument(text, validator)));
    }
    const results: ReadDocument[] = [];
    let ahead: Promise<readonly ReadDocument[]> | undefined;
    // One portion is read while the results of the one before are taken: no more lie about.
    for (const portion of portionsOf(texts)) {
      const next = this.#send(portion);
      // Who awaits the one before hears of it first; nobody may be left to hear of this one.
      next.catch(() => {});
      for (const result of await ahead ?? []) results.push(result);
      ahead = next;
    }
    for (const result of await ahead ?? []) results.push(result);
    return results;
  }

  close(): void {
    this.#end(new Error("the reader was closed"));
  }

  async #send(portion: readonly string[]): Promise<readonly ReadDocument[]> {
    clearTimeout(this.#idle);
    if (!this.#worker) throw new Error("the reader has ended");
    const { promise, resolve, reject } = Promise.withResolvers<readonly ReadDocument[]>();
    this.#waiting.push({ resolve, reject });
    this.#worker.postMessage(portion);
    return await promise;
  }

  #start(): Worker {
    const worker = new Worker(new URL("./reader_worker.ts", import.meta.url), {
      type: "module",
      name: "reader",
      deno: { permissions: PERMISSIONS },
    } as WorkerOptions);
    worker.onmessage = ({ data }: MessageEvent<string>) => {
      this.#waiting.shift()?.resolve((JSON.parse(data) as ReadDocument[]).map(slim));
      this.#rest();
    };
    worker.onerror = (event) => {
      // Without this the error would end the whole process.
      event.preventDefault();
      this.#end(new Error(event.message));
    };
    return worker;
  }

  /** Ends the worker when nothing is asked of it for a while. */
  #rest(): void {
    clearTimeout(this.#idle);
    if (this.#waiting.length > 0) return;
    this.#idle = setTimeout(() => this.#end(new Error("the reader is idle")), IDLE_MS);
  }

  #end(reason: Error): void {
    clearTimeout(this.#idle);
    const worker = this.#worker;
    this.#worker = undefined;
    worker?.terminate();
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const { reject } of waiting) reject(reason);
    if (worker) this.ended();
  }
}
