// Every hard case of a response whole, in pieces, and with the next response behind; endings; limits.

import { assertEquals } from "../assert.ts";
import { Codec, type Feed, type Outcome, WHOLE } from "../wasm/http1.ts";
import { RESPONSE_CASES } from "./http1_response_cases.ts";

const codec = await Codec.load();
const NEXT = "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n";

function bodyOf(outcome: Outcome): string | null {
  if (outcome.type === "message") return outcome.message.body;
  return outcome.type === "refused" ? null : "incomplete";
}

function comparable(outcome: Outcome): unknown {
  if (outcome.type !== "message") return outcome;
  const { forwarded: _, ...rest } = outcome.message;
  return rest;
}

for (const row of RESPONSE_CASES) {
  Deno.test(`response: ${row.name} -> ${row.body ?? "refused"} (${row.rule})`, () => {
    const base: Feed = { ...WHOLE, methodId: row.methodId ?? WHOLE.methodId };
    const whole = codec.read("response", row.input, base);
    assertEquals(bodyOf(whole), row.body, row.input);
    for (const pieceBytes of [1, 2, 3, 7, 16, 17]) {
      const split = codec.read("response", row.input, { ...base, pieceBytes });
      assertEquals(comparable(split), comparable(whole), `${pieceBytes} bytes at a time`);
    }
    if (row.body === "until close" || row.body === "tunnel") return;
    for (const feed of [base, { ...base, pieceBytes: 1 }]) {
      const followed = codec.read("response", row.input + NEXT, feed);
      if (row.body === null) assertEquals(followed.type, "refused");
      else assertEquals(comparable(followed), comparable(whole), "with the next response behind");
    }
  });
}

const ENDINGS: readonly (readonly [string, string, string])[] = [
  ["a body until close ends with the connection", "HTTP/1.1 200 OK\r\n\r\nhello", "message"],
  ["a short body is cut", "HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nhello", "refused"],
  [
    "chunks without the last one are cut",
    "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n",
    "refused",
  ],
  [
    "chunks inside a chunk are cut",
    "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhe",
    "refused",
  ],
];

for (const [name, input, type] of ENDINGS) {
  Deno.test(`response: ${name}`, () => {
    for (const pieceBytes of [0, 1]) {
      assertEquals(
        codec.read("response", input, { ...WHOLE, pieceBytes, closed: true }).type,
        type,
      );
    }
  });
}
