// Main's side of a worker's own sockets: wakes the worker, and closes what it left where it was ended.
// Takes the worker's descriptors in shared memory; touches none of them while the worker may run.

import { createDescriptorMemory, Descriptors } from "./descriptors.ts";
import { type Libc, openLibc } from "./libc.ts";
import { SHUT_RDWR } from "./linux.ts";

/** A worker that was ended is still in a call of the kernel for less than this. */
const LEFT_OPEN_MS = 1_000;

const ONE = new Uint8Array(new BigUint64Array([1n]).buffer);

export class WorkerSockets {
  readonly memory = createDescriptorMemory();
  readonly #libc: Libc;
  #wakeFd = -1;

  constructor(readonly libcPath: string) {
    this.#libc = openLibc(libcPath);
  }

  /** The worker is ready, and waits for this as well as for its sockets. */
  wakesBy(wakeFd: number): void {
    this.#wakeFd = wakeFd;
  }

  /** A message has been posted. */
  wake(): void {
    if (this.#wakeFd >= 0) this.#libc.write(this.#wakeFd, ONE, ONE.length);
  }

  /** The worker has been ended: what it had open is closed as soon as it can't use it any more. */
  ended(): void {
    this.#wakeFd = -1;
    if (new Descriptors(this.memory).list().length > 0) {
      setTimeout(() => this.#sweep(), LEFT_OPEN_MS);
    }
  }

  #sweep(): void {
    const descriptors = new Descriptors(this.memory);
    for (const fd of descriptors.list()) {
      this.#libc.shutdown(fd, SHUT_RDWR);
      this.#libc.close(fd);
      descriptors.closed(fd);
    }
  }
}
