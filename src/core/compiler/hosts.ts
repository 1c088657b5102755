// Hostnames and the host index: (scope, hostname) to a listener or to the root of a path trie.
// Scopes are port groups (2 x number) and listeners (2 x number + 1). A wildcard `*.example.com`
// is kept as `.example.com`, which no host can be.

import { CompileError } from "./errors.ts";
import { hash32 } from "./hash.ts";
import * as L from "./layout.ts";

/** What the host index can hold; the Gateway API allows less. */
const HOSTNAME = /^[a-z0-9._-]{0,253}$/;
const encoder = new TextEncoder();

/** One object per hostname in use, so that roots are found without a search. */
export interface HostName {
  readonly name: string;
  /** As it is looked up: without the `*`. */
  readonly text: string;
  readonly hash: number;
  /** How many attached routes use it. */
  uses: number;
  /** Scratch of the assembler: the root in the listener numbered `pass`. */
  root: number;
  pass: number;
}

/** Hostnames by name, as long as somebody uses them. */
export class HostNames {
  readonly #names = new Map<string, HostName>();

  take(name: string): HostName {
    let host = this.#names.get(name);
    if (!host) {
      const text = name.startsWith("*") ? name.slice(1) : name;
      if (!HOSTNAME.test(text)) {
        throw new CompileError("bad-text", `hostname ${JSON.stringify(name)}`, "is none");
      }
      const hash = hash32(encoder.encode(text), 0);
      host = { name, text, hash, uses: 0, root: 0, pass: 0 };
      this.#names.set(name, host);
    }
    host.uses++;
    return host;
  }

  give(host: HostName): void {
    if (--host.uses === 0) this.#names.delete(host.name);
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
  readonly scopes: number[] = [];
  /** Listener + 1, or a root's number. */
  readonly values: number[] = [];
  readonly hosts: HostName[] = [];

  reset(): void {
    this.scopes.length = 0;
    this.values.length = 0;
    this.hosts.length = 0;
  }

  /** Makes (scope, hostname) lead to `value`; the same pair must not be added twice. */
  add(scope: Scope, host: HostName, value: number): void {
    const { name, text } = host;
    if (text === "") {
      scope.fallback = value;
      return;
    }
    if (name === text) scope.flags |= L.SCOPE_HAS_EXACT;
    else {
      if (scope.shortestWildcard === 0 || text.length < scope.shortestWildcard) {
        scope.shortestWildcard = text.length;
      }
      if (text.length > scope.longestWildcard) scope.longestWildcard = text.length;
    }
    this.scopes.push(scope.id);
    this.values.push(value);
    this.hosts.push(host);
  }
}
