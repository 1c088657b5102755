import { Wheel, type WheelEntry } from "../../src/data/timers/wheel.ts";
import assert from "node:assert/strict";
import { assertEquals } from "../assert.ts";

class Entry implements WheelEntry {
  deadlineMs = Infinity;
  wheelNext: WheelEntry | null = null;
  wheelPrevious: WheelEntry | null = null;
  wheelTick = -1;
  readonly expiredAt: number[] = [];
  onExpire: (nowMs: number) => void = () => {};
  expire(nowMs: number): void {
    this.expiredAt.push(nowMs);
    this.onExpire(nowMs);
  }
}

function run(wheel: Wheel, fromMs: number, toMs: number, stepMs: number): void {
  for (let now = fromMs; now <= toMs; now += stepMs) wheel.advance(now);
}

Deno.test("an entry expires once, not before its deadline and at most one tick after it", () => {
  const wheel = new Wheel(100, 0);
  for (const deadline of [1, 99, 100, 101, 950, 5_000, 51_199, 51_200, 300_000]) {
    const entry = new Entry();
    const start = deadline * 3;
    const own = new Wheel(100, start);
    own.set(entry, start + deadline);
    run(own, start, start + deadline + 1_000, 10);
    assertEquals(entry.expiredAt.length, 1, `deadline ${deadline}`);
    const late = entry.expiredAt[0]! - (start + deadline);
    assert(late >= 0 && late <= 110, `deadline ${deadline} expired ${late} ms late`);
    assertEquals(own.size, 0);
  }
  assertEquals(wheel.size, 0);
});

Deno.test("a deadline moved later expires at the later time only", () => {
  const wheel = new Wheel(100, 0);
  const entry = new Entry();
  wheel.set(entry, 500);
  run(wheel, 0, 400, 100);
  wheel.set(entry, 2_000);
  run(wheel, 400, 1_900, 100);
  assertEquals(entry.expiredAt, []);
  run(wheel, 1_900, 3_000, 100);
  assertEquals(entry.expiredAt.length, 1);
});

Deno.test("a deadline moved earlier expires at the earlier time", () => {
  const wheel = new Wheel(100, 0);
  const entry = new Entry();
  wheel.set(entry, 40_000);
  wheel.set(entry, 300);
  run(wheel, 0, 500, 100);
  assertEquals(entry.expiredAt.length, 1);
});

Deno.test("a deadline taken away or an entry removed never expires", () => {
  const wheel = new Wheel(100, 0);
  const [without, removed] = [new Entry(), new Entry()];
  wheel.set(without, 300);
  wheel.set(removed, 300);
  wheel.set(without, Infinity);
  wheel.remove(removed);
  run(wheel, 0, 60_000, 100);
  assertEquals([...without.expiredAt, ...removed.expiredAt], []);
  assertEquals(wheel.size, 0);
});

Deno.test("entries set and removed by an expiring one are safe", () => {
  const wheel = new Wheel(100, 0);
  const [first, second, third] = [new Entry(), new Entry(), new Entry()];
  for (const entry of [first, second, third]) wheel.set(entry, 300);
  first.onExpire = (now) => {
    wheel.remove(second);
    wheel.set(first, now + 200);
    first.onExpire = () => {};
  };
  run(wheel, 0, 2_000, 100);
  assertEquals(first.expiredAt.length, 2);
  assertEquals(second.expiredAt, []);
  assertEquals(third.expiredAt.length, 1);
});

Deno.test("after a stall of an hour everything due expires in one step", () => {
  const wheel = new Wheel(100, 0);
  const entries = Array.from({ length: 1_000 }, () => new Entry());
  entries.forEach((entry, index) => wheel.set(entry, (index + 1) * 100));
  wheel.advance(3_600_000);
  assertEquals(entries.filter((entry) => entry.expiredAt.length === 1).length, 1_000);
});
