// A coarse timer wheel: thousands of deadlines for one timer of the runtime.
// Takes entries that carry their own deadline, calls `expire` within one tick after it has passed.
// A deadline may be moved later at no cost; allocates nothing per deadline; never reads a clock.

/** Something with a deadline. The `wheel*` fields belong to the wheel. */
export interface WheelEntry {
  /** Milliseconds on the caller's clock; Infinity: none. Moved by the wheel's `set` alone. */
  deadlineMs: number;
  wheelNext: WheelEntry | null;
  wheelPrevious: WheelEntry | null;
  /** The tick at which the wheel looks at this entry again; -1: it is not on the wheel. */
  wheelTick: number;
  /** Called once per deadline; the entry is off the wheel then. Must not throw. */
  expire(nowMs: number): void;
}

/** The head of a slot's ring; never expires. */
class Slot implements WheelEntry {
  deadlineMs = Infinity;
  wheelNext: WheelEntry = this;
  wheelPrevious: WheelEntry = this;
  wheelTick = -1;
  expire(): void {}
}

const SLOTS = 512;

export class Wheel {
  readonly #slots: readonly Slot[] = Array.from({ length: SLOTS }, () => new Slot());
  /** All ticks below this one have been looked at. */
  #tick: number;
  #size = 0;

  /** `tickMs` is the resolution: an entry expires at most that late. */
  constructor(readonly tickMs: number, nowMs: number) {
    this.#tick = Math.floor(nowMs / tickMs);
  }

  /** Entries on the wheel, those whose deadline has been taken away included until their tick. */
  get size(): number {
    return this.#size;
  }

  /** Gives `entry` a deadline in place of the one that it had; Infinity takes it away. */
  set(entry: WheelEntry, deadlineMs: number): void {
    entry.deadlineMs = deadlineMs;
    if (entry.wheelTick >= 0) {
      // Looked at in time anyway: `advance` moves it on. This is what makes a request cheap.
      if (deadlineMs >= entry.wheelTick * this.tickMs) return;
      this.#unlink(entry);
    }
    if (deadlineMs !== Infinity) this.#link(entry);
  }

  /** Takes `entry` off the wheel, for good. */
  remove(entry: WheelEntry): void {
    entry.deadlineMs = Infinity;
    if (entry.wheelTick >= 0) this.#unlink(entry);
  }

  /** Expires what has passed its deadline at `nowMs`. */
  advance(nowMs: number): void {
    const until = Math.floor(nowMs / this.tickMs);
    // After a long stall every slot is looked at once, not once a missed tick.
    if (until - this.#tick >= SLOTS) this.#tick = until - SLOTS + 1;
    while (this.#tick <= until) {
      const slot = this.#slots[this.#tick % SLOTS]!;
      this.#tick++;
      this.#visit(slot, nowMs);
    }
  }

  #visit(slot: Slot, nowMs: number): void {
    // The ring is detached first: an entry that is set again lands on a ring not being walked.
    let entry = slot.wheelNext;
    if (entry === slot) return;
    const last = slot.wheelPrevious;
    slot.wheelNext = slot;
    slot.wheelPrevious = slot;
    const walk = new Slot();
    walk.wheelNext = entry;
    entry.wheelPrevious = walk;
    walk.wheelPrevious = last;
    last.wheelNext = walk;
    for (entry = walk.wheelNext; entry !== walk; entry = walk.wheelNext) {
      this.#unlink(entry);
      if (entry.deadlineMs <= nowMs) {
        entry.deadlineMs = Infinity;
        entry.expire(nowMs);
      } else if (entry.deadlineMs !== Infinity) {
        this.#link(entry);
      }
    }
  }

  #link(entry: WheelEntry): void {
    const due = Math.ceil(entry.deadlineMs / this.tickMs);
    const tick = Math.min(Math.max(due, this.#tick), this.#tick + SLOTS - 1);
    const slot = this.#slots[tick % SLOTS]!;
    entry.wheelTick = tick;
    entry.wheelNext = slot;
    entry.wheelPrevious = slot.wheelPrevious;
    slot.wheelPrevious.wheelNext = entry;
    slot.wheelPrevious = entry;
    this.#size++;
  }

  #unlink(entry: WheelEntry): void {
    entry.wheelPrevious!.wheelNext = entry.wheelNext;
    entry.wheelNext!.wheelPrevious = entry.wheelPrevious;
    entry.wheelNext = null;
    entry.wheelPrevious = null;
    entry.wheelTick = -1;
    this.#size--;
  }
}
