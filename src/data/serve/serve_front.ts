// The `serve` front: Deno.serve on every binding, over one handler.
// Takes bindings, gives outcomes; owns the sockets and counts the exchanges that are under way.
// Knows nothing of routes; what a request means is the handler's business.

import type { BindOutcome, Front } from "../front.ts";
import { type Binding, bindingKey } from "../protocol.ts";

/** Where a request came in. */
export interface Arrival {
  /** The peer's address, without a port. */
  readonly peerAddress: string;
  readonly peerPort: number;
  /** What Deno.serve writes into a URL where the request names no host. */
  readonly localAuthority: string;
  /** What the core knows the listeners of this socket by. */
  readonly portGroup: number;
  readonly scheme: "http" | "https";
  /** Resolves or rejects once the response is sent or has failed. */
  readonly completed: Promise<void>;
}

export type Handler = (request: Request, arrival: Arrival) => Promise<Response>;

/** What every arrival on one binding has in common; the port group follows the tables. */
interface Place {
  portGroup: number;
  localAuthority: string;
}

interface OpenBinding {
  readonly server: Deno.HttpServer<Deno.NetAddr>;
  readonly place: Place;
  readonly abort: AbortController;
}

export class ServeFront implements Front {
  readonly #handler: Handler;
  readonly #open = new Map<string, OpenBinding>();
  /** Servers that no longer accept, until their last exchange is done. */
  readonly #closing = new Set<Promise<void>>();
  #underWay = 0;

  constructor(handler: Handler) {
    this.#handler = handler;
  }

  setBindings(bindings: readonly Binding[]): Promise<readonly BindOutcome[]> {
    const wanted = new Set(bindings.map(bindingKey));
    for (const [key, open] of this.#open) {
      if (wanted.has(key)) continue;
      this.#open.delete(key);
      this.#shutDown(open);
    }
    const outcomes: BindOutcome[] = [];
    for (const binding of bindings) {
      const open = this.#open.get(bindingKey(binding));
      if (open) open.place.portGroup = binding.portGroup;
      else outcomes.push(this.#bind(binding));
    }
    return Promise.resolve(outcomes);
  }

  async drain(drainMs: number): Promise<number> {
    const open = [...this.#open.values()];
    this.#open.clear();
    for (const binding of open) this.#shutDown(binding);
    let timer: ReturnType<typeof setTimeout> | undefined;
    const deadline = new Promise<void>((resolve) => timer = setTimeout(resolve, drainMs));
    await Promise.race([Promise.all(this.#closing), deadline]);
    clearTimeout(timer);
    return this.#underWay;
  }

  #bind(binding: Binding): BindOutcome {
    if (binding.protocol !== "HTTP") {
      const reason = `the serve front does not serve ${binding.protocol}: use RAUTA_FRONT=wire`;
      return { kind: "bind-failed", binding, reason };
    }
    const abort = new AbortController();
    try {
      const place: Place = { portGroup: binding.portGroup, localAuthority: "" };
      const server: Deno.HttpServer<Deno.NetAddr> = Deno.serve({
        hostname: binding.address,
        port: binding.port,
        reusePort: true,
        signal: abort.signal,
        onListen: () => {},
        // The handler answers failures itself; this is for those of the runtime's own making.
        onError: () => new Response("the request could not be processed\n", { status: 500 }),
        handler: (request, info) => this.#serve(request, info, place),
      });
      place.localAuthority = `localhost:${server.addr.port}`;
      this.#open.set(bindingKey(binding), { server, place, abort });
      return { kind: "bound", binding, port: server.addr.port };
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      return { kind: "bind-failed", binding, reason };
    }
  }

  #serve(
    request: Request,
    info: Deno.ServeHandlerInfo<Deno.NetAddr>,
    place: Place,
  ): Promise<Response> {
    this.#underWay++;
    const done = () => void this.#underWay--;
    info.completed.then(done, done);
    return this.#handler(request, {
      peerAddress: info.remoteAddr.hostname,
      peerPort: info.remoteAddr.port,
      ...place,
      scheme: "http",
      completed: info.completed,
    });
  }

  #shutDown(open: OpenBinding): void {
    const closed = open.server.shutdown().finally(() => this.#closing.delete(closed));
    this.#closing.add(closed);
  }
}
