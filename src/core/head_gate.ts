// Whether HTTP/1 lets a request's head through to the rules: the very reader of connections, asked
// about one head. Takes what a client would send, gives how far it comes. Keeps no plan, no exchange
// and no bytes afterwards.

import type { FieldList } from "./decision.ts";
import {
  ERROR_NO_SPACE,
  ExchangeCore,
  type ExchangeExports,
  type ExchangeLimits,
  OUTCOME_FORWARD,
  REQUEST_DECIDED,
} from "./exchange_core.ts";
import type { GatewayCore } from "./gateway_core.ts";

/** A head as it stands on the wire: one character, one byte. */
export interface WireHead {
  readonly method: string;
  readonly scheme: "http" | "https";
  readonly target: string;
  /** Host fields included. */
  readonly fields: FieldList;
  readonly portGroup: number;
}

/** What draws and picks: as in RequestInput. */
export interface Draws {
  readonly keyLo: number;
  readonly keyHi: number;
  readonly rand32: number;
}

export type Passage =
  | { readonly kind: "refused"; readonly status: number; readonly why: string }
  | { readonly kind: "decided"; readonly isForwarded: boolean };

/** By ERROR_* of core.as/http1/errors.ts. */
const WORDS: Readonly<Record<number, string>> = {
  [-1]: "the method is no token",
  [-2]: "the method is longer than 32 bytes",
  [-3]: "the target is malformed",
  [-4]: "the target is too long",
  [-8]: "a field's name is malformed",
  [-9]: "a field's value is malformed",
  [-11]: "the head is too large",
  [-12]: "the head has too many fields",
  [-13]: "the host is malformed",
  [-14]: "Host is missing",
  [-15]: "Host stands twice",
  [-16]: "CONNECT is not offered",
  [-18]: "methods are in capitals",
  [-19]: "only 100-continue can be expected",
  [-20]: "Content-Length is malformed",
  [-21]: "Content-Length stands twice",
  [-22]: "Content-Length and Transfer-Encoding exclude each other",
  [-23]: "Transfer-Encoding is malformed or does not end in chunked",
  [-24]: "Transfer-Encoding names codings that are not offered",
  [-26]: "the method has no content",
};

const SCHEMES = { http: 1, https: 2 } as const;
/** As much as the largest head that is written for an endpoint. */
const OUTPUT_BYTES = 128 * 1024;

export class HeadGate {
  readonly #core: GatewayCore;
  readonly #exchanges: ExchangeCore;

  /** `core` has its tables; @throws {RangeError} where its memory has no room. */
  constructor(core: GatewayCore, limits: ExchangeLimits) {
    this.#core = core;
    const { exports, memory } = core.instance;
    this.#exchanges = new ExchangeCore(exports as unknown as ExchangeExports, memory, limits);
  }

  /** How far the head comes on a connection. */
  pass(head: WireHead, draws: Draws): Passage {
    const lines = head.fields.map(([name, value]) => `${name}: ${value}\r\n`).join("");
    const text = `${head.method} ${head.target} HTTP/1.1\r\n${lines}\r\n`;
    const result = this.#core.instance.guard(() => this.#step(text, head, draws));
    if (result >= 0 || result === ERROR_NO_SPACE) {
      return { kind: "decided", isForwarded: result <= REQUEST_DECIDED + OUTCOME_FORWARD };
    }
    const why = WORDS[result] ?? "a field that frames the message or its connection is malformed";
    return { kind: "refused", status: this.#exchanges.exports.errorStatus(result), why };
  }

  #step(text: string, head: WireHead, { keyLo, keyHi, rand32 }: Draws): number {
    const { exports } = this.#exchanges;
    const input = exports.memAlloc(text.length);
    const output = exports.memAlloc(OUTPUT_BYTES);
    const x = this.#exchanges.open(SCHEMES[head.scheme], "127.0.0.1", false);
    try {
      if (input === 0 || output === 0 || x === 0) {
        throw new RangeError("the core has no memory left");
      }
      this.#exchanges.writeText(input, text);
      return exports.requestStep(
        x,
        input,
        text.length,
        0,
        output,
        OUTPUT_BYTES,
        keyLo,
        keyHi,
        rand32,
        head.portGroup,
      );
    } finally {
      if (x !== 0) exports.closeExchange(x);
      if (input !== 0) exports.memFree(input);
      if (output !== 0) exports.memFree(output);
    }
  }
}
