// From a Snapshot to the two tables of the core. Keeps what it derived from an object as long as
// the object lives, so that one changed route costs its own layout and one pass over the rest.
// A pure function of snapshot and ids but for that memory; uses no Deno API.

import type { AttachedRoute, Listener, Service, Snapshot } from "../../ir/snapshot.ts";
import type { IdRegistry } from "../ids.ts";
import { bindingsOf, type PortBinding } from "./bindings.ts";
import { checksum } from "./checksum.ts";
import { encodeEndpoints, type ServiceRecord, serviceRecord } from "./endpoints.ts";
import { type Fragment, FragmentWriter } from "./fragment.ts";
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

/** Whether two tables say the same, whatever their generations. */
function isSameTable(a: Uint8Array | undefined, b: Uint8Array): boolean {
  if (!a || a.length !== b.length) return false;
  const left = new Uint32Array(a.buffer, a.byteOffset, a.length / 4);
  const right = new Uint32Array(b.buffer, b.byteOffset, b.length / 4);
  for (let i = AFTER_GENERATION / 4; i < left.length; i++) {
    if (left[i] !== right[i]) return false;
  }
  return true;
}

export class TableCompiler {
  readonly #fragments = new WeakMap<object, Fragment>();
  readonly #services = new WeakMap<Service, ServiceRecord>();
  readonly #writer: FragmentWriter;
  readonly #assembler: RouteAssembler;
  #routes: Uint8Array | undefined;
  #endpoints: Uint8Array | undefined;
  #routesGeneration = 0;
  #endpointsGeneration = 0;

  constructor(readonly ids: IdRegistry) {
    this.#writer = new FragmentWriter(ids);
    this.#assembler = new RouteAssembler((attached) => this.#fragmentOf(attached));
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
    return {
      routes,
      endpoints,
      routesGeneration: this.#routesGeneration,
      endpointsGeneration: this.#endpointsGeneration,
      listeners: bindings,
    };
  }

  #fragmentOf(attached: AttachedRoute): Fragment {
    let fragment = this.#fragments.get(attached.route);
    if (!fragment) {
      fragment = this.#writer.write(attached.route);
      this.#fragments.set(attached.route, fragment);
    }
    return fragment;
  }

  #compileRoutes(
    all: readonly Listener[],
    bindings: readonly PortBinding[],
  ): Uint8Array | undefined {
    const listeners = all.filter(({ protocol }) => protocol === "HTTP" || protocol === "HTTPS");
    const table = this.#assembler.assemble(listeners, bindings);
    if (isSameTable(this.#routes, table)) return undefined;
    const words = new Uint32Array(table.buffer);
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
