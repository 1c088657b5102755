// One worker as the main thread sees it: the Worker, what it has said so far and who waits for what.
// Knows nothing of tables or of other workers; tells its owner once, through `onEnd`, when it is
// gone for a reason other than stop().

import { WorkerSockets } from "./native/worker_sockets.ts";
import type { FromWorker, ToWorker, WorkerStart } from "./protocol.ts";

export interface WorkerEvents {
  message(message: FromWorker): void;
  /** The worker threw or gave up; it is terminated already. */
  end(reason: string): void;
}

/**
 * A worker runs with no permission but the network, and the C library's socket calls where those are
 * used: everything else that it needs is handed to it.
 */
function permissions(sockets: WorkerSockets | undefined): Deno.PermissionOptions {
  return {
    net: "inherit",
    read: false,
    write: false,
    env: false,
    run: false,
    ffi: sockets ? [sockets.libcPath] : false,
    sys: false,
    import: false,
  };
}

export class WorkerHandle {
  readonly #worker: Worker;
  readonly #events: WorkerEvents;
  readonly #sockets: WorkerSockets | undefined;
  #ended = false;

  /** `libcPath`: where the worker is to have sockets of its own. */
  constructor(url: URL, start: WorkerStart, events: WorkerEvents, libcPath?: string) {
    this.#events = events;
    this.#sockets = libcPath === undefined ? undefined : new WorkerSockets(libcPath);
    this.#worker = new Worker(url, {
      type: "module",
      name: `data-${start.index}`,
      deno: { permissions: permissions(this.#sockets) },
    } as WorkerOptions);
    this.#worker.onmessage = (event: MessageEvent<FromWorker>) => {
      if (this.#ended) return;
      const { data } = event;
      if (data.kind === "ready" && data.wakeFd !== undefined) this.#sockets?.wakesBy(data.wakeFd);
      if (data.kind === "fatal") this.#end(data.message);
      else events.message(data);
    };
    this.#worker.onerror = (event) => {
      // Without this the error would end the whole process.
      event.preventDefault();
      this.#end(event.message);
    };
    this.#worker.onmessageerror = () => this.#end("a message could not be read");
    const { libcPath: path, memory } = this.#sockets ?? {};
    this.send(
      path === undefined || memory === undefined
        ? start
        : { ...start, nativeSockets: { libcPath: path, descriptors: memory } },
    );
  }

  get ended(): boolean {
    return this.#ended;
  }

  send(message: ToWorker): void {
    if (this.#ended) return;
    this.#worker.postMessage(message);
    this.#sockets?.wake();
  }

  /** Ends the worker at once; `end` is not called. */
  stop(): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#worker.terminate();
    this.#sockets?.ended();
  }

  #end(reason: string): void {
    if (this.#ended) return;
    this.stop();
    this.#events.end(reason);
  }
}
