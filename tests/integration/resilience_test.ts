// Endpoints that fail, stall or leave, clients that do, limits, retries, tunnels and drains.
// No test asserts how long anything takes; deadlines are set short where they have to pass.

import assert from "node:assert/strict";
import { assertEquals } from "../assert.ts";
import { onStage, overFronts, SUITE_FRONT, WIRE_ONLY } from "./fronts.ts";
import { until } from "./gateway_harness.ts";
import { answering, connect, fieldOf, ok, RawEndpoint, statusOf } from "./raw.ts";

const GET = "GET / HTTP/1.1\r\nHost: a.example\r\n\r\n";
const POST = "POST / HTTP/1.1\r\nHost: a.example\r\nContent-Length: 2\r\n\r\nhi";

const echo = (): readonly RawEndpoint[] => [new RawEndpoint(answering(({ head }) => ok(head)))];
const silent = (): readonly RawEndpoint[] => [
  new RawEndpoint(async (connection) => {
    while (await connection.more());
  }),
];

/** An address that refuses connections. */
function refusing(): readonly RawEndpoint[] {
  const endpoint = new RawEndpoint(() => Promise.resolve());
  endpoint.stopListening();
  return [endpoint];
}

overFronts("an endpoint that refuses is a 502, and another is asked first", refusing, async (s) => {
  const client = await connect(s.port);
  await client.send(GET);
  assertEquals(statusOf((await client.message()).head), 502);
  const good = new RawEndpoint(answering(() => ok("good")));
  await s.gateway.edit("all.yaml", s.yaml([good.port, 1]));
  await until("the new endpoints are served", async () => {
    await client.send(POST);
    return statusOf((await client.message()).head);
  }, (status) => status === 200);
  for (let round = 0; round < 20; round++) {
    await client.send(POST);
    assertEquals((await client.message()).body, "good");
  }
  client.close();
  await good.close();
});

/** Serves one request on each connection and closes it some time after, without a word. */
function closing(): readonly RawEndpoint[] {
  return [
    new RawEndpoint(async (connection, ordinal) => {
      const { head } = await connection.message();
      if (ordinal === 0) {
        await connection.send(ok(head));
        await connection.message();
        return;
      }
      await connection.send(ok(`again ${head}`));
      while (await connection.more());
    }),
  ];
}

overFronts(
  "an idempotent request is sent again on a fresh connection",
  closing,
  async (stage, made) => {
    const client = await connect(stage.port);
    await client.send(GET);
    assertEquals(statusOf((await client.message()).head), 200);
    await client.send(GET);
    const { head, body } = await client.message();
    assertEquals(statusOf(head), 200);
    assert.ok(body.startsWith("again GET / "), body);
    assertEquals(made[0]!.connections, 2);
    client.close();
  },
);

overFronts("a request that is not idempotent is not sent twice", closing, async (stage, made) => {
  const client = await connect(stage.port);
  await client.send(GET);
  assertEquals(statusOf((await client.message()).head), 200);
  await client.send(POST);
  assertEquals(statusOf((await client.message()).head), 502);
  assertEquals(made[0]!.connections, 1);
  client.close();
});

/** Closes every connection after it has read a request. */
const hangingUp = (): readonly RawEndpoint[] => [
  new RawEndpoint(async (connection) => void await connection.message()),
];

overFronts("a retry happens once", hangingUp, async ({ port }, [endpoint]) => {
  const client = await connect(port);
  await client.send(GET);
  assertEquals(statusOf((await client.message()).head), 502);
  assertEquals(endpoint!.connections, 2);
  client.close();
});

overFronts(
  "a retry happens once, however many endpoints there are",
  () => [...hangingUp(), ...hangingUp(), ...hangingUp()],
  async ({ port }, endpoints) => {
    const client = await connect(port);
    await client.send(GET);
    assertEquals(statusOf((await client.message()).head), 502);
    assertEquals(endpoints.reduce((sum, { connections }) => sum + connections, 0), 2);
    client.close();
  },
);

/** An endpoint that dies within a request, as a pod that is killed does, beside one that lives. */
function dying(): readonly RawEndpoint[] {
  const dead: RawEndpoint = new RawEndpoint(async (connection) => {
    await connection.message();
    dead.stopListening();
  });
  return [dead, new RawEndpoint(answering(() => ok("alive")))];
}

overFronts(
  "an idempotent request to an endpoint that died goes to another",
  dying,
  async ({ port }, [dead]) => {
    const client = await connect(port);
    // Until it has been asked; whoever it was that asked is answered all the same.
    for (let request = 0; dead!.connections === 0 && request < 200; request++) {
      await client.send(GET);
      const { head, body } = await client.message();
      assertEquals([statusOf(head), body], [200, "alive"]);
    }
    assertEquals(dead!.connections, 1);
    client.close();
  },
  { fronts: WIRE_ONLY },
);

