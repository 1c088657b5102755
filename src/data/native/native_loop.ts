// A worker's side of its own sockets: the C library, the poller and the loop, put together.
// Takes what main has given, gives the poller; closes everything that was opened with it.

import { Descriptors } from "./descriptors.ts";
import { EventLoop } from "./event_loop.ts";
import { openLibc } from "./libc.ts";
import { Poller } from "./poller.ts";

export interface NativeLoopOptions {
  readonly libcPath: string;
  readonly descriptors: SharedArrayBuffer;
}

export class NativeLoop {
  readonly poller: Poller;
  readonly #loop: EventLoop;
  #isClosed = false;

  /** Starts the loop; `failed` is told what it threw, which is a mistake of ours. */
  constructor(options: NativeLoopOptions, failed: (error: unknown) => void) {
    this.poller = new Poller(openLibc(options.libcPath), new Descriptors(options.descriptors));
    this.#loop = new EventLoop(this.poller);
    this.#loop.run().catch((error: unknown) => {
      // A worker that is ending has said why.
      if (!this.#isClosed) failed(error);
    });
  }

  get wakeFd(): number {
    return this.poller.wakeFd;
  }

  /** A message of main has been handled. */
  received(): void {
    this.#loop.received();
  }

  /** Calls `task` every `periodMs` until the function that it gives is called; one task at a time. */
  every(periodMs: number, task: () => void): () => void {
    let dueMs = performance.now() + periodMs;
    this.#loop.setTicker((nowMs) => {
      if (nowMs < dueMs) return;
      dueMs = nowMs + periodMs;
      task();
    });
    return () => this.#loop.setTicker(() => {});
  }

  /** The runtime's own timers and sockets are waited for from now on. */
  share(): void {
    this.#loop.isShared = true;
  }

  /** Stops the loop and closes every descriptor. */
  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#loop.stop();
    this.poller.closeAll();
  }
}
