import { CoreInstance, CoreTrap } from "../../../src/core/instance.ts";
import { CoreExit, createWasiHost } from "../../../src/core/wasi.ts";
import { assertEquals } from "../../assert.ts";
import { coreModule, newCore } from "./fixtures.ts";

const WASI = new Set(["fd_write", "random_get", "clock_time_get", "proc_exit"]);

Deno.test("the core imports its memory and, at most, the four WASI functions", async () => {
  const imports = WebAssembly.Module.imports(await coreModule());
  for (const { module, name } of imports) {
    const isAllowed = module === "env" && name === "memory" ||
      module === "wasi_snapshot_preview1" && WASI.has(name);
    assertEquals(isAllowed, true, `${module}.${name}`);
  }
});

Deno.test("memory that is used up is said, not trapped on, and what is freed can be had again", async () => {
  const { instance } = await newCore(2 * 1024 * 1024);
  const { memAlloc, memFree, memUsed } = instance.exports;
  const before = memUsed();
  for (let round = 0; round < 3; round++) {
    const blocks: number[] = [];
    for (let block = memAlloc(5000); block !== 0; block = memAlloc(5000)) blocks.push(block);
    assertEquals(blocks.length > 100, true);
    assertEquals(memAlloc(0xffffffff), 0);
    for (const block of blocks.filter((_, i) => i % 2 === 0)) memFree(block);
    for (const block of blocks.filter((_, i) => i % 2 === 1)) memFree(block);
    assertEquals(memUsed(), before);
    const whole = memAlloc(512 * 1024);
    assertEquals(whole === 0, false, "free neighbours were not merged");
    memFree(whole);
  }
});

Deno.test("blocks never overlap and keep what was written, in any order of use", async () => {
  const { instance } = await newCore(8 * 1024 * 1024);
  const { memAlloc, memFree } = instance.exports;
  const held = new Map<number, { size: number; fill: number }>();
  let seed = 3;
  const random = (below: number) => {
    seed = (Math.imul(seed, 1664525) + 1013904223) >>> 0;
    return Math.floor((seed / 2 ** 32) * below);
  };
  for (let step = 0; step < 5000; step++) {
    const isFull = held.size > 200 || random(3) === 0;
    if (isFull && held.size > 0) {
      const [block, { size, fill }] = [...held][random(held.size)];
      const bytes = instance.bytes.subarray(block, block + size);
      assertEquals(bytes.every((byte) => byte === fill), true, `block ${block} was overwritten`);
      memFree(block);
      held.delete(block);
      continue;
    }
    const size = random(random(10) === 0 ? 100_000 : 500);
    const block = memAlloc(size) >>> 0;
    if (block === 0) continue;
    assertEquals(block % 64, 0);
    const fill = step & 255;
    instance.bytes.fill(fill, block, block + size);
    held.set(block, { size, fill });
  }
});

Deno.test("a trap is a typed error, and the instance says that it is broken from then on", async () => {
  const { instance } = await newCore();
  const errors: unknown[] = [];
  for (
    const work of [
      () => instance.guard((core) => core.memFree(0xfffffff8)),
      () => instance.guard(() => 1),
    ]
  ) {
    try {
      work();
    } catch (error) {
      errors.push(error);
    }
  }
  assertEquals(errors.map((error) => error instanceof CoreTrap), [true, true]);
});

Deno.test("an error that is no trap passes through and breaks nothing", async () => {
  const { instance } = await newCore();
  let message = "";
  try {
    instance.guard(() => {
      throw new TypeError("mine");
    });
  } catch (error) {
    message = error instanceof TypeError ? error.message : "";
  }
  assertEquals([message, instance.guard((core) => core.abiVersion())], ["mine", 1]);
});

Deno.test("a memory maximum below what a core needs is refused at once", async () => {
  const module = await coreModule();
  let isRefused = false;
  try {
    new CoreInstance(module, { maxMemoryBytes: 65536 });
  } catch {
    isRefused = true;
  }
  assertEquals(isRefused, true);
});

type Wasi = Record<string, (...args: (number | bigint)[]) => number>;

Deno.test("wasi: writes come out by lines, exit is an exception, clocks and randomness are there", () => {
  const memory = new WebAssembly.Memory({ initial: 1 });
  const lines: string[] = [];
  const wasi = createWasiHost(memory, (line) => lines.push(line)).imports as unknown as Wasi;
  const view = new DataView(memory.buffer);
  const put = (text: string) => {
    new Uint8Array(memory.buffer).set(new TextEncoder().encode(text), 100);
    view.setUint32(0, 100, true);
    view.setUint32(4, text.length, true);
    return wasi.fd_write(2, 0, 1, 50);
  };
  assertEquals([put("abort: in"), put("dex\nnext"), view.getUint32(50, true)], [0, 0, 8]);
  assertEquals(wasi.fd_write(7, 0, 1, 50), 8);
  assertEquals(lines, ["abort: index"]);
  let code = 0;
  try {
    wasi.proc_exit(255);
  } catch (error) {
    code = error instanceof CoreExit ? error.code : 0;
  }
  assertEquals([code, lines], [255, ["abort: index", "next"]]);
  const times = [0, 1, 9].map((clock) => {
    view.setBigUint64(64, 0n, true);
    return [wasi.clock_time_get(clock, 0n, 64), view.getBigUint64(64, true) > 0n];
  });
  assertEquals(times, [[0, true], [0, true], [28, false]]);
  assertEquals(wasi.random_get(1000, 64), 0);
  assertEquals(new Set(new Uint8Array(memory.buffer, 1000, 64)).size > 8, true);
});
