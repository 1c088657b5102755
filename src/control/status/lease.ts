// Who writes statuses: the holder of one Lease (coordination.k8s.io/v1).
// Whether another's Lease has run out is measured by our own clock from when it was last seen to
// change, so that clocks which differ do no harm. Whoever can't renew in time stops before it ends.
// A holder costs the API server one request for each renewal, everybody else one for each look.

import { type ApiClient, ApiError } from "../provider/kubernetes/api_client.ts";
import { delay } from "../provider/kubernetes/backoff.ts";

export interface LeaseTiming {
  /** For how long a Lease is held without being renewed. */
  readonly durationMs: number;
  /** The holder that could not renew for so long no longer writes. */
  readonly renewWithinMs: number;
  readonly retryMs: number;
}

const TIMING: LeaseTiming = { durationMs: 15_000, renewWithinMs: 10_000, retryMs: 2_000 };

/** Looks are `retryMs` apart, give or take a tenth. */
const LONGEST_LOOK = 1.1;

export interface LeaseOptions {
  readonly client: ApiClient;
  readonly namespace: string;
  readonly name: string;
  /** Unlike that of any other process. */
  readonly identity: string;
  /** Called when this process begins or ceases to be the holder. */
  readonly onChange: (isHolder: boolean) => void;
  /** A failure, in words; `` once all is well again. */
  readonly onProblem?: (message: string) => void;
  readonly timing?: LeaseTiming;
}

interface LeaseObject {
  readonly apiVersion: "coordination.k8s.io/v1";
  readonly kind: "Lease";
  readonly metadata: {
    readonly name: string;
    readonly namespace: string;
    readonly resourceVersion?: string;
  };
  readonly spec?: LeaseSpec;
}

interface LeaseSpec {
  readonly holderIdentity?: string;
  readonly leaseDurationSeconds?: number;
  readonly acquireTime?: string;
  readonly renewTime?: string;
  readonly leaseTransitions?: number;
}

/** MicroTime: RFC 3339 with microseconds. */
function microTime(): string {
  return new Date().toISOString().replace("Z", "000Z");
}

export class Lease {
  readonly #options: LeaseOptions;
  readonly #timing: LeaseTiming;
  readonly #stop = new AbortController();
  readonly #done: Promise<void>;
  #isHolder = false;
  #lateTimer: ReturnType<typeof setTimeout> | undefined;
  /** No later than so is there something to do again. */
  #waitMs = Infinity;
  /** What was last seen of another's Lease, and since when it has not changed. */
  #seen = "";
  #seenAtMs = 0;
  #latest: LeaseObject | undefined;

  constructor(options: LeaseOptions) {
    this.#options = options;
    this.#timing = options.timing ?? TIMING;
    this.#done = this.#run();
  }

  get isHolder(): boolean {
    return this.#isHolder;
  }

