// TLS clients for tests: one that keeps its connection and sees the server's certificate, and one that
// says what bytes or alert come back for raw bytes.

import { connect, type ConnectionOptions, type TLSSocket } from "node:tls";

export interface TlsClient {
  readonly socket: TLSSocket;
  /** SHA-256 of the certificate that the server showed. */
  readonly shown: string;
  readonly alpn: string | false | null;
  /** A request on this connection; the whole response as text. */
  get(path: string, host: string): Promise<string>;
  close(): void;
}

/** The status code of a response as text. */
export function statusOf(response: string): number {
  return Number(response.slice(9, 12));
}

function isWhole(text: string): boolean {
  const body = text.indexOf("\r\n\r\n");
  const length = /content-length: (\d+)/i.exec(text)?.[1];
  return body >= 0 && length !== undefined && text.length - body - 4 >= Number(length);
}

function get(socket: TLSSocket, path: string, host: string): Promise<string> {
  return new Promise((answer, fail) => {
    let text = "";
    const take = (chunk: Uint8Array) => {
      text += new TextDecoder().decode(chunk);
      if (!isWhole(text)) return;
      socket.off("data", take);
      socket.off("close", gone);
      answer(text);
    };
    const gone = () => fail(new Error(`closed after ${JSON.stringify(text)}`));
    socket.on("data", take);
    socket.once("close", gone);
    socket.write(`GET ${path} HTTP/1.1\r\nHost: ${host}\r\n\r\n`);
  });
}

/** Rejects where the handshake fails. Without a name no SNI is sent. */
export function openTls(
  port: number,
  servername: string | undefined,
  more: ConnectionOptions = {},
): Promise<TlsClient> {
  return new Promise((resolve, reject) => {
    // Which certificate comes is the question in most tests, not who signed it.
    const options: ConnectionOptions = {
      host: "127.0.0.1",
      port,
      rejectUnauthorized: false,
      ...(servername === undefined ? {} : { servername }),
      ...more,
    };
    const socket = connect(options, () => {
      resolve({
        socket,
        shown: socket.getPeerCertificate().fingerprint256,
        alpn: socket.alpnProtocol,
        get: (path, host) => get(socket, path, host),
        close: () => socket.destroy(),
      });
    });
    socket.once("error", reject);
  });
}

/** "taken" or "refused": whether a handshake with this name comes to its end. */
export async function handshake(port: number, servername: string | undefined): Promise<string> {
  try {
    (await openTls(port, servername)).close();
    return "taken";
  } catch {
    return "refused";
  }
}

/** All that comes back for these bytes until the server closes. */
export async function exchangeRaw(port: number, bytes: Uint8Array): Promise<Uint8Array> {
  const conn = await Deno.connect({ hostname: "127.0.0.1", port });
  const received: number[] = [];
  try {
    await conn.write(bytes as Uint8Array<ArrayBuffer>);
    const chunk = new Uint8Array(4_096);
    for (let count = await conn.read(chunk); count !== null; count = await conn.read(chunk)) {
      received.push(...chunk.subarray(0, count));
    }
  } catch {
    // Reset: what came before counts.
  } finally {
    conn.close();
  }
  return Uint8Array.from(received);
}

/** The description of the fatal alert that answers these bytes; undefined where none does. */
export async function alertFor(port: number, bytes: Uint8Array): Promise<number | undefined> {
  const answer = await exchangeRaw(port, bytes);
  return answer.length === 7 && answer[0] === 21 && answer[5] === 2 ? answer[6] : undefined;
}
