// Makes HTTP/1 messages that are nearly right out of known ones: lines moved, doubled and crossed with
// other messages' lines, tokens of the grammar put in, bytes changed. The same seed, the same messages.

import type { Kind } from "../wasm/http1.ts";

/** mulberry32: small, fast, and the same everywhere. */
export class Random {
  #state: number;

  constructor(seed: number) {
    this.#state = seed >>> 0;
  }

  below(limit: number): number {
    this.#state = (this.#state + 0x6d2b79f5) >>> 0;
    let mix = Math.imul(this.#state ^ (this.#state >>> 15), 1 | this.#state);
    mix ^= mix + Math.imul(mix ^ (mix >>> 7), 61 | mix);
    return Math.floor(((mix ^ (mix >>> 14)) >>> 0) / 4294967296 * limit);
  }

  pick<T>(items: readonly T[]): T {
    return items[this.below(items.length)];
  }
}

const LINES: Readonly<Record<Kind, readonly string[]>> = {
  request: [
    "GET / HTTP/1.1",
    "POST /a?b HTTP/1.1",
    "POST / HTTP/1.0",
    "OPTIONS * HTTP/1.1",
    "GET http://b:81/c HTTP/1.1",
    "Host: a",
    "Host: [::1]:80",
    "Expect: 100-continue",
    "TE: trailers",
  ],
  response: [
    "HTTP/1.1 200 OK",
    "HTTP/1.0 200 OK",
    "HTTP/1.1 204 No Content",
    "HTTP/1.1 304 Not Modified",
    "HTTP/1.1 100 Continue",
    "Set-Cookie: a=b",
  ],
};

const SHARED_LINES = [
  "",
  "Content-Length: 5",
  "Content-Length: 0",
  "Transfer-Encoding: chunked",
  "Transfer-Encoding: gzip, chunked",
  "Connection: close",
  "Connection: keep-alive, X-A",
  "Connection: upgrade",
  "Upgrade: websocket",
  "Trailer: X-A",
  "X-A: b",
  "X-Long: " + "v".repeat(40),
  "5",
  "5;a=b",
  '5;a="b;c"',
  "hello",
  "0",
  "a",
  "0123456789",
];

const TOKENS = [
  ...'\r\n\0\t \v\f\x7f\x80\xff:;,="\\#%?/@[]{}|<>+-*',
  "\r\n",
  "\r\n\r\n",
  "\n\n",
  "\r\r\n",
  "0\r\n\r\n",
  "\r\n ",
  " :",
  "chunked",
  "identity",
  "HTTP/1.1",
  "HTTP/2.0",
  "%00",
  "%2f",
  "0x",
  "ffffffffffffffff",
  "18446744073709551616",
];

export class Mutator {
  #random: Random;
  #seeds: readonly string[];
  #lines: readonly string[];

  constructor(random: Random, kind: Kind, seeds: readonly string[]) {
    this.#random = random;
    this.#seeds = seeds;
    this.#lines = [...LINES[kind], ...SHARED_LINES];
  }

  next(): string {
    let message = this.#random.pick(this.#seeds);
    for (let steps = this.#random.below(5); steps > 0; steps--) message = this.#step(message);
    return message.slice(0, 4000);
  }

  #step(message: string): string {
    const random = this.#random;
    const at = random.below(message.length + 1);
    switch (random.below(10)) {
      case 0:
        return message.slice(0, at) + random.pick(TOKENS) + message.slice(at);
      case 1:
        return message.slice(0, at) + message.slice(at + 1 + random.below(4));
      case 2:
        return message.slice(0, at) + String.fromCharCode(random.below(256)) +
          message.slice(at + 1);
      case 3: {
        const char = message.charAt(at);
        const other = char === char.toUpperCase() ? char.toLowerCase() : char.toUpperCase();
        return message.slice(0, at) + other + message.slice(at + 1);
      }
      case 4:
        return message.slice(0, at) + random.pick(this.#seeds);
      default:
        return this.#mutateLines(message.split("\r\n")).join("\r\n");
    }
  }

  #mutateLines(lines: string[]): string[] {
    const random = this.#random;
    const at = random.below(lines.length);
    switch (random.below(5)) {
      case 0:
        return lines.toSpliced(at, 1);
      case 1:
        return lines.toSpliced(at, 0, lines[at]);
      case 2:
        return lines.toSpliced(at, 1, random.pick(this.#lines));
      case 3: {
        const other = random.below(lines.length);
        return lines.with(at, lines[other]).with(other, lines[at]);
      }
      default:
        return lines.toSpliced(at, 0, random.pick(this.#lines));
    }
  }
}
