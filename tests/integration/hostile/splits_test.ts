// Bodies through a running front, framed in every way and arriving in pieces of any size: what comes out
// is what went in, in both directions. The seed is fixed; PROPERTY_SEED tries another one.

import { assertEquals } from "../../assert.ts";
import { Random } from "../../fuzz/http1_mutator.ts";
import { overFronts } from "../fronts.ts";
import {
  answering,
  connect,
  dechunk,
  fieldOf,
  type Message,
  ok,
  type RawConnection,
  RawEndpoint,
} from "../raw.ts";
import { HOST } from "./stage.ts";

const SEED = Number(Deno.env.get("PROPERTY_SEED") ?? "20261124");
const CASES = 120;
const EXTENSIONS = ["", "", "", ";a", ";a=b", ' ; a = "b;\\"c"', `;${"x".repeat(300)}=y`];

/** Letters that are told from framing at a glance. */
function letters(random: Random, count: number): string {
  const from = random.below(26);
  let text = "";
  for (let at = 0; at < count; at++) text += String.fromCharCode(97 + (from + at) % 26);
  return text;
}

/** Mostly small, sometimes larger than a block. */
function size(random: Random): number {
  return random.below(10) === 0 ? random.below(90_000) : random.below(1 << (1 + random.below(13)));
}

function chunked(random: Random, data: string, trailers: boolean): string {
  let text = "";
  for (let at = 0; at < data.length;) {
    const count = Math.min(data.length - at, 1 + size(random));
    const digits = count.toString(16);
    const padded = random.below(4) === 0 ? digits.padStart(8, "0") : digits;
    text += `${padded}${random.pick(EXTENSIONS)}\r\n${data.slice(at, at + count)}\r\n`;
    at += count;
  }
  return `${text}0${random.pick(EXTENSIONS)}\r\n${trailers ? "X-Sum: 1\r\n" : ""}\r\n`;
}

/** Sends in pieces, each a write of its own; the other side may see them joined. */
async function sendInPieces(side: RawConnection, text: string, random: Random): Promise<void> {
  for (let at = 0; at < text.length;) {
    const count = 1 + (random.below(3) === 0 ? random.below(40) : size(random));
    await side.send(text.slice(at, at + count));
    at += count;
    if (random.below(3) === 0) await new Promise((wake) => setTimeout(wake, 0));
  }
}

function dataOf({ head, body }: Message): string {
  return /^transfer-encoding: *chunked/im.test(head) ? dechunk(body) : body;
}

/** Frames a body by its length, in chunks, or by the end of its connection. */
function framed(
  random: Random,
  data: string,
  mayEnd: boolean,
): { head: string; body: string; ends: boolean } {
  const kind = random.below(mayEnd ? 3 : 2);
  if (kind === 0) return { head: `Content-Length: ${data.length}\r\n`, body: data, ends: false };
  if (kind === 2) return { head: "", body: data, ends: true };
  const body = chunked(random, data, random.below(2) === 0);
  return { head: "Transfer-Encoding: chunked\r\n", body, ends: false };
}

/** Answers each request with its own body, framed and split anew. */
function mirror(): readonly RawEndpoint[] {
  return [
    new RawEndpoint(async (connection, ordinal) => {
      const random = new Random(SEED + ordinal);
      for (;;) {
        const { head, body, ends } = framed(random, dataOf(await connection.message()), true);
        await sendInPieces(connection, `HTTP/1.1 200 OK\r\n${head}\r\n${body}`, random);
        if (ends) return;
      }
    }),
  ];
}

overFronts(`bodies in any framing and any pieces, seed ${SEED}`, mirror, async ({ port }) => {
  const random = new Random(SEED);
  let client = await connect(port);
  for (let round = 0; round < CASES; round++) {
    const data = letters(random, size(random));
    const { head, body } = framed(random, data, false);
    const isOld = head.startsWith("Content-Length") && random.below(4) === 0;
    const request = `POST /${round} HTTP/1.${isOld ? 0 : 1}\r\n${HOST}${head}\r\n${body}`;
    const [answer] = await Promise.all([
      isOld ? client.rest() : client.message(),
      sendInPieces(client, request, random),
    ]);
    if (typeof answer === "string") {
      assertEquals(answer.slice(answer.indexOf("\r\n\r\n") + 4), data, `round ${round}`);
      client.close();
      client = await connect(port);
      continue;
    }
    assertEquals(dataOf(answer), data, `round ${round}: ${answer.head}`);
    if (fieldOf(answer.head, "connection")?.toLowerCase() === "close") {
      client.close();
      client = await connect(port);
    }
  }
  client.close();
});

/** Answers with a request's path and data. */
function telling(): readonly RawEndpoint[] {
  return [
    new RawEndpoint(answering((request) => ok(`${request.head.split(" ")[1]} ${dataOf(request)}`))),
  ];
}

overFronts(`pipelined requests in any pieces, seed ${SEED}`, telling, async ({ port }) => {
  const random = new Random(SEED);
  for (let connection = 0; connection < 10; connection++) {
    const client = await connect(port);
    const expected: string[] = [];
    let text = "";
    for (let at = 0; at < 30; at++) {
      const data = letters(random, random.below(5) === 0 ? size(random) : random.below(200));
      const { head, body } = framed(random, data, false);
      const filling = `X-A: ${letters(random, random.below(900))}\r\n`;
      const before = random.below(6) === 0 ? "\r\n" : "";
      text += `${before}PUT /${at} HTTP/1.1\r\n${HOST}${filling}${head}\r\n${body}`;
      expected.push(`/${at} ${data}`);
    }
    const sending = sendInPieces(client, text, random);
    for (const wanted of expected) assertEquals(dataOf(await client.message()), wanted);
    await sending;
    client.close();
  }
});
