// The seam between a source of objects (files, a Kubernetes API server) and the store.
// A provider tells what exists now and what changed; it never waits for what is made of it.

import type { Kind, ObjectOfKind } from "../../gatewayapi/kinds.ts";
import type { ObjectKey } from "../../gatewayapi/references.ts";
import type { Problem } from "../problem.ts";

/** One change of one object; `object: undefined` says that it is gone. */
export type Change = {
  [K in Kind]: {
    readonly kind: K;
    readonly key: ObjectKey;
    readonly object: ObjectOfKind[K] | undefined;
  };
}[Kind];

/** Where a provider delivers. Calls return at once. */
export interface ProviderSink {
  /** Changes that belong together: never seen apart by the translator. */
  change(changes: readonly Change[]): void;
  /** All objects of the kind that exist now have been delivered; needed once for every kind. */
  listed(kind: Kind): void;
  /** The whole list of what is wrong now, replacing the one before; [] when all is well. */
  problems(problems: readonly Problem[]): void;
}

export interface Provider {
  /** What it reads, for logs: `files in deploy/examples`, `kubernetes at https://…`. */
  readonly description: string;
  /**
   * Begins to list and to watch, and resolves when every kind has been listed. Rejects only where
   * the source cannot be read at all and never could.
   */
  start(sink: ProviderSink): Promise<void>;
  /** Ends watching; nothing is delivered afterwards. */
  stop(): Promise<void>;
}
