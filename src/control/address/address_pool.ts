// Which Gateway has which address of the pool. What a Gateway's status records is kept, so that an
// address survives a restart and all replicas agree; what is new takes the first that is free.

import type { AddressClaim, Assignment, Assignments } from "../translator/translator.ts";
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

  /**
   * Who has an address keeps it: those that state it and have it come first, then what statuses record
   * and what was given here. Then come addresses that are newly stated, and at last what is free. Within
   * each, the older Gateway comes first.
   */
  assign(claims: readonly AddressClaim[]): Assignments {
    const byAge = [...claims].sort((a, b) =>
      a.createdAtMs - b.createdAtMs || (a.key < b.key ? -1 : 1)
    );
    const stating = byAge.filter(({ stated }) => stated.length > 0);
    const waiting = byAge.filter(({ stated }) => stated.length === 0);
    const taken = new Set(stating.flatMap(({ key, stated }) => {
      const has = this.#recorded(key);
      return stated.filter((address) => has.includes(address));
    }));
    /** Address -> the Gateway that it was given to. */
    const holders = new Map<string, string>();
    const given = new Map<string, string>();
    const take = (candidatesOf: (key: string) => readonly string[]) => {
      for (const { key } of waiting) {
        if (given.has(key)) continue;
        const address = candidatesOf(key).find((one) =>
          !taken.has(one) && isInPool(this.#pool, one)
        );
        if (address === undefined) continue;
        taken.add(address);
        holders.set(address, key);
        given.set(key, address);
      }
    };
    take(this.#recorded);
    take((key) => {
      const before = this.#given.get(key);
      return before === undefined ? [] : [before];
    });
    const assigned = new Map<string, Assignment>();
    for (const { key, stated } of stating) {
      assigned.set(key, this.#judge(stated, holders));
      for (const address of stated) taken.add(address);
    }
    take(() => {
      const free = firstFree(this.#pool, taken);
      return free === undefined ? [] : [free];
    });
    this.#given = given;
    for (const { key } of waiting) {
      const address = given.get(key);
      assigned.set(key, { addresses: address === undefined ? [] : [address] });
    }
    return assigned;
  }

  /** Of stated addresses, those that can be had, and what is wrong with the others. */
  #judge(stated: readonly string[], holders: ReadonlyMap<string, string>): Assignment {
    const faults: string[] = [];
    const addresses = stated.filter((address) => {
      const holder = holders.get(address);
      if (holder !== undefined) {
        faults.push(`${address} is in use by Gateway ${holder}: state another address`);
      } else if (!isInPool(this.#pool, address)) {
        faults.push(`${address} is not in RAUTA_ADDRESS_POOL: state one that is, or none`);
      } else return true;
      return false;
    });
    return faults.length === 0 ? { addresses } : { addresses, unusable: faults.join("; ") };
  }
}
