// What must hold for every input of the ClientHello reader, tried on messages that are nearly right:
//   1. It never traps, writes nothing outside its input, and what lies around makes no difference.
//   2. It asks for more than there is and never for more than MAX_HELLO_BYTES allows for.
//   3. A name that it gives is a host name in lower case.
// FUZZ_SECONDS (20) bounds the time, FUZZ_SEED makes a run again; a failure prints seed and input.
// With FUZZ_MESSAGES, as in the suite, so many of seed 1 are tried: the same in every run.

import { assertEquals } from "../assert.ts";
import { MAX_HELLO_BYTES } from "../../src/core/client_hello.ts";
import { HelloReader } from "../unit/core/client_hello.ts";
import { helloMessage, records, usualExtensions } from "../unit/core/client_hello_bytes.ts";
import { Random } from "./http1_mutator.ts";

const SECONDS = Math.min(10, Number(Deno.env.get("FUZZ_SECONDS") ?? "20"));
const MESSAGES = Number(Deno.env.get("FUZZ_MESSAGES") ?? "0");
const SEED = Number(Deno.env.get("FUZZ_SEED") ?? (MESSAGES > 0 ? 1 : Date.now() % 0x7fffffff));
const reader = await HelloReader.create();

function mutate(random: Random): Uint8Array {
  const message = helloMessage({ extensions: usualExtensions("some.host.example") });
  const bytes = records(message, 1 + random.below(message.length));
  const changes = random.below(4);
  for (let change = 0; change < changes; change++) {
    bytes[random.below(bytes.length)] = random.below(256);
  }
  return random.below(4) === 0 ? bytes.subarray(0, random.below(bytes.length + 1)) : bytes;
}

function check(bytes: Uint8Array): void {
  const result = reader.read(bytes, 0);
  assertEquals(reader.read(bytes, 0xff), result);
  if (result.kind === "more") {
    assertEquals(result.neededBytes > bytes.length, true);
    assertEquals(result.neededBytes <= MAX_HELLO_BYTES, true);
  }
  if (result.kind === "hello") {
    assertEquals(/^(?:[a-z0-9_-][a-z0-9._-]*)?$/.test(result.name), true);
  }
}

Deno.test(`ClientHello: invariants hold for mutated messages (seed ${SEED})`, () => {
  const random = new Random(SEED);
  const endMs = performance.now() + SECONDS * 1_000;
  let runs = 0;
  while (MESSAGES > 0 ? runs < MESSAGES : performance.now() < endMs) {
    const bytes = mutate(random);
    try {
      check(bytes);
    } catch (error) {
      throw new Error(`seed ${SEED}, run ${runs}: ${bytes.toHex()}`, { cause: error });
    }
    runs++;
  }
  console.log(`seed ${SEED}, ${runs} tried`);
});