/** One that hangs up on every request, though it takes connections, beside fifteen that answer. */
function hangingUpBeside(): readonly RawEndpoint[] {
  const others = Array.from({ length: 15 }, () => new RawEndpoint(answering(() => ok("alive"))));
  return [...hangingUp(), ...others];
}

overFronts(
  "an idempotent request that an endpoint hung up on goes to another",
  hangingUpBeside,
  async ({ port }, [hangs]) => {
    const client = await connect(port);
    for (let request = 0; hangs!.connections === 0 && request < 1000; request++) {
      await client.send(GET);
      const { head, body } = await client.message();
      assertEquals([statusOf(head), body], [200, "alive"]);
    }
    assertEquals(hangs!.connections, 1);
    client.close();
  },
  { fronts: WIRE_ONLY },
);

/** One of `count` that lives; the others refuse, as all pods but one do that were scaled away. */
const oneOf = (count: number) => (): readonly RawEndpoint[] => {
  const gone = Array.from({ length: count - 1 }, () => new RawEndpoint(() => Promise.resolve()));
  for (const endpoint of gone) endpoint.stopListening();
  return [...gone, new RawEndpoint(answering(() => ok("alive")))];
};

overFronts("endpoints that refuse are passed over while others are left", oneOf(16), async (s) => {
  // All at once: nobody can have been told yet by main what is ejected.
  const clients = await Promise.all(Array.from({ length: 20 }, () => connect(s.port)));
  await Promise.all(clients.map(async (client) => {
    await client.send(POST);
    const { head, body } = await client.message();
    assertEquals([statusOf(head), body], [200, "alive"]);
    client.close();
  }));
});

overFronts("without ejection, a request asks sixteen endpoints at most", oneOf(4), async (s) => {
  const client = await connect(s.port);
  let good = 0;
  for (let request = 0; request < 200; request++) {
    await client.send(POST);
    if (statusOf((await client.message()).head) === 200) good++;
  }
  // By chance, 1 of 3 each time after the first: 2 of 3 to the power of 15 are not answered well.
  assert.ok(good > 180, `only ${good} of 200`);
  client.close();
}, { env: { RAUTA_EJECTION_SECONDS: "0" } });

overFronts("an endpoint that does not answer in time is a 504", silent, async ({ port }) => {
  const client = await connect(port);
  await client.send(GET);
  const { head } = await client.message();
  assertEquals(statusOf(head), 504);
  client.close();
}, { env: { RAUTA_RESPONSE_TIMEOUT_SECONDS: "0.2" } });

for (const timeouts of ["{ request: 200ms }", "{ request: 1h, backendRequest: 200ms }"]) {
  overFronts(`the route's timeouts ${timeouts} are kept`, silent, async ({ port }) => {
    const client = await connect(port);
    await client.send(GET);
    assertEquals(statusOf((await client.message()).head), 504);
    client.close();
  }, { rules: `[{ backendRefs: [{ name: a, port: 80 }], timeouts: ${timeouts} }]` });
}

overFronts("a head that does not arrive in time is a 408", echo, async ({ port }) => {
  // Whoever has sent nothing in time, as may happen here on a busy machine, is not answered.
  const answer = await until("something was there in time", async () => {
    const client = await connect(port);
    await client.send("GET / HTTP/1.1\r\nHost:").catch(() => {});
    const text = await client.rest();
    client.close();
    return text;
  }, (text) => text !== "");
  assertEquals([statusOf(answer), fieldOf(answer, "connection")], [408, "close"]);
}, { fronts: WIRE_ONLY, env: { RAUTA_HEAD_TIMEOUT_SECONDS: "0.5" } });

overFronts("a connection without a request is closed in time", echo, async ({ port }) => {
  const client = await connect(port);
  assertEquals(await client.rest(), "");
  client.close();
}, { fronts: WIRE_ONLY, env: { RAUTA_HEAD_TIMEOUT_SECONDS: "0.2" } });

overFronts("an idle connection is closed in time", echo, async ({ port }) => {
  const client = await connect(port);
  await client.send(GET);
  assertEquals(statusOf((await client.message()).head), 200);
  assertEquals(await client.rest(), "");
  client.close();
}, { fronts: WIRE_ONLY, env: { RAUTA_IDLE_TIMEOUT_SECONDS: "0.2" } });

overFronts("a body that stops arriving is a 408", silent, async ({ port }) => {
  const client = await connect(port);
  await client.send(POST.slice(0, -1));
  assertEquals(statusOf((await client.message()).head), 408);
  client.close();
}, { env: { RAUTA_BODY_TIMEOUT_SECONDS: "0.2" } });

