// One exchange of the serve front as a connection of the wire pipeline: the request's bytes are read
// from it, the response's written to it. Takes a Request and its bytes, gives a Response.
// Holds one chunk of each body at most: a body is read when the pipeline reads, and a write ends when
// the runtime has taken what was written before.

import type { StreamConn } from "../wire/stream.ts";
import { latin1, type RequestBytes } from "./request_bytes.ts";
import { type ResponseHead, ResponseReader, type ResponseSink } from "./response_reader.ts";

interface PendingRead {
  readonly address: number;
  readonly size: number;
  resolve(count: number | null): void;
  reject(error: unknown): void;
}

/** The pipeline ended the exchange without a whole head: nothing of its response can be sent. */
export class NoResponse extends Error {
  override readonly name = "NoResponse";
}

const CRLF = latin1("\r\n");
const LAST_CHUNK = latin1("0\r\n\r\n");

export class ExchangeStream implements StreamConn, ResponseSink {
  /** Resolves with the response, or rejects with NoResponse. */
  readonly response: Promise<Response>;
  readonly #settled = Promise.withResolvers<Response>();
  readonly #memory: WebAssembly.Memory;
  readonly #framing: RequestBytes["framing"];
  readonly #source: ReadableStreamDefaultReader<Uint8Array> | undefined;
  readonly #reader: ResponseReader;

  /** Bytes of the request that wait to be read. */
  readonly #toRead: Uint8Array[];
  #sourceDone: boolean;
  #isPulling = false;
  #pending: PendingRead | undefined;
  #ended = false;
  #error: unknown;

  #body: ReadableStreamDefaultController<Uint8Array> | undefined;
  /**
   * The runtime was given content since it asked last. Framing alone is none: it would not ask again for
   * that, so nobody may wait for it.
   */
  #isOffered = false;
  /** What goes on once the runtime asks for more of the body. */
  #taken: PromiseWithResolvers<void> | undefined;

  /**
   * `memory`: of the core that reads and writes here; `sourceFailed`: the request's body broke off,
   * and the exchange has to be ended.
   */
  constructor(
    memory: WebAssembly.Memory,
    method: string,
    request: RequestBytes,
    body: ReadableStream<Uint8Array> | null,
    readonly sourceFailed: () => void,
  ) {
    this.#memory = memory;
    this.#framing = request.framing;
    this.#toRead = [request.head];
    this.#source = request.framing === "none" ? undefined : body?.getReader();
    this.#sourceDone = this.#source === undefined;
    this.#reader = new ResponseReader(method, this);
    this.response = this.#settled.promise;
    this.response.catch(() => {});
  }

  read(into: Uint8Array): Promise<number | null> {
    const { promise, resolve, reject } = Promise.withResolvers<number | null>();
    this.#pending = { address: into.byteOffset, size: into.byteLength, resolve, reject };
    this.#answer();
    return promise;
  }

  async write(from: Uint8Array): Promise<number> {
    if (this.#ended) throw this.#error ?? new Deno.errors.BrokenPipe("the exchange is over");
    const { length } = from;
    this.#reader.read(from);
    if (this.#reader.isDone) {
      this.#body?.close();
      this.#body = undefined;
      this.#end(undefined);
    } else if (this.#isOffered) {
      this.#taken ??= Promise.withResolvers<void>();
      await this.#taken.promise;
    }
    return length;
  }

  /** The pipeline writes no more: what it wrote is the whole response. */
  closeWrite(): Promise<void> {
    if (this.#reader.end()) {
      this.#body?.close();
      this.#body = undefined;
    }
    this.close();
    return Promise.resolve();
  }

  /** Ends what is not whole as what it is: without a response, or as a body that breaks off. */
  close(): void {
    const cut = new NoResponse("the exchange was cut off");
    this.#settled.reject(cut);
    this.#body?.error(cut);
    this.#body = undefined;
    this.#end(undefined);
  }

  setNoDelay(): void {}

  begun({ status, fields }: ResponseHead, hasBody: boolean): void {
    const headers = fields.map(([name, value]): [string, string] => [name, value]);
    this.#settled.resolve(new Response(hasBody ? this.#stream() : null, { status, headers }));
  }

  /** Copies: the pipeline uses its block again. */
  content(bytes: Uint8Array): void {
    if (bytes.length === 0 || this.#body === undefined) return;
    this.#isOffered = true;
    this.#body.enqueue(bytes.slice());
  }

  #stream(): ReadableStream<Uint8Array<ArrayBuffer>> {
    return new ReadableStream({
      start: (controller) => void (this.#body = controller),
      pull: () => this.#goOn(),
      cancel: (reason) => {
        this.#body = undefined;
        this.#end(reason ?? new Deno.errors.BrokenPipe("nobody reads the response"));
      },
    }, { highWaterMark: 0 });
  }

  #goOn(): void {
    this.#isOffered = false;
    this.#taken?.resolve();
    this.#taken = undefined;
  }

  #end(error: unknown): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#error = error;
    this.#toRead.length = 0;
    this.#source?.releaseLock();
    this.#goOn();
    this.#answer();
  }

  /** Gives the read that waits what there is, or fetches more of the body. */
  #answer(): void {
    const pending = this.#pending;
    if (pending === undefined) return;
    if (this.#ended) {
      this.#pending = undefined;
      if (this.#error === undefined) pending.resolve(null);
      else pending.reject(this.#error);
    } else if (this.#toRead.length > 0) {
      this.#pending = undefined;
      pending.resolve(this.#copy(pending));
    } else if (!this.#sourceDone && !this.#isPulling) {
      this.#isPulling = true;
      void this.#pull();
    }
  }

  /** The view that was given is not used: the memory may have grown since. */
  #copy({ address, size }: PendingRead): number {
    const into = new Uint8Array(this.#memory.buffer, address, size);
    let count = 0;
    while (this.#toRead.length > 0 && count < size) {
      const part = this.#toRead[0]!;
      const fits = part.subarray(0, size - count);
      into.set(fits, count);
      count += fits.length;
      if (fits.length === part.length) this.#toRead.shift();
      else this.#toRead[0] = part.subarray(fits.length);
    }
    return count;
  }

  async #pull(): Promise<void> {
    try {
      const { done, value } = await this.#source!.read();
      if (this.#ended) return;
      if (done) this.#bodyEnded();
      else if (value.length > 0) this.#bodyPart(value);
    } catch {
      // Where the exchange is over, the reader was let go of, and that is all that failed.
      if (this.#ended) return;
      this.#sourceDone = true;
      this.sourceFailed();
    }
    this.#isPulling = false;
    this.#answer();
  }

  #bodyPart(bytes: Uint8Array): void {
    if (this.#framing === "length") this.#toRead.push(bytes);
    else this.#toRead.push(latin1(`${bytes.length.toString(16)}\r\n`), bytes, CRLF);
  }

  #bodyEnded(): void {
    this.#sourceDone = true;
    if (this.#framing === "chunked") this.#toRead.push(LAST_CHUNK);
  }
}
