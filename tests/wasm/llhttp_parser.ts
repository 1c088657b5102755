// llhttp as an independent parser: the WebAssembly build of it that undici ships, in its strict mode.
// Takes the bytes of one message, gives what llhttp understood, or its error. For tests alone.

import binary from "undici/lib/llhttp/llhttp-wasm.js";
import { type Field, type Kind, toBytes } from "./http1.ts";

export interface Parsed {
  readonly method: string;
  readonly target: string;
  readonly status: number;
  readonly fields: readonly Field[];
  readonly data: string;
  readonly trailers: readonly Field[];
  readonly complete: boolean;
  /** Bytes after the message. */
  readonly left: number;
}

const TYPE_REQUEST = 1;
const TYPE_RESPONSE = 2;
const OK = 0;
/** HPE_PAUSED: the message is complete and the parser was told to stop. */
const PAUSED = 21;
/** HPE_PAUSED_UPGRADE. */
const PAUSED_UPGRADE = 22;
/** From on_headers_complete: the message has no body. */
const SKIP_BODY = 1;

type Call = (...args: number[]) => number;

/** What the callbacks collect of the message being read. */
class Reading {
  target = "";
  name = "";
  value = "";
  data = "";
  status = 0;
  headDone = false;
  complete = false;
  noBody: boolean;
  readonly fields: Field[] = [];
  readonly trailers: Field[] = [];

  constructor(noBody: boolean) {
    this.noBody = noBody;
  }

  flush(): void {
    if (this.name === "") return;
    const list = this.headDone ? this.trailers : this.fields;
    list.push({ name: this.name, value: this.value });
    this.name = "";
    this.value = "";
  }
}

export class LlhttpParser {
  #call: Readonly<Record<string, Call>>;
  #memory: WebAssembly.Memory;
  #reading = new Reading(false);
  #inValue = false;

  constructor() {
    const module = new WebAssembly.Module(binary as Uint8Array<ArrayBuffer>);
    const { exports } = new WebAssembly.Instance(module, { env: this.#callbacks() });
    this.#call = exports as unknown as Record<string, Call>;
    this.#memory = exports.memory as WebAssembly.Memory;
    this.#call._initialize();
  }

  #text(at: number, len: number): string {
    return Array.from(
      new Uint8Array(this.#memory.buffer, at, len),
      (byte) => String.fromCharCode(byte),
    ).join("");
  }

  #callbacks(): Record<string, Call> {
    return {
      wasm_on_message_begin: () => 0,
      wasm_on_url: (_, at, len) => {
        this.#reading.target += this.#text(at, len);
        return 0;
      },
      wasm_on_status: () => 0,
      wasm_on_header_field: (_, at, len) => {
        if (this.#inValue) this.#reading.flush();
        this.#inValue = false;
        this.#reading.name += this.#text(at, len);
        return 0;
      },
      wasm_on_header_value: (_, at, len) => {
        this.#inValue = true;
        this.#reading.value += this.#text(at, len);
        return 0;
      },
      wasm_on_headers_complete: (_, status) => {
        this.#reading.flush();
        this.#inValue = false;
        this.#reading.status = status;
        this.#reading.headDone = true;
        return this.#reading.noBody ? SKIP_BODY : 0;
      },
      wasm_on_body: (_, at, len) => {
        this.#reading.data += this.#text(at, len);
        return 0;
      },
      wasm_on_message_complete: () => {
        this.#reading.flush();
        this.#reading.complete = true;
        return PAUSED;
      },
    };
  }

  /** Reads one message; `noBody` for an answer to HEAD. An error gives its reason as a string. */
  parse(kind: Kind, text: string, noBody: boolean): Parsed | string {
    const call = this.#call;
    const bytes = toBytes(text);
    const parser = call.llhttp_alloc(kind === "request" ? TYPE_REQUEST : TYPE_RESPONSE);
    const input = call.malloc(bytes.length + 1);
    try {
      this.#reading = new Reading(noBody);
      this.#inValue = false;
      new Uint8Array(this.#memory.buffer).set(bytes, input);
      const code = call.llhttp_execute(parser, input, bytes.length);
      const stopped = code === PAUSED || code === PAUSED_UPGRADE;
      if (code !== OK && !stopped) {
        const reason = call.llhttp_get_error_reason(parser);
        const all = this.#text(reason, 80);
        return `${code}: ${all.slice(0, all.indexOf("\0"))}`;
      }
      if (code === OK && call.llhttp_message_needs_eof(parser) === 1) {
        call.llhttp_finish(parser);
      }
      const { target, status, fields, trailers, data, complete } = this.#reading;
      const left = stopped ? bytes.length - (call.llhttp_get_error_pos(parser) - input) : 0;
      const method = kind === "request" ? text.slice(0, text.indexOf(" ")) : "";
      return { method, target, status, fields, data, trailers, complete, left };
    } finally {
      call.free(input);
      call.llhttp_free(parser);
    }
  }
}
