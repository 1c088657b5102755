// A growing buffer in which one route's blob is laid out: records by offset, then texts.
// Reused from route to route; `finish` gives a copy of what was written.

const encoder = new TextEncoder();

export class BlobWriter {
  #bytes = new Uint8Array(4096);
  #view = new DataView(this.#bytes.buffer);
  #end = 0;
  /** Length in bytes of the last `text`. */
  textLength = 0;

  reset(): void {
    this.#bytes.fill(0, 0, this.#end);
    this.#end = 0;
  }

  /** Room for `size` bytes, aligned to 4 and cleared; gives its offset. */
  take(size: number): number {
    const at = (this.#end + 3) & ~3;
    this.#room(at + size);
    this.#end = at + size;
    return at;
  }

  u8(at: number, value: number): void {
    this.#bytes[at] = value;
  }

  u16(at: number, value: number): void {
    this.#view.setUint16(at, value, true);
  }

  u32(at: number, value: number): void {
    this.#view.setUint32(at, value, true);
  }

  /** Appends a text in UTF-8; gives its offset, and `textLength` its length. */
  text(text: string): number {
    const at = this.#end;
    this.#room(at + text.length * 3);
    const bytes = this.#bytes;
    let i = 0;
    for (; i < text.length; i++) {
      const code = text.charCodeAt(i);
      if (code > 0x7f) break;
      bytes[at + i] = code;
    }
    this.textLength = i === text.length ? i : encoder.encodeInto(text, bytes.subarray(at)).written;
    this.#end += this.textLength;
    return at;
  }

  /** Appends bytes, aligned to 4; gives their offset. */
  append(bytes: Uint8Array): number {
    const at = this.take(bytes.length);
    this.#bytes.set(bytes, at);
    return at;
  }

  slice(from: number, length: number): Uint8Array {
    return this.#bytes.subarray(from, from + length);
  }

  /** What was written, with `trailer` cleared bytes at its end, its size a multiple of `align`. */
  finish(trailer: number, align: number, fillTrailer: (at: number) => void): Uint8Array {
    const size = Math.ceil((this.#end + trailer) / align) * align;
    this.#room(size);
    this.#end = size;
    fillTrailer(size - trailer);
    return this.#bytes.slice(0, size);
  }

  #room(end: number): void {
    if (end <= this.#bytes.length) return;
    const larger = new Uint8Array(Math.max(end, this.#bytes.length * 2));
    larger.set(this.#bytes);
    this.#bytes = larger;
    this.#view = new DataView(larger.buffer);
  }
}
