// The connections to the API server: how watches are spread over them, and which are left when.

import { type Connection, Connections } from "../../src/control/provider/kubernetes/connections.ts";
import { assertEquals } from "../assert.ts";
import { eventually } from "./api_double.ts";

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
