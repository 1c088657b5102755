// Which endpoints are passed over for now, because connecting to them failed. Owned by main, for the
// whole process. Takes failures and the time, gives a bitmap; knows neither sockets nor timers.
// Where a Service has no other endpoint, the core takes an ejected one all the same.

/** An ejection that follows another is longer, to at most so many times the first. */
const MAX_FACTOR = 10;

interface Ejection {
  /** On the clock that the caller uses. */
  untilMs: number;
  lengthMs: number;
}

export class Ejections {
  readonly #baseMs: number;
  /** By endpoint id; those that are over stay for a while, so that the next one can be longer. */
  readonly #byEndpoint = new Map<number, Ejection>();

  /** `baseMs`: how long the first ejection of an endpoint lasts; 0: nothing is ever ejected. */
  constructor(baseMs: number) {
    this.#baseMs = baseMs;
  }

  /** Connecting failed: how long the endpoint is ejected for, or 0 where nothing changes. */
  failed(endpointId: number, nowMs: number): number {
    if (this.#baseMs <= 0) return 0;
    const known = this.#byEndpoint.get(endpointId);
    if (known !== undefined && known.untilMs > nowMs) return 0;
    const longestMs = this.#baseMs * MAX_FACTOR;
    const isAgain = known !== undefined && nowMs - known.untilMs < longestMs;
    const lengthMs = isAgain ? Math.min(known.lengthMs * 2, longestMs) : this.#baseMs;
    this.#byEndpoint.set(endpointId, { untilMs: nowMs + lengthMs, lengthMs });
    return lengthMs;
  }

  /** Ids of the endpoints that are ejected at that time. */
  ejected(nowMs: number): number[] {
    const ids: number[] = [];
    for (const [id, { untilMs }] of this.#byEndpoint) {
      if (untilMs > nowMs) ids.push(id);
      else if (nowMs - untilMs >= this.#baseMs * MAX_FACTOR) this.#byEndpoint.delete(id);
    }
    return ids;
  }

  /** When the next ejection ends; undefined: none is under way. */
  nextEndMs(nowMs: number): number | undefined {
    let next = Infinity;
    for (const { untilMs } of this.#byEndpoint.values()) {
      if (untilMs > nowMs) next = Math.min(next, untilMs);
    }
    return next === Infinity ? undefined : next;
  }
}

/** Bit n of byte n >> 3: id n is in the list. As the core reads it. */
export function bitmapOf(ids: readonly number[]): Uint8Array {
  const bytes = new Uint8Array(ids.length === 0 ? 0 : (Math.max(...ids) >> 3) + 1);
  for (const id of ids) bytes[id >> 3]! |= 1 << (id & 7);
  return bytes;
}
