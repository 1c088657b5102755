// Starts the programs of this folder inside a cluster's network and speaks with them by lines.
// Whoever starts one ends it; none of them outlives its cluster either.

import { insideNetwork, until } from "../lab/command.ts";
import { CHECKOUT, CONTROL_PLANE_NETWORK, networkPath, type Places } from "../lab/settings.ts";
import { TextLineStream } from "./text_lines.ts";
import type { TrafficOptions, TrafficProgress, TrafficReport } from "./traffic.ts";

const FOLDER = "tests/cluster/programs";

/** The arguments that run a program of the host in the control plane's network. */
export function inNetwork(places: Places, ...args: string[]): string[] {
  return insideNetwork(networkPath(places, CONTROL_PLANE_NETWORK), args);
}

class Child {
  readonly #process: Deno.ChildProcess;
  readonly #lines: ReadableStreamDefaultReader<string>;
  readonly #input: WritableStreamDefaultWriter<Uint8Array>;

  constructor(places: Places, program: string, args: readonly string[]) {
    const [nsenter, ...rest] = inNetwork(
      places,
      ...[Deno.execPath(), "run", "--allow-net", "--quiet", `${FOLDER}/${program}.ts`, ...args],
    );
    this.#process = new Deno.Command(nsenter, {
      args: rest,
      cwd: CHECKOUT,
      stdin: "piped",
      stdout: "piped",
    }).spawn();
    this.#lines = this.#process.stdout.pipeThrough(new TextDecoderStream())
      .pipeThrough(new TextLineStream()).getReader();
    this.#input = this.#process.stdin.getWriter();
  }

  async line(): Promise<string> {
    const { value, done } = await this.#lines.read();
    if (done) throw new Error("the program ended without an answer");
    return value;
  }

  async tell(line: string): Promise<string> {
    await this.#input.write(new TextEncoder().encode(`${line}\n`));
    return await this.line();
  }

  signal(signal: Deno.Signal): void {
    this.#process.kill(signal);
  }

  async end(signal: Deno.Signal): Promise<void> {
    try {
      this.#process.kill(signal);
    } catch {
      // Ended already.
    }
    await this.#lines.cancel();
    await this.#input.close().catch(() => {});
    await this.#process.status;
  }
}

/** A load that runs until `end` and then tells what it saw. */
export class Traffic implements AsyncDisposable {
  readonly #child: Child;

  private constructor(child: Child) {
    this.#child = child;
  }

  static async start(places: Places, options: TrafficOptions): Promise<Traffic> {
    const child = new Child(places, "traffic", [JSON.stringify(options)]);
    await child.line();
    return new Traffic(child);
  }

  /** Waits until it has seen what is wanted. */
  async until(what: string, isWanted: (progress: TrafficProgress) => boolean): Promise<void> {
    await until(what, async () => {
      const text = await this.#child.tell("progress");
      if (isWanted(JSON.parse(text) as TrafficProgress)) return true;
      throw new Error(`up to now: ${text}`);
    }, { timeoutMs: 240_000 });
  }

  /** Every connection asks every path once more before it ends. */
  async end(): Promise<TrafficReport> {
    this.#child.signal("SIGTERM");
    return JSON.parse(await this.#child.line()) as TrafficReport;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#child.end("SIGKILL");
  }
}

/** Servers on the given ports, which answer `PORT VERSION`. */
export class Backends implements AsyncDisposable {
  readonly #child: Child;

  private constructor(child: Child) {
    this.#child = child;
  }

  static async start(places: Places, ports: readonly number[]): Promise<Backends> {
    const child = new Child(places, "backend", ports.map(String));
    await child.line();
    return new Backends(child);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#child.end("SIGKILL");
  }
}

export type RelayCommand = "open" | "cut" | "refuse" | "deaf";

/** The way to the API server, which counts connections and can fail. */
export class Relay implements AsyncDisposable {
  readonly #child: Child;
  readonly port: number;

  private constructor(child: Child, port: number) {
    this.#child = child;
    this.port = port;
  }

  static async start(places: Places, target: string): Promise<Relay> {
    const child = new Child(places, "relay", [target]);
    return new Relay(child, Number(await child.line()));
  }

  /** Gives the connections that were accepted up to now. */
  async command(command: RelayCommand): Promise<number> {
    return Number(await this.#child.tell(command));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#child.end("SIGKILL");
  }
}
