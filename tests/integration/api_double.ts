// A small API server over real HTTP, for tests of what speaks to one: list, watch, resourceVersion,
// status patches and Leases, and the faults that a real one shows. Keeps JSON objects by path.

import { ApiClient } from "../../src/control/provider/kubernetes/api_client.ts";
import { until } from "../until.ts";

// deno-lint-ignore no-explicit-any
export type Json = any;

interface Watch {
  readonly path: string;
  readonly query: URLSearchParams;
  readonly controller: ReadableStreamDefaultController<Uint8Array>;
}

export interface SeenRequest {
  readonly method: string;
  readonly path: string;
  readonly query: URLSearchParams;
}

/** `/apis/G/V/namespaces/N/plural/name` -> `/apis/G/V/plural`; of the cluster as well. */
function collectionOf(objectPath: string): string {
  return objectPath.replace(/\/namespaces\/[^/]+\/(?=[^/]+\/[^/]+$)/, "/").replace(/\/[^/]+$/, "");
}

/** Fields come back in an order of the server's own. */
function sorted(value: Json): Json {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.keys(value).sort().map((name) => [name, sorted(value[name])]));
}

/** Of the terms of a field selector, `status.phase!=X`. */
function isSelected(object: Json, query: URLSearchParams): boolean {
  const terms = (query.get("fieldSelector") ?? "").split(",");
  return !terms.includes(`status.phase!=${object.status?.phase}`);
}

export class ApiDouble {
  readonly objects = new Map<string, Json>();
  readonly requests: SeenRequest[] = [];
  /** Collections that are not served at all. */
  readonly missing = new Set<string>();
  readonly forbidden = new Set<string>();
  /** The next watch of the collection is answered with ERROR 410. */
  readonly expired = new Set<string>();
  /** Patches that are refused with 409 before one is taken. */
  conflicts = 0;
  #version = 100;
  readonly #watches = new Set<Watch>();
  readonly #server: Deno.HttpServer<Deno.NetAddr>;
  readonly #clients: ApiClient[] = [];

