// What the observer costs: CPU per exchange, and memory with 100,000 open connections. A process of
// its own plays the loader over a Unix socket, so that the figures are a real Observer's alone.
// Writes bench/results/observer.md; --dry prints only. Needs root for nothing.

import { logger } from "../src/logging/logging.ts";
import { Observer } from "../src/observe/observer.ts";
import { ERROR_RATE_THRESHOLDS } from "../src/observe/processors/error_rate.ts";
import { HEALTH_CHECK_THRESHOLDS } from "../src/observe/processors/health_check.ts";
import { SLOW_RESPONSE_THRESHOLDS } from "../src/observe/processors/slow_response.ts";
import { ServiceIndex } from "../src/observe/services/service_index.ts";
import { CaptureFrames, helloFrame } from "../tests/unit/observe/loader_frames.ts";

const CONNECTIONS = 100_000;
const ROUNDS = 8;
/** The first ones open the connections and let the engine compile. */
const WARM_ROUNDS = 3;
const START_NS = 1_000_000_000;
const SERVER = [0, 0, 0xffff, 0x0a640001];
const RESPONSE =
  "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 0\r\nServer: bench\r\n\r\n";

function request(connection: number): string {
  return `GET /cart/items?page=${connection % 500} HTTP/1.1\r\nHost: cart.shop\r\n` +
    "User-Agent: bench/1.0\r\nAccept: */*\r\n\r\n";
}

/** The loader's part: a request and its response on every connection, each time a line comes in. */
async function playLoader(path: string): Promise<void> {
  const listener = Deno.listen({ transport: "unix", path });
  console.log("listens");
  const connection = await listener.accept();
  const write = async (bytes: Uint8Array) => {
    for (let at = 0; at < bytes.length;) at += await connection.write(bytes.subarray(at));
  };
  await write(helloFrame(START_NS, Date.now()));
  const frames = new CaptureFrames();
  const sent = new Int32Array(CONNECTIONS).fill(1000);
  const got = new Int32Array(CONNECTIONS).fill(5000);
  let timeNs = START_NS, round = 0;
  const asked = new Uint8Array(1);
  while (await Deno.stdin.read(asked)) {
    for (let at = 0; at < CONNECTIONS; at++) {
      const text = request(at);
      const client = [0, 0, 0xffff, 0x0a000000 + (at >>> 15)];
      const clientPort = 10_000 + (at & 0x7fff);
      const common = { isEgress: false, hasFin: false };
      frames.add({
        ...common,
        timeNs: timeNs += 8_000,
        source: client,
        destination: SERVER,
        sourcePort: clientPort,
        destinationPort: 80,
        seq: sent[at],
        ack: got[at],
        payloadLength: text.length,
        kind: 1,
        ordinal: round * 2 + 1,
        captured: text,
      });
      sent[at] += text.length;
      frames.add({
        ...common,
        timeNs: timeNs += 8_000,
        source: SERVER,
        destination: client,
        sourcePort: 80,
        destinationPort: clientPort,
        seq: got[at],
        ack: sent[at],
        payloadLength: RESPONSE.length,
        kind: 2,
        ordinal: round * 2 + 2,
        captured: RESPONSE,
      });
      got[at] += RESPONSE.length;
      // The loader gathers for 20 ms: at 10,000 exchanges a second that is 400 records, or more.
      if (frames.count >= 200) await write(frames.take());
    }
    if (frames.count > 0) await write(frames.take());
    round++;
  }
  connection.close();
  listener.close();
}

async function compile(name: string): Promise<WebAssembly.Module> {
  return await WebAssembly.compile(await Deno.readFile(`build/${name}.wasm`));
}

/** What a command prints; reading below /proc itself would take every permission. */
function printed(command: string, ...args: string[]): string {
  return new TextDecoder().decode(new Deno.Command(command, { args }).outputSync().stdout);
}

/** User and system time of this process, ms (clock ticks are 10 ms on Linux). */
function cpuMs(): number {
  const fields = printed("cat", `/proc/${Deno.pid}/stat`).split(") ")[1].split(" ");
  return (Number(fields[11]) + Number(fields[12])) * 10;
}

function median(values: readonly number[]): number {
  return values.toSorted((left, right) => left - right)[values.length >> 1];
}

async function measure(): Promise<string> {
  const folder = Deno.makeTempDirSync();
  const path = `${folder}/loader.sock`;
  const loader = new Deno.Command(Deno.execPath(), {
    args: [
      "run",
      "--quiet",
      "--allow-read",
      "--allow-write",
      "--allow-net",
      "--allow-run",
      import.meta.filename!,
      "--loader",
      path,
    ],
    stdin: "piped",
    stdout: "piped",
  }).spawn();
  const words = loader.stdout.getReader();
  await words.read(); // "listens"
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
  const rssBefore = Deno.memoryUsage().rss;
  observer.start();
  const orders = loader.stdin.getWriter();
  const perExchangeUs: number[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    const before = cpuMs(), target = known + unknown + CONNECTIONS;
    await orders.write(new Uint8Array(1));
    while (known + unknown < target) await new Promise((go) => setTimeout(go, 5));
    perExchangeUs.push((cpuMs() - before) * 1000 / CONNECTIONS);
  }
  const rssMiB = (Deno.memoryUsage().rss - rssBefore) / 2 ** 20;
  const { connections } = observer;
  await orders.close();
  await loader.status;
  await words.cancel();
  await observer.stop();
  await Deno.remove(folder, { recursive: true });
  const { stdout } = await new Deno.Command("git", { args: ["rev-parse", "--short", "HEAD"] })
    .output();
  const commit = new TextDecoder().decode(stdout).trim();
  const cpu = /model name\s*: (.*)/.exec(printed("cat", "/proc/cpuinfo"))?.[1] ?? "unknown";
  const warm = perExchangeUs.slice(WARM_ROUNDS);
  const us = median(warm);
  return `# The observer

\`deno task bench:observer\`, commit ${commit}, ${cpu}, ${navigator.hardwareConcurrency} cores, Linux ${Deno.osRelease()}.

CPU of the observer's process alone, user and system, reading its socket included; the loader is
another process. A small young generation, as the program is started (decision 006). ${ROUNDS} rounds of ${CONNECTIONS} exchanges, one on each connection.

| figure | value |
| ------ | ----- |
| CPU per exchange (two records), median [range] of the last ${warm.length} rounds | ${
    us.toFixed(1)
  } us [${Math.min(...warm).toFixed(1)}-${Math.max(...warm).toFixed(1)}] |
| the same while connections are opened and code is compiled | ${
    perExchangeUs.slice(0, WARM_ROUNDS).map((each) => each.toFixed(1)).join(", ")
  } us |
| share of a core at 10,000 exchanges/s | ${us.toFixed(1)}% |
| resident memory for ${connections} open connections | ${rssMiB.toFixed(0)} MiB |
| known, unknown | ${known}, ${unknown} |
`;
}

if (Deno.args[0] === "--loader") await playLoader(Deno.args[1]);
else {
  const text = await measure();
  if (!Deno.args.includes("--dry")) await Deno.writeTextFile("bench/results/observer.md", text);
  console.log(text);
}
