// What a route says of sending a request again: which statuses, how often, and the pause before.
// Reads the rule's record when an exchange begins, and keeps a copy, since the table may be another
// one by the time of a response. Knows neither endpoints nor connections.

import { type ExchangeCore, NO_VALUE } from "../../core/exchange_core.ts";
import type { Wheel, WheelEntry } from "../timers/wheel.ts";

/** Of core.as/route/layout.ts: attempts, backoff, a bit for each status from here on. */
const FIRST_STATUS = 400;
const CODE_WORDS = 7;
/** A pause of a route that states none; longer by up to a tick of the wheel. */
const DEFAULT_BACKOFF_MS = 25;
/** `HTTP/1.1 503`: where the status is, and how much of a head has to be there to know it. */
const STATUS_AT = 9;
const STATUS_END = 12;

export class RouteRetry implements WheelEntry {
  deadlineMs = Infinity;
  wheelNext: WheelEntry | null = null;
  wheelPrevious: WheelEntry | null = null;
  wheelTick = -1;
  /** How often the request may yet be sent again. */
  left = 0;
  #backoffMs = 0;
  readonly #codes = new Uint32Array(CODE_WORDS);
  #then: () => void = () => {};

  constructor(readonly wheel: Wheel) {}

  /** `record`: its address in the core's memory. */
  begin(core: ExchangeCore, record: number): void {
    const words = core.words;
    const from = record >>> 2;
    this.left = words[from]!;
    const backoffMs = words[from + 1]!;
    this.#backoffMs = backoffMs === NO_VALUE ? DEFAULT_BACKOFF_MS : backoffMs;
    this.#codes.set(words.subarray(from + 2, from + 2 + CODE_WORDS));
  }

  /** Whether a response that begins there is one to ask again for; undefined: more bytes are needed. */
  wants(bytes: Uint8Array, at: number, length: number): boolean | undefined {
    if (length < STATUS_END) return undefined;
    let status = 0;
    for (let digit = at + STATUS_AT; digit < at + STATUS_END; digit++) {
      status = status * 10 + bytes[digit]! - 48;
    }
    const bit = status - FIRST_STATUS;
    return bit >= 0 && bit < CODE_WORDS * 32 &&
      ((this.#codes[bit >> 5]! >>> (bit & 31)) & 1) === 1;
  }

  /** Uses one up: calls `then` after the pause, unless it is cancelled before. */
  after(nowMs: number, then: () => void): void {
    this.left--;
    this.#then = then;
    this.wheel.set(this, nowMs + this.#backoffMs);
  }

  cancel(): void {
    if (this.wheelTick >= 0) this.wheel.remove(this);
  }

  expire(): void {
    this.#then();
  }
}