  constructor() {
    this.#server = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen() {} }, (request) => {
      return this.#answer(request);
    });
  }

  get url(): string {
    return `http://127.0.0.1:${this.#server.addr.port}`;
  }

  client(): ApiClient {
    const client = new ApiClient({
      url: this.url,
      open: () => Deno.createHttpClient({}),
      namespace: "default",
      authorization: () => Promise.resolve(undefined),
    });
    this.#clients.push(client);
    return client;
  }

  async stop(): Promise<void> {
    for (const client of this.#clients) client.close();
    this.breakWatches();
    await this.#server.shutdown();
  }

  put(path: string, object: Json): Json {
    const isNew = !this.objects.has(path);
    const version = String(++this.#version);
    const stored = sorted({
      ...object,
      metadata: { ...object.metadata, resourceVersion: version },
    });
    this.objects.set(path, stored);
    this.#tell(path, isNew ? "ADDED" : "MODIFIED", stored);
    return stored;
  }

  remove(path: string): void {
    const object = this.objects.get(path);
    this.objects.delete(path);
    const metadata = { ...object.metadata, resourceVersion: String(++this.#version) };
    this.#tell(path, "DELETED", { ...object, metadata });
  }

  /** Without a word to the watches, as if they had missed it. */
  removeSilently(path: string): void {
    this.objects.delete(path);
  }

  breakWatches(): void {
    for (const watch of this.#watches) {
      try {
        watch.controller.error(new Error("broken"));
      } catch {
        // The client has gone already.
      }
    }
    this.#watches.clear();
  }

  watchesOf(collection: string): SeenRequest[] {
    return this.requests.filter(({ path, query }) => path === collection && query.has("watch"));
  }

  count(method: string, part: string): number {
    return this.requests.filter((one) => one.method === method && one.path.includes(part)).length;
  }

  #tell(path: string, type: string, object: Json): void {
    for (const watch of this.#watches) {
      if (!this.#belongs(path, watch.path, watch.query)) continue;
      // What leaves the selection is as good as deleted to its watcher.
      const told = isSelected(object, watch.query) ? type : "DELETED";
      const line = `${JSON.stringify({ type: told, object })}\n`;
      watch.controller.enqueue(new TextEncoder().encode(line));
    }
  }

  #belongs(path: string, collection: string, query: URLSearchParams): boolean {
    const name = /metadata\.name=([^,]+)/.exec(query.get("fieldSelector") ?? "")?.[1];
    if (name !== undefined && !path.endsWith(`/${name}`)) return false;
    return collectionOf(path) === collection || path.startsWith(`${collection}/`);
  }

  async #answer(request: Request): Promise<Response> {
    const { pathname, searchParams } = new URL(request.url);
    this.requests.push({ method: request.method, path: pathname, query: searchParams });
    if (this.forbidden.has(pathname)) return this.#fail(403, "Forbidden");
    if (this.missing.has(pathname)) return this.#fail(404, "NotFound");
    if (request.method === "PATCH") return await this.#patch(pathname, await request.json());
    if (request.method === "PUT") return this.#replace(pathname, await request.json());
    if (request.method === "POST") {
      const body = await request.json();
      const path = `${pathname}/${body.metadata.name}`;
      if (this.objects.has(path)) return this.#fail(409, "AlreadyExists");
      return Response.json(this.put(path, body), { status: 201 });
    }
    const object = this.objects.get(pathname);
    if (object !== undefined) return Response.json(object);
    if (/\/(leases|gateways|httproutes)\/[^/]+$/.test(pathname)) return this.#fail(404, "NotFound");
    if (searchParams.has("watch")) return this.#watch(pathname, searchParams);
    return this.#list(pathname, searchParams);
  }

  #list(collection: string, query: URLSearchParams): Response {
    const items = [...this.objects]
      .filter(([path, object]) =>
        this.#belongs(path, collection, query) && isSelected(object, query)
      )
      .map(([, object]) => object);
    return Response.json({ metadata: { resourceVersion: String(this.#version) }, items });
  }

  #watch(path: string, query: URLSearchParams): Response {
    if (this.expired.delete(path)) {
      const object = { kind: "Status", code: 410, reason: "Expired", message: "too old" };
      return new Response(`${JSON.stringify({ type: "ERROR", object })}\n`);
    }
    let watch: Watch;
    const body = new ReadableStream<Uint8Array>({
      start: (controller) => {
        watch = { path, query, controller };
        this.#watches.add(watch);
        // What happened between the version asked for and now.
        for (const [each, object] of this.objects) {
          const isNewer = Number(object.metadata.resourceVersion) >
            Number(query.get("resourceVersion"));
          if (!isNewer || !this.#belongs(each, path, query)) continue;
          const line = `${JSON.stringify({ type: "MODIFIED", object })}\n`;
          controller.enqueue(new TextEncoder().encode(line));
        }
      },
      cancel: () => {
        this.#watches.delete(watch);
      },
    });
    return new Response(body);
  }

  #patch(pathname: string, body: Json): Response {
    const path = pathname.replace(/\/status$/, "");
    const object = this.objects.get(path);
    if (object === undefined) return this.#fail(404, "NotFound");
    const isStale = body.metadata.resourceVersion !== object.metadata.resourceVersion;
    if (isStale || this.conflicts > 0) {
      if (!isStale) this.conflicts--;
      return this.#fail(409, "Conflict");
    }
    return Response.json(
      this.put(path, { ...object, status: { ...object.status, ...body.status } }),
    );
  }

  #replace(path: string, body: Json): Response {
    const before = this.objects.get(path);
    if (before?.metadata.resourceVersion !== body.metadata.resourceVersion) {
      return this.#fail(409, "Conflict");
    }
    return Response.json(this.put(path, body));
  }

  #fail(code: number, reason: string): Response {
    return Response.json({ kind: "Status", code, reason, message: reason }, { status: code });
  }
}

/** Waits until `check` answers true; a test that would wait for ever is ended by its own failure. */
export async function eventually(what: string, check: () => boolean): Promise<void> {
  await until(what, check, (is) => is);
}