/** Sends half of what it promised and stalls. */
const stalling = (): readonly RawEndpoint[] => [
  new RawEndpoint(async (connection) => {
    await connection.message();
    await connection.send("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf");
    while (await connection.more());
  }),
];

overFronts("a response that stops is cut off", stalling, async ({ port }) => {
  const client = await connect(port);
  await client.send(GET);
  const answer = await client.rest();
  assert.ok(answer.endsWith("\r\n\r\nhalf"), answer);
  client.close();
}, { env: { RAUTA_BODY_TIMEOUT_SECONDS: "0.2" } });

/** Answers when it is told to. */
class Slow {
  readonly gate = Promise.withResolvers<void>();
  readonly asked = Promise.withResolvers<void>();
  closed = 0;
  readonly endpoint = new RawEndpoint(async (connection) => {
    for (;;) {
      try {
        await connection.message();
      } catch {
        this.closed++;
        return;
      }
      this.asked.resolve();
      await this.gate.promise;
      await connection.send(ok("slow"));
    }
  });
}

Deno.test("at the cap of connections a request waits, beyond that it is a 503", async () => {
  const slow = new Slow();
  await onStage(SUITE_FRONT, [slow.endpoint], async ({ port }) => {
    const clients = [await connect(port), await connect(port), await connect(port)];
    await clients[0]!.send(GET);
    await slow.asked.promise;
    await clients[1]!.send(GET);
    await clients[2]!.send(GET);
    const { head, body } = await Promise.race(clients.slice(1).map((each) => each.message()));
    assertEquals(statusOf(head), 503);
    assert.ok(body.includes("too many connections"), body);
    slow.gate.resolve();
    assertEquals((await clients[0]!.message()).body, "slow");
    for (const client of clients) client.close();
  }, { env: { RAUTA_MAX_UPSTREAM_CONNECTIONS: "1", RAUTA_MAX_WAITING_REQUESTS: "1" } });
  assertEquals(slow.endpoint.connections, 1);
});

Deno.test("an endpoint that leaves finishes its exchange, and then its connection is closed", async () => {
  const slow = new Slow();
  const other = new RawEndpoint(answering(() => ok("other")));
  await runOnce([slow.endpoint], async ({ port, gateway, yaml }) => {
    const client = await connect(port);
    await client.send(GET);
    await slow.asked.promise;
    const { table } = await gateway.status();
    await gateway.edit("all.yaml", yaml([other.port]));
    await until("the edit is served", () => gateway.status(), (status) => {
      return status.table.generation > table.generation;
    });
    const second = await connect(port);
    await second.send(GET);
    assertEquals((await second.message()).body, "other");
    slow.gate.resolve();
    assertEquals((await client.message()).body, "slow");
    await until("its connection is closed", () => slow.closed, (closed) => closed === 1);
    client.close();
    second.close();
  });
  await other.close();
});

Deno.test("a drain closes idle connections and lets exchanges finish with Connection: close", async () => {
  const slow = new Slow();
  await runOnce([slow.endpoint], async ({ port, gateway }) => {
    const [idle, busy] = [await connect(port), await connect(port)];
    await busy.send(GET);
    await slow.asked.promise;
    const stopped = gateway.stop(120_000);
    assertEquals(await idle.rest(), "");
    slow.gate.resolve();
    const answer = await busy.rest();
    assertEquals([statusOf(answer), fieldOf(answer, "connection")], [200, "close"]);
    assertEquals(await stopped, 0);
    idle.close();
    busy.close();
  });
});

Deno.test("a drain cuts off what is not done in time, and counts it", async () => {
  const slow = new Slow();
  await runOnce([slow.endpoint], async ({ port, gateway }) => {
    const busy = await connect(port);
    await busy.send(GET);
    await slow.asked.promise;
    assertEquals(await gateway.stop(100), 1);
    assertEquals(await busy.rest(), "");
    busy.close();
  });
  slow.gate.resolve();
});

/** Speaks a protocol of its own after 101: every line comes back in upper case. */
const upgrading = (): readonly RawEndpoint[] => [
  new RawEndpoint(async (connection) => {
    const { head } = await connection.message();
    assertEquals(fieldOf(head, "upgrade"), "lines");
    await connection.send(
      "HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: lines\r\n\r\nHELLO\n",
    );
    for (;;) {
      let line: string;
      try {
        line = await connection.until("\n");
      } catch {
        break;
      }
      await connection.send(line.toUpperCase());
    }
    await connection.send("BYE\n");
  }),
];

