// The access log, worker side: gathers a record for each exchange and hands them over in batches.
// Names of routes and endpoints are ids here; whoever formats the lines has the names. Never waits,
// and what waits is bounded: records beyond the bound are dropped and counted.

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
  readonly labelId?: number;
  /** Undefined where no endpoint was asked. */
  readonly endpointId?: number;
  /** A failure's reason; undefined where there was none. */
  readonly reason?: string;
}

const FLUSH_MS = 50;
const MOST_PENDING = 8_192;

export class AccessLog {
  readonly #deliver: (records: readonly AccessRecord[], dropped: number) => void;
  #pending: AccessRecord[] = [];
  #dropped = 0;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(deliver: (records: readonly AccessRecord[], dropped: number) => void) {
    this.#deliver = deliver;
  }

  write(record: AccessRecord): void {
    if (this.#pending.length >= MOST_PENDING) {
      this.#dropped++;
      return;
    }
    this.#pending.push(record);
    this.#timer ??= setTimeout(() => this.flush(), FLUSH_MS);
  }

  flush(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    if (this.#pending.length === 0 && this.#dropped === 0) return;
    this.#deliver(this.#pending, this.#dropped);
    this.#pending = [];
    this.#dropped = 0;
  }
}
