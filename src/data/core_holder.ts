// Holds the core of one worker: the instance in use and the tables that it was given.
// A trap discards the instance and nothing else: a fresh one takes the last good tables over, and the
// head that caused it is reported as a hash. Never throws for what a request does to the core.

import type { GatewayCore } from "../core/gateway_core.ts";
import { CoreTrap } from "../core/instance.ts";

/** What is asked of a core; tests break one on purpose. */
export type Core = Pick<
  GatewayCore,
  "loadRoutes" | "loadEndpoints" | "decideRequest" | "decideResponse" | "releasePlan" | "endpoint"
>;

export interface TableBytes {
  readonly routes?: Uint8Array;
  readonly endpoints?: Uint8Array;
}

export type SwapResult =
  | { readonly kind: "swapped" }
  | { readonly kind: "refused"; readonly table: "routes" | "endpoints"; readonly reason: string };

/** FNV-1a, 32 bits: enough to tell two heads apart in a log without showing what they hold. */
function hashOf(text: string): string {
  let hash = 0x811c9dc5;
  for (let index = 0; index < text.length; index++) {
    hash = Math.imul(hash ^ text.charCodeAt(index), 0x01000193);
  }
  return (hash >>> 0).toString(16).padStart(8, "0");
}

export class CoreHolder {
  readonly #create: () => Core;
  readonly #report: (message: string) => void;
  #core: Core;
  #tables: TableBytes = {};

  constructor(create: () => Core, report: (message: string) => void) {
    this.#create = create;
    this.#report = report;
    this.#core = create();
  }

  /** Undefined until there are routes and endpoints to decide by. */
  get current(): Core | undefined {
    return this.#tables.routes && this.#tables.endpoints ? this.#core : undefined;
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

  /**
   * Calls into an instance, and discards it where that traps; undefined then. `input` is what the
   * instance was working on, reported as a hash. Other errors are the caller's.
   */
  attempt<T>(core: Core, input: string, use: (core: Core) => T): T | undefined {
    try {
      return use(core);
    } catch (error) {
      if (!(error instanceof CoreTrap)) throw error;
      this.#discard(core, `on input ${hashOf(input)}: ${error.message}`);
      return undefined;
    }
  }

  #load(table: "routes" | "endpoints", bytes: Uint8Array): string | undefined {
    try {
      const result = table === "routes"
        ? this.#core.loadRoutes(bytes)
        : this.#core.loadEndpoints(bytes);
      return result.ok ? undefined : result.reason;
    } catch (error) {
      if (!(error instanceof CoreTrap)) throw error;
      this.#discard(this.#core, `while it loaded ${table}: ${error.message}`);
      return error.message;
    }
  }

  #discard(core: Core, where: string): void {
    this.#report(`the core trapped ${where}`);
    // An exchange may still hold an instance that was discarded before.
    if (core !== this.#core) return;
    const fresh = this.#create();
    if (this.#tables.routes) fresh.loadRoutes(this.#tables.routes);
    if (this.#tables.endpoints) fresh.loadEndpoints(this.#tables.endpoints);
    this.#core = fresh;
  }
}
