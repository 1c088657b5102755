// Ends and troubles: signals at any time, a full ring buffer, readers that are slow, absent or too
// many, interfaces that go and come. Nothing stays attached, and the counters add up.

import { assertEquals } from "../assert.ts";
import { account } from "./account.ts";
import { Lab, run } from "./lab.ts";
import { attachedTo, Loader, Reader, until, untilNothingAttached } from "./loader.ts";
import { bpfTest } from "./prepare.ts";

const STOPPED = 1, TOO_MANY = 3;
const READERS_MAX = 4;

for (const signal of ["SIGTERM", "SIGINT"] as const) {
  bpfTest(`${signal}: last counters, bye, exit code 0, nothing attached, no socket`, async () => {
    await using lab = await Lab.create();
    const loader = new Loader(lab);
    const reader = await loader.connect();
    await reader.hello();
    const server = await lab.startServer();
    await lab.send({ requests: 500 });
    const seen = await server.seen();
    loader.kill(signal);
    assertEquals((await loader.end()).code, 0);
    await reader.end();
    assertEquals(reader.byeReason, STOPPED);
    // Without waiting for a second to pass: what came before bye is complete.
    assertEquals(account(reader.records, reader.counters[reader.counters.length - 1], seen), 0);
    assertEquals(await attachedTo(lab), { xdp: 0, tcx: 0, clsact: 0 });
    await until(
      "the socket is gone",
      async () => await Deno.lstat(loader.socketPath).then(() => false, () => true),
    );
  });
}

for (const tc of ["tcx", "clsact"]) {
  bpfTest(
    `SIGKILL at any time of the start or later leaves nothing attached, with ${tc}`,
    async () => {
      await using lab = await Lab.create();
      for (let afterMs = 0; afterMs <= 150; afterMs += 10) {
        const loader = new Loader(lab, { args: ["--tc", tc] });
        await new Promise((resolve) => setTimeout(resolve, afterMs));
        loader.kill("SIGKILL");
        await loader.end();
        await untilNothingAttached(lab);
      }
      const loader = new Loader(lab, { args: ["--tc", tc] });
      const reader = await loader.connect();
      await reader.hello();
      const { xdp, tcx, clsact } = await attachedTo(lab);
      assertEquals([xdp > 0, tcx === 1, clsact > 0], [true, tc === "tcx", tc === "clsact"]);
      loader.kill("SIGKILL");
      await reader.end();
      assertEquals(reader.byeReason, null);
      await untilNothingAttached(lab);
    },
  );
}

bpfTest("after SIGKILL the next loader takes the stale socket's place", async () => {
  await using lab = await Lab.create();
  const first = new Loader(lab);
  await (await first.connect()).hello();
  first.kill("SIGKILL");
  await first.end();
  await untilNothingAttached(lab);
  assertEquals((await Deno.lstat(first.socketPath)).isSocket, true);
  const second = new Loader(lab, { args: ["--socket", first.socketPath] });
  await until("it attaches", () => second.words.includes("(index"));
  const conn = await Deno.connect({ transport: "unix", path: first.socketPath });
  conn.close();
  assertEquals((await second.stop()).code, 0);
});

bpfTest("a full ring buffer loses records, counts them, and traffic flows on", async () => {
  await using lab = await Lab.create();
  const loader = new Loader(lab, { args: ["--ring-kib", "64"] });
  const reader = await loader.connect();
  await reader.hello();
  const server = await lab.startServer();
  await lab.send({ requests: 100 });
  loader.kill("SIGSTOP");
  assertEquals((await lab.send({ requests: 2000 })).answered, 2000);
  loader.kill("SIGCONT");
  await reader.settledCounters();
  await lab.send({ requests: 100 });
  // Ids are used three times over; each is the same request, byte for byte.
  const seen = await server.seen();
  assertEquals(Object.keys(seen.requests).length, 2000);
  const counters = await reader.settledCounters();
  const lost = counters.kernel[0].ring_full + counters.kernel[1].ring_full;
  const { kernel } = counters;
  const recognised = kernel.reduce(
    (sum, c) => sum + c.http_requests + c.http_responses + c.closes,
    0,
  );
  assertEquals(kernel[0].http_requests, 2200);
  assertEquals(kernel[1].http_responses, 2200);
  // 64 KiB hold 195 records of the longest kind, and at most 819 of the shortest.
  assertEquals(lost > 3000, true, `only ${lost} records lost`);
  assertEquals(reader.records.length, recognised - lost);
  assertEquals(counters.dropped + counters.unread, 0);
  await loader.stop();
});

