// HTTP/1 as the two ends of the traffic need it: heads, and bodies to be skipped.
// No parser of the product is used: what it would get wrong, both sides would get wrong.

export interface Head {
  readonly startLine: string;
  readonly fields: ReadonlyMap<string, string>; // names in lower case
  readonly start: Uint8Array; // the first bytes as they came, at most 256
}

const DECODER = new TextDecoder("latin1");

export class Stream {
  #buffer = new Uint8Array(65536);
  #start = 0;
  #end = 0;

  constructor(private readonly conn: Deno.Conn) {}

  /** Reads more; false at the end. */
  async #fill(): Promise<boolean> {
    if (this.#start > 0) {
      this.#buffer.copyWithin(0, this.#start, this.#end);
      this.#end -= this.#start;
      this.#start = 0;
    }
    if (this.#end === this.#buffer.length) throw new Error("a line or head of 64 KiB");
    const count = await this.conn.read(this.#buffer.subarray(this.#end));
    if (count === null) return false;
    this.#end += count;
    return true;
  }

  /** The next head; null where the peer has closed before it. */
  async head(): Promise<Head | null> {
    for (;;) {
      const text = DECODER.decode(this.#buffer.subarray(this.#start, this.#end));
      const end = text.indexOf("\r\n\r\n");
      if (end >= 0) {
        const [startLine, ...lines] = text.slice(0, end).split("\r\n");
        const start = this.#buffer.slice(this.#start, Math.min(this.#start + 256, this.#end));
        this.#start += end + 4;
        const fields = lines.map((line) => {
          const colon = line.indexOf(":");
          return [line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim()] as const;
        });
        return { startLine, fields: new Map(fields), start };
      }
      if (!await this.#fill()) return null;
    }
  }

  /** Passes over the body that the head announces, or throws where it is cut off. */
  async skipBody(head: Head): Promise<void> {
    if (head.fields.get("transfer-encoding") === "chunked") {
      for (;;) {
        const size = Number.parseInt(await this.#line(), 16);
        await this.#skip(size + 2);
        if (size === 0) return;
      }
    }
    await this.#skip(Number(head.fields.get("content-length") ?? 0));
  }

  async #skip(bytes: number): Promise<void> {
    for (;;) {
      const here = Math.min(bytes, this.#end - this.#start);
      this.#start += here;
      bytes -= here;
      if (bytes === 0) return;
      if (!await this.#fill()) throw new Error("the body is cut off");
    }
  }

  async #line(): Promise<string> {
    for (;;) {
      const text = DECODER.decode(this.#buffer.subarray(this.#start, this.#end));
      const end = text.indexOf("\r\n");
      if (end >= 0) {
        this.#start += end + 2;
        return text.slice(0, end);
      }
      if (!await this.#fill()) throw new Error("the body is cut off");
    }
  }
}
