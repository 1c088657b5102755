// The serve front's end of the pipeline: nobody waits for a reader that waits for him.

import { ExchangeStream } from "../../../src/data/serve/exchange_stream.ts";
import { latin1 } from "../../../src/data/serve/request_bytes.ts";
import { assertEquals } from "../../assert.ts";

function stream(): ExchangeStream {
  const memory = new WebAssembly.Memory({ initial: 1 });
  const request = { head: latin1("GET / HTTP/1.1\r\nhost: a\r\n\r\n"), framing: "none" } as const;
  return new ExchangeStream(memory, "GET", request, null, () => {});
}

Deno.test("framing that comes without content is taken although the reader waits", async () => {
  const exchange = stream();
  await exchange.write(latin1("HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n"));
  const body = (await exchange.response).body!.getReader();
  let wanted = body.read();
  for (const part of ["5", "\r\n", "hello", "\r", "\n0\r\n", "x-sum: 1\r\n", "\r\n"]) {
    const written = exchange.write(latin1(part));
    if (part === "hello") {
      assertEquals(new TextDecoder().decode((await wanted).value), "hello");
      wanted = body.read();
    }
    await written;
  }
  assertEquals((await wanted).done, true);
});

Deno.test("content is held back until the reader has taken what was written before", async () => {
  const exchange = stream();
  let writes = 0;
  const head = latin1("HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\nhello");
  const writing = exchange.write(head).then(() => writes++);
  const body = (await exchange.response).body!.getReader();
  await Promise.resolve();
  assertEquals(writes, 0, "nothing was read yet");
  assertEquals(new TextDecoder().decode((await body.read()).value), "hello");
  const second = body.read();
  await writing;
  await exchange.write(latin1("world"));
  assertEquals(new TextDecoder().decode((await second).value), "world");
  assertEquals((await body.read()).done, true);
});
