// Opens idle keep-alive connections and holds them; run as a program of its own so that its
// memory is not the proxy's. Arguments: port, how many, host. Prints `ready` and waits for SIGTERM.

import { BENCH_HOST } from "./configs.ts";

const port = Number(Deno.args[0]);
const count = Number(Deno.args[1]);
const request = new TextEncoder().encode(`GET / HTTP/1.1\r\nHost: ${BENCH_HOST}\r\n\r\n`);
const held: Deno.TcpConn[] = [];

async function openOne(): Promise<void> {
  const conn = await Deno.connect({ hostname: "127.0.0.1", port });
  await conn.write(request);
  const answer = new Uint8Array(4096);
  const got = await conn.read(answer);
  if (
    got === null || !new TextDecoder().decode(answer.subarray(0, got)).startsWith("HTTP/1.1 200")
  ) {
    throw new Error("an idle connection's first request was not answered with 200");
  }
  held.push(conn);
}

const LANES = 32;
await Promise.all(
  Array.from({ length: LANES }, async (_, lane) => {
    for (let index = lane; index < count; index += LANES) await openOne();
  }),
);
console.log("ready");
Deno.addSignalListener("SIGTERM", () => Deno.exit(0));
setInterval(() => {}, 60_000);
