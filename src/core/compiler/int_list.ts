// A list of 32-bit integers that keeps its room from one table to the next.

export class IntList {
  data: Int32Array;
  length = 0;

  /** `room`: how many it holds before it grows. */
  constructor(room = 16) {
    this.data = new Int32Array(Math.max(room, 1));
  }

  push(value: number): void {
    if (this.length === this.data.length) this.#grow(this.length * 2);
    this.data[this.length++] = value;
  }

  /** Sets the entry at an index; the list grows to hold it. */
  put(index: number, value: number): void {
    if (index >= this.length) this.resize(index + 1);
    this.data[index] = value;
  }

  /** Sets the length; entries beyond the old one are 0. */
  resize(length: number): void {
    if (length > this.data.length) this.#grow(Math.max(length, this.data.length * 2));
    if (length > this.length) this.data.fill(0, this.length, length);
    this.length = length;
  }

  /** What is in the list, as it lies. */
  get used(): Int32Array {
    return this.data.subarray(0, this.length);
  }

  #grow(room: number): void {
    const larger = new Int32Array(room);
    larger.set(this.data);
    this.data = larger;
  }
}

/** Slots for an open-addressing table that is never more than two thirds full. */
export function powerOfTwoFor(entries: number): number {
  let capacity = 4;
  while (capacity * 2 < entries * 3) capacity *= 2;
  return capacity;
}
