import { BoundedWriter } from "../../src/logging/bounded_writer.ts";
import { closeLogging, logger, setUpLogging } from "../../src/logging/logging.ts";
import { assertEquals } from "../assert.ts";

/** Keeps what is written; `open` false leaves every write waiting. */
class MemorySink {
  text = "";
  #gate: Promise<void>;
  release: () => void;

  constructor(open: boolean) {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#gate = promise;
    this.release = resolve;
    if (open) resolve();
  }

  async write(bytes: Uint8Array): Promise<number> {
    await this.#gate;
    const taken = Math.min(bytes.length, 7);
    this.text += new TextDecoder().decode(bytes.subarray(0, taken));
    return taken;
  }
}

Deno.test("lines are written in order, whole, although the sink takes a few bytes at a time", async () => {
  const sink = new MemorySink(true);
  const writer = new BoundedWriter(sink);
  writer.write("the first line\n");
  writer.write("the second line\n");
  await writer.flush();
  assertEquals(sink.text, "the first line\nthe second line\n");
});

Deno.test("a blocked sink costs lines, which are counted, and nothing else", async () => {
  const sink = new MemorySink(false);
  const writer = new BoundedWriter(sink, 20);
  for (let index = 0; index < 5; index++) writer.write("123456789\n");
  assertEquals(writer.dropped, 3);
  sink.release();
  await writer.flush();
  assertEquals(sink.text, "123456789\n123456789\n");
});

Deno.test("a sink that fails does not fail the writer", async () => {
  const writer = new BoundedWriter({ write: () => Promise.reject(new Error("EPIPE")) });
  writer.write("x\n");
  await writer.flush();
});

async function logged(human: boolean, message: string, values: Record<string, unknown>) {
  const sink = new MemorySink(true);
  const writer = new BoundedWriter(sink);
  setUpLogging({ level: "info", human, writer });
  try {
    logger("control").debug("not to be seen");
    logger("control").warn(message, values);
    await writer.flush();
  } finally {
    closeLogging();
  }
  return sink.text;
}

Deno.test("a record is one JSON line with its values as members", async () => {
  const text = await logged(false, "refused {file}", { file: "a.yaml\nb", line: 3 });
  assertEquals(text.split("\n").length, 2);
  const record = JSON.parse(text);
  assertEquals([record.level, record.logger, record.file, record.line], [
    "WARN",
    "rauta.control",
    "a.yaml\nb",
    3,
  ]);
});

Deno.test("on a terminal a record is a short line without control characters", async () => {
  const text = await logged(true, "refused {file}", { file: "a\u001b[2J.yaml" });
  assertEquals(/^\d\d:\d\d:\d\d warning control: refused /.test(text), true);
  assertEquals(text.includes("\u001b"), false);
});

Deno.test("texts stand in a message as they are, for programs and for people", async () => {
  const values = { reason: 'Error: "x" is\tgone', count: 3 };
  const json = JSON.parse(await logged(false, "failed {count} times: {reason}", values));
  assertEquals(json.message, 'failed 3 times: Error: "x" is\tgone');
  const human = await logged(true, "failed {count} times: {reason}", values);
  assertEquals(human.includes('failed 3 times: Error: "x" is'), true);
});
