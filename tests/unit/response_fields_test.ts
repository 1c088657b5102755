import { withoutHopByHop } from "../../src/data/serve/response_fields.ts";
import { assertEquals } from "../assert.ts";

Deno.test("hop-by-hop fields of a response go, and so do those that Connection names", () => {
  const kept = withoutHopByHop([
    ["Connection", "close, X-Mine , content-length"],
    ["Keep-Alive", "timeout=5"],
    ["Transfer-Encoding", "chunked"],
    ["Upgrade", "h2c"],
    ["x-mine", "1"],
    ["content-length", "3"],
    ["set-cookie", "a=1"],
    ["set-cookie", "b=2"],
  ]);
  assertEquals(kept, [["content-length", "3"], ["set-cookie", "a=1"], ["set-cookie", "b=2"]]);
});
