// Host side of core.as/exchange: bytes of one side in, bytes for the other side out, one call each way.
// Takes addresses in the core's memory; what a call has to say is read from the step block.
// Allocates nothing per call and never keeps a view across a growth of the memory.

/** The exports of core.wasm that exchanges use; see core.as/exchange. */
export interface ExchangeExports {
  memAlloc(size: number): number;
  memFree(address: number): void;
  stepBlock: { readonly value: number };
  openExchange(schemeId: number, trust: number): number;
  keepServerName(x: number, length: number): number;
  readonly helloBlock: { readonly value: number };
  readClientHello(buf: number, length: number): number;
  endExchange(x: number): void;
  closeExchange(x: number): void;
  exchangeLimits(): number;
  exchangeDate(): number;
  setUpExchanges(
    maxBody: number,
    s0: number,
    s1: number,
    s2: number,
    s3: number,
  ): number;
  requestStep(
    x: number,
    buf: number,
    len: number,
    room: number,
    out: number,
    capacity: number,
    keyLo: number,
    keyHi: number,
    rand32: number,
    portGroup: number,
  ): number;
  requestWrite(
    x: number,
    buf: number,
    len: number,
    room: number,
    out: number,
    capacity: number,
  ): number;
  requestPickAgain(x: number, keyLo: number, keyHi: number): number;
  isEjected(endpointId: number): number;
  responseStep(
    x: number,
    buf: number,
    len: number,
    room: number,
    out: number,
    capacity: number,
    close: number,
  ): number;
  respondStep(
    x: number,
    status: number,
    text: number,
    textLen: number,
    out: number,
    capacity: number,
    close: number,
  ): number;
  bodyStep(x: number, direction: number, buf: number, len: number): number;
  trailersStep(
    x: number,
    direction: number,
    buf: number,
    len: number,
    out: number,
    capacity: number,
  ): number;
  bodyEnded(x: number, direction: number, out: number, capacity: number): number;
  errorStatus(error: number): number;
  keepRequestTexts(wanted: number): void;
}

/** Limits of the readers, as core.as/http1/limits.ts lays them out; sizes in bytes. */
export interface ExchangeLimits {
  readonly headBytes: number;
  readonly fieldCount: number;
  readonly targetBytes: number;
  readonly chunkExtensionBytes: number;
  readonly trailerBytes: number;
  readonly trailerFields: number;
  /** 0: any. */
  readonly bodyBytes: number;
}

/** What holds where nothing else was configured. */
export const DEFAULT_EXCHANGE_LIMITS: ExchangeLimits = {
  targetBytes: 16_384,
  headBytes: 65_536,
  fieldCount: 100,
  bodyBytes: 0,
  chunkExtensionBytes: 16_384,
  trailerBytes: 8_192,
  trailerFields: 32,
};

export const REQUEST = 0;
export const RESPONSE = 1;

/** Of core.as/http1/errors.ts: the head is larger than is read. */
export const ERROR_HEAD_TOO_LARGE = -11;
/** A call answered this: the output needs `STEP_NEEDED` bytes. */
export const ERROR_NO_SPACE = -40;
/** requestStep: REQUEST_DECIDED + OUTCOME_*. */
export const REQUEST_DECIDED = 1;
export const RESPOND_CLOSE = 1;

/** OUTCOME_* of core.as/route/stations.ts. */
export const OUTCOME_FORWARD = 0;
export const OUTCOME_REDIRECT = 1;

export const FLAG_DONE = 1;
export const FLAG_TRAILERS = 2;
export const FLAG_IDEMPOTENT = 4;
export const FLAG_EXPECT = 8;
export const FLAG_PERSISTENT = 16;
export const FLAG_UPSTREAM_PERSISTENT = 32;
export const FLAG_TUNNEL = 64;
export const FLAG_INFORMATIONAL = 128;
export const FLAG_UPGRADE = 256;
export const FLAG_UNKNOWN_LENGTH = 512;

/** Words of the step block. */
export const STEP_TAKEN = 0;
export const STEP_OUT = 1;
export const STEP_OUT_LEN = 2;
export const STEP_FLAGS = 3;
export const STEP_ENDPOINT = 4;
export const STEP_ENDPOINT_NUMBER = 5;
export const STEP_SERVICE = 6;
export const STEP_LABEL = 7;
export const STEP_REQUEST_MS = 8;
export const STEP_BACKEND_MS = 9;
export const STEP_STATUS = 10;
export const STEP_METHOD = 11;
export const STEP_NEEDED = 12;
/** Address of the rule's retry record (core.as/route/layout.ts); 0: none. */
export const STEP_RETRY = 13;
const STEP_WORDS = 14;

/** Where the bytes of a request are that the access log tells; addresses in the core's memory. */
export interface RequestText {
  /** Method, host and target, one after the other from here on; a multiple of 4. */
  at: number;
  methodLength: number;
  hostLength: number;
  targetLength: number;
  /** X-Forwarded-For with the peer at its end; none where the peer is not trusted. */
  forwardedForAt: number;
  forwardedForLength: number;
  /** A multiple of 4. */
  idAt: number;
  idLength: number;
}

/** A u32 of the step block that says "none". */
export const NO_VALUE = 0xffffffff;

