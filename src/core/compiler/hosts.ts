// The host index: (scope, hostname) to a listener or to the root of a path trie.
// Scopes are port groups (2 x number) and listeners (2 x number + 1). A wildcard `*.example.com`
// is kept as `.example.com`, which no host can be.

import { hash32, joinHash } from "./hash.ts";
import * as L from "./layout.ts";

const encoder = new TextEncoder();

export interface HostText {
  readonly bytes: Uint8Array;
  readonly hash: number;
}

/** What a scope record says: 4 words; see core.as/route/layout.ts. */
export interface Scope {
  readonly id: number;
  flags: number;
  fallback: number;
  shortestWildcard: number;
  longestWildcard: number;
  readonly port: number;
}

export function newScope(id: number, flags: number, port: number): Scope {
  return { id, flags, fallback: 0, shortestWildcard: 0, longestWildcard: 0, port };
}

export class Hosts {
  readonly #texts = new Map<string, HostText>();
  readonly scopes: number[] = [];
  readonly values: number[] = [];
  readonly texts: HostText[] = [];

  reset(): void {
    this.scopes.length = 0;
    this.values.length = 0;
    this.texts.length = 0;
  }

  /** Makes (scope, hostname) lead to `value`; the same pair must not be added twice. */
  add(scope: Scope, hostname: string, value: number): void {
    if (hostname === "") {
      scope.fallback = value;
      return;
    }
    const text = this.#text(hostname);
    if (hostname.startsWith("*")) {
      const length = text.bytes.length;
      if (scope.shortestWildcard === 0 || length < scope.shortestWildcard) {
        scope.shortestWildcard = length;
      }
      if (length > scope.longestWildcard) scope.longestWildcard = length;
    } else scope.flags |= L.SCOPE_HAS_EXACT;
    this.scopes.push(scope.id);
    this.values.push(value);
    this.texts.push(text);
  }

  hashAt(index: number): number {
    return joinHash(this.texts[index].hash, this.scopes[index]);
  }

  /** Texts are kept while they are used: far more of them than entries means that many are not. */
  #text(hostname: string): HostText {
    let text = this.#texts.get(hostname);
    if (!text) {
      if (this.#texts.size > 4 * this.texts.length + 4096) this.#texts.clear();
      const bytes = encoder.encode(hostname.startsWith("*") ? hostname.slice(1) : hostname);
      this.#texts.set(hostname, text = { bytes, hash: hash32(bytes, 0) });
    }
    return text;
  }
}
