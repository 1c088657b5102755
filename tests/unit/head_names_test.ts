import { knownNames, namesTable } from "../../src/cli/build_names.ts";
import { assertEquals } from "../assert.ts";
import { instantiate } from "../wasm/compile.ts";

const SOURCE = await Deno.readTextFile("core.as/head/names.ts");
const NAMES = knownNames(SOURCE);
const { memory, call } = await instantiate("core.as/http1/testing.ts");
const AT = 0x10000;

function idOf(name: string): number {
  const bytes = new TextEncoder().encode(name);
  new Uint8Array(memory.buffer, AT, bytes.length).set(bytes);
  return call.nameIdOf(AT, bytes.length);
}

Deno.test("the table of names is what the generator makes of the list", async () => {
  const table = await Deno.readTextFile("core.as/head/names_table.ts");
  assertEquals(table, namesTable(NAMES));
});

Deno.test("every known name has its id, in any case, and the id gives the name back", () => {
  assertEquals(NAMES.length > 60, true);
  for (let id = 1; id < NAMES.length; id++) {
    const name = NAMES[id];
    assertEquals(idOf(name), id, name);
    assertEquals(idOf(name.toUpperCase()), id, name);
    assertEquals(idOf(name.replace(/\b[a-z]/g, (letter) => letter.toUpperCase())), id, name);
    const bytes = new Uint8Array(memory.buffer, call.nameIdOff(id), call.nameIdLen(id));
    assertEquals(new TextDecoder().decode(bytes), name);
  }
});

Deno.test("a name that differs from a known one in one byte is unknown", () => {
  for (const name of NAMES.slice(1)) {
    for (let at = 0; at < name.length; at++) {
      for (const flip of [0x01, 0x10, 0x20, 0x40, 0x80]) {
        const code = name.charCodeAt(at) ^ flip;
        if (code > 0x7f) continue;
        const other = name.slice(0, at) + String.fromCharCode(code) + name.slice(at + 1);
        const expected = NAMES.indexOf(other.toLowerCase());
        assertEquals(idOf(other), Math.max(expected, 0), JSON.stringify(other));
      }
    }
    assertEquals(idOf(name + "x"), Math.max(NAMES.indexOf(name + "x"), 0), name);
  }
  assertEquals(idOf(""), 0);
  assertEquals(idOf("x"), 0);
});
