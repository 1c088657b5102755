// What the hostile tables run on: a gateway, an endpoint that notes each request byte for byte and answers
// with it, and clients that say what became of their bytes. Nothing waits for a time: a client ends when
// its answers are in or its connection is over.

import { connect, ok, RawEndpoint, statusOf } from "../raw.ts";

export const HOST = "Host: a.example\r\n";
/** What an attacker hides; an endpoint that receives it as a request of its own has been smuggled to. */
export const SMUGGLED = `GET /smuggled HTTP/1.1\r\n${HOST}X-Hidden: 1\r\n\r\n`;
/** Sent behind an attempt: answered only where the connection is still in step. */
export const PROBE = `GET /probe HTTP/1.1\r\n${HOST}Connection: close\r\n\r\n`;

/** A request with these field lines after Host and this body. */
export function request(line: string, lines: string, body = ""): string {
  return `${line} HTTP/1.1\r\n${HOST}${lines}\r\n${body}`;
}

/** A request as the endpoint has it. */
export interface Received {
  readonly line: string;
  readonly head: string;
  readonly body: string;
}

/** An endpoint that answers with what it has received, and notes it. */
export function noting(received: Received[]): RawEndpoint {
  return new RawEndpoint(async (connection) => {
    for (;;) {
      const { head, body } = await connection.message();
      received.push({ line: head.slice(0, head.indexOf("\r\n")), head, body });
      await connection.send(ok(`${head}${body}`));
    }
  });
}

/** An answer as the client has it. */
export interface Answer {
  readonly status: number;
  readonly head: string;
  readonly body: string;
}

/**
 * Sends the bytes and gives all answers up to the end of the connection, which the gateway closes; with
 * `ends` the sender says that no more is to come, for a server that would wait for it.
 */
export async function attempt(
  port: number,
  text: string,
  ends = false,
): Promise<readonly Answer[]> {
  for (;;) {
    const startMs = performance.now();
    const answers = await attemptOnce(port, text, ends);
    // The gateway listens for LINGER_MS (2 s) after its answer; who is held up for longer may lose it.
    const wasHeldUp = performance.now() - startMs > 1_500;
    if (answers.length > 0 || ends || !wasHeldUp) return answers;
  }
}

async function attemptOnce(
  port: number,
  text: string,
  ends: boolean,
): Promise<readonly Answer[]> {
  const client = await connect(port);
  const answers: Answer[] = [];
  try {
    // Where the gateway has closed already, the rest can't be sent; what it said is still there.
    await client.sendBytes(latin1(text)).catch(() => {});
    if (ends) await client.conn.closeWrite().catch(() => {});
    for (;;) {
      const { head, body } = await client.message();
      answers.push({ status: statusOf(head), head, body });
    }
  } catch {
    return answers;
  } finally {
    client.close();
  }
}

/** One character, one byte. */
export function latin1(text: string): Uint8Array {
  return Uint8Array.from(text, (character) => character.charCodeAt(0));
}
