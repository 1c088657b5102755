// Hostnames and the host index: (scope, hostname) to a listener or to the root of a path trie.
// Scopes are port groups (2 x number) and listeners (2 x number + 1). A wildcard `*.example.com`
// is kept as `.example.com`, which no host can be.

import { CompileError } from "./errors.ts";
import { hash32 } from "./hash.ts";
import { IntList } from "./int_list.ts";
import * as L from "./layout.ts";

/** What the host index can hold; the Gateway API allows less. */
const HOSTNAME = /^[a-z0-9._-]{0,253}$/;
const encoder = new TextEncoder();

/** A number for each hostname in use, as long as somebody uses it. */
export class HostNames {
  /** As they are written, and as they are looked up: without the `*`. */
  readonly names: string[] = [];
  readonly texts: string[] = [];
  readonly hashes = new IntList();
  /** Scratch of the assembler: the root in the listener that is marked. */
  readonly roots = new IntList();
  readonly marks = new IntList();
  readonly #uses = new IntList();
  readonly #numbers = new Map<string, number>();
  readonly #free: number[] = [];

  /** The number of a hostname; one use more. */
  take(name: string): number {
    let number = this.#numbers.get(name);
    if (number === undefined) {
      const text = name.startsWith("*") ? name.slice(1) : name;
      if (!HOSTNAME.test(text)) {
        throw new CompileError("bad-text", `hostname ${JSON.stringify(name)}`, "is none");
      }
      number = this.#free.pop() ?? this.names.length;
      this.#numbers.set(name, number);
      this.names[number] = name;
      this.texts[number] = text;
      this.hashes.put(number, hash32(encoder.encode(text), 0));
      for (const list of [this.roots, this.marks, this.#uses]) list.put(number, 0);
    }
    this.#uses.data[number]++;
    return number;
  }

  /** One use less; the number of a hostname that nobody uses is given to another. */
  give(number: number): void {
    if (--this.#uses.data[number] > 0) return;
    this.#numbers.delete(this.names[number]);
    this.names[number] = this.texts[number] = "";
    this.#free.push(number);
  }
}

/** What a scope record says: 4 words; see core.as/route/layout.ts. */
export interface Scope {
  readonly id: number;
  flags: number;
  /** Listener + 1, or a root's number. */
  fallback: number;
  shortestWildcard: number;
  longestWildcard: number;
  readonly port: number;
}

export function newScope(id: number, flags: number, port: number): Scope {
  return { id, flags, fallback: 0, shortestWildcard: 0, longestWildcard: 0, port };
}

/** Entries of the host index while a table is being made. */
export class HostIndex {
  readonly scopes = new IntList();
  /** Listener + 1, or a root's number. */
  readonly values = new IntList();
  readonly hosts = new IntList();

  constructor(readonly names: HostNames) {}

  reset(): void {
    this.scopes.length = this.values.length = this.hosts.length = 0;
  }

  /** Makes (scope, hostname) lead to `value`; the same pair must not be added twice. */
  add(scope: Scope, host: number, value: number): void {
    const name = this.names.names[host];
    const { length } = this.names.texts[host];
    if (length === 0) {
      scope.fallback = value;
      return;
    }
    if (name.length === length) scope.flags |= L.SCOPE_HAS_EXACT;
    else {
      if (scope.shortestWildcard === 0 || length < scope.shortestWildcard) {
        scope.shortestWildcard = length;
      }
      if (length > scope.longestWildcard) scope.longestWildcard = length;
    }
    this.scopes.push(scope.id);
    this.values.push(value);
    this.hosts.push(host);
  }
}
