// The admin server: /metrics, /healthz and /readyz for everyone who can reach it, everything else
// for loopback peers only. Takes views (functions that answer), gives a server that is bound
// exclusively, so that a second instance fails here. Never counts its own requests as traffic.

import { isLocalHostHeader, isLoopback } from "./loopback.ts";

export type Readiness =
  | { readonly ready: true }
  | { readonly ready: false; readonly reason: string };

export interface AdminViews {
  readonly metrics: { readonly contentType: string; render(): Promise<string> };
  readonly readiness: () => Readiness;
  /** Pages for loopback peers, by path (`/status`), answered as JSON. May throw BadQuery. */
  readonly local: Readonly<Record<string, (query: URLSearchParams) => unknown>>;
  /** Streams for loopback peers, by path; an answer of null: too many readers. */
  readonly streams?: Readonly<Record<string, AdminStream>>;
}

export interface AdminStream {
  readonly contentType: string;
  /** `lastId`: the request's Last-Event-ID. */
  open(lastId: string | null): ReadableStream<Uint8Array> | null;
}

export interface AdminServer {
  readonly port: number;
  close(): Promise<void>;
}

/** The admin address can't be had; the message says what to do. */
export class AdminAddressError extends Error {
  override readonly name = "AdminAddressError";
}

/** A page was asked for what it can't answer: 400, with the message. */
export class BadQuery extends Error {
  override readonly name = "BadQuery";
}

const TEXT = { "content-type": "text/plain; charset=utf-8", "cache-control": "no-store" };
const JSON_TYPE = { "content-type": "application/json", "cache-control": "no-store" };

function text(body: string, status = 200, headers: Record<string, string> = {}): Response {
  return new Response(body, { status, headers: { ...TEXT, ...headers } });
}

/**
 * A page tells what is configured, so it is for this machine alone: the peer must be a loopback
 * address, the Host an address or localhost (a name could have been rebound to loopback by whoever
 * owns it), and the request must not have come through a proxy.
 */
function mayReadLocalPages(request: Request, peer: string): boolean {
  return isLoopback(peer) && isLocalHostHeader(request.headers.get("host")) &&
    !request.headers.has("x-forwarded-for") && !request.headers.has("forwarded");
}

function answerStream(request: Request, stream: AdminStream): Response {
  const headers = { "content-type": stream.contentType, "cache-control": "no-store" };
  if (request.method === "HEAD") return new Response(null, { headers });
  const body = stream.open(request.headers.get("last-event-id"));
  return body ? new Response(body, { headers }) : text("too many readers\n", 503);
}

/** The answer to one request from `peer`, an address without a port. */
export async function answerAdmin(
  request: Request,
  peer: string,
  views: AdminViews,
): Promise<Response> {
  if (request.method !== "GET" && request.method !== "HEAD") {
    return text("only GET and HEAD are answered here\n", 405, { allow: "GET, HEAD" });
  }
  const { pathname: path, searchParams } = new URL(request.url);
  if (path === "/healthz") return text("ok\n");
  if (path === "/readyz") {
    const readiness = views.readiness();
    return readiness.ready ? text("ready\n") : text(`not ready: ${readiness.reason}\n`, 503);
  }
  if (path === "/metrics") {
    const headers = { "content-type": views.metrics.contentType };
    return text(await views.metrics.render(), 200, headers);
  }
  const page = Object.hasOwn(views.local, path) ? views.local[path] : undefined;
  const streams = views.streams ?? {};
  const stream = Object.hasOwn(streams, path) ? streams[path] : undefined;
  if (!page && !stream) {
    const own = [...Object.keys(views.local), ...Object.keys(streams)];
    const paths = ["/metrics", "/healthz", "/readyz", ...own];
    return text(`there is ${paths.join(", ")}\n`, 404);
  }
  if (!mayReadLocalPages(request, peer)) {
    return text(`${path} is answered on the loopback interface of this machine only\n`, 403);
  }
  if (stream) return answerStream(request, stream);
  try {
    const content = await page?.(searchParams);
    return new Response(JSON.stringify(content, null, 2) + "\n", { headers: JSON_TYPE });
  } catch (error) {
    if (error instanceof BadQuery) return text(`${error.message}\n`, 400);
    throw error;
  }
}

/** @throws {AdminAddressError} when the address is in use, not ours, or not permitted. */
export function startAdmin(
  address: { readonly address: string; readonly port: number },
  views: AdminViews,
): AdminServer {
  const shown = address.address.includes(":")
    ? `[${address.address}]:${address.port}`
    : `${address.address}:${address.port}`;
  try {
    const server = Deno.serve({
      hostname: address.address,
      port: address.port,
      onListen: () => {},
      onError: () => text("this page failed; the log says why\n", 500),
      handler: (request, info) => answerAdmin(request, info.remoteAddr.hostname, views),
    });
    return { port: server.addr.port, close: () => server.shutdown() };
  } catch (error) {
    if (error instanceof Deno.errors.AddrInUse) {
      throw new AdminAddressError(
        `RAUTA_ADMIN_ADDRESS=${shown} is in use: another RAUTA or another program listens there. ` +
          "Stop it, or set RAUTA_ADMIN_ADDRESS to a free address and port.",
        { cause: error },
      );
    }
    const reason = error instanceof Error ? error.message : String(error);
    throw new AdminAddressError(
      `RAUTA_ADMIN_ADDRESS=${shown} can't be bound (${reason}). ` +
        "Set it to an address of this machine and a port that this user may bind.",
      { cause: error },
    );
  }
}
