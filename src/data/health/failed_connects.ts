// A worker's word to main that connecting to an endpoint failed, not more often than it matters.
// Takes endpoint ids and the time; a thousand failures in a second are one message.

const PAUSE_MS = 500;

export class FailedConnects {
  readonly #toldAtMs = new Map<number, number>();
  readonly #tell: (endpointId: number) => void;

  constructor(tell: (endpointId: number) => void) {
    this.#tell = tell;
  }

  failed(endpointId: number, nowMs: number): void {
    const last = this.#toldAtMs.get(endpointId);
    if (last !== undefined && nowMs - last < PAUSE_MS) return;
    this.#toldAtMs.set(endpointId, nowMs);
    this.#tell(endpointId);
  }
}
