// Reads ClientHellos with the built core as a connection does: copied between poisoned bytes, each call
// on a fresh copy of all that has arrived.

import { readClientHello } from "../../../src/core/client_hello.ts";
import type { HelloResult } from "../../../src/core/client_hello.ts";
import { ExchangeCore, type ExchangeExports } from "../../../src/core/exchange_core.ts";
import { newCore } from "./fixtures.ts";

const ROOM = 40_000;
const MARGIN = 64;

export class HelloReader {
  readonly #core: ExchangeCore;
  readonly #address: number;

  private constructor(core: ExchangeCore) {
    this.#core = core;
    this.#address = core.exports.memAlloc(ROOM + 2 * MARGIN) + MARGIN;
  }

  static async create(): Promise<HelloReader> {
    const { instance } = await newCore();
    const limits = {
      headBytes: 65_536,
      fieldCount: 100,
      targetBytes: 16_384,
      chunkExtensionBytes: 16_384,
      trailerBytes: 8_192,
      trailerFields: 32,
      bodyBytes: 0,
    };
    const exports = instance.exports as unknown as ExchangeExports;
    return new HelloReader(new ExchangeCore(exports, instance.memory, limits));
  }

  /** `poison`: what lies before and behind the bytes. Throws where any of it was written to. */
  read(bytes: Uint8Array, poison = 0xff): HelloResult {
    const memory = this.#core.bytes;
    const [at, end] = [this.#address, this.#address + bytes.length];
    memory.fill(poison, at - MARGIN, end + MARGIN);
    memory.set(bytes, at);
    const result = readClientHello(this.#core, at, bytes.length);
    for (let i = 0; i < MARGIN; i++) {
      if (memory[at - MARGIN + i] !== poison || memory[end + i] !== poison) {
        throw new Error("bytes outside the input were written to");
      }
    }
    return result;
  }
}

/** A result in one line. */
export function show(result: HelloResult): string {
  switch (result.kind) {
    case "hello":
      return `${result.name || "-"} ${result.takesHttp1 ? "http1" : "no-http1"} ` +
        ([...result.keys].join("+") || "no-keys");
    case "more":
      return `more ${result.neededBytes}`;
    case "fault":
      return result.fault;
  }
}
