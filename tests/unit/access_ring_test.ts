// The ring between a worker and main: what is written is read, in order, whatever wraps around; what
// has no room is dropped and counted.

import {
  AccessRingReader,
  AccessRingWriter,
  createAccessRing,
} from "../../src/data/access_ring.ts";
import type { AccessRecord } from "../../src/data/access_log.ts";
import { FAILURE_REASONS } from "../../src/data/rescue.ts";
import { assertEquals } from "../assert.ts";
import fc from "../property.ts";

const bytes = (maxLength: number) =>
  fc.array(fc.nat({ max: 255 }), { maxLength }).map((codes) => String.fromCharCode(...codes));
const duration = fc.oneof(fc.constant(-1), fc.double({ min: 0, max: 1e6, noNaN: true }));
const id = fc.option(fc.nat({ max: 2 ** 30 }), { nil: undefined });

const record: fc.Arbitrary<AccessRecord> = fc.record({
  atMs: fc.double({ min: 0, max: 2e12, noNaN: true }),
  peer: bytes(40),
  method: bytes(10),
  host: bytes(300),
  target: bytes(2000),
  status: fc.nat({ max: 599 }),
  connectMs: duration,
  firstByteMs: duration,
  durationMs: fc.double({ min: 0, max: 1e6, noNaN: true }),
  bytesIn: fc.maxSafeNat(),
  bytesOut: fc.maxSafeNat(),
  requestId: bytes(128),
  labelId: id,
  endpointId: id,
  reason: fc.option(fc.constantFrom(...FAILURE_REASONS), { nil: undefined }),
}, { noNullPrototype: true });

Deno.test("the access ring gives back what it was given, many times around", () => {
  const memory = createAccessRing();
  const writer = new AccessRingWriter(memory);
  const reader = new AccessRingReader(memory);
  fc.assert(
    fc.property(fc.array(record, { minLength: 1, maxLength: 20 }), (records) => {
      // Enough for the ring to come round within a run.
      for (let round = 0; round < 20; round++) {
        for (const one of records) assertEquals(writer.write(one), true);
        assertEquals(reader.read(), { records, dropped: 0 });
      }
    }),
    { numRuns: 200 },
  );
});

Deno.test("a full access ring drops and counts, and goes on once it has been read", () => {
  const memory = createAccessRing();
  const writer = new AccessRingWriter(memory);
  const reader = new AccessRingReader(memory);
  const [one] = fc.sample(record, { numRuns: 1, seed: 7 });
  for (let round = 0; round < 5; round++) {
    let taken = 0;
    while (writer.write({ ...one!, status: taken % 1000 })) taken++;
    for (let more = 0; more < 9; more++) assertEquals(writer.write(one!), false);
    const { records, dropped } = reader.read();
    assertEquals(dropped, 10);
    assertEquals(records.length, taken);
    assertEquals(records.every(({ status }, index) => status === index % 1000), true);
    assertEquals(reader.read(), { records: [], dropped: 0 });
  }
});

Deno.test("a record larger than the access ring is dropped and stops nothing", () => {
  const memory = createAccessRing();
  const writer = new AccessRingWriter(memory);
  const reader = new AccessRingReader(memory);
  const [one] = fc.sample(record, { numRuns: 1, seed: 8 });
  assertEquals(writer.write({ ...one!, target: "x".repeat(3_000_000) }), false);
  assertEquals(writer.write(one!), true);
  assertEquals(reader.read(), { records: [one!], dropped: 1 });
});

Deno.test("a worker that takes over a ring goes on where the one before was", () => {
  const memory = createAccessRing();
  const reader = new AccessRingReader(memory);
  const [first, second] = fc.sample(record, { numRuns: 2, seed: 9 });
  new AccessRingWriter(memory).write(first!);
  new AccessRingWriter(memory).write(second!);
  assertEquals(reader.read(), { records: [first!, second!], dropped: 0 });
});