overFronts("an upgrade is a tunnel both ways, with half-close", upgrading, async ({ port }) => {
  const client = await connect(port);
  await client.send(
    "GET / HTTP/1.1\r\nHost: a.example\r\nConnection: Upgrade\r\nUpgrade: lines\r\n\r\nearly\n",
  );
  const head = await client.until("\r\n\r\n");
  assertEquals([statusOf(head), fieldOf(head, "upgrade")], [101, "lines"]);
  assertEquals(await client.until("\n"), "HELLO\n");
  assertEquals(await client.until("\n"), "EARLY\n");
  await client.send("one\ntwo\n");
  assertEquals(await client.until("TWO\n"), "ONE\nTWO\n");
  const long = `${"x".repeat(1_000_000)}\n`;
  await client.send(long);
  assertEquals(await client.until("\n"), long.toUpperCase());
  await client.conn.closeWrite();
  assertEquals(await client.rest(), "BYE\n");
  client.close();
}, { fronts: WIRE_ONLY });

overFronts("a tunnel that stands still is closed in time", upgrading, async ({ port }) => {
  const client = await connect(port);
  await client.send(
    "GET / HTTP/1.1\r\nHost: a.example\r\nConnection: Upgrade\r\nUpgrade: lines\r\n\r\n",
  );
  await client.until("HELLO\n");
  await client.rest();
  client.close();
}, { fronts: WIRE_ONLY, env: { RAUTA_TUNNEL_TIMEOUT_SECONDS: "0.2" } });

/** Sends without end; counts what has been taken from it. */
class Flood {
  sent = 0;
  readonly endpoint = new RawEndpoint(async (connection) => {
    await connection.message();
    await connection.send("HTTP/1.1 200 OK\r\nContent-Length: 1073741824\r\n\r\n");
    const block = new Uint8Array(65_536);
    for (;;) {
      await connection.sendBytes(block);
      this.sent += block.length;
    }
  });
}

Deno.test("a client that does not read holds its endpoint back", async () => {
  const flood = new Flood();
  await runOnce([flood.endpoint], async ({ port }) => {
    const client = await connect(port);
    await client.send(GET);
    await client.until("\r\n\r\n");
    let before = -1;
    await until("the endpoint is held back", async () => {
      before = flood.sent;
      await new Promise((wake) => setTimeout(wake, 200));
      return flood.sent;
    }, (sent) => sent === before);
    assert.ok(flood.sent < 64 << 20, `${flood.sent} bytes were taken from the endpoint`);
    client.close();
  });
});

/** Reads a head, and nothing of the body. */
class Idler {
  readonly asked = Promise.withResolvers<void>();
  readonly release = Promise.withResolvers<void>();
  readonly endpoint = new RawEndpoint(async (connection) => {
    await connection.until("\r\n\r\n");
    this.asked.resolve();
    await this.release.promise;
  });
}

Deno.test("an endpoint that does not read holds its client back", async () => {
  const idler = new Idler();
  await runOnce([idler.endpoint], async ({ port }) => {
    const client = await connect(port);
    await client.send("PUT / HTTP/1.1\r\nHost: a.example\r\nContent-Length: 1073741824\r\n\r\n");
    await idler.asked.promise;
    let sent = 0;
    const block = new Uint8Array(65_536);
    const sending = (async () => {
      for (;;) sent += await client.conn.write(block);
    })().catch(() => {});
    let before = -1;
    await until("the client is held back", async () => {
      before = sent;
      await new Promise((wake) => setTimeout(wake, 200));
      return sent;
    }, (now) => now === before);
    assert.ok(sent < 64 << 20, `${sent} bytes were taken from the client`);
    client.close();
    idler.release.resolve();
    await sending;
  });
});

Deno.test("a client that leaves ends its exchange at the endpoint", async () => {
  const flood = new Flood();
  const ended = Promise.withResolvers<void>();
  const endpoint = new RawEndpoint(async (connection) => {
    await connection.message();
    await connection.send("HTTP/1.1 200 OK\r\nContent-Length: 1073741824\r\n\r\n");
    try {
      for (;;) await connection.sendBytes(new Uint8Array(65_536));
    } finally {
      ended.resolve();
    }
  });
  await flood.endpoint.close();
  await runOnce([endpoint], async ({ port }) => {
    const client = await connect(port);
    await client.send(GET);
    await client.until("\r\n\r\n");
    client.close();
    await ended.promise;
  });
});

async function runOnce(
  endpoints: readonly RawEndpoint[],
  test: Parameters<typeof overFronts>[2],
): Promise<void> {
  await onStage(SUITE_FRONT, endpoints, test, {});
}

overFronts("a client that has closed its half gets its answer", echo, async ({ port }) => {
  const client = await connect(port);
  await client.send(GET);
  await client.conn.closeWrite();
  const answer = await client.rest();
  assertEquals([statusOf(answer), fieldOf(answer, "connection")], [200, "close"]);
  client.close();
}, { fronts: WIRE_ONLY });
