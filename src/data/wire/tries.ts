// What one exchange has tried so far, and what it may try yet: never a loop, and never much of what
// takes time or may do harm. One for each client connection; begins anew with every exchange.

import type { FailureReason } from "../rescue.ts";

/** Endpoints that are asked for a connection: a refusal costs nobody anything. */
const MOST_PICKS = 16;
/** Of those, endpoints that did not even refuse, which is known only after a time. */
const MOST_SILENT = 3;
/** Endpoints that are asked although everybody passes them over: they may be back by now. */
const MOST_EJECTED = 3;

export class Tries {
  #picks = 1;
  #silent = 0;
  #isResent = false;

  begin(): void {
    this.#picks = 1;
    this.#silent = 0;
    this.#isResent = false;
  }

  /** Whether another endpoint may be asked after that failure; it counts as asked then. */
  pick(failure: FailureReason): boolean {
    if (failure !== "connect_refused" && failure !== "reset") this.#silent++;
    return ++this.#picks <= MOST_PICKS && this.#silent < MOST_SILENT;
  }

  get mayPickEjected(): boolean {
    return this.#picks <= MOST_EJECTED;
  }

  /** An endpoint closed on the request: it may be sent again once, so what kills its readers stops. */
  resend(): boolean {
    const may = !this.#isResent;
    this.#isResent = true;
    return may;
  }
}
