// What the compiler keeps of each route in use, by number, in flat lists: where its blob lies in the
// last table, and the digest of its matches. Blobs themselves lie in that table and nowhere else.
// Takes routes, gives numbers; a route that two listeners serve has one.

import type { HttpRoute } from "../../ir/snapshot.ts";
import type { MatchDigest, WrittenRoute } from "./fragment.ts";
import { IntList } from "./int_list.ts";
import { Segments } from "./segments.ts";

/**
 * A match in `digests`: path kind, precedence, number of segments, number of index keys; then the
 * segments' numbers; then for each key its kind, name hash and hash. In front of the first match of a
 * route: the number of matches.
 */
export const DIGEST = {
  kind: 0,
  precedence: 1,
  segments: 2,
  keys: 3,
  size: 4,
  keySize: 3,
} as const;
export const PATH_KINDS = ["exact", "prefix", "regex"] as const;
export const KEY_KINDS = ["header", "query"] as const;

export class Fragments {
  readonly digests = new IntList();
  readonly digestAt = new IntList();
  readonly sizes = new IntList();
  /** Scratch of the assembler: where the blob lies in the table being made, and in which table. */
  offsets = new IntList();
  readonly tables = new IntList();
  readonly segments = new Segments();
  /** Where the blob lies in the last table. */
  #placed = new IntList();
  readonly #digestSizes = new IntList();
  readonly #uses = new IntList();
  readonly #numbers = new Map<HttpRoute, number>();
  readonly #free: number[] = [];
  /** Blobs of routes that are in no table yet. */
  readonly #fresh = new Map<number, Uint8Array>();
  #count = 0;
  #unusedDigests = 0;

  constructor(readonly write: (route: HttpRoute) => WrittenRoute) {}

  /** The number of a route; one use more. Throws what `write` throws. */
  take(route: HttpRoute): number {
    let number = this.#numbers.get(route);
    if (number === undefined) {
      const { bytes, matches } = this.write(route);
      number = this.#free.pop() ?? this.#count++;
      this.#numbers.set(route, number);
      this.#fresh.set(number, bytes);
      this.sizes.put(number, bytes.length);
      this.digestAt.put(number, this.digests.length);
      for (const list of [this.offsets, this.tables, this.#placed, this.#uses]) list.put(number, 0);
      this.#pushDigest(matches);
      this.#digestSizes.put(number, this.digests.length - this.digestAt.data[number]);
    }
    this.#uses.data[number]++;
    return number;
  }

  /** One use less; the number of a route that nobody uses is given to another. */
  give(route: HttpRoute): void {
    const number = this.#numbers.get(route)!;
    if (--this.#uses.data[number] > 0) return;
    this.#numbers.delete(route);
    this.#fresh.delete(number);
    this.#giveSegments(number);
    this.#unusedDigests += this.#digestSizes.data[number];
    this.#digestSizes.data[number] = 0;
    this.#free.push(number);
    if (this.#unusedDigests > 4096 && this.#unusedDigests * 2 > this.digests.length) {
      this.#compact();
    }
  }

  /** Copies the blobs of `order` to where `offsets` say, neighbours that were neighbours in one go. */
  copyBlobs(order: Int32Array, from: Uint8Array | undefined, to: Uint8Array): void {
    const { sizes, offsets } = this;
    const placed = this.#placed.data;
    for (let i = 0; i < order.length;) {
      const first = order[i];
      const fresh = this.#fresh.size > 0 ? this.#fresh.get(first) : undefined;
      if (fresh) {
        to.set(fresh, offsets.data[first]);
        i++;
        continue;
      }
      let end = placed[first];
      while (i < order.length) {
        const next = order[i];
        if (placed[next] !== end || (this.#fresh.size > 0 && this.#fresh.has(next))) break;
        end += sizes.data[next];
        i++;
      }
      to.set(from!.subarray(placed[first], end), offsets.data[first]);
    }
  }

  /** The table that `copyBlobs` wrote is the last one now. */
  placed(): void {
    const before = this.#placed;
    this.#placed = this.offsets;
    this.offsets = before;
    this.#fresh.clear();
  }

  #pushDigest(matches: readonly MatchDigest[]): void {
    const { digests, segments } = this;
    digests.push(matches.length);
    for (const { pathKind, segments: texts, precedence, keys } of matches) {
      digests.push(PATH_KINDS.indexOf(pathKind));
      digests.push(precedence);
      digests.push(texts.length);
      digests.push(keys.length);
      for (const { text, hash } of texts) digests.push(segments.take(text, hash));
      for (const { kind, nameHash, hash } of keys) {
        digests.push(KEY_KINDS.indexOf(kind));
        digests.push(nameHash);
        digests.push(hash);
      }
    }
  }

  #giveSegments(number: number): void {
    const digests = this.digests.data;
    let at = this.digestAt.data[number];
    for (let matches = digests[at++]; matches > 0; matches--) {
      const segments = digests[at + DIGEST.segments];
      const keys = digests[at + DIGEST.keys];
      at += DIGEST.size;
      for (let i = 0; i < segments; i++) this.segments.give(digests[at + i]);
      at += segments + keys * DIGEST.keySize;
    }
  }

  /** Closes the gaps that routes left. */
  #compact(): void {
    const old = this.digests.data.slice(0, this.digests.length);
    this.digests.length = 0;
    for (let number = 0; number < this.#count; number++) {
      const at = this.digestAt.data[number];
      const size = this.#digestSizes.data[number];
      this.digestAt.data[number] = this.digests.length;
      for (let i = 0; i < size; i++) this.digests.push(old[at + i]);
    }
    this.#unusedDigests = 0;
  }
}
