// Host side of core.as/tls: a client's first bytes in, what its ClientHello asks for out.
// Takes bytes that lie in the core's memory and may be moved there; gives plain data.

import type { ExchangeCore } from "./exchange_core.ts";

export interface ClientHello {
  readonly kind: "hello";
  /** Lower case, without a trailing dot; empty where the client named no host. */
  readonly name: string;
  /** It can speak HTTP/1.1, or has no wish as to the protocol. */
  readonly takesHttp1: boolean;
  /** The keys whose signatures it takes. */
  readonly keys: ReadonlySet<"ecdsa" | "rsa" | "ed25519">;
}

/** `not-tls`: the first byte begins no handshake; `old-version`: neither TLS 1.2 nor 1.3. */
export type HelloFault = "not-tls" | "malformed" | "old-version";

export type HelloResult =
  | ClientHello
  /** To be asked again once so many bytes are there. */
  | { readonly kind: "more"; readonly neededBytes: number }
  | { readonly kind: "fault"; readonly fault: HelloFault };

/** The most that is ever asked for: a message of 16 KiB in 32 records. */
export const MAX_HELLO_BYTES = 16_384 + 4 + 32 * 5;

const HELLO_MORE = 0;
const HELLO_NOT_TLS = -1;
const HELLO_OLD_VERSION = -3;

/** Words of the block, and bits of its flags (core.as/tls/client_hello.ts). */
const NAME = 0;
const NAME_LEN = 1;
const FLAGS = 2;
const NEEDED = 3;
const ALPN = 1;
const HTTP1 = 2;
const KEYS = [[4, "ecdsa"], [8, "rsa"], [16, "ed25519"]] as const;

function faultOf(code: number): HelloFault {
  if (code === HELLO_NOT_TLS) return "not-tls";
  return code === HELLO_OLD_VERSION ? "old-version" : "malformed";
}

/** Reads the `length` bytes at `address`, all that the client has sent; they are moved about. */
export function readClientHello(core: ExchangeCore, address: number, length: number): HelloResult {
  const { exports, memory } = core;
  const code = exports.readClientHello(address, length);
  if (code < HELLO_MORE) return { kind: "fault", fault: faultOf(code) };
  const block = new Uint32Array(memory.buffer, exports.helloBlock.value, 4);
  if (code === HELLO_MORE) return { kind: "more", neededBytes: block[NEEDED] };
  const flags = block[FLAGS];
  return {
    kind: "hello",
    name: core.text(block[NAME], block[NAME_LEN]),
    takesHttp1: (flags & ALPN) === 0 || (flags & HTTP1) !== 0,
    keys: new Set(KEYS.filter(([bit]) => (flags & bit) !== 0).map(([, key]) => key)),
  };
}
