// A backend that keeps its own log: how long each request took it, by id. Takes HOST PORT; says
// "ready", serves until its stdin ends, then prints the log as JSON (id -> microseconds).
// /ID/DELAY_MS/STATUS chooses how late and with what it answers; without them X-Delay and X-Status do.

import { Stream } from "../../bpf/traffic/stream.ts";

const [hostname, port] = Deno.args;
const ENCODER = new TextEncoder();
const tookUs: Record<string, number> = {};

async function serve(conn: Deno.TcpConn): Promise<void> {
  conn.setNoDelay(true);
  const stream = new Stream(conn);
  try {
    for (let head = await stream.head(); head; head = await stream.head()) {
      const startMs = performance.now();
      const [, id, delayMs, status] = head.startLine.split(" ")[1].split("/");
      const waitMs = Number(delayMs ?? head.fields.get("x-delay") ?? 0);
      if (waitMs > 0) await new Promise((go) => setTimeout(go, waitMs));
      const code = status ?? head.fields.get("x-status");
      const answer = `HTTP/1.1 ${code} X\r\nX-Id: ${id}\r\nContent-Length: 2\r\n\r\nok`;
      tookUs[id] = (performance.now() - startMs) * 1000;
      await conn.write(ENCODER.encode(answer));
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
console.log(JSON.stringify(tookUs));
Deno.exit(0);
