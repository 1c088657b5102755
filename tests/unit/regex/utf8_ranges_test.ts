// Byte sequences against TextEncoder: a range matches the encodings of its code points and no others.

import { assertEquals } from "../../assert.ts";
import { utf8Sequences } from "../../../src/core/regex/utf8_ranges.ts";

const encoder = new TextEncoder();

function matches(first: number, last: number, codePoint: number): boolean {
  const bytes = encoder.encode(String.fromCodePoint(codePoint));
  return utf8Sequences(first, last).some((sequence) =>
    sequence.length === bytes.length &&
    sequence.every(({ low, high }, index) => low <= bytes[index] && bytes[index] <= high)
  );
}

const EDGES = [
  0,
  1,
  0x7e,
  0x7f,
  0x80,
  0xbf,
  0xc0,
  0x7fe,
  0x7ff,
  0x800,
  0xfff,
  0x1000,
  0xd7fe,
  0xd7ff,
  0xe000,
  0xe001,
  0xffff,
  0x10000,
  0x1003f,
  0x10040,
  0x3ffff,
  0x40000,
  0xfffff,
  0x100000,
  0x10fffe,
  0x10ffff,
];

Deno.test("every range between two edges matches exactly the code points in it", () => {
  for (const first of EDGES) {
    for (const last of EDGES.filter((edge) => edge >= first)) {
      const found = EDGES.filter((codePoint) => matches(first, last, codePoint));
      assertEquals(found, EDGES.filter((edge) => first <= edge && edge <= last));
    }
  }
});

Deno.test("the whole of Unicode is the nine rows of RFC 3629 section 4, without surrogates", () => {
  const rows = utf8Sequences(0, 0x10ffff).map((sequence) =>
    sequence.map(({ low, high }) => `${low.toString(16)}-${high.toString(16)}`).join(" ")
  );
  assertEquals(rows, [
    "0-7f",
    "c2-df 80-bf",
    "e0-e0 a0-bf 80-bf",
    "e1-ec 80-bf 80-bf",
    "ed-ed 80-9f 80-bf",
    "ee-ef 80-bf 80-bf",
    "f0-f0 90-bf 80-bf 80-bf",
    "f1-f3 80-bf 80-bf 80-bf",
    "f4-f4 80-8f 80-bf 80-bf",
  ]);
});

Deno.test("surrogates alone have no encoding", () => {
  assertEquals(utf8Sequences(0xd800, 0xdfff), []);
});
