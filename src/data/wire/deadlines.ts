// When an exchange has taken too long: the route's timeouts, the configured ones, and standstill.
// One entry on the wheel for all of them; takes times on the clock of performance.now().

import { NO_VALUE } from "../../core/exchange_core.ts";
import type { TimeoutsMs } from "../settings.ts";
import type { Wheel, WheelEntry } from "../timers/wheel.ts";

/** What passed: the whole exchange, the backend's part, or the time in which something must move. */
export type Expiry = "request" | "backend" | "stall";

export class Deadlines implements WheelEntry {
  deadlineMs = Infinity;
  wheelNext: WheelEntry | null = null;
  wheelPrevious: WheelEntry | null = null;
  wheelTick = -1;
  /** When something of a body or tunnel last moved, on the coarse clock. */
  progressMs = 0;

  #requestAtMs = Infinity;
  #backendAtMs = Infinity;
  #backendMs = 0;
  #stallMs = 0;
  /** The backend deadline is the route's: it covers the whole response. */
  #backendIsRoutes = false;

  constructor(
    readonly wheel: Wheel,
    readonly timeouts: TimeoutsMs,
    readonly passed: (expiry: Expiry) => void,
  ) {}

  /** Begins with a request; NO_VALUE: the route states nothing. */
  start(requestMs: number, backendMs: number, nowMs: number): void {
    const { timeouts } = this;
    const whole = requestMs === NO_VALUE ? timeouts.requestMs : requestMs;
    this.#backendIsRoutes = backendMs !== NO_VALUE;
    this.#backendMs = this.#backendIsRoutes ? backendMs : timeouts.responseMs;
    this.#requestAtMs = whole > 0 ? nowMs + whole : Infinity;
    this.#backendAtMs = this.#backendMs > 0 ? nowMs + this.#backendMs : Infinity;
    this.#stallMs = timeouts.bodyMs;
    this.progressMs = nowMs;
    this.#arm();
  }

  /** Nobody is asked for a while: the backend's time does not pass. */
  backendPaused(): void {
    this.#backendAtMs = Infinity;
    this.#arm();
  }

  /** Another endpoint is asked, or the same one again: it has its own time. */
  backendAgain(nowMs: number): void {
    this.#backendAtMs = this.#backendMs > 0 ? nowMs + this.#backendMs : Infinity;
    this.progressMs = nowMs;
    this.#arm();
  }

  /** The head of the response is there: what only waits for that is off. */
  responseBegun(): void {
    if (!this.#backendIsRoutes) this.#backendAtMs = Infinity;
    this.#arm();
  }

  /** A tunnel has one deadline: that it stands still. */
  tunnelBegun(): void {
    this.#requestAtMs = Infinity;
    this.#backendAtMs = Infinity;
    this.#stallMs = this.timeouts.tunnelMs;
    this.#arm();
  }

  stop(): void {
    this.wheel.set(this, Infinity);
  }

  remove(): void {
    this.wheel.remove(this);
  }

  expire(nowMs: number): void {
    if (nowMs >= this.#requestAtMs) this.passed("request");
    else if (nowMs >= this.#backendAtMs) this.passed("backend");
    else if (this.#stallMs > 0 && nowMs >= this.progressMs + this.#stallMs) this.passed("stall");
    else this.#arm();
  }

  /** For a stall that is none: nothing of a body was due. */
  goOn(nowMs: number): void {
    this.progressMs = nowMs;
    this.#arm();
  }

  #arm(): void {
    const stallAtMs = this.#stallMs > 0 ? this.progressMs + this.#stallMs : Infinity;
    this.wheel.set(this, Math.min(this.#requestAtMs, this.#backendAtMs, stallAtMs));
  }
}
