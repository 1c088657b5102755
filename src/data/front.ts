// The seam of a front: what turns connections into exchanges inside one worker.
// Takes bindings, gives back what became of each; a front never reads configuration objects and
// never closes a connection because a table was swapped.

import type { Binding } from "./protocol.ts";

/** `port` is the one that the kernel gave where the binding asked for 0. */
export type BindOutcome =
  | { readonly kind: "bound"; readonly binding: Binding; readonly port: number }
  | { readonly kind: "bind-failed"; readonly binding: Binding; readonly reason: string };

export interface Front {
  /**
   * Opens what is new and drains what is absent. Sockets are opened with SO_REUSEPORT, so that the
   * workers share them. Answers for the new bindings only; never rejects.
   */
  setBindings(bindings: readonly Binding[]): Promise<readonly BindOutcome[]>;
  /**
   * Stops accepting and resolves when the last exchange is done or `drainMs` have passed, with the
   * number of exchanges that were cut off.
   */
  drain(drainMs: number): Promise<number>;
}
