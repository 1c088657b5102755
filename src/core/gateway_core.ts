// The core as a gateway uses it: load tables, decide a request, edit a response. Strings in,
// strings out; the wire front calls the same stations on heads in place (`instance.exports`).
// A decision never throws for what a client or a table says; CoreTrap means: discard this object.

import type {
  ClientInfo,
  Decision,
  EndpointInfo,
  FieldList,
  ForwardDecision,
  LoadResult,
  PlanHandle,
  RequestInput,
  RespondDecision,
  RespondReason,
  ServiceInfo,
} from "./decision.ts";
import type { CoreReader, TraceEvent } from "./explain.ts";
import { HeadArea } from "./head_area.ts";
import { type CoreExports, CoreInstance, type InstanceOptions } from "./instance.ts";
import { REFUSALS } from "./refusals.ts";
import { parseTarget } from "./target.ts";

const NO_VALUE = 0xffffffff;
const OUTCOME_FORWARD = 0;
const OUTCOME_REDIRECT = 1;
const OUTCOME_PREFLIGHT = 13;

/** By OUTCOME_* of core.as/route/stations.ts. */
const RESPONSES: readonly { status: number; reason: RespondReason }[] = [
  { status: 500, reason: "overload" },
  { status: 302, reason: "redirect" },
  { status: 404, reason: "no-listener" },
  { status: 404, reason: "no-route" },
  { status: 400, reason: "bad-host" },
  { status: 400, reason: "bad-target" },
  { status: 500, reason: "invalid-backend" },
  { status: 500, reason: "no-backend" },
  { status: 503, reason: "no-endpoint" },
  { status: 431, reason: "too-large" },
  { status: 503, reason: "overload" },
  { status: 500, reason: "overload" },
  { status: 400, reason: "bad-field" },
];
/** Beside the core's outcomes: Connection is no list of tokens. */
const BAD_FIELD = 12;
const TOO_LARGE = 9;
const OVERLOAD = 10;
const BAD_TARGET = 5;

/** Offsets of a plan's fields; see core.as/route/plan.ts. */
const PLAN = {
  label: 4,
  service: 16,
  requestMs: 24,
  backendMs: 28,
  endpoint: 36,
  endpointNumber: 40,
  edits: 44,
  status: 52,
  location: 56,
} as const;

/** Room for 16,384 events; what is traced beyond is not told. */
const TRACE_BYTES = 256 * 1024;

const DEFAULT_OPTIONS: InstanceOptions = { maxMemoryBytes: 256 * 1024 * 1024 };
const PROTOCOLS = ["http1", "h2c", "websocket"] as const;

export class GatewayCore {
  readonly #head: HeadArea;
  /** Where traces are written; 0 until the first. */
  #trace = 0;

  private constructor(readonly instance: CoreInstance) {
    this.#head = new HeadArea(instance);
  }

  /** Instantiates a compiled core.wasm; throws when its ABI is another or memory is short. */
  static create(module: WebAssembly.Module, options: Partial<InstanceOptions> = {}): GatewayCore {
    return new GatewayCore(new CoreInstance(module, { ...DEFAULT_OPTIONS, ...options }));
  }

  /** Copies, checks and swaps in a route table; refused, the one in use stays. */
  loadRoutes(table: Uint8Array): LoadResult {
    return this.#load(table, "adoptRoutes", "routesGeneration");
  }

  /** As `loadRoutes`, for the endpoint table. */
  loadEndpoints(table: Uint8Array): LoadResult {
    return this.#load(table, "adoptEndpoints", "endpointsGeneration");
  }

  get routesGeneration(): number {
    return this.instance.exports.routesGeneration();
  }

  get endpointsGeneration(): number {
    return this.instance.exports.endpointsGeneration();
  }

  /** Bit n of byte n >> 3 set: endpoint id n is ejected. False when memory is full. */
  setHealth(ejected: Uint8Array): boolean {
    return this.instance.guard((core) => {
      const at = core.reserveHealth(ejected.length) >>> 0;
      if (at === 0) return false;
      this.instance.bytes.set(ejected, at);
      return true;
    });
  }

  /** What to do with a request. A `forward` holds a plan that must be released. */
  decideRequest(input: RequestInput): Decision {
    const refused = this.#write(input);
    if (refused !== undefined) return respond(refused);
    const plan = this.instance.guard((core) => core.acquirePlan()) >>> 0;
    if (plan === 0) return respond(OVERLOAD);
    const decision = this.#decide(input, plan);
    if (decision.kind === "respond") this.releasePlan(plan);
    return decision;
  }

