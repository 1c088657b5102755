// A count that all workers share and that may not pass a maximum.
// Every worker has a cell of its own in shared memory, so that a worker that dies takes its share
// with it: the one in its place begins at 0. Takes and gives units; never blocks.

/** What is counted over the whole process; each has a row of cells. */
export const BUDGET_KINDS = ["clients", "upstream", "waiters"] as const;
export type BudgetKind = typeof BUDGET_KINDS[number];

export const MAX_WORKERS = 64;

/** The shared memory of all budgets. */
export function createBudgetMemory(): SharedArrayBuffer {
  return new SharedArrayBuffer(BUDGET_KINDS.length * MAX_WORKERS * Int32Array.BYTES_PER_ELEMENT);
}

export class Budget {
  readonly #cells: Int32Array;
  readonly #own: number;
  readonly #maximum: number;

  /** `worker`: whose cell is counted in; it is set to 0. */
  constructor(memory: SharedArrayBuffer, kind: BudgetKind, worker: number, maximum: number) {
    const row = BUDGET_KINDS.indexOf(kind) * MAX_WORKERS;
    this.#cells = new Int32Array(memory, row * Int32Array.BYTES_PER_ELEMENT, MAX_WORKERS);
    this.#own = worker;
    this.#maximum = maximum;
    Atomics.store(this.#cells, worker, 0);
  }

  /** Units in use, in the whole process. */
  get used(): number {
    let sum = 0;
    for (let worker = 0; worker < MAX_WORKERS; worker++) sum += Atomics.load(this.#cells, worker);
    return sum;
  }

  /** Takes one unit; false where all are in use. */
  tryTake(): boolean {
    Atomics.add(this.#cells, this.#own, 1);
    if (this.used <= this.#maximum) return true;
    this.give();
    return false;
  }

  give(): void {
    Atomics.sub(this.#cells, this.#own, 1);
  }
}
