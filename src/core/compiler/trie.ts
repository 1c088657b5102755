// The path tries of all hosts while a table is being made: nodes by number, a child's greater than
// its parent's, and the edges in one open-addressing table keyed by (parent, segment).

import { joinHash } from "./hash.ts";
import type { Segment } from "./fragment.ts";

/** Grows by doubling; keeps its room from one table to the next. */
export class IntList {
  data = new Int32Array(1024);
  length = 0;

  push(value: number): void {
    if (this.length === this.data.length) this.#grow(this.length * 2);
    this.data[this.length++] = value;
  }

  /** Sets the length; entries beyond the old one are 0. */
  resize(length: number): void {
    if (length > this.data.length) this.#grow(Math.max(length, this.data.length * 2));
    if (length > this.length) this.data.fill(0, this.length, length);
    this.length = length;
  }

  #grow(room: number): void {
    const larger = new Int32Array(room);
    larger.set(this.data);
    this.data = larger;
  }
}

export function powerOfTwoFor(entries: number): number {
  let capacity = 4;
  while (capacity < entries * 2) capacity *= 2;
  return capacity;
}

export class Trie {
  /** Per node: group numbers + 1. */
  readonly exact = new IntList();
  readonly prefix = new IntList();
  readonly regex = new IntList();
  readonly parent = new IntList();
  readonly hash = new IntList();
  readonly segmentOffset = new IntList();
  readonly segmentLength = new IntList();
  readonly hasEdges = new IntList();
  #texts: string[] = [];
  #slots = new Int32Array(4);
  #edges = 0;

  get nodeCount(): number {
    return this.exact.length;
  }

  get edgeCount(): number {
    return this.#edges;
  }

  /** Starts over; node 0 is no node. */
  reset(): void {
    for (const list of this.#lists()) list.length = 0;
    this.#texts = [];
    this.#edges = 0;
    this.#slots.fill(0);
    this.addRoot();
  }

  addRoot(): number {
    return this.#addNode(0, 0, "", 0, 0);
  }

  /** The node that a path leads to from `root`; makes what is missing. */
  walk(root: number, segments: readonly Segment[], blobOffset: number): number {
    let node = root;
    for (let i = 0; i < segments.length; i++) node = this.#child(node, segments[i], blobOffset);
    return node;
  }

  #lists(): IntList[] {
    return [
      this.exact,
      this.prefix,
      this.regex,
      this.parent,
      this.hash,
      this.segmentOffset,
      this.segmentLength,
      this.hasEdges,
    ];
  }

  #addNode(parent: number, hash: number, text: string, offset: number, length: number): number {
    const node = this.exact.length;
    this.exact.push(0);
    this.prefix.push(0);
    this.regex.push(0);
    this.parent.push(parent);
    this.hash.push(hash);
    this.segmentOffset.push(offset);
    this.segmentLength.push(length);
    this.hasEdges.push(0);
    this.#texts.push(text);
    return node;
  }

  #child(parent: number, segment: Segment, blobOffset: number): number {
    if ((this.#edges + 1) * 2 > this.#slots.length) this.#rehash();
    const hash = joinHash(segment.hash, parent) | 0;
    const mask = this.#slots.length - 1;
    let slot = hash & mask;
    for (let node = this.#slots[slot]; node !== 0; node = this.#slots[slot]) {
      const isSame = this.hash.data[node] === hash && this.parent.data[node] === parent &&
        this.#texts[node] === segment.text;
      if (isSame) return node;
      slot = (slot + 1) & mask;
    }
    const offset = blobOffset + segment.rel;
    const node = this.#addNode(parent, hash, segment.text, offset, segment.length);
    this.#slots[slot] = node;
    this.#edges++;
    this.hasEdges.data[parent] = 1;
    return node;
  }

  #rehash(): void {
    this.#slots = new Int32Array(this.#slots.length * 2);
    const mask = this.#slots.length - 1;
    for (let node = 1; node < this.nodeCount; node++) {
      if (this.parent.data[node] === 0) continue;
      let slot = this.hash.data[node] & mask;
      while (this.#slots[slot] !== 0) slot = (slot + 1) & mask;
      this.#slots[slot] = node;
    }
  }
}
