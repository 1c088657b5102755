// Holds the core of one worker: the instance in use and the tables that it was given.
// A trap discards the instance and nothing else: a fresh one takes the last good tables over.
// Never throws for what a table does to the core.

import type { GatewayCore } from "../core/gateway_core.ts";
import { CoreTrap } from "../core/instance.ts";

/** What is asked of a core; tests break one on purpose. */
export type Core = Pick<GatewayCore, "loadRoutes" | "loadEndpoints" | "setHealth">;

export interface TableBytes {
  readonly routes?: Uint8Array;
  readonly endpoints?: Uint8Array;
}

export type SwapResult =
  | { readonly kind: "swapped" }
  | { readonly kind: "refused"; readonly table: "routes" | "endpoints"; readonly reason: string };

function hasBit(bitmap: Uint8Array, id: number): boolean {
  return ((bitmap[id >> 3] ?? 0) >> (id & 7) & 1) === 1;
}

function withBit(bitmap: Uint8Array, id: number): Uint8Array {
  const next = new Uint8Array(Math.max(bitmap.length, (id >> 3) + 1));
  next.set(bitmap);
  next[id >> 3]! |= 1 << (id & 7);
  return next;
}

export class CoreHolder {
  readonly #create: () => Core;
  readonly #report: (message: string) => void;
  #core: Core;
  #tables: TableBytes = {};
  #ejected: Uint8Array = new Uint8Array(0);
  /** Passed over here, and not in what `eject` has said since. */
  readonly #unheard = new Set<number>();

  constructor(create: () => Core, report: (message: string) => void) {
    this.#create = create;
    this.#report = report;
    this.#core = create();
  }

  /** Takes both tables or none; what was served before goes on where one is refused. */
  swap(tables: TableBytes): SwapResult {
    for (const table of ["routes", "endpoints"] as const) {
      const bytes = tables[table];
      if (!bytes) continue;
      const reason = this.#load(table, bytes);
      if (reason === undefined) continue;
      if (table === "endpoints" && tables.routes && this.#tables.routes) {
        this.#load("routes", this.#tables.routes);
      }
      return { kind: "refused", table, reason };
    }
    this.#tables = { ...this.#tables, ...tables };
    return { kind: "swapped" };
  }

  /** Endpoints to pass over, as protocol.ts has them. Where there is no memory for it, none are. */
  eject(endpoints: Uint8Array): void {
    let all = endpoints;
    for (const id of this.#unheard) {
      if (hasBit(endpoints, id)) this.#unheard.delete(id);
      else all = withBit(all, id);
    }
    this.#ejected = all;
    this.#core.setHealth(all);
  }

  /** One endpoint more to pass over, until `eject` has said it too: then `eject` also says the end. */
  passOver(endpointId: number): void {
    if (hasBit(this.#ejected, endpointId)) return;
    this.#unheard.add(endpointId);
    this.#ejected = withBit(this.#ejected, endpointId);
    this.#core.setHealth(this.#ejected);
  }

  /** Puts a fresh instance with the tables in use in the place of one that has trapped. */
  discard(where: string): void {
    this.#report(`the core trapped ${where}`);
    const fresh = this.#create();
    if (this.#tables.routes) fresh.loadRoutes(this.#tables.routes);
    if (this.#tables.endpoints) fresh.loadEndpoints(this.#tables.endpoints);
    fresh.setHealth(this.#ejected);
    this.#core = fresh;
  }

  #load(table: "routes" | "endpoints", bytes: Uint8Array): string | undefined {
    try {
      const result = table === "routes"
        ? this.#core.loadRoutes(bytes)
        : this.#core.loadEndpoints(bytes);
      return result.ok ? undefined : result.reason;
    } catch (error) {
      if (!(error instanceof CoreTrap)) throw error;
      this.discard(`while it loaded ${table}: ${error.message}`);
      return error.message;
    }
  }
}
