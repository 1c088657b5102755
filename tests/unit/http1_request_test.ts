// Every hard case whole, byte by byte, in pieces, decoded and verbatim, and with the next request behind.

import { assertEquals } from "../assert.ts";
import { Codec, type Feed, type Outcome, WHOLE } from "../wasm/http1.ts";
import { REQUEST_CASES } from "./http1_requests/all.ts";

const codec = await Codec.load();
const NEXT = "GET /next HTTP/1.1\r\nHost: n\r\n\r\n";

function status(outcome: Outcome): number | string {
  if (outcome.type === "refused") return outcome.status;
  return outcome.type === "message" ? 0 : "incomplete";
}

/** An outcome without what a split may change: how decoded chunks are framed anew. */
function comparable(outcome: Outcome): unknown {
  if (outcome.type !== "message") return outcome;
  const { forwarded: _, ...rest } = outcome.message;
  return rest;
}

for (const row of REQUEST_CASES) {
  Deno.test(`request: ${row.name} -> ${row.status || "accepted"} (${row.rule})`, () => {
    const whole = codec.read("request", row.input);
    assertEquals(status(whole), row.status, row.input);
    if (whole.type === "message") assertEquals(whole.message.taken, row.input.length);
    const verbatim = codec.read("request", row.input, { ...WHOLE, verbatim: true });
    for (const pieceBytes of [1, 2, 3, 7, 16, 17]) {
      const pieces: Feed = { ...WHOLE, pieceBytes };
      const split = codec.read("request", row.input, pieces);
      assertEquals(comparable(split), comparable(whole), `${pieceBytes} bytes at a time`);
      const splitVerbatim = codec.read("request", row.input, { ...pieces, verbatim: true });
      assertEquals(splitVerbatim, verbatim, `${pieceBytes} bytes at a time, verbatim`);
    }
    for (const feed of [WHOLE, { ...WHOLE, pieceBytes: 1 }]) {
      const followed = codec.read("request", row.input + NEXT, feed);
      if (whole.type !== "refused" || row.input.endsWith("\r\n\r\n")) {
        assertEquals(comparable(followed), comparable(whole), "with the next request behind");
      } else {
        assertEquals(status(followed), row.status, "with the next request behind");
      }
    }
  });
}