  /** Gives the Lease back, so that another need not wait for its end. */
  async stop(): Promise<void> {
    this.#stop.abort();
    await this.#done;
    const wasHolder = this.#isHolder;
    this.#become(false);
    if (!wasHolder || this.#latest === undefined) return;
    const spec = { ...this.#latest.spec, holderIdentity: "", leaseDurationSeconds: 1 };
    const bounds = { timeoutMs: 2_000, signal: new AbortController().signal };
    await this.#put({ ...this.#latest, spec }, bounds).catch(() => {});
  }

  get #path(): string {
    return `/apis/coordination.k8s.io/v1/namespaces/${this.#options.namespace}/leases`;
  }

  async #run(): Promise<void> {
    const { signal } = this.#stop;
    while (!signal.aborted) {
      const startedMs = performance.now();
      try {
        const holds = await this.#tryHold();
        if (signal.aborted) break;
        if (holds) this.#hold(startedMs);
        else this.#become(false);
        this.#options.onProblem?.("");
      } catch (error) {
        if (signal.aborted) break;
        this.#options.onProblem?.(error instanceof Error ? error.message : String(error));
      }
      await delay(
        Math.min(this.#timing.retryMs * (LONGEST_LOOK - Math.random() * 0.2), this.#waitMs),
        signal,
      );
    }
    clearTimeout(this.#lateTimer);
  }

  /** Renewed by a request that was sent then: the right to write ends by a timer, whatever hangs. */
  #hold(sinceMs: number): void {
    clearTimeout(this.#lateTimer);
    const leftMs = sinceMs + this.#timing.renewWithinMs - performance.now();
    if (leftMs <= 0) return this.#become(false);
    this.#lateTimer = setTimeout(() => this.#become(false), leftMs);
    this.#become(true);
  }

  #become(isHolder: boolean): void {
    if (this.#isHolder === isHolder) return;
    this.#isHolder = isHolder;
    this.#options.onChange(isHolder);
  }

  async #tryHold(): Promise<boolean> {
    const { client, identity, name } = this.#options;
    this.#waitMs = Infinity;
    if (this.#isHolder && await this.#renew()) return true;
    try {
      const found = await client.json<LeaseObject>({
        method: "GET",
        path: `${this.#path}/${name}`,
        ...this.#bounds,
      });
      const spec = found.spec ?? {};
      const isMine = spec.holderIdentity === identity;
      if (!isMine && !this.#isOver(spec)) return false;
      const taken = isMine ? {} : {
        acquireTime: microTime(),
        leaseTransitions: (spec.leaseTransitions ?? 0) + 1,
      };
      this.#latest = await this.#put({ ...found, spec: { ...spec, ...taken, ...this.#mine() } });
      return true;
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      // Another was quicker.
      if (error.status === 409) return false;
      if (error.status !== 404) throw error;
      return await this.#create();
    }
  }

  /** Of the version that was written last; false where that is no longer there: look again. */
  async #renew(): Promise<boolean> {
    if (this.#latest === undefined) return false;
    try {
      const spec = { ...this.#latest.spec, ...this.#mine() };
      this.#latest = await this.#put({ ...this.#latest, spec });
      return true;
    } catch (error) {
      const isOther = error instanceof ApiError && (error.status === 409 || error.status === 404);
      if (!isOther) throw error;
      this.#latest = undefined;
      return false;
    }
  }

  #mine(): LeaseSpec {
    return {
      holderIdentity: this.#options.identity,
      leaseDurationSeconds: Math.ceil(this.#timing.durationMs / 1000),
      renewTime: microTime(),
    };
  }

  get #bounds(): { timeoutMs: number; signal: AbortSignal } {
    // One that hangs leaves time for another before the right to write ends.
    return { timeoutMs: this.#timing.renewWithinMs / 2, signal: this.#stop.signal };
  }

  /**
   * A Lease without holder is free; one with is, once it has not changed for its own duration. A
   * change is seen up to one look late, which is taken off, so that it is over by its duration.
   */
  #isOver(spec: LeaseSpec): boolean {
    if (!spec.holderIdentity) return true;
    const seen = `${spec.holderIdentity} ${spec.renewTime} ${spec.leaseTransitions}`;
    const nowMs = performance.now();
    if (seen !== this.#seen) {
      this.#seen = seen;
      this.#seenAtMs = nowMs;
    }
    const durationMs = (spec.leaseDurationSeconds ?? 0) * 1000 || this.#timing.durationMs;
    const lookMs = Math.min(this.#timing.retryMs * LONGEST_LOOK, durationMs / 4);
    const leftMs = this.#seenAtMs + durationMs - lookMs - nowMs;
    this.#waitMs = Math.max(leftMs, 0) + 1;
    return leftMs <= 0;
  }

  async #create(): Promise<boolean> {
    const { client, name, namespace } = this.#options;
    const body: LeaseObject = {
      apiVersion: "coordination.k8s.io/v1",
      kind: "Lease",
      metadata: { name, namespace },
      spec: { ...this.#mine(), acquireTime: microTime(), leaseTransitions: 0 },
    };
    try {
      this.#latest = await client.json({
        method: "POST",
        path: this.#path,
        body,
        ...this.#bounds,
      });
      return true;
    } catch (error) {
      if (error instanceof ApiError && error.status === 409) return false;
      throw error;
    }
  }

  /** Refused with 409 where another has written since. */
  #put(body: LeaseObject, bounds = this.#bounds): Promise<LeaseObject> {
    const path = `${this.#path}/${body.metadata.name}`;
    return this.#options.client.json({ method: "PUT", path, body, ...bounds });
  }
}
