// Which parts of a program may be given back: those that it was never able to write to.

import { assertEquals } from "../../assert.ts";
import { readOnlySegments } from "../../../src/data/native/give_back.ts";

const [PT_LOAD, PT_NOTE, PT_PHDR] = [1, 4, 6];
const [X, W, R] = [1, 2, 4];

/** One program header of elf(5). */
function header(type: number, flags: number, address: bigint, fileBytes: bigint): number[] {
  const view = new DataView(new ArrayBuffer(56));
  view.setUint32(0, type, true);
  view.setUint32(4, flags, true);
  view.setBigUint64(8, address, true);
  view.setBigUint64(16, address, true);
  view.setBigUint64(32, fileBytes, true);
  view.setBigUint64(40, fileBytes + 0x5000n, true);
  return [...new Uint8Array(view.buffer)];
}

const OWN = header(PT_PHDR, R, 0x40n, 0x1000n);

Deno.test("loaded segments without the right to write, moved by where the program lies, in whole pages", () => {
  const headers = new Uint8Array([
    ...OWN,
    ...header(PT_LOAD, R, 0n, 0x2345n),
    ...header(PT_LOAD, R | X, 0x3400n, 0x2000n),
    ...header(PT_LOAD, R | W, 0x9000n, 0x4000n),
    ...header(PT_NOTE, R, 0x200n, 0x4000n),
  ]);
  assertEquals(readOnlySegments(headers, 0x7f00_0000_0040n, 0x1000n), [
    { address: 0x7f00_0000_0000n, sizeBytes: 0x2000n },
    { address: 0x7f00_0000_3000n, sizeBytes: 0x2000n },
  ]);
});

Deno.test("nothing is given back where the program does not say where it lies, or is too small", () => {
  const segment = header(PT_LOAD, R, 0n, 0x8000n);
  assertEquals(readOnlySegments(new Uint8Array(segment), 0x40n, 0x1000n), []);
  assertEquals(readOnlySegments(new Uint8Array(), 0x40n, 0x1000n), []);
  const small = new Uint8Array([...OWN, ...header(PT_LOAD, R, 0n, 0xfffn)]);
  assertEquals(readOnlySegments(small, 0x40n, 0x1000n), []);
});
