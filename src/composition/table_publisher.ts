// Brings snapshots to the workers: compile, publish, bind. The seam at which control and data meet.
// Takes a Snapshot, gives what became of it; the last good one serves on where something is refused.

import type { ApplyResult } from "../control/control.ts";
import { CompileError } from "../core/compiler/errors.ts";
import type { PortBinding } from "../core/compiler/bindings.ts";
import { TableCompiler } from "../core/compiler/table_compiler.ts";
import type { IdRegistry } from "../core/ids.ts";
import type { DataPlane, Tables } from "../data/data_plane.ts";
import { type Binding, bindingKey, type TlsHost } from "../data/protocol.ts";
import type { Listener, Snapshot } from "../ir/snapshot.ts";
import { TableMemory } from "./table_memory.ts";

/** What is being served. */
export interface Served {
  readonly snapshot: Snapshot;
  /** The bytes that the workers took, and the sockets that were asked for. */
  readonly tables: Tables;
  readonly bindings: readonly PortBinding[];
  /** Listener id -> why it does not accept. */
  readonly unbound: ReadonlyMap<string, string>;
  readonly compileMs: number;
  readonly publishMs: number;
  readonly slowestSwapUs: number;
}

export interface PublisherOptions {
  readonly plane: DataPlane;
  readonly ids: IdRegistry;
  /** Where listeners accept that state no address. */
  readonly bindAddress: string;
}

/** Workers read the same bytes: they are put where all can see them. */
function shared(bytes: Uint8Array): Uint8Array {
  const copy = new Uint8Array(new SharedArrayBuffer(bytes.length));
  copy.set(bytes);
  return copy;
}

function tlsHosts(listeners: readonly Listener[]): TlsHost[] {
  return listeners.flatMap(({ hostname, tls }) =>
    tls === undefined ? [] : [{ hostname, certificates: tls.certificates }]
  );
}

export class TablePublisher {
  readonly #options: PublisherOptions;
  readonly #compiler: TableCompiler;
  readonly #memory = new TableMemory();
  #compiled: Partial<Tables> = {};
  /** What the workers have taken. */
  #taken: Partial<Tables> = {};
  #served: Served | undefined;

  constructor(options: PublisherOptions) {
    this.#options = options;
    this.#compiler = new TableCompiler(options.ids, (size) => this.#memory.allocate(size));
  }

  /** Undefined until a first snapshot has been taken. */
  get served(): Served | undefined {
    return this.#served;
  }

  async apply(snapshot: Snapshot): Promise<ApplyResult> {
    const startedMs = performance.now();
    let bindings: readonly PortBinding[];
    try {
      const { routes, endpoints, listeners } = this.#compiler.compile(snapshot);
      if (routes) this.#compiled = { ...this.#compiled, routes };
      if (endpoints) this.#compiled = { ...this.#compiled, endpoints: shared(endpoints) };
      bindings = listeners;
    } catch (error) {
      if (!(error instanceof CompileError)) throw error;
      return { kind: "refused", reason: error.message };
    }
    const compiledMs = performance.now();
    const { routes, endpoints } = this.#compiled;
    if (!routes || !endpoints) throw new Error("a first compile gave no tables");
    const tables: Tables = { routes, endpoints };
    const changed = (["routes", "endpoints"] as const).filter((name) =>
      tables[name] !== this.#taken[name]
    );
    let slowestSwapUs = 0;
    if (changed.length > 0) {
      const result = await this.#options.plane.publish(tables, changed);
      if (result.kind === "refused") return result;
      slowestSwapUs = result.slowestSwapUs;
    }
    this.#taken = tables;
    // A worker that has only just started may still be reading what the others have left behind.
    if (this.#options.plane.isSettled) this.#memory.retain([tables.routes]);
    const publishMs = performance.now() - compiledMs;
    const unbound = await this.#bind(bindings);
    const compileMs = compiledMs - startedMs;
    this.#served = { snapshot, tables, bindings, unbound, compileMs, publishMs, slowestSwapUs };
    return { kind: "applied", unbound };
  }

  async #bind(wanted: readonly PortBinding[]): Promise<ReadonlyMap<string, string>> {
    const unbound = new Map<string, string>();
    const byKey = new Map<string, PortBinding>();
    const bindings: Binding[] = [];
    for (const item of wanted) {
      const address = item.addresses[0] ?? this.#options.bindAddress;
      const binding: Binding = {
        address,
        port: item.port,
        portGroup: item.portGroup,
        protocol: item.protocol,
        ...(item.protocol === "HTTPS" ? { tls: tlsHosts(item.listeners) } : {}),
      };
      const key = bindingKey(binding);
      if (byKey.has(key)) {
        const reason = `${key} is taken by another listener that states this address`;
        for (const listener of item.listeners) unbound.set(listener.id, reason);
        continue;
      }
      byKey.set(key, item);
      bindings.push(binding);
    }
    for (const [key, reason] of await this.#options.plane.setBindings(bindings)) {
      for (const listener of byKey.get(key)?.listeners ?? []) unbound.set(listener.id, reason);
    }
    return unbound;
  }
}
