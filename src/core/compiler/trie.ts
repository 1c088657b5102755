// The path tries of all hosts while a table is being made: nodes by number, a child's greater than
// its parent's, and the edges in one open-addressing table keyed by (parent, segment).

import type { Segment } from "./fragment.ts";
import { joinHash } from "./hash.ts";
import { IntList } from "./int_list.ts";

export class Trie {
  /** Per node and kind of path: what the candidates collector keeps there, 0 at first. */
  readonly exact = new IntList();
  readonly prefix = new IntList();
  readonly regex = new IntList();
  /** A root is its own parent. */
  readonly parent = new IntList();
  /** The hash of the node's segment alone. */
  readonly segmentHash = new IntList();
  readonly hasEdges = new IntList();
  /** The segment, or a root's hostname. */
  readonly texts: string[] = [];
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
    this.texts.length = 0;
    this.#edges = 0;
    this.#slots.fill(0);
    this.addRoot("");
  }

  addRoot(hostname: string): number {
    return this.#addNode(this.nodeCount, 0, hostname);
  }

  /** The node that a path leads to from `root`; makes what is missing. */
  walk(root: number, segments: readonly Segment[]): number {
    let node = root;
    for (let i = 0; i < segments.length; i++) node = this.#child(node, segments[i]);
    return node;
  }

  isRoot(node: number): boolean {
    return this.parent.data[node] === node;
  }

  #lists(): IntList[] {
    return [
      this.exact,
      this.prefix,
      this.regex,
      this.parent,
      this.segmentHash,
      this.hasEdges,
    ];
  }

  #addNode(parent: number, segmentHash: number, text: string): number {
    const node = this.exact.length;
    this.exact.push(0);
    this.prefix.push(0);
    this.regex.push(0);
    this.parent.push(parent);
    this.segmentHash.push(segmentHash);
    this.hasEdges.push(0);
    this.texts.push(text);
    return node;
  }

  #child(parent: number, segment: Segment): number {
    if ((this.#edges + 1) * 2 > this.#slots.length) this.#rehash();
    const mask = this.#slots.length - 1;
    const segmentHash = segment.hash | 0;
    let slot = joinHash(segmentHash, parent) & mask;
    for (let node = this.#slots[slot]; node !== 0; node = this.#slots[slot]) {
      const isSame = this.parent.data[node] === parent &&
        this.segmentHash.data[node] === segmentHash && this.texts[node] === segment.text;
      if (isSame) return node;
      slot = (slot + 1) & mask;
    }
    const node = this.#addNode(parent, segmentHash, segment.text);
    this.#slots[slot] = node;
    this.#edges++;
    this.hasEdges.data[parent] = 1;
    return node;
  }

  #rehash(): void {
    this.#slots = new Int32Array(this.#slots.length * 2);
    const mask = this.#slots.length - 1;
    for (let node = 1; node < this.nodeCount; node++) {
      if (this.isRoot(node)) continue;
      let slot = joinHash(this.segmentHash.data[node], this.parent.data[node]) & mask;
      while (this.#slots[slot] !== 0) slot = (slot + 1) & mask;
      this.#slots[slot] = node;
    }
  }
}
