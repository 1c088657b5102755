// The worker's loop: whoever awaits a promise that an event has settled goes on before the next wait,
// which would hold the thread.

import { EventLoop } from "../../src/data/native/event_loop.ts";
import type { Poller } from "../../src/data/native/poller.ts";
import { assertEquals } from "../assert.ts";

Deno.test("a chain of awaits ends before the loop waits again", async () => {
  const happened: string[] = [];
  let settle = () => {};
  const first = new Promise<void>((resolve) => settle = resolve);
  const chain = async (depth: number): Promise<void> => {
    if (depth === 0) await first;
    else await chain(depth - 1);
  };
  const done = chain(5).then(() => void happened.push("went on"));
  const poller = {
    hasSettled: false,
    wakes: 0,
    wait: () => {
      happened.push("wait");
      return happened.length === 1 ? 1 : 0;
    },
    waitAside: () => {
      loop.stop();
      return Promise.resolve(0);
    },
    dispatch(count: number) {
      if (count === 0) return;
      settle();
      this.hasSettled = true;
    },
  };
  const loop = new EventLoop(poller as unknown as Poller);
  await loop.run();
  await done;
  assertEquals(happened, ["wait", "went on", "wait"]);
});
