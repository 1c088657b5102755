// The path tries of all hosts while a table is being made: nodes by number, a child's greater than
// its parent's, and the edges in one open-addressing table keyed by (parent, segment).

import { joinHash } from "./hash.ts";
import { IntList } from "./int_list.ts";
import type { Segments } from "./segments.ts";

export class Trie {
  /** Per node and kind of path: what the candidates collector keeps there, 0 at first. */
  readonly exact = new IntList();
  readonly prefix = new IntList();
  readonly regex = new IntList();
  /** A root is its own parent. */
  readonly parent = new IntList();
  /** The segment's number, or a root's hostname's. */
  readonly names = new IntList();
  readonly hasEdges = new IntList();
  #slots = new Int32Array(4);
  #edges = 0;

  constructor(readonly segments: Segments) {}

  get nodeCount(): number {
    return this.exact.length;
  }

  get edgeCount(): number {
    return this.#edges;
  }

  /** Starts over; node 0 is no node. */
  reset(): void {
    for (const list of this.#lists()) list.length = 0;
    this.#edges = 0;
    this.#slots.fill(0);
    this.addRoot(0);
  }

  addRoot(hostname: number): number {
    return this.#addNode(this.nodeCount, hostname);
  }

  /** The node that `count` segments of `path` lead to from `root`; makes what is missing. */
  walk(root: number, path: Int32Array, from: number, count: number): number {
    let node = root;
    for (let i = from; i < from + count; i++) node = this.#child(node, path[i]);
    return node;
  }

  segmentHash(node: number): number {
    return this.segments.hashes.data[this.names.data[node]];
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
      this.names,
      this.hasEdges,
    ];
  }

  #addNode(parent: number, name: number): number {
    const node = this.exact.length;
    this.exact.push(0);
    this.prefix.push(0);
    this.regex.push(0);
    this.parent.push(parent);
    this.names.push(name);
    this.hasEdges.push(0);
    return node;
  }

  #child(parent: number, segment: number): number {
    if ((this.#edges + 1) * 2 > this.#slots.length) this.#rehash();
    const mask = this.#slots.length - 1;
    const parents = this.parent.data;
    const names = this.names.data;
    let slot = joinHash(this.segments.hashes.data[segment], parent) & mask;
    for (let node = this.#slots[slot]; node !== 0; node = this.#slots[slot]) {
      if (parents[node] === parent && names[node] === segment) return node;
      slot = (slot + 1) & mask;
    }
    const node = this.#addNode(parent, segment);
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
      let slot = joinHash(this.segmentHash(node), this.parent.data[node]) & mask;
      while (this.#slots[slot] !== 0) slot = (slot + 1) & mask;
      this.#slots[slot] = node;
    }
  }
}
