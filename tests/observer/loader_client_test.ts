// The loader's client against a Unix socket that goes away and comes back.

import { assertEquals } from "../assert.ts";
import { logger } from "../../src/logging/logging.ts";
import { DECODER_BUFFER_BYTES } from "../../src/observe/loader/frame_decoder.ts";
import { LoaderClient } from "../../src/observe/loader/loader_client.ts";

function hello(version: number): Uint8Array {
  const bytes = new Uint8Array(136);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, 128, true);
  view.setUint16(4, 1, true);
  view.setUint16(8, version, true);
  view.setUint16(8 + 28, 128, true);
  view.setUint16(8 + 30, 32, true);
  return bytes;
}

/** A client that has been started, and the socket that a loader would listen at. */
async function startClient() {
  const folder = await Deno.makeTempDir();
  const path = `${folder}/loader.sock`;
  const listener = Deno.listen({ transport: "unix", path });
  const seen = { hellos: 0, disconnects: 0 };
  const client = new LoaderClient({
    path,
    handler: { hello: () => seen.hellos++, record: () => {}, counters: () => {}, bye: () => {} },
    buffer: new Uint8Array(DECODER_BUFFER_BYTES),
    onDisconnect: () => seen.disconnects++,
    log: logger("observe"),
  });
  client.start();
  const stop = async (): Promise<void> => {
    await client.stop();
    listener.close();
    await Deno.remove(folder, { recursive: true });
  };
  return { listener, client, seen, stop };
}

Deno.test("a loader that goes away, or speaks another version, is connected to again", async () => {
  const { listener, client, seen, stop } = await startClient();
  const first = await listener.accept();
  await first.write(hello(1));
  first.close();
  const second = await listener.accept();
  await second.write(hello(9));
  const third = await listener.accept();
  assertEquals([seen.hellos, seen.disconnects, client.disconnects], [1, 2, 2]);
  second.close();
  third.close();
  await stop();
  assertEquals(client.isConnected, false);
});

Deno.test("a storm of loaders that talk nonsense ends with the first that does not", async () => {
  const { listener, client, seen, stop } = await startClient();
  const nonsense = [
    new Uint8Array(64).fill(255),
    hello(2),
    hello(1).slice(0, 70),
    new Uint8Array(0),
  ];
  for (const bytes of nonsense) {
    const connection = await listener.accept();
    if (bytes.length > 0) await connection.write(bytes);
    await connection.closeWrite();
    const rest = new Uint8Array(1);
    await connection.read(rest).catch(() => null);
    connection.close();
  }
  const honest = await listener.accept();
  await honest.write(hello(1));
  while (seen.hellos === 0) await new Promise((go) => setTimeout(go, 5));
  assertEquals([seen.hellos, seen.disconnects, client.disconnects, client.protocolErrors], [
    1,
    4,
    4,
    2,
  ]);
  assertEquals(client.isConnected, true);
  honest.close();
  await stop();
});
