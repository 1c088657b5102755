// The loop of a worker whose sockets are its own: it waits in the kernel, and lets the runtime have its
// turn for messages and timers. Where nothing happens, or the runtime has sockets of its own as well
// (TLS), it waits on another thread. Runs until it is stopped; throws what its ticker throws.

import type { Poller } from "./poller.ts";

/** So long a pause between events is spent on this thread; a longer one leaves it to the runtime. */
const PAUSE_MS = 10;
/** The ticker is called at least so often. */
const LONGEST_WAIT_MS = 50;
/** The runtime has its turn at least so often. */
const RUNTIME_TURN_MS = 20;
/** For a message that main has announced and that does not come. */
const MESSAGE_MS = 10;
/** More than any chain of awaits between a connect and whoever asked for it. */
const SETTLING_TICKS = 16;

export class EventLoop {
  /** The runtime has sockets or timers that don't wake this loop: it is not kept waiting. */
  isShared = false;
  readonly #poller: Poller;
  #resume: () => void = () => {};
  #received = 0;
  #stopped = false;
  #tick: (nowMs: number) => void = () => {};

  constructor(poller: Poller) {
    this.#poller = poller;
  }

  async run(): Promise<void> {
    while (!this.#stopped) {
      if (!this.isShared) await this.#runAlone();
      this.#poller.dispatch(await this.#poller.waitAside(LONGEST_WAIT_MS));
      this.#tick(performance.now());
    }
  }

  /** Calls `tick` about every 20 ms while something happens, and at least every 50. */
  setTicker(tick: (nowMs: number) => void): void {
    this.#tick = tick;
  }

  /** A message of main has been handled. */
  received(): void {
    this.#received++;
    this.#resume();
  }

  stop(): void {
    this.#stopped = true;
    this.#resume();
  }

  /** Until there is a pause. */
  async #runAlone(): Promise<void> {
    const poller = this.#poller;
    let turnMs = performance.now();
    while (!this.#stopped && !this.isShared) {
      if (poller.hasSettled) {
        poller.hasSettled = false;
        for (let tick = 0; tick < SETTLING_TICKS; tick++) await null;
      }
      const count = poller.wait(PAUSE_MS);
      if (count === 0) return;
      poller.dispatch(count);
      if (poller.wakes > this.#received) await this.#announcedMessages();
      else if (performance.now() - turnMs < RUNTIME_TURN_MS) {
        await null; // What was put off as a microtask.
        continue;
        // The runtime looks at what is its own only when this thread has nothing to do for a moment.
      } else poller.dispatch(await poller.waitAside(0));
      turnMs = performance.now();
      this.#tick(turnMs);
    }
  }

  /**
   * What another thread posts is looked at by the runtime only once in many turns, or when it has
   * nothing to do: so it is given nothing to do.
   */
  async #announcedMessages(): Promise<void> {
    while (this.#poller.wakes > this.#received && !this.#stopped) {
      let timer: ReturnType<typeof setTimeout> | undefined;
      const isThere = await new Promise<boolean>((resolve) => {
        this.#resume = () => resolve(true);
        timer = setTimeout(() => resolve(false), MESSAGE_MS);
      });
      clearTimeout(timer);
      if (!isThere) this.#received = this.#poller.wakes;
    }
  }
}
