// Writes statuses to the API server: only what differs, a few at a time, never over somebody else's
// write. Takes the statuses that objects should have and those that they have; writes while it is
// told that it may. Serving never waits for it.

import { kindInfo } from "../../gatewayapi/kinds.ts";
import { type ApiClient, ApiError } from "../provider/kubernetes/api_client.ts";
import { Backoff, delay } from "../provider/kubernetes/backoff.ts";
import type { ObjectStatus, Statuses } from "../translator/statuses.ts";
import { isOnlyCounts, statusToWrite } from "./merge.ts";
import {
  type ObservedObject,
  observedOf,
  type ObservedStatuses,
  type PlainStatus,
  statusId,
} from "./observed_statuses.ts";

/** So many writes are under way at once; the API server takes 70 to 110 a second. */
const CONCURRENCY = 8;
/**
 * attachedRoutes may change with every route: for it alone a Gateway is written again after so long,
 * and while it goes on changing after twice as long each time, up to the second value.
 */
const COUNTS_INTERVAL_MS = 1_000;
const LONGEST_COUNTS_INTERVAL_MS = 8_000;

/** When the counts of an object may be written again, by performance.now(), and the pause after. */
interface CountsTurn {
  readonly atMs: number;
  readonly intervalMs: number;
}

export interface WrittenStatus {
  readonly object: ObservedObject;
  readonly before: PlainStatus;
}

export interface StatusWriterOptions {
  readonly client: ApiClient;
  readonly observed: ObservedStatuses;
  /** After each write that was taken. */
  readonly onWritten?: (written: WrittenStatus) => void;
  /** A write failed and is tried again. */
  readonly onProblem?: (message: string) => void;
  readonly countsIntervalMs?: number;
}

function statusPath({ kind, key }: Pick<ObjectStatus, "kind" | "key">): string {
  const { group, versions, plural } = kindInfo(kind);
  const [first, second] = key.split("/");
  const object = second === undefined
    ? `${plural}/${first}`
    : `namespaces/${first}/${plural}/${second}`;
  return `/apis/${group}/${versions[0]}/${object}`;
}

function nowText(): string {
  return new Date().toISOString().replace(/\.\d+Z$/, "Z");
}

export class StatusWriter {
  readonly #options: StatusWriterOptions;
  readonly #stop = new AbortController();
  readonly #backoff = new Backoff();
  readonly #wanted = new Map<string, ObjectStatus>();
  readonly #dirty = new Set<string>();
  readonly #counts = new Map<string, CountsTurn>();
  readonly #timers = new Map<string, ReturnType<typeof setTimeout>>();
  /** Ids whose write is under way. */
  readonly #busy = new Set<string>();
  readonly #running = new Set<Promise<void>>();
  #mayWrite = false;

  constructor(options: StatusWriterOptions) {
    this.#options = options;
    options.observed.onChange = (id) => this.#mark(id);
  }

