// Texts of bytes that come again and again (paths, hosts), made once each. Takes bytes of a buffer,
// gives them as characters, one to one. Bounded: a text that collides takes the other's place.

const SLOTS = 4096;

export class TextCache {
  readonly #texts: string[] = new Array(SLOTS).fill("");

  get(bytes: Uint8Array, at: number, length: number): string {
    const end = at + length;
    let hash = length;
    for (let index = at; index < end; index++) hash = Math.imul(hash ^ bytes[index], 0x01000193);
    const slot = (hash ^ hash >>> 15) & (SLOTS - 1);
    const known = this.#texts[slot];
    if (known.length === length && isText(known, bytes, at)) return known;
    const text = String.fromCharCode.apply(null, bytes.subarray(at, end) as unknown as number[]);
    this.#texts[slot] = text;
    return text;
  }
}

function isText(text: string, bytes: Uint8Array, at: number): boolean {
  for (let index = 0; index < text.length; index++) {
    if (text.charCodeAt(index) !== bytes[at + index]) return false;
  }
  return true;
}
