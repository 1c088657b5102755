// Which descriptors a worker has open, in memory that it shares with main: the kernel doesn't know that
// a worker has ended, so whoever ends one has to close what it left. One bit each; takes and gives numbers.

/** Descriptors from this one on can't be noted, so they are not used. */
export const MAX_DESCRIPTORS = 1_048_576;
const BITS = 32;

export function createDescriptorMemory(): SharedArrayBuffer {
  return new SharedArrayBuffer(MAX_DESCRIPTORS / 8);
}

export class Descriptors {
  readonly #words: Int32Array;

  constructor(memory: SharedArrayBuffer) {
    this.#words = new Int32Array(memory);
  }

  /** Notes an open one; false: it can't be noted. */
  opened(fd: number): boolean {
    if (fd >= MAX_DESCRIPTORS) return false;
    Atomics.or(this.#words, Math.floor(fd / BITS), 1 << (fd % BITS));
    return true;
  }

  closed(fd: number): void {
    Atomics.and(this.#words, Math.floor(fd / BITS), ~(1 << (fd % BITS)));
  }

  /** Those that are open. */
  list(): number[] {
    const open: number[] = [];
    for (let word = 0; word < this.#words.length; word++) {
      const bits = Atomics.load(this.#words, word);
      for (let bit = 0; bits !== 0 && bit < BITS; bit++) {
        if ((bits >>> bit & 1) !== 0) open.push(word * BITS + bit);
      }
    }
    return open;
  }
}
