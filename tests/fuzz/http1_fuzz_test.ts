// What must hold for every input of the HTTP/1 codec, tried on messages that are nearly right:
//   1. It never traps, and never reads outside its input: neither poison around the bytes nor the end
//      of memory right behind them makes a difference.
//   2. Where the bytes are split changes nothing.
//   3. What is forwarded is one message that llhttp, strict, reads with the same method, target, status,
//      fields, body and trailers, and with nothing behind it.
//   4. Reading what was forwarded and forwarding it gives the same bytes.
//   5. No message is the beginning of another: a part of an accepted one is incomplete.
// FUZZ_SECONDS (20) bounds the time, FUZZ_SEED makes a run again; a failure prints seed and input.
// With FUZZ_MESSAGES, as in the suite, so many of seed 1 are tried: the same in every run.

import { assertEquals } from "../assert.ts";
import { REQUEST_CASES } from "../unit/http1_requests/all.ts";
import { RESPONSE_CASES } from "../unit/http1_response_cases.ts";
import { Codec, type Feed, type Field, type Kind, type Message, WHOLE } from "../wasm/http1.ts";
import { llhttpCases } from "../wasm/llhttp.ts";
import { LlhttpParser } from "../wasm/llhttp_parser.ts";
import { Mutator, Random } from "./http1_mutator.ts";

const SECONDS = Number(Deno.env.get("FUZZ_SECONDS") ?? "20");
const MESSAGES = Number(Deno.env.get("FUZZ_MESSAGES") ?? "0");
const SEED = Number(Deno.env.get("FUZZ_SEED") ?? (MESSAGES > 0 ? 1 : Date.now() % 0x7fffffff));
const METHOD_GET = 1;
const METHOD_HEAD = 2;
const METHOD_OTHER = 0;
const OPTION_UPGRADE = 4;

const codec = await Codec.load();
const llhttp = new LlhttpParser();
const cases = await llhttpCases();

function trimmed(fields: readonly Field[]): string[] {
  return fields.map(({ name, value }) => `${name}: ${value}`.trimEnd());
}

function comparable(message: Message): unknown {
  const { forwarded: _, ...rest } = message;
  return rest;
}

/** Whether the end of such a message is to be seen in its own bytes. */
function endsItself(message: Message): boolean {
  return message.body !== "until close" && message.body !== "tunnel";
}

function checkSplits(kind: Kind, input: string, feed: Feed, random: Random): void {
  const whole = codec.read(kind, input, feed);
  const split = codec.read(kind, input, { ...feed, pieceBytes: 1 + random.below(40) });
  if (whole.type === "message" && split.type === "message") {
    assertEquals(comparable(split.message), comparable(whole.message));
  } else assertEquals(split, whole);
}

function checkForwarded(kind: Kind, message: Message, feed: Feed): void {
  const again = codec.read(kind, message.forwarded, { ...feed, closed: true });
  if (again.type !== "message") throw new Error(`not read again: ${JSON.stringify(again)}`);
  assertEquals(again.message.forwarded, message.forwarded);
  if (!feed.verbatim) assertEquals(again.message.data, message.data);
  assertEquals(again.message.trailers, message.trailers);
  if (endsItself(message)) assertEquals(again.message.taken, message.forwarded.length);

  // llhttp knows a list of methods, and leaves what follows an upgrade to others.
  if (kind === "request" && message.head.methodId === METHOD_OTHER) return;
  if ((message.options & OPTION_UPGRADE) !== 0 || message.body === "tunnel") return;
  const noBody = kind === "response" && feed.methodId === METHOD_HEAD;
  const parsed = llhttp.parse(kind, message.forwarded, noBody);
  if (typeof parsed === "string") throw new Error(`llhttp refuses it: ${parsed}`);
  assertEquals(parsed.complete, true, "llhttp reads it to the end");
  assertEquals(parsed.left, 0, "llhttp finds nothing behind it");
  assertEquals(parsed.data, message.data);
  assertEquals(trimmed(parsed.trailers), trimmed(message.trailers));
  assertEquals(parsed.fields.length, again.message.head.fields.length);
  assertEquals(trimmed(parsed.fields), trimmed(again.message.head.fields));
  if (kind === "response") assertEquals(parsed.status, message.head.status);
  else {
    const { method, path, query, flags } = message.head;
    assertEquals(parsed.method, method);
    assertEquals(parsed.target, (flags & 1) !== 0 ? `${path}?${query}` : path);
    assertEquals(parsed.fields[0].name, "Host");
    assertEquals(parsed.fields[0].value, message.head.authority);
  }
}

/** Checks all that must hold of one input; whether it was taken. */
function check(kind: Kind, input: string, random: Random): boolean {
  const methodId = random.below(4) === 0 ? METHOD_HEAD : METHOD_GET;
  const feed: Feed = { ...WHOLE, methodId, closed: random.below(2) === 0 };
  checkSplits(kind, input, feed, random);
  checkSplits(kind, input, { ...feed, verbatim: true }, random);
  codec.checkAtMemoryEnd(kind, input, methodId);
  const outcome = codec.read(kind, input, feed);
  if (outcome.type !== "message") return false;
  const { message } = outcome;
  // HTTP/1.0 without Host: the caller names the upstream before it writes; here nobody does.
  if (kind === "request" && message.head.authority === "") return true;
  checkForwarded(kind, message, feed);
  const verbatim = codec.read(kind, input, { ...feed, verbatim: true });
  if (verbatim.type !== "message") throw new Error("taken decoded, but not verbatim");
  checkForwarded(kind, { ...verbatim.message, data: message.data }, { ...feed, verbatim: true });
  if (endsItself(message)) {
    const part = input.slice(0, random.below(message.taken));
    assertEquals(codec.read(kind, part, { ...feed, closed: false }).type, "incomplete");
  }
  return true;
}

const SEEDS: Readonly<Record<Kind, readonly string[]>> = {
  request: [
    ...REQUEST_CASES.map((item) => item.input),
    ...cases.filter((item) => item.kind === "request").map((item) => item.input),
  ],
  response: [
    ...RESPONSE_CASES.map((item) => item.input),
    ...cases.filter((item) => item.kind === "response").map((item) => item.input),
  ],
};

for (const kind of ["request", "response"] as const) {
  Deno.test(`fuzz: HTTP/1 ${kind}s, seed ${SEED}`, () => {
    const random = new Random(SEED);
    const mutator = new Mutator(random, kind, SEEDS[kind]);
    let tried = 0;
    let taken = 0;
    for (const input of SEEDS[kind]) check(kind, input, random);
    const endMs = performance.now() + SECONDS * 500;
    while (MESSAGES > 0 ? tried < MESSAGES : performance.now() < endMs) {
      const input = mutator.next();
      try {
        if (check(kind, input, random)) taken++;
      } catch (error) {
        const text = JSON.stringify(input);
        throw new Error(`seed ${SEED}, message ${tried}: ${text}`, { cause: error });
      }
      tried++;
    }
    console.log(`${kind}s: seed ${SEED}, ${tried} tried, ${taken} taken`);
    assertEquals(taken > tried / 20, true, "enough of the messages are taken to mean something");
  });
}