bpfTest(
  "a reader that stops reading loses records, which are counted; others lose none",
  async () => {
    await using lab = await Lab.create();
    const loader = new Loader(lab, { args: ["--reader-kib", "256"] });
    const stuck = await Deno.connect({ transport: "unix", path: await listening(loader) });
    const quick = await loader.connect();
    await quick.hello();
    const server = await lab.startServer();
    assertEquals((await lab.send({ requests: 4000, connections: 64 })).answered, 4000);
    const seen = await server.seen();
    const counters = await quick.settledCounters();
    assertEquals(counters.dropped, 0);
    account(quick.records, counters, seen);

    // Now the stuck one reads what was kept for it, and the counters tell it the rest.
    const late = new Reader(stuck);
    const last = await late.settledCounters();
    assertEquals(last.received, counters.received);
    assertEquals(last.dropped > 0, true, "nothing was dropped");
    assertEquals(last.queued + last.dropped, last.received);
    assertEquals(late.records.length, last.queued);
    assertEquals(account(late.records, last, seen), last.dropped + lostInRing(last.kernel));
    await loader.stop();
  },
);

bpfTest(
  "loader and reader held up for 40,000 records, two seconds of a busy proxy, lose none",
  async () => {
    await using lab = await Lab.create();
    const loader = new Loader(lab);
    const conn = await Deno.connect({ transport: "unix", path: await listening(loader) });
    const server = await lab.startServer();
    loader.kill("SIGSTOP");
    const requests = 20_000;
    await lab.send({ requests, connections: 64, ratePerSecond: 20_000 });
    const seen = await server.seen();
    loader.kill("SIGCONT");
    // The ring is empty before the reader reads anything.
    const quick = await loader.connect();
    await quick.settledCounters();
    const reader = new Reader(conn);
    const counters = await reader.settledCounters();
    assertEquals([counters.dropped, lostInRing(counters.kernel)], [0, 0]);
    assertEquals(reader.records.length >= 2 * requests, true);
    assertEquals(account(reader.records, counters, seen), 0);
    await loader.stop();
  },
);

function lostInRing(kernel: readonly { ring_full: number }[]): number {
  return kernel.reduce((sum, { ring_full }) => sum + ring_full, 0);
}

async function listening(loader: Loader): Promise<string> {
  await until("it attaches", () => loader.words.includes("(index"));
  return loader.socketPath;
}

bpfTest("without a reader records are dropped and counted as unread", async () => {
  await using lab = await Lab.create();
  const server = await lab.startServer();
  await until("a loader had time for records while nobody read", async () => {
    const loader = new Loader(lab);
    await listening(loader);
    await lab.send({ requests: 300, connections: 1 });
    const reader = await loader.connect();
    const counters = await reader.settledCounters();
    // The batch that was being gathered when the reader came is the reader's; all before is not.
    assertEquals(counters.unread + counters.queued, counters.received);
    assertEquals(reader.records.length, counters.queued);
    assertEquals(counters.kernel[0].http_requests, 300);
    assertEquals(counters.received >= 600, true);
    await loader.stop();
    return counters.unread > 0;
  });
  await server.seen();
});

