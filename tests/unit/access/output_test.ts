// The writer of the access log: all that comes is written once, in few pieces; a reader that takes no
// more costs lines, counted, and neither memory nor a wait.

import { JsonFormat } from "../../../src/data/access/format.ts";
import { AccessOutput } from "../../../src/data/access/output.ts";
import {
  AccessRingReader,
  AccessRingWriter,
  createAccessRing,
} from "../../../src/data/access/ring.ts";
import { withinMs } from "../../../src/logging/bounded_writer.ts";
import { assertEquals } from "../../assert.ts";
import fc from "../../property.ts";
import { type Told, told, write } from "./stage.ts";

const FORMAT = new JsonFormat({ label: () => undefined, endpoint: () => undefined });

const [ONE] = fc.sample(told, { numRuns: 1, seed: 3 });

function numbered(number: number, target = "/"): Told {
  const strings = { ...ONE!.strings, target };
  return { record: { ...ONE!.record, bytesIn: number }, strings };
}

class Sink {
  writes = 0;
  text = "";
  /** Resolves what is being written; undefined: writes are taken at once. */
  gate: Promise<void> | undefined;
  fails = false;

  async write(bytes: Uint8Array): Promise<number> {
    this.writes++;
    await this.gate;
    if (this.fails) throw new Deno.errors.BrokenPipe();
    // A pipe takes a part of what it is given.
    const count = Math.min(bytes.length, 50_000);
    this.text += new TextDecoder("latin1").decode(bytes.subarray(0, count));
    return count;
  }

  get numbers(): number[] {
    return [...this.text.matchAll(/"bytes_in":(\d+)/g)].map((match) => Number(match[1]));
  }
}

function stage(sink: Sink) {
  const output = new AccessOutput(sink, FORMAT);
  const ring = () => {
    const memory = createAccessRing();
    const reader = new AccessRingReader(memory);
    output.add(reader);
    const writer = new AccessRingWriter(memory);
    const tell = (one: Told): boolean => {
      const isTaken = write(writer, one);
      if (writer.takeWake()) output.wake();
      return isTaken;
    };
    return { reader, tell };
  };
  return { output, ring };
}

Deno.test("all lines of all rings are written in order, in few pieces", async () => {
  const sink = new Sink();
  const { output, ring } = stage(sink);
  const [a, b] = [ring(), ring()];
  for (let number = 0; number < 500; number++) {
    a.tell(numbered(number));
    b.tell(numbered(1_000 + number));
  }
  await output.flush();
  const all = Array.from({ length: 500 }, (_, index) => index);
  assertEquals(sink.numbers.filter((number) => number < 1_000), all);
  assertEquals(sink.numbers.filter((number) => number >= 1_000), all.map((item) => item + 1_000));
  assertEquals(sink.writes < 50, true);
  assertEquals(output.dropped, 0);
});

Deno.test("a line of a target longer than the buffer is written whole", async () => {
  const sink = new Sink();
  const { output, ring } = stage(sink);
  const { tell } = ring();
  const target = "\u0001".repeat(60_000);
  for (const one of [numbered(1), numbered(2, target), numbered(3)]) tell(one);
  await output.flush();
  assertEquals(sink.numbers, [1, 2, 3]);
  assertEquals(JSON.parse(sink.text.split("\n")[1]!).target, target);
});

Deno.test("a blocked reader costs lines, which are counted, and no wait", async () => {
  const sink = new Sink();
  const { promise, resolve } = Promise.withResolvers<void>();
  sink.gate = promise;
  const { output, ring } = stage(sink);
  const { tell } = ring();
  const target = "x".repeat(10_000);
  let [taken, refused] = [0, 0];
  for (let number = 0; number < 2_000; number++) {
    if (tell(numbered(number, target))) taken++;
    else refused++;
  }
  assertEquals(refused > 1_000, true);
  assertEquals(output.dropped, refused);
  await withinMs(output.flush(), 1);
  assertEquals(sink.text, "");
  resolve();
  await output.flush();
  assertEquals(sink.numbers, Array.from({ length: taken }, (_, index) => index));
  assertEquals(output.dropped, refused);
});

Deno.test("lines for a reader that is gone are counted", async () => {
  const sink = new Sink();
  sink.fails = true;
  const { output, ring } = stage(sink);
  const { tell } = ring();
  for (let number = 0; number < 10; number++) tell(numbered(number));
  await output.flush();
  assertEquals(output.dropped, 10);
});

Deno.test("what a worker that has ended left is written, and its ring is let go", async () => {
  const sink = new Sink();
  const { output, ring } = stage(sink);
  const { reader, tell } = ring();
  tell(numbered(1));
  output.ended(reader);
  await output.flush();
  assertEquals(sink.numbers, [1]);
});
