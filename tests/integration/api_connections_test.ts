// The connections to the API server: how watches are spread over them, which are left when, and how
// few are tried while it is away.

import { rejects } from "node:assert/strict";
import { ApiClient } from "../../src/control/provider/kubernetes/api_client.ts";
import { type Connection, Connections } from "../../src/control/provider/kubernetes/connections.ts";
import { assertEquals } from "../assert.ts";
import { ApiDouble, eventually } from "./api_double.ts";

interface Made {
  readonly connections: Connections;
  /** Those over which the server is not reached any more. */
  readonly deaf: Set<Deno.HttpClient>;
  asked: number;
  /** All that are made from now on are deaf too, as where the server itself is frozen. */
  isFrozen: boolean;
}

async function withConnections(test: (made: Made) => Promise<void> | void): Promise<void> {
  const made: Made = {
    deaf: new Set(),
    asked: 0,
    isFrozen: false,
    connections: new Connections({
      open: () => Deno.createHttpClient({}),
      ask(client) {
        made.asked++;
        return made.isFrozen || made.deaf.has(client) ? Promise.reject() : Promise.resolve();
      },
    }),
  };
  try {
    await test(made);
  } finally {
    made.connections.close();
  }
}

function watches(connections: Connections, count: number): Connection[] {
  return Array.from({ length: count }, () => connections.takeForWatch());
}

Deno.test("watches leave a connection room for requests, and spread over more", async () => {
  await withConnections(({ connections }) => {
    const taken = watches(connections, 200);
    const perConnection = Map.groupBy(taken, (each) => each);
    assertEquals([...perConnection.values()].map(({ length }) => length), [64, 64, 64, 8]);
    assertEquals(taken[0], connections.forRequest());
    // What only watches needed goes with the last of them; the first stays.
    for (const each of taken) connections.releaseWatch(each);
    assertEquals([...perConnection.keys()].map(({ lost }) => lost.aborted), [
      false,
      true,
      true,
      true,
    ]);
  });
});

Deno.test("a deaf connection is left once a new one is answered, and so are other deaf ones", async () => {
  await withConnections(async ({ connections, deaf }) => {
    const [first, second] = [...new Set(watches(connections, 100))];
    deaf.add(first.client).add(second.client);
    await connections.suspect(first, performance.now());
    assertEquals(first.lost.aborted, true);
    assertEquals(connections.forRequest() === first, false);
    await eventually("the second is left, too", () => second.lost.aborted);
  });
});

Deno.test("a server that answers nobody is not asked over and over", async () => {
  await withConnections(async (made) => {
    const { connections } = made;
    const first = connections.forRequest();
    made.isFrozen = true;
    const sinceMs = performance.now();
    await Promise.all(Array.from({ length: 20 }, () => connections.suspect(first, sinceMs)));
    assertEquals([made.asked, first.lost.aborted], [1, false]);
    assertEquals(connections.forRequest(), first);
  });
});

Deno.test("a slow answer is no sign of deafness where others came meanwhile", async () => {
  await withConnections(async (made) => {
    const first = made.connections.forRequest();
    const sinceMs = performance.now() - 1;
    first.heard();
    await made.connections.suspect(first, sinceMs);
    assertEquals(made.asked, 0);
  });
});

/** A port before the API server that can end every connection at once, and counts them. */
class Door {
  readonly #listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  readonly #open = new Set<Deno.Conn>();
  isShut = false;
  knocks = 0;

  constructor(readonly target: number) {
    void this.#accept();
  }

  get url(): string {
    return `http://127.0.0.1:${this.#listener.addr.port}`;
  }

  async #accept(): Promise<void> {
    for await (const near of this.#listener) {
      this.knocks++;
      if (this.isShut) near.close();
      else void this.#join(near);
    }
  }

  async #join(near: Deno.Conn): Promise<void> {
    const far = await Deno.connect({ hostname: "127.0.0.1", port: this.target });
    for (const side of [near, far]) this.#open.add(side);
    const ends = [near.readable.pipeTo(far.writable), far.readable.pipeTo(near.writable)];
    await Promise.allSettled(ends);
    for (const side of [near, far]) this.#open.delete(side);
  }

  shut(): void {
    this.isShut = true;
    for (const side of this.#open) side.close();
  }

  close(): void {
    this.shut();
    this.#listener.close();
  }
}

async function behindDoor(test: (door: Door, client: ApiClient) => Promise<void>): Promise<void> {
  const api = new ApiDouble();
  const door = new Door(Number(new URL(api.url).port));
  const client = new ApiClient({
    url: door.url,
    open: () => Deno.createHttpClient({}),
    namespace: "default",
    authorization: () => Promise.resolve(undefined),
  });
  try {
    await test(door, client);
  } finally {
    client.close();
    door.close();
    await api.stop();
  }
}

const LIST = { method: "GET", path: "/api/v1/services" } as const;

Deno.test("while the server is away one asks for all, and then everybody is answered", async () => {
  await behindDoor(async (door, client) => {
    await client.json(LIST);
    door.shut();
    await rejects(() => client.json(LIST), /\/api\/v1\/services/);
    const knocks = door.knocks;
    let settled = 0;
    const waiting = Array.from({ length: 100 }, () =>
      client.json(LIST).finally(() => {
        settled++;
      }));
    await eventually("it is asked again, and again", () => door.knocks >= knocks + 2);
    assertEquals([settled, door.knocks < knocks + 20], [0, true]);
    door.isShut = false;
    await Promise.all(waiting);
  });
});

Deno.test("what waits for a server that is away ends in its own time, and by its signal", async () => {
  await behindDoor(async (door, client) => {
    door.shut();
    await rejects(() => client.json(LIST), /services/);
    const stop = new AbortController();
    const stopped = client.json({ ...LIST, signal: stop.signal });
    await rejects(() => client.json({ ...LIST, timeoutMs: 50 }), /services/);
    stop.abort();
    await rejects(() => stopped, /services/);
    const closed = client.json(LIST);
    client.close();
    await rejects(() => closed, /services/);
  });
});
