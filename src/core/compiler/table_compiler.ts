// From a Snapshot to the two tables of the core. Keeps what it derived from an object as long as
// the object lives, so that one changed route costs its own layout and one pass over the rest.
// A pure function of snapshot and ids but for that memory; uses no Deno API.

import type { Listener, Service, Snapshot } from "../../ir/snapshot.ts";
import type { IdRegistry } from "../ids.ts";
import { forgetCompiled } from "../regex/compile.ts";
import { bindingsOf, type PortBinding } from "./bindings.ts";
import { checksum } from "./checksum.ts";
import type { Allocate } from "./emit.ts";
import { encodeEndpoints, type ServiceRecord, serviceRecord } from "./endpoints.ts";
import { FragmentWriter } from "./fragment.ts";
import { CHECKSUM_FROM, HEADER } from "./layout.ts";
import { RouteAssembler } from "./routes.ts";

export interface CompiledTables {
  /** Undefined: the table is the one of the last compile. */
  readonly routes?: Uint8Array;
  readonly endpoints?: Uint8Array;
  readonly routesGeneration: number;
  readonly endpointsGeneration: number;
  readonly listeners: readonly PortBinding[];
}

const AFTER_GENERATION = 20;

function wordsOf(table: Uint8Array): Uint32Array {
  return new Uint32Array(table.buffer, table.byteOffset, table.length / 4);
}

/** Whether two tables say the same, whatever their generations. */
function isSameTable(a: Uint8Array | undefined, b: Uint8Array): boolean {
  if (!a || a.length !== b.length) return false;
  const left = wordsOf(a);
  const right = wordsOf(b);
  for (let i = AFTER_GENERATION / 4; i < left.length; i++) {
    if (left[i] !== right[i]) return false;
  }
  return true;
}

export class TableCompiler {
  readonly #services = new WeakMap<Service, ServiceRecord>();
  readonly #assembler: RouteAssembler;
  readonly #allocate: Allocate;
  #routes: Uint8Array | undefined;
  #endpoints: Uint8Array | undefined;
  #routesGeneration = 0;
  #endpointsGeneration = 0;

  /** `allocate` may give the room of a table again that neither it nor anyone else needs. */
  constructor(readonly ids: IdRegistry, allocate: Allocate = (size) => new Uint8Array(size)) {
    const writer = new FragmentWriter(ids);
    this.#assembler = new RouteAssembler((route) => writer.write(route));
    this.#allocate = allocate;
  }

  /**
   * Compiles what changed since the last call. Throws CompileError for what the core cannot do;
   * then nothing has changed. Tables given out are never written to again and must not be
   * transferred (copy them): the next compile compares itself with them.
   */
  compile(snapshot: Snapshot): CompiledTables {
    const records = snapshot.services.map((service) => this.#recordOf(service));
    const bindings = bindingsOf(snapshot.listeners, this.ids.portGroups);
    const routes = this.#compileRoutes(snapshot.listeners, bindings);
    const endpoints = this.#compileEndpoints(records);
    forgetCompiled();
    return {
      routes,
      endpoints,
      routesGeneration: this.#routesGeneration,
      endpointsGeneration: this.#endpointsGeneration,
      listeners: bindings,
    };
  }

  #compileRoutes(
    all: readonly Listener[],
    bindings: readonly PortBinding[],
  ): Uint8Array | undefined {
    const listeners = all.filter(({ protocol }) => protocol === "HTTP" || protocol === "HTTPS");
    const memory = { last: this.#routes, allocate: this.#allocate };
    const table = this.#assembler.assemble(listeners, bindings, memory);
    if (isSameTable(this.#routes, table)) return undefined;
    const words = wordsOf(table);
    words[HEADER.generation / 4] = ++this.#routesGeneration;
    words[HEADER.checksum / 4] = checksum(words, CHECKSUM_FROM);
    return this.#routes = table;
  }

  #recordOf(service: Service): ServiceRecord {
    let record = this.#services.get(service);
    if (!record) this.#services.set(service, record = serviceRecord(service, this.ids));
    return record;
  }

  #compileEndpoints(records: readonly ServiceRecord[]): Uint8Array | undefined {
    const table = encodeEndpoints(records, this.#endpointsGeneration + 1);
    if (isSameTable(this.#endpoints, table)) return undefined;
    this.#endpointsGeneration++;
    return this.#endpoints = table;
  }
}
