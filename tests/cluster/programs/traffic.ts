// A load that runs inside the cluster's network until SIGTERM and then says all that it saw.
// Argument: JSON of TrafficOptions. Output: one line "started" once every connection has asked every
// path, one of TrafficProgress for each line of input, and one of TrafficReport once every connection
// has asked every path once more after the signal.

import { HttpLoop, wallMs } from "./http_loop.ts";
import { TextLineStream } from "./text_lines.ts";

export interface TrafficOptions {
  readonly address: string;
  readonly port: number;
  readonly host: string;
  /** Asked in turn by every connection. */
  readonly paths: readonly string[];
  readonly connections: number;
  /** Between two requests of a connection; 0: as fast as it is answered. */
  readonly pauseMs: number;
  /** What of a body tells answers apart: the first group of this pattern; absent: nothing. */
  readonly tag?: string;
}

/** A path's answer that was unlike the one before it on the same connection. */
export interface Turn {
  readonly path: string;
  readonly connection: number;
  readonly answer: string;
  readonly atMs: number;
}

export interface TrafficReport {
  readonly asked: number;
  /** How often each `status tag` was the answer. */
  readonly answers: Readonly<Record<string, number>>;
  readonly turns: readonly Turn[];
  /** Requests that got no whole answer. */
  readonly failures: readonly { readonly atMs: number; readonly what: string }[];
  readonly longestMs: number;
}

/** What it has seen so far. */
export interface TrafficProgress {
  readonly turns: number;
  readonly answers: readonly string[];
}

const MOST_KEPT = 2_000;

async function run(options: TrafficOptions): Promise<TrafficReport> {
  const { address, port, host, paths, connections, pauseMs } = options;
  const tag = options.tag === undefined ? undefined : new RegExp(options.tag);
  const answers: Record<string, number> = {};
  const turns: Turn[] = [];
  const failures: { atMs: number; what: string }[] = [];
  let asked = 0;
  let longestMs = 0;
  let isOver = false;
  let starting = connections;
  Deno.addSignalListener("SIGTERM", () => isOver = true);
  void (async () => {
    const lines = Deno.stdin.readable.pipeThrough(new TextDecoderStream())
      .pipeThrough(new TextLineStream());
    for await (const _ of lines) {
      const progress: TrafficProgress = { turns: turns.length, answers: Object.keys(answers) };
      console.log(JSON.stringify(progress));
    }
  })();

  async function loop(connection: number): Promise<void> {
    const client = new HttpLoop(address, port);
    const last = new Map<string, string>();
    let left = paths.length;
    for (let turn = connection; !isOver || left-- > 0; turn++) {
      if (turn === connection + paths.length && --starting === 0) console.log("started");
      const path = paths[turn % paths.length];
      const startMs = wallMs();
      asked++;
      try {
        const { status, body, atMs } = await client.ask(path, host);
        const answer = tag === undefined ? `${status}` : `${status} ${tag.exec(body)?.[1] ?? ""}`;
        answers[answer] = (answers[answer] ?? 0) + 1;
        longestMs = Math.max(longestMs, atMs - startMs);
        if (last.get(path) !== answer && turns.length < MOST_KEPT) {
          turns.push({ path, connection, answer, atMs });
        }
        last.set(path, answer);
      } catch (error) {
        const what = error instanceof Error ? error.message : String(error);
        if (failures.length < MOST_KEPT) failures.push({ atMs: wallMs(), what });
        // A server that is away is asked again, but not in a spin.
        await new Promise((resolve) => setTimeout(resolve, 20));
      }
      if (pauseMs > 0) await new Promise((resolve) => setTimeout(resolve, pauseMs));
    }
    client.close();
  }

  await Promise.all(Array.from({ length: connections }, (_, index) => loop(index)));
  return { asked, answers, turns, failures, longestMs };
}

if (import.meta.main) {
  const report = await run(JSON.parse(Deno.args[0]) as TrafficOptions);
  console.log(JSON.stringify(report));
  Deno.exit(0);
}
