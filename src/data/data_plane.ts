// The data plane as main sees it: N workers that all serve the same tables on the same sockets.
// Takes tables and bindings, brings them to every live worker, and replaces a worker that fails,
// while its siblings serve on. Never looks into a table and never serves a request itself.

import type { MeasureStore } from "../core/measure.ts";
import type { AccessOutput } from "./access/output.ts";
import { AccessRingReader, createAccessRing } from "./access/ring.ts";
import { bitmapOf, Ejections } from "./health/ejections.ts";
import {
  type Binding,
  bindingKey,
  type FromWorker,
  type TableMessage,
  type WorkerStart,
} from "./protocol.ts";
import { WorkerHandle } from "./worker_handle.ts";

export interface DataPlaneLog {
  info(message: string, fields?: Record<string, unknown>): void;
  warn(message: string, fields?: Record<string, unknown>): void;
  error(message: string, fields?: Record<string, unknown>): void;
}

export interface DataPlaneOptions {
  readonly workers: number;
  /** What every worker is given, but for what is its own. */
  readonly start: Omit<WorkerStart, "kind" | "index" | "region" | "accessRing">;
  /** Where the access log goes; undefined: there is none. */
  readonly access: Pick<AccessOutput, "add" | "ended" | "wake"> | undefined;
  /** A region for each worker; a replacement goes on in that of the one before. */
  readonly regions: Pick<MeasureStore, "region">;
  /** `address:port` of an endpoint, for the log. */
  readonly endpointName?: (id: number) => string | undefined;
  readonly log: DataPlaneLog;
  /** Where workers are to call the kernel themselves; undefined: they use the runtime's sockets. */
  readonly libcPath?: string | undefined;
  /** The module that workers run; tests give one that can be made to fail. */
  readonly workerUrl?: URL;
}

export interface Tables {
  /** In shared memory. */
  readonly routes: Uint8Array;
  readonly endpoints: Uint8Array;
}

export type PublishResult =
  | { readonly kind: "acknowledged"; readonly slowestSwapUs: number }
  | { readonly kind: "refused"; readonly reason: string };

/** A worker that fails again within this time is replaced after a growing pause. */
const QUICK_FAILURE_MS = 10_000;
const LONGEST_PAUSE_MS = 5_000;

type SlotState = "starting" | "serving" | "stopped";

interface Slot {
  readonly index: number;
  /** Its ring of the access log. */
  readonly access: AccessRingReader | undefined;
  handle: WorkerHandle;
  state: SlotState;
  startedAtMs: number;
  quickFailures: number;
  /** Table messages that it has not answered. */
  unanswered: number;
  /** Messages that someone waits for, by what identifies them; answered with undefined at its end. */
  readonly waiting: Map<string, (message: FromWorker | undefined) => void>;
}

function waitKey(message: FromWorker): string {
  switch (message.kind) {
    case "ack":
    case "refused":
      return `table ${message.generation}`;
    case "bound":
    case "bind-failed":
      return `binding ${message.binding}`;
    case "listening":
      return `listening ${message.ordinal}`;
    default:
      return message.kind;
  }
}

export class DataPlane {
  readonly #options: DataPlaneOptions;
  readonly #slots: Slot[] = [];
  #generation = 0;
  #acknowledged = 0;
  #refusals = 0;
  #restarts = 0;
  #tables: Tables | undefined;
  #bindings: readonly Binding[] = [];
  #listenersSent = 0;
  #stopping = false;
  readonly #ejections: Ejections;
  #ejectionTimer: ReturnType<typeof setTimeout> | undefined;
  readonly #timers = new Set<ReturnType<typeof setTimeout>>();

  private constructor(options: DataPlaneOptions) {
    this.#options = options;
    this.#ejections = new Ejections(options.start.timeouts.ejectionMs);
  }