const LIMIT_WORDS = 6;
const DATE_BYTES = 29;
const EXCHANGE_PEER_LEN = 120;
const EXCHANGE_PEER = 124;
const EXCHANGE_ID_LEN = 171;
const EXCHANGE_ID = 172;
const EXCHANGE_TEXT = 300;
/** Of what is kept for the access log (core.as/exchange/request_text.ts). */
const TEXT_BYTES = 16;
const MAX_PEER_BYTES = 45;

export class ExchangeCore {
  readonly exports: ExchangeExports;
  readonly memory: WebAssembly.Memory;
  readonly #stepAt: number;
  readonly #dateAt: number;
  #bytes: Uint8Array;
  #words: Uint32Array;
  #step: Uint32Array;
  #dateSecond = -1;
  readonly #text: RequestText = {
    at: 0,
    methodLength: 0,
    hostLength: 0,
    targetLength: 0,
    forwardedForAt: 0,
    forwardedForLength: 0,
    idAt: 0,
    idLength: 0,
  };

  /** @throws {RangeError} where the memory has no room for the working heads. */
  constructor(
    exports: ExchangeExports,
    memory: WebAssembly.Memory,
    limits: ExchangeLimits,
  ) {
    this.exports = exports;
    this.memory = memory;
    this.#stepAt = exports.stepBlock.value;
    const limitsAt = exports.exchangeLimits();
    new Uint32Array(memory.buffer, limitsAt, LIMIT_WORDS).set([
      limits.headBytes,
      limits.fieldCount,
      limits.targetBytes,
      limits.chunkExtensionBytes,
      limits.trailerBytes,
      limits.trailerFields,
    ]);
    const [s0, s1, s2, s3] = crypto.getRandomValues(new Uint32Array(4));
    if (!exports.setUpExchanges(limits.bodyBytes, s0!, s1!, s2!, s3!)) {
      throw new RangeError("the core's memory has no room for its working heads");
    }
    this.#dateAt = exports.exchangeDate();
    this.#bytes = new Uint8Array(memory.buffer);
    this.#words = new Uint32Array(memory.buffer);
    this.#step = new Uint32Array(memory.buffer, this.#stepAt, STEP_WORDS);
  }

  /** The whole memory, as it is now. */
  get bytes(): Uint8Array {
    if (this.#bytes.length === 0) this.#bytes = new Uint8Array(this.memory.buffer);
    return this.#bytes;
  }

  /** The same as 32-bit words. */
  get words(): Uint32Array {
    if (this.#words.length === 0) this.#words = new Uint32Array(this.memory.buffer);
    return this.#words;
  }

  /** What the last call had to say; do not keep it across a call. */
  get step(): Uint32Array {
    if (this.#step.length === 0) {
      this.#step = new Uint32Array(this.memory.buffer, this.#stepAt, STEP_WORDS);
    }
    return this.#step;
  }

  /** A byte string (one character, one byte). */
  text(address: number, length: number): string {
    const bytes = this.bytes;
    let text = "";
    for (let at = address; at < address + length; at++) text += String.fromCharCode(bytes[at]!);
    return text;
  }

  /** Writes ASCII text; the caller knows that there is room. */
  writeText(address: number, text: string): void {
    const bytes = this.bytes;
    for (let index = 0; index < text.length; index++) {
      bytes[address + index] = text.charCodeAt(index);
    }
  }

  /** A block for a connection from `peer`; 0 where there is no memory left. */
  open(schemeId: number, peer: string, trusted: boolean): number {
    const x = this.exports.openExchange(schemeId, trusted ? 1 : 0);
    if (x === 0) return 0;
    const text = peer.slice(0, MAX_PEER_BYTES);
    this.bytes[x + EXCHANGE_PEER_LEN] = text.length;
    this.writeText(x + EXCHANGE_PEER, text);
    return x;
  }

  /**
   * Requests on this connection, which is under TLS, have to be for the listener that `name` chose:
   * lower case, empty where the client named none. False where there is no memory left.
   */
  setServerName(x: number, name: string): boolean {
    const address = this.exports.keepServerName(x, name.length);
    if (address === 0) return false;
    this.writeText(address, name);
    return true;
  }

  /** What is kept of the request under way, where that was asked for; valid until the next call. */
  requestText(x: number): RequestText {
    const { words } = this;
    const text = this.#text;
    const kept = words[(x + EXCHANGE_TEXT) >>> 2]!;
    const word = kept >>> 2;
    text.at = kept + TEXT_BYTES;
    text.methodLength = kept === 0 ? 0 : words[word]!;
    text.hostLength = kept === 0 ? 0 : words[word + 1]!;
    text.targetLength = kept === 0 ? 0 : words[word + 2]!;
    text.forwardedForAt = text.at + text.methodLength + text.hostLength + text.targetLength;
    text.forwardedForLength = kept === 0 ? 0 : words[word + 3]!;
    text.idAt = x + EXCHANGE_ID;
    text.idLength = this.bytes[x + EXCHANGE_ID_LEN]!;
    return text;
  }

  /** Sets the Date that answers carry, once a second. */
  setDate(epochMs: number): void {
    const second = Math.floor(epochMs / 1000);
    if (second === this.#dateSecond) return;
    this.#dateSecond = second;
    this.writeText(this.#dateAt, new Date(epochMs).toUTCString().slice(0, DATE_BYTES));
  }
}
