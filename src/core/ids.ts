// Stable numbers for things that have names: services, labels, endpoints, port groups.
// An id is given once and never again to another name while the process lives, so that counters,
// pools and bitmaps survive a change of tables. Never forgets a name.

/** Names to dense ids, counted from 0. */
export class IdTable {
  readonly #ids = new Map<string, number>();
  readonly #names: string[] = [];

  /** The id of `name`, a new one if it has none yet. */
  idOf(name: string): number {
    let id = this.#ids.get(name);
    if (id === undefined) {
      id = this.#names.length;
      this.#ids.set(name, id);
      this.#names.push(name);
    }
    return id;
  }

  /** The id of `name` if it has one. */
  find(name: string): number | undefined {
    return this.#ids.get(name);
  }

  nameOf(id: number): string | undefined {
    return this.#names[id];
  }

  get size(): number {
    return this.#names.length;
  }
}

/** The `route` and `pattern` labels of a matched rule. */
export interface Label {
  readonly route: string;
  readonly pattern: string;
}

/** The label of requests that no rule matched. */
export const UNMATCHED_LABEL_ID = 0;

/** (route, pattern) pairs to dense ids, counted from 1; 0 is the label with neither. */
export class LabelTable {
  readonly #routes: string[] = [""];
  readonly #patterns: string[] = [""];
  /** The label of the same route that was made before it; 0: it is the route's first. */
  readonly #before: number[] = [0];
  /** A route's last label. */
  readonly #last = new Map<string, number>();

  idOf(route: string, pattern: string): number {
    const last = this.#last.get(route) ?? 0;
    for (let id = last; id !== 0; id = this.#before[id]) {
      if (this.#patterns[id] === pattern) return id;
    }
    const id = this.#routes.length;
    this.#routes.push(route);
    this.#patterns.push(pattern);
    this.#before.push(last);
    this.#last.set(route, id);
    return id;
  }

  labelOf(id: number): Label | undefined {
    const route = this.#routes[id];
    return route === undefined ? undefined : { route, pattern: this.#patterns[id] };
  }

  get size(): number {
    return this.#routes.length;
  }
}

/** All registries of one process; main owns it and gives it to every compile. */
export class IdRegistry {
  /** By `Service.key`. */
  readonly services = new IdTable();
  readonly labels = new LabelTable();
  /** By service key and `address:port`: bit numbers of the health bitmap, keys of pools. */
  readonly endpoints = new IdTable();
  /** By transport, address and port. */
  readonly portGroups = new IdTable();
}
