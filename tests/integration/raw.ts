// Bytes by hand, for tests: a client that sends what it is told and an endpoint that answers so.
// Everything on 127.0.0.1 at ports of tests/ports.ts, so that one that is closed stays closed.

import { freePort } from "../ports.ts";

const encoder = new TextEncoder();
const decoder = new TextDecoder("latin1");

/** A side of a connection, read through a buffer of text (one character, one byte). */
export class RawConnection {
  #text = "";
  #ended = false;

  constructor(readonly conn: Deno.TcpConn) {}

  async send(text: string): Promise<void> {
    await this.sendBytes(encoder.encode(text));
  }

  async sendBytes(bytes: Uint8Array): Promise<void> {
    for (let at = 0; at < bytes.length;) at += await this.conn.write(bytes.subarray(at));
  }

  /** One byte a segment, as far as the kernel lets it be told. */
  async sendSlowly(text: string): Promise<void> {
    for (const byte of encoder.encode(text)) {
      await this.conn.write(new Uint8Array([byte]));
      await new Promise((wake) => setTimeout(wake, 0));
    }
  }

  /** Reads once; false at the end. */
  async more(): Promise<boolean> {
    if (this.#ended) return false;
    const buffer = new Uint8Array(65_536);
    let count: number | null;
    try {
      count = await this.conn.read(buffer);
    } catch {
      count = null;
    }
    if (count === null) {
      this.#ended = true;
      return false;
    }
    this.#text += decoder.decode(buffer.subarray(0, count));
    return true;
  }

  /** Everything up to and with `mark`; fails where the connection ends before. */
  async until(mark: string): Promise<string> {
    for (;;) {
      const at = this.#text.indexOf(mark);
      if (at >= 0) return this.take(at + mark.length);
      if (!await this.more()) {
        throw new Error(`the connection ended before ${JSON.stringify(mark)}: ${this.#text}`);
      }
    }
  }

  async exactly(count: number): Promise<string> {
    while (this.#text.length < count) {
      if (!await this.more()) throw new Error(`ended after ${this.#text.length} of ${count} bytes`);
    }
    return this.take(count);
  }

  /** Everything until the other side sends no more. */
  async rest(): Promise<string> {
    while (await this.more());
    return this.take(this.#text.length);
  }

  /** A head and, by its Content-Length or chunks, its body (framing and all). */
  async message(): Promise<Message> {
    const head = await this.until("\r\n\r\n");
    const length = /^content-length: *(\d+)/im.exec(head)?.[1];
    if (length !== undefined) return { head, body: await this.exactly(Number(length)) };
    if (/^transfer-encoding: *chunked/im.test(head)) return { head, body: await this.#chunks() };
    return { head, body: "" };
  }

  close(): void {
    try {
      this.conn.close();
    } catch {
      // It is closed already.
    }
  }

  take(count: number): string {
    const text = this.#text.slice(0, count);
    this.#text = this.#text.slice(count);
    return text;
  }

  async #chunks(): Promise<string> {
    let all = "";
    for (;;) {
      const line = await this.until("\r\n");
      all += line;
      const size = parseInt(line, 16);
      if (size === 0) break;
      all += await this.exactly(size + 2);
    }
    for (;;) {
      const line = await this.until("\r\n");
      all += line;
      if (line === "\r\n") return all;
    }
  }
}

export interface Message {
  readonly head: string;
  readonly body: string;
}

/** The status of a response's head. */
export function statusOf(head: string): number {
  return Number(head.slice(9, 12));
}

/** A field's value, or undefined; names in any case. */
export function fieldOf(head: string, name: string): string | undefined {
  return new RegExp(`^${name}: *(.*)\r$`, "im").exec(head)?.[1];
}

/** The data of a chunked body, without framing and trailers. */
export function dechunk(body: string): string {
  let data = "";
  for (let at = 0;;) {
    const end = body.indexOf("\r\n", at);
    const size = parseInt(body.slice(at, end), 16);
    if (size === 0) return data;
    data += body.slice(end + 2, end + 2 + size);
    at = end + 4 + size;
  }
}

export async function connect(port: number): Promise<RawConnection> {
  const conn = await Deno.connect({ hostname: "127.0.0.1", port });
  conn.setNoDelay(true);
  return new RawConnection(conn);
}

/** An endpoint whose every connection is given to `serve`; counts connections and bytes. */
export class RawEndpoint {
  readonly #listener = Deno.listen({ hostname: "127.0.0.1", port: freePort() });
  readonly #open = new Set<RawConnection>();
  connections = 0;
  #isListening = true;
  readonly #port = this.#listener.addr.port;
  readonly done: Promise<void>;

  constructor(serve: (connection: RawConnection, ordinal: number) => Promise<void>) {
    this.done = this.#accept(serve);
  }

  get port(): number {
    return this.#port;
  }

  async #accept(
    serve: (connection: RawConnection, ordinal: number) => Promise<void>,
  ): Promise<void> {
    for (;;) {
      let conn: Deno.TcpConn;
      try {
        conn = await this.#listener.accept();
      } catch {
        return;
      }
      conn.setNoDelay(true);
      const connection = new RawConnection(conn);
      this.#open.add(connection);
      serve(connection, this.connections++).catch(() => {}).finally(() => {
        connection.close();
        this.#open.delete(connection);
      });
    }
  }

  /** From now on connections are refused. */
  stopListening(): void {
    if (this.#isListening) this.#listener.close();
    this.#isListening = false;
  }

  async close(): Promise<void> {
    this.stopListening();
    for (const connection of this.#open) connection.close();
    await this.done;
  }
}

/** Answers every request on a connection with what `answer` makes of it, until it is closed. */
export function answering(
  answer: (request: Message, ordinal: number) => string,
): (connection: RawConnection, ordinal: number) => Promise<void> {
  return async (connection, ordinal) => {
    for (;;) {
      const request = await connection.message();
      await connection.send(answer(request, ordinal));
    }
  };
}

/** A 200 with a body. */
export function ok(body: string, fields = ""): string {
  return `HTTP/1.1 200 OK\r\nContent-Length: ${
    encoder.encode(body).length
  }\r\n${fields}\r\n${body}`;
}
