// The upstream over fetch: serves until raw pools take its place behind the same seam.
// Known limits are listed in docs/limits.md: request bodies go out chunked, dot segments are
// removed by the URL parser, compressed bodies arrive decoded, trailers are lost.

import {
  type FieldList,
  type Upstream,
  type UpstreamExchange,
  UpstreamFailure,
  type UpstreamResponse,
} from "./upstream.ts";

/** Framing and connection fields are fetch's own business. */
const NOT_SENT = new Set(["content-length", "transfer-encoding", "connection", "expect"]);
/** fetch decodes these and keeps the fields, which then no longer say what the body is. */
const DECODED = new Set(["gzip", "br"]);
const NULL_BODY_STATUSES = new Set([101, 204, 205, 304]);

/** Wins over the error that an aborted fetch rejects with. */
class TimedOut extends Error {}

function toHeaders(fields: FieldList): Headers {
  const headers = new Headers();
  for (const [name, value] of fields) {
    if (!NOT_SENT.has(name.toLowerCase())) headers.append(name, value);
  }
  // fetch adds what is absent; an empty value is the least that it sends.
  for (const name of ["accept", "accept-language", "user-agent"]) {
    if (!headers.has(name)) headers.set(name, "");
  }
  // Otherwise fetch asks for gzip and br by itself, and decodes them.
  if (!headers.has("accept-encoding")) headers.set("accept-encoding", "identity");
  return headers;
}

function fromHeaders(headers: Headers): FieldList {
  const decoded = DECODED.has(headers.get("content-encoding")?.toLowerCase() ?? "");
  const fields: [string, string][] = [];
  for (const [name, value] of headers) {
    if (decoded && (name === "content-encoding" || name === "content-length")) continue;
    fields.push([name, value]);
  }
  return fields;
}

function failureOf(error: unknown, exchange: UpstreamExchange): UpstreamFailure {
  if (error instanceof TimedOut) return new UpstreamFailure("response_timeout", false, error);
  if (exchange.signal.aborted) return new UpstreamFailure("aborted", false, error);
  const message = error instanceof Error ? `${error.message} ${error.cause ?? ""}` : String(error);
  if (/refused/i.test(message)) return new UpstreamFailure("connect_refused", true, error);
  if (/\(Connect\)|tcp connect|dns/i.test(message)) {
    return new UpstreamFailure("connect_failed", true, error);
  }
  if (/invalid|parse/i.test(message)) {
    return new UpstreamFailure("malformed_response", false, error);
  }
  return new UpstreamFailure("reset", false, error);
}

/** Passes chunks on, and remembers what ended the body early. */
class GuardedBody {
  failure: UpstreamFailure | undefined;
  readonly stream: ReadableStream<Uint8Array>;

  constructor(body: ReadableStream<Uint8Array>, exchange: UpstreamExchange) {
    const reader = body.getReader();
    this.stream = new ReadableStream({
      pull: async (controller) => {
        try {
          const { done, value } = await reader.read();
          if (done) controller.close();
          else controller.enqueue(value);
        } catch (error) {
          this.failure = failureOf(error, exchange);
          controller.error(this.failure);
        }
      },
      cancel: (reason) => reader.cancel(reason),
    }, { highWaterMark: 0 });
  }
}

export class FetchUpstream implements Upstream {
  readonly #client = Deno.createHttpClient({ allowHost: true, http2: false });

  async send(exchange: UpstreamExchange): Promise<UpstreamResponse> {
    const timeout = new AbortController();
    const timer = exchange.responseTimeoutMs > 0
      ? setTimeout(() => timeout.abort(new TimedOut()), exchange.responseTimeoutMs)
      : undefined;
    const host = exchange.address.includes(":") ? `[${exchange.address}]` : exchange.address;
    try {
      const response = await fetch(`http://${host}:${exchange.port}${exchange.target}`, {
        method: exchange.method,
        headers: toHeaders(exchange.fields),
        body: exchange.body as ReadableStream<Uint8Array<ArrayBuffer>> | null,
        redirect: "manual",
        client: this.#client,
        signal: AbortSignal.any([exchange.signal, timeout.signal]),
      } as RequestInit);
      const body = response.body === null || NULL_BODY_STATUSES.has(response.status)
        ? null
        : new GuardedBody(response.body, exchange);
      if (body === null) await response.body?.cancel();
      return {
        status: response.status,
        fields: fromHeaders(response.headers),
        body: body?.stream ?? null,
        bodyFailure: () => body?.failure,
      };
    } catch (error) {
      throw failureOf(timeout.signal.aborted ? timeout.signal.reason : error, exchange);
    } finally {
      clearTimeout(timer);
    }
  }

  close(): void {
    this.#client.close();
  }
}
