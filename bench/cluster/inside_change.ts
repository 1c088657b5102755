// Runs in the cluster's network: makes routes and flips one, and measures from the API server's
// answer, and from the watch event, to the first right answer. Argument: JSON of Inside; prints
// JSON of InsideFigures. Watch events are timed as this process's own watch is told of them.

import { ApiClient } from "../../src/control/provider/kubernetes/api_client.ts";
import { kubeconfigServer } from "../../src/control/provider/kubernetes/credentials.ts";
import { ListWatch } from "../../src/control/provider/kubernetes/list_watch.ts";
import { route } from "../../tests/cluster/gateway_stage.ts";
import { wallMs } from "../../tests/cluster/programs/http_loop.ts";
import type { Ask, Told } from "./tight_client.ts";

export interface Inside {
  readonly kubeconfig: string;
  readonly collection: string;
  readonly address: string;
  readonly added: number;
  readonly flips: number;
}

export interface InsideFigures {
  readonly addedFromAnswerMs: readonly number[];
  readonly addedFromEventMs: readonly number[];
  readonly addedWrong: number;
  readonly flippedFromAnswerMs: readonly number[];
  readonly flipAsked: number;
  readonly flipWrong: number;
}

/** The worker, as answers to wait for. */
class TightClient {
  readonly #worker = new Worker(new URL("./tight_client.ts", import.meta.url), { type: "module" });
  readonly #turns: { answer: string; atMs: number }[] = [];
  readonly #done = Promise.withResolvers<Extract<Told, { kind: "done" }>>();
  #wake = () => {};

  constructor(address: string, path: string, pauseMs: number) {
    this.#worker.onmessage = ({ data }: MessageEvent<Told>) => {
      if (data.kind === "done") return this.#done.resolve(data);
      this.#turns.push(data);
      this.#wake();
    };
    this.#post({ kind: "start", address, path, pauseMs });
  }

  #post(message: Ask): void {
    this.#worker.postMessage(message);
  }

  /** When `answer` was first seen after `sinceMs`. */
  async first(answer: string, sinceMs = 0): Promise<number> {
    const deadlineMs = wallMs() + 60_000;
    for (;;) {
      const found = this.#turns.find((turn) => turn.answer === answer && turn.atMs > sinceMs);
      if (found) return found.atMs;
      if (wallMs() > deadlineMs) throw new Error(`never: ${answer}; last ${this.#turns.at(-1)}`);
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
        setTimeout(resolve, 1_000);
      });
    }
  }

  /** How often it asked, and how often it was answered otherwise than it should be. */
  async end(right: RegExp): Promise<{ asked: number; wrong: number }> {
    this.#post({ kind: "stop" });
    const { asked, answers } = await this.#done.promise;
    this.#worker.terminate();
    const wrong = Object.entries(answers).filter(([answer]) => !right.test(answer));
    for (const [answer, count] of wrong) console.error(`wrong: ${answer}, ${count} times`);
    return { asked, wrong: wrong.reduce((sum, [, count]) => sum + count, 0) };
  }
}

async function pause(ms: number): Promise<void> {
  await new Promise((resolve) => setTimeout(resolve, ms));
}

const inside = JSON.parse(Deno.args[0]) as Inside;
const { collection, address } = inside;
const client = new ApiClient(await kubeconfigServer(inside.kubeconfig));
const stop = new AbortController();
const events = new Map<string, number>();
const isListed = Promise.withResolvers<void>();
void new ListWatch({
  client,
  paths: [collection],
  signal: stop.signal,
  handler: {
    replace: () => isListed.resolve(),
    changes: (changes) => {
      const nowMs = wallMs();
      for (const { type, object } of changes) {
        if (type === "ADDED") events.set(object.metadata.name, nowMs);
      }
    },
    missing() {},
    failed: (error) => console.error(error.message),
    well() {},
  },
}).run();
await isListed.promise;

const addedFromAnswerMs: number[] = [];
const addedFromEventMs: number[] = [];
let addedWrong = 0;
for (let index = 0; index < inside.added; index++) {
  const path = `/added-${index}`;
  const tight = new TightClient(address, path, 1);
  await tight.first("404");
  const body = route(`added-${index}`, path, { backend: "back", port: 9001 });
  await client.json({ method: "POST", path: collection, body });
  const answeredMs = wallMs();
  const servedMs = await tight.first("200 9001 none");
  addedFromAnswerMs.push(servedMs - answeredMs);
  await pause(300);
  addedFromEventMs.push(servedMs - events.get(`added-${index}`)!);
  addedWrong += (await tight.end(/^(404|200 9001 none)$/)).wrong;
}

const flipped = (port: number) =>
  route("flipped", "/flipped", { backend: "back", port, version: `v${port}` });
await client.json({ method: "POST", path: collection, body: flipped(9001) });
await pause(1_000);
const tight = new TightClient(address, "/flipped", 0);
await tight.first("200 9001 v9001");
const flippedFromAnswerMs: number[] = [];
for (let flip = 1; flip <= inside.flips; flip++) {
  const port = flip % 2 === 0 ? 9001 : 9002;
  const startedMs = wallMs();
  await client.json({
    method: "PATCH",
    path: `${collection}/flipped`,
    body: flipped(port),
    contentType: "application/merge-patch+json",
  });
  const answeredMs = wallMs();
  const servedMs = await tight.first(`200 ${port} v${port}`, startedMs);
  flippedFromAnswerMs.push(servedMs - answeredMs);
  await pause(Math.max(0, 200 - (wallMs() - startedMs)));
}
const { asked: flipAsked, wrong: flipWrong } = await tight.end(/^200 900([12]) v900\1$/);
stop.abort();
const figures: InsideFigures = {
  addedFromAnswerMs,
  addedFromEventMs,
  addedWrong,
  flippedFromAnswerMs,
  flipAsked,
  flipWrong,
};
console.log(JSON.stringify(figures));
Deno.exit(0);
