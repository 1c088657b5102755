// The loader as a process inside a lab, and a reader of its socket.

import { LOADER_PATH } from "../../src/cli/build_loader.ts";
import { type CapturedRecord, type Frame, FrameReader } from "./frames.ts";
import type { Lab, Place } from "./lab.ts";
import { ATTACHED } from "./prepare.ts";

export type CountersFrame = Extract<Frame, { type: "counters" }>;
export type HelloFrame = Extract<Frame, { type: "hello" }>;

/** Long, because a machine may be busy: only what never comes is waited for so long. */
const PATIENCE_MS = 90_000;

/** Asks again and again until the answer is true; throws with `what` when patience ends. */
export async function until(what: string, ask: () => boolean | Promise<boolean>): Promise<void> {
  const endMs = performance.now() + PATIENCE_MS;
  while (!await ask()) {
    if (performance.now() > endMs) throw new Error(`never: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

export interface LoaderOptions {
  readonly place?: Place;
  readonly interfaces?: readonly string[];
  readonly args?: readonly string[];
  readonly program?: string;
  readonly wrapper?: readonly string[]; // a command that runs the rest of its arguments
}

export class Loader {
  readonly socketPath: string;
  readonly #child: Deno.ChildProcess;
  #words = "";
  readonly #wordsEnd: Promise<void>;
  static #count = 0;

  constructor(lab: Lab, options: LoaderOptions = {}) {
    this.socketPath = `${lab.folder}/loader-${Loader.#count++}.sock`;
    const interfaces = (options.interfaces ?? ["eth0"]).flatMap((name) => ["--interface", name]);
    const program = [...options.wrapper ?? [], options.program ?? LOADER_PATH];
    const args = [...interfaces, "--socket", this.socketPath, ...options.args ?? []];
    this.#child = lab.start(options.place ?? "server", [...program, ...args], {
      stderr: "piped",
      stdout: "null",
    });
    this.#wordsEnd = this.#listen();
  }

  async #listen(): Promise<void> {
    for await (const text of this.#child.stderr.pipeThrough(new TextDecoderStream())) {
      this.#words += text;
    }
  }

  /** What it has said on stderr so far. */
  get words(): string {
    return this.#words;
  }

  get pid(): number {
    return this.#child.pid;
  }

  kill(signal: Deno.Signal): void {
    this.#child.kill(signal);
  }

  /** Its exit code and all that it said, when it has ended. */
  async end(): Promise<{ code: number; signal: string | null; words: string }> {
    const { code, signal } = await this.#child.status;
    await this.#wordsEnd;
    return { code, signal, words: this.#words };
  }

  async stop(): Promise<{ code: number; words: string }> {
    this.kill("SIGTERM");
    return await this.end();
  }

  /** Connects as soon as the loader listens. */
  async connect(): Promise<Reader> {
    let conn: Deno.UnixConn | undefined;
    await until(`the loader listens; it says: ${this.#words}`, async () => {
      conn = await Deno.connect({ transport: "unix", path: this.socketPath })
        .catch(() => undefined);
      return conn !== undefined;
    });
    return new Reader(conn!);
  }
}

export class Reader {
  readonly hellos: HelloFrame[] = [];
  readonly records: CapturedRecord[] = [];
  readonly counters: CountersFrame[] = [];
  byeReason: number | null = null;
  ended = false;
  readonly #reading: Promise<void>;

  constructor(private readonly conn: Deno.UnixConn) {
    this.#reading = this.#read();
  }

  async #read(): Promise<void> {
    const frames = new FrameReader();
    const buffer = new Uint8Array(262144);
    for (;;) {
      const count = await this.conn.read(buffer).catch(() => null);
      if (count === null) break;
      for (const frame of frames.push(buffer.subarray(0, count))) this.#take(frame);
    }
    this.ended = true;
    try {
      this.conn.close();
    } catch {
      // closed by the test
    }
  }

  #take(frame: Frame): void {
    if (this.byeReason !== null) throw new Error(`a ${frame.type} frame behind bye`);
    if (frame.type === "hello") this.hellos.push(frame);
    else if (this.hellos.length === 0 && frame.type !== "bye") throw new Error("no hello first");
    if (frame.type === "captures") this.records.push(...frame.records);
    if (frame.type === "counters") this.counters.push(frame);
    if (frame.type === "bye") this.byeReason = frame.reason;
  }

  async hello(): Promise<HelloFrame> {
    await until("hello", () => this.hellos.length > 0 || this.ended);
    return this.hellos[this.hellos.length - 1];
  }

  /** Counters as they are when everything that has happened so far has been counted. */
  async settledCounters(): Promise<CountersFrame> {
    const before = this.counters.length;
    // The first one to come may have been read before the last record was.
    await until("counters", () => this.counters.length >= before + 2 || this.ended);
    return this.counters[this.counters.length - 1];
  }

  async write(bytes: Uint8Array): Promise<void> {
    for (let at = 0; at < bytes.length;) at += await this.conn.write(bytes.subarray(at));
  }

  close(): void {
    this.conn.close();
  }

  /** When the loader has closed the connection. */
  end(): Promise<void> {
    return this.#reading;
  }
}

export interface Attached {
  readonly xdp: number;
  readonly tcx: number;
  readonly clsact: number;
}

/** What is attached to an interface right now. */
export async function attachedTo(lab: Lab, place: Place = "server", name = "eth0") {
  return JSON.parse(await lab.in(place, ATTACHED, name)) as Attached;
}

/** Waits until nothing is attached: the kernel detaches a dead process's links soon, not at once. */
export async function untilNothingAttached(lab: Lab, place: Place = "server"): Promise<void> {
  await until("nothing is attached", async () => {
    const { xdp, tcx, clsact } = await attachedTo(lab, place);
    return xdp === 0 && tcx === 0 && clsact === 0;
  });
}
