// The access log, worker side: writes a record for each exchange into the worker's ring, and wakes main
// where that sleeps. Names of routes and endpoints are ids here; whoever formats the lines has them.

import type { RequestText } from "../../core/exchange_core.ts";
import type { AccessRecord } from "./record.ts";
import type { AccessRingWriter, CoreMemory } from "./ring.ts";

export class AccessLog {
  readonly #ring: AccessRingWriter;
  readonly #wake: () => void;

  constructor(ring: AccessRingWriter, wake: () => void) {
    this.#ring = ring;
    this.#wake = wake;
  }

  /** `text`: of the same request, in `core`. */
  write(record: AccessRecord, text: RequestText, core: CoreMemory): void {
    this.#ring.write(record, text, core);
    if (this.#ring.takeWake()) this.#wake();
  }
}
