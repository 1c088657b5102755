// --pin: programs stay after the loader's end, go on recording, and are taken over by the next one
// with their unread records, counters and connections.

import { assertEquals } from "../assert.ts";
import { account } from "./account.ts";
import { Lab } from "./lab.ts";
import { attachedTo, Loader, type Reader, until, untilNothingAttached } from "./loader.ts";
import { bpfTest } from "./prepare.ts";

const PINNED = 1, TAKEN_OVER = 2;
const PIN_IN_USE = 13, XDP_OCCUPIED = 9;

async function pinFolder(lab: Lab): Promise<string> {
  return `${await lab.mountBpffs()}/rauta`;
}

function names(folder: string): string[] {
  return [...Deno.readDirSync(folder)].map(({ name }) => name).sort();
}

/** Connects at once, before records that were left are handed out: the first reader gets them. */
async function attach(loader: Loader): Promise<Reader> {
  const reader = await loader.connect();
  await reader.hello();
  return reader;
}

for (const signal of ["SIGTERM", "SIGKILL"] as const) {
  for (const tc of ["tcx", "clsact"]) {
    bpfTest(`pinned with ${tc}: after ${signal} the next loader misses nothing`, async () => {
      await using lab = await Lab.create();
      const folder = await pinFolder(lab);
      const args = ["--pin", folder, "--tc", tc];
      const first = new Loader(lab, { args });
      const before = await attach(first);
      assertEquals(before.hellos[0].interfaces[0].flags, PINNED);
      const server = await lab.startServer();
      await lab.send({ requests: 200 });
      await before.settledCounters();
      first.kill(signal);
      await first.end();
      await before.end();

      const { xdp, tcx, clsact } = await attachedTo(lab);
      assertEquals([xdp > 0, tcx > 0, clsact > 0], [true, tc === "tcx", tc === "clsact"]);
      await lab.send({ requests: 500 }); // nobody reads: these wait in the ring buffer

      const second = new Loader(lab, { args });
      const after = await attach(second);
      assertEquals(after.hellos[0].interfaces[0].flags, PINNED | TAKEN_OVER);
      await lab.send({ requests: 900 });
      const seen = await server.seen();
      const counters = await after.settledCounters();
      assertEquals(counters.kernel[0].http_requests, 200 + 500 + 900);
      const read = [...before.records, ...after.records];
      // What the second one handed out before its reader came, if anything, it counted.
      const { unread } = counters;
      const whole = { ...counters, received: read.length + unread, queued: read.length };
      assertEquals(account(read, whole, seen), unread);
      assertEquals((await second.stop()).code, 0);

      await Deno.remove(folder, { recursive: true });
      if (tc === "tcx") await untilNothingAttached(lab);
    });
  }
}

bpfTest("removing a pinned folder's files detaches; clsact goes with the next start", async () => {
  await using lab = await Lab.create();
  const folder = await pinFolder(lab);
  const loader = new Loader(lab, { args: ["--pin", folder] });
  await attach(loader);
  const files = ["connections", "counters", "records", "tc-eth0", "xdp-eth0"];
  assertEquals(names(folder), files);
  await loader.stop();
  assertEquals(names(folder), files);
  for (const name of files) await Deno.remove(`${folder}/${name}`);
  await untilNothingAttached(lab);

  const clsact = new Loader(lab, { args: ["--pin", folder, "--tc", "clsact"] });
  await attach(clsact);
  await clsact.stop();
  await Deno.remove(folder, { recursive: true });
  assertEquals((await attachedTo(lab)).clsact > 0, true);
  const next = new Loader(lab);
  await attach(next);
  assertEquals((await attachedTo(lab)).clsact, 0);
  await next.stop();
});

bpfTest("two loaders never share a pin folder, and without --pin the place is taken", async () => {
  await using lab = await Lab.create();
  const folder = await pinFolder(lab);
  const first = new Loader(lab, { args: ["--pin", folder] });
  await attach(first);
  const second = await new Loader(lab, { args: ["--pin", folder] }).end();
  assertEquals(second.code, PIN_IN_USE);
  const third = await new Loader(lab).end();
  assertEquals(third.code, XDP_OCCUPIED);
  assertEquals(/give the same --pin\n$/.test(third.words), true, third.words);
  const { xdp, tcx } = await attachedTo(lab);
  assertEquals([xdp > 0, tcx], [true, 1]);
  await first.stop();
});

bpfTest("pinned maps of another size are replaced, and it is said", async () => {
  await using lab = await Lab.create();
  const folder = await pinFolder(lab);
  const first = new Loader(lab, { args: ["--pin", folder] });
  await attach(first);
  await first.stop();
  const second = new Loader(lab, { args: ["--pin", folder, "--ring-kib", "1024"] });
  const reader = await attach(second);
  assertEquals(reader.hellos[0].ringBytes, 1024 * 1024);
  assertEquals(second.words.includes("/records is of another layout or size: replaced"), true);
  const server = await lab.startServer();
  await lab.send({ requests: 100 });
  const seen = await server.seen();
  assertEquals(account(reader.records, await reader.settledCounters(), seen), 0);
  assertEquals((await attachedTo(lab)).tcx, 1);
  await second.stop();
});

bpfTest("a pinned interface that is made anew is attached anew", async () => {
  await using lab = await Lab.create();
  const folder = await pinFolder(lab);
  const first = new Loader(lab, { args: ["--pin", folder] });
  await attach(first);
  await first.stop();
  await lab.ip("server", "link", "delete", "eth0");
  await lab.connectEnds();
  const second = new Loader(lab, { args: ["--pin", folder] });
  const reader = await attach(second);
  assertEquals(reader.hellos[0].interfaces[0].flags, PINNED);
  await lab.ip("server", "link", "delete", "eth0");
  await lab.connectEnds();
  await until("it is back", () => (reader.hellos.at(-1)?.interfaces[0].index ?? 0) > 0);
  assertEquals((await attachedTo(lab)).xdp > 0, true);
  await second.stop();
});

bpfTest("another --mode than the pinned one attaches anew", async () => {
  await using lab = await Lab.create();
  const folder = await pinFolder(lab);
  for (const [mode, xdp, flags] of [["native", 1, PINNED], ["generic", 2, PINNED | TAKEN_OVER]]) {
    const loader = new Loader(lab, { args: ["--pin", folder, "--mode", String(mode)] });
    const reader = await attach(loader);
    assertEquals([reader.hellos[0].interfaces[0].xdp, reader.hellos[0].interfaces[0].flags], [
      xdp,
      flags,
    ]);
    await loader.stop();
  }
});
