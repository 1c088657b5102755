// Requests to the API server over one HTTP/2 connection: JSON in, JSON out, or a stream of lines.
// Every call has a bound in time or a signal. Failures are ApiError, with the server's own words.

import type { ApiServer } from "./credentials.ts";
import { jsonLines } from "./json_lines.ts";

const REQUEST_TIMEOUT_MS = 30_000;

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
}

function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

export class ApiClient {
  readonly #server: ApiServer;

  constructor(server: ApiServer) {
    this.#server = server;
  }

  get url(): string {
    return this.#server.url;
  }

  /** @throws {ApiError} */
  async json<T>(request: ApiRequest): Promise<T> {
    const timeout = AbortSignal.timeout(REQUEST_TIMEOUT_MS);
    const signal = request.signal ? AbortSignal.any([request.signal, timeout]) : timeout;
    const response = await this.#send(request, signal);
    try {
      return await response.json() as T;
    } catch (error) {
      throw new ApiError(0, "BadAnswer", `${request.path}: ${reasonOf(error)}`);
    }
  }

  /**
   * The lines of an answer that goes on, each parsed, grouped as they arrive; ends when the server
   * ends it. Silence is for the caller to bound, by `signal`.
   * @throws {ApiError}
   */
  async *stream<T>(request: ApiRequest & { readonly signal: AbortSignal }): AsyncGenerator<T[]> {
    const response = await this.#send(request, request.signal);
    if (!response.body) return;
    try {
      yield* jsonLines<T>(response.body);
    } catch (error) {
      throw new ApiError(0, "Broken", `${request.path}: ${reasonOf(error)}`);
    }
  }

  close(): void {
    this.#server.client.close();
  }

  async #send(request: ApiRequest, signal: AbortSignal): Promise<Response> {
    const query = request.query ? `?${new URLSearchParams({ ...request.query })}` : "";
    const headers: Record<string, string> = { accept: "application/json" };
    let response: Response;
    try {
      const authorization = await this.#server.authorization();
      if (authorization !== undefined) headers.authorization = authorization;
      if (request.body !== undefined) {
        headers["content-type"] = request.contentType ?? "application/json";
      }
      response = await fetch(`${this.#server.url}${request.path}${query}`, {
        method: request.method,
        headers,
        ...(request.body === undefined ? {} : { body: JSON.stringify(request.body) }),
        client: this.#server.client,
        signal,
        redirect: "error",
      });
    } catch (error) {
      throw new ApiError(0, "Unreachable", `${request.path}: ${reasonOf(error)}`);
    }
    if (response.ok) return response;
    throw await failure(request, response);
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
