// A bounded table of connections: found by both endpoints in either order, evicted least recently
// used first. Takes 10 words a connection (see Flow.words); never decides what its records mean.

import { Flow } from "./flow.ts";
import type { FlowWords } from "./types.ts";

const WORDS = 10;
const BUCKETS = 1 << 17;
/** Flows whose words share one buffer. */
const FLOWS_A_CHUNK = 512;

function mix(hash: number, word: number): number {
  const mixed = Math.imul(hash ^ word, 0x9e3779b1);
  return mixed ^ (mixed >>> 15);
}

function hashEnd(words: FlowWords, first: number, port: number): number {
  let hash = mix(0x2c1b3c6d, port);
  for (let index = first; index < first + 4; index++) hash = mix(hash, words[index]);
  return hash;
}

/** The same for both orders of the two ends. */
function hashOf(words: FlowWords): number {
  const ports = words[8];
  const source = hashEnd(words, 0, ports >>> 16);
  const destination = hashEnd(words, 4, ports & 0xffff);
  return mix(source + destination | 0, words[9]);
}

function isSame(left: FlowWords, right: FlowWords): boolean {
  for (let index = WORDS - 1; index >= 0; index--) if (left[index] !== right[index]) return false;
  return true;
}

function swappedPorts(ports: number): number {
  return (ports << 16 | ports >>> 16) >>> 0;
}

function isReverse(left: FlowWords, right: FlowWords): boolean {
  for (let index = 0; index < 4; index++) {
    if (left[index] !== right[index + 4] || left[index + 4] !== right[index]) return false;
  }
  return left[9] === right[9] && left[8] === swappedPorts(right[8]);
}

/** Whether the sender of a record with these words is the end that was taken for the client first. */
export function isFromFirst(flow: Flow, words: FlowWords): boolean {
  return isSame(flow.words, words) !== flow.isFlipped;
}

export class FlowTable {
  readonly #buckets: (Flow | null)[] = new Array(BUCKETS).fill(null);
  readonly #maxFlows: number;
  /** Flows that are not in use, linked by `collision`. */
  #free: Flow | null = null;
  #oldest: Flow | null = null;
  #newest: Flow | null = null;
  #size = 0;

  constructor(maxFlows: number) {
    this.#maxFlows = maxFlows;
  }

  get size(): number {
    return this.#size;
  }

  /** The connection of these words, in either direction, or null; `words` is only read. */
  find(words: FlowWords): Flow | null {
    const hash = hashOf(words);
    let flow = this.#buckets[hash & (BUCKETS - 1)];
    while (flow) {
      if (flow.hash === hash && (isSame(flow.words, words) || isReverse(flow.words, words))) break;
      flow = flow.collision;
    }
    return flow;
  }

  /** Adds a connection that is not there; `words` is copied. Evict first when `isFull`. */
  add(words: FlowWords, fromClient: boolean, nowUs: number): Flow {
    const flow = this.#free ?? this.#allocate();
    this.#free = flow.collision;
    flow.words.set(words);
    if (!fromClient) this.turn(flow);
    flow.isFlipped = false;
    flow.hash = hashOf(words);
    flow.lastUsed = flow.lastHandled = nowUs | 0;
    flow.nextOrdinal = 1;
    const bucket = flow.hash & (BUCKETS - 1);
    flow.collision = this.#buckets[bucket];
    this.#buckets[bucket] = flow;
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
    flow.lastUsed = nowUs | 0;
    if (flow === this.#newest) return;
    this.#unlink(flow);
    this.#append(flow);
  }

  /** Makes the server the client. */
  turn(flow: Flow): void {
    const { words } = flow;
    for (let index = 0; index < 4; index++) {
      const word = words[index];
      words[index] = words[index + 4];
      words[index + 4] = word;
    }
    words[8] = swappedPorts(words[8]);
    flow.isFlipped = !flow.isFlipped;
  }

  /** Takes a connection out; the flow is used again for another one. */
  remove(flow: Flow): void {
    const bucket = flow.hash & (BUCKETS - 1);
    if (this.#buckets[bucket] === flow) this.#buckets[bucket] = flow.collision;
    else {
      let at = this.#buckets[bucket];
      while (at && at.collision !== flow) at = at.collision;
      if (at) at.collision = flow.collision;
    }
    this.#unlink(flow);
    flow.startOver();
    flow.held = null;
    flow.collision = this.#free;
    this.#free = flow;
    this.#size--;
  }

  /** Makes flows whose words lie in one buffer; the first of them is returned. */
  #allocate(): Flow {
    const words = new Uint32Array(WORDS * FLOWS_A_CHUNK);
    let first: Flow | null = null;
    for (let at = WORDS * (FLOWS_A_CHUNK - 1); at > 0; at -= WORDS) {
      const flow: Flow = new Flow(words.subarray(at, at + WORDS));
      flow.collision = first;
      first = flow;
    }
    const flow = new Flow(words.subarray(0, WORDS));
    flow.collision = first;
    return flow;
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
