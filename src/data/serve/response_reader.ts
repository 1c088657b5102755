// Reads the responses that this process's own pipeline writes, as parts of a Response.
// Takes their bytes in order, gives the head once and the body as it comes. What the pipeline writes
// is well formed; anything else throws, so that nothing malformed is ever passed on as whole.

export interface ResponseHead {
  readonly status: number;
  readonly fields: readonly (readonly [name: string, value: string])[];
}

/** Who is told what was read, in order. */
export interface ResponseSink {
  /** The final response's head; 1xx are passed over, since the runtime sends none. */
  begun(head: ResponseHead, hasBody: boolean): void;
  /** Bytes of the content: a view of what was read. */
  content(bytes: Uint8Array): void;
}

/** What the next bytes are. */
type Part =
  | "head"
  | "length"
  | "chunk-line"
  | "chunk"
  | "chunk-end"
  | "trailers"
  | "close"
  | "done";

const decoder = new TextDecoder("latin1");
const CR = 0x0d;
const LF = 0x0a;
const BODILESS = new Set([204, 205, 304]);
/** Meant for the hop between the pipeline and the front. */
const HOP_FIELDS = new Set(["transfer-encoding", "keep-alive", "trailer"]);

export class ResponseReader {
  readonly #isHead: boolean;
  readonly #sink: ResponseSink;
  #part: Part = "head";
  /** Bytes of a head or line that is not whole yet. */
  #text = "";
  #left = 0;

  constructor(method: string, sink: ResponseSink) {
    this.#isHead = method === "HEAD";
    this.#sink = sink;
  }

  /** Nothing of the response is to come. */
  get isDone(): boolean {
    return this.#part === "done";
  }

  /** Reads on, and tells the sink. @throws {TypeError} for what the pipeline never writes. */
  read(bytes: Uint8Array): void {
    for (let at = 0; at < bytes.length && this.#part !== "done";) {
      at += this.#step(bytes.subarray(at));
    }
  }

  /** The pipeline writes no more: false where the response is cut short by that. */
  end(): boolean {
    if (this.#part === "close") this.#part = "done";
    return this.#part === "done";
  }

  #step(bytes: Uint8Array): number {
    switch (this.#part) {
      case "head":
        return this.#line(bytes, "\r\n\r\n", (text) => this.#headRead(text));
      case "chunk-line":
        return this.#line(bytes, "\r\n", (text) => this.#chunkLine(text));
      case "chunk-end":
        return this.#line(bytes, "\r\n", () => void (this.#part = "chunk-line"));
      case "trailers":
        return this.#line(
          bytes,
          "\r\n",
          (text) => void (this.#part = text === "" ? "done" : "trailers"),
        );
      case "close":
        this.#sink.content(bytes);
        return bytes.length;
      default:
        return this.#content(bytes);
    }
  }

  #content(bytes: Uint8Array): number {
    const count = Math.min(this.#left, bytes.length);
    this.#left -= count;
    this.#sink.content(bytes.subarray(0, count));
    if (this.#left === 0) this.#part = this.#part === "chunk" ? "chunk-end" : "done";
    return count;
  }

  /** Collects bytes up to and with `end`, which ends in CRLF; gives how many of them it took. */
  #line(bytes: Uint8Array, end: string, whole: (text: string) => void): number {
    for (let at = bytes.indexOf(LF); at >= 0; at = bytes.indexOf(LF, at + 1)) {
      const isCrlf = at > 0 ? bytes[at - 1] === CR : this.#text.endsWith("\r");
      if (!isCrlf) throw new TypeError("the pipeline wrote a line without its CR");
      const text = this.#text + decoder.decode(bytes.subarray(0, at + 1));
      if (!text.endsWith(end)) continue;
      this.#text = "";
      whole(text.slice(0, -end.length));
      return at + 1;
    }
    this.#text += decoder.decode(bytes);
    return bytes.length;
  }

  #headRead(text: string): void {
    const [statusLine, ...lines] = text.split("\r\n");
    const status = Number(/^HTTP\/1\.1 (\d{3}) /.exec(statusLine!)?.[1]);
    if (Number.isNaN(status)) {
      throw new TypeError(`the pipeline wrote the status line ${statusLine}`);
    }
    if (status < 200) return;
    const fields: [string, string][] = lines.map((line) => {
      const colon = line.indexOf(":");
      return [line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim()];
    });
    const value = (wanted: string) => fields.find(([name]) => name === wanted)?.[1];
    const hasBody = !this.#isHead && !BODILESS.has(status);
    const length = value("content-length");
    if (!hasBody) this.#part = "done";
    else if (value("transfer-encoding") !== undefined) this.#part = "chunk-line";
    else if (length === undefined) this.#part = "close";
    else {
      this.#left = Number(length);
      this.#part = this.#left === 0 ? "done" : "length";
    }
    const kept = fields.filter(([name]) => !HOP_FIELDS.has(name));
    this.#sink.begun({ status, fields: kept }, hasBody);
  }

  #chunkLine(text: string): void {
    this.#left = parseInt(text, 16);
    if (Number.isNaN(this.#left)) throw new TypeError("the pipeline wrote a chunk without a size");
    this.#part = this.#left === 0 ? "trailers" : "chunk";
  }
}
