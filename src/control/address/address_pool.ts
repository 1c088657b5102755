// Which Gateway has which address of the pool. What a Gateway's status records is kept, so that an
// address survives a restart and all replicas agree; what is new takes the first that is free.

import type { AddressClaim, Assignments } from "../translator/translator.ts";
import { type AddressRange, firstFree, isInPool } from "./ranges.ts";

export class AddressPool {
  readonly #pool: readonly AddressRange[];
  readonly #recorded: (key: string) => readonly string[];
  #given = new Map<string, string>();

  /** `recorded`: the addresses in a Gateway's status as the API server last told it. */
  constructor(pool: readonly AddressRange[], recorded: (key: string) => readonly string[]) {
    this.#pool = pool;
    this.#recorded = recorded;
  }

  /** Stated addresses come first, then what statuses record, what was given here, and what is free. */
  assign(claims: readonly AddressClaim[]): Assignments {
    const byAge = [...claims].sort((a, b) =>
      a.createdAtMs - b.createdAtMs || (a.key < b.key ? -1 : 1)
    );
    const taken = new Set(claims.flatMap(({ stated }) => stated));
    const waiting = byAge.filter(({ stated }) => stated.length === 0);
    const given = new Map<string, string>();
    const take = (candidatesOf: (key: string) => readonly string[]) => {
      for (const { key } of waiting) {
        if (given.has(key)) continue;
        const address = candidatesOf(key).find((one) =>
          !taken.has(one) && isInPool(this.#pool, one)
        );
        if (address === undefined) continue;
        taken.add(address);
        given.set(key, address);
      }
    };
    take(this.#recorded);
    take((key) => {
      const before = this.#given.get(key);
      return before === undefined ? [] : [before];
    });
    take(() => {
      const free = firstFree(this.#pool, taken);
      return free === undefined ? [] : [free];
    });
    this.#given = given;
    return new Map(claims.map(({ key, stated }) => {
      const address = given.get(key);
      return [key, stated.length > 0 || address === undefined ? stated : [address]];
    }));
  }
}
