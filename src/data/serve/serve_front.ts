// The `serve` front: Deno.serve on every binding, over the gateway's handler.
// Takes bindings, gives outcomes; owns the sockets and counts the exchanges that are under way.
// Knows nothing of routes; what a request means is the pipeline's business.

import type { BindOutcome, Front } from "../front.ts";
import { type Binding, bindingKey } from "../protocol.ts";
import type { Entrance } from "../wire/arrival.ts";
import type { ServeGateway } from "./serve_gateway.ts";

/** What every arrival on one binding has in common; the port group follows the tables. */
interface Place {
  readonly entrance: Entrance;
  localAuthority: string;
}

interface OpenBinding {
  readonly server: Deno.HttpServer<Deno.NetAddr>;
  readonly place: Place;
  readonly abort: AbortController;
}

export class ServeFront implements Front {
  readonly #gateway: ServeGateway;
  readonly #open = new Map<string, OpenBinding>();
  /** Servers that no longer accept, until their last exchange is done. */
  readonly #closing = new Set<Promise<void>>();
  #underWay = 0;

  constructor(gateway: ServeGateway) {
    this.#gateway = gateway;
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
      if (open) open.place.entrance.portGroup = binding.portGroup;
      else outcomes.push(this.#bind(binding));
    }
    return Promise.resolve(outcomes);
  }

  async drain(drainMs: number): Promise<number> {
    const open = [...this.#open.values()];
    this.#open.clear();
    this.#gateway.drain();
    for (const binding of open) this.#shutDown(binding);
    let timer: ReturnType<typeof setTimeout> | undefined;
    const deadline = new Promise<void>((resolve) => timer = setTimeout(resolve, drainMs));
    await Promise.race([Promise.all(this.#closing), deadline]);
    clearTimeout(timer);
    this.#gateway.close();
    return this.#underWay;
  }

  #bind(binding: Binding): BindOutcome {
    if (binding.protocol !== "HTTP") {
      const reason = `the serve front does not serve ${binding.protocol}: use RAUTA_FRONT=wire`;
      return { kind: "bind-failed", binding, reason };
    }
    const abort = new AbortController();
    try {
      const entrance = { portGroup: binding.portGroup, isClosing: false };
      const place: Place = { entrance, localAuthority: "" };
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
    return this.#gateway.handle(request, {
      peerAddress: info.remoteAddr.hostname,
      peerPort: info.remoteAddr.port,
      localAuthority: place.localAuthority,
      scheme: "http",
      entrance: place.entrance,
    });
  }

  #shutDown(open: OpenBinding): void {
    const closed = open.server.shutdown().finally(() => this.#closing.delete(closed));
    this.#closing.add(closed);
  }
}