  /** `decideRequest` with tracing on: the decision, and what was looked at on the way to it. */
  traceRequest(input: RequestInput): { decision: Decision; events: TraceEvent[] } {
    this.#trace ||= this.instance.guard((core) => core.memAlloc(TRACE_BYTES)) >>> 0;
    const from = this.#trace;
    this.instance.guard((core) => core.setTrace(from, from === 0 ? 0 : TRACE_BYTES));
    try {
      const decision = this.decideRequest(input);
      return { decision, events: this.#readEvents() };
    } finally {
      this.instance.exports.setTrace(0, 0);
    }
  }

  /** Has a request matched once more and lets `read` judge any rule by it. */
  examineRequest<T>(input: RequestInput, read: (core: CoreReader) => T): T {
    const written = this.#write(input);
    const plan = this.instance.guard((core) => core.acquirePlan()) >>> 0;
    if (written === undefined && plan !== 0) {
      this.instance.guard((core) => this.#route(core, input, plan));
    }
    if (plan !== 0) this.releasePlan(plan);
    const from = this.#trace;
    this.instance.guard((core) => {
      core.setTrace(from, from === 0 ? 0 : TRACE_BYTES);
      core.explainHosts(input.portGroup);
    });
    const hosts = this.#readEvents().map(({ a }) => a);
    this.instance.exports.setTrace(0, 0);
    const head = this.#head.at;
    return read({
      base: this.instance.exports.routesBase() >>> 0,
      hosts,
      verdict: (offset) => this.instance.guard((core) => core.explainMatch(head, offset)) >>> 0,
      u16: (at) => this.instance.view.getUint16(at, true),
      u32: (at) => this.instance.view.getUint32(at, true),
      text: (at, length) => this.#head.readText(at, length),
    });
  }

  #readEvents(): TraceEvent[] {
    const { view } = this.instance;
    const end = this.instance.exports.traceEnded() >>> 0;
    const events: TraceEvent[] = [];
    for (let at = this.#trace; at < end; at += 16) {
      const word = (offset: number) => view.getUint32(at + offset, true);
      events.push({ kind: word(0), a: word(4), b: word(8), c: word(12) });
    }
    return events;
  }

  /** The fields of a response after the plan's edits. Throws RangeError when the head has no room. */
  decideResponse(plan: PlanHandle, status: number, fields: Readonly<FieldList>): FieldList {
    if (this.#planWord(plan, PLAN.edits) === 0) return fields.map(([name, value]) => [name, value]);
    if (!this.#head.writeResponse(status, fields)) throw new RangeError("response head too large");
    const outcome = this.instance.guard((core) => core.applyResponseEdits(this.#head.at, plan));
    if (outcome !== OUTCOME_FORWARD) throw new RangeError("response head too large for its edits");
    return this.#head.readFields();
  }

  /** Picks another endpoint for a retry, by the table of the moment; null when there is none. */
  retry(plan: PlanHandle, keyLo: number, keyHi: number): { id: number; index: number } | null {
    const outcome = this.instance.guard((core) => core.pickAnotherEndpoint(plan, keyLo, keyHi));
    if (outcome !== OUTCOME_FORWARD) return null;
    return {
      id: this.#planWord(plan, PLAN.endpoint),
      index: this.#planWord(plan, PLAN.endpointNumber),
    };
  }

  /** Gives a plan back; not to be used afterwards. */
  releasePlan(plan: PlanHandle): void {
    this.instance.guard((core) => core.releasePlan(plan));
  }

  /** A service as the endpoint table of the moment has it. */
  service(serviceId: number): ServiceInfo | undefined {
    const at = this.instance.guard((core) => core.serviceAt(serviceId)) >>> 0;
    if (at === 0) return undefined;
    const { view } = this.instance;
    return {
      id: serviceId,
      port: view.getUint16(at + 4, true),
      protocol: PROTOCOLS[view.getUint8(at + 6)],
      endpointCount: view.getUint32(at + 12, true),
    };
  }

  /** An endpoint by its position in the service, in the endpoint table of the moment. */
  endpoint(serviceId: number, index: number): EndpointInfo | undefined {
    const service = this.instance.guard((core) => core.serviceAt(serviceId)) >>> 0;
    if (service === 0) return undefined;
    if (index < 0 || index >= this.instance.view.getUint32(service + 12, true)) return undefined;
    const at = this.instance.exports.endpointAt(service, index) >>> 0;
    const base = this.instance.exports.endpointsBase() >>> 0;
    const { view } = this.instance;
    const key = this.#head.readText(
      base + view.getUint32(at + 4, true),
      view.getUint16(at + 8, true),
    );
    const colon = key.lastIndexOf(":");
    const address = key.startsWith("[") ? key.slice(1, colon - 1) : key.slice(0, colon);
    return { id: view.getUint32(at, true), address, port: view.getUint16(at + 10, true) };
  }

  #load(
    table: Uint8Array,
    adopt: "adoptRoutes" | "adoptEndpoints",
    generation: "routesGeneration" | "endpointsGeneration",
  ): LoadResult {
    return this.instance.guard((core) => {
      const block = core.memAlloc(table.length) >>> 0;
      if (block === 0) return { ok: false, reason: "the core's memory is full" };
      this.instance.bytes.set(table, block);
      const refused = core[adopt](block, table.length);
      if (refused === 0) return { ok: true, generation: core[generation]() };
      return { ok: false, reason: REFUSALS[refused] ?? `refused with code ${refused}` };
    });
  }

  /** Writes the head; gives the outcome of one that can't be written. */
  #write(input: RequestInput): number | undefined {
    const target = parseTarget(input.target);
    if (!target) return BAD_TARGET;
    const written = this.#head.writeRequest({
      method: input.method,
      scheme: input.scheme,
      authority: target.authority ?? input.authority,
      path: target.path,
      query: target.query,
      fields: input.fields,
    });
    return written ? undefined : TOO_LARGE;
  }

