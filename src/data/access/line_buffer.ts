// Bytes of lines on their way out, in memory that is used again: numbers and escaped text are written
// as they are, without a string in between. Takes as much as `room` says; the caller sees to that.

const DIGIT_0 = 0x30;
const MINUS = 0x2d;
const DOT = 0x2e;
const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const SPACE = 0x20;
const DELETE = 0x7f;
const QUESTION_MARK = 0x3f;
const LAST_C1 = 0x9f;

const HEX = new TextEncoder().encode("0123456789abcdef");

/** Bytes that `escaped` makes of one at most, as in `\u001b`. */
export const MOST_ESCAPED = 6;

/** How text becomes bytes of a line. */
export type Escapes =
  /** As JSON has it. */
  | "json"
  /** The same, and nothing that a terminal would obey. */
  | "terminal";

export class LineBuffer {
  readonly bytes: Uint8Array<ArrayBuffer>;
  length = 0;

  constructor(capacityBytes: number) {
    this.bytes = new Uint8Array(capacityBytes);
  }

  get room(): number {
    return this.bytes.length - this.length;
  }

  /** A fragment as it is. */
  put(fragment: Uint8Array): void {
    const { bytes, length } = this;
    for (let index = 0; index < fragment.length; index++) bytes[length + index] = fragment[index]!;
    this.length = length + fragment.length;
  }

  byte(value: number): void {
    this.bytes[this.length++] = value;
  }

  /** A whole number, as digits; 16 bytes at most. */
  integer(value: number): void {
    let rest = value;
    if (rest < 0) {
      this.byte(MINUS);
      rest = -rest;
    }
    let count = 1;
    for (let limit = 10; limit <= rest; limit *= 10) count++;
    const { bytes } = this;
    for (let at = this.length + count - 1; at >= this.length; at--) {
      const tenth = Math.floor(rest / 10);
      bytes[at] = DIGIT_0 + (rest - tenth * 10);
      rest = tenth;
    }
    this.length += count;
  }

  /** `value` as exactly so many digits. */
  padded(value: number, digits: number): void {
    let rest = value;
    for (let at = this.length + digits - 1; at >= this.length; at--) {
      this.bytes[at] = DIGIT_0 + rest % 10;
      rest = Math.floor(rest / 10);
    }
    this.length += digits;
  }

  /** Milliseconds, to a microsecond, without zeros at the end. */
  milliseconds(ms: number): void {
    const us = Math.round(ms * 1000);
    const whole = Math.floor(us / 1000);
    const rest = us - whole * 1000;
    this.integer(whole);
    if (rest === 0) return;
    this.byte(DOT);
    this.padded(rest, 3);
    while (this.bytes[this.length - 1] === DIGIT_0) this.length--;
  }

  /** Milliseconds with one digit after the point. */
  tenths(ms: number): void {
    const tenths = Math.round(ms * 10);
    this.integer(Math.floor(tenths / 10));
    this.byte(DOT);
    this.byte(DIGIT_0 + tenths % 10);
  }

  /** A byte string (one character, one byte) as UTF-8 with escapes, without quotes around it. */
  escaped(source: Uint8Array, from: number, end: number, escapes: Escapes): void {
    const { bytes } = this;
    let at = this.length;
    for (let index = from; index < end; index++) {
      const byte = source[index]!;
      if (byte >= SPACE && byte < DELETE && byte !== QUOTE && byte !== BACKSLASH) {
        bytes[at++] = byte;
        continue;
      }
      this.length = at;
      this.#special(byte, escapes);
      at = this.length;
    }
    this.length = at;
  }

  #special(byte: number, escapes: Escapes): void {
    if (byte === QUOTE || byte === BACKSLASH) {
      this.byte(BACKSLASH);
      this.byte(byte);
    } else if (byte < SPACE) {
      for (
        const character of [BACKSLASH, 0x75, DIGIT_0, DIGIT_0, HEX[byte >> 4]!, HEX[byte & 15]!]
      ) {
        this.byte(character);
      }
    } else if (escapes === "terminal" && byte <= LAST_C1) this.byte(QUESTION_MARK);
    else if (byte === DELETE) this.byte(byte);
    else {
      this.byte(0xc0 | byte >> 6);
      this.byte(0x80 | byte & 0x3f);
    }
  }
}
