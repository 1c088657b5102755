import { assertEquals } from "../assert.ts";
import { Codec } from "../wasm/http1.ts";
import { llhttpCases, verdict } from "../wasm/llhttp.ts";
import { DIFFERENCES } from "./http1_llhttp_differences.ts";

const codec = await Codec.load();
const CASES = (await llhttpCases()).filter((item) => item.kind !== "url");

for (const item of CASES) {
  const key = `${item.file}:${item.line}`;
  const difference = DIFFERENCES.get(key);
  const rule = difference ? ` (${difference.rule})` : "";
  Deno.test(`llhttp: ${key} ${item.title}${rule}`, () => {
    for (const pieceBytes of [0, 1, 5]) {
      assertEquals(verdict(codec, item, pieceBytes), difference?.verdict ?? item.outcome);
    }
  });
}

Deno.test("llhttp: every listed difference is one, and belongs to a case", () => {
  for (const [key, difference] of DIFFERENCES) {
    const item = CASES.find((item) => `${item.file}:${item.line}` === key);
    assertEquals(item !== undefined && item.outcome !== difference.verdict, true, key);
  }
});
