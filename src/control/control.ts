// The control plane's front door: provider -> store -> reconciler -> translator -> apply, statuses.
// Takes a provider and the callbacks that main.ts wires to the workers; never imports the data plane.

import type { Kind } from "../gatewayapi/kinds.ts";
import type { Snapshot } from "../ir/snapshot.ts";
import type { Problem } from "./problem.ts";
import type { Provider } from "./provider/provider.ts";
import type { Statuses } from "./translator/statuses.ts";

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

export interface ControlOptions {
  readonly provider: Provider;
  /** Serve this GatewayClass alone; undefined: every class whose controllerName is ours. */
  readonly gatewayClass?: string;
  /** Shown in Gateway status where the Gateway asks for no address of its own. */
  readonly hostAddresses?: readonly string[];
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
  readonly objects: Readonly<Record<Kind, number>>;
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
  state(): ControlState;
  /** Stops the provider and waits for an apply that is under way. */
  stop(): Promise<void>;
}
