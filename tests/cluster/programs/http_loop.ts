// A plain HTTP/1.1 client over one kept-alive connection, for loops that ask as fast as they are
// answered. Takes an address, gives each answer's status, body and time. It never retries, follows
// nothing, and reads bodies by Content-Length or chunks only: all that the tests' backends send.

const encoder = new TextEncoder();
const decoder = new TextDecoder();

export interface Answer {
  readonly status: number;
  readonly body: string;
  /** When its last byte had been read, in milliseconds since the epoch. */
  readonly atMs: number;
}

/** Milliseconds since the epoch, finer than Date.now(), and the same in all threads of a process. */
export function wallMs(): number {
  return performance.timeOrigin + performance.now();
}

function endOfBody(text: string, bodyStart: number): number | null {
  const head = text.slice(0, bodyStart);
  const length = /\r\ncontent-length: *(\d+)/i.exec(head);
  if (length) {
    const end = bodyStart + Number(length[1]);
    return text.length >= end ? end : null;
  }
  if (/\r\ntransfer-encoding: *chunked/i.test(head)) {
    const end = text.indexOf("0\r\n\r\n", bodyStart);
    return end < 0 ? null : end + 5;
  }
  return bodyStart;
}

export class HttpLoop {
  readonly #address: string;
  readonly #port: number;
  readonly #buffer = new Uint8Array(64 * 1024);
  #connection: Deno.TcpConn | undefined;

  constructor(address: string, port: number) {
    this.#address = address;
    this.#port = port;
  }

  /** Throws where the connection fails or ends before the answer is whole. */
  async ask(path: string, host: string): Promise<Answer> {
    try {
      this.#connection ??= await Deno.connect({ hostname: this.#address, port: this.#port });
      this.#connection.setNoDelay(true);
      return await this.#exchange(this.#connection, path, host);
    } catch (error) {
      this.close();
      throw error;
    }
  }

  async #exchange(connection: Deno.TcpConn, path: string, host: string): Promise<Answer> {
    await connection.write(encoder.encode(`GET ${path} HTTP/1.1\r\nhost: ${host}\r\n\r\n`));
    let text = "";
    for (;;) {
      const count = await connection.read(this.#buffer);
      if (count === null) throw new Error(text === "" ? "closed" : "closed within an answer");
      text += decoder.decode(this.#buffer.subarray(0, count));
      const headEnd = text.indexOf("\r\n\r\n");
      if (headEnd < 0) continue;
      const end = endOfBody(text, headEnd + 4);
      if (end === null) continue;
      const atMs = wallMs();
      if (/\r\nconnection: *close/i.test(text.slice(0, headEnd))) this.close();
      return { status: Number(text.slice(9, 12)), body: text.slice(headEnd + 4, end), atMs };
    }
  }

  close(): void {
    try {
      this.#connection?.close();
    } catch {
      // Closed already.
    }
    this.#connection = undefined;
  }
}
