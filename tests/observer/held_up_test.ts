// An observer that a busy machine holds up: what it decides goes by the packets' times, not by when it
// reads them. A made-up loader speaks over a real socket, of a time that is past already.

import { assertEquals } from "../assert.ts";
import { logger } from "../../src/logging/logging.ts";
import type { ObserverEvent } from "../../src/observe/events/event.ts";
import { Observer } from "../../src/observe/observer.ts";
import { ERROR_RATE_THRESHOLDS } from "../../src/observe/processors/error_rate.ts";
import { HEALTH_CHECK_THRESHOLDS } from "../../src/observe/processors/health_check.ts";
import { SLOW_RESPONSE_THRESHOLDS } from "../../src/observe/processors/slow_response.ts";
import { ServiceIndex } from "../../src/observe/services/service_index.ts";
import { until } from "../bpf/loader.ts";
import { CaptureFrames, countersFrame, helloFrame } from "../unit/observe/loader_frames.ts";

/** The loader's clock when it speaks first, and how long ago that was. */
const START_MS = 50_000, AGO_MS = 60_000;
const ENDS = [
  { address: [0, 0, 0xffff, 0x0a000001], port: 40_000 },
  { address: [0, 0, 0xffff, 0x0a000002], port: 80 },
] as const;

/** One connection, as a loader tells of it; times are milliseconds since the script's start. */
class Script {
  /** A whole second, so that seconds end where the script says. */
  readonly startedAtMs = Math.floor((Date.now() - AGO_MS) / 1000) * 1000;
  readonly #loader: Deno.UnixConn;
  readonly #sequences = [1000, 5000];
  #told = 0;

  constructor(loader: Deno.UnixConn) {
    this.#loader = loader;
  }

  async write(bytes: Uint8Array): Promise<void> {
    for (let at = 0; at < bytes.length;) at += await this.#loader.write(bytes.subarray(at));
  }

  end(): Promise<void> {
    return this.#loader.closeWrite();
  }

  hello(): Promise<void> {
    return this.write(helloFrame(START_MS * 1e6, this.startedAtMs));
  }

  request(atMs: number, agent: string): Promise<void> {
    return this.#head(atMs, 0, `GET /healthz HTTP/1.1\r\nHost: a\r\nUser-Agent: ${agent}\r\n\r\n`);
  }

  response(atMs: number, status: number): Promise<void> {
    return this.#head(atMs, 1, `HTTP/1.1 ${status} X\r\nContent-Length: 0\r\n\r\n`);
  }

  async exchange(atMs: number, status: number, latencyMs = 2): Promise<void> {
    await this.request(atMs, "curl/8");
    await this.response(atMs + latencyMs, status);
  }

  /** 50 exchanges a second, or as many as the latency allows; every tenth, from 0, may fail. */
  async exchanges(
    fromMs: number,
    toMs: number,
    { latencyMs, failing = 0 }: { latencyMs: number; failing?: number },
  ): Promise<void> {
    const everyMs = Math.max(20, latencyMs + 10);
    for (let atMs = fromMs, ordinal = 0; atMs < toMs; atMs += everyMs, ordinal++) {
      await this.exchange(atMs, ordinal % 10 < failing ? 503 : 200, latencyMs);
    }
  }

  counters(atMs: number, ringFull = 0): Promise<void> {
    const facts = { received: this.#told, queued: this.#told, dropped: 0, ringFull };
    return this.write(countersFrame((START_MS + atMs) * 1e6, this.startedAtMs + atMs, facts));
  }

  /** `from`: 0 the client, 1 the server. */
  #head(atMs: number, from: 0 | 1, captured: string): Promise<void> {
    const [source, destination] = from === 0 ? ENDS : [ENDS[1], ENDS[0]];
    const frames = new CaptureFrames();
    frames.add({
      timeNs: (START_MS + atMs) * 1e6,
      source: source.address,
      destination: destination.address,
      sourcePort: source.port,
      destinationPort: destination.port,
      seq: this.#sequences[from],
      ack: this.#sequences[1 - from],
      payloadLength: captured.length,
      kind: from === 0 ? 1 : 2,
      isEgress: from === 1,
      hasFin: false,
      ordinal: ++this.#told,
      captured,
    });
    this.#sequences[from] += captured.length;
    return this.write(frames.take());
  }
}

