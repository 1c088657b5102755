// What the observer costs: CPU per exchange, and memory with 100,000 open connections. Plays made-up
// frames over a Unix socket into a real Observer; the CPU of writing them is part of the figure.
// Writes bench/results/observer.md. Needs root for nothing.

import { logger } from "../src/logging/logging.ts";
import { Observer } from "../src/observe/observer.ts";
import { ERROR_RATE_THRESHOLDS } from "../src/observe/processors/error_rate.ts";
import { HEALTH_CHECK_THRESHOLDS } from "../src/observe/processors/health_check.ts";
import { SLOW_RESPONSE_THRESHOLDS } from "../src/observe/processors/slow_response.ts";
import { ServiceIndex } from "../src/observe/services/service_index.ts";

const CONNECTIONS = 100_000;
const ROUNDS = 3;
const HEADER = 72;
const REQUEST = new TextEncoder().encode(
  "GET /cart/items?page=2 HTTP/1.1\r\nHost: cart.shop\r\nUser-Agent: bench/1.0\r\nAccept: */*\r\n\r\n",
);
const RESPONSE = new TextEncoder().encode(
  "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 0\r\n\r\n",
);

function record(connection: number, round: number, isRequest: boolean): Uint8Array {
  const head = isRequest ? REQUEST : RESPONSE;
  const bytes = new Uint8Array(Math.ceil((HEADER + head.length) / 8) * 8);
  const view = new DataView(bytes.buffer);
  const tsNs = BigInt(round * CONNECTIONS + connection) * 100_000n + (isRequest ? 0n : 50_000n);
  view.setBigUint64(0, tsNs + 1_000_000_000n, true);
  const client = 0x0a000000 + (connection >>> 15), port = 10_000 + (connection & 0x7fff);
  const [from, to] = isRequest ? [client, 0x0a640001] : [0x0a640001, client];
  view.setUint32(16, 0xffff), view.setUint32(20, from);
  view.setUint32(32, 0xffff), view.setUint32(36, to);
  view.setUint32(40, 1, true);
  view.setUint16(44, isRequest ? port : 80, true), view.setUint16(46, isRequest ? 80 : port, true);
  const sent = 1000 + round * REQUEST.length, got = 5000 + round * RESPONSE.length;
  view.setUint32(48, isRequest ? sent : got, true);
  view.setUint32(52, isRequest ? got : sent + REQUEST.length, true);
  view.setUint32(56, head.length, true), view.setUint16(60, head.length, true);
  view.setUint8(62, isRequest ? 1 : 2), view.setUint8(64, 16), view.setUint8(65, 4);
  view.setUint16(66, bytes.length, true);
  view.setUint32(68, round * 2 + (isRequest ? 1 : 2), true);
  bytes.set(head, HEADER);
  return bytes;
}

function frame(type: number, parts: readonly Uint8Array[]): Uint8Array {
  const size = parts.reduce((sum, part) => sum + part.length, 0);
  const bytes = new Uint8Array(8 + size);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, size, true), view.setUint16(4, type, true);
  let at = 8;
  for (const part of parts) {
    bytes.set(part, at);
    at += part.length;
  }
  return bytes;
}

function hello(): Uint8Array {
  const payload = new Uint8Array(128);
  const view = new DataView(payload.buffer);
  view.setUint16(0, 1, true), view.setUint16(28, 128, true), view.setUint16(30, 32, true);
  view.setBigUint64(8, 1_000_000_000n, true);
  view.setBigUint64(16, BigInt(Date.now()) * 1_000_000n, true);
  return frame(1, [payload]);
}

/** Frames of one round: a request and its response on every connection. */
function roundFrames(round: number): Uint8Array[] {
  const frames: Uint8Array[] = [];
  for (let first = 0; first < CONNECTIONS; first += 100) {
    const parts: Uint8Array[] = [Uint8Array.from([200, 0, 0, 0, 0, 0, 0, 0])];
    for (let at = first; at < first + 100; at++) {
      parts.push(record(at, round, true), record(at, round, false));
    }
    frames.push(frame(2, parts));
  }
  return frames;
}

async function compile(name: string): Promise<WebAssembly.Module> {
  return await WebAssembly.compile(await Deno.readFile(`build/${name}.wasm`));
}

/** User and system time of this process, ms (clock ticks are 10 ms on Linux). */
function cpuMs(): number {
  const fields = Deno.readTextFileSync("/proc/self/stat").split(") ")[1].split(" ");
  return (Number(fields[11]) + Number(fields[12])) * 10;
}

const path = `${Deno.makeTempDirSync()}/loader.sock`;
const listener = Deno.listen({ transport: "unix", path });
let known = 0, unknown = 0;
const observer = new Observer({
  coreModule: await compile("core"),
  measureModule: await compile("measure"),
  socketPath: path,
  index: new ServiceIndex(),
  thresholds: {
    slow: SLOW_RESPONSE_THRESHOLDS,
    errors: ERROR_RATE_THRESHOLDS,
    probes: HEALTH_CHECK_THRESHOLDS,
  },
  onEvent: () => {},
  onExchange: ({ outcome }) => outcome === "known" ? known++ : unknown++,
  log: logger("observe"),
});
const rounds = Array.from({ length: ROUNDS }, (_, round) => roundFrames(round));
const rssBefore = Deno.memoryUsage().rss;
observer.start();
const connection = await listener.accept();
const perExchangeUs: number[] = [];
await connection.write(hello());
for (const frames of rounds) {
  const before = cpuMs(), target = known + unknown + CONNECTIONS;
  for (const bytes of frames) {
    for (let at = 0; at < bytes.length;) at += await connection.write(bytes.subarray(at));
  }
  while (known + unknown < target) await new Promise((go) => setTimeout(go, 1));
  perExchangeUs.push((cpuMs() - before) * 1000 / CONNECTIONS);
}
const rssAfter = Deno.memoryUsage().rss;
const open = observer.connections;
connection.close();
listener.close();
await observer.stop();
const commit = new TextDecoder().decode(
  (await new Deno.Command("git", { args: ["rev-parse", "--short", "HEAD"] }).output()).stdout,
).trim();
const cpu = /model name\s*: (.*)/.exec(Deno.readTextFileSync("/proc/cpuinfo"))?.[1] ?? "unknown";
const text = `# The observer

\`deno task bench:observer\`, commit ${commit}, ${cpu}, ${navigator.hardwareConcurrency} cores, Linux ${Deno.osRelease()}.

- CPU per exchange (two records, heads read, paired, counted; the first round opens the connections
  and warms up): ${perExchangeUs.map((us) => us.toFixed(1)).join(", ")} us
- at 10,000 exchanges/s, by the last round: ${perExchangeUs[ROUNDS - 1].toFixed(1)}% of a core
- resident memory, ${open} connections open: ${
  ((rssAfter - rssBefore) / 2 ** 20).toFixed(0)
} MiB more than before
- known ${known}, unknown ${unknown}
`;
await Deno.writeTextFile("bench/results/observer.md", text);
console.log(text);
