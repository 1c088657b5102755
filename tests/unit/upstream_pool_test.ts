import { Wheel, type WheelEntry } from "../../src/data/timers/wheel.ts";
import { Budget, createBudgetMemory } from "../../src/data/upstream/budget.ts";
import {
  type PoolClient,
  type PooledConnection,
  type PoolEndpoint,
  UpstreamPools,
} from "../../src/data/upstream/pool.ts";
import { assertEquals } from "../assert.ts";

class Connection implements PooledConnection {
  deadlineMs = Infinity;
  wheelNext: WheelEntry | null = null;
  wheelPrevious: WheelEntry | null = null;
  wheelTick = -1;
  isClosed = false;
  constructor(readonly endpoint: PoolEndpoint, readonly lab: Lab) {}
  close(): void {
    if (this.isClosed) return;
    this.isClosed = true;
    this.lab.pools.closed(this);
  }
  expire(): void {
    this.close();
  }
}

class Client implements PoolClient<Connection> {
  connection: Connection | null = null;
  failure = "";
  constructor(readonly goesElsewhere = false) {}
  connected(connection: Connection): void {
    this.connection = connection;
  }
  notConnected(failure: string): void {
    this.failure = failure;
  }
  endpointLeft(): boolean {
    return this.goesElsewhere;
  }
}

interface Connecting {
  readonly endpoint: PoolEndpoint;
  readonly succeed: () => Connection;
  readonly fail: (error: Error) => void;
}

/** Pools whose connects are answered by the test, on a clock that the test moves. */
class Lab {
  nowMs = 0;
  readonly connecting: Connecting[] = [];
  readonly wheel = new Wheel(100, 0);
  readonly budgets = createBudgetMemory();
  readonly connections: Budget;
  readonly waiters: Budget;
  readonly pools: UpstreamPools<Connection>;

  constructor(maxConnections = 100, maxWaiters = 100) {
    this.connections = new Budget(this.budgets, "upstream", 0, maxConnections);
    this.waiters = new Budget(this.budgets, "waiters", 0, maxWaiters);
    this.pools = new UpstreamPools<Connection>({
      limits: { maxIdle: 2, idleMs: 1_000, connectMs: 500 },
      connections: this.connections,
      waiters: this.waiters,
      wheel: this.wheel,
      clock: () => this.nowMs,
      connect: (endpoint, signal) =>
        new Promise((resolve, reject) => {
          signal.addEventListener("abort", () => reject(signal.reason));
          this.connecting.push({
            endpoint,
            succeed: () => {
              const connection = new Connection(endpoint, this);
              resolve(connection);
              return connection;
            },
            fail: reject,
          });
        }),
    });
  }

  advance(ms: number): void {
    this.nowMs += ms;
    this.wheel.advance(this.nowMs);
  }

  async get(endpoint: PoolEndpoint): Promise<Connection> {
    const client = new Client();
    this.pools.request(endpoint, client);
    this.connecting.shift()!.succeed();
    await settle();
    return client.connection!;
  }
}

const A: PoolEndpoint = { id: 0, serviceId: 0, address: "192.0.2.1", port: 80 };
const B: PoolEndpoint = { id: 1, serviceId: 0, address: "192.0.2.2", port: 80 };

async function settle(): Promise<void> {
  for (let turn = 0; turn < 5; turn++) await Promise.resolve();
}

Deno.test("a released connection is taken again, the most recent one first", async () => {
  const lab = new Lab();
  const [first, second] = [await lab.get(A), await lab.get(A)];
  lab.pools.release(first);
  lab.pools.release(second);
  assertEquals(lab.pools.take(A.id), second);
  assertEquals(lab.pools.take(A.id), first);
  assertEquals(lab.pools.take(A.id), null);
  assertEquals(lab.pools.take(B.id), null);
  assertEquals(lab.connections.used, 2);
});

Deno.test("idle connections are closed after their time, and beyond their number", async () => {
  const lab = new Lab();
  const three = [await lab.get(A), await lab.get(A), await lab.get(A)];
  for (const connection of three) lab.pools.release(connection);
  assertEquals(three.map((connection) => connection.isClosed), [false, false, true]);
  lab.advance(900);
  assertEquals(lab.pools.idle, 2);
  lab.advance(300);
  assertEquals(lab.pools.idle, 0);
  assertEquals(lab.connections.used, 0);
});

Deno.test("a connection in use does not expire", async () => {
  const lab = new Lab();
  const connection = await lab.get(A);
  lab.pools.release(connection);
  assertEquals(lab.pools.take(A.id), connection);
  lab.advance(60_000);
  assertEquals(connection.isClosed, false);
});

Deno.test("a connect that takes too long, is refused or fails says which", async () => {
  const lab = new Lab();
  const clients = [new Client(), new Client(), new Client()];
  for (const client of clients) lab.pools.request(A, client);
  lab.connecting[1]!.fail(new Deno.errors.ConnectionRefused());
  lab.connecting[2]!.fail(new Error("no route to host"));
  await settle();
  lab.advance(700);
  await settle();
  const failures = clients.map((client) => client.failure);
  assertEquals(failures, ["connect_timeout", "connect_refused", "connect_failed"]);
  assertEquals(lab.connections.used, 0);
});

