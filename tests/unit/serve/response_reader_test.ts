// The serve front's reader of the pipeline's responses, whole and byte by byte.

import {
  type ResponseHead,
  ResponseReader,
  type ResponseSink,
} from "../../../src/data/serve/response_reader.ts";
import assert from "node:assert/strict";
import { assertEquals } from "../../assert.ts";

class Kept implements ResponseSink {
  head: ResponseHead | undefined;
  hasBody = false;
  body = "";
  begun(head: ResponseHead, hasBody: boolean): void {
    this.head = head;
    this.hasBody = hasBody;
  }
  content(bytes: Uint8Array): void {
    this.body += new TextDecoder("latin1").decode(bytes);
  }
}

interface Case {
  readonly name: string;
  readonly method?: string;
  readonly text: string;
  readonly status: number;
  readonly body: string;
  /** Done by its framing; else only by the connection's end. */
  readonly isDone: boolean;
}

const CASES: readonly Case[] = [
  {
    name: "a length",
    text: "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello",
    status: 200,
    body: "hello",
    isDone: true,
  },
  {
    name: "no content at all",
    text: "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n",
    status: 200,
    body: "",
    isDone: true,
  },
  {
    name: "chunks and trailers",
    text: "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" +
      "5\r\nhello\r\nA\r\n\r\n\r\n\r\n\r\n\r\n\r\n0\r\nx-sum: 1\r\n\r\n",
    status: 200,
    body: "hello\r\n\r\n\r\n\r\n\r\n",
    isDone: true,
  },
  {
    name: "until the connection ends",
    text: "HTTP/1.1 200 OK\r\nConnection: close\r\n\r\nall of it",
    status: 200,
    body: "all of it",
    isDone: false,
  },
  {
    name: "a 1xx before it",
    text: "HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\nHTTP/1.1 204 No Content\r\n\r\n",
    status: 204,
    body: "",
    isDone: true,
  },
  {
    name: "HEAD",
    method: "HEAD",
    text: "HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n",
    status: 200,
    body: "",
    isDone: true,
  },
];

for (const { name, method = "GET", text, status, body, isDone } of CASES) {
  Deno.test(`a response with ${name} is read, however it is split`, () => {
    for (const step of [text.length, 1, 3, 7]) {
      const kept = new Kept();
      const reader = new ResponseReader(method, kept);
      const bytes = new TextEncoder().encode(text);
      for (let at = 0; at < bytes.length; at += step) reader.read(bytes.subarray(at, at + step));
      assertEquals([kept.head?.status, kept.body], [status, body], `split by ${step}`);
      assertEquals(reader.isDone, isDone);
      assertEquals(reader.end(), true);
    }
  });
}

Deno.test("a response that ends too early is not whole", () => {
  for (
    const text of [
      "HTTP/1.1 200 OK\r\n",
      "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhell",
      "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n",
    ]
  ) {
    const reader = new ResponseReader("GET", new Kept());
    reader.read(new TextEncoder().encode(text));
    assertEquals([reader.isDone, reader.end()], [false, false], text);
  }
});

Deno.test("what the pipeline never writes is an error", () => {
  for (const text of ["nonsense\r\n\r\n", "HTTP/1.1 200 OK\n\n"]) {
    const reader = new ResponseReader("GET", new Kept());
    assert.throws(() => reader.read(new TextEncoder().encode(text)), TypeError);
  }
});
