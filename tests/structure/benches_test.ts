// A benchmark is one command: it measures the core of this checkout, whatever was built before.

import { assertEquals } from "../assert.ts";

interface Task {
  readonly command: string;
  readonly dependencies?: readonly string[];
}

Deno.test("every benchmark builds the core before it measures", async () => {
  const file = JSON.parse(await Deno.readTextFile(new URL("../../deno.json", import.meta.url)));
  const benches = Object.entries(file.tasks as Record<string, Task>)
    .filter(([name]) => name.startsWith("bench:"));
  assertEquals(benches.length > 0, true);
  const unbuilt = benches.filter(([, { dependencies }]) => !dependencies?.includes("build"));
  assertEquals(unbuilt.map(([name]) => name), []);
});