  /** Normalises, matches and draws a backend: an outcome. */
  #route(core: CoreExports, input: RequestInput, plan: number): number {
    const head = this.#head.at;
    if (input.client) {
      core.identifyFields(head);
      if (core.takeHopByHop(head) < 0) return BAD_FIELD;
    }
    return core.routeRequest(head, input.portGroup, plan, input.rand32);
  }

  #decide(input: RequestInput, plan: number): Decision {
    const head = this.#head.at;
    const outcome = this.instance.guard((core) => {
      const routed = this.#route(core, input, plan);
      if (routed === OUTCOME_REDIRECT) return core.buildRedirect(head, plan);
      if (routed !== OUTCOME_FORWARD) return routed;
      const picked = core.pickEndpoint(plan, input.keyLo, input.keyHi);
      if (picked !== OUTCOME_FORWARD) return picked;
      const told = input.client ? this.#tellClient(core, input.client) : OUTCOME_FORWARD;
      return told === OUTCOME_FORWARD ? core.applyRequestEdits(head, plan) : told;
    });
    if (outcome === OUTCOME_FORWARD) return this.#forward(input, plan);
    if (outcome === OUTCOME_REDIRECT) return this.#planned(plan, "redirect");
    if (outcome === OUTCOME_PREFLIGHT) return this.#planned(plan, "preflight");
    return respond(outcome, this.#knownId(plan, PLAN.label), this.#knownId(plan, PLAN.service));
  }

  #tellClient(core: CoreExports, client: ClientInfo): number {
    const peer = this.#head.writeExtra(client.address);
    const id = this.#head.writeExtra(client.requestId);
    if (!peer || !id) return TOO_LARGE;
    const flags = client.isTrusted ? 1 : 0;
    return core.applyForwarded(this.#head.at, peer.at, peer.length, id.at, id.length, flags);
  }

  #forward(input: RequestInput, plan: number): ForwardDecision {
    const query = this.#head.hasQuery ? `?${this.#head.readSpan(40)}` : "";
    return {
      kind: "forward",
      method: input.method,
      authority: this.#head.readSpan(24),
      target: this.#head.readSpan(32) + query,
      fields: this.#head.readFields(),
      labelId: this.#planWord(plan, PLAN.label),
      serviceId: this.#planWord(plan, PLAN.service),
      endpointId: this.#planWord(plan, PLAN.endpoint),
      endpointIndex: this.#planWord(plan, PLAN.endpointNumber),
      timeouts: {
        requestMs: this.#knownId(plan, PLAN.requestMs),
        backendRequestMs: this.#knownId(plan, PLAN.backendMs),
      },
      plan,
    };
  }

  /** The plan's own answer: a redirect with its Location, or a preflight's, which has none. */
  #planned(plan: number, reason: "redirect" | "preflight"): RespondDecision {
    const { view } = this.instance;
    const location = this.#head.readText(
      view.getUint32(plan + PLAN.location, true),
      view.getUint32(plan + PLAN.location + 4, true),
    );
    const status = this.#planWord(plan, PLAN.status);
    const fields: FieldList = reason === "redirect" ? [["location", location]] : [];
    return {
      kind: "respond",
      status,
      fields: this.decideResponse(plan, status, fields),
      reason,
      labelId: this.#knownId(plan, PLAN.label),
      serviceId: this.#knownId(plan, PLAN.service),
    };
  }

  #planWord(plan: number, field: number): number {
    return this.instance.view.getUint32(plan + field, true);
  }

  #knownId(plan: number, field: number): number | undefined {
    const value = this.#planWord(plan, field);
    return value === NO_VALUE ? undefined : value;
  }
}

function respond(outcome: number, labelId?: number, serviceId?: number): RespondDecision {
  const { status, reason } = RESPONSES[outcome] ?? RESPONSES[OVERLOAD];
  return { kind: "respond", status, fields: [], reason, labelId, serviceId };
}