  /** The statuses that objects should have; those that did not change are the same objects. */
  want(statuses: Statuses): void {
    const live = new Set<string>();
    for (const status of statuses) {
      const id = statusId(status.kind, status.key);
      live.add(id);
      if (this.#wanted.get(id) === status) continue;
      this.#wanted.set(id, status);
      this.#dirty.add(id);
    }
    for (const id of this.#wanted.keys()) {
      if (live.has(id)) continue;
      this.#wanted.delete(id);
      this.#counts.delete(id);
    }
    this.#pump();
  }

  allow(mayWrite: boolean): void {
    this.#mayWrite = mayWrite;
    if (!mayWrite) return;
    for (const id of this.#wanted.keys()) this.#dirty.add(id);
    this.#pump();
  }

  /** No write begins afterwards; resolves when those under way have ended. */
  async stop(): Promise<void> {
    this.#mayWrite = false;
    this.#stop.abort();
    for (const timer of this.#timers.values()) clearTimeout(timer);
    await Promise.all(this.#running);
  }

  #mark(id: string): void {
    if (!this.#wanted.has(id)) return;
    this.#dirty.add(id);
    this.#pump();
  }

  #pump(): void {
    while (this.#mayWrite && this.#dirty.size > 0 && this.#running.size < CONCURRENCY) {
      const lane = this.#drain();
      this.#running.add(lane);
      lane.finally(() => this.#running.delete(lane));
    }
  }

  async #drain(): Promise<void> {
    // A turn of the event loop: what one batch marks is looked at once.
    await delay(0, this.#stop.signal);
    for (let id = this.#next(); id !== undefined; id = this.#next()) {
      this.#dirty.delete(id);
      this.#busy.add(id);
      await this.#settle(id);
      this.#busy.delete(id);
    }
  }

  #next(): string | undefined {
    if (!this.#mayWrite) return undefined;
    for (const id of this.#dirty) if (!this.#busy.has(id)) return id;
    return undefined;
  }

  async #settle(id: string): Promise<void> {
    const wanted = this.#wanted.get(id);
    const observed = this.#options.observed.get(id);
    if (wanted === undefined || observed === undefined) return;
    const next = statusToWrite(wanted, observed.status, nowText());
    if (next === undefined || this.#mustWait(id, next, observed.status)) return;
    try {
      await this.#write(wanted, observed, next);
      this.#backoff.reset();
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      await this.#failed(id, wanted, error);
    }
  }

  async #write(wanted: ObjectStatus, observed: ObservedObject, status: PlainStatus): Promise<void> {
    const answer = await this.#options.client.json({
      method: "PATCH",
      path: `${statusPath(wanted)}/status`,
      query: { fieldManager: "rauta" },
      contentType: "application/merge-patch+json",
      // With the version that it was made from: refused where the object has changed since.
      body: { metadata: { resourceVersion: observed.resourceVersion }, status },
      signal: this.#stop.signal,
    });
    const object = observedOf(wanted.kind, wanted.key, answer);
    this.#options.observed.set(object);
    this.#options.onWritten?.({ object, before: observed.status });
  }

  async #failed(id: string, wanted: ObjectStatus, error: ApiError): Promise<void> {
    if (this.#stop.signal.aborted) return;
    if (error.status === 409) {
      await this.#lookAgain(wanted);
    } else if (error.status === 404) {
      return this.#options.observed.delete(id);
    } else {
      this.#options.onProblem?.(`${id}: its status can't be written: ${error.message}`);
      await delay(this.#backoff.nextMs(), this.#stop.signal);
    }
    this.#dirty.add(id);
  }

  /** The object as it is now, where the watch has not told it yet. */
  async #lookAgain(wanted: ObjectStatus): Promise<void> {
    const { client, observed } = this.#options;
    const signal = this.#stop.signal;
    try {
      const answer = await client.json({ method: "GET", path: statusPath(wanted), signal });
      observed.set(observedOf(wanted.kind, wanted.key, answer));
    } catch {
      await delay(this.#backoff.nextMs(), signal);
    }
  }

  #mustWait(id: string, next: PlainStatus, before: PlainStatus): boolean {
    if (!isOnlyCounts(next, before)) return false;
    const nowMs = performance.now();
    const turn = this.#counts.get(id);
    const atMs = turn?.atMs ?? 0;
    if (nowMs >= atMs) {
      const firstMs = this.#options.countsIntervalMs ?? COUNTS_INTERVAL_MS;
      const isBusy = turn !== undefined && nowMs - atMs < turn.intervalMs;
      const intervalMs = isBusy
        ? Math.min(turn.intervalMs * 2, LONGEST_COUNTS_INTERVAL_MS)
        : firstMs;
      this.#counts.set(id, { atMs: nowMs + intervalMs, intervalMs });
      return false;
    }
    if (!this.#timers.has(id)) {
      const timer = setTimeout(() => {
        this.#timers.delete(id);
        this.#mark(id);
      }, atMs - nowMs + 1);
      this.#timers.set(id, timer);
    }
    return true;
  }
}
