// The ring between a worker and main: what is written is read, in order, whatever wraps around; what
// has no room is dropped and counted.

import {
  AccessRingReader,
  AccessRingWriter,
  createAccessRing,
} from "../../../src/data/access/ring.ts";
import { assertEquals } from "../../assert.ts";
import fc from "../../property.ts";
import { type Told, told, toldBy, write } from "./stage.ts";

function readAll(reader: AccessRingReader): Told[] {
  const all: Told[] = [];
  for (; reader.next(); reader.pass()) all.push(toldBy(reader));
  return all;
}

Deno.test("the access ring gives back what it was given, many times around", () => {
  const memory = createAccessRing();
  const writer = new AccessRingWriter(memory);
  const reader = new AccessRingReader(memory);
  fc.assert(
    fc.property(fc.array(told, { minLength: 1, maxLength: 20 }), (records) => {
      // Enough for the ring to come round within a run.
      for (let round = 0; round < 20; round++) {
        for (const one of records) assertEquals(write(writer, one), true);
        assertEquals(readAll(reader), records);
      }
    }),
    { numRuns: 100 },
  );
  assertEquals(reader.takeDropped(), 0);
});

Deno.test("a full access ring drops and counts, and goes on once it has been read", () => {
  const memory = createAccessRing();
  const writer = new AccessRingWriter(memory);
  const reader = new AccessRingReader(memory);
  const [one] = fc.sample(told, { numRuns: 1, seed: 7 });
  for (let round = 0; round < 5; round++) {
    let taken = 0;
    const next = (): Told => ({ ...one!, record: { ...one!.record, status: taken % 1000 } });
    while (write(writer, next())) taken++;
    for (let more = 0; more < 9; more++) assertEquals(write(writer, one!), false);
    const records = readAll(reader);
    assertEquals(reader.takeDropped(), 10);
    assertEquals(records.length, taken);
    assertEquals(records.every(({ record }, index) => record.status === index % 1000), true);
    assertEquals([reader.next(), reader.takeDropped()], [false, 0]);
  }
});

Deno.test("a record larger than the access ring is dropped and stops nothing", () => {
  const memory = createAccessRing();
  const writer = new AccessRingWriter(memory);
  const reader = new AccessRingReader(memory);
  const [one] = fc.sample(told, { numRuns: 1, seed: 8 });
  const strings = { ...one!.strings, target: "x".repeat(3_000_000) };
  assertEquals(write(writer, { ...one!, strings }), false);
  assertEquals(write(writer, one!), true);
  assertEquals([readAll(reader), reader.takeDropped()], [[one], 1]);
});

Deno.test("a worker that takes over a ring goes on where the one before was", () => {
  const memory = createAccessRing();
  const reader = new AccessRingReader(memory);
  const [first, second] = fc.sample(told, { numRuns: 2, seed: 9 });
  write(new AccessRingWriter(memory), first!);
  write(new AccessRingWriter(memory), second!);
  assertEquals(readAll(reader), [first, second]);
});

Deno.test("a reader that sleeps is woken once, and never sleeps on a record", () => {
  const memory = createAccessRing();
  const writer = new AccessRingWriter(memory);
  const reader = new AccessRingReader(memory);
  const [one] = fc.sample(told, { numRuns: 1, seed: 10 });
  // Nobody reads yet.
  assertEquals([writer.takeWake(), writer.takeWake()], [true, false]);
  write(writer, one!);
  assertEquals([reader.sleep(), writer.takeWake()], [false, false]);
  readAll(reader);
  assertEquals([reader.sleep(), writer.takeWake(), writer.takeWake()], [true, true, false]);
});
