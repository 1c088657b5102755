// Memory given back to the system: the process is smaller, and does what it did before.

import assert from "node:assert/strict";
import { assertEquals } from "../assert.ts";
import { LIBC_PATHS } from "../../src/data/native/libc_paths.ts";

Deno.test("the pages of the program that nothing needs any more leave the process", async () => {
  const script = new URL("give_back_child.ts", import.meta.url).pathname;
  const { stdout, success } = await new Deno.Command(Deno.execPath(), {
    args: ["run", "--quiet", `--allow-ffi=${LIBC_PATHS.join(",")}`, "--allow-read", script],
    stderr: "inherit",
  }).output();
  assertEquals(success, true);
  const { before, after, said } = JSON.parse(new TextDecoder().decode(stdout));
  assert.ok(after < before, `${before} bytes before, ${after} afterwards`);
  assertEquals(said, 42);
});
