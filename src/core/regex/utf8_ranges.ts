// Splits ranges of code points into sequences of byte ranges that match their UTF-8 encodings and
// nothing else. Takes code points, gives sequences of one to four ranges. Surrogates have no UTF-8
// encoding (RFC 3629 section 3) and are left out.

export interface ByteRange {
  readonly low: number;
  readonly high: number;
}

/** Code points that need at most one, two, three and four bytes. */
const LAST_OF_LENGTH = [0x7f, 0x7ff, 0xffff, 0x10ffff];
const SURROGATES = { first: 0xd800, last: 0xdfff };

function encode(codePoint: number): number[] {
  if (codePoint <= 0x7f) return [codePoint];
  const tail = (shift: number) => 0x80 | ((codePoint >> shift) & 0x3f);
  if (codePoint <= 0x7ff) return [0xc0 | (codePoint >> 6), tail(0)];
  if (codePoint <= 0xffff) return [0xe0 | (codePoint >> 12), tail(6), tail(0)];
  return [0xf0 | (codePoint >> 18), tail(12), tail(6), tail(0)];
}

/** Splits until first and last differ only where every continuation byte runs over all its values. */
function splitAligned(first: number, last: number, out: ByteRange[][]): void {
  const length = LAST_OF_LENGTH.findIndex((limit) => last <= limit);
  for (let bytes = 1; bytes <= length; bytes++) {
    const mask = (1 << (6 * bytes)) - 1;
    if ((first & ~mask) === (last & ~mask)) continue;
    let cut: number | undefined;
    if ((first & mask) !== 0) cut = (first | mask) + 1;
    else if ((last & mask) !== mask) cut = last & ~mask;
    if (cut === undefined) continue;
    splitAligned(first, cut - 1, out);
    splitAligned(cut, last, out);
    return;
  }
  const low = encode(first);
  const high = encode(last);
  out.push(low.map((byte, index) => ({ low: byte, high: high[index] })));
}

/** The byte sequences of every code point from first to last, in order. */
export function utf8Sequences(first: number, last: number): ByteRange[][] {
  const out: ByteRange[][] = [];
  const starts = [0, ...LAST_OF_LENGTH.slice(0, -1).map((limit) => limit + 1)];
  const blocks = LAST_OF_LENGTH.map((end, index) => [starts[index], end]);
  // The three-byte block without its surrogates.
  blocks.splice(2, 1, [starts[2], SURROGATES.first - 1], [SURROGATES.last + 1, LAST_OF_LENGTH[2]]);
  for (const [start, end] of blocks) {
    const low = Math.max(first, start);
    const high = Math.min(last, end);
    if (low <= high) splitAligned(low, high, out);
  }
  return out;
}
