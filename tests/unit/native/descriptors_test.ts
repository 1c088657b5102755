// The descriptors of a worker, as both threads see them.

import { assertEquals } from "../../assert.ts";
import {
  createDescriptorMemory,
  Descriptors,
  MAX_DESCRIPTORS,
} from "../../../src/data/native/descriptors.ts";

Deno.test("what one side opens and closes, the other one sees", () => {
  const memory = createDescriptorMemory();
  const [worker, main] = [new Descriptors(memory), new Descriptors(memory)];
  for (const fd of [0, 31, 32, 70_000]) assertEquals(worker.opened(fd), true);
  worker.closed(32);
  assertEquals(main.list(), [0, 31, 70_000]);
});

Deno.test("a descriptor that can't be noted is refused", () => {
  const descriptors = new Descriptors(createDescriptorMemory());
  assertEquals(descriptors.opened(MAX_DESCRIPTORS), false);
  assertEquals(descriptors.list(), []);
});
