// Lists one resource and watches it from there on, for ever: resumes at the version it has seen,
// lists anew after 410, waits where the resource does not exist yet, backs off where the server
// fails. Takes a client and a path, gives objects to a handler. Bookmarks keep the version fresh;
// a watch that stays silent for longer than bookmarks allow is broken off.

import { type ApiClient, ApiError } from "./api_client.ts";
import { Backoff, delay } from "./backoff.ts";
import { strip } from "./strip.ts";

/** The part of an object that is needed to keep track of it. */
export interface ApiObject {
  readonly apiVersion?: string;
  readonly kind?: string;
  readonly metadata: {
    readonly name: string;
    readonly namespace?: string;
    readonly resourceVersion?: string;
    readonly [key: string]: unknown;
  };
}

export interface WatchChange {
  readonly type: "ADDED" | "MODIFIED" | "DELETED";
  readonly object: ApiObject;
}

export interface ListWatchHandler {
  /** Everything that exists now, replacing what was known. */
  replace(objects: readonly ApiObject[]): void;
  /** Changes since, in order. */
  changes(changes: readonly WatchChange[]): void;
  /** The server knows no such resource (its CRD is not installed); it will be asked again. */
  missing(): void;
  /** Something went wrong; it will be tried again. */
  failed(error: ApiError): void;
  /** The server answers as it should, whether or not anything has changed. */
  well(): void;
}

export interface ListWatchOptions {
  readonly client: ApiClient;
  /** Paths of the collection, the preferred version first. */
  readonly paths: readonly string[];
  readonly query?: Readonly<Record<string, string>>;
  readonly handler: ListWatchHandler;
  readonly signal: AbortSignal;
  /** Makes less of each object as it arrives: no more than a page is held whole. Default: strip. */
  readonly reduce?: (object: ApiObject) => ApiObject;
  readonly timing?: Partial<ListWatchTiming>;
}

export interface ListWatchTiming {
  /** The server sends a bookmark about once a minute. */
  readonly silenceMs: number;
  /** A watch is asked for between one and two times this long. */
  readonly watchSeconds: number;
  /** A resource that does not exist is asked for again after so long. */
  readonly missingMs: number;
}

const TIMING: ListWatchTiming = { silenceMs: 150_000, watchSeconds: 300, missingMs: 10_000 };
const PAGE_SIZE = "500";
const GONE = 410;
/** A server that is starting may not know a resource for a moment: what is known is kept so long. */
const NOT_FOUND_TO_BELIEVE = 3;

interface List {
  readonly metadata: { readonly resourceVersion: string; readonly continue?: string };
  readonly items: readonly ApiObject[];
}

type WatchEvent =
  | WatchChange
  | { readonly type: "BOOKMARK"; readonly object: ApiObject }
  | {
    readonly type: "ERROR";
    readonly object: { code?: number; reason?: string; message?: string };
  };

export class ListWatch {
  readonly #options: ListWatchOptions;
  readonly #timing: ListWatchTiming;
  readonly #backoff = new Backoff();
  /** The version to resume from; undefined: a list is due. */
  #version: string | undefined;
  #path: string;
  #isKnown = false;
  #notFound = 0;

  constructor(options: ListWatchOptions) {
    this.#options = options;
    this.#timing = { ...TIMING, ...options.timing };
    this.#path = options.paths[0];
  }

  /** Runs until the signal; never rejects. */
  async run(): Promise<void> {
    const { signal, handler } = this.#options;
    while (!signal.aborted) {
      try {
        if (this.#version === undefined) await this.#list();
        else await this.#watch(this.#version);
      } catch (error) {
        if (signal.aborted) return;
        const failure = error instanceof ApiError
          ? error
          : new ApiError(0, "Unexpected", String(error));
        await this.#recover(failure, handler);
      }
    }
  }

  async #recover(failure: ApiError, handler: ListWatchHandler): Promise<void> {
    if (failure.status === GONE) {
      this.#version = undefined;
    } else if (failure.status === 404 && this.#version === undefined && this.#isMissing()) {
      handler.missing();
      await delay(this.#timing.missingMs, this.#options.signal);
      return;
    } else {
      handler.failed(failure);
      if (failure.status === 404) this.#version = undefined;
    }
    await delay(this.#backoff.nextMs(), this.#options.signal);
  }

  #isMissing(): boolean {
    this.#notFound++;
    if (this.#isKnown && this.#notFound < NOT_FOUND_TO_BELIEVE) return false;
    this.#isKnown = false;
    return true;
  }

  async #list(): Promise<void> {
    const { signal, handler, reduce = strip } = this.#options;
    const objects: ApiObject[] = [];
    let token: string | undefined;
    let version = "";
    do {
      const list = await this.#page(token);
      for (const object of list.items) objects.push(reduce(object));
      token = list.metadata.continue || undefined;
      version = list.metadata.resourceVersion;
    } while (token !== undefined && !signal.aborted);
    if (signal.aborted) return;
    this.#version = version;
    this.#isKnown = true;
    this.#notFound = 0;
    this.#backoff.reset();
    handler.replace(objects);
    handler.well();
  }

  /** One page; the first page of a resource is asked for in each of its versions. */
  async #page(token: string | undefined): Promise<List> {
    const { client, paths, query, signal } = this.#options;
    const ask = (path: string) =>
      client.json<List>({
        method: "GET",
        path,
        query: { ...query, limit: PAGE_SIZE, ...(token === undefined ? {} : { continue: token }) },
        signal,
      });
    if (token !== undefined) return await ask(this.#path);
    for (const path of paths) {
      try {
        const list = await ask(path);
        this.#path = path;
        return list;
      } catch (error) {
        const isLast = path === paths[paths.length - 1];
        if (isLast || !(error instanceof ApiError) || error.status !== 404) throw error;
      }
    }
    throw new ApiError(404, "NotFound", `${this.#path}: no version of it is served`);
  }

  async #watch(from: string): Promise<void> {
    const { client, query, signal, handler } = this.#options;
    const { silenceMs, watchSeconds } = this.#timing;
    const startedMs = performance.now();
    const lines = await client.stream<WatchEvent>({
      method: "GET",
      path: this.#path,
      query: {
        ...query,
        watch: "1",
        allowWatchBookmarks: "true",
        resourceVersion: from,
        timeoutSeconds: String(Math.round(watchSeconds * (1 + Math.random()))),
      },
      signal,
      silenceMs,
    });
    handler.well();
    for await (const events of lines) {
      this.#backoff.reset();
      this.#deliver(events, handler);
    }
    // A server that ends every watch at once must not be asked again at once.
    if (performance.now() - startedMs < 1_000) await delay(this.#backoff.nextMs(), signal);
  }

  #deliver(events: readonly WatchEvent[], handler: ListWatchHandler): void {
    const { reduce = strip } = this.#options;
    const changes: WatchChange[] = [];
    let error: ApiError | undefined;
    for (const event of events) {
      if (event.type === "ERROR") {
        const { code = 0, reason = "", message = "" } = event.object;
        error = new ApiError(code, reason, `watch of ${this.#path}: ${code} ${message}`);
        break;
      }
      this.#version = event.object.metadata.resourceVersion ?? this.#version;
      if (event.type === "BOOKMARK") continue;
      const { type, object } = event;
      changes.push({ type, object: reduce(object) });
    }
    if (changes.length > 0) handler.changes(changes);
    if (error) throw error;
  }
}
