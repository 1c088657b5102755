// A backend that remembers how each request began, byte by byte as it came.
// Takes HOST PORT; says "ready", serves until its stdin ends, then prints what it saw as JSON.
// /ID/small, /ID/large and /ID/chunked choose the answer; bodies by Content-Length or chunked.

import { Stream } from "./stream.ts";

const [hostname, port] = Deno.args;
const SMALL = "x".repeat(64);
const LARGE = new Uint8Array(1024 * 1024).fill(0x2e);

/** By request id: the first bytes of the request and of the answer, as hex. */
const requests: Record<string, string> = {};
const answers: Record<string, string> = {};
const ENCODER = new TextEncoder();

async function answer(conn: Deno.Conn, path: string, closes: boolean): Promise<void> {
  const [, id, kind] = path.split("/");
  const common = `HTTP/1.1 200 OK\r\nX-Id: ${id}\r\n${closes ? "Connection: close\r\n" : ""}`;
  const send = async (text: string, body: readonly Uint8Array[] = []) => {
    const bytes = ENCODER.encode(text);
    answers[id] = bytes.subarray(0, 256).toHex();
    await writeAll(conn, bytes);
    for (const part of body) await writeAll(conn, part);
  };
  if (kind === "chunked") {
    const chunks = ["5\r\nHTTP/\r\n", "4\r\n1.1 \r\n", "0\r\n\r\n"];
    await send(`${common}Transfer-Encoding: chunked\r\n\r\n`, chunks.map((c) => ENCODER.encode(c)));
  } else if (kind === "large") {
    await send(`${common}Content-Length: ${LARGE.length}\r\n\r\n`, [LARGE]);
  } else {
    await send(`${common}Content-Length: ${SMALL.length}\r\n\r\n${SMALL}`);
  }
}

async function writeAll(conn: Deno.Conn, bytes: Uint8Array): Promise<void> {
  for (let at = 0; at < bytes.length;) at += await conn.write(bytes.subarray(at));
}

async function serve(conn: Deno.TcpConn): Promise<void> {
  conn.setNoDelay(true);
  const stream = new Stream(conn);
  try {
    for (let head = await stream.head(); head; head = await stream.head()) {
      const path = head.startLine.split(" ")[1];
      requests[path.split("/")[1]] = head.start.toHex();
      await stream.skipBody(head);
      const closes = head.fields.get("connection") === "close";
      await answer(conn, path, closes);
      if (closes) break;
    }
  } catch (error) {
    if (!(error instanceof Deno.errors.ConnectionReset)) throw error;
  } finally {
    conn.close();
  }
}

const listener = Deno.listen({ hostname, port: Number(port) });
(async () => {
  for await (const conn of listener) serve(conn);
})();
console.log("ready");
await new Response(Deno.stdin.readable).arrayBuffer();
console.log(JSON.stringify({ requests, answers }));
Deno.exit(0);
