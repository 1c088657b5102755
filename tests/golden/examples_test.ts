import { assertEquals } from "../assert.ts";
import { exampleFiles, EXAMPLES_OUT, renderExamples } from "./examples.ts";

Deno.test("every status of upstream's examples, bound to RAUTA, is the one that was read", async () => {
  assertEquals((await exampleFiles()).length > 60, true);
  assertEquals(await renderExamples(), await Deno.readTextFile(EXAMPLES_OUT));
});
