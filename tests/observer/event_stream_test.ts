// /events of a real admin server: the last events first, or those behind the last one that a reader
// knows, then each as it comes; and how many may listen.

import { startAdmin } from "../../src/admin/server.ts";
import type { ObserverEvent } from "../../src/observe/events/event.ts";
import { EventLog } from "../../src/observe/sinks/event_log.ts";
import { assertEquals } from "../assert.ts";

const KEPT = 256, READERS_MAX = 16;

function event(id: string): ObserverEvent {
  return { id, type: "ErrorRate", subtype: "onset", message: "a\nb" } as ObserverEvent;
}

/** A reader of server-sent events, as the HTML standard splits them. */
class EventReader {
  readonly #stream: ReadableStreamDefaultReader<string>;
  #text = "";

  constructor(response: Response) {
    assertEquals([response.status, response.headers.get("content-type")], [
      200,
      "text/event-stream",
    ]);
    this.#stream = response.body!.pipeThrough(new TextDecoderStream()).getReader();
  }

  /** The next event with its id and its data; comments are passed over. */
  async next(): Promise<{ id: string; type: string; data: ObserverEvent }> {
    for (;;) {
      const end = this.#text.indexOf("\n\n");
      if (end < 0) {
        const { value, done } = await this.#stream.read();
        if (done) throw new Error("the stream ended");
        this.#text += value;
        continue;
      }
      const lines = this.#text.slice(0, end).split("\n");
      this.#text = this.#text.slice(end + 2);
      const field = (name: string) =>
        lines.find((line) => line.startsWith(`${name}: `))?.slice(name.length + 2);
      const data = field("data");
      if (data) return { id: field("id")!, type: field("event")!, data: JSON.parse(data) };
    }
  }

  async close(): Promise<void> {
    await this.#stream.cancel();
  }
}

async function withEvents(
  test: (log: EventLog, open: (lastId?: string) => Promise<Response>) => Promise<void>,
): Promise<void> {
  const log = new EventLog();
  const server = startAdmin({ address: "127.0.0.1", port: 0 }, {
    metrics: { contentType: "text/plain", render: () => Promise.resolve("") },
    readiness: () => ({ ready: true }),
    local: {},
    streams: {
      "/events": { contentType: "text/event-stream", open: (lastId) => log.stream(lastId) },
    },
  });
  const url = `http://127.0.0.1:${server.port}/events`;
  try {
    await test(log, (lastId) => fetch(url, lastId ? { headers: { "last-event-id": lastId } } : {}));
  } finally {
    await server.close();
  }
}

Deno.test("a reader gets the last events, then each as it comes, with what it is", async () => {
  await withEvents(async (log, open) => {
    for (let ordinal = 0; ordinal < KEPT + 44; ordinal++) log.add(event(`e${ordinal}`));
    const reader = new EventReader(await open());
    for (let ordinal = 44; ordinal < KEPT + 44; ordinal++) {
      assertEquals(await reader.next(), {
        id: `e${ordinal}`,
        type: "ErrorRate",
        data: event(`e${ordinal}`),
      });
    }
    log.add(event("new"));
    assertEquals((await reader.next()).id, "new");
    await reader.close();
    assertEquals([...log.counts], [["ErrorRate onset", KEPT + 45]]);
  });
});

Deno.test("a reader that comes back gets what it has missed; one whose last event is gone gets all", async () => {
  await withEvents(async (log, open) => {
    for (const id of ["a", "b", "c"]) log.add(event(id));
    const behind = new EventReader(await open("b"));
    assertEquals((await behind.next()).id, "c");
    log.add(event("d"));
    assertEquals((await behind.next()).id, "d");
    await behind.close();
    const reader = new EventReader(await open("forgotten"));
    assertEquals((await reader.next()).id, "a");
    await reader.close();
  });
});

Deno.test("one reader too many is told so, and a place that is left is free", async () => {
  await withEvents(async (log, open) => {
    log.add(event("a"));
    const readers: EventReader[] = [];
    for (let count = 0; count < READERS_MAX; count++) {
      readers.push(new EventReader(await open()));
      await readers[count].next();
    }
    const refused = await open();
    assertEquals([refused.status, await refused.text()], [503, "too many readers\n"]);
    await readers[0].close();
    for (;;) {
      const response = await open();
      if (response.status === 200) {
        await response.body?.cancel();
        break;
      }
      await response.body?.cancel();
      await new Promise((go) => setTimeout(go, 10));
    }
    for (const reader of readers.slice(1)) await reader.close();
  });
});
