// 1 GiB through one exchange, down and up, with a side that reads slowly: what it adds to the
// resident memory of RAUTA. Writes bench/results/streams.md. `--rounds N` (3), `--dry` writes nothing.
// Client and endpoint are in this process; RAUTA is one of its own, with one worker.

import { parseArgs } from "node:util";
import { proxyArguments } from "../src/cli/proxy_process.ts";
import { BENCH_HOST, rautaObjects } from "./proxy/configs.ts";
import { provenance } from "./proxy/machine.ts";
import { freePort, type Process, startPinned, usageOf, waitForPort } from "./proxy/processes.ts";
import { spreadOf, writeSpread } from "./proxy/statistics.ts";

const GIB = 2 ** 30;
const BLOCK_BYTES = 262_144;
const RESULT = "bench/results/streams.md";
const COMMAND = "deno task bench:streams";
/** The slow side reads nothing for so long, and then rests after each burst. */
const STALL_MS = 2_000;
const BURST_BYTES = 8 * 2 ** 20;
const REST_MS = 15;
const SAMPLE_MS = 50;
const BOUND_MIB = 20;

type Direction = "down" | "up";

interface Sample {
  readonly front: string;
  readonly direction: Direction;
  readonly seconds: number;
  readonly baseMib: number;
  readonly peakMib: number;
  /** After the exchange and a second's rest. */
  readonly afterMib: number;
}

const sleep = (ms: number): Promise<void> => new Promise((wake) => setTimeout(wake, ms));

async function sendBlocks(conn: Deno.TcpConn, total: number): Promise<void> {
  const block = new Uint8Array(BLOCK_BYTES).fill(0x62);
  for (let left = total; left > 0;) left -= await conn.write(block.subarray(0, left));
}

/** Reads until `total` bytes have come, slowly. */
async function readSlowly(conn: Deno.TcpConn, total: number): Promise<void> {
  await sleep(STALL_MS);
  const buffer = new Uint8Array(BLOCK_BYTES);
  let burst = 0;
  for (let got = 0; got < total;) {
    const count = await conn.read(buffer);
    if (count === null) throw new Error(`the stream ended after ${got} of ${total} bytes`);
    got += count;
    burst += count;
    if (burst < BURST_BYTES) continue;
    burst = 0;
    await sleep(REST_MS);
  }
}

async function readHead(conn: Deno.TcpConn): Promise<{ head: string; rest: number }> {
  let text = "";
  const buffer = new Uint8Array(4_096);
  while (!text.includes("\r\n\r\n")) {
    const count = await conn.read(buffer);
    if (count === null) throw new Error(`the connection ended within a head: ${text}`);
    text += new TextDecoder("latin1").decode(buffer.subarray(0, count));
  }
  const end = text.indexOf("\r\n\r\n") + 4;
  return { head: text.slice(0, end), rest: text.length - end };
}

/** An endpoint that sends as fast as it can, or reads slowly. */
async function serveEndpoint(listener: Deno.TcpListener): Promise<void> {
  for await (const conn of listener) {
    (async () => {
      for (;;) {
        const { head, rest } = await readHead(conn);
        const length = Number(/^content-length: *(\d+)/im.exec(head)?.[1] ?? 0);
        if (length > 0) await readSlowly(conn, length - rest);
        const size = head.startsWith("GET /down ") ? GIB : 2;
        const answer = `HTTP/1.1 200 OK\r\nContent-Length: ${size}\r\n\r\n`;
        await conn.write(new TextEncoder().encode(answer));
        await sendBlocks(conn, size);
      }
    })().catch(() => conn.close());
  }
}

async function ask(port: number, direction: Direction | "small"): Promise<void> {
  const conn = await Deno.connect({ hostname: "127.0.0.1", port });
  const method = direction === "up" ? "PUT" : "GET";
  const length = direction === "up" ? `Content-Length: ${GIB}\r\n` : "";
  const head = `${method} /${direction} HTTP/1.1\r\nHost: ${BENCH_HOST}\r\n${length}\r\n`;
  await conn.write(new TextEncoder().encode(head));
  if (direction === "up") await sendBlocks(conn, GIB);
  const answer = await readHead(conn);
  if (!answer.head.startsWith("HTTP/1.1 200")) throw new Error(`answered with ${answer.head}`);
  if (direction === "down") await readSlowly(conn, GIB - answer.rest);
  conn.close();
}

