// A bounded table of connections: found by both endpoints, evicted least recently used first.
// Takes 10 words a connection (see Flow.words); never decides what a flow's records mean.

import { type Flow, newFlow } from "./flow.ts";
import type { FlowWords } from "./types.ts";

const WORDS = 10;

function hashOf(words: FlowWords): number {
  let hash = 0x811c9dc5;
  for (let index = 0; index < WORDS; index++) {
    hash = Math.imul(hash ^ words[index], 0x9e3779b1);
    hash ^= hash >>> 15;
  }
  return hash >>> 0;
}

function sameWords(left: FlowWords, right: FlowWords): boolean {
  for (let index = 0; index < WORDS; index++) {
    if (left[index] !== right[index]) return false;
  }
  return true;
}

export class FlowTable {
  readonly #buckets = new Map<number, Flow>();
  readonly #maxFlows: number;
  #oldest: Flow | null = null;
  #newest: Flow | null = null;
  #size = 0;

  constructor(maxFlows: number) {
    this.#maxFlows = maxFlows;
  }

  get size(): number {
    return this.#size;
  }

  /** The connection of these words, or null; `words` is only read. */
  find(words: FlowWords): Flow | null {
    let flow = this.#buckets.get(hashOf(words)) ?? null;
    while (flow && !sameWords(flow.words, words)) flow = flow.collision;
    return flow;
  }

  /** Adds a connection that is not there; `words` is copied. Evict first when `isFull`. */
  add(words: FlowWords, nowUs: number): Flow {
    const hash = hashOf(words);
    const flow = newFlow(words.slice(0, WORDS), hash, nowUs);
    flow.collision = this.#buckets.get(hash) ?? null;
    this.#buckets.set(hash, flow);
    this.#append(flow);
    this.#size++;
    return flow;
  }

  get isFull(): boolean {
    return this.#size >= this.#maxFlows;
  }

  get oldest(): Flow | null {
    return this.#oldest;
  }

  /** Marks a connection as used now. */
  touch(flow: Flow, nowUs: number): void {
    flow.lastUsedUs = nowUs;
    if (flow === this.#newest) return;
    this.#unlink(flow);
    this.#append(flow);
  }

  remove(flow: Flow): void {
    let head = this.#buckets.get(flow.hash) ?? null;
    if (head === flow) {
      head = flow.collision;
    } else {
      for (let at = head; at; at = at.collision) {
        if (at.collision === flow) {
          at.collision = flow.collision;
          break;
        }
      }
    }
    if (head) this.#buckets.set(flow.hash, head);
    else this.#buckets.delete(flow.hash);
    this.#unlink(flow);
    this.#size--;
  }

  #append(flow: Flow): void {
    flow.older = this.#newest;
    flow.newer = null;
    if (this.#newest) this.#newest.newer = flow;
    else this.#oldest = flow;
    this.#newest = flow;
  }

  #unlink(flow: Flow): void {
    if (flow.older) flow.older.newer = flow.newer;
    else this.#oldest = flow.newer;
    if (flow.newer) flow.newer.older = flow.older;
    else this.#newest = flow.older;
    flow.older = flow.newer = null;
  }
}
