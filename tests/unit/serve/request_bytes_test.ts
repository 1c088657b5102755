// A Request written down again: the framing that the client had, and no line that it smuggled in.

import { requestBytes } from "../../../src/data/serve/request_bytes.ts";
import { readRequestHead, type RequestHead } from "../../../src/data/serve/request_head.ts";
import { assertEquals } from "../../assert.ts";

function written(request: Request): { text: string; framing: string } {
  const bytes = requestBytes(readRequestHead(request, ""), request.body !== null);
  if (bytes === undefined) throw new Error("no bytes were made of the request");
  return { text: new TextDecoder("latin1").decode(bytes.head), framing: bytes.framing };
}

const URL_TEXT = "http://a.example/x?q";

Deno.test("a request without a body has no framing", () => {
  assertEquals(written(new Request(URL_TEXT)), {
    text: "GET /x?q HTTP/1.1\r\nhost: a.example\r\n\r\n",
    framing: "none",
  });
});

Deno.test("a stated length is kept, an unstated one is chunked", () => {
  const stated = new Request(URL_TEXT, {
    method: "POST",
    body: "hello",
    headers: { "content-length": "5", "content-type": "text/plain" },
  });
  assertEquals(written(stated), {
    text: "POST /x?q HTTP/1.1\r\nhost: a.example\r\ncontent-type: text/plain\r\n" +
      "content-length: 5\r\n\r\n",
    framing: "length",
  });
  const unstated = new Request(URL_TEXT, {
    method: "POST",
    body: "hello",
    headers: { "content-type": "text/plain" },
  });
  assertEquals(written(unstated).framing, "chunked");
});

Deno.test("TRACE has no content but what it states", () => {
  const head: RequestHead = { method: "TRACE", authority: "a", target: "/", fields: [] };
  assertEquals(requestBytes(head, true)?.framing, "none");
  const stated = { ...head, fields: [["content-length", "3"]] as const };
  assertEquals(requestBytes(stated, true)?.framing, "length");
});

Deno.test("an upgrade and announced trailers are left out, since neither can follow", () => {
  const fields = [["upgrade", "websocket"], ["trailer", "x"], ["te", "trailers"]] as const;
  const head: RequestHead = { method: "GET", authority: "a", target: "/", fields };
  const bytes = requestBytes(head, false);
  assertEquals(
    new TextDecoder().decode(bytes?.head),
    "GET / HTTP/1.1\r\nhost: a\r\nte: trailers\r\n\r\n",
  );
});

Deno.test("a part with a line break makes no request", () => {
  const good: RequestHead = { method: "GET", authority: "a", target: "/", fields: [] };
  for (
    const bad of [
      { ...good, target: "/ HTTP/1.1\r\nx: y" },
      { ...good, authority: "a\nx: y" },
      { ...good, fields: [["x", "y\r\nz: 1"]] as const },
    ]
  ) assertEquals(requestBytes(bad, false), undefined);
});