async function measure(process: Process, port: number, front: string, direction: Direction) {
  const rss = (): number => usageOf(process.pid).ownMib;
  for (let round = 0; round < 20; round++) await ask(port, "small");
  await sleep(1_000);
  const baseMib = rss();
  let peakMib = baseMib;
  const timer = setInterval(() => peakMib = Math.max(peakMib, rss()), SAMPLE_MS);
  const startMs = performance.now();
  await ask(port, direction);
  const seconds = (performance.now() - startMs) / 1000;
  await sleep(1_000);
  clearInterval(timer);
  return { front, direction, seconds, baseMib, peakMib, afterMib: rss() };
}

async function runOne(
  folder: string,
  endpointPort: number,
  front: string,
  direction: Direction,
): Promise<Sample> {
  const port = freePort();
  const path = `${folder}/objects.yaml`;
  await Deno.writeTextFile(path, rautaObjects(port, [endpointPort], 0));
  const process = startPinned("RAUTA", "0-63", [Deno.execPath(), ...proxyArguments(path)], {
    RAUTA_ADMIN_ADDRESS: `127.0.0.1:${freePort()}`,
    RAUTA_WORKERS: "1",
    RAUTA_FRONT: front,
    RAUTA_ACCESS_LOG: "off",
    RAUTA_LOG_LEVEL: "warning",
  });
  try {
    await waitForPort(process, port);
    return await measure(process, port, front, direction);
  } finally {
    await process.stop();
  }
}

function rowOf(samples: readonly Sample[]): string {
  const { front, direction } = samples[0]!;
  const range = (values: readonly number[]): string => writeSpread(spreadOf(values), 1);
  return `| ${front} | ${direction} | ${range(samples.map(({ baseMib }) => baseMib))} | ` +
    `${range(samples.map((each) => each.peakMib - each.baseMib))} | ` +
    `${range(samples.map((each) => each.afterMib - each.baseMib))} | ` +
    `${range(samples.map(({ seconds }) => seconds))} |`;
}

const { values } = parseArgs({
  args: Deno.args,
  options: { rounds: { type: "string", default: "3" }, dry: { type: "boolean", default: false } },
});
const folder = await Deno.makeTempDir({ prefix: "rauta-streams-" });
const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
void serveEndpoint(listener);
const from = await provenance(COMMAND);
const rows: string[] = [];
let worst = 0;
for (const front of ["wire", "serve"]) {
  for (const direction of ["down", "up"] as const) {
    const samples: Sample[] = [];
    for (let round = 0; round < Number(values.rounds); round++) {
      samples.push(await runOne(folder, listener.addr.port, front, direction));
    }
    rows.push(rowOf(samples));
    console.log(rows.at(-1));
    if (front === "wire") {
      worst = Math.max(worst, ...samples.map((each) => each.peakMib - each.baseMib));
    }
  }
}
const page = `# 1 GiB through one exchange

Resident memory of RAUTA that is no file's (one worker, default limits; the program's own pages come
and go: docs/decisions/135) while 1 GiB goes through, to a client (down) or
an endpoint (up) that reads nothing for ${
  STALL_MS / 1000
} s and then in bursts; the other side sends as
fast as it may. MiB, median [range] of ${values.rounds} fresh processes each. Bound: ${BOUND_MIB} MiB added by
the \`wire\` front; worst here ${worst.toFixed(1)}.

${from.date}, commit ${from.commit}, ${from.cpu}, ${from.cores} cores, kernel ${from.kernel}, Deno
${from.deno}, load average ${from.loadAverage}. Made by \`${from.command}\`.

| front | direction | before | added at the peak | added afterwards | seconds |
| --- | --- | ---: | ---: | ---: | ---: |
${rows.join("\n")}
`;
if (!values.dry) await Deno.writeTextFile(RESULT, page);
await Deno.remove(folder, { recursive: true });
listener.close();
console.log(`worst of the wire front: ${worst.toFixed(1)} MiB added`);
Deno.exit(worst <= BOUND_MIB ? 0 : 1);
