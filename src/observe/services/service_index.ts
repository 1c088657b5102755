// Which Service, Pod and node an address and port belong to. Filled by whoever knows objects (files
// today), asked once for each exchange. Knows nothing of Kubernetes' objects themselves.

/** What is known of one address and port. */
export interface Target {
  /** Canonical text, without brackets. */
  readonly address: string;
  /** 0: every port of the address. */
  readonly port: number;
  /** `namespace/name`. */
  readonly service: string;
  readonly namespace: string;
  readonly podName: string | null;
  readonly nodeName: string | null;
  readonly labels: Readonly<Record<string, string>>;
}

function keyOf(address: string, port: number): string {
  return `${address} ${port}`;
}

export class ServiceIndex {
  readonly #byOwner = new Map<string, readonly Target[]>();
  #byAddress = new Map<string, Target>();
  #isStale = false;

  /** Replaces what the object `owner` says; an empty list takes it out. */
  set(owner: string, targets: readonly Target[]): void {
    if (targets.length > 0) this.#byOwner.set(owner, targets);
    else this.#byOwner.delete(owner);
    this.#isStale = true;
  }

  find(address: string, port: number): Target | null {
    if (this.#isStale) this.#rebuild();
    return this.#byAddress.get(keyOf(address, port)) ?? this.#byAddress.get(keyOf(address, 0)) ??
      null;
  }

  #rebuild(): void {
    this.#isStale = false;
    this.#byAddress = new Map();
    for (const targets of this.#byOwner.values()) {
      for (const target of targets) {
        const key = keyOf(target.address, target.port);
        if (!this.#byAddress.has(key)) this.#byAddress.set(key, target);
      }
    }
  }
}
