// Shared memory for tables: the room of a table that nobody reads any more is given to the next one.
// Fresh memory of some megabytes costs more than a table's bytes do: each page is a fault.
// Takes sizes, gives views; whoever asks says what is still in use.

/** Room beyond what is asked for, so that a table that grows a little fits the next time. */
const SLACK = 1 / 16;
const PAGE_BYTES = 4096;

export class TableMemory {
  /** Everything given out and not known to be free. */
  readonly #used = new Set<SharedArrayBuffer>();
  /** One at most: tables come one at a time. */
  #spare: SharedArrayBuffer | undefined;

  /** Room for so many bytes, in which anything may lie. */
  allocate(sizeBytes: number): Uint8Array {
    let buffer = this.#spare;
    this.#spare = undefined;
    if (
      !buffer || buffer.byteLength < sizeBytes || buffer.byteLength > 2 * sizeBytes + PAGE_BYTES
    ) {
      const room = Math.ceil(sizeBytes * (1 + SLACK) / PAGE_BYTES) * PAGE_BYTES;
      buffer = new SharedArrayBuffer(room);
    }
    this.#used.add(buffer);
    return new Uint8Array(buffer, 0, sizeBytes);
  }

  /** Nobody reads what was given out, but for these. */
  retain(tables: readonly Uint8Array[]): void {
    const kept = new Set(tables.map(({ buffer }) => buffer));
    for (const buffer of this.#used) {
      if (kept.has(buffer)) continue;
      this.#used.delete(buffer);
      this.#spare = buffer;
    }
  }
}