/** Plays a script to an observer; gives what it said. */
async function observed(
  play: (script: Script, observer: Observer) => Promise<void>,
): Promise<{ events: ObserverEvent[]; startedAtMs: number }> {
  const folder = await Deno.makeTempDir();
  const socketPath = `${folder}/loader.sock`;
  using listener = Deno.listen({ transport: "unix", path: socketPath });
  const compile = async (name: string) =>
    await WebAssembly.compile(await Deno.readFile(`build/${name}.wasm`));
  const events: ObserverEvent[] = [];
  const observer = new Observer({
    coreModule: await compile("core"),
    measureModule: await compile("measure"),
    socketPath,
    index: new ServiceIndex(),
    thresholds: {
      slow: SLOW_RESPONSE_THRESHOLDS,
      errors: ERROR_RATE_THRESHOLDS,
      probes: HEALTH_CHECK_THRESHOLDS,
    },
    onEvent: (event) => events.push(event),
    log: logger("observe"),
  });
  observer.start();
  try {
    using loader = await listener.accept();
    const script = new Script(loader);
    await script.hello();
    await play(script, observer);
    return { events, startedAtMs: script.startedAtMs };
  } finally {
    await observer.stop();
    await Deno.remove(folder, { recursive: true });
  }
}

/** What was told up to then has been read. */
async function readUpTo(observer: Observer, script: Script, atMs: number): Promise<void> {
  await until("all is read", () => observer.toldMs === script.startedAtMs + atMs);
}

/** More than a second of this process, in which its timers run. */
function heldUp(): Promise<void> {
  return new Promise((go) => setTimeout(go, 1200));
}

Deno.test("a probe's answer that was read late did not come late", async () => {
  const { events } = await observed(async (script, observer) => {
    await script.request(100, "kube-probe/1.34");
    await until("it is read", () => observer.records === 1);
    await heldUp();
    await script.response(110, 200);
    await script.counters(30_000);
    await readUpTo(observer, script, 30_000);
  });
  assertEquals(events, []);
});

Deno.test("a probe is late once the loader has told all of the time that it waited", async () => {
  const { events } = await observed(async (script, observer) => {
    await script.request(100, "kube-probe/1.34");
    // A record says nothing of what was lost before it.
    await script.counters(1000);
    await script.request(8000, "curl/8");
    await readUpTo(observer, script, 1000);
    await until("both are read", () => observer.records === 2);
    await heldUp();
    await script.counters(9000, 1);
    await script.counters(30_000, 1);
    await readUpTo(observer, script, 30_000);
  });
  assertEquals(events, [], "its answer may be what was lost");

  const { events: late, startedAtMs } = await observed(async (script, observer) => {
    await script.request(100, "kube-probe/1.34");
    for (const atMs of [1000, 2000, 3000]) await script.counters(atMs);
    await readUpTo(observer, script, 3000);
  });
  assertEquals(late.map(({ type, subtype, time }) => [type, subtype, time]), [
    ["HealthCheck", "onset", new Date(startedAtMs + 3000).toISOString()],
  ]);
});

Deno.test("a loader that goes away while a probe is under way says nothing of the probe", async () => {
  const { events } = await observed(async (script, observer) => {
    await script.request(100, "kube-probe/1.34");
    await until("it is read", () => observer.records === 1);
    await script.end();
    await until("that is noticed", () => !observer.isConnected);
  });
  assertEquals(events, []);
});

Deno.test("ten seconds that are read in one are ten seconds", async () => {
  const { events, startedAtMs } = await observed(async (script, observer) => {
    for (let atMs = 50; atMs < 10_000; atMs += 100) {
      await script.exchange(atMs, atMs < 6000 ? 200 : 503);
    }
    await script.counters(10_000);
    await readUpTo(observer, script, 10_000);
  });
  // The fifth 503 comes 450 ms into the seventh second.
  assertEquals(
    events.map(({ type, subtype, time, evidence }) => [type, subtype, time, evidence.matching]),
    [["ErrorRate", "onset", new Date(startedAtMs + 7000).toISOString(), 10]],
  );
});

Deno.test("a backend slowed from 5 to 50 ms and one failing 30% are each told of within 5 s, once", async () => {
  const { events, startedAtMs } = await observed(async (script, observer) => {
    await script.exchanges(0, 20_000, { latencyMs: 5 });
    await script.exchanges(20_000, 26_000, { latencyMs: 50 });
    await script.exchanges(26_000, 38_000, { latencyMs: 5 });
    await script.exchanges(38_000, 44_000, { latencyMs: 5, failing: 3 });
    await script.exchanges(44_000, 56_000, { latencyMs: 5 });
    await script.counters(56_000);
    await readUpTo(observer, script, 56_000);
  });
  const told = events.map(({ type, subtype }) => `${type} ${subtype}`);
  assertEquals(told, [
    "SlowResponse onset",
    "SlowResponse recovery",
    "ErrorRate onset",
    "ErrorRate recovery",
  ]);
  const [slow, , failing] = events.map(({ time }) => Date.parse(time) - startedAtMs);
  assertEquals([slow > 20_000, slow <= 25_000], [true, true], String(slow));
  assertEquals([failing > 38_000, failing <= 43_000], [true, true], String(failing));
});