  /** Resolves when every worker is ready for tables. */
  static async start(options: DataPlaneOptions): Promise<DataPlane> {
    const plane = new DataPlane(options);
    const ready: Promise<unknown>[] = [];
    for (let index = 0; index < options.workers; index++) {
      const slot = plane.#spawn(index, 0);
      plane.#slots.push(slot);
      ready.push(plane.#wait(slot, "ready"));
    }
    await Promise.all(ready);
    return plane;
  }

  /** The generation that every live worker has acknowledged; 0: none yet. */
  get generation(): number {
    return this.#acknowledged;
  }

  get refusals(): number {
    return this.#refusals;
  }

  get restarts(): number {
    return this.#restarts;
  }

  /** No worker reads a table: every one has taken or refused all that it was sent. */
  get isSettled(): boolean {
    return this.#slots.every((slot) => slot.state === "stopped" || slot.unanswered === 0);
  }

  /** Endpoints that are passed over for now. */
  get ejectedEndpoints(): number {
    return this.#ejections.ejected(performance.now()).length;
  }

  get liveWorkers(): number {
    return this.#slots.filter((slot) => slot.state === "serving").length;
  }

  /**
   * Brings changed tables to all live workers and waits for their answers. `tables` is what a worker
   * that starts later is given; `changed` says which of them differ from the last that was taken.
   */
  async publish(tables: Tables, changed: readonly (keyof Tables)[]): Promise<PublishResult> {
    const generation = ++this.#generation;
    const message = {
      kind: "table" as const,
      generation,
      ...(changed.includes("routes") ? { routes: tables.routes } : {}),
      ...(changed.includes("endpoints") ? { endpoints: tables.endpoints } : {}),
    };
    const slots = this.#slots.filter((slot) => slot.state === "serving");
    const answers = await Promise.all(slots.map((slot) => {
      const answer = this.#wait(slot, `table ${generation}`);
      this.#sendTable(slot, message);
      return answer;
    }));
    const refused = answers.filter((answer) => answer?.kind === "refused");
    this.#refusals += refused.length;
    const swapsUs = answers.map((answer) => answer?.kind === "ack" ? answer.swapUs : -1);
    const slowestSwapUs = Math.max(-1, ...swapsUs);
    if (slowestSwapUs < 0 && refused.length > 0) {
      const first = refused[0];
      return { kind: "refused", reason: first?.kind === "refused" ? first.reason : "" };
    }
    this.#tables = tables;
    this.#acknowledged = generation;
    // Its siblings took the same bytes: whatever is wrong is wrong with that worker.
    slots.forEach((slot, index) => {
      const answer = answers[index];
      if (answer?.kind === "refused") this.#replace(slot, `refused a table: ${answer.reason}`);
    });
    this.#catchUpOthers(slots);
    return { kind: "acknowledged", slowestSwapUs: Math.max(0, slowestSwapUs) };
  }

  /**
   * From now on accepts on exactly these; resolves when every live worker does. Gives the bindings that failed, by key, with the reason;
   * they are tried again with the next call.
   */
  async setBindings(bindings: readonly Binding[]): Promise<ReadonlyMap<string, string>> {
    const open = new Set(this.#bindings.map(bindingKey));
    const failed = new Map<string, string>();
    const usable: Binding[] = [];
    const fresh: string[] = [];
    for (const binding of bindings) {
      const key = bindingKey(binding);
      if (!open.has(key)) {
        // With reusePort a second program would be let in silently: try to have it alone first.
        const reason = probe(binding);
        if (reason !== undefined) {
          failed.set(key, reason);
          continue;
        }
        fresh.push(key);
      }
      usable.push(binding);
    }
    this.#bindings = usable;
    const slots = this.#serving();
    const answers = slots.map((slot) => this.#sendBindings(slot, fresh));
    for (const outcomes of await Promise.all(answers)) {
      for (const [key, reason] of outcomes) failed.set(key, reason);
    }
    this.#bindings = usable.filter((binding) => !failed.has(bindingKey(binding)));
    this.#catchUpOthers(slots);
    return failed;
  }

  /** Stops accepting everywhere; resolves with how many exchanges were cut off after `drainMs`. */
  async drain(drainMs: number): Promise<number> {
    this.#stopping = true;
    const answers = await Promise.all(
      this.#serving().map((slot) => {
        const answer = this.#wait(slot, "drained");
        slot.handle.send({ kind: "drain", drainMs });
        return answer;
      }),
    );
    return answers.reduce(
      (sum, answer) => sum + (answer?.kind === "drained" ? answer.unfinished : 0),
      0,
    );
  }

  /** Ends every worker at once. */
  stop(): void {
    this.#stopping = true;
    for (const timer of this.#timers) clearTimeout(timer);
    clearTimeout(this.#ejectionTimer);
    for (const slot of this.#slots) {
      slot.state = "stopped";
      slot.handle.stop();
      this.#endAccess(slot);
      this.#release(slot);
    }
  }

  #serving(): Slot[] {
    return this.#slots.filter((slot) => slot.state === "serving");
  }

  async #sendBindings(slot: Slot, fresh: readonly string[]): Promise<Map<string, string>> {
    const answers = fresh.map((key) => this.#wait(slot, `binding ${key}`));
    const ordinal = this.#sendListeners(slot);
    const failed = new Map<string, string>();
    // Those that are there already are not answered for, and may have other certificates now.
    await this.#wait(slot, `listening ${ordinal}`);
    for (const answer of await Promise.all(answers)) {
      if (answer?.kind === "bind-failed") failed.set(answer.binding, answer.reason);
    }
    return failed;
  }

  #sendListeners(slot: Slot): number {
    const ordinal = ++this.#listenersSent;
    slot.handle.send({ kind: "listeners", ordinal, bindings: this.#bindings });
    return ordinal;
  }

  #sendTable(slot: Slot, message: TableMessage): void {
    slot.unanswered++;
    slot.handle.send(message);
  }

  #wait(slot: Slot, key: string): Promise<FromWorker | undefined> {
    return new Promise((resolve) => slot.waiting.set(key, resolve));
  }

  #release(slot: Slot): void {
    const waiting = [...slot.waiting.values()];
    slot.waiting.clear();
    for (const resolve of waiting) resolve(undefined);
  }

