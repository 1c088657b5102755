// Ejections by a clock of the test's own, and what workers say of failed connects.

import { bitmapOf, Ejections } from "../../../src/data/health/ejections.ts";
import { FailedConnects } from "../../../src/data/health/failed_connects.ts";
import { assertEquals } from "../../assert.ts";

Deno.test("an endpoint is ejected for a while, and then it is not", () => {
  const ejections = new Ejections(1_000);
  assertEquals(ejections.failed(7, 0), 1_000);
  assertEquals([ejections.ejected(999), ejections.nextEndMs(999)], [[7], 1_000]);
  assertEquals([ejections.ejected(1_000), ejections.nextEndMs(1_000)], [[], undefined]);
});

Deno.test("failures of an endpoint that is ejected already change nothing", () => {
  const ejections = new Ejections(1_000);
  ejections.failed(7, 0);
  assertEquals(ejections.failed(7, 500), 0);
  assertEquals(ejections.ejected(1_000), []);
});

Deno.test("an endpoint that fails again is ejected for longer, up to a bound", () => {
  const ejections = new Ejections(1_000);
  const lengths: number[] = [];
  for (let at = 0, round = 0; round < 6; round++) {
    const length = ejections.failed(7, at);
    lengths.push(length);
    at += length + 1;
  }
  assertEquals(lengths, [1_000, 2_000, 4_000, 8_000, 10_000, 10_000]);
});

Deno.test("one that has been well for long begins anew, and is forgotten", () => {
  const ejections = new Ejections(1_000);
  ejections.failed(7, 0);
  assertEquals(ejections.ejected(11_000), []);
  assertEquals(ejections.failed(7, 11_000), 1_000);
});

Deno.test("0 ejects nothing", () => {
  const ejections = new Ejections(0);
  assertEquals([ejections.failed(7, 0), ejections.ejected(0)], [0, []]);
});

Deno.test("the bitmap has a bit for each id", () => {
  assertEquals([...bitmapOf([])], []);
  assertEquals([...bitmapOf([0, 9, 15])], [0b1, 0b1000_0010]);
});

Deno.test("many failures in a short time are one message for each endpoint", () => {
  const told: number[] = [];
  const failures = new FailedConnects((id) => told.push(id));
  for (let at = 0; at < 500; at++) failures.failed(at % 2, at);
  failures.failed(0, 600);
  assertEquals(told, [0, 1, 0]);
});
