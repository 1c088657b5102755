// The serve front's handler: a Request becomes one exchange of the wire pipeline, with its codec,
// pools, deadlines, retries and rescue, over a connection in memory. Takes Requests, gives Responses,
// and never rejects. Owns the context that the exchanges of the moment live in.

import { type FailureReason, RESCUES } from "../rescue.ts";
import type { WireContext } from "../wire/context.ts";
import type { Entrance } from "../wire/arrival.ts";
import { Downstream } from "../wire/downstream.ts";
import { StreamLink } from "../wire/stream_link.ts";
import { startTicking } from "../wire/tick.ts";
import { ExchangeStream } from "./exchange_stream.ts";
import { requestBytes } from "./request_bytes.ts";
import { readRequestHead } from "./request_head.ts";

/** Where a request came in. */
export interface Arrival {
  /** The peer's address, without a port. */
  readonly peerAddress: string;
  readonly peerPort: number;
  /** What Deno.serve writes into a URL where the request names no host. */
  readonly localAuthority: string;
  readonly scheme: "http" | "https";
  readonly entrance: Entrance;
}

const SCHEME_IDS = { http: 1, https: 2 } as const;

function rescue(reason: FailureReason): Response {
  const { status, message } = RESCUES[reason];
  const headers = { "content-type": "text/plain; charset=utf-8" };
  return new Response(`${message}\n`, { status, headers });
}

export class ServeGateway {
  #context: WireContext;
  readonly #timer: ReturnType<typeof setInterval>;
  /** Requests so far: each is a connection of its own to the pipeline. */
  #ordinal = 0;

  constructor(context: WireContext) {
    this.#context = context;
    this.#timer = startTicking(() => this.#context);
  }

  get context(): WireContext {
    return this.#context;
  }

  async handle(request: Request, arrival: Arrival): Promise<Response> {
    const context = this.#context;
    const head = readRequestHead(request, arrival.localAuthority);
    const bytes = requestBytes(head, request.body !== null);
    if (bytes === undefined) return rescue("malformed_request");
    if (!context.connections.tryTake()) return rescue("overload");
    const stream = new ExchangeStream(
      context.core.memory,
      head.method,
      bytes,
      request.body,
      () => downstream?.cutOff(request.signal.aborted ? "client_gone" : "malformed_request"),
    );
    const downstream = open(context, stream, arrival, this.#ordinal++);
    if (downstream === undefined) return rescue("overload");
    request.signal.addEventListener("abort", () => downstream.cutOff("client_gone"));
    try {
      return await stream.response;
    } catch {
      return rescue(downstream.record.reason ?? "internal_error");
    }
  }

  /**
   * Ends everything that lives in the context in use, whose core may be broken, and goes on with
   * what `create` makes; it may count connections from 0.
   */
  replace(create: () => WireContext): void {
    const { open, pools } = this.#context;
    for (const downstream of [...open]) {
      try {
        downstream.cutOff("core_trap");
      } catch {
        // A broken core may trap again; the connection is closed by then.
      }
    }
    pools.drain();
    this.#context = create();
  }

  /** Closes idle connections to endpoints; exchanges under way finish. */
  drain(): void {
    this.#context.isDraining = true;
    this.#context.pools.drain();
  }

  /** Ends the timer too: to be called when no exchange is under way. */
  close(): void {
    this.drain();
    clearInterval(this.#timer);
  }
}

/** Undefined where the core's memory has no room for another exchange. */
function open(
  context: WireContext,
  stream: ExchangeStream,
  { peerAddress, peerPort, scheme, entrance }: Arrival,
  ordinal: number,
): Downstream | undefined {
  const arrival = {
    peer: peerAddress,
    port: peerPort,
    schemeId: SCHEME_IDS[scheme],
    isTrusted: context.trust.isTrusted(peerAddress),
    entrance,
    ordinal,
  };
  try {
    return new Downstream(new StreamLink(stream, context.core.memory), arrival, context);
  } catch {
    context.connections.give();
    stream.close();
    return undefined;
  }
}
