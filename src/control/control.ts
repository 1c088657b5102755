// The control plane's front door: provider -> store -> reconciler -> translator -> apply, statuses.
// Takes a provider and the callbacks that main.ts wires to the workers; never imports the data plane.

import type { GatewayKind } from "../gatewayapi/kinds.ts";
import type { Snapshot } from "../ir/snapshot.ts";
import type { Problem } from "./problem.ts";
import type { Provider } from "./provider/provider.ts";
import { createBatches } from "./reconciler/batches.ts";
import { isEqual } from "./store/same_content.ts";
import { ObjectStore } from "./store/object_store.ts";
import type { ProgrammedState, Statuses } from "./translator/statuses.ts";
import {
  createTranslator,
  type KeptCertificates,
  keptCertificates,
  type TranslatorOptions,
} from "./translator/translator.ts";

/** What became of a snapshot once every live worker had its say. */
export type ApplyResult =
  /** In use. `unbound`: listener id -> why it cannot be bound (absent: all are). */
  | { readonly kind: "applied"; readonly unbound?: ReadonlyMap<string, string> }
  /** Refused as a whole: the table before it goes on serving. */
  | { readonly kind: "refused"; readonly reason: string };

export interface Clock {
  /** Milliseconds since the epoch. */
  nowMs(): number;
  /** Calls back every `intervalMs` until the returned function is called. */
  every(intervalMs: number, callback: () => void): () => void;
}

export interface ControlLog {
  info(message: string, fields?: Readonly<Record<string, unknown>>): void;
  warn(message: string, fields?: Readonly<Record<string, unknown>>): void;
  error(message: string, fields?: Readonly<Record<string, unknown>>): void;
}

export interface ControlOptions extends TranslatorOptions {
  readonly provider: Provider;
  /**
   * Brings a snapshot to all live workers and resolves when they have acknowledged it. Called one at
   * a time, with a generation that grows by one, only when the snapshot differs from the last.
   */
  apply(snapshot: Snapshot, generation: number): Promise<ApplyResult>;
  /** The statuses that objects should have now; called only when one of them changed. */
  onStatuses(statuses: Statuses): void;
  /** Everything that is wrong with the source now; called when the list changes. */
  onProblems(problems: readonly Problem[]): void;
  readonly clock?: Clock;
  readonly log?: ControlLog;
}

/** For /status and readiness. */
export interface ControlState {
  /** True once a first snapshot has been acknowledged. */
  readonly ready: boolean;
  readonly source: string;
  readonly objects: Readonly<Record<GatewayKind, number>>;
  readonly problems: readonly Problem[];
  /** The generation that is being served; 0: none yet. */
  readonly lastGoodGeneration: number;
  /** When it was acknowledged, ms since the epoch; 0: none yet. */
  readonly lastGoodAtMs: number;
  /** Why the latest snapshot was refused; `` when it was not. */
  readonly lastRefusal: string;
  readonly statuses: Statuses;
}

export interface Control {
  /**
   * Resolves when the first snapshot has had its answer, applied or refused; rejects where the
   * provider's source cannot be read at all.
   */
  readonly started: Promise<void>;
  state(): ControlState;
  /** What the callbacks answer has changed: translate again. */
  refresh(): void;
  /** Stops the provider and waits for an apply that is under way. */
  stop(): Promise<void>;
}

/** A socket that could not be bound is tried again: its address or port may have become free. */
const RETRY_INTERVAL_MS = 10_000;

/** A translation from scratch must find what the incremental ones made: asked every 300 s. */
const RESYNC_INTERVAL_MS = 300_000;

const SYSTEM_CLOCK: Clock = {
  nowMs: () => Date.now(),
  every(intervalMs, callback) {
    const timer = setInterval(callback, intervalMs);
    return () => clearInterval(timer);
  },
};

const SILENT: ControlLog = { info() {}, warn() {}, error() {} };

const NOTHING_PROGRAMMED: ProgrammedState = { listeners: new Set(), unbound: new Map() };

