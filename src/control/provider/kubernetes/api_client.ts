// Requests to the API server: JSON in, JSON out, or a stream of lines. Every call has a bound in
// time or of silence. Failures are ApiError, with the server's own words.

import { type Connection, Connections } from "./connections.ts";
import type { ApiServer } from "./credentials.ts";
import { jsonLines } from "./json_lines.ts";
import { Reachability } from "./reachability.ts";

const REQUEST_TIMEOUT_MS = 30_000;
/** Everyone who has credentials may ask for it. */
const PROBE_PATH = "/version";
const PROBE_TIMEOUT_MS = 5_000;

/** The server answered with a failure (`status`), or did not answer (`status` 0). */
export class ApiError extends Error {
  constructor(
    readonly status: number,
    readonly reason: string,
    message: string,
  ) {
    super(message);
    this.name = "ApiError";
  }
}

export type PatchType = "application/merge-patch+json" | "application/apply-patch+yaml";

export interface ApiRequest {
  readonly method: "GET" | "POST" | "PUT" | "PATCH" | "DELETE";
  /** From `/api` or `/apis` on. */
  readonly path: string;
  readonly query?: Readonly<Record<string, string>>;
  readonly body?: unknown;
  readonly contentType?: "application/json" | PatchType;
  readonly signal?: AbortSignal;
  /** For the whole exchange; 30 s unless stated. */
  readonly timeoutMs?: number;
}

export interface StreamRequest extends Omit<ApiRequest, "timeoutMs"> {
  readonly signal: AbortSignal;
  /** Nothing for so long, and the stream is broken off. */
  readonly silenceMs: number;
}

function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

export class ApiClient {
  readonly #server: ApiServer;
  readonly #connections: Connections;
  readonly #reachability: Reachability;

  constructor(server: ApiServer) {
    this.#server = server;
    const ask = async (client: Deno.HttpClient) => {
      const signal = AbortSignal.timeout(PROBE_TIMEOUT_MS);
      const response = await this.#fetch({ method: "GET", path: PROBE_PATH }, client, signal);
      await response.body?.cancel();
    };
    this.#connections = new Connections({ open: () => server.open(), ask });
    this.#reachability = new Reachability(() => ask(this.#connections.forRequest().client));
  }

  get url(): string {
    return this.#server.url;
  }

  /** @throws {ApiError} */
  async json<T>(request: ApiRequest): Promise<T> {
    const connection = this.#connections.forRequest();
    const timeout = AbortSignal.timeout(request.timeoutMs ?? REQUEST_TIMEOUT_MS);
    const sentAtMs = performance.now();
    try {
      const response = await this.#send(request, connection, timeout);
      return await this.#body<T>(request, response);
    } catch (error) {
      if (timeout.aborted) this.#suspect(connection, sentAtMs);
      throw error;
    }
  }

  /**
   * Resolves when the server has agreed, to the lines of an answer that goes on, each parsed,
   * grouped as they arrive; they end when the server ends them, and have to be read.
   * @throws {ApiError} and so do the lines
   */
  async stream<T>(request: StreamRequest): Promise<AsyncGenerator<T[], void>> {
    const connection = this.#connections.takeForWatch();
    const silence = new Silence(request.silenceMs, (sinceMs) => {
      this.#suspect(connection, sinceMs);
    });
    const end = () => {
      silence.end();
      this.#connections.releaseWatch(connection);
    };
    try {
      const response = await this.#send(request, connection, silence.signal);
      const heard = () => {
        silence.heard();
        connection.heard();
      };
      return linesOf<T>(request.path, response, heard, end);
    } catch (error) {
      end();
      throw error;
    }
  }

  close(): void {
    this.#reachability.close();
    this.#connections.close();
  }

  /** What waited for a server that is known to be away says nothing about the connection. */
  #suspect(connection: Connection, sinceMs: number): void {
    if (!this.#reachability.isLost) void this.#connections.suspect(connection, sinceMs);
  }

  async #body<T>(request: ApiRequest, response: Response): Promise<T> {
    try {
      return await response.json() as T;
    } catch (error) {
      throw new ApiError(0, "BadAnswer", `${request.path}: ${reasonOf(error)}`);
    }
  }

  async #send(request: ApiRequest, connection: Connection, limit: AbortSignal): Promise<Response> {
    const signals = [limit, connection.lost, ...request.signal ? [request.signal] : []];
    const signal = AbortSignal.any(signals);
    await this.#reachability.wait(signal);
    let response: Response;
    try {
      signal.throwIfAborted();
      response = await this.#fetch(request, connection.client, signal);
    } catch (error) {
      if (!signal.aborted) this.#reachability.lost();
      throw new ApiError(0, "Unreachable", `${request.path}: ${reasonOf(error)}`);
    }
    connection.heard();
    if (response.ok) return response;
    throw await failure(request, response);
  }

  async #fetch(
    request: ApiRequest,
    client: Deno.HttpClient,
    signal: AbortSignal,
  ): Promise<Response> {
    const query = request.query ? `?${new URLSearchParams({ ...request.query })}` : "";
    const headers: Record<string, string> = { accept: "application/json" };
    const authorization = await this.#server.authorization();
    if (authorization !== undefined) headers.authorization = authorization;
    if (request.body !== undefined) {
      headers["content-type"] = request.contentType ?? "application/json";
    }
    return await fetch(`${this.#server.url}${request.path}${query}`, {
      method: request.method,
      headers,
      ...(request.body === undefined ? {} : { body: JSON.stringify(request.body) }),
      client,
      signal,
      redirect: "error",
    });
  }
}

/** Gives its signal when nothing has been heard for a while. */
class Silence {
  readonly #limitMs: number;
  readonly #tooLong: (sinceMs: number) => void;
  readonly #controller = new AbortController();
  #timer: ReturnType<typeof setTimeout>;

  constructor(limitMs: number, tooLong: (sinceMs: number) => void) {
    this.#limitMs = limitMs;
    this.#tooLong = tooLong;
    this.#timer = this.#start();
  }

  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  heard(): void {
    clearTimeout(this.#timer);
    this.#timer = this.#start();
  }

  end(): void {
    clearTimeout(this.#timer);
  }

  #start(): ReturnType<typeof setTimeout> {
    const sinceMs = performance.now();
    return setTimeout(() => {
      this.#controller.abort(new Error(`nothing came for ${this.#limitMs} ms`));
      this.#tooLong(sinceMs);
    }, this.#limitMs);
  }
}

async function* linesOf<T>(
  path: string,
  response: Response,
  heard: () => void,
  end: () => void,
): AsyncGenerator<T[], void> {
  try {
    if (!response.body) return;
    for await (const values of jsonLines<T>(response.body)) {
      heard();
      yield values;
    }
  } catch (error) {
    throw new ApiError(0, "Broken", `${path}: ${reasonOf(error)}`);
  } finally {
    end();
  }
}

/** A failure answers with a Status object (meta/v1); anything else in front of it may not. */
async function failure(request: ApiRequest, response: Response): Promise<ApiError> {
  const text = await response.text().catch(() => "");
  let status: { message?: unknown; reason?: unknown } = {};
  try {
    status = JSON.parse(text);
  } catch {
    // Not a Status: the code speaks for itself.
  }
  const message = typeof status.message === "string" ? status.message : text.slice(0, 200);
  const reason = typeof status.reason === "string" ? status.reason : "";
  return new ApiError(
    response.status,
    reason,
    `${request.method} ${request.path}: ${response.status} ${message}`,
  );
}
