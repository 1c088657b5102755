// The segments of all paths in use: one number for each text, as long as somebody uses it.
// So a path is a list of numbers, and two segments are compared as numbers.

import { IntList } from "./int_list.ts";

export class Segments {
  readonly texts: string[] = [];
  /** As the core hashes them. */
  readonly hashes = new IntList();
  readonly #uses = new IntList();
  readonly #numbers = new Map<string, number>();
  readonly #free: number[] = [];

  /** The number of a segment; one use more. */
  take(text: string, hash: number): number {
    let number = this.#numbers.get(text);
    if (number === undefined) {
      number = this.#free.pop() ?? this.texts.length;
      this.#numbers.set(text, number);
      this.texts[number] = text;
      this.hashes.put(number, hash);
      this.#uses.put(number, 0);
    }
    this.#uses.data[number]++;
    return number;
  }

  /** One use less; a number that nobody uses is given to another text. */
  give(number: number): void {
    if (--this.#uses.data[number] > 0) return;
    this.#numbers.delete(this.texts[number]);
    this.texts[number] = "";
    this.#free.push(number);
  }
}