function explain(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

class ControlPlane implements Control {
  readonly #options: ControlOptions;
  readonly #clock: Clock;
  readonly #log: ControlLog;
  readonly #store = new ObjectStore();
  readonly #batches = createBatches(() => this.#runBatch(), (error) => this.#failed(error));
  readonly #first = Promise.withResolvers<void>();
  readonly #stopResync: () => void;
  readonly #stopRetry: () => void;
  #translator;
  #snapshot: Snapshot | undefined;
  /** For Secrets whose content goes bad. */
  #kept: KeptCertificates = new Map();
  #programmed = NOTHING_PROGRAMMED;
  #statuses: Statuses = [];
  #problems: readonly Problem[] = [];
  #generation = 0;
  #isRetryDue = false;
  #lastGoodGeneration = 0;
  #lastGoodAtMs = 0;
  #lastRefusal = "";

  constructor(options: ControlOptions) {
    this.#options = options;
    this.#clock = options.clock ?? SYSTEM_CLOCK;
    this.#log = options.log ?? SILENT;
    this.#translator = createTranslator(options);
    this.#stopResync = this.#clock.every(RESYNC_INTERVAL_MS, () => this.#resync());
    this.#stopRetry = this.#clock.every(RETRY_INTERVAL_MS, () => {
      this.#isRetryDue = this.#programmed.unbound.size > 0;
      if (this.#isRetryDue) this.refresh();
    });
    options.provider.start({
      change: (changes) => {
        if (this.#store.change(changes) && this.#store.complete) this.#batches.trigger();
      },
      listed: (kind) => {
        if (this.#store.listed(kind)) this.#batches.trigger();
      },
      problems: (problems) => {
        if (isEqual(problems, this.#problems)) return;
        this.#problems = problems;
        options.onProblems(problems);
      },
    }).catch((error) => this.#first.reject(error));
  }

  get started(): Promise<void> {
    return this.#first.promise;
  }

  state(): ControlState {
    return {
      ready: this.#lastGoodGeneration > 0,
      source: this.#options.provider.description,
      objects: this.#store.counts(),
      problems: this.#problems,
      lastGoodGeneration: this.#lastGoodGeneration,
      lastGoodAtMs: this.#lastGoodAtMs,
      lastRefusal: this.#lastRefusal,
      statuses: this.#statuses,
    };
  }

  refresh(): void {
    if (this.#store.complete) this.#batches.trigger();
  }

  async stop(): Promise<void> {
    this.#stopRetry();
    this.#stopResync();
    await this.#options.provider.stop();
    await this.#batches.stop();
  }

  async #runBatch(): Promise<void> {
    const translation = this.#translator.translate(this.#store.objects(), this.#kept);
    this.#kept = keptCertificates(translation.snapshot, this.#kept);
    if (
      translation.snapshot !== this.#snapshot || this.#lastRefusal !== "" || this.#isRetryDue
    ) {
      this.#isRetryDue = false;
      this.#snapshot = translation.snapshot;
      await this.#apply(translation.snapshot);
    }
    const statuses = translation.statuses(this.#programmed, this.#clock.nowMs());
    if (statuses !== this.#statuses) {
      this.#statuses = statuses;
      this.#options.onStatuses(statuses);
    }
    this.#first.resolve();
  }

  async #apply(snapshot: Snapshot): Promise<void> {
    const generation = ++this.#generation;
    let result: ApplyResult;
    try {
      result = await this.#options.apply(snapshot, generation);
    } catch (error) {
      result = { kind: "refused", reason: explain(error) };
    }
    if (result.kind === "refused") {
      this.#lastRefusal = result.reason;
      this.#programmed = { ...this.#programmed, refused: result.reason };
      this.#log.error("the snapshot was refused, the one before goes on serving", {
        generation,
        reason: result.reason,
      });
      return;
    }
    const unbound = result.unbound ?? NOTHING_PROGRAMMED.unbound;
    const bound = snapshot.listeners.map(({ id }) => id).filter((id) => !unbound.has(id));
    this.#programmed = { listeners: new Set(bound), unbound };
    this.#lastGoodGeneration = generation;
    this.#lastGoodAtMs = this.#clock.nowMs();
    this.#lastRefusal = "";
  }

  /** Where memory and reality differ, reality is taken and the difference is said aloud. */
  #resync(): void {
    if (!this.#store.complete) return;
    const fresh = createTranslator(this.#options);
    const { snapshot } = fresh.translate(this.#store.objects(), this.#kept);
    if (!isEqual(snapshot, this.#snapshot)) {
      this.#log.error("the resync found a snapshot unlike the one that is served: taking it");
      this.#translator = fresh;
    }
    // Also where nothing differs: a certificate may have expired meanwhile.
    this.#batches.trigger();
  }

  #failed(error: unknown): void {
    this.#lastRefusal = explain(error);
    this.#log.error("the objects could not be translated, the last snapshot goes on serving", {
      error: this.#lastRefusal,
    });
    this.#first.resolve();
  }
}

/** Starts the control plane. The provider begins to list at once; see `started`. */
export function startControl(options: ControlOptions): Control {
  return new ControlPlane(options);
}
