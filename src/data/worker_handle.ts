// One worker as the main thread sees it: the Worker, what it has said so far and who waits for what.
// Knows nothing of tables or of other workers; tells its owner once, through `onEnd`, when it is
// gone for a reason other than stop().

import type { FromWorker, ToWorker, WorkerStart } from "./protocol.ts";

export interface WorkerEvents {
  message(message: FromWorker): void;
  /** The worker threw or gave up; it is terminated already. */
  end(reason: string): void;
}

/**
 * A worker runs with no permission but the network: everything else that it needs is handed to it.
 */
const PERMISSIONS: Deno.PermissionOptions = {
  net: "inherit",
  read: false,
  write: false,
  env: false,
  run: false,
  ffi: false,
  sys: false,
  import: false,
};

export class WorkerHandle {
  readonly #worker: Worker;
  readonly #events: WorkerEvents;
  #ended = false;

  constructor(url: URL, start: WorkerStart, events: WorkerEvents) {
    this.#events = events;
    this.#worker = new Worker(url, {
      type: "module",
      name: `data-${start.index}`,
      deno: { permissions: PERMISSIONS },
    } as WorkerOptions);
    this.#worker.onmessage = (event: MessageEvent<FromWorker>) => {
      if (this.#ended) return;
      if (event.data.kind === "fatal") this.#end(event.data.message);
      else events.message(event.data);
    };
    this.#worker.onerror = (event) => {
      // Without this the error would end the whole process.
      event.preventDefault();
      this.#end(event.message);
    };
    this.#worker.onmessageerror = () => this.#end("a message could not be read");
    this.send(start);
  }

  get ended(): boolean {
    return this.#ended;
  }

  send(message: ToWorker): void {
    if (!this.#ended) this.#worker.postMessage(message);
  }

  /** Ends the worker at once; `end` is not called. */
  stop(): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#worker.terminate();
  }

  #end(reason: string): void {
    if (this.#ended) return;
    this.stop();
    this.#events.end(reason);
  }
}
