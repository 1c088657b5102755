// The access log, worker side: writes a record for each exchange into the worker's ring, and tells main
// now and then that there is something. Names of routes and endpoints are ids here; whoever formats
// the lines has the names.

import type { AccessRingWriter } from "./access_ring.ts";
import type { FailureReason } from "./rescue.ts";

export interface AccessRecord {
  /** Milliseconds since the epoch, of the head's arrival. */
  readonly atMs: number;
  /** Address without a port. */
  readonly peer: string;
  readonly method: string;
  readonly host: string;
  /** As the client sent it. */
  readonly target: string;
  readonly status: number;
  /** Until a connection was made; -1: an open one was used, or none was had. */
  readonly connectMs: number;
  /** Until the head of the endpoint's response was there; -1: it never was. */
  readonly firstByteMs: number;
  /** The whole exchange. */
  readonly durationMs: number;
  /** Heads and bodies, as they were on the client's connection. */
  readonly bytesIn: number;
  readonly bytesOut: number;
  readonly requestId: string;
  /** Undefined where no rule matched. */
  readonly labelId?: number | undefined;
  /** Undefined where no endpoint was asked. */
  readonly endpointId?: number | undefined;
  /** A failure's reason; undefined where there was none. */
  readonly reason?: FailureReason | undefined;
}

const TELL_MS = 50;

export class AccessLog {
  readonly #ring: AccessRingWriter;
  readonly #tell: () => void;
  #timer: ReturnType<typeof setTimeout> | undefined;

  /** `tell`: the ring has something to read. */
  constructor(ring: AccessRingWriter, tell: () => void) {
    this.#ring = ring;
    this.#tell = tell;
  }

  write(record: AccessRecord): void {
    this.#ring.write(record);
    this.#timer ??= setTimeout(() => this.flush(), TELL_MS);
  }

  flush(): void {
    if (this.#timer === undefined) return;
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#tell();
  }
}
