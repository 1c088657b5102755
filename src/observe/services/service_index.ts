// Which Service, Pod and node an address and port belong to. Filled by whoever knows objects, asked
// for each exchange: an answer is made when an object changes, not when it is asked for.
// The same whatever the order in which objects came. Knows nothing of Kubernetes' objects themselves.

/** What is known of one address and port. */
export interface Target {
  /** `namespace/name`; null where the address is a Pod's that no Service leads to at this port. */
  readonly service: string | null;
  readonly namespace: string;
  readonly podName: string | null;
  readonly nodeName: string | null;
  /** The Pod's where it is known, else the Service's. */
  readonly labels: Readonly<Record<string, string>>;
}

/** What an object says of one address and port. */
export interface Claim extends Target {
  /** Canonical text, without brackets. */
  readonly address: string;
  /** 0: every port of the address. */
  readonly port: number;
}

/** A Pod, wherever it is reached. */
export interface PodFacts {
  readonly namespace: string;
  readonly podName: string;
  readonly nodeName: string | null;
  readonly labels: Readonly<Record<string, string>>;
}

interface Address {
  /** What objects say of it, by owner. */
  readonly claims: Map<string, readonly Claim[]>;
  readonly pods: Map<string, PodFacts>;
  readonly byPort: Map<number, Target>;
  /** For ports of which nothing else is known. */
  any: Target | null;
}

export class ServiceIndex {
  readonly #addresses = new Map<string, Address>();
  /** Addresses that each object speaks of. */
  readonly #byOwner = new Map<string, ReadonlySet<string>>();

  /** How many addresses and objects are known. */
  get size(): { readonly addresses: number; readonly objects: number } {
    return { addresses: this.#addresses.size, objects: this.#byOwner.size };
  }

  /** Replaces what the object `owner` says; an empty list takes it out. */
  set(owner: string, claims: readonly Claim[]): void {
    const byAddress = Map.groupBy(claims, ({ address }) => address);
    this.#change(owner, new Set(byAddress.keys()), (entry, address) => {
      entry.claims.set(owner, byAddress.get(address) ?? []);
    });
  }

  /** Replaces the addresses of a Pod; none takes it out. */
  setPod(owner: string, addresses: readonly string[], facts: PodFacts): void {
    this.#change(owner, new Set(addresses), (entry) => entry.pods.set(owner, facts));
  }

  find(address: string, port: number): Target | null {
    const entry = this.#addresses.get(address);
    if (entry === undefined) return null;
    return entry.byPort.get(port) ?? entry.any;
  }

  #change(
    owner: string,
    addresses: ReadonlySet<string>,
    say: (entry: Address, address: string) => void,
  ): void {
    const before = this.#byOwner.get(owner) ?? new Set();
    for (const address of new Set([...before, ...addresses])) {
      const entry = this.#addresses.get(address) ?? newAddress();
      entry.claims.delete(owner);
      entry.pods.delete(owner);
      if (addresses.has(address)) say(entry, address);
      if (entry.claims.size + entry.pods.size === 0) this.#addresses.delete(address);
      else {
        this.#addresses.set(address, entry);
        answer(entry);
      }
    }
    if (addresses.size > 0) this.#byOwner.set(owner, addresses);
    else this.#byOwner.delete(owner);
  }
}

function newAddress(): Address {
  return { claims: new Map(), pods: new Map(), byPort: new Map(), any: null };
}

/**
 * Of several that say the same port, the first by name counts; of Pods, the one that came last, but
 * where a claim names its Pod, that one or none: an address may just be passing to another.
 */
function answer(entry: Address): void {
  const pods = [...entry.pods.values()];
  const pod = pods.at(-1);
  entry.byPort.clear();
  entry.any = pod === undefined ? null : { service: null, ...pod };
  for (const owner of [...entry.claims.keys()].sort()) {
    for (const claim of entry.claims.get(owner) ?? []) {
      if (claim.port !== 0 && entry.byPort.has(claim.port)) continue;
      const { service, namespace, podName, nodeName, labels } = claim;
      const named = podName === null ? pod : pods.find((each) => each.podName === podName);
      const target = { service, ...named ?? { namespace, podName, nodeName, labels } };
      if (claim.port !== 0) entry.byPort.set(claim.port, target);
      else if (entry.any === null || entry.any.service === null) entry.any = target;
    }
  }
}
