// A worker that asks for one path over one connection, again and again, and says when what it was
// answered changes. Takes Ask messages, gives Seen for each turn and Done for `stop`.

import { HttpLoop } from "../../tests/cluster/programs/http_loop.ts";

export type Ask =
  | { readonly kind: "start"; readonly address: string; readonly path: string; pauseMs: number }
  | { readonly kind: "stop" };

export type Told =
  | { readonly kind: "seen"; readonly answer: string; readonly atMs: number }
  | { readonly kind: "done"; readonly asked: number; readonly answers: Record<string, number> };

const scope = self as unknown as {
  postMessage(message: Told): void;
  onmessage: (event: MessageEvent<Ask>) => void;
};

let isOver = false;

async function loop(address: string, path: string, pauseMs: number): Promise<void> {
  const client = new HttpLoop(address, 80);
  const answers: Record<string, number> = {};
  let asked = 0;
  let last = "";
  while (!isOver) {
    asked++;
    let answer: string;
    let atMs = 0;
    try {
      const got = await client.ask(path, "example.com");
      answer = `${got.status} ${got.status === 200 ? got.body.trim() : ""}`.trim();
      atMs = got.atMs;
    } catch (error) {
      answer = String(error);
    }
    answers[answer] = (answers[answer] ?? 0) + 1;
    if (answer !== last) scope.postMessage({ kind: "seen", answer, atMs });
    last = answer;
    if (pauseMs > 0) await new Promise((resolve) => setTimeout(resolve, pauseMs));
  }
  client.close();
  scope.postMessage({ kind: "done", asked, answers });
}

scope.onmessage = ({ data }) => {
  if (data.kind === "stop") isOver = true;
  else void loop(data.address, data.path, data.pauseMs);
};
