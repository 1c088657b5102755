// A sorted table behaves as a Map in the order of its keys, whatever is changed, and says exactly what
// differs between two of its states.

import { SortedTable } from "../../../src/control/translator/sorted_table.ts";
import { assertEquals } from "../../assert.ts";
import fc from "../../property.ts";

type Changes = [key: string, value: number | undefined][];

/** Keys from a small range, so that they meet; many at once, so that chunks split and vanish. */
const changes: fc.Arbitrary<Changes> = fc.array(
  fc.tuple(
    fc.nat(400).map((n) => `k${n}`),
    fc.option(fc.nat(5), { nil: undefined, freq: 2 }),
  ),
  { maxLength: 300 },
);

function sorted(map: ReadonlyMap<string, number>): [string, number][] {
  return [...map].sort(([a], [b]) => a < b ? -1 : 1);
}

Deno.test("a sorted table is a Map in the order of its keys, and old states stay as they are", () => {
  fc.assert(fc.property(fc.array(changes, { maxLength: 8 }), (steps) => {
    let table = SortedTable.empty<number>();
    const map = new Map<string, number>();
    const states: [SortedTable<number>, [string, number][]][] = [];
    for (const step of steps) {
      for (const [key, value] of step) {
        if (value === undefined) map.delete(key);
        else map.set(key, value);
      }
      table = table.with(new Map(step));
      states.push([table, sorted(map)]);
    }
    for (const [state, expected] of states) {
      assertEquals([...state], expected);
      assertEquals([...state.keys()], expected.map(([key]) => key));
      assertEquals([...state.list()], expected.map(([, value]) => value));
      assertEquals(state.size, expected.length);
      for (const [key, value] of expected) assertEquals(state.get(key), value);
      assertEquals(state.has("absent"), false);
    }
  }));
});

Deno.test("since() tells what turns one state into another, and nothing else", () => {
  fc.assert(fc.property(changes, changes, (first, second) => {
    const before = SortedTable.of(SortedTable.empty<number>().with(new Map(first)));
    const after = before.with(new Map(second));
    const told = after.since(before);
    assertEquals([...before.with(told)], [...after]);
    for (const [key, value] of told) assertEquals(before.get(key) === value, false, key);
    const unrelated = SortedTable.of(new Map([...after]));
    assertEquals(unrelated.since(before).size, told.size);
  }));
});

Deno.test("a table that a change leaves as it was is the same table, and shares all but one chunk", () => {
  const entries = Array.from({ length: 5_000 }, (_, n) => [`k${n}`, n] as const);
  const table = SortedTable.of(new Map(entries));
  assertEquals(table.with(new Map([["k7", 7]])) === table, true);
  assertEquals(SortedTable.of(table) === table, true);
  const next = table.with(new Map([["k7", 8]]));
  const old = new Set(table.chunks);
  assertEquals(next.chunks.filter((chunk) => !old.has(chunk)).length, 1);
  assertEquals([...next.since(table)], [["k7", 8]]);
});
