// Who writes statuses: the holder of one Lease (coordination.k8s.io/v1).
// Whether another's Lease has run out is measured by our own clock from when it was last seen to
// change, so that clocks which differ do no harm. Whoever can't renew in time stops before it ends.

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
  #renewedAtMs = 0;
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
    await this.#put({ ...this.#latest, spec }, AbortSignal.timeout(2_000)).catch(() => {});
  }

  get #path(): string {
    return `/apis/coordination.k8s.io/v1/namespaces/${this.#options.namespace}/leases`;
  }

  async #run(): Promise<void> {
    const { signal } = this.#stop;
    while (!signal.aborted) {
      const startedMs = performance.now();
      // A renewal that hangs must not outlast the right to write.
      const limit = AbortSignal.timeout(this.#timing.renewWithinMs / 2);
      try {
        const holds = await this.#tryHold(AbortSignal.any([signal, limit]));
        if (holds) this.#renewedAtMs = startedMs;
        this.#become(holds);
        this.#options.onProblem?.("");
      } catch (error) {
        if (signal.aborted) return;
        const isLate = performance.now() - this.#renewedAtMs > this.#timing.renewWithinMs;
        if (this.#isHolder && isLate) this.#become(false);
        this.#options.onProblem?.(error instanceof Error ? error.message : String(error));
      }
      await delay(this.#timing.retryMs * (0.9 + Math.random() * 0.2), signal);
    }
  }

  #become(isHolder: boolean): void {
    if (this.#isHolder === isHolder) return;
    this.#isHolder = isHolder;
    this.#options.onChange(isHolder);
  }

  async #tryHold(signal: AbortSignal): Promise<boolean> {
    const { client, identity, name, namespace } = this.#options;
    const now = microTime();
    const durationSeconds = Math.ceil(this.#timing.durationMs / 1000);
    const mine = {
      holderIdentity: identity,
      leaseDurationSeconds: durationSeconds,
      renewTime: now,
    };
    try {
      const found = await client.json<LeaseObject>({
        method: "GET",
        path: `${this.#path}/${name}`,
        signal,
      });
      const spec = found.spec ?? {};
      if (spec.holderIdentity === identity) {
        this.#latest = await this.#put({ ...found, spec: { ...spec, ...mine } }, signal);
        return true;
      }
      if (!this.#isOver(spec)) return false;
      const leaseTransitions = (spec.leaseTransitions ?? 0) + 1;
      const taken = { ...mine, acquireTime: now, leaseTransitions };
      this.#latest = await this.#put({ ...found, spec: taken }, signal);
      return true;
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      // Another was quicker.
      if (error.status === 409) return false;
      if (error.status !== 404) throw error;
      return await this.#create({
        apiVersion: "coordination.k8s.io/v1",
        kind: "Lease",
        metadata: { name, namespace },
        spec: { ...mine, acquireTime: now, leaseTransitions: 0 },
      }, signal);
    }
  }

  /** A Lease without holder is free; one with is, once it has not changed for its own duration. */
  #isOver(spec: LeaseSpec): boolean {
    if (!spec.holderIdentity) return true;
    const seen = `${spec.holderIdentity} ${spec.renewTime} ${spec.leaseTransitions}`;
    const nowMs = performance.now();
    if (seen !== this.#seen) {
      this.#seen = seen;
      this.#seenAtMs = nowMs;
    }
    const durationMs = (spec.leaseDurationSeconds ?? 0) * 1000 || this.#timing.durationMs;
    return nowMs - this.#seenAtMs > durationMs;
  }

  async #create(body: LeaseObject, signal: AbortSignal): Promise<boolean> {
    const { client } = this.#options;
    try {
      this.#latest = await client.json({ method: "POST", path: this.#path, body, signal });
      return true;
    } catch (error) {
      if (error instanceof ApiError && error.status === 409) return false;
      throw error;
    }
  }

  /** Refused with 409 where another has written since. */
  #put(body: LeaseObject, signal: AbortSignal): Promise<LeaseObject> {
    const path = `${this.#path}/${body.metadata.name}`;
    return this.#options.client.json({ method: "PUT", path, body, signal });
  }
}