Deno.test("at the cap requests wait in order, and beyond their cap they fail", async () => {
  const lab = new Lab(1, 2);
  const held = await lab.get(A);
  const clients = [new Client(), new Client(), new Client()];
  for (const client of clients) lab.pools.request(A, client);
  await settle();
  assertEquals(clients.map((client) => client.failure), ["", "", "connection_limit"]);
  lab.pools.release(held);
  assertEquals(clients[0]!.connection, held);
  assertEquals(clients[1]!.connection, null);
  held.close();
  lab.connecting.shift()!.succeed();
  await settle();
  assertEquals(clients[1]!.connection?.isClosed, false);
  assertEquals([lab.connections.used, lab.waiters.used], [1, 0]);
});

Deno.test("at the cap an idle connection of another endpoint makes room", async () => {
  const lab = new Lab(2, 5);
  const [older, newer] = [await lab.get(A), await lab.get(A)];
  lab.pools.release(older);
  lab.advance(100);
  lab.pools.release(newer);
  const fresh = await lab.get(B);
  assertEquals(fresh.endpoint, B);
  assertEquals([older.isClosed, newer.isClosed], [true, false]);
  assertEquals(lab.connections.used, 2);
});

Deno.test("a waiter for another endpoint gets the unit of a released connection, once", async () => {
  const lab = new Lab(1, 5);
  const held = await lab.get(A);
  const [first, second] = [new Client(), new Client()];
  lab.pools.request(B, first);
  lab.pools.request(B, second);
  lab.pools.release(held);
  assertEquals(held.isClosed, true);
  assertEquals(lab.connecting.length, 1);
  lab.connecting.shift()!.succeed();
  await settle();
  assertEquals(first.connection?.endpoint, B);
  assertEquals(second.connection, null);
  assertEquals([lab.connections.used, lab.waiters.used], [1, 1]);
});

Deno.test("what another worker gives back reaches those who wait", async () => {
  const lab = new Lab(1, 5);
  const other = new Budget(lab.budgets, "upstream", 1, 1);
  assertEquals(other.tryTake(), true);
  const client = new Client();
  lab.pools.request(A, client);
  assertEquals(lab.connecting.length, 0);
  other.give();
  lab.pools.serveWaiters();
  lab.connecting.shift()!.succeed();
  await settle();
  assertEquals(client.connection?.endpoint, A);
});

Deno.test("a cancelled request is never called, and its connection is kept for others", async () => {
  const lab = new Lab();
  const client = new Client();
  lab.pools.request(A, client).cancel();
  lab.connecting.shift()!.succeed();
  await settle();
  assertEquals(client.connection, null);
  assertEquals(lab.pools.take(A.id)?.endpoint, A);
  const full = new Lab(0, 1);
  full.pools.request(A, client).cancel();
  assertEquals(full.waiters.used, 0);
});

Deno.test("an endpoint that leaves keeps its exchanges and loses its idle connections", async () => {
  const lab = new Lab();
  const [idle, busy, other] = [await lab.get(A), await lab.get(A), await lab.get(B)];
  lab.pools.release(idle);
  lab.pools.release(other);
  lab.pools.retain((endpoint) => endpoint.id === B.id);
  assertEquals([idle.isClosed, busy.isClosed, other.isClosed], [true, false, false]);
  lab.pools.release(busy);
  assertEquals(busy.isClosed, true);
  assertEquals(lab.connections.used, 1);
});

Deno.test("whoever can go elsewhere does not wait for an endpoint that has left", async () => {
  const lab = new Lab();
  const [moving, staying, other] = [new Client(true), new Client(), new Client(true)];
  for (const client of [moving, staying]) lab.pools.request(A, client);
  lab.pools.request(B, other);
  lab.pools.retain(({ id }) => id === B.id);
  await settle();
  // Its connect has been given up; the other one, which nobody else can serve, goes on.
  assertEquals(lab.connections.used, 2);
  for (const connecting of lab.connecting) connecting.succeed();
  await settle();
  assertEquals([moving.connection, moving.failure], [null, ""]);
  assertEquals(staying.connection?.endpoint, A);
  assertEquals(other.connection?.endpoint, B);
  // It serves what it was opened for, and nobody else.
  lab.pools.release(staying.connection!);
  assertEquals([staying.connection?.isClosed, lab.connections.used], [true, 1]);
});

Deno.test("a drain closes what is idle now and what becomes idle later", async () => {
  const lab = new Lab();
  const [idle, busy] = [await lab.get(A), await lab.get(A)];
  lab.pools.release(idle);
  lab.pools.drain();
  assertEquals([idle.isClosed, busy.isClosed], [true, false]);
  lab.pools.release(busy);
  assertEquals(busy.isClosed, true);
});

Deno.test("a connection that ends before its client is told is never handed out", async () => {
  const lab = new Lab();
  const [client, gone] = [new Client(), new Client()];
  lab.pools.request(A, client);
  lab.pools.request(A, gone).cancel();
  for (const { succeed } of lab.connecting) succeed().close();
  await settle();
  assertEquals([client.connection, client.failure], [null, "connect_failed"]);
  assertEquals([gone.connection, gone.failure], [null, ""]);
  assertEquals([lab.pools.take(A.id), lab.connections.used], [null, 0]);
});