  #spawn(index: number, quickFailures: number): Slot {
    const url = this.#options.workerUrl ?? new URL("./worker.ts", import.meta.url);
    const region = this.#options.regions.region(index);
    const { access } = this.#options;
    const accessRing = access ? createAccessRing() : undefined;
    const reader = accessRing && new AccessRingReader(accessRing);
    if (reader) access!.add(reader);
    const start: WorkerStart = { kind: "start", index, region, accessRing, ...this.#options.start };
    const slot: Slot = {
      index,
      access: reader,
      state: "starting",
      startedAtMs: performance.now(),
      quickFailures,
      unanswered: 0,
      waiting: new Map(),
      handle: new WorkerHandle(url, start, {
        message: (message) => this.#receive(slot, message),
        end: (reason) => this.#ended(slot, reason),
      }, this.#options.libcPath),
    };
    return slot;
  }

  #receive(slot: Slot, message: FromWorker): void {
    switch (message.kind) {
      case "access":
        this.#options.access?.wake();
        return;
      case "connect-failed":
        this.#connectFailed(message.endpointId);
        return;
      case "problem":
        this.#options.log.error("worker {worker}: {message}", {
          worker: slot.index,
          message: message.message,
        });
        return;
      case "ack":
      case "refused":
        slot.unanswered--;
        break;
      case "ready":
        slot.state = "serving";
        this.#catchUp(slot);
        break;
    }
    const key = waitKey(message);
    const resolve = slot.waiting.get(key);
    slot.waiting.delete(key);
    if (resolve) resolve(message);
    else if (message.kind === "refused" || message.kind === "bind-failed") {
      const fields = { worker: slot.index, kind: message.kind, reason: message.reason };
      this.#options.log.error("worker {worker}: {kind}: {reason}", fields);
    }
  }

  /** What the worker left in its ring is still written. */
  #endAccess({ access }: Slot): void {
    if (access !== undefined) this.#options.access!.ended(access);
  }

  #connectFailed(endpointId: number): void {
    const ejectedMs = this.#ejections.failed(endpointId, performance.now());
    if (ejectedMs === 0 || this.#stopping) return;
    const endpoint = this.#options.endpointName?.(endpointId) ?? String(endpointId);
    this.#options.log.warn("endpoint {endpoint} can't be connected to: passed over for a while", {
      endpoint,
      seconds: ejectedMs / 1000,
    });
    this.#tellEjected();
  }

  /** Brings all workers what is ejected now, and again when the next ejection ends. */
  #tellEjected(): void {
    const nowMs = performance.now();
    const endpoints = bitmapOf(this.#ejections.ejected(nowMs));
    for (const slot of this.#serving()) slot.handle.send({ kind: "ejected", endpoints });
    clearTimeout(this.#ejectionTimer);
    const endMs = this.#ejections.nextEndMs(nowMs);
    if (endMs === undefined) return;
    this.#ejectionTimer = setTimeout(() => this.#tellEjected(), Math.max(1, endMs - nowMs));
  }

  /** Gives a worker that has just started what its siblings serve already. */
  #catchUp(slot: Slot): void {
    if (this.#tables) {
      this.#sendTable(slot, { kind: "table", generation: this.#generation, ...this.#tables });
    }
    const ejected = this.#ejections.ejected(performance.now());
    if (ejected.length > 0) slot.handle.send({ kind: "ejected", endpoints: bitmapOf(ejected) });
    if (this.#bindings.length > 0) this.#sendListeners(slot);
  }

  /** Workers that became ready while `slots` were being told. */
  #catchUpOthers(slots: readonly Slot[]): void {
    for (const slot of this.#serving()) if (!slots.includes(slot)) this.#catchUp(slot);
  }

  #replace(slot: Slot, reason: string): void {
    slot.handle.stop();
    this.#ended(slot, reason);
  }

  #ended(slot: Slot, reason: string): void {
    this.#endAccess(slot);
    slot.state = "stopped";
    if (this.#stopping) {
      this.#release(slot);
      return;
    }
    const quick = performance.now() - slot.startedAtMs < QUICK_FAILURE_MS;
    const quickFailures = quick ? slot.quickFailures + 1 : 0;
    const pauseMs = quickFailures < 2
      ? 0
      : Math.min(LONGEST_PAUSE_MS, 100 * 2 ** Math.min(quickFailures, 10));
    this.#restarts++;
    this.#options.log.error("worker {worker} failed and is replaced: {reason}", {
      worker: slot.index,
      reason,
      pauseMs,
    });
    // Whoever waits for `ready` waits for the replacement.
    const ready = slot.waiting.get("ready");
    slot.waiting.delete("ready");
    const respawn = () => {
      const next = this.#spawn(slot.index, quickFailures);
      if (ready) next.waiting.set("ready", ready);
      this.#slots[slot.index] = next;
    };
    if (pauseMs === 0) respawn();
    else {
      const timer = setTimeout(() => {
        this.#timers.delete(timer);
        respawn();
      }, pauseMs);
      this.#timers.add(timer);
    }
    this.#release(slot);
  }
}

/** Why an address can't be had exclusively; undefined: it can. */
function probe(binding: Binding): string | undefined {
  try {
    Deno.listen({ hostname: binding.address, port: binding.port }).close();
    return undefined;
  } catch (error) {
    const key = bindingKey(binding);
    if (error instanceof Deno.errors.AddrInUse) {
      return `${key} is in use by another program: stop it or choose another port`;
    }
    if (error instanceof Deno.errors.PermissionDenied) {
      return `${key} may not be bound by this user: ports below 1024 need CAP_NET_BIND_SERVICE`;
    }
    return `${key} can't be bound: ${error instanceof Error ? error.message : String(error)}`;
  }
}
