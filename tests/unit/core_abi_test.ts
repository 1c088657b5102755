import { assertEquals } from "../assert.ts";

Deno.test("the built core states its ABI version", async () => {
  const bytes = await Deno.readFile("build/core.wasm");
  const memory = new WebAssembly.Memory({ initial: 4 });
  const { instance } = await WebAssembly.instantiate(bytes, { env: { memory } });
  const abiVersion = instance.exports.abiVersion as () => number;
  assertEquals(abiVersion(), 1);
});
