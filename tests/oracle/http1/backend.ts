// The recording backend: plays an endpoint by a script and keeps what it received, byte for byte.
// Takes a script before each row, gives the requests that became whole; one for each proxy, on
// 127.0.0.1 at a port that the kernel gave. Requests for /probe are answered and not kept.

/** What the endpoint does with the next requests. */
export interface Script {
  /** Sent for each request; default: 200 with the body `ok`. Text of one character, one byte. */
  readonly answer?: string;
  /** Sent once a head is there, before the body is read. */
  readonly interim?: string;
  /** The answer is sent before the body is read. */
  readonly early?: boolean;
  /** The connection is closed after the answer; `aborted` with RST where the kernel allows. */
  readonly close?: boolean;
  /** After the answer every line comes back in upper case. */
  readonly tunnel?: boolean;
}

export interface Received {
  readonly method: string;
  readonly target: string;
  /** Names as they were sent. */
  readonly fields: readonly (readonly [name: string, value: string])[];
  readonly body: string;
  readonly trailers: readonly (readonly [name: string, value: string])[];
}

export const PROBE_PATH = "/probe";
const PROBE_ANSWER = "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nprobe";
const DEFAULT_ANSWER = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";

const decoder = new TextDecoder("latin1");

/** One character, one byte. */
export function toBytes(text: string): Uint8Array {
  return Uint8Array.from(text, (character) => character.charCodeAt(0));
}

/** Writes all of it; false where the other side is gone. */
export async function sendAll(conn: Deno.TcpConn, text: string): Promise<boolean> {
  const bytes = toBytes(text);
  try {
    for (let at = 0; at < bytes.length;) at += await conn.write(bytes.subarray(at));
    return true;
  } catch {
    return false;
  }
}

/** The other side sends no more, or something that ends the conversation. */
class Ended extends Error {}

class Reader {
  #text = "";
  constructor(readonly conn: Deno.TcpConn) {}

  async until(mark: string): Promise<string> {
    for (;;) {
      const at = this.#text.indexOf(mark);
      if (at >= 0) return this.#take(at + mark.length);
      await this.#more();
    }
  }

  async exactly(count: number): Promise<string> {
    while (this.#text.length < count) await this.#more();
    return this.#take(count);
  }

  #take(count: number): string {
    const text = this.#text.slice(0, count);
    this.#text = this.#text.slice(count);
    return text;
  }

  async #more(): Promise<void> {
    const buffer = new Uint8Array(65_536);
    const count = await this.conn.read(buffer).catch(() => null);
    if (count === null) throw new Ended();
    this.#text += decoder.decode(buffer.subarray(0, count));
  }
}

type Fields = [name: string, value: string][];

function fieldsOf(lines: readonly string[]): Fields {
  return lines.map((line) => {
    const colon = line.indexOf(":");
    return [line.slice(0, colon), line.slice(colon + 1).trim()];
  });
}

function valueOf(fields: Fields, wanted: string): string | undefined {
  return fields.find(([name]) => name.toLowerCase() === wanted)?.[1];
}

async function readBody(
  reader: Reader,
  fields: Fields,
): Promise<Pick<Received, "body" | "trailers">> {
  if (valueOf(fields, "transfer-encoding") === undefined) {
    const length = Number(valueOf(fields, "content-length") ?? "0");
    return { body: await reader.exactly(length), trailers: [] };
  }
  let body = "";
  for (;;) {
    const size = parseInt(await reader.until("\r\n"), 16);
    if (Number.isNaN(size)) throw new Ended();
    if (size === 0) break;
    body += (await reader.exactly(size + 2)).slice(0, size);
  }
  const lines: string[] = [];
  for (;;) {
    const line = await reader.until("\r\n");
    if (line === "\r\n") return { body, trailers: fieldsOf(lines) };
    lines.push(line.slice(0, -2));
  }
}

export class Backend {
  script: Script = {};
  readonly #received: Received[] = [];
  readonly #listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  readonly #open = new Set<Deno.TcpConn>();
  readonly #done = this.#accept();

  get port(): number {
    return this.#listener.addr.port;
  }

  /** What has come since the last call. */
  take(): Received[] {
    return this.#received.splice(0);
  }

  async close(): Promise<void> {
    this.#listener.close();
    for (const conn of this.#open) conn.close();
    await this.#done;
  }

  async #accept(): Promise<void> {
    for (;;) {
      let conn: Deno.TcpConn;
      try {
        conn = await this.#listener.accept();
      } catch {
        return;
      }
      conn.setNoDelay();
      this.#open.add(conn);
      this.#serve(conn).catch((error) => {
        if (!(error instanceof Ended)) throw error;
      }).finally(() => {
        if (this.#open.delete(conn)) conn.close();
      });
    }
  }

  async #serve(conn: Deno.TcpConn): Promise<void> {
    const reader = new Reader(conn);
    for (;;) {
      const head = await reader.until("\r\n\r\n");
      const [line, ...lines] = head.slice(0, -4).split("\r\n");
      const [method = "", target = ""] = line!.split(" ");
      const fields = fieldsOf(lines);
      if (target === PROBE_PATH) {
        await sendAll(conn, PROBE_ANSWER);
        continue;
      }
      const script = this.script;
      if (script.interim !== undefined) await sendAll(conn, script.interim);
      if (script.early) await sendAll(conn, script.answer ?? DEFAULT_ANSWER);
      const body = await readBody(reader, fields);
      this.#received.push({ method, target, fields, ...body });
      if (!script.early) await sendAll(conn, script.answer ?? DEFAULT_ANSWER);
      if (script.tunnel) return await this.#tunnel(conn, reader);
      if (script.close) return;
    }
  }

  async #tunnel(conn: Deno.TcpConn, reader: Reader): Promise<void> {
    for (;;) await sendAll(conn, (await reader.until("\n")).toUpperCase());
  }
}