bpfTest(
  "a fifth reader is told that it is one too many; a place that is left is free",
  async () => {
    await using lab = await Lab.create();
    const loader = new Loader(lab);
    const readers: Reader[] = [];
    for (let i = 0; i < READERS_MAX; i++) readers.push(await loader.connect());
    for (const reader of readers) await reader.hello();
    const fifth = await loader.connect();
    await fifth.end();
    assertEquals([fifth.byeReason, fifth.hellos.length], [TOO_MANY, 0]);
    readers[0].close();
    await until("a place is free", async () => {
      const next = await loader.connect();
      await next.hello();
      return next.byeReason === null;
    });
    await loader.stop();
  },
);

bpfTest("bytes that a reader sends are ignored", async () => {
  await using lab = await Lab.create();
  const loader = new Loader(lab);
  const reader = await loader.connect();
  await reader.hello();
  await reader.write(new Uint8Array(100_000).fill(0x41));
  assertEquals((await reader.settledCounters()).type, "counters");
  assertEquals((await loader.stop()).code, 0);
});

bpfTest("an interface that is deleted and made anew is taken up again", async () => {
  await using lab = await Lab.create();
  const loader = new Loader(lab);
  const reader = await loader.connect();
  const first = (await reader.hello()).interfaces[0];
  for (let round = 1; round <= 2; round++) {
    await lab.ip("server", "link", "delete", "eth0");
    await until("hello says that it is gone", () => lastInterface(reader).index === 0);
    assertEquals([lastInterface(reader).xdp, lastInterface(reader).tc], [0, 0]);
    await lab.connectEnds();
    await until("hello says that it is back", () => lastInterface(reader).index > 0);
    assertEquals([lastInterface(reader).xdp, lastInterface(reader).tc], [first.xdp, first.tc]);
  }
  const server = await lab.startServer();
  await lab.send({ requests: 200 });
  const seen = await server.seen();
  assertEquals(account(reader.records, await reader.settledCounters(), seen), 0);
  const { code, words } = await loader.stop();
  assertEquals(code, 0);
  assertEquals(words.match(/is gone; waiting for it/g)?.length, 2);
  assertEquals(await attachedTo(lab), { xdp: 0, tcx: 0, clsact: 0 });
});

function lastInterface(reader: Reader) {
  return reader.hellos[reader.hellos.length - 1].interfaces[0];
}

bpfTest("clocks, kernel and versions in hello are this machine's", async () => {
  await using lab = await Lab.create();
  const loader = new Loader(lab);
  const reader = await loader.connect();
  const hello = await reader.hello();
  const { version } = JSON.parse(await Deno.readTextFile("deno.json")) as { version: string };
  const release = (await run("uname", "-r")).trim();
  assertEquals([hello.version, hello.loaderVersion, hello.kernel], [1, version, release]);
  assertEquals(hello.ringBytes, 16 * 1024 * 1024);
  const server = await lab.startServer();
  const beforeMs = Date.now();
  await lab.send({ requests: 10 });
  const afterMs = Date.now();
  await server.seen();
  await reader.settledCounters();
  for (const { timeNs } of reader.records) {
    const wallMs = Number((timeNs - hello.monotonicNs + hello.realtimeNs) / 1_000_000n);
    assertEquals(wallMs >= beforeMs - 2 && wallMs <= afterMs + 2, true, `at ${wallMs}`);
  }
  await loader.stop();
});

bpfTest("with --wait an interface may come after the loader", async () => {
  await using lab = await Lab.create();
  await lab.ip("server", "link", "delete", "eth0");
  const loader = new Loader(lab, { interfaces: ["lo,eth0"], args: ["--wait"] });
  const reader = await loader.connect();
  assertEquals((await reader.hello()).interfaces.map(({ name, index }) => [name, index > 0]), [
    ["lo", true],
    ["eth0", false],
  ]);
  await lab.connectEnds();
  await until("hello says that it came", () => lastInterface(reader).index > 0);
  const { code, words } = await loader.stop();
  assertEquals([code, words.match(/eth0 is not there; waiting for it/g)?.length], [0, 1], words);
});
