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

function fromHeaders(headers: Headers, method: string): FieldList {
  const decoded = DECODED.has(headers.get("content-encoding")?.toLowerCase() ?? "");
  const fields: [string, string][] = [];
  for (const [name, value] of headers) {
    if (decoded && (name === "content-encoding" || name === "content-length")) continue;
    // The front frames the body; HEAD keeps the length that GET would have had.
    if (name === "transfer-encoding" || (name === "content-length" && method !== "HEAD")) continue;
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

/** Passes chunks on and turns whatever ends the body early into an UpstreamFailure. */
function guardBody(body: ReadableStream<Uint8Array>): ReadableStream<Uint8Array> {
  const reader = body.getReader();
  return new ReadableStream({
    type: "bytes",
    async pull(controller) {
      try {
        const { done, value } = await reader.read();
        if (done) {
          controller.close();
          (controller as ReadableByteStreamController).byobRequest?.respond(0);
        } else controller.enqueue(value as Uint8Array<ArrayBuffer>);
      } catch (error) {
        controller.error(new UpstreamFailure("reset", false, error));
      }
    },
    cancel: (reason) => reader.cancel(reason),
  });
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
        : guardBody(response.body);
      if (body === null) await response.body?.cancel();
      return {
        status: response.status,
        fields: fromHeaders(response.headers, exchange.method),
        body,
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
